package load

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"rapport/internal/base/errs"
)

func TestRun(t *testing.T) {
	var got, busy atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		var body struct{ Batch []map[string]any }
		key, _, _ := r.BasicAuth()
		if err != nil || json.Unmarshal(b, &body) != nil || len(body.Batch) != 50 || key != "k" {
			t.Errorf("%v: %.300s", err, b)
		}
		if busy.Add(1) == 3 {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		got.Add(50)
		_, _ = io.WriteString(w, `{"success":true,"accepted":50,"refused":[]}`)
	}))
	defer server.Close()
	r, err := Run(context.Background(), Config{URL: server.URL, Key: "k", Connections: 2, Rate: 2000, Duration: 300 * time.Millisecond})
	if err != nil || r.Events != got.Load() || r.Busy != 1 || r.Failed != 0 || r.Events < 50 || r.Events > 700 || r.P99 == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
}

func TestOnlyThisMachine(t *testing.T) {
	for _, u := range []string{"http://example.com", "https://127.0.0.1", "http://10.0.0.1:80", "nonsense"} {
		if _, err := Run(context.Background(), Config{URL: u}); errs.As(err) == nil {
			t.Errorf("%s: %v", u, err)
		}
	}
}

func TestEventSize(t *testing.T) {
	m := NewMaker("s", 1)
	now := time.Unix(1795000000, 0)
	b := m.Batch(nil, 1000, now)
	if !json.Valid(b) || len(b) < 900_000 || len(b) > 1_300_000 {
		t.Fatalf("%d bytes for 1000 events, valid %v", len(b), json.Valid(b))
	}
}
