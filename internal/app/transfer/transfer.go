// Package transfer moves everything from one pair of engines to the other: from a data directory into an empty PostgreSQL database, or back.
//
// Tables of the operational store and the journal are read row by row and written in bulk; events go from warehouse to warehouse, whole, so
// that nothing is decided anew. What only serves one engine is made again there by its owner: the search index and the copies of orders that
// reports read. Announcements (the outbox) must have been heard before: their order is each engine's own.
//
// Tables and events go beside each other; the target has no indexes meanwhile and gets them back, sorted, when a table is full (sqldb.Bare).
//
// Every row is counted into a sum while it is read, and the target is read again and summed up in the same way: number of rows and a 128-bit hash that
// does not depend on their order. A move is good when every sum is equal. JSON counts by its meaning, since PostgreSQL writes it anew.
//
// Nobody may write into either side meanwhile. Announces nothing.
package transfer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Events is what a warehouse must be able to do to be moved; both engines can.
type Events interface {
	Applied(ctx context.Context) (int64, error)
	All(ctx context.Context, fn func(e *warehouse.Event) error) error
	Load(ctx context.Context, seq int64, next func() ([]warehouse.Event, error)) error
}

// Side is one end of a move.
type Side struct {
	DB        *sqldb.DB
	Journal   *sqldb.DB // holds the table journal; the same as DB on PostgreSQL
	Warehouse Events
}

// Result says what was moved.
type Result struct {
	Tables int
	Rows   int64
	Events int64
}

// skipped are tables that belong to an engine, to a library or to the moment.
func skipped(table string) bool {
	return slices.Contains([]string{"goose_db_version", "journal", "outbox", "outbox_cursors", "warehouse_state", "event_sources"}, table) ||
		table == "events" || strings.HasPrefix(table, "events_") || strings.HasPrefix(table, "customer_search") || strings.HasPrefix(table, "search_orders") || strings.HasPrefix(table, "river_")
}

// Move copies everything and compares it. progress hears what is done.
func Move(ctx context.Context, from, to Side, progress func(string)) (r Result, err error) {
	if err := heard(ctx, from.DB); err != nil {
		return r, err
	}
	layouts, err := from.DB.Layouts(ctx, func(t string) bool { return !skipped(t) })
	if err != nil {
		return r, err
	}
	theirs, err := to.DB.Layouts(ctx, func(t string) bool { return !skipped(t) })
	if err != nil {
		return r, err
	}
	if err := alike(layouts, theirs); err != nil {
		return r, err
	}
	journal, err := from.Journal.Layouts(ctx, func(t string) bool { return t == "journal" })
	if err != nil || len(journal) != 1 {
		return r, fmt.Errorf("find the journal: %d tables, %w", len(journal), err)
	}
	moved := func(t string) bool {
		return t == "events" || t == "journal" || slices.ContainsFunc(layouts, func(l sqldb.Layout) bool { return l.Table == t })
	}
	bare, err := to.DB.Bare(ctx, moved)
	if err != nil {
		return r, err
	}
	// Tables and events go beside each other: while one side reads, the other writes.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var saying sync.Mutex
	say := func(text string) {
		saying.Lock()
		defer saying.Unlock()
		progress(text)
	}
	done := make(chan error, 1)
	go func() {
		var err error
		if r.Events, err = events(ctx, from.Warehouse, to.Warehouse, func() error { return bare.Dress(ctx, "events") }, say); err != nil {
			cancel()
		}
		done <- err
	}()
	err = tables(ctx, from, to, bare, append(layouts, journal[0]), &r, say)
	if err != nil {
		cancel()
	}
	if err := unless(ctx, <-done, err); err != nil {
		return r, err
	}
	return r, bare.Complete(ctx)
}

// unless joins two faults; one that only says that the other came first is left out.
func unless(ctx context.Context, a, b error) error {
	if a != nil && b != nil && ctx.Err() != nil {
		if errors.Is(a, context.Canceled) {
			return b
		}
		if errors.Is(b, context.Canceled) {
			return a
		}
	}
	return errors.Join(a, b)
}

func tables(ctx context.Context, from, to Side, bare *sqldb.Bare, layouts []sqldb.Layout, r *Result, say func(string)) error {
	for i := range layouts {
		l, a, b := &layouts[i], from.DB, to.DB
		if l.Table == "journal" {
			a, b = from.Journal, to.Journal
		}
		n, err := table(ctx, a, b, l, func() error { return bare.Dress(ctx, l.Table) })
		if err != nil {
			return err
		}
		r.Tables, r.Rows = r.Tables+1, r.Rows+n
		say(fmt.Sprintf("%s: %d rows, equal", l.Table, n))
	}
	return nil
}

// heard makes sure that no announcement is under way.
func heard(ctx context.Context, db *sqldb.DB) error {
	n, err := waiting(ctx, db)
	if err == nil && n > 0 {
		err = errs.New(errs.Conflict, "migrate.busy", "%d announcements have not been heard yet. Start the program once, wait until it is idle, and stop it.", n)
	}
	return err
}

