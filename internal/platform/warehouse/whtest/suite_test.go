package whtest_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

var ctx = context.Background()

const (
	minute = int64(60_000_000)
	start  = int64(1_780_000_000_000_000)
)

func append_(t interface{ Fatal(...any) }, w warehouse.Warehouse, seq int64, moves []warehouse.Move, events ...warehouse.Event) {
	if err := w.Append(ctx, warehouse.Batch{Seq: seq, Events: events, Moves: moves}); err != nil {
		t.Fatal(err)
	}
}

func person(t interface{ Fatal(...any) }, w warehouse.Warehouse, customer int64) []warehouse.Event {
	got, err := w.Person(ctx, id.ID(customer), warehouse.PersonQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// everything reads all events by the way that reports take.
func everything(t interface{ Fatal(...any) }, w warehouse.Warehouse) []warehouse.Event {
	got, err := w.Events(ctx, warehouse.EventQuery{Limit: 1_000_000})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// agree fails unless both ways of reading give these events.
func agree(t interface {
	Fatal(...any)
	Fatalf(string, ...any)
	Helper()
}, w warehouse.Warehouse, want ...warehouse.Event) {
	t.Helper()
	newest := func(a, b warehouse.Event) int {
		return cmp.Or(cmp.Compare(b.At, a.At), cmp.Compare(b.EventID, a.EventID))
	}
	want = slices.Clone(want)
	slices.SortFunc(want, newest)
	if diff := gocmp.Diff(want, everything(t, w)); diff != "" {
		t.Fatalf("reports see other events (-want +got):\n%s", diff)
	}
	var got []warehouse.Event
	seen := map[id.ID]bool{}
	for i := range want {
		if c := want[i].CustomerID; !seen[c] {
			seen[c] = true
			got = append(got, person(t, w, int64(c))...)
		}
	}
	slices.SortFunc(got, newest)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatalf("persons see other events (-want +got):\n%s", diff)
	}
}

func TestAppendOnce(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		a, b, c := whtest.Event(1, 0, 7, start), whtest.Event(1, 1, 8, start+1), whtest.Event(3, 0, 7, start-minute)
		append_(t, w, 1, nil, a, b)
		append_(t, w, 1, nil, a, b)
		append_(t, w, 3, nil, a, b, c) // a batch cut otherwise than the first time
		append_(t, w, 2, nil, a)
		if seq, err := w.Applied(ctx); err != nil || seq != 3 {
			t.Fatalf("applied %d, %v", seq, err)
		}
		agree(t, w, a, b, c)
		if err := w.Reset(ctx); err != nil {
			t.Fatal(err)
		}
		agree(t, w)
		append_(t, w, 1, nil, a)
		agree(t, w, a)
	})
}

func TestStrangeTimesAndTexts(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		var want []warehouse.Event
		for i, at := range []int64{warehouse.EarliestAt, -1, 0, 1, start, 4102444800_000_000, warehouse.LatestAt} {
			e := whtest.Event(1, i, 7, at)
			e.Name, e.UserID = "നീല ساری 青\\\"'\t", "x\uFFFDy"
			e.Properties = []byte(`{"a b":"\u0000 \ud800","n":1e400,"z":[1,{"y":null}],"a b":2}`)
			want = append(want, e)
		}
		append_(t, w, 1, nil, want...)
		agree(t, w, want...)
	})
}

// TestContexts reads contexts by every way, also of events that changed hands and of two that differ in nothing else.
func TestContexts(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		var ev []warehouse.Event
		for i := range 6 {
			e := whtest.Event(1, i, int64(7+i%2), start+int64(i/3)*minute)
			e.Context = fmt.Appendf(nil, `{"locale":"de","n":%d}`, i)
			ev = append(ev, e)
		}
		append_(t, p.Warehouse, 1, nil, ev...)
		agree(t, p.Warehouse, ev...)
		append_(t, p.Warehouse, 2, []warehouse.Move{{Seq: 2, From: 7, To: 9}})
		for _, i := range []int{0, 2, 4} {
			ev[i].CustomerID = 9
		}
		agree(t, p.Warehouse, ev...)
	})
}

