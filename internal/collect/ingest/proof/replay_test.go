package proof

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/clock"
	"rapport/internal/collect/ingest/load"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

// testdata gives the folder of recorded requests; where it is absent the test is skipped, in CI it fails.
func testdata(t *testing.T) string {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(root, "segment")
	if _, err := os.Stat(dir); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no test data: %v", err)
		}
		t.Skipf("no test data (set RAPPORT_TESTDATA): %v", err)
	}
	return dir
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".json") {
			out = append(out, path)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d files in %s, %v", len(out), dir, err)
	}
	return out
}

// recorded is a request as a library sent it.
type recorded struct {
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Headers  map[string]string `json:"headers"`
	BodyJSON json.RawMessage   `json:"body_json"`
}

func (h *House) serve(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.Ingest.Handler(httpapi.New(httpapi.Config{})).ServeHTTP(w, r)
	return w
}

// messages gives the ids of the messages in a body.
func messages(body []byte) []string {
	var b struct {
		MessageID string `json:"messageId"`
		Batch     []struct {
			MessageID string `json:"messageId"`
		} `json:"batch"`
	}
	if json.Unmarshal(body, &b) != nil {
		return nil
	}
	if b.Batch == nil {
		return []string{b.MessageID}
	}
	var out []string
	for _, e := range b.Batch {
		out = append(out, e.MessageID)
	}
	return out
}

// TestRecordedRequests sends what unmodified libraries sent, retries and all, and holds that each message is there once.
func TestRecordedRequests(t *testing.T) {
	dir := testdata(t)
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		h := Open(t, Config{DB: p.DB, Warehouse: p.Warehouse, Dir: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))})
		defer h.Stop(t)
		type message struct{ key, id string }
		want := map[message]bool{}
		for _, f := range files(t, filepath.Join(dir, "captured")) {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var c recorded
			if err := json.Unmarshal(b, &c); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			body := []byte(c.BodyJSON)
			if c.Method == http.MethodGet || c.Method == http.MethodOptions {
				body = nil
			}
			name := filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)
			if strings.Contains(name, "settings-404") && c.Method == http.MethodGet || strings.Contains(name, "path-batch") {
				continue // libraries pointed at wrong addresses on purpose
			}
			r := httptest.NewRequest(c.Method, c.Path, bytes.NewReader(body))
			for k, v := range c.Headers {
				if !strings.EqualFold(k, "Content-Encoding") && !strings.EqualFold(k, "Content-Length") { // recorded unpacked
					r.Header.Set(k, v)
				}
			}
			w := h.serve(r)
			switch c.Method {
			case http.MethodOptions:
				for _, asked := range strings.Split(c.Headers["Access-Control-Request-Headers"], ",") {
					if w.Code != 204 || !strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), asked) {
						t.Errorf("%s: %d, %q is not allowed", name, w.Code, asked)
					}
				}
			case http.MethodPost:
				ids := messages(body)
				var a struct {
					Accepted int   `json:"accepted"`
					Refused  []any `json:"refused"`
				}
				if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 || a.Accepted != len(ids) || len(a.Refused) != 0 {
					t.Errorf("%s: %d %s, want %d accepted", name, w.Code, w.Body, len(ids))
				}
				source := "server"
				if strings.HasPrefix(name, "ajs-next") || strings.HasPrefix(name, "rudder-js") {
					source = "browser"
				}
				for _, m := range ids {
					want[message{source, m}] = true
				}
			default:
				if w.Code != 200 {
					t.Errorf("%s: %d %s", name, w.Code, w.Body)
				}
			}
		}
		h.Drain(t)
		for m := range want {
			found, err := p.Warehouse.Events(t.Context(), warehouse.EventQuery{MessageID: m.id, Limit: 5})
			if err != nil || len(found) != 1 {
				t.Errorf("message %s of %s is there %d times (%v)", m.id, m.key, len(found), err)
			}
		}
		st, err := h.Ingest.Status(t.Context())
		if err != nil || st.Applied != int64(len(want)) || st.Accepted != st.Applied+st.Duplicates || st.Refused != 0 {
			t.Errorf("%d messages, %+v, %v", len(want), st, err)
		}
	})
}

// TestSpecificationExamples holds that every example of Segment's specification is taken, or refused by name where it names nobody or no
// kind of call.
func TestSpecificationExamples(t *testing.T) {
	dir := testdata(t)
	p := whtest.Embedded(t)
	h := Open(t, Config{DB: p.DB, Warehouse: p.Warehouse, Dir: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))})
	defer h.Stop(t)
	taken, refused := 0, 0
	for _, f := range append(files(t, filepath.Join(dir, "spec-examples")), files(t, filepath.Join(dir, "official-fixtures"))...) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var e map[string]any
		if err := json.Unmarshal(b, &e); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if _, ok := e["batch"]; !ok {
			b = []byte(`{"batch":[` + string(b) + `]}`)
		}
		r := httptest.NewRequest("POST", "/v1/batch", bytes.NewReader(b))
		r.SetBasicAuth("server", "")
		w := h.serve(r)
		var a struct {
			Accepted int
			Refused  []struct{ Reason string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || w.Code != 200 {
			t.Errorf("%s: %d %s", filepath.Base(f), w.Code, w.Body)
			continue
		}
		taken += a.Accepted
		refused += len(a.Refused)
		for _, v := range a.Refused {
			_, user := e["userId"]
			_, device := e["anonymousId"]
			_, kind := e["type"]
			_, action := e["action"]
			if (user || device) && (kind || action) {
				t.Errorf("%s: %s", filepath.Base(f), v.Reason)
			}
		}
	}
	h.Drain(t)
	st, err := h.Ingest.Status(t.Context())
	if err != nil || st.Accepted != int64(taken+refused) || st.Refused != int64(refused) {
		t.Errorf("taken %d, refused %d, %+v, %v", taken, refused, st, err)
	}
	t.Logf("%d taken, %d refused by name", taken, refused)
}

// TestRebuild holds that the warehouse made again from the journal tells the same.
func TestRebuild(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		c := Config{DB: p.DB, Warehouse: p.Warehouse, Dir: t.TempDir(), Clock: clock.NewFake(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC))}
		h := Open(t, c)
		m := load.NewMaker("r", 3)
		for i := range 20 {
			r := httptest.NewRequest("POST", "/v1/batch", bytes.NewReader(m.Batch(nil, 50, c.Clock.Now().Add(-time.Duration(40-i)*10*time.Minute))))
			r.SetBasicAuth("browser", "")
			if w := h.serve(r); w.Code != 200 {
				t.Fatal(w.Code, w.Body)
			}
		}
		h.Stop(t)
		all := func() []warehouse.Event {
			out, err := p.Warehouse.Events(t.Context(), warehouse.EventQuery{Limit: 2000})
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		before := all()
		h = Join(t, c)
		if err := h.Ingest.Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if err := h.Ingest.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, all()); diff != "" || len(before) != 1000 {
			t.Fatalf("%d events, then: %.2000s", len(before), diff)
		}
	})
}
