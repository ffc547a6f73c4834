package duck

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/byperson"
)

var ctx = context.Background()

func open(t *testing.T, dir string) *Warehouse {
	t.Helper()
	w, err := Open(ctx, Config{Dir: dir, MemoryLimit: "256MB", Threads: 1, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func event(seq int64, index int, customer, at int64) warehouse.Event {
	e := warehouse.Event{EventID: warehouse.NewEventID(seq, index), CustomerID: id.ID(customer), At: at, ReceivedAt: at, ShopID: 1, SourceID: 2, Kind: "track",
		Name: "x", AnonymousID: "device", Properties: []byte(`{}`), Context: []byte(`{}`)}
	e.MessageID = fmt.Sprint(e.EventID)
	e.MessageHash = warehouse.MessageHash(e.SourceID, e.MessageID)
	e.SessionID, e.SessionStart = e.EventID, true
	return e
}

// TestCrashBetweenTheFiles writes a batch to DuckDB alone, as if the program had died before the activity file, and gives it again, also
// cut otherwise than the first time.
func TestCrashBetweenTheFiles(t *testing.T) {
	first := []warehouse.Event{event(1, 0, 7, 10), event(1, 1, 7, 20), event(2, 0, 8, 30)}
	second := []warehouse.Event{event(3, 0, 7, 40), event(3, 1, 8, 50)}
	third := []warehouse.Event{event(4, 0, 7, 60)}
	moves := []warehouse.Move{
		{Seq: 3, From: 7, To: 9, AnonymousID: "device", FromAt: 15},
		{Seq: 4, From: 8, To: 9},
		{Seq: 4, From: 7, To: 10, AnonymousID: "device", FromAt: 35},
	}
	want := map[int64]id.ID{}
	for _, e := range slices.Concat(first, second, third) {
		want[e.EventID] = e.CustomerID
	}
	want[first[1].EventID], want[first[2].EventID], want[second[1].EventID], want[second[0].EventID] = 9, 9, 9, 10

	for _, again := range []struct {
		name    string
		batches []warehouse.Batch
	}{
		{"the same", []warehouse.Batch{{Seq: 3, Events: second, Moves: moves[:1]}, {Seq: 4, Events: third, Moves: moves[1:]}}},
		{"longer", []warehouse.Batch{{Seq: 4, Events: slices.Concat(second, third), Moves: moves}}},
	} {
		t.Run(again.name, func(t *testing.T) {
			dir := t.TempDir()
			w := open(t, dir)
			if err := w.Append(ctx, warehouse.Batch{Seq: 2, Events: slices.Clone(first)}); err != nil {
				t.Fatal(err)
			}
			b := warehouse.Batch{Seq: 3, Events: slices.Clone(second), Moves: moves[:1]}
			p, err := w.plan(ctx, b, 2)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.db.append(ctx, 3, p.fresh(2), p.owners(2), nil); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			w = open(t, dir)
			if seq, err := w.Applied(ctx); err != nil || seq != 2 {
				t.Fatalf("applied %d, %v", seq, err)
			}
			for _, b := range again.batches {
				b.Events = slices.Clone(b.Events)
				for range 2 {
					if err := w.Append(ctx, b); err != nil {
						t.Fatal(err)
					}
				}
			}
			reports, persons := map[int64]id.ID{}, map[int64]id.ID{}
			all, err := w.Events(ctx, warehouse.EventQuery{Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range all {
				reports[e.EventID] = e.CustomerID
			}
			for c := range id.ID(12) {
				own, err := w.Person(ctx, c, warehouse.PersonQuery{})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range own {
					persons[e.EventID] = e.CustomerID
				}
			}
			if len(all) != len(want) {
				t.Errorf("%d events, want %d", len(all), len(want))
			}
			if diff := cmp.Diff(want, reports); diff != "" {
				t.Errorf("reports: %s", diff)
			}
			if diff := cmp.Diff(want, persons); diff != "" {
				t.Errorf("persons: %s", diff)
			}
		})
	}
}

func TestQueriesEndWithTheirContext(t *testing.T) {
	w := open(t, t.TempDir())
	short, stop := context.WithCancel(ctx)
	rows := []warehouse.Rows{}
	for range reports {
		r, err := w.Query(ctx, `SELECT 1`)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	stop()
	if _, err := w.Query(short, `SELECT 1`); err == nil {
		t.Error("a third report ran beside two others")
	}
	peek, err := w.Peek(ctx, `SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	_ = peek.Close()
	for _, r := range rows {
		_ = r.Close()
		_ = r.Close() // twice frees once
	}
	r, err := w.Query(ctx, `SELECT 1`)
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Close()
}

func TestSecondProcessIsRefusedByName(t *testing.T) {
	if e := errs.As(inUse("x", fmt.Errorf(`IO Error: Could not set lock on file "x": Conflicting lock is held in PID 1`))); e == nil || e.Code != "warehouse.in_use" {
		t.Fatalf("got %v", e)
	}
}

// TestUpgrade opens a warehouse of the first schema, in which DuckDB kept the contexts too.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	first := event(1, 0, 7, 10)
	first.Context = []byte(`{"locale":"de"}`)
	if err := w.Append(ctx, warehouse.Batch{Seq: 1, Events: []warehouse.Event{first}}); err != nil {
		t.Fatal(err)
	}
	if err := w.db.run(ctx, `ALTER TABLE events ADD COLUMN context VARCHAR DEFAULT '{}'`, `UPDATE warehouse_state SET value = 1 WHERE name = 'schema'`); err != nil {
		t.Fatal(err)
	}
	for seq := range int64(2) { // opened twice: it is upgraded once
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		w = open(t, dir)
		if err := w.Append(ctx, warehouse.Batch{Seq: 2 + seq, Events: []warehouse.Event{event(2+seq, 0, 7, 20)}}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.Events(ctx, warehouse.EventQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3 || string(all[2].Context) != string(first.Context) {
		t.Errorf("%d events, the oldest with context %s", len(all), all[len(all)-1].Context)
	}
}

// TestCrashInRemove hides events in the activity file alone, as if the program had died before DuckDB, and takes them away again.
func TestCrashInRemove(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	gone, stays := event(1, 0, 7, 10), event(2, 0, 7, 20)
	stays.SessionID, stays.SessionStart = gone.EventID, false
	if err := w.Append(ctx, warehouse.Batch{Seq: 2, Events: []warehouse.Event{gone, stays}}); err != nil {
		t.Fatal(err)
	}
	if err := w.activity.Append(ctx, 0, []byperson.Row{{Event: &gone, Customer: 7, Gone: true}}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = open(t, dir)
	if err := w.Remove(ctx, []warehouse.Row{{Seq: 1, FromAt: 10, UntilAt: 10}}); err != nil {
		t.Fatal(err)
	}
	stays.SessionID, stays.SessionStart = stays.EventID, true
	for name, read := range map[string]func() ([]warehouse.Event, error){
		"reports": func() ([]warehouse.Event, error) { return w.Events(ctx, warehouse.EventQuery{Limit: 10}) },
		"person":  func() ([]warehouse.Event, error) { return w.Person(ctx, 7, warehouse.PersonQuery{}) },
	} {
		got, err := read()
		if diff := cmp.Diff([]warehouse.Event{stays}, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}
