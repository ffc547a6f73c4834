package ingest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// send makes a request and gives status, headers and body. An empty key sends none.
func send(t testing.TB, s *Service, method, path, key string, body []byte, headers ...string) (int, http.Header, map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	if key != "" {
		r.SetBasicAuth(key, "")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler(httpapi.New(httpapi.Config{})).ServeHTTP(w, r)
	if w.Body.Len() == 0 || !strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		return w.Code, w.Header(), nil
	}
	return w.Code, w.Header(), asJSON(t, w.Body.Bytes())
}

func zipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestDoors(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRig(t, db)
		s := r.open(t)
		defer stop(t, s)
		n := 0
		for path, kind := range map[string]string{"track": "track", "t": "track", "page": "page", "p": "page", "screen": "screen", "s": "screen",
			"identify": "identify", "i": "identify", "group": "group", "g": "group", "alias": "alias", "a": "alias"} {
			code, _, a := send(t, s, "POST", "/v1/"+path, "server", fmt.Appendf(nil, `{"event":"E","userId":"u","previousId":"p","messageId":"%s"}`, path))
			if code != 200 || a["accepted"] != 1.0 || a["success"] != true || len(a["refused"].([]any)) != 0 {
				t.Fatalf("%s: %d %v", path, code, a)
			}
			n++
			drain(t, s)
			if e := r.shelf.all()[n-1]; e.Kind != kind || e.MessageID != path {
				t.Fatalf("%s became %+v", path, e)
			}
		}
		one := []byte(`{"batch":[{"type":"track","event":"E","userId":"u"}]}`)
		for _, path := range []string{"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch", "/v1/batch/"} {
			if code, _, a := send(t, s, "POST", path, "server", one); code != 200 || a["accepted"] != 1.0 {
				t.Fatalf("%s: %d %v", path, code, a)
			}
			n++
		}
		drain(t, s)
		if got := len(r.shelf.all()); got != n {
			t.Fatalf("%d events, want %d: events without a message id are each their own", got, n)
		}
	})
}

func TestKeysAndBodies(t *testing.T) {
	r := newRig(t, dbtest.SQLite(t))
	s := r.open(t)
	defer stop(t, s)
	plain := `{"event":"E","userId":"u"}`
	withKey := []byte(`{"event":"E","userId":"u","writeKey":"browser"}`)
	for _, c := range []struct {
		name, path, key string
		body            []byte
		headers         []string
		want            int
		code            string
	}{
		{"basic", "/v1/t", "server", []byte(plain), nil, 200, ""},
		{"bearer", "/v1/t", "", []byte(plain), []string{"Authorization", "Bearer server"}, 200, ""},
		{"body", "/v1/t", "", withKey, nil, 200, ""},
		{"query", "/beacon/v1/batch?writeKey=browser", "", []byte(`{"batch":[` + plain + `]}`), nil, 200, ""},
		{"body of a batch", "/v1/b", "", []byte(`{"batch":[],"writeKey":"browser"}`), nil, 200, ""},
		{"none", "/v1/t", "", []byte(plain), nil, 401, "ingest.key_missing"},
		{"unknown", "/v1/t", "wrong", []byte(plain), nil, 401, "apikey.unknown"},
		{"unknown in the body", "/v1/t", "", []byte(`{"writeKey":"wrong"}`), nil, 401, "apikey.unknown"},
		{"none and no JSON", "/v1/t", "", []byte(`{`), nil, 401, "ingest.key_missing"},
		{"text", "/v1/t", "server", []byte(plain), []string{"Content-Type", "text/plain"}, 200, ""},
		{"form", "/v1/t", "server", []byte(plain), []string{"Content-Type", "application/x-www-form-urlencoded"}, 200, ""},
		{"gzip", "/v1/t", "server", zipped(t, []byte(plain)), []string{"Content-Encoding", "gzip", "Content-Type", "application/x-www-form-urlencoded"}, 200, ""},
		{"gzip unsaid", "/v1/t", "server", zipped(t, []byte(plain)), nil, 200, ""},
		{"gzip said of plain", "/v1/t", "server", []byte(plain), []string{"Content-Encoding", "gzip"}, 200, ""},
		{"gzip cut", "/v1/t", "server", zipped(t, []byte(plain))[:20], []string{"Content-Encoding", "gzip"}, 400, "ingest.gzip"},
		{"gzip rubbish", "/v1/t", "server", []byte("\x1f\x8brubbish"), nil, 400, "ingest.gzip"},
		{"not gzip", "/v1/t", "server", []byte("rubbish"), []string{"Content-Encoding", "gzip"}, 400, "ingest.gzip"},
		{"brotli", "/v1/t", "server", []byte("rubbish"), []string{"Content-Encoding", "br"}, 400, "ingest.encoding"},
		{"gzip bomb", "/v1/b", "server", zipped(t, bytes.Repeat([]byte("[[[["), 8<<20)), nil, 400, "ingest.body_too_large"},
		{"ten megabytes", "/v1/t", "server", bytes.Repeat([]byte("x"), 10<<20), nil, 400, "ingest.body_too_large"},
		{"no JSON", "/v1/t", "server", []byte("hello"), nil, 400, "ingest.not_json"},
		{"empty", "/v1/t", "server", nil, nil, 400, "ingest.not_json"},
		{"large event", "/v1/t", "server", []byte(`{"event":"E","userId":"u","x":"` + strings.Repeat("y", 33<<10) + `"}`), nil, 400, "ingest.event_too_large"},
		{"million properties", "/v1/b", "server", []byte(`{"batch":[{"properties":{` + strings.Repeat(`"a":1,`, 1_000_000) + `"b":1}}]}`), nil, 400, "ingest.body_too_large"},
		{"wrong address", "/v1/nothing", "server", []byte(plain), nil, 404, "ingest.address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, h, a := send(t, s, "POST", c.path, c.key, c.body, c.headers...)
			if code != c.want || c.code != "" && a["code"] != c.code {
				t.Fatalf("%d %v, want %d %s", code, a, c.want, c.code)
			}
			if h.Get("Access-Control-Allow-Origin") != "*" {
				t.Fatal("a browser could not read this")
			}
		})
	}
	if code, _, _ := send(t, s, "GET", "/v1/track", "server", nil); code != 405 {
		t.Errorf("GET is answered with %d", code)
	}
}

