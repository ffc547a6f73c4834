package ingest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// findDuplicates gives the ids of events that came before, in this step or an earlier one; nil where there are none.
func (s *Service) findDuplicates(ctx context.Context, parts []*part) (map[int64]bool, error) {
	suspects := map[int64][]*warehouse.Event{}
	since := clock.Micros(s.Clock.Now())
	fresh := map[int64]*warehouse.Event{}
	for _, p := range parts {
		for i := range p.events {
			e := &p.events[i]
			since = min(since, e.ReceivedAt)
			if s.filter.maybe(e.MessageHash) {
				suspects[e.MessageHash] = append(suspects[e.MessageHash], e)
			} else if first, again := fresh[e.MessageHash]; again {
				suspects[e.MessageHash] = append(suspects[e.MessageHash], e)
				_ = first
			} else {
				fresh[e.MessageHash] = e
			}
		}
	}
	if len(suspects) == 0 {
		return nil, nil
	}
	return s.judge(ctx, suspects, fresh, since-int64(remember/time.Microsecond))
}

// judge compares suspects word for word: with each other, with what waits for the warehouse, and with what is in it.
func (s *Service) judge(ctx context.Context, suspects map[int64][]*warehouse.Event, fresh map[int64]*warehouse.Event, since int64) (map[int64]bool, error) {
	type message struct {
		source id.ID
		id     string
	}
	have := map[message]bool{}
	for h := range suspects {
		if e := fresh[h]; e != nil {
			have[message{e.SourceID, e.MessageID}] = true
		}
	}
	s.pending.each(func(e *warehouse.Event) {
		if _, ok := suspects[e.MessageHash]; ok && e.ReceivedAt >= since {
			have[message{e.SourceID, e.MessageID}] = true
		}
	})
	hashes := make([]int64, 0, len(suspects))
	for h := range suspects {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	known, err := s.Warehouse.Known(ctx, hashes, since)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	for _, k := range known {
		have[message{k.SourceID, k.MessageID}] = true
	}
	var out map[int64]bool
	for _, h := range hashes {
		for _, e := range suspects[h] { // in order of arrival: the first one stays
			m := message{e.SourceID, e.MessageID}
			if have[m] {
				if out == nil {
					out = map[int64]bool{}
				}
				out[e.EventID] = true
			}
			have[m] = true
		}
	}
	return out, nil
}

// rebuildFilter reads the hashes of all messages that may come again.
func (s *Service) rebuildFilter(ctx context.Context) {
	defer s.running.Done()
	for try := 1; ; try++ {
		f := &filter{}
		now := clock.Micros(s.Clock.Now())
		err := s.Warehouse.Hashes(ctx, now-int64(remember/time.Microsecond), func(hashes []int64) error {
			for _, h := range hashes {
				f.add(h, now)
			}
			return ctx.Err()
		})
		if err == nil {
			s.built <- f
			return
		}
		if ctx.Err() != nil {
			return
		}
		s.retryLater(ctx, "remember messages", err, try)
	}
}

// adopt takes the filter over once it is built; until then every message is looked up.
func (s *Service) adopt() {
	if s.filter.ready.Load() {
		s.filter.forget(clock.Micros(s.Clock.Now().Add(-remember)))
		return
	}
	select {
	case f := <-s.built:
		s.filter.tables = f.tables
		for _, m := range s.meanwhile {
			s.filter.add(m.hash, m.at)
		}
		s.meanwhile = nil
		s.filter.ready.Store(true)
	default:
	}
}

// remember adds a message to the filter, or to what it will learn when it is built.
func (s *Service) remember(hash, at int64) {
	if s.filter.ready.Load() {
		s.filter.add(hash, at)
		return
	}
	s.meanwhile = append(s.meanwhile, sighted{hash, at})
}

type sighted struct{ hash, at int64 }
