package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"rapport/internal/platform/jobs"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// queue is a service under test with a log of what ran.
type queue struct {
	*jobs.Service
	t   *testing.T
	db  *sqldb.DB
	ran chan jobs.Job
}

func newQueue(t *testing.T, db *sqldb.DB) *queue {
	t.Helper()
	s, err := jobs.New(t.Context(), jobs.Deps{DB: db, Log: slog.New(slog.DiscardHandler), Backoff: func(int) time.Duration { return 50 * time.Millisecond }})
	if err != nil {
		t.Fatal(err)
	}
	q := &queue{Service: s, t: t, db: db, ran: make(chan jobs.Job, 1000)}
	q.Register("note", func(_ context.Context, j jobs.Job) error {
		q.ran <- j
		return nil
	})
	return q
}

func (q *queue) start() *queue {
	q.t.Helper()
	if err := q.Start(q.t.Context()); err != nil {
		q.t.Fatal(err)
	}
	q.t.Cleanup(q.stop)
	return q
}

func (q *queue) stop() {
	q.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := q.Stop(ctx); err != nil {
		q.t.Error(err)
	}
}

func (q *queue) enqueue(kind string, args any, o jobs.Options) {
	q.t.Helper()
	if err := q.db.Tx(q.t.Context(), func(tx *sqldb.Tx) error { return q.Enqueue(q.t.Context(), tx, kind, args, o) }); err != nil {
		q.t.Fatal(err)
	}
}

func (q *queue) next() jobs.Job {
	q.t.Helper()
	select {
	case j := <-q.ran:
		return j
	case <-time.After(20 * time.Second):
		q.t.Fatal("no job ran")
		return jobs.Job{}
	}
}

func (q *queue) quietNow(what string) {
	q.t.Helper()
	select {
	case j := <-q.ran:
		q.t.Fatalf("%s: ran %+v", what, j)
	default:
	}
}

func TestRunsWithItsArguments(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db).start()
		q.enqueue("note", map[string]string{"name": "ätsch"}, jobs.Options{})
		j := q.next()
		var args map[string]string
		if err := json.Unmarshal(j.Args, &args); err != nil || args["name"] != "ätsch" || j.Kind != "note" || j.Attempt != 1 {
			t.Fatalf("got %+v %s, %v", j, j.Args, err)
		}
	})
}

func TestSurvivesARestart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db)
		q.enqueue("note", 1, jobs.Options{})
		q.start()
		q.next()
		q.stop()
		q.enqueue("note", 2, jobs.Options{})
		q2 := newQueue(t, db).start()
		if j := q2.next(); string(j.Args) != "2" {
			t.Fatalf("ran %s", j.Args)
		}
		q2.quietNow("the first job is done")
	})
}

func TestRolledBackNeverRuns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db).start()
		no := errors.New("no")
		err := db.Tx(t.Context(), func(tx *sqldb.Tx) error {
			if err := q.Enqueue(t.Context(), tx, "note", "never", jobs.Options{}); err != nil {
				return err
			}
			return no
		})
		if !errors.Is(err, no) {
			t.Fatal(err)
		}
		q.enqueue("note", "second", jobs.Options{})
		if j := q.next(); string(j.Args) != `"second"` {
			t.Fatalf("ran %s", j.Args)
		}
	})
}

func TestRetriesWithBackOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db)
		var tries, abandoned atomic.Int64
		q.Register("fails", func(_ context.Context, j jobs.Job) error {
			tries.Add(1)
			if j.Attempt < 3 {
				return errors.New("not yet")
			}
			q.ran <- j
			return nil
		})
		q.Register("panics", func(_ context.Context, j jobs.Job) error {
			if j.Attempt == 1 {
				panic("oh")
			}
			q.ran <- j
			return nil
		})
		q.Register("abandons", func(context.Context, jobs.Job) error {
			abandoned.Add(1)
			return jobs.Abandon(errors.New("the recipient is gone"))
		})
		q.start()
		q.enqueue("abandons", nil, jobs.Options{})
		q.enqueue("fails", nil, jobs.Options{})
		if j := q.next(); j.Attempt != 3 || tries.Load() != 3 {
			t.Fatalf("attempt %d after %d tries", j.Attempt, tries.Load())
		}
		q.enqueue("panics", nil, jobs.Options{})
		if j := q.next(); j.Attempt != 2 {
			t.Fatalf("attempt %d", j.Attempt)
		}
		if n := abandoned.Load(); n != 1 {
			t.Fatalf("an abandoned job ran %d times", n)
		}
	})
}

func TestRunsNotBeforeItsTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db).start()
		q.enqueue("note", "far", jobs.Options{At: time.Now().Add(time.Hour)})
		due := time.Now().Add(1500 * time.Millisecond)
		q.enqueue("note", "soon", jobs.Options{At: due})
		q.enqueue("note", "now", jobs.Options{})
		if j := q.next(); string(j.Args) != `"now"` {
			t.Fatalf("ran %s first", j.Args)
		}
		j := q.next()
		if early := time.Until(due); early > 0 || string(j.Args) != `"soon"` {
			t.Fatalf("ran %s, %v too early", j.Args, early)
		}
		q.quietNow("one hour has not passed")
	})
}

func TestUnique(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db)
		for i := range 5 {
			q.enqueue("note", i, jobs.Options{UniqueKey: "a"})
			q.enqueue("note", i, jobs.Options{UniqueKey: "hourly", UniqueFor: 24 * 365 * time.Hour})
		}
		q.enqueue("note", "other", jobs.Options{UniqueKey: "b"})
		q.start()
		for range 3 {
			q.next()
		}
		q.stop()
		q.quietNow("doubles were dropped")
		q.enqueue("note", "again", jobs.Options{UniqueKey: "a"})
		q.enqueue("note", "too soon", jobs.Options{UniqueKey: "hourly", UniqueFor: 24 * 365 * time.Hour})
		q.start()
		if j := q.next(); string(j.Args) != `"again"` {
			t.Fatalf("ran %s", j.Args)
		}
		q.stop()
		q.quietNow("the period is not over")
	})
}

func TestPeriodic(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db)
		q.Periodic("note", time.Second)
		q.Register("yearly", func(_ context.Context, j jobs.Job) error { q.ran <- j; return nil })
		q.Periodic("yearly", 24*365*time.Hour)
		q.start()
		yearly := 0
		for range 4 {
			if j := q.next(); j.Kind == "yearly" {
				yearly++
			}
		}
		if yearly != 1 {
			t.Fatalf("%d yearly jobs", yearly)
		}
		q.stop()
		q2 := newQueue(t, db)
		q2.Register("yearly", func(_ context.Context, j jobs.Job) error { q2.ran <- j; return nil })
		q2.Periodic("yearly", 24*365*time.Hour)
		q2.start()
		q2.enqueue("note", "mark", jobs.Options{})
		if j := q2.next(); j.Kind != "note" {
			t.Fatalf("a restart ran %s again", j.Kind)
		}
	})
}

// A program that died leaves its job running; the next one on the file frees it at once, on PostgreSQL within seconds.
func TestJobsOfADeadProgramRunAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db)
		q.enqueue("note", "orphan", jobs.Options{})
		stmt := `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at, attempted_by = '["gone"]'`
		if db.Engine() == sqldb.Postgres {
			stmt = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = created_at, attempted_by = ARRAY['gone']`
		}
		if _, err := db.Exec(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
		q.start()
		if j := q.next(); j.Attempt != 2 {
			t.Fatalf("attempt %d", j.Attempt)
		}
	})
}

func TestStopWaitsThenCancels(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		q := newQueue(t, db)
		began, cancelled := make(chan struct{}), make(chan struct{})
		var once sync.Once
		q.Register("long", func(ctx context.Context, _ jobs.Job) error {
			once.Do(func() { close(began) })
			<-ctx.Done()
			close(cancelled)
			return ctx.Err()
		})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		q.enqueue("long", nil, jobs.Options{})
		<-began
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		<-cancelled
	})
}

func BenchmarkEnqueueAndRun(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			s, err := jobs.New(b.Context(), jobs.Deps{DB: db, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			ran := make(chan struct{}, 1000)
			s.Register("note", func(context.Context, jobs.Job) error { ran <- struct{}{}; return nil })
			if err := s.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			n := 0
			for b.Loop() {
				n++
				if err := db.Tx(b.Context(), func(tx *sqldb.Tx) error { return s.Enqueue(b.Context(), tx, "note", n, jobs.Options{}) }); err != nil {
					b.Fatal(err)
				}
			}
			for range n {
				<-ran
			}
			if err := s.Stop(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkIdle tells what a started queue costs while there is nothing to do.
func BenchmarkIdle(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := open(b)
			s, err := jobs.New(b.Context(), jobs.Deps{DB: db, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				b.Fatal(err)
			}
			s.Register("note", func(context.Context, jobs.Job) error { return nil })
			if err := s.Start(b.Context()); err != nil {
				b.Fatal(err)
			}
			const watched = 10 * time.Second
			cpu := cpuTime()
			<-time.After(watched)
			b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/watched.Seconds()/10_000, "%core")
			if err := s.Stop(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
