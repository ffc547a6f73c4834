package httpapi

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/platform/sqldb"
)

// kept is a row of idempotency_keys.
type kept struct {
	bodyHash  string // "": of lines that have not passed yet
	status    int
	answer    string
	createdAt int64
	token     string // of the request that holds the key
	place     string // where what it made can be read
}

const insertKey = `INSERT INTO idempotency_keys (scope, idem_key, body_hash, status, answer, created_at, token, place)
VALUES ($1, $2, $3, 0, '', $4, $5, '') ON CONFLICT (scope, idem_key) DO NOTHING`

// claimKey reports whether the key is new and now ours.
func claimKey(ctx context.Context, q sqldb.Q, scope, key, bodyHash, token string, at int64) (bool, error) {
	n, err := q.Exec(ctx, insertKey, scope, key, bodyHash, at, token)
	if err != nil {
		return false, fmt.Errorf("claim idempotency key: %w", err)
	}
	return n == 1, nil
}

// takeOver gives a key whose request died before it committed anything to another one.
func takeOver(ctx context.Context, q sqldb.Q, scope, key, old, token string, at int64) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE idempotency_keys SET token = $4, created_at = $5 WHERE scope = $1 AND idem_key = $2 AND token = $3 AND status = 0`,
		scope, key, old, token, at)
	if err != nil {
		return false, fmt.Errorf("take over idempotency key: %w", err)
	}
	return n == 1, nil
}

// noteDone notes that something was done for a key, and reports whether the request still holds it.
func noteDone(ctx context.Context, q sqldb.Q, scope, key, token, place string) (bool, error) {
	n, err := q.Exec(ctx, `UPDATE idempotency_keys SET status = 1, place = $4 WHERE scope = $1 AND idem_key = $2 AND token = $3 AND status IN (0, 1)`,
		scope, key, token, place)
	if err != nil {
		return false, fmt.Errorf("note idempotency key: %w", err)
	}
	return n == 1, nil
}

func selectKey(ctx context.Context, q sqldb.Q, scope, key string) (kept, bool, error) {
	var k kept
	err := q.Row(ctx, `SELECT body_hash, status, answer, created_at, token, place FROM idempotency_keys WHERE scope = $1 AND idem_key = $2`, scope, key).
		Scan(&k.bodyHash, &k.status, &k.answer, &k.createdAt, &k.token, &k.place)
	if errors.Is(err, sqldb.ErrNoRows) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("select idempotency key: %w", err)
	}
	return k, true, nil
}

func keepAnswer(ctx context.Context, q sqldb.Q, scope, key, token, bodyHash string, status int, answer string) error {
	_, err := q.Exec(ctx, `UPDATE idempotency_keys SET status = $5, answer = $6, body_hash = $4 WHERE scope = $1 AND idem_key = $2 AND token = $3`,
		scope, key, token, bodyHash, status, answer)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// keepDone keeps that a request was done, without its answer.
func keepDone(ctx context.Context, q sqldb.Q, scope, key, token, bodyHash string) error {
	_, err := q.Exec(ctx, `UPDATE idempotency_keys SET status = 1, body_hash = $4 WHERE scope = $1 AND idem_key = $2 AND token = $3`, scope, key, token, bodyHash)
	if err != nil {
		return fmt.Errorf("keep idempotency key: %w", err)
	}
	return nil
}

func releaseKey(ctx context.Context, q sqldb.Q, scope, key, token string) error {
	if _, err := q.Exec(ctx, `DELETE FROM idempotency_keys WHERE scope = $1 AND idem_key = $2 AND token = $3`, scope, key, token); err != nil {
		return fmt.Errorf("release idempotency key: %w", err)
	}
	return nil
}

func deleteKeysBefore(ctx context.Context, q sqldb.Q, at int64) error {
	if _, err := q.Exec(ctx, `DELETE FROM idempotency_keys WHERE created_at < $1`, at); err != nil {
		return fmt.Errorf("delete old idempotency keys: %w", err)
	}
	return nil
}

func countKeys(ctx context.Context, q sqldb.Q) (n int64, err error) {
	if err := q.Row(ctx, `SELECT COUNT(*) FROM idempotency_keys`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count idempotency keys: %w", err)
	}
	return n, nil
}