func TestNeighboursPass(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRig(t, db)
		s := r.open(t)
		large := `{"type":"track","event":"big","userId":"u","messageId":"big","x":"` + strings.Repeat("y", 40<<10) + `"}`
		body := `{"batch":[{"type":"track","event":"A","userId":"u","messageId":"m0"},7,` + large + `,
			{"type":"track","event":"Order Completed","userId":"u","messageId":"m3","properties":{"order_id":"1","total":-5}},
			{"type":"track","event":"B","messageId":"m4"},
			{"type":"track","event":"nul\u0000","userId":"u","messageId":"m5","properties":{"x":"\ud800"}}]}`
		code, _, a := send(t, s, "POST", "/v1/batch", "server", []byte(body))
		refused, _ := a["refused"].([]any)
		if code != 200 || a["accepted"] != 2.0 || len(refused) != 4 {
			t.Fatalf("%d %v", code, a)
		}
		for i, want := range []struct {
			index float64
			id    string
			says  string
		}{{1, "", "not a JSON object"}, {2, "big", "32768"}, {3, "m3", "negative"}, {4, "m4", "userId or anonymousId"}} {
			v := refused[i].(map[string]any)
			if v["index"] != want.index || v["message_id"] != want.id || !strings.Contains(v["reason"].(string), want.says) {
				t.Errorf("refused %d: %v", i, v)
			}
		}
		drain(t, s)
		if st := status(t, s); st.Accepted != 6 || st.Applied != 2 || st.Refused != 4 || st.Duplicates != 0 || st.Lag != 0 {
			t.Fatalf("%+v", st)
		}
		p, err := s.RefusedEvents(role.System(ctx), RefusedFilter{}, 3, "")
		if err != nil || len(p.Items) != 3 || p.NextCursor == "" {
			t.Fatalf("%+v %v", p, err)
		}
		rest, err := s.RefusedEvents(role.System(ctx), RefusedFilter{}, 3, p.NextCursor)
		if err != nil || len(rest.Items) != 1 || rest.NextCursor != "" {
			t.Fatalf("%+v %v", rest, err)
		}
		for _, e := range append(p.Items, rest.Items...) {
			if len(e.Body) > maxKept || e.MessageID == "big" && len(e.Body) != maxKept {
				t.Errorf("kept %d bytes of %s", len(e.Body), e.MessageID)
			}
		}
		stop(t, s)
		s = r.open(t)
		defer stop(t, s)
		if st := status(t, s); st.Accepted != 6 || st.Applied != 2 || st.Refused != 4 {
			t.Fatalf("after a restart: %+v", st)
		}
	})
}

