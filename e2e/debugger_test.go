package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestDebugger follows what arrives: a person's events live in the debugger, a refused one with its reason, what came of it, a name that is blocked,
// freed and sent again, once each, a rename with past events under both names, in English, Persian, on a phone and in the dark.
func TestDebugger(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	owner := s.Setup()
	owner.Must("PATCH", "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil)
	key := owner.IngestKey("shop", false)
	browser := owner.IngestKey("pages", true)
	send := func(key, body string) {
		t.Helper()
		if code, answer, err := harness.Track(http.DefaultClient, s.URL, key, []byte(body)); err != nil || code != 200 {
			t.Fatalf("%d %s %v", code, answer, err)
		}
	}
	var first string
	for i := range 40 {
		first += fmt.Sprintf(`{"type":"track","event":"Product Viewed","userId":"u%d","messageId":"v%d","properties":{"product_id":"p%d","name":"Lamp %d","price":%s,"email":"u%d@shop.example"}},`,
			i%5, i, i%3, i%3, []string{"12.5", `"12,50"`}[i/39], i%5)
	}
	send(key, `{"batch":[`+first+`{"type":"track","event":"product_viewed","userId":"u1","messageId":"w"},
		{"type":"identify","userId":"u1","messageId":"i1","traits":{"email":"ada@shop.example","name":"Ada"}},{"type":"page","userId":"u1","messageId":"p1","name":"Home"}]}`)
	owner.Drained(20 * time.Second)
	d := harness.Drive(t, "debugger.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "debugger")})
	var news struct {
		Trouble, Send string
		Done          bool
	}
	for !news.Done {
		news.Trouble, news.Send = "", ""
		if !d.Next(3*time.Minute, &news) {
			t.Fatalf("the driver ended early%s", harness.Quote(d.Stderr()))
		}
		if news.Trouble != "" {
			t.Error(news.Trouble)
		}
		switch news.Send {
		case "refused":
			send(key, `{"batch":[{"type":"track","event":"Order Completed","userId":"u1","messageId":"o1","properties":{"order_id":"1001","total":-5}},
				{"type":"track","event":"Order Completed","userId":"u1","messageId":"o2","properties":{"order_id":"1002","total":25,"products":[{"product_id":"p1","price":25,"quantity":1}]}},
				{"type":"track","event":"Order Completed","userId":"u1","messageId":"o2","properties":{"order_id":"1002","total":25}}]}`)
			send(browser, `{"batch":[{"type":"track","event":"Clicked","anonymousId":"device-7","messageId":"c1"}]}`)
		case "blocked":
			send(key, `{"batch":[{"type":"track","event":"product_viewed","userId":"u1","messageId":"b1"},{"type":"track","event":"product_viewed","userId":"u2","messageId":"b2"}]}`)
		case "renamed":
			harness.Until(t, 10*time.Second, "the rename to begin", func() (bool, string) {
				var rules struct{ Items []struct{ From time.Time } }
				owner.Get("/api/v1/event-rules", &rules)
				return len(rules.Items) == 2 && time.Now().After(rules.Items[0].From), fmt.Sprint(rules)
			})
			send(key, `{"batch":[{"type":"track","event":"product_viewed","userId":"u1","messageId":"r1","properties":{"product_id":"p1"}}]}`)
		}
	}
	owner.Drained(20 * time.Second)
	if n := len(owner.Events("Product Viewed")); n != 41 {
		t.Errorf("%d events are named Product Viewed, want the 40 that came so and the renamed one", n)
	}
	if n := len(owner.Events("product_viewed")); n != 3 {
		t.Errorf("%d events are named product_viewed, want the first and the two that were sent again", n)
	}
	var log struct {
		Items []struct {
			Action string
			Detail json.RawMessage
		}
	}
	owner.Get("/api/v1/audit?limit=100", &log)
	seen := map[string]int{}
	for _, e := range log.Items {
		seen[e.Action]++
	}
	if seen["event_rule.made"] != 2 || seen["event_rule.ended"] != 1 || seen["refused_events.sent_again"] == 0 || seen["event_name.described"] != 1 {
		t.Errorf("on record: %v", seen)
	}
}
