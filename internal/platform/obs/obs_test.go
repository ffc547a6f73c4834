package obs_test

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/obs"
)

func TestLogger(t *testing.T) {
	for _, r := range []struct{ format, level, want string }{
		{"text", "info", "level=INFO msg=hello\n"},
		{"json", "info", `"level":"INFO","msg":"hello"}` + "\n"},
		{"auto", "info", `"msg":"hello"}` + "\n"}, // not a terminal
		{"text", "warn", ""},
		{"text", "nonsense", "msg=hello\n"},
	} {
		var b bytes.Buffer
		obs.Logger(&b, r.format, r.level).Info("hello")
		if !strings.HasSuffix(b.String(), r.want) || (r.want == "" && b.Len() > 0) {
			t.Errorf("%+v: %q", r, b.String())
		}
	}
}

func TestMetrics(t *testing.T) {
	m := obs.New("1.2.3")
	m.Observe("list-users", "GET", 200, 3*time.Millisecond)
	n := 1.0
	m.Gauge("rapport_lag_seconds", "Lag.", func() float64 { return n })
	m.Counter("rapport_events_total", "Events.", func() float64 { return 5 }, "verdict", "accepted")
	m.Counter("rapport_events_total", "Events.", func() float64 { return 2 }, "verdict", "refused")
	n = 7
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`rapport_http_request_seconds_count{method="GET",operation="list-users",status="2xx"} 1`, "rapport_lag_seconds 7",
		`rapport_events_total{verdict="accepted"} 5`, `rapport_events_total{verdict="refused"} 2`, `rapport_build_info{version="1.2.3"} 1`,
		"go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%q is not in\n%s", want, w.Body)
		}
	}
}
