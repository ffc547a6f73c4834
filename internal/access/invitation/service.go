package invitation

import (
	"context"
	"math"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/access/setting"
	"rapport/internal/access/shop"
	"rapport/internal/access/user"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/limit"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB       *sqldb.DB
	IDs      *id.Source
	Clock    clock.Clock
	Audit    *audit.Service
	Users    *user.Service
	Sessions *session.Service
	Shops    *shop.Service
	Settings *setting.Service
}

// Service makes links and lets in who comes with one.
type Service struct {
	Deps
	networks, makers *limit.Keyed
}

// New gives a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, networks: limit.New(d.Clock, networkTries, networkEvery), makers: limit.New(d.Clock, makerLinks, makerEvery)}
}

// List gives the links that could be used now, newest first.
func (s *Service) List(ctx context.Context) ([]Invitation, error) {
	if err := role.Require(ctx, role.UserRead); err != nil {
		return nil, err
	}
	all, err := list(ctx, s.DB, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	out := []Invitation{}
	for _, v := range all {
		about, ok, err := s.good(ctx, s.DB, v)
		if err != nil {
			return nil, err
		}
		if ok {
			v.Name = about.Name
			out = append(out, v)
		}
	}
	return out, nil
}

// Invite makes the link with which somebody joins. An older one for the same address is taken back.
func (s *Service) Invite(ctx context.Context, d Draft) (Invitation, error) {
	if err := role.Require(ctx, role.UserWrite); err != nil {
		return Invitation{}, err
	}
	v := Invitation{Kind: Join, Email: user.Address(d.Email), Role: d.Role}
	if err := user.CheckInvited(v.Email, role.Role(v.Role)); err != nil {
		return v, err
	}
	return s.make(ctx, v, func(tx *sqldb.Tx, _ *Invitation) error {
		_, taken, err := s.Users.ByEmail(ctx, tx, v.Email)
		if err == nil && taken {
			err = errs.New(errs.Conflict, "invitation.works_here", "Somebody with this e-mail address has an account already.").
				With(errs.Field{Path: "email", Code: "taken", Message: "Somebody with this address has an account already."})
		}
		return err
	})
}

// Renew makes the link with which a user chooses a new password. An older one is taken back; the password until now holds until the link is used.
func (s *Service) Renew(ctx context.Context, of id.ID) (Invitation, error) {
	if err := role.Require(ctx, role.UserWrite); err != nil {
		return Invitation{}, err
	}
	u, err := s.Users.ByID(ctx, s.DB, of)
	if err != nil {
		return Invitation{}, err
	}
	v := Invitation{Kind: Password, Email: u.Email, Name: u.Name, Role: string(u.Role), UserID: u.ID}
	return s.make(ctx, v, func(tx *sqldb.Tx, v *Invitation) error {
		now, err := s.Users.ByID(ctx, tx, of)
		if err == nil && now.Disabled {
			err = errs.New(errs.Conflict, "invitation.disabled", "This user is switched off. Switch him on again first.")
		}
		v.epoch = now.Epoch
		return err
	})
}

func (s *Service) make(ctx context.Context, v Invitation, check func(*sqldb.Tx, *Invitation) error) (Invitation, error) {
	by := role.From(ctx)
	if wait, ok := s.makers.Take(by.Kind + by.ID.String()); !ok {
		return v, limited(wait)
	}
	now := s.Clock.Now().Truncate(time.Microsecond) // as stores keep it
	v.ID, v.MadeByName, v.CreatedAt, v.ExpiresAt = s.IDs.New(), by.Name, now, now.Add(lifetimes[v.Kind])
	if by.Kind == role.KindUser {
		v.MadeBy = by.ID
	}
	token := "il_" + id.Secret(32)
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := check(tx, &v); err != nil {
			return err
		}
		if err := clearOld(ctx, tx, v.Kind, v.Email, now); err != nil {
			return err
		}
		if err := insert(ctx, tx, hash(token), v); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, "invitation.created", "invitation:"+v.ID.String(), detail(v))
	})
	if err == nil {
		v.Link = page + token
	}
	return v, err
}

func detail(v Invitation) map[string]any {
	out := map[string]any{"kind": v.Kind, "email": v.Email, "role": v.Role}
	if v.UserID != 0 {
		out["user_id"] = v.UserID
	}
	return out
}

// Revoke takes a link back. One that is used or over is errs.NotFound ("invitation.missing").
func (s *Service) Revoke(ctx context.Context, which id.ID) error {
	if err := role.Require(ctx, role.UserWrite); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		there, err := remove(ctx, tx, which)
		if err != nil {
			return err
		}
		if !there {
			return errs.New(errs.NotFound, "invitation.missing", "There is no such link; it may have been used already.")
		}
		return s.Audit.Record(ctx, tx, "invitation.revoked", "invitation:"+which.String(), nil)
	})
}

