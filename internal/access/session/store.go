package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

func insert(ctx context.Context, q sqldb.Q, hash string, s Session) error {
	_, err := q.Exec(ctx, `INSERT INTO sessions (token_hash, user_id, epoch, created_at, last_seen_at, expires_at, ip, agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		hash, int64(s.UserID), s.Epoch, clock.Micros(s.Begun), clock.Micros(s.Seen), clock.Micros(s.Ends), s.IP, s.Agent)
	return wrap("insert session", err)
}

func byToken(ctx context.Context, q sqldb.Q, hash string) (Session, bool, error) {
	var s Session
	var begun, seen, ends int64
	err := q.Row(ctx, `SELECT user_id, epoch, created_at, last_seen_at, expires_at, ip, agent FROM sessions WHERE token_hash = $1`, hash).
		Scan(&s.UserID, &s.Epoch, &begun, &seen, &ends, &s.IP, &s.Agent)
	if errors.Is(err, sqldb.ErrNoRows) {
		return s, false, nil
	}
	s.Begun, s.Seen, s.Ends = clock.FromMicros(begun), clock.FromMicros(seen), clock.FromMicros(ends)
	return s, err == nil, wrap("select session", err)
}

func slide(ctx context.Context, q sqldb.Q, hash string, seen, ends time.Time, ip string) error {
	_, err := q.Exec(ctx, `UPDATE sessions SET last_seen_at = $2, expires_at = $3, ip = $4 WHERE token_hash = $1`,
		hash, clock.Micros(seen), clock.Micros(ends), ip)
	return wrap("prolong session", err)
}

func remove(ctx context.Context, q sqldb.Q, hash string) (int64, error) {
	n, err := q.Exec(ctx, `DELETE FROM sessions WHERE token_hash = $1`, hash)
	return n, wrap("delete session", err)
}

func deleteOf(ctx context.Context, q sqldb.Q, user id.ID) error {
	_, err := q.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1`, int64(user))
	return wrap("delete sessions", err)
}

func deleteEnded(ctx context.Context, q sqldb.Q, now time.Time) error {
	_, err := q.Exec(ctx, `DELETE FROM sessions WHERE expires_at <= $1`, clock.Micros(now))
	return wrap("delete old sessions", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
