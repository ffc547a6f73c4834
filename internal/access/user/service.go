package user

import (
	"context"
	"slices"
	"strings"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Service keeps the users.
type Service struct {
	Deps
	hasher *hasher
}

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d, hasher: newHasher()} }

// Any reports whether there is a user yet.
func (s *Service) Any(ctx context.Context, q sqldb.Q) (bool, error) { return anyUser(ctx, q) }

// List gives all users by name.
func (s *Service) List(ctx context.Context) ([]User, error) {
	if err := role.Require(ctx, role.UserRead); err != nil {
		return nil, err
	}
	all, err := list(ctx, s.DB)
	slices.SortStableFunc(all, func(a, b User) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, err
}

// ByID finds a user for the program itself; errs.NotFound ("user.missing") otherwise.
func (s *Service) ByID(ctx context.Context, q sqldb.Q, want id.ID) (User, error) {
	u, found, err := byID(ctx, q, want)
	if err == nil && !found {
		err = errs.New(errs.NotFound, "user.missing", "There is no user %s.", want)
	}
	return u, err
}

// ByEmail finds the user with an address for the program itself.
func (s *Service) ByEmail(ctx context.Context, q sqldb.Q, email string) (User, bool, error) {
	return byEmail(ctx, q, Address(email))
}

// Create adds a user.
func (s *Service) Create(ctx context.Context, d Draft) (User, error) {
	if err := role.Require(ctx, role.UserWrite); err != nil {
		return User{}, err
	}
	u, err := s.Prepare(ctx, d)
	if err != nil {
		return User{}, err
	}
	return u, s.DB.Tx(ctx, func(tx *sqldb.Tx) error { return s.insert(ctx, tx, u) })
}

// Prepare checks a draft and makes the user of it, whose password takes a while to hash, without storing him.
func (s *Service) Prepare(ctx context.Context, d Draft) (User, error) {
	now := s.Clock.Now().Truncate(time.Microsecond) // as stores keep it
	u := User{
		ID: s.IDs.New(), Email: Address(d.Email), Name: text(d.Name), Role: d.Role, Language: d.Language, CreatedAt: now, UpdatedAt: now,
	}
	if err := refuse(append(u.check(), checkPassword(d.Password)...)); err != nil {
		return u, err
	}
	var err error
	u.hash, err = s.hasher.make(ctx, d.Password)
	return u, err
}

// First stores a prepared user if he is the first, for the set-up; errs.Conflict ("setup.done") otherwise.
func (s *Service) First(ctx context.Context, tx *sqldb.Tx, u User) error {
	if err := tx.Turn(ctx, turn); err != nil {
		return err
	}
	exists, err := anyUser(ctx, tx)
	if err != nil {
		return err
	}
	if exists {
		return ErrSetUp
	}
	return s.insert(ctx, tx, u)
}

// Join stores a prepared user in the caller's transaction: he accepted an invitation, and ctx says that it is he who asks.
func (s *Service) Join(ctx context.Context, tx *sqldb.Tx, u User) error {
	if err := tx.Turn(ctx, turn); err != nil {
		return err
	}
	return s.insert(ctx, tx, u)
}

func (s *Service) insert(ctx context.Context, tx *sqldb.Tx, u User) error {
	if err := insert(ctx, tx, u); err != nil {
		return err
	}
	return s.Audit.Record(ctx, tx, "user.created", "user:"+u.ID.String(), map[string]any{"email": u.Email, "role": u.Role})
}

// Update changes a user. A new password or disabling him ends his sessions at once.
func (s *Service) Update(ctx context.Context, want id.ID, p Patch) (User, error) {
	if err := role.Require(ctx, role.UserWrite); err != nil {
		return User{}, err
	}
	return s.update(ctx, want, p)
}

// UpdateSelf changes what a user may change of himself.
func (s *Service) UpdateSelf(ctx context.Context, name, language *string) (User, error) {
	me, err := role.RequireUser(ctx)
	if err != nil {
		return User{}, err
	}
	return s.update(ctx, me.ID, Patch{Name: name, Language: language})
}

func (s *Service) update(ctx context.Context, want id.ID, p Patch) (User, error) {
	var hash Hash
	if p.Password != nil {
		var err error
		if hash, err = s.Hash(ctx, *p.Password); err != nil {
			return User{}, err
		}
	}
	var next User
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Turn(ctx, turn); err != nil {
			return err
		}
		old, err := s.ByID(ctx, tx, want)
		if err != nil {
			return err
		}
		next, err = s.change(ctx, tx, old, p, hash)
		return err
	})
	return next, err
}

