package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"math"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/access/user"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Log   *slog.Logger
	Users *user.Service
	Audit *audit.Service
}

// Client is the browser that a session belongs to.
type Client struct{ IP, Agent string }

var errWrong = errs.New(errs.Unauthorized, "session.wrong", "E-mail address or password is wrong.")

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Service keeps the sessions.
type Service struct {
	Deps
	networks, accounts *limit.Keyed
}

// New gives a Service.
func New(d Deps) *Service {
	return &Service{
		Deps: d, networks: limit.New(d.Clock, networkTries, networkEvery), accounts: limit.New(d.Clock, accountTries, accountEvery),
	}
}

// SignIn begins a session of the user with this address and password.
func (s *Service) SignIn(ctx context.Context, email, password string, c Client) (Session, user.User, error) {
	account := user.Address(email)
	if err := s.try(account, c); err != nil {
		return Session{}, user.User{}, err
	}
	u, ok, err := s.Users.Check(ctx, email, password)
	if err != nil {
		return Session{}, u, err
	}
	if !ok {
		ctx = role.With(ctx, role.Principal{IP: c.IP})
		if err := s.Audit.Record(ctx, s.DB, "session.refused", "user:0", map[string]any{"email": cut(account)}); err != nil {
			return Session{}, u, err
		}
		return Session{}, u, errWrong
	}
	s.accounts.Forgive(account)
	s.networks.Forgive(limit.Network(c.IP))
	var begun Session
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		begun, err = s.Begin(ctx, tx, u, c)
		return err
	})
	return begun, u, err
}

// try uses up one of the tries of the network and of the account.
func (s *Service) try(account string, c Client) error {
	wait, ok := s.networks.Take(limit.Network(c.IP))
	if ok {
		wait, ok = s.accounts.Take(account)
	}
	if ok {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	return errs.New(errs.RateLimited, "session.limited", "Too many tries. Wait %d seconds and try again.", seconds).After(seconds)
}

// cut bounds what a stranger can write into the audit log.
func cut(s string) string {
	if len(s) > 254 {
		return sqldb.Clean(s[:254])
	}
	return s
}

// Begin makes a session of a user in the caller's transaction.
func (s *Service) Begin(ctx context.Context, tx *sqldb.Tx, u user.User, c Client) (Session, error) {
	now := s.Clock.Now()
	begun := Session{
		ID: s.IDs.New(), Token: id.Secret(32), UserID: u.ID, Epoch: u.Epoch, Begun: now, Seen: now, Ends: now.Add(Life), IP: c.IP, Agent: cut(sqldb.Clean(c.Agent)),
	}
	if err := deleteEnded(ctx, tx, now); err != nil {
		return begun, err
	}
	if err := insert(ctx, tx, hash(begun.Token), begun); err != nil {
		return begun, err
	}
	ctx = role.With(ctx, principal(u, c.IP))
	return begun, s.Audit.Record(ctx, tx, "session.begun", "user:"+u.ID.String(), map[string]any{"agent": begun.Agent})
}

func principal(u user.User, ip string) role.Principal {
	return role.Principal{Kind: role.KindUser, ID: u.ID, Name: u.Name, Role: u.Role, IP: ip, Language: u.Language}
}

// Authenticate gives the user whose session a token is; ok is false where it is none or over.
func (s *Service) Authenticate(ctx context.Context, token, ip string) (p role.Principal, ok bool, err error) {
	now := s.Clock.Now()
	have, found, err := byToken(ctx, s.DB, hash(token))
	if err != nil || !found || !now.Before(have.Ends) {
		return p, false, err
	}
	u, err := s.Users.ByID(ctx, s.DB, have.UserID)
	if err != nil || u.Disabled || u.Epoch != have.Epoch {
		return p, false, err
	}
	if now.Sub(have.Seen) >= slideEvery {
		if err := slide(ctx, s.DB, hash(token), now, now.Add(Life), ip); err != nil {
			s.Log.WarnContext(ctx, "session not prolonged", "error", err)
		}
	}
	p = principal(u, ip)
	p.SessionID = have.ID
	return p, true, nil
}

// SignOut ends the session of a token; one that is none is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		n, err := remove(ctx, tx, hash(token))
		if err != nil || n == 0 {
			return err
		}
		return s.Audit.Record(ctx, tx, "session.ended", "user:"+role.From(ctx).ID.String(), nil)
	})
}

// ChangePassword changes the password of the signed-in user, ends all his sessions and begins a new one.
func (s *Service) ChangePassword(ctx context.Context, present, next string, c Client) (Session, error) {
	me, err := role.RequireUser(ctx)
	if err != nil {
		return Session{}, err
	}
	if err := s.try("user:"+me.ID.String(), c); err != nil {
		return Session{}, err
	}
	u, err := s.Users.ChangePassword(ctx, present, next)
	if err != nil {
		return Session{}, err
	}
	s.accounts.Forgive("user:" + me.ID.String())
	var begun Session
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := deleteOf(ctx, tx, u.ID, 0); err != nil {
			return err
		}
		begun, err = s.Begin(ctx, tx, u, c)
		return err
	})
	return begun, err
}
