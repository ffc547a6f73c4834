package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/access/apikey"
	"rapport/internal/access/role"
	"rapport/internal/base/id"
	"rapport/internal/collect/importer"
	"rapport/internal/collect/ingest"
	"rapport/internal/platform/config"
	"rapport/internal/platform/sqldb/dbtest"
	"rapport/internal/platform/warehouse"
)

// yard is the whole program on one pair of engines, which may die and come back.
type yard struct {
	*App
	t    *testing.T
	set  map[string]string
	sent int
}

func eachYard(t *testing.T, fn func(y *yard)) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			y := &yard{t: t, set: map[string]string{"data": filepath.Join(t.TempDir(), "data")}}
			if engine == "postgres" {
				y.set["database-url"] = dbtest.PostgresURL(t)
			}
			y.open(nil)
			t.Cleanup(func() { _ = y.Close() })
			fn(y)
		})
	}
}

// opened opens the program, which begins nothing yet.
func (y *yard) opened() *App {
	y.t.Helper()
	c, err := config.Load(y.set, nil)
	if err != nil {
		y.t.Fatal(err)
	}
	held, err := holdDirectory(c.Data)
	if err != nil {
		y.t.Fatal(err)
	}
	a, err := Open(ctx, Options{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Held: held})
	if err != nil {
		y.t.Fatal(err)
	}
	return a
}

// open starts the program; crash is asked at every hand-over of events.
func (y *yard) open(crash func(point string) error) {
	y.t.Helper()
	y.App = y.opened()
	y.house.ingest.Crash = crash
	if err := y.Start(ctx); err != nil {
		y.t.Fatal(err)
	}
}

var ctx = role.System(context.Background())

// track sends events as a page or a server would.
func (y *yard) track(browser bool, calls ...string) {
	y.t.Helper()
	src := &apikey.Source{ID: 900, ShopID: 1, Kind: apikey.Server, ShopCurrency: "EUR"}
	if browser {
		src.ID, src.Kind = 901, apikey.Browser
	}
	for i, c := range calls {
		y.sent++
		calls[i] = strings.Replace(c, "{", fmt.Sprintf(`{"messageId":"sent-%d",`, y.sent), 1)
	}
	if err := y.house.ingest.KeepFile(ctx, src, 0, raw(calls)); err != nil {
		y.t.Fatal(err)
	}
}

func raw(calls []string) (out [][]byte) {
	for _, c := range calls {
		out = append(out, []byte(c))
	}
	return out
}

// rest waits until an import is in none of the states.
func (y *yard) rest(which id.ID, states ...string) importer.Import {
	y.t.Helper()
	for {
		rest := y.house.importer.Rest()
		i, err := y.house.importer.Get(ctx, which)
		if err != nil {
			y.t.Fatal(err)
		}
		moves := false
		for _, s := range states {
			moves = moves || i.Status == s
		}
		if !moves {
			return i
		}
		<-rest
	}
}

