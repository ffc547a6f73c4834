package activity

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/platform/warehouse"
)

type minuteCount struct{ minute, events, orders int64 }

const sqlMinutes = `SELECT CAST(FLOOR(EXTRACT(EPOCH FROM "at") / 60) AS BIGINT) AS minute, COUNT(*),
	CAST(COALESCE(SUM(CASE WHEN name = 'Order Completed' THEN 1 ELSE 0 END), 0) AS BIGINT)
	FROM events WHERE "at" >= $1 AND "at" <= $2 GROUP BY 1`

func selectMinutes(ctx context.Context, w warehouse.Warehouse, from, to time.Time) ([]minuteCount, error) {
	rows, err := w.Peek(ctx, sqlMinutes, from.UTC(), to.UTC())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []minuteCount
	for rows.Next() {
		var c minuteCount
		if err := rows.Scan(&c.minute, &c.events, &c.orders); err != nil {
			return nil, fmt.Errorf("scan minute: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// A visitor is a person with an event of a visit: notices of servers make nobody active.
const sqlVisitors = `SELECT COUNT(DISTINCT CASE WHEN "at" >= $2 THEN customer_id END), COUNT(DISTINCT customer_id)
	FROM events WHERE "at" >= $1 AND "at" <= $3 AND session_id <> 0`

func selectVisitors(ctx context.Context, w warehouse.Warehouse, from, active, to time.Time) (now, all int64, err error) {
	rows, err := w.Peek(ctx, sqlVisitors, from.UTC(), active.UTC(), to.UTC())
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = rows.Close() }()
	if rows.Next() {
		if err := rows.Scan(&now, &all); err != nil {
			return 0, 0, fmt.Errorf("scan visitors: %w", err)
		}
	}
	return now, all, rows.Err()
}

const sqlSources = `SELECT source_id, COUNT(*), MAX("at") FROM events WHERE "at" >= $1 AND "at" <= $2 GROUP BY source_id ORDER BY source_id`

func selectSources(ctx context.Context, w warehouse.Warehouse, from, to time.Time) ([]SourceDay, error) {
	rows, err := w.Peek(ctx, sqlSources, from.UTC(), to.UTC())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := []SourceDay{}
	for rows.Next() {
		var d SourceDay
		if err := rows.Scan(&d.SourceID, &d.Events, &d.LastAt); err != nil {
			return nil, fmt.Errorf("scan source: %w", err)
		}
		d.LastAt = d.LastAt.UTC()
		out = append(out, d)
	}
	return out, rows.Err()
}
