package duck

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/byperson"
)

// All gives every event with all it has, in no order that counts. Nothing may be appended meanwhile. It also holds the reports' file against
// the activity file: as many events, with the same ids, owners and visits.
func (w *Warehouse) All(ctx context.Context, fn func(e *warehouse.Event) error) error {
	view, err := w.activity.View(ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	var n, ids, owners, visits int64
	err = view.All(ctx, func(e *warehouse.Event) error {
		n, ids, owners, visits = n+1, ids^e.EventID, owners^(e.EventID+int64(e.CustomerID)), visits^(e.EventID+e.SessionID)
		return fn(e)
	})
	if err != nil {
		return err
	}
	var m, theirIDs, theirOwners, theirVisits int64
	err = w.db.pool.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(BIT_XOR(event_id), 0), COALESCE(BIT_XOR(event_id + customer_id), 0),
		COALESCE(BIT_XOR(event_id + session_id), 0) FROM events`).Scan(&m, &theirIDs, &theirOwners, &theirVisits)
	if err != nil {
		return fmt.Errorf("add up events: %w", err)
	}
	if n != m || ids != theirIDs || owners != theirOwners || visits != theirVisits {
		return fmt.Errorf("events.duckdb and activity.db do not hold the same events (%d and %d): run \"rapport rebuild warehouse\"", m, n)
	}
	return nil
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
		rows := make([]byperson.Row, len(events))
		for i := range events {
			rows[i] = byperson.Row{Event: &events[i], Customer: events[i].CustomerID}
			sources[events[i].SourceID] = true
		}
		err = w.db.inTx(ctx, func(*sql.Tx) error {
			row := make([]driver.Value, 17)
			return w.db.appendRows("events", len(events), func(i int) []driver.Value {
				return eventRow(held{event: &events[i], owner: events[i].CustomerID}, row)
			})
		})
		if err != nil {
			return err
		}
		if err := w.activity.Append(ctx, 0, rows); err != nil {
			return err
		}
	}
	var list []id.ID
	for s := range sources {
		list = append(list, s)
	}
	if err := w.db.append(ctx, seq, nil, nil, list); err != nil {
		return err
	}
	w.sources = sources
	return w.activity.Append(ctx, seq, nil)
}
