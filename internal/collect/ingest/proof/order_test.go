package proof

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

// said is one event of the property test. Names in text carry the mark ~, which is replaced by the run's own prefix, so that many runs share one house
// and never meet.
type said struct {
	key, text string
}

// scene draws events of few people with few devices, each at its own instant.
func scene(t *rapid.T) []said {
	base := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	n := rapid.IntRange(3, 14).Draw(t, "events")
	at := rapid.SliceOfNDistinct(rapid.IntRange(0, 4000), n, n, rapid.ID).Draw(t, "minutes")
	out := make([]said, n)
	for i := range out {
		device, user := fmt.Sprint("~d", rapid.IntRange(0, 2).Draw(t, "device")), fmt.Sprint("~u", rapid.IntRange(0, 1).Draw(t, "user"))
		order := fmt.Sprint("~o", rapid.IntRange(0, 2).Draw(t, "order"))
		when := base.Add(time.Duration(at[i]) * time.Minute).Format(time.RFC3339)
		head := fmt.Sprintf(`"messageId":"~m%d","timestamp":"%s"`, i, when)
		key := rapid.SampledFrom([]string{"server", "browser", "trusted"}).Draw(t, "key")
		who := rapid.SampledFrom([]string{`"anonymousId":"` + device + `"`, `"userId":"` + user + `"`,
			`"anonymousId":"` + device + `","userId":"` + user + `"`}).Draw(t, "who")
		var text string
		switch rapid.IntRange(0, 7).Draw(t, "what") {
		case 0, 1:
			text = `"type":"page","name":"P",` + who
		case 2:
			text = `"type":"identify","anonymousId":"` + device + `","userId":"` + user + `","traits":{"email":"` + user + `@x.io","name":"N` + fmt.Sprint(i) + `"}`
		case 3:
			text = `"type":"alias","previousId":"` + device + `","userId":"` + user + `"`
		case 4:
			text = `"type":"track","event":"Order Completed",` + who + `,"properties":{"order_id":"` + order + `","total":` + fmt.Sprint(10+i) +
				`,"products":[{"product_id":"~p1","price":5,"quantity":2}]}`
		case 5:
			text = `"type":"track","event":"Order Refunded",` + who + `,"properties":{"order_id":"` + order + `","refund_id":"r","total":3}`
		case 6:
			text = `"type":"track","event":"Product Added",` + who + `,"properties":{"product_id":"~p1","name":"Thing","price":5,"quantity":2}`
		default:
			text = `"type":"track","event":"Product Viewed",` + who + `,"properties":{"product_id":"~p2","name":"Other","price":7},"context":{"campaign":{"name":"c` + fmt.Sprint(i%2) + `"}}`
		}
		out[i] = said{key, "{" + head + "," + text + "}"}
	}
	return out
}

// send delivers events one by one or in batches, marked.
func (h *House) send(t *rapid.T, events []said, mark string) {
	for _, e := range events {
		r := httptest.NewRequest("POST", "/v1/batch", bytes.NewReader([]byte(`{"batch":[`+strings.ReplaceAll(e.text, "~", mark)+`]}`)))
		r.SetBasicAuth(e.key, "")
		w := h.serve(r)
		if w.Code != 200 || !bytes.Contains(w.Body.Bytes(), []byte(`"refused":[]`)) {
			t.Fatalf("%s: %d %s", e.text, w.Code, w.Body)
		}
	}
}

// picture is what the house knows of a run, with people and visits named by their events, since ids depend on arrival.
type picture struct {
	Events    map[string][3]string // message -> person, visit, whether it starts it
	Customers []string
	Orders    []string
	Carts     []string
}

func (h *House) picture(t *rapid.T, mark string) picture {
	ctx := context.Background()
	out := picture{Events: map[string][3]string{}}
	people, message := map[id.ID][]string{}, map[int64]string{}
	var all []warehouse.Event
	var place warehouse.Place
	for {
		some, err := h.Warehouse.Events(ctx, warehouse.EventQuery{Before: place, Limit: 500})
		if err != nil {
			t.Fatal(err)
		}
		if len(some) == 0 {
			break
		}
		last := some[len(some)-1]
		place = warehouse.Place{At: last.At, EventID: last.EventID, Set: true}
		for _, e := range some {
			if m, ok := strings.CutPrefix(e.MessageID, mark); ok {
				all = append(all, e)
				people[e.CustomerID] = append(people[e.CustomerID], m)
				message[e.EventID] = m
			}
		}
	}
	name := func(c id.ID) string {
		slices.Sort(people[c])
		return strings.Join(people[c], " ")
	}
	for _, e := range all {
		m := message[e.EventID]
		if _, twice := out.Events[m]; twice {
			t.Fatalf("%s is there twice", m)
		}
		out.Events[m] = [3]string{name(e.CustomerID), message[e.SessionID], fmt.Sprint(e.SessionStart)}
	}
	out.Customers, out.Orders, out.Carts = h.facts(t, mark, name)
	return out
}

// TestArrivalDoesNotMatter sends the same events in two orders, the second time with repetitions and with the service killed in between, and
// holds that people, visits, orders and carts are the same.
func TestArrivalDoesNotMatter(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		dir, now := t.TempDir(), clock.NewFake(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))
		open := func(crash func(string) error) *House {
			return Open(t, Config{DB: p.DB, Warehouse: p.Warehouse, Dir: dir, Clock: now, Crash: crash})
		}
		h := open(nil)
		run := 0
		rapid.Check(t, func(t2 *rapid.T) {
			run++
			events := scene(t2)
			inOrder, shuffled := fmt.Sprintf("a%d-", run), fmt.Sprintf("b%d-", run)
			h.send(t2, events, inOrder)
			other := rapid.Permutation(events).Draw(t2, "arrival")
			cut := rapid.IntRange(0, len(other)).Draw(t2, "cut")
			h.send(t2, other[:cut], shuffled)
			h.Drain(t)
			if rapid.IntRange(0, 3).Draw(t2, "kill") == 0 {
				h.Stop(t)
				point := rapid.SampledFrom([]string{"apply.commit", "apply.committed", "flush.begin", "flush.appended", "flush.visits", "flush.done"}).Draw(t2, "point")
				h = open(func(p string) error {
					if p == point {
						return errors.New("killed")
					}
					return nil
				})
				h.send(t2, other[cut:], shuffled)
				_ = h.Ingest.Stop(context.Background()) // dead
				h = open(nil)
			}
			h.send(t2, other[cut/2:], shuffled)
			h.Drain(t)
			want, got := h.picture(t2, inOrder), h.picture(t2, shuffled)
			if len(want.Events) != len(events) {
				t2.Fatalf("%d events of %d", len(want.Events), len(events))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t2.Fatalf("%s\nin order: %v\nshuffled: %v", diff, events, other)
			}
		})
		h.Stop(t)
	})
}
