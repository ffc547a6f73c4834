package invitation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

func insert(ctx context.Context, q sqldb.Q, hash string, v Invitation) error {
	_, err := q.Exec(ctx, `INSERT INTO invitations (invitation_id, token_hash, kind, email, role, user_id, epoch, made_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, int64(v.ID), hash, v.Kind, v.Email, v.Role, int64(v.UserID), v.epoch, int64(v.MadeBy),
		clock.Micros(v.CreatedAt), clock.Micros(v.ExpiresAt))
	return wrap("insert invitation", err)
}

const selectInvitations = `SELECT i.invitation_id, i.kind, i.email, i.role, i.user_id, i.epoch, i.made_by, COALESCE(m.name, ''), i.created_at, i.expires_at
FROM invitations i LEFT JOIN users m ON m.user_id = i.made_by`

func byHash(ctx context.Context, q sqldb.Q, hash string) (Invitation, bool, error) {
	v, err := scan(q.Row(ctx, selectInvitations+` WHERE i.token_hash = $1`, hash))
	if errors.Is(err, sqldb.ErrNoRows) {
		return v, false, nil
	}
	return v, err == nil, err
}

// list gives the links whose time is not over, newest first.
func list(ctx context.Context, q sqldb.Q, now time.Time) ([]Invitation, error) {
	rows, err := q.Query(ctx, selectInvitations+` WHERE i.expires_at > $1 ORDER BY i.invitation_id DESC`, clock.Micros(now))
	if err != nil {
		return nil, fmt.Errorf("select invitations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Invitation
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// remove takes one away and reports whether it was there: whoever removes it has it.
func remove(ctx context.Context, q sqldb.Q, which id.ID) (bool, error) {
	n, err := q.Exec(ctx, `DELETE FROM invitations WHERE invitation_id = $1`, int64(which))
	return n == 1, wrap("delete invitation", err)
}

// clearOld takes away the links of a kind for an address, and all whose time is over.
func clearOld(ctx context.Context, q sqldb.Q, kind, email string, now time.Time) error {
	_, err := q.Exec(ctx, `DELETE FROM invitations WHERE kind = $1 AND email = $2 OR expires_at <= $3`, kind, email, clock.Micros(now))
	return wrap("delete old invitations", err)
}

func scan(row interface{ Scan(...any) error }) (Invitation, error) {
	var v Invitation
	var created, expires int64
	err := row.Scan(&v.ID, &v.Kind, &v.Email, &v.Role, &v.UserID, &v.epoch, &v.MadeBy, &v.MadeByName, &created, &expires)
	v.CreatedAt, v.ExpiresAt = clock.FromMicros(created), clock.FromMicros(expires)
	return v, wrap("scan invitation", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
