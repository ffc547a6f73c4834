package dictionary_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

var (
	ctx = role.System(context.Background())
	now = time.Date(2026, 11, 24, 12, 34, 56, 0, time.UTC)
)

func open(p whtest.Pair, c clock.Clock) *dictionary.Service {
	return dictionary.New(dictionary.Deps{DB: p.DB, IDs: id.NewSource(c), Clock: c, Warehouse: p.Warehouse,
		Reporting: func() (string, *time.Location) { return "EUR", time.UTC },
		Audit:     func(context.Context, sqldb.Q, string, string, map[string]any) error { return nil }})
}

// row is an event that came ago before now.
func row(n int, kind, name string, ago time.Duration, properties string) warehouse.Event {
	e := whtest.Event(1, n, 7, now.Add(-ago).UnixMicro())
	e.ReceivedAt, e.Kind, e.Name, e.Properties = e.At, kind, name, []byte(properties)
	return e
}

func learn(t *testing.T, p whtest.Pair, s *dictionary.Service, events ...warehouse.Event) {
	t.Helper()
	if err := p.DB.Tx(ctx, func(tx *sqldb.Tx) error { return s.Learn(ctx, tx, events) }); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s *dictionary.Service, f dictionary.Filter) (out []dictionary.Name) {
	t.Helper()
	for {
		p, err := s.List(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Items...)
		if f.Cursor = p.NextCursor; f.Cursor == "" {
			return out
		}
	}
}

func find(t *testing.T, s *dictionary.Service, name string) dictionary.Name {
	t.Helper()
	for _, n := range list(t, s, dictionary.Filter{Limit: 500}) {
		if n.Name == name && n.Kind == "track" {
			return n
		}
	}
	t.Fatalf("no entry %q", name)
	return dictionary.Name{}
}

// TestLearn counts by day and source, notes types and what differs only in case or blanks, and knows all of it after a restart.
func TestLearn(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		s := open(p, clock.NewFake(now))
		events := []warehouse.Event{
			row(0, "track", "Order Completed", 0, `{"total":12.5,"email":"a@shop.example","items":[1],"a\"b":null}`),
			row(1, "track", "order_completed", time.Hour, `{"total":"12,50"}`),
			row(2, "track", "Order Completed", 25*time.Hour, `{"total":"7","gift":true , "nest":{"x":{"y":"}"}},"note":"see a@b.example"}`),
			row(3, "page", "/cart", 0, `{"path":"/cart"}`), row(4, "page", "/", 0, `{"path":"/"}`), row(5, "identify", "", 0, `{"name":"Ada"}`),
		}
		events[0].SourceID, events[2].SourceID = 4, 5
		learn(t, p, s, events[:2]...)
		// A transaction that fails counts nothing.
		if err := p.DB.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := s.Learn(ctx, tx, events[2:]); err != nil {
				return err
			}
			return context.Canceled
		}); err == nil {
			t.Fatal("no error")
		}
		s = open(p, clock.NewFake(now))
		learn(t, p, s, events[2:]...)
		if err := p.Warehouse.Append(ctx, warehouse.Batch{Seq: 1, Events: events}); err != nil {
			t.Fatal(err)
		}
		n := find(t, s, "Order Completed")
		if n.Events != 2 || !n.FirstSeenAt.Equal(now.Add(-25*time.Hour)) || !n.LastSeenAt.Equal(now) {
			t.Errorf("%+v", n)
		}
		if diff := cmp.Diff([]dictionary.DayVolume{{Day: "2026-11-23", Events: 1}, {Day: "2026-11-24", Events: 1}}, n.Days); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"order_completed"}, n.Alike); diff != "" {
			t.Error(diff)
		}
		d, err := s.Get(ctx, n.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, q := range d.Properties {
			var types []string
			for _, ty := range q.Types {
				types = append(types, ty.Type)
			}
			got = append(got, fmt.Sprint(q.Name, " ", strings.Join(types, "+"), " ", q.Conflict, " ", q.Personal, " ", strings.Join(q.Examples, "|")))
		}
		want := []string{`a"b null false false `, "email text false true ", "gift boolean false true ", "items list false false […]", "nest object false false {…}",
			"note text false true ", "total number+text true false 12.5|7"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]dictionary.SourceVolume{{SourceID: 5, Events: 1}, {SourceID: 4, Events: 1}}, d.BySource); diff != "" {
			t.Error(diff)
		}
		kinds := map[string]int64{}
		for _, n := range list(t, s, dictionary.Filter{Limit: 2, Sort: "events"}) {
			kinds[n.Kind+" "+n.Name] = n.Events
		}
		if diff := cmp.Diff(map[string]int64{"track Order Completed": 2, "track order_completed": 1, "page ": 2, "identify ": 1}, kinds); diff != "" {
			t.Error(diff)
		}
		if got := list(t, s, dictionary.Filter{Show: "alike"}); len(got) != 2 {
			t.Errorf("%d names are alike", len(got))
		}
		if got := list(t, s, dictionary.Filter{Search: "ordercom"}); len(got) != 2 {
			t.Errorf("%d names found", len(got))
		}
		// A later hour is written, the same hour is not.
		late := row(9, "track", "Order Completed", -2*time.Hour, `{"total":1}`)
		learn(t, p, s, late)
		if d, _ = s.Get(ctx, n.ID); !d.Properties[len(d.Properties)-1].Types[0].LastSeenAt.Equal(now.Add(2 * time.Hour)) {
			t.Errorf("%+v", d.Properties[len(d.Properties)-1])
		}
	})
}

