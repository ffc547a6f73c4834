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
	_, err := q.Exec(ctx, `INSERT INTO sessions (token_hash, session_id, user_id, epoch, created_at, last_seen_at, expires_at, ip, agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		hash, int64(s.ID), int64(s.UserID), s.Epoch, clock.Micros(s.Begun), clock.Micros(s.Seen), clock.Micros(s.Ends), s.IP, s.Agent)
	return wrap("insert session", err)
}

const columns = `session_id, user_id, epoch, created_at, last_seen_at, expires_at, ip, agent`

func byToken(ctx context.Context, q sqldb.Q, hash string) (Session, bool, error) {
	s, err := scan(q.Row(ctx, `SELECT `+columns+` FROM sessions WHERE token_hash = $1`, hash))
	if errors.Is(err, sqldb.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, err
}

// listOf gives a user's sessions of one epoch that are not over, the one used last first.
func listOf(ctx context.Context, q sqldb.Q, user id.ID, epoch int64, now time.Time) ([]Session, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM sessions WHERE user_id = $1 AND epoch = $2 AND expires_at > $3
ORDER BY last_seen_at DESC, session_id DESC`, int64(user), epoch, clock.Micros(now))
	if err != nil {
		return nil, fmt.Errorf("select sessions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Session
	for rows.Next() {
		s, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func scan(row interface{ Scan(...any) error }) (Session, error) {
	var s Session
	var begun, seen, ends int64
	err := row.Scan(&s.ID, &s.UserID, &s.Epoch, &begun, &seen, &ends, &s.IP, &s.Agent)
	s.Begun, s.Seen, s.Ends = clock.FromMicros(begun), clock.FromMicros(seen), clock.FromMicros(ends)
	return s, wrap("scan session", err)
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

func removeOne(ctx context.Context, q sqldb.Q, user, session id.ID) (int64, error) {
	n, err := q.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND session_id = $2`, int64(user), int64(session))
	return n, wrap("delete session", err)
}

// deleteOf ends a user's sessions but one; 0 is no session's id and spares none.
func deleteOf(ctx context.Context, q sqldb.Q, user, but id.ID) (int64, error) {
	n, err := q.Exec(ctx, `DELETE FROM sessions WHERE user_id = $1 AND session_id <> $2`, int64(user), int64(but))
	return n, wrap("delete sessions", err)
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
