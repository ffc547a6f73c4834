// Package snapshot keeps a small table in memory, so that a hot path reads it without touching the pool.
//
// It owns nothing but the rule of freshness: who changes the table on this node calls Forget when his transaction is
// committed, and what other nodes change is seen within the time to live, because the next reader then loads anew. Nobody
// polls: an idle program stays idle. While one reader loads, the others go on with what is there, so a slow database slows one of
// them; if it is away altogether the last good copy serves on.
//
// A copy may be loaded through a transaction, but not through one that has changed the table: rolled back, its rows would stay.
package snapshot

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/platform/sqldb"
)

// Life is the usual time to live.
const Life = 2 * time.Second

// Of is a copy of a table in the form T, which must not be changed after it was loaded.
type Of[T any] struct {
	clock   clock.Clock
	load    func(ctx context.Context, q sqldb.Q, old T) (T, error)
	mu      sync.Mutex // held while loading
	changes atomic.Int64
	current atomic.Pointer[held[T]]
}

type held[T any] struct {
	value T
	at    time.Time
}

// New gives an empty copy. load gets the former copy, the zero T at first and after Forget, and may return it unchanged.
func New[T any](c clock.Clock, load func(ctx context.Context, q sqldb.Q, old T) (T, error)) *Of[T] {
	return &Of[T]{clock: c, load: load}
}

// Get gives the copy, loading it through q where it is missing or older than Life.
func (s *Of[T]) Get(ctx context.Context, q sqldb.Q) (T, error) {
	h := s.current.Load()
	if s.fresh(h) {
		return h.value, nil
	}
	if h == nil {
		s.mu.Lock()
	} else if !s.mu.TryLock() {
		return h.value, nil
	}
	defer s.mu.Unlock()
	if h = s.current.Load(); s.fresh(h) {
		return h.value, nil
	}
	var old T
	if h != nil {
		old = h.value
	}
	changes := s.changes.Load()
	at := s.clock.Now()
	value, err := s.load(ctx, q, old)
	switch {
	case err != nil && h != nil:
		return old, nil
	case err != nil:
		return old, err
	}
	if fresh := (&held[T]{value, at}); s.current.CompareAndSwap(h, fresh) && s.changes.Load() != changes {
		s.current.CompareAndSwap(fresh, nil) // forgotten while it was being read
	}
	return value, nil
}

func (s *Of[T]) fresh(h *held[T]) bool { return h != nil && s.clock.Now().Sub(h.at) < Life }

// Forget has the next reader load anew.
func (s *Of[T]) Forget() {
	s.changes.Add(1)
	s.current.Store(nil)
}
