package setting

import (
	"context"
	"fmt"

	"rapport/internal/platform/sqldb"
)

func load(ctx context.Context, q sqldb.Q, defaults Settings) (Settings, error) {
	rows, err := q.Query(ctx, `SELECT name, value FROM settings`)
	if err != nil {
		return defaults, fmt.Errorf("select settings: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := defaults
	start := ""
	fields := map[string]*string{"currency": &out.Currency, "zone": &out.Zone, "language": &out.Language, startName: &start}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return defaults, fmt.Errorf("scan setting: %w", err)
		}
		if f := fields[name]; f != nil {
			*f = text
		}
	}
	out.Start = startOf(start)
	return out, rows.Err()
}

func upsert(ctx context.Context, q sqldb.Q, v value, at int64) error {
	_, err := q.Exec(ctx, `INSERT INTO settings (name, value, updated_at) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value, updated_at = EXCLUDED.updated_at`, v.name, v.text, at)
	if err != nil {
		return fmt.Errorf("upsert setting %s: %w", v.name, err)
	}
	return nil
}
