package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/base/clock"
)

// ear is a server that only listens: what it was sent is what a real one would have.
type ear struct {
	mu      sync.Mutex
	events  map[string]bool // by message id: from a server source
	twice   int
	imports []past
	rates   int
	busy    int // answers 503 so many times
	stop    func()
	stopAt  int
}

func (e *ear) handler(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/batch", func(w http.ResponseWriter, r *http.Request) {
		key, _, _ := r.BasicAuth()
		var body struct{ Batch []struct{ MessageID string } }
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.busy > 0 {
			e.busy--
			w.Header().Set("Retry-After", "0")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		for _, m := range body.Batch {
			if _, ok := e.events[m.MessageID]; ok {
				e.twice++
			}
			e.events[m.MessageID] = key == "server"
		}
		if e.stop != nil && len(e.events) > e.stopAt {
			e.stop()
		}
		_, _ = w.Write([]byte(`{"success":true,"refused":[]}`))
	})
	mux.HandleFunc("POST /api/v1/imports", func(w http.ResponseWriter, r *http.Request) {
		f, head, err := r.FormFile("file")
		if err != nil || r.Header.Get("Authorization") != "Bearer api" {
			t.Error("import:", err, r.Header)
		}
		rows, err := csv.NewReader(f).ReadAll()
		if err != nil || len(rows) < 80 {
			t.Error("import:", err, len(rows))
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.imports = append(e.imports, past{ID: "1", Name: head.Filename, Status: "done"})
		_, _ = w.Write([]byte(`{"id":"1","status":"running"}`))
	})
	mux.HandleFunc("GET /api/v1/imports/1", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"id":"1","status":"done"}`)) })
	mux.HandleFunc("GET /api/v1/imports", func(w http.ResponseWriter, _ *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		_ = json.NewEncoder(w).Encode(map[string]any{"items": e.imports, "next_cursor": nil})
	})
	mux.HandleFunc("POST /api/v1/rates/file", func(w http.ResponseWriter, _ *http.Request) { e.rates++; _, _ = w.Write([]byte(`{}`)) })
	mux.HandleFunc("GET /api/v1/status", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"ingest":{}}`)) })
	mux.HandleFunc("GET /api/v1/events", func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		id := r.URL.Query().Get("message_id")
		items := []map[string]string{}
		if _, ok := e.events[id]; ok {
			items = append(items, map[string]string{"message_id": id})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": items})
	})
	return mux
}

func listen(t *testing.T) (*ear, Options) {
	e := &ear{events: map[string]bool{}}
	srv := httptest.NewServer(e.handler(t))
	t.Cleanup(srv.Close)
	return e, Options{Door: srv.Client(), Base: srv.URL, Keys: Keys{Server: "server", Browser: "browser", API: "api"}, Seed: 7, Customers: 150, Clock: clock.NewFake(anchor.Add(17 * time.Second))}
}

func TestLoadTwiceAndAfterAKill(t *testing.T) {
	e, o := listen(t)
	e.busy = 2
	ctx, cancel := context.WithCancel(t.Context())
	e.stop, e.stopAt = cancel, 3000
	if _, err := Load(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("killed: %v", err)
	}
	e.stop = nil
	o.Clock = clock.NewFake(anchor.Add(26 * time.Hour)) // started again the next day
	var stages []string
	o.Progress = func(p Progress) {
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
	}
	s, err := Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !s.Anchor().Equal(anchor) {
		t.Errorf("anchor %s", s.Anchor())
	}
	want := 0
	for b := range s.Batches(100) {
		want += b.Events
	}
	if len(e.events) != want {
		t.Errorf("%d events there, want %d", len(e.events), want)
	}
	if e.twice > (rewind+senders)*batchEvents {
		t.Errorf("%d events were sent twice", e.twice)
	}
	if got := strings.Join(stages, " "); got != "products rates applying events customers applying done" {
		t.Errorf("stages: %s", got)
	}
	before := len(e.imports)
	e.twice = 0
	if _, err := Load(t.Context(), o); err != nil || e.twice > 0 || len(e.imports) != before {
		t.Errorf("a second load is not quiet: %v, %d events, %d imports", err, e.twice, len(e.imports)-before)
	}
}

func TestLiveIsSteadyAndRepeatable(t *testing.T) {
	s := New(Config{Seed: 7, Customers: 500, Anchor: anchor})
	ids := func(l *live, from, to time.Time) (n int, batches []Batch) {
		for at := from; !at.After(to); at = at.Add(time.Second) {
			due := l.due(at)
			k := 0
			for _, b := range due {
				k += b.Events
				batches = append(batches, b)
			}
			if at.After(from) && k > 40 {
				t.Errorf("%d events in one second", k)
			}
			n += k
		}
		return n, batches
	}
	start := anchor.Add(time.Hour)
	l := s.newLive(start)
	first := 0
	for _, b := range l.due(start) {
		first += b.Events
	}
	if first < 900 || first > 4000 {
		t.Errorf("%d events in the half hour before", first)
	}
	n, _ := ids(l, start.Add(time.Second), start.Add(10*time.Minute))
	if rate := float64(n) / 600; rate < .5 || rate > 3 {
		t.Errorf("%.1f events a second", rate)
	}
	a, b := s.newLive(start), s.newLive(start)
	x, y := a.due(start.Add(time.Minute)), b.due(start.Add(time.Minute))
	if len(x) != len(y) || !bytes.Equal(x[0].Body, y[0].Body) {
		t.Error("two starts differ")
	}
	for _, batch := range x {
		if !json.Valid(batch.Body) {
			t.Error("not JSON")
		}
	}
}

func TestLiveStops(t *testing.T) {
	e, o := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	e.stop, e.stopAt = cancel, 10
	if err := New(Config{Seed: 7, Customers: 150, Anchor: anchor}).Live(ctx, o); err != nil {
		t.Error(err)
	}
	if len(e.events) == 0 {
		t.Error("nothing happened")
	}
}
