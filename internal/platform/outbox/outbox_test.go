package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

func newService(db *sqldb.DB) *outbox.Service {
	return outbox.New(outbox.Deps{DB: db, IDs: id.NewSource(clock.System{}), Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
}

func announce(t *testing.T, s *outbox.Service, db *sqldb.DB, topic string, values ...int) {
	t.Helper()
	err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
		for _, v := range values {
			if err := s.Announce(t.Context(), tx, topic, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ear is a subscriber that writes down what it hears and fails as often as told.
type ear struct {
	mu    sync.Mutex
	heard []int
	fail  int
}

func (e *ear) handle(_ context.Context, records []outbox.Record) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range records {
		var v int
		if err := json.Unmarshal(r.Payload, &v); err != nil {
			return err
		}
		e.heard = append(e.heard, v)
	}
	if e.fail > 0 {
		e.fail--
		return errors.New("not now")
	}
	return nil
}

func (e *ear) all() []int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.heard)
}

func start(t *testing.T, s *outbox.Service) (stop func()) {
	t.Helper()
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			if err := s.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

func drain(t *testing.T, s *outbox.Service) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func equal(t *testing.T, got, want []int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("heard %v, want %v", got, want)
	}
}

func count(t *testing.T, db *sqldb.DB) (n int) {
	t.Helper()
	if err := db.Row(t.Context(), `SELECT COUNT(*) FROM outbox`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestHearsItsTopicsInOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(db)
		var a, b ear
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"one", "two"}, Handle: a.handle})
		s.Subscribe(outbox.Subscriber{Name: "b", Topics: []string{"two"}, Handle: b.handle})
		announce(t, s, db, "one", 1, 2)
		start(t, s)
		announce(t, s, db, "two", 3)
		announce(t, s, db, "three", 99)
		announce(t, s, db, "one", 4)
		drain(t, s)
		equal(t, a.all(), []int{1, 2, 3, 4})
		equal(t, b.all(), []int{3})
	})
}

func TestMoreThanOneBatch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(db)
		var a ear
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: a.handle})
		var want []int
		for i := range 1700 {
			want = append(want, i)
		}
		announce(t, s, db, "x", want...)
		start(t, s)
		drain(t, s)
		equal(t, a.all(), want)
	})
}

func TestRolledBackIsNeverHeard(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(db)
		var a ear
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: a.handle})
		start(t, s)
		no := errors.New("no")
		err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
			if err := s.Announce(t.Context(), tx, "x", 1); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		announce(t, s, db, "x", 2)
		drain(t, s)
		equal(t, a.all(), []int{2})
	})
}

func TestFailureRepeatsAndDoesNotBlockOthers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(db)
		stuck := make(chan struct{})
		var good, bad ear
		bad.fail = 2
		s.Subscribe(outbox.Subscriber{Name: "bad", Topics: []string{"x"}, Handle: bad.handle})
		s.Subscribe(outbox.Subscriber{Name: "panics", Topics: []string{"x"}, Handle: func(context.Context, []outbox.Record) error { panic("oh") }})
		s.Subscribe(outbox.Subscriber{Name: "slow", Topics: []string{"x"}, Handle: func(ctx context.Context, _ []outbox.Record) error {
			select {
			case <-stuck:
			case <-ctx.Done():
			}
			return ctx.Err()
		}})
		s.Subscribe(outbox.Subscriber{Name: "good", Topics: []string{"x"}, Handle: good.handle})
		announce(t, s, db, "x", 1)
		start(t, s)
		eventually(t, "good and bad hear while another is stuck", func() bool { return len(good.all()) == 1 && len(bad.all()) == 3 })
		equal(t, bad.all(), []int{1, 1, 1})
		close(stuck)
		st, err := s.Status(t.Context())
		if err != nil || st[1].Behind != 1 || st[1].Error == "" || st[3].Behind != 0 {
			t.Fatalf("status %+v, %v", st, err)
		}
	})
}

func TestCursorSurvivesRestartAndHeardRowsGo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var first, second ear
		s := newService(db)
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: first.handle})
		announce(t, s, db, "x", 1, 2)
		announce(t, s, db, "other", 3)
		stop := start(t, s)
		drain(t, s)
		stop()
		if n := count(t, db); n != 0 {
			t.Fatalf("%d heard rows are left", n)
		}
		s = newService(db)
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: second.handle})
		announce(t, s, db, "x", 4)
		start(t, s)
		drain(t, s)
		equal(t, first.all(), []int{1, 2})
		equal(t, second.all(), []int{4})
	})
}

