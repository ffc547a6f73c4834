package rate

import (
	"context"
	"fmt"

	"rapport/internal/platform/sqldb"
)

// newest gives the version of the table: it grows with every change.
func newest(ctx context.Context, q sqldb.Q) (version int64, err error) {
	if err := q.Row(ctx, `SELECT COALESCE(MAX(updated_at), 0) FROM rates`).Scan(&version); err != nil {
		return 0, fmt.Errorf("select version of rates: %w", err)
	}
	return version, nil
}

func load(ctx context.Context, q sqldb.Q) (book, error) {
	rows, err := q.Query(ctx, `SELECT reporting, currency, day, rate, updated_at FROM rates ORDER BY reporting, currency, day`)
	if err != nil {
		return book{}, fmt.Errorf("select rates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	b := book{reporting: map[string]map[string][]dayRate{}}
	for rows.Next() {
		var reporting, currency string
		var d dayRate
		var version int64
		if err := rows.Scan(&reporting, &currency, &d.day, &d.rate, &version); err != nil {
			return book{}, fmt.Errorf("scan rate: %w", err)
		}
		if b.reporting[reporting] == nil {
			b.reporting[reporting] = map[string][]dayRate{}
		}
		b.reporting[reporting][currency] = append(b.reporting[reporting][currency], d)
		b.version = max(b.version, version)
	}
	return b, rows.Err()
}

func list(ctx context.Context, q sqldb.Q, reporting, currency string, before Rate, limit int) ([]Rate, error) {
	where, args := `reporting = $1 AND (day < $2 OR (day = $2 AND currency > $3))`, []any{reporting, before.Day, before.Currency, limit}
	if currency != "" {
		where += ` AND currency = $5`
		args = append(args, currency)
	}
	rows, err := q.Query(ctx, `SELECT currency, day, rate, source FROM rates WHERE `+where+` ORDER BY day DESC, currency LIMIT $4`, args...)
	if err != nil {
		return nil, fmt.Errorf("select rates: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Rate
	for rows.Next() {
		var r Rate
		if err := rows.Scan(&r.Currency, &r.Day, &r.Rate, &r.Source); err != nil {
			return nil, fmt.Errorf("scan rate: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func upsert(ctx context.Context, q sqldb.Q, reporting, source string, version int64, rates []Rate) error {
	args := make([][]any, len(rates))
	for i, r := range rates {
		args[i] = []any{reporting, r.Currency, r.Day, r.Rate, source, version}
	}
	err := q.Many(ctx, `INSERT INTO rates (reporting, currency, day, rate, source, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (reporting, currency, day) DO UPDATE SET rate = EXCLUDED.rate, source = EXCLUDED.source, updated_at = EXCLUDED.updated_at`, args)
	if err != nil {
		return fmt.Errorf("upsert rates: %w", err)
	}
	return nil
}
