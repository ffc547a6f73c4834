package ingest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"rapport/internal/access/role"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestCrash stops the service dead between every two steps of an event's way, at the first and at a later time, and holds that after a
// restart every acknowledged event is there once.
func TestCrash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRig(t, db)
		made, applied := 0, 0
		for _, point := range []string{"apply.begin", "apply.commit", "apply.committed", "flush.begin", "flush.appended", "flush.visits", "flush.done"} {
			for nth := 1; nth <= 2; nth++ {
				t.Logf("crash at %s, time %d", point, nth)
				seen := 0
				dead := make(chan struct{})
				r.crash = func(p string) error {
					if p != point {
						return nil
					}
					if seen++; seen == nth {
						close(dead)
						return errors.New("killed")
					}
					return nil
				}
				s := r.open(t)
				for alive := true; alive; {
					body := fmt.Appendf(nil, `{"batch":[{"type":"track","event":"A","userId":"u%d","messageId":"m%d"},
						{"type":"track","event":"B","anonymousId":"a%d","messageId":"n%d"},{"type":"track","event":"again","userId":"u","messageId":"m%d"}]}`,
						made%7, made, made%5, made, made)
					if code, _, _ := send(t, s, "POST", "/v1/batch", "server", body); code != 200 {
						t.Fatal(code)
					}
					made++
					_ = s.Drain(ctx)
					select {
					case <-dead:
						alive = false
					default:
					}
				}
				_ = s.Stop(ctx) // does not drain: it is dead
			}
		}
		r.crash = nil
		s := r.open(t)
		drain(t, s)
		st := status(t, s)
		applied = int(st.Applied)
		if int(st.Accepted) != 3*made || applied != 2*made || int(st.Duplicates) != made {
			t.Fatalf("%d requests: %+v", made, st)
		}
		times := map[string]int{}
		for _, e := range r.shelf.all() {
			times[e.MessageID]++
			if e.CustomerID == 0 || e.SessionID != e.EventID || !e.SessionStart {
				t.Fatalf("decision was lost: %+v", e)
			}
		}
		for i := range made {
			if times[fmt.Sprint("m", i)] != 1 || times[fmt.Sprint("n", i)] != 1 {
				t.Fatalf("request %d: %d and %d times", i, times[fmt.Sprint("m", i)], times[fmt.Sprint("n", i)])
			}
		}
		if len(times) != 2*made {
			t.Fatalf("%d messages, want %d", len(times), 2*made)
		}
		stop(t, s)
		if queue, err := listQueue(ctx, db); err != nil || len(queue) != 0 {
			t.Fatalf("left in the queue: %v %v", queue, err)
		}
	})
}

// TestDatabaseGoesAway holds that events wait in the journal while the warehouse is away, and that nothing is lost or doubled.
func TestDatabaseGoesAway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		r := newRig(t, db)
		s := r.open(t)
		r.shelf.mu.Lock()
		r.shelf.fail = errors.New("gone")
		r.shelf.mu.Unlock()
		for i := range 20 {
			body := fmt.Appendf(nil, `{"event":"A","userId":"u","messageId":"%d"}`, i/2)
			if code, _, _ := send(t, s, "POST", "/v1/track", "server", body); code != 200 {
				t.Fatal(code)
			}
		}
		if st := status(t, s); st.Accepted != 20 || st.Applied != 0 {
			t.Fatalf("%+v", st)
		}
		r.shelf.mu.Lock()
		r.shelf.fail = nil
		r.shelf.mu.Unlock()
		drain(t, s)
		if st := status(t, s); st.Applied != 10 || st.Duplicates != 10 || len(r.shelf.all()) != 10 {
			t.Fatalf("%+v, %d events", st, len(r.shelf.all()))
		}
		stop(t, s)
	})
}

// choosy is a store that cannot take one event.
type choosy struct{ nobody }

func (c choosy) ResolveAnd(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, error) {
	for _, s := range signals {
		if s.UserID == "poison" {
			return customer.Resolved{}, errors.New("cannot be stored")
		}
	}
	return c.nobody.ResolveAnd(ctx, tx, signals, then)
}

// TestOneEventCannotHoldUpTheOthers holds that an event which no store takes ends among the refused ones.
func TestOneEventCannotHoldUpTheOthers(t *testing.T) {
	r := newRig(t, dbtest.SQLite(t))
	s := r.make(t)
	s.Customers = choosy{}
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer stop(t, s)
	for i := range 9 {
		user := "u"
		if i == 4 {
			user = "poison"
		}
		if code, _, _ := send(t, s, "POST", "/v1/track", "server", fmt.Appendf(nil, `{"event":"A","userId":"%s","messageId":"%d"}`, user, i)); code != 200 {
			t.Fatal(code)
		}
	}
	drain(t, s)
	if st := status(t, s); st.Applied != 8 || st.Refused != 1 {
		t.Fatalf("%+v", st)
	}
	p, err := s.RefusedEvents(role.System(ctx), RefusedFilter{}, 10, "")
	if err != nil || len(p.Items) != 1 || p.Items[0].MessageID != "4" || p.Items[0].Code != "ingest.cannot_apply" {
		t.Fatalf("%+v %v", p, err)
	}
}
