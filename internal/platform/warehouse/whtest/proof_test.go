package whtest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

// TestProof appends RAPPORT_PROOF_EVENTS events of a million customers in batches of 10,000, one in a hundred of them moving a device's
// history to somebody else, and times what the profile page reads. RAPPORT_PROOF=postgres takes that engine.
func TestProof(t *testing.T) {
	total, _ := strconv.Atoi(os.Getenv("RAPPORT_PROOF_EVENTS"))
	if total == 0 {
		total = 30_000 // the short form only shows that it works; RAPPORT_PROOF_EVENTS=20000000 measures
	}
	var w warehouse.Warehouse
	if os.Getenv("RAPPORT_PROOF") == "postgres" {
		w = whtest.Postgres(t).Warehouse
	} else {
		w = whtest.Duck(t, t.TempDir())
	}
	const customers, batch = 1_000_000, 10_000
	r := rand.New(rand.NewPCG(1, 2))
	spent, wall := time.Duration(0), time.Duration(0)
	for n := 0; n < total; n += batch {
		seq := int64(n/batch + 1)
		b := warehouse.Batch{Seq: seq}
		for i := range batch {
			b.Events = append(b.Events, click(r, seq, i, r.Int64N(customers)+1))
		}
		c, s := used(), time.Now()
		if err := w.Append(ctx, b); err != nil {
			t.Fatal(err)
		}
		spent, wall = spent+used()-c, wall+time.Since(s)
		if seq%30 == 0 {
			fmt.Printf("%d events: %.1f µs CPU and %.1f µs wall an event, append and the merges beside it\n", n+batch, micros(spent)/float64(n+batch), micros(wall)/float64(n+batch))
		}
	}
	c := used()
	var moves []warehouse.Move
	var spans []warehouse.PersonSpan
	const moved = 100
	for range moved {
		m := warehouse.Move{From: id.ID(r.Int64N(customers) + 1), To: id.ID(r.Int64N(customers) + 1), AnonymousID: "device", FromAt: start}
		moves = append(moves, m)
		spans = append(spans, warehouse.PersonSpan{CustomerID: m.To, FromAt: start, UntilAt: start + int64(total)*1000})
	}
	seq := int64(total/batch + 1)
	if err := w.Append(ctx, warehouse.Batch{Seq: seq, Moves: moves}); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("a move: %.0f µs CPU", micros(used()-c)/moved)
	c = used()
	if err := w.Resession(ctx, spans); err != nil {
		t.Fatal(err)
	}
	fmt.Printf(", visits of a person's whole history: %.0f µs CPU\n", micros(used()-c)/moved)
	for _, name := range []string{"cold", "warm"} {
		p := rand.New(rand.NewPCG(7, 7))
		var took []time.Duration
		c := used()
		for range 2000 {
			s := time.Now()
			if _, err := w.Person(ctx, id.ID(p.Int64N(customers)+1), warehouse.PersonQuery{Limit: 50}); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(s))
		}
		slices.Sort(took)
		fmt.Printf("%s pages: p50 %s, p99 %s, %.0f µs CPU\n", name, took[1000], took[1980], micros(used()-c)/2000)
	}
	for name, q := range map[string]warehouse.EventQuery{"newest": {Limit: 50}, "by message": {MessageID: "none", Limit: 50}, "by name": {Name: "Page", Limit: 50}} {
		c, s := used(), time.Now()
		if _, err := w.Events(ctx, q); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("events %s: %s, %s CPU\n", name, time.Since(s).Round(time.Millisecond), (used() - c).Round(time.Millisecond))
	}
	c, s := used(), time.Now()
	n := 0
	if err := w.Hashes(ctx, 0, func(h []int64) error { n += len(h); return nil }); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("%d hashes: %s, %s CPU\n", n, time.Since(s).Round(time.Millisecond), (used() - c).Round(time.Millisecond))
}

func micros(d time.Duration) float64 { return float64(d) / 1000 }

func used() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func click(r *rand.Rand, seq int64, i int, customer int64) warehouse.Event {
	p := strconv.Itoa(r.IntN(20_000))
	e := whtest.Event(seq, i, customer, start+(seq*10_000+int64(i))*1000)
	e.Name = []string{"Product Viewed", "Page", "Product Added"}[r.IntN(3)]
	e.MessageID = fmt.Sprintf("ajs-next-%016x%016x", r.Uint64(), r.Uint64())
	e.MessageHash = warehouse.MessageHash(e.SourceID, e.MessageID)
	e.AnonymousID = "device"
	e.Properties = []byte(`{"product_id":"` + p + `","sku":"SKU-` + p + `","name":"Product number ` + p + `","price":` + strconv.Itoa(r.IntN(300)) +
		`.99,"category":"shoes","brand":"Acme","currency":"EUR","quantity":1,"url":"https://shop.example/p/` + p + `"}`)
	e.Context = []byte(`{"page":{"path":"/p/` + p + `","referrer":"https://www.google.com/","title":"Product number ` + p +
		` - Shop","url":"https://shop.example/p/` + p + `"},"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36","locale":"en-US","ip":"203.0.113.0"}`)
	return e
}
