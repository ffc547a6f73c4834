package byperson

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

var (
	ctx   = context.Background()
	quiet = slog.New(slog.NewTextHandler(io.Discard, nil))
)

func open(tb testing.TB, path string) *Store {
	tb.Helper()
	s, err := Open(ctx, path, quiet)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func event(customer, at, n int64) warehouse.Event {
	e := warehouse.Event{EventID: n, CustomerID: id.ID(customer), At: at, ReceivedAt: at + 5, Day: at / 86_400_000_000, ShopID: 3, SourceID: 4,
		Kind: "track", Name: "Product Viewed", MessageID: fmt.Sprint("m", n), AnonymousID: "a", UserID: "u", Campaign: "c",
		Properties: []byte(`{"a":1}`), Context: []byte(`{"b":2}`), SessionID: n - 1, SessionStart: true}
	e.MessageHash = warehouse.MessageHash(e.SourceID, e.MessageID)
	return e
}

func keyOf(e *warehouse.Event) key { return key{int64(e.CustomerID), e.At, e.EventID} }

// TestRowsKeepEverything packs and unpacks events at the ends of every range.
func TestRowsKeepEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := warehouse.Event{
			EventID: rapid.Int64Min(0).Draw(t, "event"), CustomerID: id.ID(rapid.Int64Min(0).Draw(t, "customer")),
			At: rapid.Int64Range(-1<<60, 1<<60).Draw(t, "at"), ReceivedAt: rapid.Int64Range(0, 1<<60).Draw(t, "received"),
			Day: rapid.Int64().Draw(t, "day"), ShopID: id.ID(rapid.Int64Min(0).Draw(t, "shop")), SourceID: id.ID(rapid.Int64Min(0).Draw(t, "source")),
			Kind: rapid.SampledFrom([]string{"track", "alias", "other", ""}).Draw(t, "kind"), Name: rapid.String().Draw(t, "name"),
			MessageID: rapid.String().Draw(t, "message"), Properties: []byte(rapid.String().Draw(t, "properties")), UserID: rapid.String().Draw(t, "user"),
			SessionID: rapid.Int64Min(0).Draw(t, "session"), SessionStart: rapid.Bool().Draw(t, "start"),
		}
		e.MessageHash = warehouse.MessageHash(e.SourceID, e.MessageID)
		b, _ := appendRow(nil, &Row{Event: &e, Customer: e.CustomerID}, nil)
		k, gone, row, rest, err := nextRow(b)
		if err != nil || gone || len(rest) != 0 || k != keyOf(&e) {
			t.Fatalf("key %v gone %v rest %d: %v", k, gone, len(rest), err)
		}
		got, err := decodeRow(row)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Properties) == 0 {
			e.Properties = nil
		}
		if diff := cmp.Diff(e, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzBlock(f *testing.F) {
	e := event(1, 2, 3)
	b, _ := appendRow(nil, &Row{Event: &e, Customer: e.CustomerID}, nil)
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			_, gone, row, rest, err := nextRow(b)
			if err != nil {
				return
			}
			if !gone {
				_, _ = decodeRow(row)
			}
			b = rest
		}
	})
}

