package importer_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"rapport/internal/collect/importer"
	"rapport/internal/platform/sqldb/dbtest"
)

// orderFile writes a file of orders as a shop of some size has them: sorted by time, a fifth as many customers as orders.
func orderFile(tb testing.TB, n int, email bool) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "orders.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	_, _ = fmt.Fprintln(w, "order_id,date,customer_id,email,total,currency,sku,quantity")
	for i := range n {
		at = at.Add(time.Duration(r.IntN(120)) * time.Second)
		who := r.IntN(max(1, n/5))
		user, mail := strconv.Itoa(who), ""
		if email {
			mail = fmt.Sprintf("customer%d@example.com", who)
		}
		_, _ = fmt.Fprintf(w, "R%08d,%s,%s,%s,%d.%02d,USD,SKU-%03d,%d\n", i, at.Format("2006-01-02 15:04:05"), user, mail, r.IntN(300), r.IntN(100), r.IntN(500), 1+r.IntN(3))
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOrders imports RAPPORT_BENCH_ROWS orders (100,000) through the real services into SQLite:
//
//	go test -run '^$' -bench Orders -benchtime 1x ./internal/collect/importer
func BenchmarkOrders(b *testing.B) {
	n := 100_000
	if s := os.Getenv("RAPPORT_BENCH_ROWS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for _, email := range []bool{false, true} {
		name := "user id"
		if email {
			name = "user id and e-mail"
		}
		b.Run(name, func(b *testing.B) {
			path := orderFile(b, n, email)
			for range b.N {
				w := newWorld(b, dbtest.SQLite(b))
				for _, pass := range []string{"first", "again"} {
					f, err := os.Open(path)
					if err != nil {
						b.Fatal(err)
					}
					i := w.start(importer.Request{Kind: importer.Orders}, f)
					_ = f.Close()
					used, begin := cpu(), time.Now()
					if err := w.RunOne(ctx, i.ID); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64((cpu()-used).Microseconds())/float64(n), pass+"-cpu-µs/row")
					b.ReportMetric(float64(n)/time.Since(begin).Seconds(), pass+"-rows/s")
					if i = w.state(i.ID); i.Created+i.Unchanged != int64(n) {
						b.Fatalf("%s: %s", pass, counts(i))
					}
				}
			}
		})
	}
}

// BenchmarkRead reads and understands the same file without storing anything.
func BenchmarkRead(b *testing.B) {
	const n = 200_000
	path := orderFile(b, n, true)
	for b.Loop() {
		used := cpu()
		if err := importer.ReadOnly(path, importer.Orders); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64((cpu()-used).Nanoseconds())/1000/n, "cpu-µs/row")
	}
}
