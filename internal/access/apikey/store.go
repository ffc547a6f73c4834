package apikey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// openKeys gives what every valid key opens, by the key's hash.
func openKeys(ctx context.Context, q sqldb.Q) (map[string]Source, error) {
	rows, err := q.Query(ctx, `SELECT k.key_hash, k.key_id, k.scope, k.name, COALESCE(s.source_id, 0), COALESCE(s.shop_id, 0),
COALESCE(s.kind, ''), COALESCE(s.trusted_orders, FALSE)
FROM api_keys k LEFT JOIN sources s ON s.source_id = k.source_id WHERE k.revoked_at = 0`)
	if err != nil {
		return nil, fmt.Errorf("select keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]Source{}
	for rows.Next() {
		var hash string
		var s Source
		if err := rows.Scan(&hash, &s.KeyID, &s.Scope, &s.Name, &s.ID, &s.ShopID, &s.Kind, &s.TrustedOrders); err != nil {
			return nil, fmt.Errorf("scan key: %w", err)
		}
		out[hash] = s
	}
	return out, rows.Err()
}

func insertKey(ctx context.Context, q sqldb.Q, k Key, hash, public string) error {
	_, err := q.Exec(ctx, `INSERT INTO api_keys (key_id, key_hash, prefix, public_key, name, scope, source_id, created_at, last_used_at, revoked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`,
		int64(k.ID), hash, k.Prefix, public, k.Name, k.Scope, int64(k.SourceID), clock.Micros(k.CreatedAt))
	if err != nil {
		return fmt.Errorf("insert key: %w", err)
	}
	return nil
}

func listKeys(ctx context.Context, q sqldb.Q) ([]Key, error) {
	rows, err := q.Query(ctx, `SELECT k.key_id, k.name, k.scope, k.prefix, k.public_key, k.source_id, COALESCE(s.shop_id, 0),
k.created_at, k.last_used_at, k.revoked_at
FROM api_keys k LEFT JOIN sources s ON s.source_id = k.source_id ORDER BY k.key_id DESC`)
	if err != nil {
		return nil, fmt.Errorf("select keys: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Key{}
	for rows.Next() {
		var k Key
		var created, used, revoked int64
		if err := rows.Scan(&k.ID, &k.Name, &k.Scope, &k.Prefix, &k.Public, &k.SourceID, &k.ShopID, &created, &used, &revoked); err != nil {
			return nil, fmt.Errorf("scan key: %w", err)
		}
		k.Browser, k.CreatedAt, k.LastUsedAt, k.RevokedAt = k.Public != "", clock.FromMicros(created), optional(used), optional(revoked)
		out = append(out, k)
	}
	return out, rows.Err()
}

func optional(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := clock.FromMicros(us)
	return &t
}

func revoke(ctx context.Context, q sqldb.Q, key id.ID, at time.Time) (found, changed bool, err error) {
	n, err := q.Exec(ctx, `UPDATE api_keys SET revoked_at = $2 WHERE key_id = $1 AND revoked_at = 0`, int64(key), clock.Micros(at))
	if err != nil || n == 1 {
		return true, n == 1, wrap("revoke key", err)
	}
	err = q.Row(ctx, `SELECT key_id FROM api_keys WHERE key_id = $1`, int64(key)).Scan(&key)
	if errors.Is(err, sqldb.ErrNoRows) {
		return false, false, nil
	}
	return true, false, wrap("select key", err)
}

func writeLastUsed(ctx context.Context, q sqldb.Q, rows [][]any) error {
	return wrap("write use of keys", q.Many(ctx, `UPDATE api_keys SET last_used_at = $2 WHERE key_id = $1 AND last_used_at < $2`, rows))
}

const sourceColumns = `source_id, shop_id, name, kind, trusted_orders, created_at`

func insertSource(ctx context.Context, q sqldb.Q, s SourceRow) error {
	_, err := q.Exec(ctx, `INSERT INTO sources (`+sourceColumns+`) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		int64(s.ID), int64(s.ShopID), s.Name, s.Kind, s.TrustedOrders, clock.Micros(s.CreatedAt))
	return wrap("insert source", err)
}

// ensureFileSource reads first: on PostgreSQL an insert would wait for a running import's transaction.
func ensureFileSource(ctx context.Context, q sqldb.Q, s SourceRow) (id.ID, error) {
	for range 2 {
		var have id.ID
		err := q.Row(ctx, `SELECT source_id FROM sources WHERE shop_id = $1 AND kind = $2`, int64(s.ShopID), File).Scan(&have)
		if !errors.Is(err, sqldb.ErrNoRows) {
			return have, wrap("select source", err)
		}
		if err := insertSource(ctx, q, s); err != nil {
			return 0, err
		}
	}
	return 0, fmt.Errorf("the file source of shop %s was not made", s.ShopID)
}

func updateSource(ctx context.Context, q sqldb.Q, s SourceRow) error {
	_, err := q.Exec(ctx, `UPDATE sources SET trusted_orders = $2 WHERE source_id = $1`, int64(s.ID), s.TrustedOrders)
	return wrap("update source", err)
}

func sourceByID(ctx context.Context, q sqldb.Q, want id.ID) (SourceRow, bool, error) {
	s, err := scanSource(q.Row(ctx, `SELECT `+sourceColumns+` FROM sources WHERE source_id = $1`, int64(want)))
	if errors.Is(err, sqldb.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, err
}

func listSources(ctx context.Context, q sqldb.Q) ([]SourceRow, error) {
	rows, err := q.Query(ctx, `SELECT `+sourceColumns+` FROM sources ORDER BY source_id`)
	if err != nil {
		return nil, fmt.Errorf("select sources: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []SourceRow{}
	for rows.Next() {
		s, err := scanSource(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func scanSource(row interface{ Scan(...any) error }) (SourceRow, error) {
	var s SourceRow
	var at int64
	err := row.Scan(&s.ID, &s.ShopID, &s.Name, &s.Kind, &s.TrustedOrders, &at)
	s.CreatedAt = clock.FromMicros(at)
	return s, wrap("scan source", err)
}

func wrap(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
