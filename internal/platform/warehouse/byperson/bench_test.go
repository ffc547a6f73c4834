package byperson

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// TestProof loads RAPPORT_PROOF_EVENTS events of a million persons in batches of 10,000 and prints what writing and reading cost.
func TestProof(t *testing.T) {
	total, _ := strconv.Atoi(os.Getenv("RAPPORT_PROOF_EVENTS"))
	if total == 0 {
		total = 30_000 // the short form only shows that it works; RAPPORT_PROOF_EVENTS=20000000 measures
	}
	const persons, batch = 1_000_000, 10_000
	path := filepath.Join(t.TempDir(), "activity.db")
	s := open(t, path)
	r := rand.New(rand.NewPCG(1, 2))
	var spent time.Duration
	began, cpu := time.Now(), cpuTime()
	for n := 0; n < total; n += batch {
		rows := make([]Row, batch)
		gen := cpuTime()
		for i := range rows {
			e := visit(r, int64(r.IntN(persons)+1), int64(n+i))
			rows[i] = Row{Event: &e, Customer: e.CustomerID}
		}
		cpu += cpuTime() - gen // making events is not what is measured
		w := time.Now()
		if err := s.Append(ctx, int64(n/batch+1), rows); err != nil {
			t.Fatal(err)
		}
		spent += time.Since(w)
		if (n/batch)%200 == 199 {
			fmt.Printf("%d events: %.1f µs CPU an event, append %.1f µs wall an event, %d runs\n", n+batch, us(cpuTime()-cpu)/float64(n+batch), us(spent)/float64(n+batch), len(s.runs))
		}
	}
	for s.busy() {
		time.Sleep(100 * time.Millisecond)
	}
	info, _ := os.Stat(path)
	fmt.Printf("all %d with merges done: %.1f µs CPU an event, %s wall, %d bytes an event, %d runs\n", total, us(cpuTime()-cpu)/float64(total), time.Since(began).Round(time.Second), info.Size()/int64(total), len(s.runs))
	for _, name := range []string{"cold", "warm"} {
		var took []time.Duration
		c := cpuTime()
		p := rand.New(rand.NewPCG(7, 7))
		for range 2000 {
			w := time.Now()
			if _, err := s.Person(ctx, Query{Customer: id.ID((p.IntN(persons) + 1) << 30), Limit: 50}); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(w))
		}
		slices.Sort(took)
		fmt.Printf("%s reads: p50 %s p99 %s, %.0f µs CPU\n", name, took[1000], took[1980], us(cpuTime()-c)/2000)
	}
}

func (s *Store) busy() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	lo, hi := due(s.runs)
	return lo != hi
}

func us(d time.Duration) float64 { return float64(d) / 1000 }

func cpuTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func visit(r *rand.Rand, person, n int64) warehouse.Event {
	p := strconv.Itoa(r.IntN(20000))
	e := warehouse.Event{EventID: n + 1, CustomerID: id.ID(person << 30), SessionID: n + 1, SessionStart: true, At: 1_700_000_000_000_000 + n*1000,
		ReceivedAt: 1_700_000_000_000_000 + n*1000, Day: 19000, ShopID: 1, SourceID: 2, Kind: "track", Name: "Product Viewed",
		MessageID: fmt.Sprintf("ajs-next-%016x%016x", r.Uint64(), r.Uint64()), AnonymousID: fmt.Sprintf("%016x-%d", uint64(person)*0x9e3779b97f4a7c15, person)}
	e.Properties = []byte(`{"product_id":"` + p + `","sku":"SKU-` + p + `","name":"Product number ` + p + `","price":` + strconv.Itoa(r.IntN(300)) +
		`.99,"category":"shoes","brand":"Acme","currency":"EUR","quantity":1,"url":"https://shop.example/p/` + p + `","image_url":"https://shop.example/i/` + p + `.jpg"}`)
	e.Context = []byte(`{"page":{"path":"/p/` + p + `","referrer":"https://www.google.com/","search":"","title":"Product number ` + p +
		` - Shop","url":"https://shop.example/p/` + p + `"},"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36","locale":"en-US","timezone":"Europe/Berlin","ip":"203.0.113.0"}`)
	return e
}
