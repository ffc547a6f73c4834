package outbox

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"rapport/internal/platform/sqldb"
)

// reader serves one subscriber. Its goroutine alone moves at; saved is what the database knows.
type reader struct {
	s      *Service
	sub    Subscriber
	topics map[string]bool
	wake   chan struct{}

	mu    sync.Mutex
	at    place
	saved place
	err   error
}

func (r *reader) place() place {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at
}

func (r *reader) setPlace(p place) {
	r.mu.Lock()
	moved := r.at != p
	r.at = p
	r.mu.Unlock()
	if moved {
		r.s.progressed()
	}
}

func (r *reader) failure() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		return ""
	}
	return r.err.Error()
}

// run reads on until ctx ends: at once while there is more, else when woken or at the next poll.
func (r *reader) run(ctx context.Context) {
	retry, unsettled, poll := retryMin, unsettledMin, pollEvery
	if r.s.db.Engine() == sqldb.SQLite {
		poll = pollAlone
	}
	for ctx.Err() == nil {
		n, waiting, err := r.step(ctx)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		r.err = err
		r.mu.Unlock()
		switch {
		case err != nil:
			r.s.log.Warn("subscriber failed, will hear the same records again", "subscriber", r.sub.Name, "pause", retry, "error", err)
			pause(ctx, retry)
			retry = min(retry*2, retryMax)
			continue
		case n == batchSize:
		case waiting:
			r.sleep(ctx, unsettled)
			unsettled = min(unsettled*2, unsettledMax)
			continue
		default:
			r.sleep(ctx, poll)
		}
		retry, unsettled = retryMin, unsettledMin
	}
}

func (r *reader) sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-r.wake:
	case <-t.C:
	}
}

// step hears one batch. It gives how many records it passed, and whether more wait for an older transaction to end.
func (r *reader) step(ctx context.Context) (n int, waiting bool, err error) {
	at := r.place()
	found, err := after(ctx, r.s.db, at, batchSize)
	if err != nil {
		return 0, false, err
	}
	var mine []Record
	for _, rec := range found {
		if !rec.settled {
			waiting = true
			break
		}
		n++
		at = rec.at
		if r.topics[rec.Topic] {
			mine = append(mine, rec.Record)
		}
	}
	if n == 0 {
		return 0, waiting, nil
	}
	if len(mine) > 0 {
		if err := r.handle(ctx, mine); err != nil {
			return 0, waiting, err
		}
		// The batch is done: ending now must not make it heard again.
		if err := saveCursor(context.WithoutCancel(ctx), r.s.db, r.sub.Name, at); err != nil {
			return 0, waiting, err
		}
		r.mu.Lock()
		r.saved = at
		r.mu.Unlock()
	}
	r.setPlace(at)
	return n, waiting, nil
}

// handle turns a panic into an error: one bad subscriber must not end the program.
func (r *reader) handle(ctx context.Context, records []Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return r.sub.Handle(ctx, records)
}

// save writes the cursor when it has moved since the last time.
func (r *reader) save(ctx context.Context, tx *sqldb.Tx) error {
	r.mu.Lock()
	at, saved := r.at, r.saved
	r.mu.Unlock()
	if at == saved {
		return nil
	}
	if err := saveCursor(ctx, tx, r.sub.Name, at); err != nil {
		return err
	}
	tx.OnCommit(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.saved.before(at) {
			r.saved = at
		}
	})
	return nil
}
