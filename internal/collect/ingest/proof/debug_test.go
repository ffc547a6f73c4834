package proof

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest"
	"rapport/internal/collect/ingest/watch"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/order"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

var sys = role.System(context.Background())

// shop is a House whose clock stands, with a way to send to it.
type shop struct {
	*House
	t      *testing.T
	p      whtest.Pair
	config Config
	clock  *clock.Fake
}

func openShop(t *testing.T, p whtest.Pair) *shop {
	c := clock.NewFake(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC))
	s := &shop{t: t, p: p, clock: c, config: Config{DB: p.DB, Warehouse: p.Warehouse, Dir: t.TempDir(), Clock: c}}
	s.House = Open(t, s.config)
	return s
}

func (s *shop) send(path, key, body string) {
	s.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.SetBasicAuth(key, "")
	if w := s.serve(r); w.Code != 200 {
		s.t.Fatalf("%s: %d %s", body, w.Code, w.Body)
	}
}

func (s *shop) rule(name, action, target string) dictionary.Rule {
	s.t.Helper()
	r, err := s.Names.Make(sys, dictionary.Draft{Name: name, Action: action, Target: target})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

func (s *shop) end(r dictionary.Rule) {
	s.t.Helper()
	if _, err := s.Names.End(sys, r.ID); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) again(q ingest.Resend) ingest.Resent {
	s.t.Helper()
	out, err := s.Ingest.SendAgain(sys, q)
	if err != nil {
		s.t.Fatal(err)
	}
	s.Drain(s.t)
	return out
}

func (s *shop) refused(f ingest.RefusedFilter) []ingest.RefusedEvent {
	s.t.Helper()
	p, err := s.Ingest.RefusedEvents(sys, f, 100, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return p.Items
}

func (s *shop) status() string {
	s.t.Helper()
	st, err := s.Ingest.Status(sys)
	if err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("accepted %d applied %d refused %d duplicates %d", st.Accepted, st.Applied, st.Refused, st.Duplicates)
}

func (s *shop) events(q warehouse.EventQuery) []warehouse.Event {
	s.t.Helper()
	q.Limit = 100
	out, err := s.Warehouse.Events(sys, q)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *shop) trace(eventID int64) ingest.Trace {
	s.t.Helper()
	tr, err := s.Ingest.Trace(sys, eventID)
	if err != nil {
		s.t.Fatal(err)
	}
	return tr
}

// TestSendAgain blocks a name, frees it and sends what was refused again: once each, with the time at which it happened, also when it is
// done twice and when the sender repeats the event himself.
func TestSendAgain(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		s := openShop(t, p)
		block := s.rule("Order Completed", "block", "")
		s.send("/v1/track", "server", `{"event":"Order Completed","userId":"u","properties":{"order_id":"1","total":5}}`) // no type, no message id
		s.send("/v1/batch", "server", `{"sentAt":"2026-11-24T12:00:00Z","context":{"campaign":{"name":"xmas"}},"batch":[
			{"type":"track","event":"Order Completed","userId":"v","messageId":"m2","timestamp":"2026-11-20T08:00:00Z","properties":{"order_id":"2","total":7}},
			{"type":"track","event":"Order Completed","userId":"v","messageId":"m3","properties":{"order_id":"3","total":-1}},
			{"type":"page","messageId":"m4","name":"of nobody"}]}`)
		s.send("/v1/track", "browser", `{"event":"Order Completed","anonymousId":"a","messageId":"m5","properties":{"order_id":"5","total":5}}`)
		s.Drain(t)
		if got := s.status(); got != "accepted 5 applied 0 refused 5 duplicates 0" {
			t.Fatal(got)
		}
		reasons, err := s.Ingest.RefusedReasons(sys)
		if err != nil || len(reasons) != 2 || reasons[0].Code != "ingest.blocked" || reasons[0].Events != 4 {
			t.Fatalf("%+v %v", reasons, err)
		}
		if out := s.again(ingest.Resend{Filter: ingest.RefusedFilter{Code: "ingest.blocked"}}); out.Refused != 4 || out.Sent != 0 {
			t.Fatalf("while it is blocked: %+v", out)
		}
		s.end(block)
		s.clock.Advance(time.Hour)
		one := s.refused(ingest.RefusedFilter{Code: "ingest.blocked", SourceID: 12})
		if len(one) != 1 || one[0].MessageID != "m5" {
			t.Fatalf("%+v", one)
		}
		if out := s.again(ingest.Resend{IDs: []id.ID{one[0].ID}}); out.Sent != 1 {
			t.Fatalf("%+v", out)
		}
		if out := s.again(ingest.Resend{IDs: []id.ID{one[0].ID}}); out.Skipped != 1 {
			t.Fatalf("a second time: %+v", out)
		}
		s.send("/v1/track", "server", `{"event":"Order Completed","userId":"v","messageId":"m2","timestamp":"2026-11-20T08:00:00Z","properties":{"order_id":"2","total":7}}`)
		s.Drain(t)
		if out := s.again(ingest.Resend{Filter: ingest.RefusedFilter{Code: "ingest.blocked"}}); out.Sent != 2 || out.Refused != 1 || out.Cursor != "" {
			t.Fatalf("%+v", out)
		}
		outcome := map[string]string{}
		for _, r := range s.refused(ingest.RefusedFilter{}) {
			code := r.Code
			if strings.HasPrefix(code, "order.") {
				code = "order"
			}
			outcome[r.MessageID] = r.Outcome + " " + code
		}
		want := map[string]string{"": "applied ingest.blocked", "m2": "duplicate ingest.blocked", "m3": " order", "m4": " ingest.nobody", "m5": "applied ingest.blocked"}
		if diff := cmp.Diff(want, outcome); diff != "" {
			t.Error(diff)
		}
		if got := s.status(); got != "accepted 9 applied 3 refused 5 duplicates 1" {
			t.Error(got)
		}
		orders, err := s.Orders.List(sys, order.Filter{Limit: 10})
		if err != nil || len(orders.Items) != 3 {
			t.Errorf("%d orders, %v", len(orders.Items), err)
		}
		for _, e := range s.events(warehouse.EventQuery{Name: "Order Completed"}) {
			if e.MessageID == "m5" && !clock.FromMicros(e.At).Equal(s.clock.Now().Add(-time.Hour)) || e.MessageID == "m2" && e.SourceID != 11 {
				t.Errorf("%s happened at %v", e.MessageID, clock.FromMicros(e.At))
			}
			if tr := s.trace(e.EventID); tr.Verdict != watch.Accepted || e.MessageID == "m5" && (tr.OriginID != one[0].EventID || tr.Server) {
				t.Errorf("%+v", tr)
			}
		}
		if tr := s.trace(one[0].EventID); tr.Verdict != watch.Refused || tr.Outcome != ingest.Applied || tr.Kind != "track" {
			t.Errorf("%+v", tr)
		}
		if n, err := s.Names.List(sys, dictionary.Filter{Search: "Order Completed"}); err != nil || len(n.Items) != 1 || n.Items[0].Events != 3 {
			t.Errorf("%+v %v", n, err)
		}
		s.Stop(t)
	})
}