// TestStoreIsAMap compares the store with a map while rows come, go and come again, runs are merged and the file is opened anew.
func TestStoreIsAMap(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		s, err := Open(ctx, filepath.Join(dir, "a.db"), quiet)
		if err != nil {
			rt.Fatal(err)
		}
		defer func() { _ = s.Close() }()
		model := map[key]warehouse.Event{}
		seq := int64(0)
		for range rapid.IntRange(1, 40).Draw(rt, "batches") {
			var rows []Row
			for range rapid.IntRange(0, 12).Draw(rt, "rows") {
				e := event(rapid.Int64Range(1, 4).Draw(rt, "customer"), rapid.Int64Range(0, 9).Draw(rt, "at"), rapid.Int64Range(1, 9).Draw(rt, "event"))
				e.Name = rapid.SampledFrom([]string{"x", "y", "z"}).Draw(rt, "name")
				gone := rapid.Bool().Draw(rt, "gone")
				rows = append(rows, Row{Event: &e, Customer: e.CustomerID, Gone: gone})
				if gone {
					delete(model, keyOf(&e))
				} else {
					model[keyOf(&e)] = e
				}
			}
			seq++
			if err := s.Append(ctx, seq, rows); err != nil {
				rt.Fatal(err)
			}
			if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
				_ = s.Close()
				if s, err = Open(ctx, filepath.Join(dir, "a.db"), quiet); err != nil {
					rt.Fatal(err)
				}
			}
			if s.Applied() != seq {
				rt.Fatalf("applied %d, want %d", s.Applied(), seq)
			}
			q := Query{Customer: id.ID(rapid.Int64Range(1, 4).Draw(rt, "who")), Limit: rapid.IntRange(0, 5).Draw(rt, "limit"),
				From: rapid.Int64Range(0, 5).Draw(rt, "from"), To: rapid.Int64Range(0, 9).Draw(rt, "to")}
			if rapid.Bool().Draw(rt, "paged") {
				q.Before = warehouse.Place{At: rapid.Int64Range(0, 9).Draw(rt, "before"), EventID: rapid.Int64Range(0, 9).Draw(rt, "event"), Set: true}
			}
			got, err := s.Person(ctx, q)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(naive(model, q), got); diff != "" {
				rt.Fatalf("%+v: %s", q, diff)
			}
		}
	})
}

func naive(model map[key]warehouse.Event, q Query) []warehouse.Event {
	var out []warehouse.Event
	for k, e := range model {
		before := !q.Before.Set || k.at < q.Before.At || (k.at == q.Before.At && k.event < q.Before.EventID)
		if e.CustomerID == q.Customer && before && k.at >= q.From && (q.To == 0 || k.at < q.To) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b warehouse.Event) int { return keyOf(&a).compare(keyOf(&b)) })
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out
}

// TestBigRunsMergeBesideAppends fills several levels with blocks of many rows and reads across block borders.
func TestBigRunsMergeBesideAppends(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a.db"))
	const persons, each = 300, 200
	n := int64(0)
	for batch := range int64(40) {
		var rows []Row
		for p := range int64(persons) {
			for range each / 40 {
				n++
				e := event(p+1, batch*10+n%7, n)
				rows = append(rows, Row{Event: &e, Customer: e.CustomerID})
			}
		}
		if err := s.Append(ctx, batch+1, rows); err != nil {
			t.Fatal(err)
		}
	}
	for p := range int64(persons) {
		var all []warehouse.Event
		q := Query{Customer: id.ID(p + 1), Limit: 37}
		for {
			got, err := s.Person(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, got...)
			if len(got) < q.Limit {
				break
			}
			last := got[len(got)-1]
			q.Before = warehouse.Place{At: last.At, EventID: last.EventID, Set: true}
		}
		if len(all) != each || !slices.IsSortedFunc(all, func(a, b warehouse.Event) int { return keyOf(&a).compare(keyOf(&b)) }) {
			t.Fatalf("person %d has %d events", p+1, len(all))
		}
	}
}

func TestDueMergesNeighbours(t *testing.T) {
	runs := func(events ...int64) []*run {
		var out []*run
		for i, n := range events {
			out = append(out, &run{age: int64(i), events: n})
		}
		return out
	}
	for _, c := range []struct {
		name   string
		runs   []*run
		lo, hi int
	}{
		{"nothing", nil, 0, 0},
		{"seven wait", runs(1, 1, 1, 1, 1, 1, 1), 0, 0},
		{"eight are one", runs(1, 1, 1, 1, 1, 1, 1, 1), 0, 8},
		{"the big one stays", runs(math.MaxInt64, 1, 1, 1, 1, 1, 1, 1, 1), 1, 9},
		{"a small one behind a big one goes with it", runs(9999, 1, 9999, 9999, 9999, 9999, 9999, 9999, 9999, 1, 1), 0, 9},
	} {
		if lo, hi := due(c.runs); lo != c.lo || hi != c.hi {
			t.Errorf("%s: %d to %d, want %d to %d", c.name, lo, hi, c.lo, c.hi)
		}
	}
}
