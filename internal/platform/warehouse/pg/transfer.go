package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// All gives every event with all it has, in no order that counts. Nothing may be appended meanwhile.
func (w *Warehouse) All(ctx context.Context, fn func(e *warehouse.Event) error) error {
	rows, err := w.db.Pool().Query(ctx, `SELECT `+warehouse.EventColumns+` FROM events`)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var e warehouse.Event
		var at, received, day time.Time
		var customer, shop, source int64
		var properties, context string
		if err := rows.Scan(&e.EventID, &customer, &e.SessionID, &e.SessionStart, &at, &received, &day, &shop, &source, &e.Kind, &e.Name,
			&e.Campaign, &e.MessageID, &e.MessageHash, &e.AnonymousID, &e.UserID, &properties, &context); err != nil {
			return fmt.Errorf("scan event: %w", err)
		}
		e.CustomerID, e.ShopID, e.SourceID = id.ID(customer), id.ID(shop), id.ID(source)
		e.At, e.ReceivedAt, e.Day = at.UnixMicro(), received.UnixMicro(), day.Unix()/86400
		e.Properties, e.Context = []byte(properties), []byte(context)
		if err := fn(&e); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Load fills an empty warehouse with whole events; next gives them in portions and none at the end. The sequence is written last.
func (w *Warehouse) Load(ctx context.Context, seq int64, next func() ([]warehouse.Event, error)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	sources := map[id.ID]bool{}
	for {
		events, err := next()
		if err != nil {
			return err
		}
		if len(events) == 0 {
			break
		}
		if err := w.makePartitions(ctx, events); err != nil {
			return err
		}
		list := make([]*warehouse.Event, len(events))
		for i := range events {
			list[i] = &events[i]
			sources[events[i].SourceID] = true
		}
		if _, err := w.db.Pool().CopyFrom(ctx, pgx.Identifier{"events"}, eventColumns, &copier{events: list, i: -1}); err != nil {
			return fmt.Errorf("copy events: %w", err)
		}
	}
	for s := range sources {
		if _, err := w.db.Pool().Exec(ctx, `INSERT INTO event_sources (source_id) VALUES ($1) ON CONFLICT DO NOTHING`, int64(s)); err != nil {
			return fmt.Errorf("write source: %w", err)
		}
	}
	if _, err := w.db.Pool().Exec(ctx, `UPDATE warehouse_state SET value = $1 WHERE name = 'seq'`, seq); err != nil {
		return fmt.Errorf("write sequence: %w", err)
	}
	w.sources = sources
	return nil
}
