// Package whtest gives tests a real warehouse on every engine, the suite that every engine must pass, and Agree, which holds a report
// against both engines and a naive answer in Go.
//
// Each warehouse lives in a directory or a database of its own and goes with the test. Nothing is announced from here.
package whtest

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/duck"
	"rapport/internal/platform/warehouse/pg"
)

// Pair is an operational store with the warehouse beside it.
type Pair struct {
	DB        *sqldb.DB
	Warehouse warehouse.Warehouse
}

// Each runs fn on a fresh pair of every kind.
func Each(t *testing.T, fn func(t *testing.T, p Pair)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		fn(t, Embedded(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Postgres(t))
	})
}

// Embedded gives SQLite with DuckDB.
func Embedded(tb testing.TB) Pair {
	tb.Helper()
	return Pair{dbtest.SQLite(tb), Duck(tb, tb.TempDir())}
}

// Duck gives DuckDB alone, in a directory.
func Duck(tb testing.TB, dir string) *duck.Warehouse {
	tb.Helper()
	w, err := duck.Open(context.Background(), duck.Config{Dir: dir, MemoryLimit: "512MB", Threads: 2, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		tb.Fatalf("open warehouse: %v", err)
	}
	tb.Cleanup(func() { _ = w.Close() })
	return w
}

// Postgres gives PostgreSQL for both.
func Postgres(tb testing.TB) Pair {
	tb.Helper()
	db := dbtest.Postgres(tb)
	w, err := pg.Open(context.Background(), db, clock.System{})
	if err != nil {
		tb.Fatalf("open warehouse: %v", err)
	}
	return Pair{db, w}
}

// Agree fills both kinds of pair, runs a report on each and compares the answers with want.
func Agree[T any](t *testing.T, fill func(t *testing.T, p Pair), report func(t *testing.T, p Pair) T, want T) {
	t.Helper()
	Each(t, func(t *testing.T, p Pair) {
		fill(t, p)
		if diff := cmp.Diff(want, report(t, p)); diff != "" {
			t.Errorf("%s and the naive answer differ (-naive +%[1]s):\n%s", p.Warehouse.Engine(), diff)
		}
	})
}

// Mirror writes rows of a mirrored table where reports of the pair read them: into the operational table, and into the copy where there is
// one. Columns of the operational table that the mirror lacks get 0, "" or {}.
func (p Pair) Mirror(tb testing.TB, table string, rows [][]any) {
	tb.Helper()
	ctx := context.Background()
	for _, m := range warehouse.Mirrors() {
		if m.Table != table {
			continue
		}
		if !p.Warehouse.Mirrors() {
			insert(tb, p.DB, m, rows)
			return
		}
		var keys []int64
		for _, r := range rows {
			for i, c := range m.Columns {
				if c == m.Key {
					keys = append(keys, r[i].(int64))
				}
			}
		}
		if err := p.Warehouse.Upsert(ctx, table, keys, rows); err != nil {
			tb.Fatal(err)
		}
		return
	}
	tb.Fatalf("table %s is not mirrored", table)
}

// Event makes an event that is complete but for what a test is about.
func Event(seq int64, index int, customer, at int64) warehouse.Event {
	e := warehouse.Event{EventID: warehouse.NewEventID(seq, index), CustomerID: id.ID(customer), At: at, ReceivedAt: 1_790_000_000_000_000 + seq, Day: floorDay(at),
		ShopID: 1, SourceID: 2, Kind: "track", Name: "Product Viewed", AnonymousID: "device", Properties: []byte(`{"n":1}`), Context: []byte(`{}`)}
	e.MessageID = "m" + id.ID(e.EventID).String()
	e.MessageHash = warehouse.MessageHash(e.SourceID, e.MessageID)
	e.SessionID, e.SessionStart = e.EventID, true
	return e
}

func floorDay(us int64) int64 {
	const day = 86_400_000_000
	d := us / day
	if us%day < 0 {
		d--
	}
	return d
}