// TestSendAgainSurvivesCrashes kills the applier between its steps while refused events are being sent again.
func TestSendAgainSurvivesCrashes(t *testing.T) {
	p := whtest.Embedded(t)
	s := openShop(t, p)
	block := s.rule("Gift", "block", "")
	for i := range 40 {
		s.send("/v1/track", "server", fmt.Sprintf(`{"event":"Gift","userId":"u%d"}`, i))
	}
	s.Drain(t)
	s.end(block)
	s.Stop(t)
	for _, point := range []string{"apply.begin", "apply.commit", "apply.committed", "flush.appended"} {
		dead := make(chan struct{})
		s.config.Crash = func(at string) error {
			if at != point {
				return nil
			}
			close(dead)
			return errors.New("killed")
		}
		h := Open(t, s.config)
		if _, err := h.Ingest.SendAgain(sys, ingest.Resend{Filter: ingest.RefusedFilter{Code: "ingest.blocked"}}); err != nil {
			t.Fatal(err)
		}
		<-dead
		_ = h.Ingest.Stop(sys)
	}
	s.config.Crash = nil
	s.House = Open(t, s.config)
	s.Drain(t)
	s.again(ingest.Resend{Filter: ingest.RefusedFilter{Code: "ingest.blocked"}})
	if n := len(s.events(warehouse.EventQuery{Name: "Gift"})); n != 40 {
		t.Errorf("%d events, want 40: %s", n, s.status())
	}
	if open := s.refused(ingest.RefusedFilter{Open: true}); len(open) != 0 {
		t.Errorf("%d still stand refused", len(open))
	}
	s.Stop(t)
}