func TestMoves(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		var ev []warehouse.Event
		for i := range 8 {
			ev = append(ev, whtest.Event(int64(1+i/4), i%4, 7, start+int64(i)*minute))
		}
		ev[2].UserID = "u"
		ev[3].AnonymousID = "other"
		append_(t, w, 1, nil, ev[:4]...)
		// In one batch: the device's anonymous events of minutes 0 to 2 go to 8 (1 and 2 do not qualify by time or user), then everything of 8 goes to 9,
		// and of the batch itself only what came before the step.
		late := whtest.Event(3, 0, 7, start+minute/2)
		append_(t, w, 3, []warehouse.Move{
			{Seq: 2, From: 7, To: 8, AnonymousID: "device", FromAt: start, UntilAt: start + minute},
			{Seq: 3, From: 7, To: 8, AnonymousID: "device", FromAt: start + 4*minute, UntilAt: start + 6*minute},
			{Seq: 3, From: 8, To: 9},
			{Seq: 3, From: 7, To: 9, Email: "a@b"},
		}, append(slices.Clone(ev[4:]), late)...)
		for _, i := range []int{0, 4, 5} {
			ev[i].CustomerID = 9
		}
		agree(t, w, append(ev, late)...)
		// There and back again.
		append_(t, w, 4, []warehouse.Move{{Seq: 4, From: 9, To: 10}, {Seq: 4, From: 10, To: 11}, {Seq: 4, From: 11, To: 9}})
		agree(t, w, append(ev, late)...)
	})
}

func TestKnownAndHashes(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		a, b := whtest.Event(1, 0, 7, start), whtest.Event(2, 0, 8, start)
		append_(t, w, 2, nil, a, b)
		got, err := w.Known(ctx, []int64{a.MessageHash, b.MessageHash, 5}, b.ReceivedAt)
		if err != nil || len(got) != 1 || got[0] != (warehouse.Seen{MessageHash: b.MessageHash, SourceID: b.SourceID, MessageID: b.MessageID}) {
			t.Fatalf("known %v, %v", got, err)
		}
		var all []int64
		if err := w.Hashes(ctx, 0, func(h []int64) error { all = append(all, h...); return nil }); err != nil {
			t.Fatal(err)
		}
		slices.Sort(all)
		want := []int64{a.MessageHash, b.MessageHash}
		slices.Sort(want)
		if !slices.Equal(all, want) {
			t.Fatalf("hashes %v, want %v", all, want)
		}
		found, err := w.Events(ctx, warehouse.EventQuery{MessageID: a.MessageID, Limit: 5})
		if err != nil || len(found) != 1 || found[0].EventID != a.EventID {
			t.Fatalf("by message: %v, %v", found, err)
		}
	})
}

