package user

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const columns = `user_id, email, name, role, password_hash, language, disabled, epoch, created_at, updated_at`

// turn lets one transaction at a time change users.
const turn = 7226001

func insert(ctx context.Context, q sqldb.Q, u User) error {
	_, err := q.Exec(ctx, `INSERT INTO users (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		int64(u.ID), u.Email, u.Name, string(u.Role), u.hash, u.Language, u.Disabled, u.Epoch, clock.Micros(u.CreatedAt), clock.Micros(u.UpdatedAt))
	return taken("insert user", err)
}

func update(ctx context.Context, q sqldb.Q, u User) error {
	_, err := q.Exec(ctx, `UPDATE users SET email = $2, name = $3, role = $4, password_hash = $5, language = $6, disabled = $7, epoch = $8,
updated_at = $9 WHERE user_id = $1`,
		int64(u.ID), u.Email, u.Name, string(u.Role), u.hash, u.Language, u.Disabled, u.Epoch, clock.Micros(u.UpdatedAt))
	return taken("update user", err)
}

func taken(what string, err error) error {
	if sqldb.IsUnique(err) {
		return errs.New(errs.Conflict, "user.email_taken", "Somebody has this e-mail address already.").
			With(errs.Field{Path: "email", Code: "taken", Message: "Somebody has this address already."})
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func anyUser(ctx context.Context, q sqldb.Q) (bool, error) {
	var found bool
	if err := q.Row(ctx, `SELECT EXISTS (SELECT 1 FROM users)`).Scan(&found); err != nil {
		return false, fmt.Errorf("look for users: %w", err)
	}
	return found, nil
}

// owners counts the enabled owners.
func owners(ctx context.Context, q sqldb.Q) (n int, err error) {
	if err := q.Row(ctx, `SELECT COUNT(*) FROM users WHERE role = $1 AND NOT disabled`, string(role.Owner)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count owners: %w", err)
	}
	return n, nil
}

func byID(ctx context.Context, q sqldb.Q, want id.ID) (User, bool, error) {
	return one(q.Row(ctx, `SELECT `+columns+` FROM users WHERE user_id = $1`, int64(want)))
}

func byEmail(ctx context.Context, q sqldb.Q, email string) (User, bool, error) {
	return one(q.Row(ctx, `SELECT `+columns+` FROM users WHERE email = $1`, email))
}

type row interface{ Scan(...any) error }

func one(r row) (User, bool, error) {
	u, err := scan(r)
	if errors.Is(err, sqldb.ErrNoRows) {
		return User{}, false, nil
	}
	return u, err == nil, err
}

func list(ctx context.Context, q sqldb.Q) ([]User, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM users ORDER BY user_id`)
	if err != nil {
		return nil, fmt.Errorf("select users: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []User{}
	for rows.Next() {
		u, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, u)
	}
	return out, rows.Err()
}

func scan(r row) (User, error) {
	var u User
	var created, updated int64
	err := r.Scan(&u.ID, &u.Email, &u.Name, &u.Role, &u.hash, &u.Language, &u.Disabled, &u.Epoch, &created, &updated)
	if err != nil {
		return u, fmt.Errorf("scan user: %w", err)
	}
	u.CreatedAt, u.UpdatedAt = clock.FromMicros(created), clock.FromMicros(updated)
	return u, nil
}
