package proof

import (
	"bytes"
	"net/http/httptest"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/collect/ingest/load"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/warehouse/whtest"
)

// cpu gives the processor time that this process has used.
func cpu(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkWay sends batches of 50 through the door (without a network) while the applier is held, then lets it work them off. The CPU time of the
// whole process is quoted per event for each of the two halves, the making of the requests left out. One iteration is a batch.
//
//	go test -run xxx -bench Way/embedded -benchtime 4000x -cpuprofile cpu.prof ./internal/collect/ingest/proof
func BenchmarkWay(b *testing.B) {
	for _, engine := range []string{"embedded", "postgres"} {
		b.Run(engine, func(b *testing.B) {
			pair := whtest.Embedded
			if engine == "postgres" {
				pair = whtest.Postgres
			}
			p := pair(b)
			var gate sync.RWMutex
			h := Open(b, Config{DB: p.DB, Warehouse: p.Warehouse, Dir: b.TempDir(), Clock: clock.System{}, Crash: func(string) error {
				gate.RLock()
				defer gate.RUnlock()
				return nil
			}})
			defer h.Stop(b)
			const connections, size = 8, 50
			send := func(n int) (events float64) {
				bodies := make([][][]byte, connections)
				b.StopTimer()
				for c := range bodies {
					m := load.NewMaker("b"+strconv.Itoa(n)+"-"+strconv.Itoa(c), uint64(c))
					for range n/connections + 1 {
						bodies[c] = append(bodies[c], m.Batch(nil, size, clock.System{}.Now()))
						events += size
					}
				}
				b.StartTimer()
				before := cpu(b)
				var g sync.WaitGroup
				for c := range bodies {
					g.Go(func() {
						for _, body := range bodies[c] {
							r := httptest.NewRequest("POST", "/v1/batch", bytes.NewReader(body))
							r.SetBasicAuth("browser", "")
							w := httptest.NewRecorder()
							h.Ingest.Handler(httpapi.New(httpapi.Config{})).ServeHTTP(w, r)
							if w.Code != 200 {
								b.Error(w.Code, w.Body)
							}
						}
					})
				}
				g.Wait()
				b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/events, "accept-µs/event")
				return events
			}
			send(400) // warm
			h.Drain(b)
			gate.Lock()
			b.ResetTimer()
			events := send(b.N)
			before := cpu(b)
			began := clock.System{}.Now()
			gate.Unlock()
			h.Drain(b)
			b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1000/events, "apply-µs/event")
			b.ReportMetric(events/clock.System{}.Now().Sub(began).Seconds(), "applied/s")
		})
	}
}