func TestPagingCoversAllOnce(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		var ev []warehouse.Event
		for i := range 60 {
			e := whtest.Event(1, i, int64(7+i%2), start+int64(i/5))
			e.Name, e.Kind = fmt.Sprint("n", i%3), []string{"track", "page"}[i%2]
			ev = append(ev, e)
		}
		append_(t, w, 1, nil, ev...)
		for name, read := range map[string]func(before warehouse.Place) ([]warehouse.Event, error){
			"person": func(b warehouse.Place) ([]warehouse.Event, error) {
				return w.Person(ctx, 7, warehouse.PersonQuery{Before: b, Limit: 7, Kinds: []string{"track"}})
			},
			"events": func(b warehouse.Place) ([]warehouse.Event, error) {
				return w.Events(ctx, warehouse.EventQuery{Before: b, Limit: 7, Kind: "track", From: start, To: start + 100})
			},
			"events of a person": func(b warehouse.Place) ([]warehouse.Event, error) {
				return w.Events(ctx, warehouse.EventQuery{Before: b, Limit: 7, CustomerID: 7})
			},
		} {
			var got []int64
			var before warehouse.Place
			for {
				page, err := read(before)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page {
					got = append(got, e.EventID)
				}
				if len(page) < 7 {
					break
				}
				last := page[len(page)-1]
				before = warehouse.Place{At: last.At, EventID: last.EventID, Set: true}
			}
			var want []int64
			for i := len(ev) - 1; i >= 0; i-- {
				if ev[i].CustomerID == 7 {
					want = append(want, ev[i].EventID)
				}
			}
			if !slices.Equal(want, got) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

// TestSessions: whatever the order in which events and moves arrive, the visits are those of a naive walk over the final history.
func TestSessions(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		rapid.Check(t, func(rt *rapid.T) {
			if err := w.Reset(ctx); err != nil {
				rt.Fatal(err)
			}
			n := rapid.IntRange(1, 25).Draw(rt, "events")
			var all []warehouse.Event
			for i := range n {
				e := whtest.Event(0, i, rapid.Int64Range(7, 8).Draw(rt, "who"), start+rapid.Int64Range(0, 30).Draw(rt, "when")*10*minute)
				e.Campaign = rapid.SampledFrom([]string{"", "", "", "spring", "sale"}).Draw(rt, "campaign")
				e.AnonymousID = "device"
				if rapid.IntRange(0, 9).Draw(rt, "server") == 0 {
					e.SessionID, e.SessionStart = 0, false
				}
				all = append(all, e)
			}
			all = rapid.Permutation(all).Draw(rt, "order")
			seq := int64(0)
			var stored []warehouse.Event
			for len(all) > 0 {
				seq++
				k := rapid.IntRange(1, len(all)).Draw(rt, "batch")
				batch := slices.Clone(all[:k])
				all = all[k:]
				var spans []warehouse.PersonSpan
				for i := range batch {
					batch[i].EventID = warehouse.NewEventID(seq, i)
					if batch[i].SessionID != 0 {
						batch[i].SessionID = batch[i].EventID // a wrong guess as a rule
					}
					spans = append(spans, warehouse.PersonSpan{CustomerID: batch[i].CustomerID, FromAt: batch[i].At, UntilAt: batch[i].At})
				}
				var moves []warehouse.Move
				if rapid.IntRange(0, 4).Draw(rt, "move") == 0 {
					from := start + rapid.Int64Range(0, 30).Draw(rt, "from")*10*minute
					m := warehouse.Move{Seq: seq, From: 7, To: 8, AnonymousID: "device", FromAt: from, UntilAt: from + 60*minute}
					moves = append(moves, m)
					for i := range stored {
						if stored[i].CustomerID == m.From && m.Takes(&stored[i]) {
							stored[i].CustomerID = m.To
						}
					}
					spans = append(spans, warehouse.PersonSpan{CustomerID: 7, FromAt: m.FromAt, UntilAt: m.UntilAt},
						warehouse.PersonSpan{CustomerID: 8, FromAt: m.FromAt, UntilAt: m.UntilAt})
				}
				stored = append(stored, batch...)
				append_(rt, w, seq, moves, batch...)
				for range rapid.IntRange(1, 2).Draw(rt, "repeat") {
					if err := w.Resession(ctx, spans); err != nil {
						rt.Fatal(err)
					}
				}
			}
			agree(rt, w, naive(stored)...)
		})
	})
}

func naive(events []warehouse.Event) []warehouse.Event {
	s := slices.Clone(events)
	slices.SortFunc(s, func(a, b warehouse.Event) int {
		return cmp.Or(cmp.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.At, b.At), cmp.Compare(a.MessageHash, b.MessageHash), cmp.Compare(a.EventID, b.EventID))
	})
	var last *warehouse.Event
	campaign := ""
	for i := range s {
		e := &s[i]
		if e.SessionID == 0 {
			continue
		}
		if last == nil || last.CustomerID != e.CustomerID || e.At-last.At > 30*minute || (e.Campaign != "" && e.Campaign != campaign) {
			e.SessionID, e.SessionStart, campaign = e.EventID, true, e.Campaign
		} else {
			e.SessionID, e.SessionStart = last.SessionID, false
		}
		last = e
	}
	return s
}