// A program that dies after Handle and before the cursor moved hears the batch again.
func TestCrashBetweenHandleAndCursorRepeats(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(db)
		handled, gone := make(chan struct{}), make(chan struct{})
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: func(ctx context.Context, _ []outbox.Record) error {
			close(handled)
			<-gone // the effect is there, the process never comes back
			return errors.New("dead")
		}})
		announce(t, s, db, "x", 1)
		stop := start(t, s)
		<-handled
		go func() { close(gone) }()
		stop()
		var a ear
		s = newService(db)
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: a.handle})
		start(t, s)
		drain(t, s)
		equal(t, a.all(), []int{1})
	})
}

// Ids go on above the cursors when the clock was set back between two starts.
func TestClockSetBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var a ear
		clk := clock.NewFake(time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC))
		for i := range 2 {
			s := outbox.New(outbox.Deps{DB: db, IDs: id.NewSource(clk), Clock: clk})
			s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: a.handle})
			stop := start(t, s)
			announce(t, s, db, "x", i)
			drain(t, s)
			stop()
			clk.Advance(-24 * time.Hour)
		}
		equal(t, a.all(), []int{0, 1})
	})
}

// TestLateCommitIsNotSkipped: on PostgreSQL a transaction that announced first may commit last. Its record has the lower place and must
// still be heard; a reader that took the later one at once would have moved its cursor past it.
func TestLateCommitIsNotSkipped(t *testing.T) {
	db := dbtest.Postgres(t)
	s := newService(db)
	var a ear
	s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: a.handle})
	start(t, s)
	announced, commit, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- db.Tx(context.Background(), func(tx *sqldb.Tx) error {
			if err := s.Announce(context.Background(), tx, "x", 1); err != nil {
				return err
			}
			close(announced)
			<-commit
			return nil
		})
	}()
	<-announced
	announce(t, s, db, "x", 2)
	if got := a.all(); len(got) != 0 {
		t.Fatalf("heard %v while an older transaction still runs", got)
	}
	close(commit)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	drain(t, s)
	equal(t, a.all(), []int{1, 2})
}

// TestManyWritersLoseNothing has overlapping transactions of which some roll back.
func TestManyWritersLoseNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newService(db)
		var a ear
		s.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: a.handle})
		start(t, s)
		const writers, each = 4, 50
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
						if err := s.Announce(t.Context(), tx, "x", w*1000+i); err != nil {
							return err
						}
						if i%5 == 4 {
							return errors.New("roll back")
						}
						return nil
					})
					if (err != nil) != (i%5 == 4) {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		drain(t, s)
		got := a.all()
		last := map[int]int{}
		for _, v := range got {
			w, i := v/1000, v%1000
			if before, ok := last[w]; ok && i <= before {
				t.Fatalf("writer %d: %d came after %d", w, i, before)
			}
			last[w] = i
		}
		if want := writers * each * 4 / 5; len(got) != want {
			t.Fatalf("heard %d records, want %d", len(got), want)
		}
	})
}

// TestOneProgramServes: of two programs on one PostgreSQL only one serves; the other takes over when it stops.
func TestOneProgramServes(t *testing.T) {
	db := dbtest.Postgres(t)
	var first, second ear
	s1, s2 := newService(db), newService(db)
	s1.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: first.handle})
	s2.Subscribe(outbox.Subscriber{Name: "a", Topics: []string{"x"}, Handle: second.handle})
	stop := start(t, s1)
	announce(t, s1, db, "x", 1)
	drain(t, s1)
	start(t, s2)
	announce(t, s2, db, "x", 2)
	drain(t, s2)
	stop()
	announce(t, s2, db, "x", 3)
	drain(t, s2)
	equal(t, first.all(), []int{1, 2})
	equal(t, second.all(), []int{3})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(30 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatal("never: " + what)
		}
	}
}

func BenchmarkAnnounce(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			s := newService(db)
			err := db.Tx(b.Context(), func(tx *sqldb.Tx) error {
				for b.Loop() {
					if err := s.Announce(b.Context(), tx, "order.changed", map[string]string{"id": fmt.Sprint(1234567)}); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}
