package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/e2e/harness"
)

// eventState is what the web app shows of events: the list, timelines, customers, carts, and what reports make of them.
type eventState struct {
	Shop      shopState
	Live      []string
	Events    []stored
	Carts     []string
	Timelines map[string][]string
}

// lookAtEvents waits until reports have followed, and looks.
func lookAtEvents(t *testing.T, a *harness.API, orders int) eventState {
	t.Helper()
	s := eventState{Shop: settledShop(t, a, orders), Events: allEvents(a, url.Values{}), Timelines: map[string][]string{}}
	for _, c := range harness.All[map[string]any](a, "/api/v1/carts", url.Values{"limit": {"500"}}) {
		s.Carts = append(s.Carts, fmt.Sprint(c["customer_id"], c["cart_key"], c["status"], c["value"]))
	}
	slices.Sort(s.Carts)
	for who := range s.Shop.Customers {
		var page struct {
			Items []map[string]any `json:"items"`
		}
		a.Get("/api/v1/customers/"+who+"/timeline?limit=50", &page)
		for _, i := range page.Items {
			s.Timelines[who] = append(s.Timelines[who], fmt.Sprint(i["id"], i["kind"], i["name"], i["at"]))
		}
	}
	return s
}

// pastEvents is a file of the past of people who are known and of others: visits, carts and orders.
func pastEvents(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		at := time.Date(2025, time.Month(1+i%12), 1+i%27, i%24, i%60, 0, 0, time.UTC).Format(time.RFC3339)
		who := fmt.Sprintf(`"anonymousId":"device-%d"`, i%900)
		if i%3 > 0 {
			who += fmt.Sprintf(`,"userId":"u%d"`, i%600)
		}
		what := fmt.Sprintf(`"type":"page","name":"Page %d"`, i%40)
		switch i % 50 {
		case 7:
			what = `"type":"identify","traits":{"plan":"gold"}`
		case 8:
			what = `"type":"track","event":"Product Added","properties":{"product_id":"p1","quantity":1,"price":5}`
		case 10:
			what = fmt.Sprintf(`"type":"track","event":"Order Completed","properties":{"order_id":"past-%d","total":12.5,"currency":"EUR"}`, i)
		}
		fmt.Fprintf(&b, `{%s,"timestamp":"%s",%s,"messageId":"past-%d"}`+"\n", what, at, who, i)
	}
	return b.Bytes()
}

// TestUndoOfEventsSurvivesKills takes a file of events and a log back from beside what a shop has, and ends the server with -9 in the middle. It goes on by itself,
// and in the end everything shows what it showed before, also when the warehouse is built anew; then the file comes in whole again.
func TestUndoOfEventsSurvivesKills(t *testing.T) {
	const base = 100
	orders, _ := orderFile(base)
	rows := harness.Short(6000, 200_000)
	file := pastEvents(rows)
	eachEngine(t, func(t *testing.T, s *harness.Server, owner *harness.API) {
		imported(t, owner, "orders", "before.csv", orders, nil)
		key := owner.IngestKey("shop", false)
		var live []string
		for i := range 60 {
			live = append(live, fmt.Sprintf(`{"type":"page","name":"Home","timestamp":"2025-06-%02dT10:00:00Z","anonymousId":"device-%d","userId":"u%d","messageId":"live-%d"}`,
				1+i%28, i, i, i))
		}
		if status, body, err := harness.Track(http.DefaultClient, s.URL, key, []byte(`{"batch":[`+strings.Join(live, ",")+`]}`)); err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, body, err)
		}
		was := lookAtEvents(t, owner, base)
		log := imported(t, owner, "web_logs", "access.log", []byte(`203.0.113.7 - - [03/Mar/2025:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/120.0"`+"\n"), nil)
		i := imported(t, owner, "events", "past.jsonl", file, nil)
		if i.Created != int64(rows) || log.Created != 1 {
			t.Fatalf("%+v %+v", i, log)
		}
		for n, which := range []string{log.ID, i.ID} {
			owner.Must("POST", "/api/v1/imports/"+which+"/undo", nil, nil)
			if n == 1 {
				s.Kill()
				s = s.Again()
				watchImport(t, owner, which, func(i importState) bool { return i.Status != "undoing" || i.Undo.Removed > 0 })
				s.Kill()
				s = s.Again()
			}
			end := watchImport(t, owner, which, func(i importState) bool { return i.Status != "undoing" })
			if end.Status != "undone" || end.Undo.Kept != 0 || n == 1 && end.Undo.Removed < int64(rows) {
				t.Fatalf("%+v", end)
			}
		}
		if diff := cmp.Diff(was, lookAtEvents(t, owner, base)); diff != "" {
			t.Errorf("after the undoing: %.4000s", diff)
		}
		s.Terminate()
		if code, out, errs := harness.Run(t, s.Env(), "", "rebuild", "warehouse", "--data", s.Dir); code != 0 {
			t.Fatalf("rebuild warehouse: %d\n%s%s", code, out, errs)
		}
		s.Again()
		if diff := cmp.Diff(was, lookAtEvents(t, owner, base)); diff != "" {
			t.Errorf("after the warehouse was built anew: %.4000s", diff)
		}
		if again := imported(t, owner, "events", "past.jsonl", file, nil); again.Created != i.Created {
			t.Errorf("the file that was taken back, again: %+v, at first %+v", again, i)
		}
	})
}
