package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// trap is one request that something once stumbled over, and the answer it must get.
type trap struct {
	name     string
	path     string // /v1/batch
	body     string
	raw      []byte            // instead of body
	headers  map[string]string // beside Basic auth with the key
	noKey    bool              // no Basic auth
	status   int
	accepted int // of a 200: events that passed
	refused  int // and those that did not
}

const who = `"userId":"u1"`

func traps(key string) []trap {
	track := func(rest string) string { return `{"type":"track","event":"E",` + who + rest + `}` }
	batch := func(events ...string) string { return `{"batch":[` + strings.Join(events, ",") + `]}` }
	zipped := func(s string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.Bytes()
	}
	many := func(n int, s string) string { return strings.Repeat(s, n) }
	form := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
	return []trap{
		{name: "gzip under the content type of a form (RudderStack)", raw: zipped(batch(track(""))), headers: form, status: 200, accepted: 1},
		{name: "JSON under text/plain (analytics-next)", path: "/v1/t", body: track(""), headers: map[string]string{"Content-Type": "text/plain"}, status: 200, accepted: 1},
		{name: "gzip without saying so", raw: zipped(batch(track(""))), status: 200, accepted: 1},
		{name: "the key in the body", path: "/v1/track", body: `{"writeKey":"` + key + `","event":"E",` + who + `}`, noKey: true, status: 200, accepted: 1},
		{name: "the key in the query (beacon)", path: "/beacon/v1/batch?writeKey=" + key, body: batch(track("")), noKey: true, headers: map[string]string{"Content-Type": "text/plain;charset=UTF-8"}, status: 200, accepted: 1},
		{name: "no key at all", body: batch(track("")), noKey: true, status: 401},
		{name: "an unknown key", body: batch(track("")), noKey: true, headers: map[string]string{"Authorization": "Basic bm9ib2R5Og=="}, status: 401},
		{name: "gzip that ends too early", raw: zipped(batch(track(`,"properties":{"x":"` + many(4000, "abc") + `"}`)))[:40], headers: form, status: 400},
		{name: "no JSON", body: "event=E&userId=u1", status: 400},
		{name: "half a JSON", body: `{"batch":[{"type":"track"`, status: 400},
		{name: "an empty body", body: "", status: 400},
		{name: "a batch that is no list", body: `{"batch":"many"}`, status: 400},
		{name: "an empty batch", body: `{"batch":[]}`, status: 200},
		{name: "one bad neighbour", body: batch(track(""), `{"type":"track","event":"E"}`, track("")), status: 200, accepted: 2, refused: 1},
		{name: "an unknown type", body: batch(`{"type":"shout",`+who+`}`, track("")), status: 200, accepted: 1, refused: 1},
		{name: "an event that is a number", body: batch("17", track("")), status: 200, accepted: 1, refused: 1},
		{name: "track without a name", body: batch(`{"type":"track",` + who + `}`), status: 200, refused: 1},
		{name: "a number as user id", body: batch(`{"type":"track","event":"E","userId":42}`), status: 200, accepted: 1},
		{name: "NUL in a text", body: batch(track(`,"properties":{"a":"x\u0000y"}`)), status: 200, accepted: 1},
		{name: "half of a surrogate pair", body: batch(track(`,"properties":{"a":"\ud83d"}`)), status: 200, accepted: 1},
		{name: "a negative price", body: batch(`{"type":"track","event":"Order Completed",` + who + `,"properties":{"order_id":"n1","total":-5,"currency":"EUR"}}`), status: 200, refused: 1},
		{name: "a currency that is none", body: batch(`{"type":"track","event":"Order Completed",` + who + `,"properties":{"order_id":"n2","total":5,"currency":"MONEY"}}`), status: 200, refused: 1},
		{name: "2,501 events", body: batch(strings.Split(many(2500, track("")+"\n")+track(""), "\n")...), status: 400},
		{name: "an event of 40 KB", body: batch(track(`,"properties":{"a":"`+many(40_000, "x")+`"}`), track("")), status: 200, accepted: 1, refused: 1},
		{name: "an event of 40 KB alone", path: "/v1/track", body: track(`,"properties":{"a":"` + many(40_000, "x") + `"}`), status: 400},
		{name: "ten megabytes", body: batch(track(`,"properties":{"a":"` + many(10<<20, "x") + `"}`)), status: 400},
		{name: "deeper than anybody means", body: batch(track(`,"properties":` + many(12_000, `{"a":`) + "1" + many(12_000, "}"))), status: 200, refused: 1},
		{name: "a GET where a POST belongs", path: "GET /v1/batch", status: 405},
		{name: "RudderStack's long names", path: "/v1/page", body: `{"name":"Home","anonymousId":"d1","originalTimestamp":"2026-01-02T03:04:05.678Z","channel":"web"}`, status: 200, accepted: 1},
		{name: "alias", path: "/v1/alias", body: `{"userId":"u1","previousId":"d9"}`, status: 200, accepted: 1},
		{name: "group", path: "/v1/g", body: `{"userId":"u1","groupId":"g1","traits":{"name":"A"}}`, status: 200, accepted: 1},
		{name: "a retry says so", body: batch(track("")), headers: map[string]string{"X-Retry-Count": "3"}, status: 200, accepted: 1},
	}
}