func (y *yard) bring(kind importer.Kind, lines ...string) importer.Import {
	y.t.Helper()
	i, err := y.house.importer.Create(ctx, importer.Request{Kind: kind, Name: "events.jsonl"}, strings.NewReader(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		y.t.Fatal(err)
	}
	if i = y.rest(i.ID, importer.Waiting, importer.Running); i.Status != importer.Done {
		y.t.Fatalf("the import ended as %s: %s", i.Status, i.Message)
	}
	return i
}

func (y *yard) undo(i importer.Import) importer.Undo {
	y.t.Helper()
	if _, err := y.house.importer.Undo(ctx, i.ID); err != nil {
		y.t.Fatal(err)
	}
	if i = y.rest(i.ID, importer.Undoing); i.Status != importer.Undone {
		y.t.Fatalf("the undoing ended as %s: %s", i.Status, i.Message)
	}
	return *i.Notes.Undo
}

// content gives everything that events leave behind, without what only says when something was last written.
func (y *yard) content() []string {
	y.t.Helper()
	if err := y.house.ingest.Drain(ctx); err != nil {
		y.t.Fatal(err)
	}
	var out []string
	for _, q := range []string{
		`SELECT customer_id, shop_id, external_id, name, email, phone, country, city, attributes, traits, known, list_group, first_seen_at, last_seen_at, events_from,
			session_id, session_at, session_until, session_campaign, orders, total_spent, total_refunded, first_order_at, last_order_at, merged_into FROM customers ORDER BY customer_id`,
		`SELECT value, kind, customer_id, at, holder FROM identity_keys ORDER BY value, kind`,
		`SELECT anonymous_id, at, claimant, kind FROM identity_claims ORDER BY anonymous_id, at, claimant, kind`,
		`SELECT customer_id, kind, value, via, verified, source_id, first_at, last_at FROM customer_identities ORDER BY customer_id, kind, value, via`,
		`SELECT identity, at, hash, traits FROM loose_traits ORDER BY identity, at, hash`,
		`SELECT customer_id, order_id, external_id, status, placed_at, total, refunded, reporting_total, source_id, content_at, cancelled_at FROM orders ORDER BY order_id`,
		`SELECT customer_id, order_id, line, sku, name, quantity, price FROM order_lines ORDER BY customer_id, order_id, line`,
		`SELECT customer_id, order_id, refund_key, amount FROM refunds ORDER BY customer_id, order_id, refund_key`,
		`SELECT external_id, order_id, customer_id FROM order_keys ORDER BY external_id`,
		`SELECT customer_id, cart_key, status, value, items, lines, ops, checkout_step, started_at, updated_at, rested, ordered_value FROM carts ORDER BY customer_id, cart_key`,
		`SELECT message_id, code FROM refused_events ORDER BY refused_id`,
	} {
		table := strings.Fields(q[strings.Index(q, " FROM ")+6:])[0]
		rows, err := y.db.Query(ctx, q)
		if err != nil {
			y.t.Fatalf("%s: %v", q, err)
		}
		names, err := rows.Columns()
		if err != nil {
			y.t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				y.t.Fatal(err)
			}
			line := table
			for i, v := range values {
				if b, ok := v.([]byte); ok {
					v = string(b)
				}
				line += fmt.Sprintf(" %s=%v", names[i], v)
			}
			out = append(out, line)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			y.t.Fatal(err)
		}
	}
	return append(out, y.events()...)
}

// events gives what reports see, and holds it against what each person's page sees.
func (y *yard) events() (out []string) {
	y.t.Helper()
	all, err := y.house.warehouse.Events(ctx, warehouse.EventQuery{Limit: 1_000_000})
	if err != nil {
		y.t.Fatal(err)
	}
	own, people := 0, map[id.ID]bool{}
	for i := range all {
		e := &all[i]
		out = append(out, fmt.Sprintf("event %d of %d visit %d %v at %d: %s %s %s %s %s", e.EventID, e.CustomerID, e.SessionID, e.SessionStart, e.At, e.Kind, e.Name, e.MessageID,
			e.AnonymousID, e.UserID))
		if !people[e.CustomerID] {
			people[e.CustomerID] = true
			his, err := y.house.warehouse.Person(ctx, e.CustomerID, warehouse.PersonQuery{})
			if err != nil {
				y.t.Fatal(err)
			}
			own += len(his)
		}
	}
	if own != len(all) {
		y.t.Fatalf("reports see %d events, people %d", len(all), own)
	}
	return out
}

func (y *yard) same(what string, was []string) {
	y.t.Helper()
	if diff := cmp.Diff(was, y.content()); diff != "" {
		y.t.Errorf("%s:\n%s", what, diff)
	}
}

const (
	page     = `{"type":"page","name":"Home","timestamp":"2026-0%s",%s}`
	track    = `{"type":"track","event":"%s","timestamp":"2026-0%s",%s}`
	identify = `{"type":"identify","timestamp":"2026-0%s",%s}`
)