// TestRename holds that a renamed event is the new one from then on, orders and all, before the rename and after its end the old one, and that the
// journal says the same when the warehouse is made again.
func TestRename(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		s := openShop(t, p)
		n := 0
		buy := func() {
			n++
			s.send("/v1/track", "server", fmt.Sprintf(`{"event":"bought","userId":"u","messageId":"m%d","properties":{"order_id":"%[1]d","total":5}}`, n))
		}
		buy()
		r := s.rule("bought", "rename", "Order Completed")
		buy() // in the same instant: still itself
		s.clock.Advance(time.Minute)
		buy()
		s.send("/v1/track", "server", `{"event":"bought","userId":"u","messageId":"bad","properties":{"order_id":"9","total":-5}}`)
		s.Drain(t)
		s.end(r)
		s.clock.Advance(time.Minute)
		buy()
		s.Drain(t)
		names := func() string {
			var out [5]string
			for _, e := range s.events(warehouse.EventQuery{}) {
				out[e.MessageID[1]-'0'] = e.Name
			}
			return strings.Join(out[1:], ", ")
		}
		const want = "bought, bought, Order Completed, bought"
		if got := names(); got != want {
			t.Fatal(got)
		}
		orders, err := s.Orders.List(sys, order.Filter{Limit: 10})
		if err != nil || len(orders.Items) != 1 || orders.Items[0].ExternalID != "3" {
			t.Errorf("%+v %v", orders.Items, err)
		}
		if bad := s.refused(ingest.RefusedFilter{Name: "bought"}); len(bad) != 1 || !strings.HasPrefix(bad[0].Code, "order.") {
			t.Errorf("an order that cannot be under its old name: %+v", bad)
		}
		for _, e := range s.events(warehouse.EventQuery{Name: "Order Completed"}) {
			tr := s.trace(e.EventID)
			if tr.SentName != "bought" || tr.Name != "Order Completed" || !strings.Contains(string(tr.Raw), "bought") || len(tr.Effects) == 0 || tr.Effects[0].Subject != "3" {
				t.Errorf("%+v", tr)
			}
		}
		s.Stop(t)
		again := Join(t, s.config)
		if err := again.Ingest.Rebuild(sys, nil); err != nil {
			t.Fatal(err)
		}
		if got := names(); got != want {
			t.Errorf("made again: %s", got)
		}
		if err := again.Ingest.Stop(sys); err != nil {
			t.Error(err)
		}
	})
}

// TestWatch shows each kind of verdict, filtered, to each who looks; what is there before is shown first.
func TestWatch(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		s := openShop(t, p)
		s.send("/v1/track", "server", `{"event":"Before","userId":"u0","messageId":"m0"}`)
		s.Drain(t)
		cursors := map[string]string{}
		look := func(name string, f watch.Filter) string {
			st, err := s.Ingest.Watch(sys, f, cursors[name])
			if err != nil {
				t.Fatal(err)
			}
			cursors[name] = st.Cursor
			var out []string
			for _, e := range st.Entries {
				if (e.CustomerID != 0) != (e.Verdict == watch.Accepted) {
					t.Errorf("%+v", e)
				}
				out = append(out, e.Name+" "+e.Verdict)
			}
			return strings.Join(out, ", ")
		}
		filters := map[string]watch.Filter{"all": {}, "refused": {Verdict: watch.Refused}, "ada": {Person: "ada@shop.example"}, "u1": {Person: "u1"},
			"browser": {SourceID: 12}, "view": {Name: "VIEW"}}
		for name, f := range filters {
			if got := look(name, f); name == "all" && got != "Before accepted" || name != "all" && got != "" {
				t.Errorf("%s at first: %s", name, got)
			}
		}
		s.send("/v1/batch", "server", `{"batch":[{"type":"track","event":"Viewed","userId":"u1","messageId":"m1"},{"type":"track","event":"Viewed","userId":"u1","messageId":"m1"},
			{"type":"identify","userId":"u2","messageId":"m2","traits":{"email":"Ada@shop.example"}},{"type":"track","event":"View","messageId":"m3","properties":{"email":""}},
			{"type":"shout","event":"Loud","userId":"u1","messageId":"m4"}]}`)
		s.send("/v1/track", "browser", `{"event":"Clicked","anonymousId":"a","messageId":"m5"}`)
		s.Drain(t)
		want := map[string]string{
			"all":     "Clicked accepted, Loud refused, View refused,  accepted, Viewed duplicate, Viewed accepted",
			"refused": "Loud refused, View refused", "ada": " accepted", "u1": "Loud refused, Viewed duplicate, Viewed accepted", "browser": "Clicked accepted",
			"view": "View refused, Viewed duplicate, Viewed accepted",
		}
		for name, f := range filters {
			if got := look(name, f); got != want[name] {
				t.Errorf("%s: %q, want %q", name, got, want[name])
			}
			if got := look(name, f); got != "" {
				t.Errorf("%s again: %s", name, got)
			}
		}
		for _, e := range s.events(warehouse.EventQuery{MessageID: "m1"}) {
			dup := s.trace(e.EventID + 1)
			if dup.Verdict != watch.Duplicate || dup.OriginalID != e.EventID {
				t.Errorf("%+v", dup)
			}
		}
		filters["m5"] = watch.Filter{Person: "m5"}
		if got := look("m5", filters["m5"]); got != "Clicked accepted" {
			t.Errorf("a message that came before: %q", got)
		}
		s.clock.Advance(time.Minute) // nobody looks any more
		s.send("/v1/track", "browser", `{"event":"Late","anonymousId":"a","messageId":"m6"}`)
		s.Drain(t)
		st, err := s.Ingest.Watch(sys, watch.Filter{}, cursors["all"])
		if err != nil || !st.Resumed || len(st.Entries) == 0 || st.Entries[0].Name != "Late" {
			t.Errorf("%+v %v", st, err)
		}
		if _, err := s.Ingest.Trace(sys, 1<<40); err == nil {
			t.Error("an event out of nothing")
		}
		s.Stop(t)
	})
}