// TestTraps sends requests that are wrong, strange or only look wrong: each gets the answer that lets its sender act, and the server goes on.
func TestTraps(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	key := owner.IngestKey("traps", false)
	client := &http.Client{Timeout: 20 * time.Second}
	accepted, refused := 0, 0
	for _, x := range traps(key) {
		accepted, refused = accepted+x.accepted+x.refused, refused+x.refused
		method, path := "POST", x.path
		if m, p, ok := strings.Cut(path, " "); ok {
			method, path = m, p
		}
		if path == "" {
			path = "/v1/batch"
		}
		body := x.raw
		if body == nil {
			body = []byte(x.body)
		}
		req, err := http.NewRequest(method, s.URL+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		if !x.noKey {
			req.SetBasicAuth(key, "")
		}
		for k, v := range x.headers {
			req.Header.Set(k, v)
		}
		res, err := client.Do(req)
		if err != nil {
			if len(body) > 1<<20 {
				continue // the server may hang up on what is far too long before it was written to the end
			}
			t.Errorf("%s: %v", x.name, err)
			continue
		}
		answer, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != x.status && (x.status != 400 || res.StatusCode != 413) {
			t.Errorf("%s: %d, want %d: %s", x.name, res.StatusCode, x.status, cut(answer))
			continue
		}
		if x.status != 200 {
			continue
		}
		var verdict struct {
			Success  bool
			Accepted int
			Refused  []struct {
				Index  int
				Reason string
			}
		}
		if err := json.Unmarshal(answer, &verdict); err != nil || !verdict.Success || verdict.Accepted != x.accepted || len(verdict.Refused) != x.refused {
			t.Errorf("%s: %s, want %d accepted and %d refused", x.name, cut(answer), x.accepted, x.refused)
		}
		for _, r := range verdict.Refused {
			if len(r.Reason) < 10 {
				t.Errorf("%s: the reason is only %q", x.name, r.Reason)
			}
		}
	}
	state := owner.Drained(30 * time.Second)
	if state.Accepted != int64(accepted) || state.Refused != int64(refused) {
		t.Errorf("counters %+v, want %d accepted and %d refused", state, accepted, refused)
	}
	type refusedEvent struct{ Reason string }
	if kept := harness.All[refusedEvent](owner, "/api/v1/refused-events", nil); len(kept) != refused {
		t.Errorf("%d refused events are kept, want %d", len(kept), refused)
	}
}

func cut(b []byte) string {
	if len(b) > 300 {
		b = append(b[:300:300], "..."...)
	}
	return string(b)
}

// TestTwiceAndLate: the same message id counts once within a source; a wrong clock is put right; what comes late gives the same picture.
func TestTwiceAndLate(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	one, two := owner.IngestKey("one", false), owner.IngestKey("two", true)
	client := &http.Client{Timeout: 20 * time.Second}
	send := func(key, body string) {
		t.Helper()
		if status, answer, err := harness.Track(client, s.URL, key, []byte(body)); err != nil || status != 200 {
			t.Fatalf("%d %v %s", status, err, answer)
		}
	}
	event := `{"batch":[{"type":"track","event":"Twice","userId":"u1","messageId":"m1"}]}`
	for range 3 {
		send(one, event)
	}
	send(two, event)
	if state := owner.Drained(20 * time.Second); state.Applied != 2 || state.Duplicates != 2 {
		t.Errorf("%+v, want 2 applied and 2 duplicates", state)
	}
	// The device's clock is a day ahead; what it did happened an hour before it was sent.
	ahead := time.Now().UTC().Add(24 * time.Hour)
	send(two, fmt.Sprintf(`{"sentAt":%q,"batch":[{"type":"track","event":"Ahead","anonymousId":"d1","messageId":"m2","timestamp":%q}]}`,
		ahead.Format(time.RFC3339Nano), ahead.Add(-time.Hour).Format(time.RFC3339Nano)))
	// The identify comes before what led to it.
	now := time.Now().UTC()
	at := func(minutes int) string {
		return now.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339Nano)
	}
	send(two, fmt.Sprintf(`{"batch":[{"type":"identify","userId":"late","anonymousId":"d2","messageId":"m3","timestamp":%q}]}`, at(-10)))
	send(two, fmt.Sprintf(`{"batch":[{"type":"track","event":"Late","anonymousId":"d2","messageId":"m4","timestamp":%q}]}`, at(-30)))
	owner.Drained(20 * time.Second)
	harness.Until(t, 10*time.Second, "the events are in the warehouse", func() (bool, string) {
		return len(owner.Events("Ahead")) == 1 && len(owner.Events("Late")) == 1, ""
	})
	if off := time.Since(owner.Events("Ahead")[0].At) - time.Hour; off < -time.Minute || off > time.Minute {
		t.Errorf("the clock is off by %s", off)
	}
	if e, c := owner.Events("Late")[0], owner.Only("external_id=late"); e.CustomerID != c.ID {
		t.Errorf("what was done before the identify is with %s, want %s", e.CustomerID, c.ID)
	}
}
