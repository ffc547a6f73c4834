package customer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// cpu gives the processor time of this process so far.
func cpu(tb testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func engines(b *testing.B, fn func(b *testing.B, db *sqldb.DB)) {
	b.Run("sqlite", func(b *testing.B) { fn(b, dbtest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { fn(b, dbtest.Postgres(b)) })
}

func newBenchService(db *sqldb.DB) *customer.Service {
	return customer.New(customer.Deps{
		DB: db, IDs: id.NewSource(clock.System{}), Clock: clock.System{},
		Reporting: func() (string, *time.Location) { return "EUR", time.UTC }, Region: func(id.ID) string { return "IN" },
		Announce: func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error { return nil },
	})
}

// traffic makes a batch of a shop's day: visitors look around, some are signed in, a few identify, servers tell of orders.
func traffic(r *rand.Rand, n, people int, at int64, first int64) []customer.Signal {
	out := make([]customer.Signal, n)
	for i := range out {
		p := r.IntN(people)
		s := &out[i]
		*s = customer.Signal{ShopID: 1, SourceID: 2, At: at + int64(i)*1000, EventID: first + int64(i), MessageHash: r.Int64(), Activity: true, AnonymousID: fmt.Sprintf("anonymous-%016d", p)}
		switch k := r.IntN(100); {
		case p%3 == 0: // a visitor who stays one
		case k < 3:
			s.UserID, s.Identify = fmt.Sprintf("user-%08d", p), true
			s.Traits = fmt.Appendf(nil, `{"email":"person%d@mail.example","firstName":"Maria","lastName":"Silva","plan":"gold","address":{"city":"Pune","country":"IN"}}`, p)
		case k < 40:
			s.UserID = fmt.Sprintf("user-%08d", p)
		case k < 47:
			s.UserID, s.AnonymousID, s.Server = fmt.Sprintf("user-%08d", p), "", true
		}
	}
	return out
}

// BenchmarkResolve is the hot path: batches of 10,000 events over 3,000 customers.
func BenchmarkResolve(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		s := newBenchService(db)
		r := rand.New(rand.NewPCG(1, 2))
		at, event := minute(0), int64(1)
		used := time.Duration(0)
		run := func() {
			signals := traffic(r, 10_000, 3_000, at, event)
			at, event = at+20_000_000, event+10_000
			start := cpu(b)
			if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				_, err := s.Resolve(ctx, tx, signals)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			used += cpu(b) - start
		}
		run() // everybody is new
		used = 0
		for b.Loop() {
			run()
		}
		b.ReportMetric(float64(used.Microseconds())/float64(b.N)/10_000, "cpu-µs/event")
	})
}

// BenchmarkNew is an import of people nobody has heard of.
func BenchmarkNew(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		s := newBenchService(db)
		n, used := 0, time.Duration(0)
		const size = 2_000
		for b.Loop() {
			signals := make([]customer.Signal, size)
			for i := range signals {
				n++
				signals[i] = customer.Signal{
					ShopID: 1, SourceID: 2, Server: true, At: minute(int64(n)), UserID: fmt.Sprintf("customer-%08d", n),
					Traits: fmt.Appendf(nil, `{"email":"person%d@mail.example","first_name":"Maria","last_name":"Silva","country":"India","city":"Pune"}`, n),
				}
			}
			start := cpu(b)
			if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				_, err := s.Resolve(ctx, tx, signals)
				return err
			}); err != nil {
				b.Fatal(err)
			}
			used += cpu(b) - start
		}
		b.ReportMetric(float64(used.Microseconds())/float64(b.N)/size, "cpu-µs/customer")
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/size, "µs/customer")
	})
}

var system = role.System(context.Background())

// BenchmarkDescribe is what the search index costs beside the hot path.
func BenchmarkDescribe(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		crowd(b, db, 3_000)
		s := newBenchService(db)
		var people []string
		for i := range 3_000 {
			people = append(people, fmt.Sprint(i+1))
		}
		payload, err := json.Marshal(map[string]any{"described": people})
		if err != nil {
			b.Fatal(err)
		}
		handle := s.Subscriptions()[0].Handle
		start := cpu(b)
		for b.Loop() {
			if err := handle(ctx, []outbox.Record{{Payload: payload}}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64((cpu(b)-start).Microseconds())/float64(b.N)/3_000, "cpu-µs/customer")
	})
}
