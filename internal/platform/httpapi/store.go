package httpapi

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/platform/sqldb"
)

// kept is a row of idempotency_keys; Status 0 means that the first request is still running.
type kept struct {
	bodyHash  string
	status    int
	answer    string
	createdAt int64
}

const insertKey = `INSERT INTO idempotency_keys (scope, idem_key, body_hash, status, answer, created_at)
VALUES ($1, $2, $3, 0, '', $4) ON CONFLICT (scope, idem_key) DO NOTHING`

// claimKey reports whether the key is new and now ours.
func claimKey(ctx context.Context, q sqldb.Q, scope, key, bodyHash string, at int64) (bool, error) {
	n, err := q.Exec(ctx, insertKey, scope, key, bodyHash, at)
	if err != nil {
		return false, fmt.Errorf("claim idempotency key: %w", err)
	}
	return n == 1, nil
}

func selectKey(ctx context.Context, q sqldb.Q, scope, key string) (kept, bool, error) {
	var k kept
	err := q.Row(ctx, `SELECT body_hash, status, answer, created_at FROM idempotency_keys WHERE scope = $1 AND idem_key = $2`, scope, key).
		Scan(&k.bodyHash, &k.status, &k.answer, &k.createdAt)
	if errors.Is(err, sqldb.ErrNoRows) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fmt.Errorf("select idempotency key: %w", err)
	}
	return k, true, nil
}

func keepAnswer(ctx context.Context, q sqldb.Q, scope, key string, status int, answer string) error {
	_, err := q.Exec(ctx, `UPDATE idempotency_keys SET status = $3, answer = $4 WHERE scope = $1 AND idem_key = $2`, scope, key, status, answer)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

func releaseKey(ctx context.Context, q sqldb.Q, scope, key string) error {
	if _, err := q.Exec(ctx, `DELETE FROM idempotency_keys WHERE scope = $1 AND idem_key = $2`, scope, key); err != nil {
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