// TestHostileNames sends more names and properties than are kept: nothing is lost from the counts and the tables stay small.
func TestHostileNames(t *testing.T) {
	p := whtest.Embedded(t)
	s := open(p, clock.NewFake(now))
	var all int64
	for step := range 4 {
		var events []warehouse.Event
		for i := range 2000 {
			e := row(i, "track", fmt.Sprint("name ", step, " ", i), 0, fmt.Sprintf(`{"p%d":1}`, i%7))
			if i%10 == 0 {
				e.Name, e.Properties = "one", fmt.Appendf(nil, `{"property %d %d":1,"%s":2}`, step, i, strings.Repeat("x", 300))
			}
			events = append(events, e)
		}
		learn(t, p, s, events...)
		all += int64(len(events))
	}
	var sum int64
	names := list(t, s, dictionary.Filter{Limit: 500})
	for _, n := range names {
		sum += n.Events
	}
	if sum != all || len(names) != dictionary.MaxNames+1 {
		t.Fatalf("%d of %d events under %d names", sum, all, len(names))
	}
	d, err := s.Get(ctx, find(t, s, "one").ID)
	if err != nil || len(d.Properties) != dictionary.MaxProperties || !d.Overflow || d.Events != 800 {
		t.Fatalf("%d properties, overflow %v, %d events, %v", len(d.Properties), d.Overflow, d.Events, err)
	}
	if _, err := s.Plan(ctx, "planned", dictionary.Patch{}); errs.As(err) == nil || errs.As(err).Code != "dictionary.full" {
		t.Errorf("a full dictionary: %v", err)
	}
	// One that is deleted makes room for one.
	if err := s.Delete(ctx, d.ID); err != nil {
		t.Fatal(err)
	}
	learn(t, p, s, row(1, "track", "latecomer", 0, `{}`), row(2, "track", "too late", 0, `{}`))
	if find(t, s, "latecomer").Events != 1 {
		t.Error("no room was made")
	}
}