// known is what there is before: a customer with a device, a cart and an order; a visitor whom nobody knows; another one with a cart.
func (y *yard) known() {
	y.track(true,
		fmt.Sprintf(page, "3-01T10:00:00Z", `"anonymousId":"d1"`),
		fmt.Sprintf(identify, "3-01T10:01:00Z", `"anonymousId":"d1","userId":"u1","traits":{"name":"Una","city":"Oslo"}`),
		fmt.Sprintf(track, "Product Added", "3-01T10:02:00Z", `"anonymousId":"d1","userId":"u1","properties":{"cart_id":"c1","product_id":"p1","quantity":1,"price":5}`),
		fmt.Sprintf(page, "3-02T10:00:00Z", `"anonymousId":"d2"`),
		fmt.Sprintf(page, "3-02T10:20:00Z", `"anonymousId":"d2"`),
		fmt.Sprintf(page, "3-02T11:00:00Z", `"anonymousId":"d3"`))
	y.track(false,
		fmt.Sprintf(track, "Order Completed", "3-01T12:00:00Z", `"userId":"u1","properties":{"order_id":"o1","total":50,"currency":"EUR","email":"una@shop.example"}`),
		fmt.Sprintf(track, "Order Completed", "3-01T13:00:00Z", `"userId":"u2","properties":{"order_id":"o2","total":20,"currency":"EUR"}`))
}

// past is a file that reaches into all of it: visits are prolonged and joined, orders changed and made, a visitor becomes known, devices are claimed.
func past(fill int) (lines []string) {
	lines = []string{
		fmt.Sprintf(page, "3-01T09:50:00Z", `"anonymousId":"d1"`),
		fmt.Sprintf(page, "3-01T10:30:00Z", `"anonymousId":"d1","userId":"u1"`),
		fmt.Sprintf(page, "2-01T10:30:00Z", `"anonymousId":"d9","userId":"u1"`),
		fmt.Sprintf(page, "3-02T10:10:00Z", `"anonymousId":"d2"`),
		fmt.Sprintf(page, "3-02T10:45:00Z", `"anonymousId":"d2","context":{"campaign":{"name":"spring"}}`),
		fmt.Sprintf(page, "3-03T10:00:00Z", `"anonymousId":"d7","context":{"traits":{"email":"seven@shop.example"}}`),
		fmt.Sprintf(page, "3-03T11:00:00Z", `"anonymousId":"d8"`),
		fmt.Sprintf(track, "Product Added", "3-03T11:05:00Z", `"anonymousId":"d8","properties":{"product_id":"p2","quantity":2,"price":7}`),
		fmt.Sprintf(track, "Product Added", "3-01T10:03:00Z", `"userId":"u1","properties":{"cart_id":"c1","product_id":"p3","quantity":1,"price":9}`),
		fmt.Sprintf(track, "Order Completed", "3-04T12:00:00Z", `"userId":"u1","properties":{"order_id":"o3","total":30,"currency":"EUR"}`),
		fmt.Sprintf(track, "Newsletter", "3-04T13:00:00Z", `"context":{"traits":{"email":"guest@shop.example"}}`),
	}
	for n := range fill { // so that what follows comes in another step
		lines = append(lines, fmt.Sprintf(page, fmt.Sprintf("3-0%dT%02d:%02d:00Z", 5+n%4, n%24, n%60), fmt.Sprintf(`"anonymousId":"f%d","properties":{"n":%d}`, n%40, n)))
	}
	return append(lines,
		fmt.Sprintf(identify, "3-03T11:30:00Z", `"anonymousId":"d8","userId":"u1","traits":{"city":"Bergen","plan":"gold"}`),
		fmt.Sprintf(identify, "3-02T10:50:00Z", `"anonymousId":"d2","userId":"u4","traits":{"email":"four@shop.example","name":"Fay"}`),
		fmt.Sprintf(track, "Order Completed", "3-06T12:00:00Z", `"userId":"u5","anonymousId":"d5","properties":{"order_id":"o5","total":70,"currency":"EUR"}`),
		fmt.Sprintf(track, "Order Refunded", "3-06T13:00:00Z", `"userId":"u1","properties":{"order_id":"o1","refund_id":"r1","total":10,"currency":"EUR"}`),
		fmt.Sprintf(track, "Order Updated", "3-06T14:00:00Z", `"userId":"u2","properties":{"order_id":"o2","total":25,"currency":"EUR"}`),
		fmt.Sprintf(track, "Order Refunded", "3-06T15:00:00Z", `"userId":"u5","properties":{"order_id":"o5","refund_id":"r5","total":5,"currency":"EUR"}`))
}