// Hash is a password worked out for storing.
type Hash struct{ text string }

// Hash checks a password that somebody chose and works out its hash, which takes a while: do it before a transaction begins.
func (s *Service) Hash(ctx context.Context, password string) (Hash, error) {
	if err := refuse(checkPassword(password)); err != nil {
		return Hash{}, err
	}
	text, err := s.hasher.make(ctx, password)
	return Hash{text}, err
}

// Reset gives a user another password in the caller's transaction, which ends his sessions. It changes nothing and reports false where
// he is disabled or his password is another one than at the epoch given.
func (s *Service) Reset(ctx context.Context, tx *sqldb.Tx, want id.ID, epoch int64, h Hash) (User, bool, error) {
	if err := tx.Turn(ctx, turn); err != nil {
		return User{}, false, err
	}
	old, found, err := byID(ctx, tx, want)
	if err != nil || !found || old.Disabled || old.Epoch != epoch {
		return User{}, false, err
	}
	next, err := s.change(ctx, tx, old, Patch{}, h)
	return next, err == nil, err
}

// change writes the patch and the password, where there is one, if anything differs.
func (s *Service) change(ctx context.Context, tx *sqldb.Tx, old User, p Patch, h Hash) (User, error) {
	next, diff := p.applied(old)
	if err := refuse(next.check()); err != nil {
		return User{}, err
	}
	if h.text != "" {
		next.hash = h.text
		next.Epoch++
		diff["password"] = "changed"
	}
	if len(diff) == 0 {
		return next, nil
	}
	next.UpdatedAt = s.Clock.Now().Truncate(time.Microsecond)
	if err := update(ctx, tx, next); err != nil {
		return User{}, err
	}
	if err := ownerLeft(ctx, tx, old, next); err != nil {
		return User{}, err
	}
	return next, s.Audit.Record(ctx, tx, "user.changed", "user:"+next.ID.String(), diff)
}

// ownerLeft refuses a change after which nobody could manage users any more.
func ownerLeft(ctx context.Context, q sqldb.Q, old, next User) error {
	if old.Role != role.Owner || old.Disabled || (next.Role == role.Owner && !next.Disabled) {
		return nil
	}
	n, err := owners(ctx, q)
	if err == nil && n == 0 {
		err = errs.New(errs.Conflict, "user.last_owner", "This is the last owner. Make somebody else an owner first.")
	}
	return err
}

// Check finds the user who signs in. ok is false for a wrong password, an unknown address and a disabled user, which all take the same
// time.
func (s *Service) Check(ctx context.Context, email, password string) (u User, ok bool, err error) {
	u, _, err = byEmail(ctx, s.DB, Address(email))
	if err != nil {
		return User{}, false, err
	}
	if len(password) > 4*maxPassword {
		password = ""
	}
	ok, err = s.hasher.matches(ctx, password, u.hash)
	if !ok || u.Disabled {
		return User{}, false, err
	}
	return u, true, err
}

// ChangePassword gives the signed-in user another password, which ends his sessions; the caller begins a new one. A wrong present
// password is errs.Invalid ("user.wrong_password").
func (s *Service) ChangePassword(ctx context.Context, present, next string) (User, error) {
	me, err := role.RequireUser(ctx)
	if err != nil {
		return User{}, err
	}
	u, err := s.ByID(ctx, s.DB, me.ID)
	if err != nil {
		return User{}, err
	}
	ok, err := s.hasher.matches(ctx, present, u.hash)
	if err != nil {
		return User{}, err
	}
	if !ok {
		return User{}, errs.New(errs.Invalid, "user.wrong_password", "The present password is wrong.").
			With(errs.Field{Path: "current", Code: "wrong", Message: "This is not your present password."})
	}
	return s.update(ctx, u.ID, Patch{Password: &next})
}
