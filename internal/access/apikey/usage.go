package apikey

import (
	"context"
	"sync"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
)

// writeEvery is how often uses are written.
const writeEvery = time.Minute

// usage remembers when keys were last used until it is written.
type usage struct {
	last sync.Map // id.ID -> int64, microseconds
	stop context.CancelFunc
	done chan struct{}
}

func (u *usage) mark(key id.ID, at time.Time) {
	us := clock.Micros(at)
	if was, ok := u.last.Load(key); !ok || us-was.(int64) >= time.Second.Microseconds() {
		u.last.Store(key, us)
	}
}

// Start begins to write, once a minute, when keys were last used.
func (s *Service) Start(ctx context.Context) error {
	ctx, s.usage.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.usage.done = make(chan struct{})
	go func() {
		defer close(s.usage.done)
		tick := time.NewTicker(writeEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				s.writeUsage(ctx)
			}
		}
	}()
	return nil
}

// Stop writes what is left.
func (s *Service) Stop(ctx context.Context) error {
	if s.usage.stop != nil {
		s.usage.stop()
		<-s.usage.done
		s.writeUsage(ctx)
	}
	return nil
}

func (s *Service) writeUsage(ctx context.Context) {
	var rows [][]any
	s.usage.last.Range(func(key, at any) bool {
		rows = append(rows, []any{int64(key.(id.ID)), at})
		return true
	})
	if err := writeLastUsed(ctx, s.DB, rows); err != nil {
		s.Log.WarnContext(ctx, "use of keys not written; will try again", "error", err)
		return
	}
	for _, r := range rows {
		s.usage.last.CompareAndDelete(id.ID(r[0].(int64)), r[1])
	}
}
