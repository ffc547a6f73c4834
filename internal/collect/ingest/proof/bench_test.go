package proof

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/collect/ingest/load"
	"rapport/internal/platform/warehouse/whtest"
)

func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWay sends batches of 50 through the door (without a network) and waits until all is visible. The whole CPU time of the
// process, the making of the requests left out, is quoted per event; profile it with -cpuprofile.
func BenchmarkWay(b *testing.B) {
	for _, engine := range []string{"embedded", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			pair := whtest.Embedded
			if engine == "postgres" {
				pair = whtest.Postgres
			}
			p := pair(b)
			h := Open(b, Config{DB: p.DB, Warehouse: p.Warehouse, Dir: b.TempDir(), Clock: clock.System{}})
			defer h.Stop(b)
			m := load.NewMaker("b", 1)
			send := func(n int) {
				const at = 64
				bodies := make([][]byte, at)
				for i := 0; i < n; i += at {
					b.StopTimer()
					before := cpu(b)
					for j := range bodies {
						bodies[j] = m.Batch(bodies[j][:0], 50, clock.System{}.Now())
					}
					made += cpu(b) - before
					b.StartTimer()
					done := make(chan struct{}, at)
					for j := range bodies {
						go func() {
							r := httptest.NewRequest("POST", "/v1/batch", bytes.NewReader(bodies[j]))
							r.SetBasicAuth("browser", "")
							w := httptest.NewRecorder()
							h.Ingest.Handler().ServeHTTP(w, r)
							if w.Code != 200 {
								b.Error(w.Code, w.Body)
							}
							done <- struct{}{}
						}()
					}
					for range bodies {
						<-done
					}
				}
			}
			send(256) // warm
			h.Drain(b)
			made = 0
			b.ResetTimer()
			before, began := cpu(b), clock.System{}.Now()
			send(b.N)
			accepted := cpu(b) - before - made
			wall := clock.System{}.Now().Sub(began)
			h.Drain(b)
			n := float64((b.N+63)/64*64) * 50
			b.ReportMetric(float64((cpu(b)-before-made).Microseconds())/n, "cpu-µs/event")
			b.ReportMetric(n/clock.System{}.Now().Sub(began).Seconds(), "events/s")
			_ = fmt.Sprint(accepted, wall)
		})
	}
}

var made time.Duration
