package shop

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const columns = `shop_id, name, domain, zone, currency, language, brand, created_at, updated_at`

func insertIfNew(ctx context.Context, q sqldb.Q, s Shop) error {
	_, err := q.Exec(ctx, `INSERT INTO shops (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (shop_id) DO NOTHING`,
		int64(s.ID), s.Name, s.Domain, s.Zone, s.Currency, s.Language, s.Brand, clock.Micros(s.CreatedAt), clock.Micros(s.UpdatedAt))
	if err != nil {
		return fmt.Errorf("insert shop: %w", err)
	}
	return nil
}

func update(ctx context.Context, q sqldb.Q, s Shop) error {
	_, err := q.Exec(ctx, `UPDATE shops SET name = $2, domain = $3, zone = $4, currency = $5, language = $6, brand = $7, updated_at = $8
WHERE shop_id = $1`, int64(s.ID), s.Name, s.Domain, s.Zone, s.Currency, s.Language, s.Brand, clock.Micros(s.UpdatedAt))
	if err != nil {
		return fmt.Errorf("update shop: %w", err)
	}
	return nil
}

func byID(ctx context.Context, q sqldb.Q, want id.ID) (Shop, bool, error) {
	s, err := scan(q.Row(ctx, `SELECT `+columns+` FROM shops WHERE shop_id = $1`, int64(want)))
	if errors.Is(err, sqldb.ErrNoRows) {
		return s, false, nil
	}
	return s, err == nil, err
}

func list(ctx context.Context, q sqldb.Q) ([]Shop, error) {
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM shops ORDER BY shop_id`)
	if err != nil {
		return nil, fmt.Errorf("select shops: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Shop{}
	for rows.Next() {
		s, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

func scan(row interface{ Scan(...any) error }) (Shop, error) {
	var s Shop
	var created, updated int64
	if err := row.Scan(&s.ID, &s.Name, &s.Domain, &s.Zone, &s.Currency, &s.Language, &s.Brand, &created, &updated); err != nil {
		return s, fmt.Errorf("scan shop: %w", err)
	}
	s.CreatedAt, s.UpdatedAt = clock.FromMicros(created), clock.FromMicros(updated)
	return s, nil
}