func alike(a, b []sqldb.Layout) error {
	for _, l := range a {
		i := slices.IndexFunc(b, func(o sqldb.Layout) bool { return o.Table == l.Table })
		if i < 0 {
			return fmt.Errorf("the target has no table %s", l.Table)
		}
		if !slices.Equal(l.Columns, b[i].Columns) {
			return fmt.Errorf("table %s has other columns in the target", l.Table)
		}
	}
	return nil
}

const (
	ahead = 32  // portions between reader and writer
	group = 256 // rows of one
)

// table copies one, calls filled and compares both ends.
func table(ctx context.Context, from, to *sqldb.DB, l *sqldb.Layout, filled func() error) (int64, error) {
	var sent, arrived sqldb.Sum
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	groups, failed := make(chan [][]any, ahead), make(chan error, 1)
	go func() {
		defer close(groups)
		var rows [][]any
		send := func() error {
			select {
			case groups <- rows:
				rows = make([][]any, 0, group)
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := from.ScanRows(ctx, l, func(row []any) error {
			if err := sent.Add(l, row); err != nil {
				return err
			}
			if rows = append(rows, row); len(rows) == group {
				return send()
			}
			return nil
		})
		if err == nil && len(rows) > 0 {
			err = send()
		}
		failed <- err
	}()
	var rows [][]any
	err := to.LoadRows(ctx, l, func() ([]any, error) {
		if len(rows) == 0 {
			var ok bool
			if rows, ok = <-groups; !ok {
				return nil, <-failed
			}
		}
		row := rows[0]
		rows = rows[1:]
		return row, nil
	})
	if err != nil {
		return 0, err
	}
	if err := filled(); err != nil {
		return 0, err
	}
	if err := to.SumRows(ctx, l, &arrived); err != nil {
		return 0, err
	}
	if !sent.Same(&arrived) {
		return 0, unequal("table "+l.Table, sent.Rows, arrived.Rows)
	}
	return sent.Rows, nil
}

func unequal(what string, sent, arrived int64) error {
	return errs.New(errs.Conflict, "migrate.unequal", "After the move %s is not the same on both sides (%d and %d rows). Nobody may use either side meanwhile; empty the target and try again.",
		what, sent, arrived)
}

const portion = 20_000 // events written at a time

func events(ctx context.Context, from, to Events, filled func() error, progress func(string)) (int64, error) {
	seq, err := from.Applied(ctx)
	if err != nil {
		return 0, err
	}
	var sent, arrived sqldb.Sum
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	portions, failed := make(chan []warehouse.Event, 2), make(chan error, 1)
	var done atomic.Int64
	go func() {
		defer close(portions)
		var part []warehouse.Event
		var buf []byte
		send := func() error {
			select {
			case portions <- part:
				part = nil
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		err := from.All(ctx, func(e *warehouse.Event) error {
			buf = sum(&sent, e, buf)
			if part = append(part, *e); len(part) == portion {
				return send()
			}
			return nil
		})
		if err == nil && len(part) > 0 {
			err = send()
		}
		failed <- err
	}()
	err = to.Load(ctx, seq, func() ([]warehouse.Event, error) {
		part, ok := <-portions
		if !ok {
			return nil, <-failed
		}
		if n := done.Add(int64(len(part))); n%(50*portion) == 0 {
			progress(fmt.Sprintf("events: %d so far", n))
		}
		return part, nil
	})
	if err != nil {
		return 0, fmt.Errorf("move events: %w", err)
	}
	if err := filled(); err != nil {
		return 0, err
	}
	var buf []byte
	if err := to.All(ctx, func(e *warehouse.Event) error { buf = sum(&arrived, e, buf); return nil }); err != nil {
		return 0, fmt.Errorf("read the moved events: %w", err)
	}
	if !sent.Same(&arrived) {
		return 0, unequal("the events", sent.Rows, arrived.Rows)
	}
	progress(fmt.Sprintf("events: %d, equal", sent.Rows))
	return sent.Rows, nil
}

// sum counts an event in, with every field that it has.
func sum(s *sqldb.Sum, e *warehouse.Event, b []byte) []byte {
	b = b[:0]
	start := int64(0)
	if e.SessionStart {
		start = 1
	}
	for _, n := range []int64{e.EventID, int64(e.CustomerID), e.SessionID, start, e.At, e.ReceivedAt, e.Day, int64(e.ShopID), int64(e.SourceID), e.MessageHash} {
		b = binary.AppendVarint(b, n)
	}
	for _, t := range []string{e.Kind, e.Name, e.Campaign, e.MessageID, e.AnonymousID, e.UserID, warehouse.Object(e.Properties), warehouse.Object(e.Context)} {
		b = append(binary.AppendUvarint(b, uint64(len(t))), t...)
	}
	s.AddBytes(b)
	return b
}