// good reports whether a link could be used, apart from its time, and gives the user whose password it is about.
func (s *Service) good(ctx context.Context, q sqldb.Q, v Invitation) (about user.User, ok bool, err error) {
	if v.MadeBy != 0 {
		maker, err := s.Users.ByID(ctx, q, v.MadeBy)
		if err != nil || maker.Disabled || !(role.Principal{Kind: role.KindUser, Role: maker.Role}).May(role.UserWrite) {
			return about, false, err
		}
	}
	if v.Kind == Join {
		return about, true, nil
	}
	about, err = s.Users.ByID(ctx, q, v.UserID)
	return about, err == nil && !about.Disabled && about.Epoch == v.epoch, err
}

// find gives the link that a token belongs to, and the user whose password it is about; errVoid where it cannot be used.
func (s *Service) find(ctx context.Context, q sqldb.Q, token string) (Invitation, user.User, error) {
	v, found, err := byHash(ctx, q, hash(token))
	if err != nil {
		return v, user.User{}, err
	}
	if !found || !s.Clock.Now().Before(v.ExpiresAt) {
		return v, user.User{}, errVoid
	}
	about, ok, err := s.good(ctx, q, v)
	if err == nil && !ok {
		err = errVoid
	}
	return v, about, err
}

// try uses up one of the tries of the network.
func (s *Service) try(c session.Client) error {
	if wait, ok := s.networks.Take(limit.Network(c.IP)); !ok {
		return limited(wait)
	}
	return nil
}

func limited(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	return errs.New(errs.RateLimited, "invitation.limited", "Too many tries. Wait %d seconds and try again.", seconds).After(seconds)
}

// Look tells somebody with a link what it is for; errs.NotFound ("invitation.void") where it cannot be used.
func (s *Service) Look(ctx context.Context, token string, c session.Client) (Welcome, error) {
	if err := s.try(c); err != nil {
		return Welcome{}, err
	}
	v, about, err := s.find(ctx, s.DB, token)
	if err != nil {
		return Welcome{}, err
	}
	first, err := s.Shops.Default(ctx)
	w := Welcome{Kind: v.Kind, Email: v.Email, Name: about.Name, Role: v.Role, Language: about.Language, ShopName: first.Name, From: v.MadeByName,
		ExpiresAt: v.ExpiresAt}
	if w.Language == "" {
		w.Language = s.Settings.Current().Language
	}
	return w, err
}

// Accept uses a link up: it makes the user or gives him his new password, ends the sessions he had and begins one.
func (s *Service) Accept(ctx context.Context, a Acceptance, c session.Client) (session.Session, user.User, error) {
	var begun session.Session
	if err := s.try(c); err != nil {
		return begun, user.User{}, err
	}
	v, u, err := s.find(ctx, s.DB, a.Token) // spares a stranger's hash; the transaction decides
	if err != nil {
		return begun, u, s.refused(ctx, c, err)
	}
	var secret user.Hash
	if v.Kind == Join {
		u, err = s.Users.Prepare(ctx, user.Draft{Email: v.Email, Name: a.Name, Role: role.Role(v.Role), Password: a.Password, Language: a.Language})
	} else {
		secret, err = s.Users.Hash(ctx, a.Password)
	}
	if err != nil {
		return begun, u, err
	}
	ctx = role.With(ctx, role.Principal{Kind: role.KindUser, ID: u.ID, Name: u.Name, Role: u.Role, IP: c.IP})
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		u, err = s.use(ctx, tx, a.Token, u, secret)
		if err != nil {
			return err
		}
		begun, err = s.Sessions.Begin(ctx, tx, u, c)
		return err
	})
	if err != nil {
		return begun, u, s.refused(ctx, c, err)
	}
	s.networks.Forgive(limit.Network(c.IP))
	return begun, u, nil
}

// use takes the link away and does what it is for.
func (s *Service) use(ctx context.Context, tx *sqldb.Tx, token string, u user.User, secret user.Hash) (user.User, error) {
	v, _, err := s.find(ctx, tx, token)
	if err != nil {
		return u, err
	}
	there, err := remove(ctx, tx, v.ID)
	if err == nil && !there {
		err = errVoid
	}
	if err != nil {
		return u, err
	}
	if err := s.Audit.Record(ctx, tx, "invitation.accepted", "invitation:"+v.ID.String(), detail(v)); err != nil {
		return u, err
	}
	if v.Kind == Join {
		return u, s.Users.Join(ctx, tx, u)
	}
	u, ok, err := s.Users.Reset(ctx, tx, v.UserID, v.epoch, secret)
	if err == nil && !ok {
		err = errVoid
	}
	if err != nil {
		return u, err
	}
	return u, s.Sessions.Forget(ctx, tx, u.ID)
}

// refused puts on record that somebody came with a link that is none.
func (s *Service) refused(ctx context.Context, c session.Client, err error) error {
	if e := errs.As(err); e == nil || e.Code != errVoid.Code {
		return err
	}
	ctx = role.With(ctx, role.Principal{IP: c.IP})
	if failed := s.Audit.Record(ctx, s.DB, "invitation.refused", "invitation:0", nil); failed != nil {
		return failed
	}
	return err
}
