package duck

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

func (d *database) query(ctx context.Context, text string, args ...any) (warehouse.Rows, error) {
	rows, err := d.pool.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("query warehouse: %w", err)
	}
	return rows, nil
}

func (d *database) events(ctx context.Context, q warehouse.EventQuery) ([]warehouse.Event, error) {
	var hashes []int64
	if q.MessageID != "" {
		sources, err := d.sources(ctx)
		if err != nil {
			return nil, err
		}
		var list []id.ID
		for s := range sources {
			list = append(list, s)
		}
		hashes = warehouse.HashesOf(list, q.MessageID)
	}
	text, args := warehouse.EventSQL(strings.Replace(warehouse.EventColumns, "context", "'{}' AS context", 1), q, hashes)
	rows, err := d.query(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return warehouse.ScanEvents(rows)
}

// eventsOf gives the events of a journal row: whose they are and where they stand, no more.
func (d *database) eventsOf(ctx context.Context, r *warehouse.Row) ([]warehouse.Event, error) {
	first, last := r.Bounds()
	rows, err := d.query(ctx, `SELECT event_id, customer_id, "at" FROM events WHERE event_id BETWEEN $1 AND $2`, first, last)
	if err != nil {
		return nil, err
	}
	return warehouse.ScanPlaces(rows)
}

func (d *database) sources(ctx context.Context) (map[id.ID]bool, error) {
	rows, err := d.query(ctx, `SELECT source_id FROM event_sources`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	out := map[id.ID]bool{}
	for rows.Next() {
		var s id.ID
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("scan source: %w", err)
		}
		out[s] = true
	}
	return out, rows.Err()
}

func (d *database) known(ctx context.Context, hashes []int64, since int64) ([]warehouse.Seen, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	text := make([]string, len(hashes))
	for i, h := range hashes {
		text[i] = fmt.Sprint(h)
	}
	rows, err := d.query(ctx, `SELECT message_hash, source_id, message_id FROM events
		WHERE received_at >= $1 AND message_hash IN (SELECT unnest(CAST($2 AS BIGINT[])))`, warehouse.Instant(since), list(text))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []warehouse.Seen
	for rows.Next() {
		var s warehouse.Seen
		if err := rows.Scan(&s.MessageHash, &s.SourceID, &s.MessageID); err != nil {
			return nil, fmt.Errorf("scan message: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// hashes goes around database/sql, whose conversions would cost more than everything else: a start with 20 million events waits for it.
func (d *database) hashes(ctx context.Context, since int64, fn func([]int64) error) error {
	conn, err := d.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("get connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(raw any) error {
		rows, err := raw.(driver.QueryerContext).QueryContext(ctx, `SELECT message_hash FROM events WHERE received_at >= $1`,
			[]driver.NamedValue{{Ordinal: 1, Value: warehouse.Instant(since)}})
		if err != nil {
			return fmt.Errorf("read hashes: %w", err)
		}
		defer func() { _ = rows.Close() }()
		portion := make([]int64, 0, 8192)
		into := make([]driver.Value, 1)
		for {
			err := rows.Next(into)
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read hashes: %w", err)
			}
			if err == nil {
				portion = append(portion, into[0].(int64))
			}
			if len(portion) == cap(portion) || (err != nil && len(portion) > 0) {
				if err := fn(portion); err != nil {
					return err
				}
				portion = portion[:0]
			}
			if err != nil {
				return nil
			}
		}
	})
}
