package session

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Own lists where the signed-in user is signed in, the session used last first.
func (s *Service) Own(ctx context.Context) ([]Row, error) {
	me, err := role.RequireUser(ctx)
	if err != nil {
		return nil, err
	}
	u, err := s.Users.ByID(ctx, s.DB, me.ID)
	if err != nil {
		return nil, err
	}
	all, err := listOf(ctx, s.DB, u.ID, u.Epoch, s.Clock.Now())
	out := make([]Row, 0, len(all))
	for _, one := range all {
		out = append(out, one.row(me.SessionID))
	}
	return out, err
}

// End ends one of the user's own sessions; errs.NotFound ("session.missing") where he has none with the id.
func (s *Service) End(ctx context.Context, which id.ID) error {
	me, err := role.RequireUser(ctx)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		n, err := removeOne(ctx, tx, me.ID, which)
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.New(errs.NotFound, "session.missing", "You have no such session; it may have ended already.")
		}
		return s.Audit.Record(ctx, tx, "session.ended", "user:"+me.ID.String(), map[string]any{"sessions": n})
	})
}

// EndOwn ends the user's sessions, the present one only if it is asked for, and gives their number.
func (s *Service) EndOwn(ctx context.Context, present bool) (int64, error) {
	me, err := role.RequireUser(ctx)
	if err != nil {
		return 0, err
	}
	but := me.SessionID
	if present {
		but = 0
	}
	return s.endAll(ctx, me.ID, but)
}

// EndOf ends every session of a user and gives their number.
func (s *Service) EndOf(ctx context.Context, user id.ID) (int64, error) {
	if err := role.Require(ctx, role.UserWrite); err != nil {
		return 0, err
	}
	if _, err := s.Users.ByID(ctx, s.DB, user); err != nil {
		return 0, err
	}
	return s.endAll(ctx, user, 0)
}

func (s *Service) endAll(ctx context.Context, user, but id.ID) (n int64, err error) {
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		n, err = deleteOf(ctx, tx, user, but)
		if err != nil || n == 0 {
			return err
		}
		return s.Audit.Record(ctx, tx, "session.ended", "user:"+user.String(), map[string]any{"sessions": n})
	})
	return n, err
}

// Forget ends every session of a user in the caller's transaction, whose record tells why.
func (s *Service) Forget(ctx context.Context, tx *sqldb.Tx, user id.ID) error {
	_, err := deleteOf(ctx, tx, user, 0)
	return err
}