func TestRules(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		c := clock.NewFake(now)
		s := open(p, c)
		if s.Rules() != nil {
			t.Fatal("rules out of nothing")
		}
		rename, err := s.Make(ctx, dictionary.Draft{Name: "old", Action: "rename", Target: "new"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Make(ctx, dictionary.Draft{Name: "bad", Action: "block"}); err != nil {
			t.Fatal(err)
		}
		at := func(d time.Duration) int64 { return now.Add(d).UnixMicro() }
		look := func(name string, d time.Duration) string {
			blocked, target := s.Rules().Look(name, at(d))
			return fmt.Sprint(blocked, target)
		}
		for _, w := range [][3]any{{"old", time.Duration(0), "false"}, {"old", time.Minute, "falsenew"}, {"bad", time.Duration(0), "true"}, {"bad", -time.Second, "false"}, {"new", time.Minute, "false"}} {
			if got := look(w[0].(string), w[1].(time.Duration)); got != w[2] {
				t.Errorf("%v after %v: %s", w[0], w[1], got)
			}
		}
		for code, d := range map[string]dictionary.Draft{
			"dictionary.renamed_already": {Name: "old", Action: "block"},
			"dictionary.blocked_already": {Name: "bad", Action: "rename", Target: "x"},
			"dictionary.same":            {Name: "x", Action: "rename", Target: "x"},
			"dictionary.name":            {Name: "x", Action: "rename", Target: " "},
			"dictionary.action":          {Name: "x", Action: "eat"},
		} {
			if _, err := s.Make(ctx, d); errs.As(err) == nil || errs.As(err).Code != code {
				t.Errorf("%+v: %v, want %s", d, err, code)
			}
		}
		for _, d := range []dictionary.Draft{{Name: "x", Action: "rename", Target: "old"}, {Name: "x", Action: "rename", Target: "bad"},
			{Name: "new", Action: "rename", Target: "newer"}, {Name: "new", Action: "block"}} {
			if _, err := s.Make(ctx, d); errs.As(err) == nil || errs.As(err).Code != "dictionary.chain" {
				t.Errorf("%+v: %v", d, err)
			}
		}
		c.Advance(time.Hour)
		if _, err := s.End(ctx, rename.ID); err != nil {
			t.Fatal(err)
		}
		s = open(p, c) // what ended holds for the time in which it stood
		if err := s.Load(ctx); err != nil {
			t.Fatal(err)
		}
		if look("old", time.Minute) != "falsenew" || look("old", 2*time.Hour) != "false" {
			t.Error("an ended rule has forgotten its time")
		}
		if n := find(t, s, "bad"); n.Rule == nil || n.Rule.Action != "block" || n.Events != 0 {
			t.Errorf("%+v", n)
		}
		if got := list(t, s, dictionary.Filter{Show: "ruled"}); len(got) != 1 {
			t.Errorf("%d names have a rule", len(got))
		}
		if err := s.Delete(ctx, find(t, s, "bad").ID); errs.As(err) == nil || errs.As(err).Code != "dictionary.ruled" {
			t.Error(err)
		}
	})
}

func TestDescribe(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		s := open(p, clock.NewFake(now))
		text, owner := "When a gift is wrapped", "Ada"
		n, err := s.Plan(ctx, "Gift Wrapped", dictionary.Patch{Description: &text, Owner: &owner})
		if err != nil || n.Expected != dictionary.Expected || n.FirstSeenAt != nil {
			t.Fatalf("%+v %v", n, err)
		}
		if _, err := s.Plan(ctx, "Gift Wrapped", dictionary.Patch{}); errs.As(err) == nil || errs.As(err).Code != "dictionary.exists" {
			t.Error(err)
		}
		learn(t, p, s, row(1, "track", "Gift Wrapped", 0, `{"paper":"red"}`))
		if n = find(t, s, "Gift Wrapped"); n.Events != 1 || n.Description != text || n.Owner != owner || n.FirstSeenAt == nil {
			t.Errorf("%+v", n)
		}
		no := dictionary.Unexpected
		if n, err = s.Describe(ctx, n.ID, dictionary.Patch{Expected: &no}); err != nil || n.Description != text || n.Expected != no {
			t.Errorf("%+v %v", n, err)
		}
		if _, err := s.Get(ctx, 99); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
	})
}