func TestDuplicates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRig(t, db)
		s := r.open(t)
		body := []byte(`{"batch":[{"type":"track","event":"A","userId":"u","messageId":"1"},{"type":"track","event":"A","userId":"u","messageId":"1"},
			{"type":"track","event":"A","userId":"u","messageId":"2"}]}`)
		once := func(key string) {
			if code, _, a := send(t, s, "POST", "/v1/batch", key, body); code != 200 || a["accepted"] != 3.0 {
				t.Fatalf("%d %v", code, a)
			}
		}
		once("server")
		once("server")
		once("browser") // another source: other messages
		drain(t, s)
		once("server")
		stop(t, s)
		s = r.open(t)
		once("server")
		drain(t, s)
		if st := status(t, s); st.Accepted != 15 || st.Applied != 4 || st.Duplicates != 11 {
			t.Fatalf("%+v", st)
		}
		r.clock.Advance(31 * 24 * 3600e9)
		once("server") // long forgotten
		drain(t, s)
		if st := status(t, s); st.Applied != 6 {
			t.Fatalf("after a month: %+v", st)
		}
		stop(t, s)
	})
}

func TestBrowserLibraries(t *testing.T) {
	r := newRig(t, dbtest.SQLite(t))
	s := r.open(t)
	defer stop(t, s)
	code, h, _ := send(t, s, "OPTIONS", "/v1/track", "", nil, "Origin", "https://shop.example", "Access-Control-Request-Headers", "anonymousid,authorization,content-type,sentat")
	if code != 204 {
		t.Fatal(code)
	}
	for _, name := range strings.Split("authorization content-type x-retry-count anonymousid sentat rsa-retry-attempt rsa-retry-reason rsa-since-first-attempt rsa-since-last-attempt", " ") {
		if !strings.Contains(h.Get("Access-Control-Allow-Headers"), name) {
			t.Errorf("%s is not allowed", name)
		}
	}
	code, _, a := send(t, s, "GET", "/v1/projects/browser/settings", "", nil)
	if code != 200 || a["integrations"].(map[string]any)["Segment.io"].(map[string]any)["apiKey"] != "browser" {
		t.Errorf("%d %v", code, a)
	}
	if code, _, _ = send(t, s, "GET", "/v1/projects/wrong/settings", "", nil); code != 404 {
		t.Error(code)
	}
	code, _, a = send(t, s, "GET", "/sourceConfig/?writeKey=browser&p=npm", "", nil)
	src, _ := a["source"].(map[string]any)
	if code != 200 || src["id"] != "12" || src["config"] == nil || src["destinations"] == nil {
		t.Errorf("%d %v", code, a)
	}
	if code, _, _ = send(t, s, "GET", "/sourceConfig/", "", nil, "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("wrong:"))); code != 401 {
		t.Error(code)
	}
	if code, h, _ = send(t, s, "GET", "/analytics.js/v1/browser/analytics.min.js", "", nil); code != 200 || !strings.HasPrefix(h.Get("Content-Type"), "text/javascript") {
		t.Error(code, h)
	}
}

func TestOverload(t *testing.T) {
	r := newRig(t, dbtest.SQLite(t))
	s := r.open(t)
	defer stop(t, s)
	s.inFlight.Store(s.MaxInFlight)
	code, h, a := send(t, s, "POST", "/v1/t", "server", []byte(`{"event":"E","userId":"u"}`))
	if code != 429 || h.Get("Retry-After") == "" || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "Retry-After") || a["code"] != "ingest.busy" {
		t.Fatalf("%d %v %v", code, h, a)
	}
	s.inFlight.Store(0)
	if code, _, _ := send(t, s, "POST", "/v1/t", "server", []byte(`{"event":"E","userId":"u"}`)); code != 200 {
		t.Fatal(code)
	}
	if got := s.inFlight.Load(); got != 0 {
		t.Fatalf("%d bytes were not given back", got)
	}
}