func webLog() []string {
	return []string{
		`203.0.113.7 - - [03/Mar/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"`,
		`203.0.113.7 - - [03/Mar/2026:10:05:00 +0000] "GET /shirts HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"`,
		`203.0.113.9 - - [03/Mar/2026:10:05:00 +0000] "GET /hats HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"`,
	}
}

// TestUndoOfEvents takes back files of events and a log: everything must be as it was, also when the warehouse is built anew, and the same file comes in
// whole again.
func TestUndoOfEvents(t *testing.T) {
	eachYard(t, func(y *yard) {
		y.known()
		was := y.content()
		for name, file := range map[importer.Kind][]string{importer.Events: past(6000), importer.WebLogs: webLog()} {
			i := y.bring(name, file...)
			if i.Created != int64(len(file)) || i.Notes.Chunks == 0 {
				y.t.Fatalf("%+v", i)
			}
			brought := y.content()
			newest, err := y.house.warehouse.Events(ctx, warehouse.EventQuery{From: 1772323200000000, Kind: "page", Limit: 1})
			if err != nil {
				y.t.Fatal(err)
			}
			u := y.undo(i)
			y.same(string(name)+" undone", was)
			if trace, err := y.house.ingest.Trace(ctx, newest[0].EventID); err != nil || trace.Verdict != ingest.Undone {
				y.t.Errorf("%s: %s %v", name, trace.Verdict, err)
			}
			if u.Kept != 0 || u.Removed < i.Created {
				y.t.Errorf("%s: %+v", name, u)
			}
			again := y.bring(name, file...)
			if again.Created != i.Created {
				y.t.Errorf("%s again: %+v, at first %+v", name, again, i)
			}
			if n := len(y.content()); n != len(brought) {
				y.t.Errorf("%s again: %d rows, at first %d", name, n, len(brought))
			}
			y.undo(again)
			y.same(string(name)+" undone again", was)
		}
		y.rebuilt(was)
	})
}

// rebuilt makes the warehouse anew and holds that everything is as it was.
func (y *yard) rebuilt(was []string) {
	y.t.Helper()
	if err := y.Close(); err != nil {
		y.t.Fatal(err)
	}
	a := y.opened()
	var out bytes.Buffer
	if err := errors.Join(a.rebuild(ctx, &Process{Stdout: &out, Stderr: &out}), a.Close()); err != nil {
		y.t.Fatal(err)
	}
	y.open(nil)
	y.same("rebuilt", was)
}

