package activity_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/facts/activity"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

var (
	ctx = role.System(context.Background())
	now = time.Date(2026, 11, 24, 12, 34, 56, 0, time.UTC)
)

func serve(p whtest.Pair) *activity.Service {
	return activity.New(activity.Deps{Warehouse: p.Warehouse, Clock: clock.NewFake(now)})
}

func fill(t *testing.T, w warehouse.Warehouse, events ...warehouse.Event) {
	t.Helper()
	if err := w.Append(ctx, warehouse.Batch{Seq: 1_000_000, Events: events}); err != nil {
		t.Fatal(err)
	}
}

func TestList(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		var events []warehouse.Event
		for i := range 30 {
			e := whtest.Event(1, i, int64(7+i%2), now.UnixMicro()+int64(i/4))
			e.Name = fmt.Sprint("n", i%3)
			events = append(events, e)
		}
		fill(t, p.Warehouse, events...)
		s := serve(p)
		ids := func(f activity.Filter) string {
			var out []string
			for {
				page, err := s.List(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page.Items {
					out = append(out, strings.TrimPrefix(e.MessageID, "m"))
				}
				if f.Cursor = page.NextCursor; f.Cursor == "" {
					return strings.Join(out, " ")
				}
			}
		}
		want := func(keep func(i int) bool) string {
			var out []string
			for i := len(events) - 1; i >= 0; i-- {
				if keep(i) {
					out = append(out, strings.TrimPrefix(events[i].MessageID, "m"))
				}
			}
			return strings.Join(out, " ")
		}
		for name, c := range map[string]struct {
			f    activity.Filter
			keep func(i int) bool
		}{
			"all":         {activity.Filter{Limit: 7}, func(int) bool { return true }},
			"by name":     {activity.Filter{Limit: 3, Name: "n1"}, func(i int) bool { return i%3 == 1 }},
			"by customer": {activity.Filter{Limit: 4, CustomerID: 8, Name: "n0"}, func(i int) bool { return i%2 == 1 && i%3 == 0 }},
			"by message":  {activity.Filter{MessageID: events[5].MessageID}, func(i int) bool { return i == 5 }},
			"by time": {activity.Filter{From: now.Add(time.Microsecond), To: now.Add(3 * time.Microsecond), Limit: 2},
				func(i int) bool { return i/4 >= 1 && i/4 < 3 }},
		} {
			if diff := gocmp.Diff(want(c.keep), ids(c.f)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if _, err := s.List(ctx, activity.Filter{From: now, To: now}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an empty period: %v", err)
		}
		if _, err := s.List(context.Background(), activity.Filter{}); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("a stranger: %v", err)
		}
	})
}

func TestLive(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		var events []warehouse.Event
		for i, ago := range []time.Duration{0, time.Minute, time.Minute, 4 * time.Minute, 20 * time.Minute, 29 * time.Minute, 31 * time.Minute, -time.Hour} {
			e := whtest.Event(1, i, int64(1+i), now.Add(-ago).UnixMicro())
			if i == 3 {
				e.SessionID, e.SessionStart = 0, false // a server's notice
				e.Name = "Order Completed"
			}
			events = append(events, e)
		}
		fill(t, p.Warehouse, events...)
		got, err := serve(p).Live(ctx)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[int]int64{}
		for i, m := range got.Minutes {
			if m.Events > 0 {
				counts[29-i] = m.Events
			}
		}
		if diff := gocmp.Diff(map[int]int64{0: 1, 1: 2, 4: 1, 20: 1, 29: 1}, counts); diff != "" {
			t.Error(diff)
		}
		if got.Visitors != 3 || got.HalfHour != 5 || got.Minutes[25].Orders != 1 || len(got.Events) != 6 || got.Events[0].MessageID != events[0].MessageID {
			t.Errorf("visitors %d, %d, orders %d, %d events", got.Visitors, got.HalfHour, got.Minutes[25].Orders, len(got.Events))
		}
	})
}

// TestTimelinePages covers a customer's events once, whatever the page size, in the order of all timelines: by time, then by the text of the id.
func TestSources(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		var events []warehouse.Event
		for i, ago := range []time.Duration{0, time.Minute, 23 * time.Hour, 25 * time.Hour, -time.Hour, 2 * time.Minute} {
			e := whtest.Event(1, i, int64(1+i), now.Add(-ago).UnixMicro())
			e.SourceID = 4
			if i == 5 {
				e.SourceID = 3
			}
			events = append(events, e)
		}
		fill(t, p.Warehouse, events...)
		got, err := serve(p).Sources(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := []activity.SourceDay{{SourceID: 3, Events: 1, LastAt: now.Add(-2 * time.Minute)}, {SourceID: 4, Events: 3, LastAt: now}}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if _, err := serve(p).Sources(context.Background()); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("a stranger: %v", err)
		}
	})
}

func TestTimelinePages(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		var events []warehouse.Event
		for i := range 40 {
			// Ids of 7 to 9 digits at the same instants: their text sorts otherwise than their number.
			e := whtest.Event([]int64{1, 9, 95, 700}[i%4], i, 7, int64(i/9)*10)
			e.Kind = []string{"track", "page"}[i%2]
			events = append(events, e)
		}
		fill(t, p.Warehouse, events...)
		s := serve(p)
		for _, kinds := range [][]string{nil, {"page"}, {"order"}, {"page", "order"}} {
			var want []string
			for i := range events {
				if len(kinds) == 0 || slices.Contains(kinds, events[i].Kind) {
					want = append(want, fmt.Sprintf("%09d %s", events[i].At, activity.EventID(events[i].EventID)))
				}
			}
			slices.SortFunc(want, func(a, b string) int { return cmp.Compare(b, a) })
			for limit := 1; limit < 12; limit++ {
				var got []string
				var before customer.TimelinePlace
				for {
					items, err := s.Timeline(ctx, 7, kinds, before, limit)
					if err != nil {
						t.Fatal(err)
					}
					for _, i := range items {
						got = append(got, fmt.Sprintf("%09d %s", i.At, i.ID))
					}
					if len(items) < limit {
						break
					}
					last := items[len(items)-1]
					before = customer.TimelinePlace{At: last.At, ID: last.ID, Set: true}
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("kinds %v, pages of %d: %s", kinds, limit, diff)
				}
			}
		}
		// A place that another source's item left behind.
		items, err := s.Timeline(ctx, 7, nil, customer.TimelinePlace{At: 20, ID: "o1", Set: true}, 100)
		if err != nil || len(items) != 27 {
			t.Fatalf("%d items, %v", len(items), err)
		}
	})
}
