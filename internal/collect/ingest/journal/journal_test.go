package journal_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/platform/sqldb/dbtest"
)

var ctx = context.Background()

// each runs fn on a fresh store of every engine.
func each(t *testing.T, fn func(t *testing.T, s journal.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		s, err := journal.Open(ctx, filepath.Join(t.TempDir(), "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		fn(t, s)
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, journal.Within(dbtest.Postgres(t)))
	})
}

func request(n int, text string) []byte {
	b := journal.AppendHeader(nil, &journal.Header{SourceID: 7, ShopID: 1, Flags: journal.Server, Currency: "EUR", ReceivedAt: 5, SentAt: 4,
		IP: "203.0.113.0", Context: []byte(`{"a":1}`)}, n)
	for i := range n {
		b = journal.AppendRecord(b, &journal.Record{Mark: journal.Taken, Kind: 1, MessageID: fmt.Sprint(i), Text: []byte(text)})
	}
	return b
}

func TestStore(t *testing.T) {
	each(t, func(t *testing.T, s journal.Store) {
		if seq, n, err := s.Last(ctx); seq != 0 || n != 0 || err != nil {
			t.Fatalf("empty: %d %d %v", seq, n, err)
		}
		for i := int64(1); i <= 100; i++ {
			if err := s.Append(ctx, journal.Row{Seq: i, At: i * 10, Events: 3, Accepted: 3 * i, Body: []byte{0, byte(i), 0xff}}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Append(ctx, journal.Row{Seq: 100, Body: []byte{1}}); err == nil {
			t.Fatal("a taken sequence was taken again")
		}
		if seq, n, err := s.Last(ctx); seq != 100 || n != 300 || err != nil {
			t.Fatalf("%d %d %v", seq, n, err)
		}
		rows, err := s.Read(ctx, 40, 10)
		if err != nil || len(rows) != 4 || rows[0].Seq != 41 {
			t.Fatalf("%v %v", rows, err)
		}
		if diff := cmp.Diff(journal.Row{Seq: 41, At: 410, Events: 3, Accepted: 123, Body: []byte{0, 41, 0xff}}, rows[0]); diff != "" {
			t.Fatal(diff)
		}
		if rows, err = s.Read(ctx, 0, 1000); err != nil || len(rows) != 100 || rows[99].Seq != 100 {
			t.Fatalf("%d %v", len(rows), err)
		}
		if rows, err = s.Read(ctx, 100, 1000); err != nil || len(rows) != 0 {
			t.Fatalf("%d %v", len(rows), err)
		}
		if at, err := s.TimeAfter(ctx, 99); at != 1000 || err != nil {
			t.Fatal(at, err)
		}
		if at, err := s.TimeAfter(ctx, 100); at != 0 || err != nil {
			t.Fatal(at, err)
		}
	})
}

func open(t *testing.T, s journal.Store) *journal.Journal {
	t.Helper()
	j, err := journal.New(s, clock.NewFake(time.Unix(1, 0)), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJournal(t *testing.T) {
	each(t, func(t *testing.T, s journal.Store) {
		j := open(t, s)
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				if err := j.Append(ctx, request(i%3+1, fmt.Sprintf(`{"n":%d}`, i)), i%3+1); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		want := int64(50/3*6 + 1 + 2)
		if _, n := j.Last(); n != want {
			t.Fatalf("accepted %d, want %d", n, want)
		}
		j.Stop()
		if err := j.Append(ctx, request(1, "{}"), 1); !errors.Is(err, journal.ErrClosed) {
			t.Fatalf("after stop: %v", err)
		}
		j = open(t, s)
		defer j.Stop()
		if _, n := j.Last(); n != want {
			t.Fatalf("accepted %d after reopening", n)
		}
		rows, err := j.Read(ctx, 0, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for _, r := range rows {
			b, err := j.Unpack(nil, r.Body)
			if err != nil {
				t.Fatal(err)
			}
			at := 0
			err = journal.Walk(b, func(i int, h *journal.Header, r *journal.Record) error {
				if i != at || h.SourceID != 7 || h.Currency != "EUR" || string(h.Context) != `{"a":1}` {
					t.Fatalf("record %d: %+v %+v", i, h, r)
				}
				at++
				seen[string(r.Text)]++
				return nil
			})
			if err != nil || int64(at) != r.Events {
				t.Fatal(at, r.Events, err)
			}
		}
		for i := range 50 {
			if n := seen[fmt.Sprintf(`{"n":%d}`, i)]; n != i%3+1 {
				t.Fatalf("request %d has %d records", i, n)
			}
		}
		if err := j.Erase(ctx, rows[0].Seq, func(i int, _ *journal.Header, r *journal.Record) bool { return i == 0 }); err != nil {
			t.Fatal(err)
		}
		again, err := j.Read(ctx, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := j.Unpack(nil, again[0].Body)
		if err != nil {
			t.Fatal(err)
		}
		err = journal.Walk(b, func(i int, _ *journal.Header, r *journal.Record) error {
			if (r.Mark == journal.Erased) != (i == 0) {
				t.Errorf("record %d has mark %c", i, r.Mark)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// failing is a store whose disk is full for a while.
type failing struct {
	journal.Store
	mu   sync.Mutex
	fail bool
}

func (f *failing) Append(ctx context.Context, r journal.Row) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fail {
		return errors.New("no space left on device")
	}
	return f.Store.Append(ctx, r)
}

func TestFailureAndRecovery(t *testing.T) {
	each(t, func(t *testing.T, s journal.Store) {
		f := &failing{Store: s, fail: true}
		j := open(t, f)
		defer j.Stop()
		if err := j.Append(ctx, request(1, "{}"), 1); err == nil || !j.Failing() {
			t.Fatal("a failed commit was answered well")
		}
		f.mu.Lock()
		f.fail = false
		f.mu.Unlock()
		if err := j.Append(ctx, request(2, "{}"), 2); err != nil || j.Failing() {
			t.Fatal(err)
		}
		if seq, n := j.Last(); seq != 1 || n != 2 {
			t.Fatal(seq, n)
		}
	})
}

func FuzzWalk(f *testing.F) {
	f.Add(append([]byte{1}, request(3, "{}")...))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		err := journal.Walk(b, func(int, *journal.Header, *journal.Record) error { n++; return nil })
		if err != nil {
			return
		}
		out, changed, err := journal.Erase(b, func(i int, _ *journal.Header, _ *journal.Record) bool { return i%2 == 0 })
		if err != nil || changed != (n > 0) {
			t.Fatal(changed, err)
		}
		m := 0
		if err := journal.Walk(out, func(int, *journal.Header, *journal.Record) error { m++; return nil }); err != nil || m != n {
			t.Fatal(n, m, err)
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	s, err := journal.Open(ctx, filepath.Join(b.TempDir(), "journal.db"))
	if err != nil {
		b.Fatal(err)
	}
	j, err := journal.New(s, clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	if err := j.Start(ctx); err != nil {
		b.Fatal(err)
	}
	defer j.Stop()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		raw := request(50, fmt.Sprintf(`{"event":"Product Viewed","properties":{"sku":"G-32","pad":"%0900d"}}`, 7))
		for pb.Next() {
			if err := j.Append(ctx, raw, 50); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N*50)/b.Elapsed().Seconds(), "events/s")
}

// TestAlone has many requests arrive together, some of which share their row with nobody.
func TestAlone(t *testing.T) {
	each(t, func(t *testing.T, s journal.Store) {
		j, err := journal.New(s, clock.System{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		if err := j.Start(ctx); err != nil {
			t.Fatal(err)
		}
		var g sync.WaitGroup
		for i := range 60 {
			g.Go(func() {
				keep, h := j.Append, &journal.Header{SourceID: 7}
				if i%3 == 0 {
					keep, h = j.AppendAlone, &journal.Header{SourceID: 7, Flags: journal.Imported, ImportID: id.ID(1000 + i)}
				}
				raw := journal.AppendRecord(journal.AppendHeader(nil, h, 1), &journal.Record{Mark: journal.Taken, Text: []byte("{}")})
				if err := keep(ctx, raw, 1); err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		j.Stop()
		rows, err := j.Read(ctx, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		alone, all := 0, int64(0)
		for _, r := range rows {
			block, err := j.Unpack(nil, r.Body)
			if err != nil {
				t.Fatal(err)
			}
			all += r.Events
			err = journal.Walk(block, func(_ int, h *journal.Header, _ *journal.Record) error {
				if h.ImportID == 0 {
					return nil
				}
				if alone++; r.Events != 1 || h.ImportID%3 != 1000%3 {
					t.Errorf("%d events in the row of import %d", r.Events, h.ImportID)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if alone != 20 || all != 60 {
			t.Errorf("%d rows alone, %d events", alone, all)
		}
	})
}