// TestUndoOfEventsKeeps lets things happen after an import. What they rest on stays, with its reason, and the rest goes.
func TestUndoOfEventsKeeps(t *testing.T) {
	eachYard(t, func(y *yard) {
		y.known()
		i := y.bring(importer.Events, past(0)...)
		third := y.bring(importer.Events, fmt.Sprintf(identify, "3-02T11:30:00Z", `"anonymousId":"d3","userId":"u2","traits":{"city":"Rome"}`))
		second := y.bring(importer.Events, fmt.Sprintf(page, "3-05T10:00:00Z", `"anonymousId":"d5","userId":"u5"`), past(0)[0])
		if second.Created != 1 || second.Unchanged != 1 {
			y.t.Fatalf("%+v", second)
		}
		y.track(true, fmt.Sprintf(page, "3-08T10:00:00Z", `"anonymousId":"d2","userId":"u4"`), fmt.Sprintf(page, "3-08T11:00:00Z", `"anonymousId":"d8"`))
		y.track(false, fmt.Sprintf(track, "Order Refunded", "3-09T13:00:00Z", `"userId":"u1","properties":{"order_id":"o3","refund_id":"r3","total":1,"currency":"EUR"}`))
		u := y.undo(i)
		if u.Reasons["changed"] != 1 || u.Reasons["active"] != 3 || u.Kept != 4 { // o3; u1, u4 and u5
			y.t.Errorf("%+v", u)
		}
		got := strings.Join(y.content(), "\n")
		for want, n := range map[string]int{
			"external_id=o3 ": 2, "external_id=o5 ": 0, "external_id=u5 ": 1, "external_id=u4 ": 1, "guest@shop.example": 0, "seven@shop.example": 0,
			"event ": 13, "value=d8 kind=anonymous_id customer_id": 0, "identity_claims anonymous_id=d8": 1, "anonymous_id=d9": 0,
			"first_seen_at=1772704800000000 last_seen_at=1772704800000000": 1, // u5, as the second file says
		} {
			if k := strings.Count(got, want); k != n {
				y.t.Errorf("%d times %q, want %d", k, want, n)
			}
		}
		if y.t.Failed() {
			y.t.Log(got)
		}
		y.rebuilt(y.content())
		y.undo(second)
		if u := y.undo(third); u.Removed != 1 || u.Restored != 1 || u.Kept != 1 || u.Reasons["joined"] != 1 {
			y.t.Errorf("%+v", u)
		}
	})
}

// TestUndoOfEventsAmongOthers undoes while events go on to arrive, and holds that just the right ones are left, in the visits that a rebuild finds too.
func TestUndoOfEventsAmongOthers(t *testing.T) {
	eachYard(t, func(y *yard) {
		y.known()
		before := len(y.events())
		i := y.bring(importer.Events, past(5000)...)
		done := make(chan int)
		go func() {
			for n := 0; ; n++ {
				y.track(true, fmt.Sprintf(page, fmt.Sprintf("3-0%dT10:%02d:00Z", 1+n%3, n%60), fmt.Sprintf(`"anonymousId":"d%d"`, n%10)))
				select {
				case done <- n + 1:
					return
				default:
				}
			}
		}()
		y.undo(i)
		more := <-done
		was := y.content()
		if n := len(y.events()); n != before+more {
			y.t.Errorf("%d events, want %d and %d", n, before, more)
		}
		y.rebuilt(was)
	})
}

// TestUndoOfEventsDies stops the program dead at every hand-over of an undoing. It goes on at the next start.
func TestUndoOfEventsDies(t *testing.T) {
	eachYard(t, func(y *yard) {
		y.known()
		was := y.content()
		for _, point := range []string{"apart.commit", "apart.committed", "apply.commit", "apply.committed", "flush.begin", "flush.appended", "flush.removed", "flush.visits", "flush.done"} {
			i := y.bring(importer.Events, past(2600)...)
			if err := y.Close(); err != nil {
				y.t.Fatal(err)
			}
			dead := make(chan struct{})
			y.open(func(p string) error {
				if p != point {
					return nil
				}
				select {
				case <-dead:
				default:
					close(dead)
				}
				return errors.New("killed")
			})
			if _, err := y.house.importer.Undo(ctx, i.ID); err != nil {
				y.t.Fatal(err)
			}
			<-dead
			_ = y.Close()
			y.open(nil)
			if i = y.rest(i.ID, importer.Undoing); i.Status != importer.Undone || i.Notes.Undo.Kept != 0 || i.Notes.Undo.Removed < i.Created {
				y.t.Fatalf("%s: %+v", point, i)
			}
			y.same(point, was)
		}
	})
}