func TestUpsertIsRepeatable(t *testing.T) {
	p := whtest.Embedded(t)
	line := func(order, n int64, name string) []any {
		return []any{int64(7), order, n, int64(0), "sku", name, int64(1000), int64(5), int64(0), int64(5)}
	}
	for range 2 {
		p.Mirror(t, "order_lines", [][]any{line(1, 0, "a"), line(1, 1, "b"), line(2, 0, "c")})
	}
	p.Mirror(t, "order_lines", [][]any{line(1, 0, "d")})
	if err := p.Warehouse.Upsert(ctx, "order_lines", []int64{2}, nil); err != nil {
		t.Fatal(err)
	}
	rows, err := p.Warehouse.Query(ctx, `SELECT name FROM order_lines ORDER BY name`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var got []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if !slices.Equal(got, []string{"d"}) {
		t.Fatalf("lines %v", got)
	}
}

// TestShims runs the constructs that differ between the engines by the one name they have here.
func TestShims(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		e := whtest.Event(1, 0, 7, start)
		e.Properties = []byte(`{"price":"12.5","bad":"x","tags":["a","b"]}`)
		append_(t, p.Warehouse, 1, nil, e)
		rows, err := p.Warehouse.Query(ctx, `SELECT re_match(name, 'View'), try_num(properties ->> 'price'), try_num(properties ->> 'bad') IS NULL,
			CAST((SELECT STRING_AGG(i.item, ',' ORDER BY i.item) FROM json_items(properties -> 'tags') AS i) AS TEXT), 7 / 2,
			CAST(EXTRACT(EPOCH FROM bucket(INTERVAL '15 minutes', "at")) AS BIGINT) FROM events`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		if !rows.Next() {
			t.Fatal("no row", rows.Err())
		}
		var match, null bool
		var price float64
		var tags string
		var seven, bucket int64
		if err := rows.Scan(&match, &price, &null, &tags, &seven, &bucket); err != nil {
			t.Fatal(err)
		}
		if !match || price != 12.5 || !null || tags != "a,b" || seven != 3 || bucket != start/1_000_000/900*900 {
			t.Fatalf("%v %v %v %q %d %d", match, price, null, tags, seven, bucket)
		}
	})
}

// TestRemove takes journal rows away, also of people who have changed hands, and holds that their visits and all that asks for messages follow.
func TestRemove(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := p.Warehouse
		var all []warehouse.Event
		for seq := range int64(4) {
			for i := range 6 {
				e := whtest.Event(1+seq, i, int64(7+i%2), start+(int64(i)*25+seq*10)*minute)
				e.Context = fmt.Appendf(nil, `{"n":%d}`, i)
				all = append(all, e)
			}
		}
		append_(t, w, 4, nil, all...)
		append_(t, w, 5, []warehouse.Move{{Seq: 5, From: 8, To: 9}})
		for i := range all {
			if all[i].CustomerID == 8 {
				all[i].CustomerID = 9
			}
		}
		if err := w.Resession(ctx, warehouse.SpansOf(all)); err != nil {
			t.Fatal(err)
		}
		agree(t, w, naive(all)...)
		rows := []warehouse.Row{{Seq: 1, FromAt: start, UntilAt: start + 125*minute}, {Seq: 3, FromAt: start, UntilAt: start + 145*minute}}
		gone := all[0]
		all = slices.DeleteFunc(all, func(e warehouse.Event) bool { s := warehouse.SeqOf(e.EventID); return s == 1 || s == 3 })
		for range 2 {
			if err := w.Remove(ctx, rows); err != nil {
				t.Fatal(err)
			}
			agree(t, w, naive(all)...)
		}
		if known, err := w.Known(ctx, []int64{gone.MessageHash}, 0); err != nil || len(known) != 0 {
			t.Fatalf("still known: %v %v", known, err)
		}
		// The same message again, in a later row.
		gone.EventID = warehouse.NewEventID(6, 0)
		gone.SessionID, gone.SessionStart = gone.EventID, true
		append_(t, w, 6, nil, gone)
		if err := w.Resession(ctx, warehouse.SpansOf([]warehouse.Event{gone})); err != nil {
			t.Fatal(err)
		}
		agree(t, w, naive(append(all, gone))...)
		if seq, err := w.Applied(ctx); err != nil || seq != 6 {
			t.Fatalf("applied %d, %v", seq, err)
		}
	})
}
