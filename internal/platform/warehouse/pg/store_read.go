package pg

import (
	"context"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// Peek reads without waiting for reports.
func (w *Warehouse) Peek(ctx context.Context, text string, args ...any) (warehouse.Rows, error) {
	rows, err := w.db.Query(ctx, text, args...)
	if err != nil {
		return nil, fmt.Errorf("query warehouse: %w", err)
	}
	return rows, nil
}

// Person reads one person's events.
func (w *Warehouse) Person(ctx context.Context, customer id.ID, q warehouse.PersonQuery) ([]warehouse.Event, error) {
	text, args := personSQL(customer, q)
	rows, err := w.Peek(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return warehouse.ScanEvents(rows)
}

func personSQL(customer id.ID, q warehouse.PersonQuery) (string, []any) {
	var where []string
	var args []any
	add := func(text string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, text)
	}
	add("customer_id = ?", int64(customer))
	if len(q.Kinds) > 0 {
		add("kind = ANY(?)", q.Kinds)
	}
	if q.Name != "" {
		add("name = ?", q.Name)
	}
	if q.From != 0 {
		add(`"at" >= ?`, bound(q.From))
	}
	if q.To != 0 {
		add(`"at" < ?`, bound(q.To))
	}
	if q.Before.Set {
		add(`("at", event_id) < (?, ?)`, bound(q.Before.At), q.Before.EventID)
	}
	text := `SELECT ` + warehouse.EventColumns + ` FROM events WHERE ` + strings.Join(where, " AND ") + ` ORDER BY "at" DESC, event_id DESC`
	if q.Limit > 0 {
		args = append(args, q.Limit)
		text += fmt.Sprintf(" LIMIT $%d", len(args))
	}
	return text, args
}

// Events reads everybody's events.
func (w *Warehouse) Events(ctx context.Context, q warehouse.EventQuery) ([]warehouse.Event, error) {
	var hashes []int64
	if q.MessageID != "" {
		rows, err := w.db.Pool().Query(ctx, `SELECT source_id FROM event_sources`)
		if err != nil {
			return nil, fmt.Errorf("read sources: %w", err)
		}
		var sources []id.ID
		for rows.Next() {
			var s int64
			if err := rows.Scan(&s); err != nil {
				rows.Close()
				return nil, fmt.Errorf("scan source: %w", err)
			}
			sources = append(sources, id.ID(s))
		}
		if rows.Err() != nil {
			return nil, fmt.Errorf("read sources: %w", rows.Err())
		}
		hashes = warehouse.HashesOf(sources, q.MessageID)
	}
	text, args := warehouse.EventSQL(warehouse.EventColumns, q, hashes)
	rows, err := w.Peek(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	return warehouse.ScanEvents(rows)
}

// Known gives the stored messages with one of the hashes.
func (w *Warehouse) Known(ctx context.Context, hashes []int64, receivedSince int64) ([]warehouse.Seen, error) {
	if len(hashes) == 0 {
		return nil, nil
	}
	rows, err := w.db.Pool().Query(ctx, `SELECT message_hash, source_id, message_id FROM events
		WHERE message_hash = ANY($1) AND received_at >= $2`, hashes, bound(receivedSince))
	if err != nil {
		return nil, fmt.Errorf("look for messages: %w", err)
	}
	defer rows.Close()
	var out []warehouse.Seen
	for rows.Next() {
		var s warehouse.Seen
		if err := rows.Scan(&s.MessageHash, (*int64)(&s.SourceID), &s.MessageID); err != nil {
			return nil, fmt.Errorf("scan message: %w", err)
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// Hashes gives the hashes of all messages received since.
func (w *Warehouse) Hashes(ctx context.Context, receivedSince int64, fn func([]int64) error) error {
	rows, err := w.db.Pool().Query(ctx, `SELECT message_hash FROM events WHERE received_at >= $1`, bound(receivedSince))
	if err != nil {
		return fmt.Errorf("read hashes: %w", err)
	}
	defer rows.Close()
	portion := make([]int64, 0, 8192)
	for rows.Next() {
		var h int64
		if err := rows.Scan(&h); err != nil {
			return fmt.Errorf("scan hash: %w", err)
		}
		if portion = append(portion, h); len(portion) == cap(portion) {
			if err := fn(portion); err != nil {
				return err
			}
			portion = portion[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read hashes: %w", err)
	}
	if len(portion) > 0 {
		return fn(portion)
	}
	return nil
}
