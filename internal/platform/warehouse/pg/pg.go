// Package pg is the warehouse on PostgreSQL: a table of events in the operational database, keyed by person, partitioned by month.
//
// The key (customer_id, at, event_id) serves the profile page, an index on the time serves lists and reports, one on the message hash the search for
// duplicates. Facts need no copies: the operational tables stand beside. A batch, its moves and the sequence it reaches are one transaction.
// Moving rows to another person deletes and inserts them, because the column by which rows are spread over machines cannot be
// updated (Citus). Partitions are made for the months around now; what claims to have happened elsewhere in time lies in the default
// partition, so no event can make the number of tables grow.
//
// The schema has a version of its own beside the operational migrations; nothing outside refers to these tables.
package pg

import (
	"context"
	"fmt"
	"sync"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Warehouse implements warehouse.Warehouse.
type Warehouse struct {
	db    *sqldb.DB
	clock clock.Clock
	heavy chan struct{} // one token for each report that runs

	mu      sync.Mutex // one writer in this process; others wait for the row of the sequence
	months  map[string]bool
	sources map[id.ID]bool
}

var _ warehouse.Warehouse = (*Warehouse)(nil)

const reports = 2

// Open brings the warehouse's tables in db to this program's version.
func Open(ctx context.Context, db *sqldb.DB, c clock.Clock) (*Warehouse, error) {
	w := &Warehouse{db: db, clock: c, heavy: make(chan struct{}, reports), months: map[string]bool{}, sources: map[id.ID]bool{}}
	if err := migrate(ctx, db.Pool()); err != nil {
		return nil, err
	}
	return w, nil
}

// Engine names it.
func (w *Warehouse) Engine() string { return "postgres" }

// Mirrors is false: reports read the operational tables.
func (w *Warehouse) Mirrors() bool { return false }

// Upsert does nothing.
func (w *Warehouse) Upsert(context.Context, string, []int64, [][]any) error { return nil }

// Idle does nothing.
func (w *Warehouse) Idle(context.Context) {}

// Close does nothing: the connections belong to the operational store.
func (w *Warehouse) Close() error { return nil }

// Resession works out visits again.
func (w *Warehouse) Resession(ctx context.Context, spans []warehouse.PersonSpan) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	wrong, err := warehouse.Resessioned(ctx, w.Person, spans)
	if err != nil || len(wrong) == 0 {
		return err
	}
	return setSessions(ctx, w.db.Pool(), wrong)
}

// Remove takes events away, each row's in one transaction with the visits that become others.
func (w *Warehouse) Remove(ctx context.Context, rows []warehouse.Row) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range rows {
		if err := w.remove(ctx, &rows[i]); err != nil {
			return fmt.Errorf("remove events: %w", err)
		}
	}
	return nil
}

// Query runs a report when fewer than two others run.
func (w *Warehouse) Query(ctx context.Context, text string, args ...any) (warehouse.Rows, error) {
	select {
	case w.heavy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	rows, err := w.Peek(ctx, text, args...)
	if err != nil {
		<-w.heavy
		return nil, err
	}
	return &gated{Rows: rows, free: sync.OnceFunc(func() { <-w.heavy })}, nil
}

type gated struct {
	warehouse.Rows
	free func()
}

func (g *gated) Close() error {
	defer g.free()
	return g.Rows.Close()
}
