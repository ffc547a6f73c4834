package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/platform/warehouse"
)

const (
	// A step waits for company on its way to the warehouse, since larger batches cost it less: at least flushWait, and until its oldest event is
	// flushAge old.
	flushWait = 100 * time.Millisecond
	flushAge  = 300 * time.Millisecond
	maxFlush  = 40_000           // events of one batch
	idleAfter = 30 * time.Second // without events before the warehouse may give memory back
)

// pendingSteps are applied and not yet in the warehouse, which therefore does not know their messages.
type pendingSteps struct {
	mu     sync.Mutex
	steps  []*step
	events int
	freed  chan struct{}
}

func (p *pendingSteps) add(s *step) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.steps = append(p.steps, s)
	p.events += len(s.events)
}

func (p *pendingSteps) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.steps)
}

func (p *pendingSteps) drop(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.steps[:n] {
		p.events -= len(s.events)
	}
	p.steps = append([]*step(nil), p.steps[n:]...)
	select {
	case p.freed <- struct{}{}:
	default:
	}
}

// each calls fn for every pending event.
func (p *pendingSteps) each(fn func(*warehouse.Event)) {
	p.mu.Lock()
	steps := p.steps
	p.mu.Unlock()
	for _, s := range steps {
		for i := range s.events {
			fn(&s.events[i])
		}
	}
}

// rest waits until the warehouse has all steps; false when ctx ended.
func (p *pendingSteps) rest(ctx context.Context) bool {
	for p.count() > 0 {
		select {
		case <-p.freed:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// room waits until the applier may go on; false when ctx ended.
func (p *pendingSteps) room(ctx context.Context) bool {
	for {
		p.mu.Lock()
		full := p.events > maxPending
		p.mu.Unlock()
		if !full {
			return true
		}
		select {
		case <-p.freed:
		case <-ctx.Done():
			return false
		}
	}
}

// flush carries steps into the warehouse, several at a time, until the applier has stopped.
func (s *Service) flush(ctx context.Context) {
	defer s.running.Done()
	idle := time.NewTimer(idleAfter)
	defer idle.Stop()
	for {
		var first *step
		select {
		case st, ok := <-s.steps:
			if !ok {
				return
			}
			first = st
		case <-idle.C:
			s.Warehouse.Idle(ctx)
			continue
		}
		steps := s.company(first)
		for try := 1; ; try++ {
			err := s.flushOnce(ctx, steps)
			if err == nil {
				break
			}
			if ctx.Err() != nil || s.dead.Load() {
				return
			}
			s.retryLater(ctx, "write warehouse", err, try)
		}
		idle.Reset(idleAfter)
	}
}

// company waits a little for more steps.
func (s *Service) company(first *step) []*step {
	steps, n := []*step{first}, len(first.events)
	wait := time.NewTimer(min(max(flushWait, flushAge-s.age(first)), flushAge))
	defer wait.Stop()
	for n < maxFlush {
		select {
		case st, ok := <-s.steps:
			if !ok {
				return steps
			}
			steps, n = append(steps, st), n+len(st.events)
		case <-wait.C:
			return steps
		}
	}
	return steps
}

// age is that of the step's first event, 0 where it has none.
func (s *Service) age(st *step) time.Duration {
	if len(st.events) == 0 {
		return 0
	}
	return s.Clock.Now().Sub(clock.FromMicros(st.events[0].ReceivedAt))
}

// flushOnce makes one attempt; it may be repeated with the same steps from any point on.
func (s *Service) flushOnce(ctx context.Context, steps []*step) error {
	if err := s.crash("flush.begin"); err != nil {
		return err
	}
	b := warehouse.Batch{Seq: steps[len(steps)-1].last}
	var spans []warehouse.PersonSpan
	var gone []warehouse.Row
	var sum counts
	if len(steps) == 1 {
		b.Events = steps[0].events
	} else {
		n := 0
		for _, st := range steps {
			n += len(st.events)
		}
		b.Events = make([]warehouse.Event, 0, n)
	}
	for _, st := range steps {
		if len(steps) > 1 {
			b.Events = append(b.Events, st.events...)
		}
		b.Moves = append(b.Moves, st.moves...)
		spans, gone = append(spans, st.spans...), append(gone, st.gone...)
		sum.add(st.counts)
	}
	if err := s.Warehouse.Append(ctx, b); err != nil {
		return fmt.Errorf("append to warehouse: %w", err)
	}
	if err := s.crash("flush.appended"); err != nil {
		return err
	}
	if len(gone) > 0 {
		if err := s.Warehouse.Remove(ctx, gone); err != nil {
			return fmt.Errorf("remove from warehouse: %w", err)
		}
		if err := s.crash("flush.removed"); err != nil {
			return err
		}
	}
	if len(spans) > 0 {
		if err := s.Warehouse.Resession(ctx, spans); err != nil {
			return fmt.Errorf("work out visits: %w", err)
		}
	}
	if err := s.crash("flush.visits"); err != nil {
		return err
	}
	if err := s.unqueue(ctx, b.Seq, len(steps)); err != nil {
		return err
	}
	s.pending.drop(len(steps))
	s.visible.add(sum, b.Seq)
	return s.crash("flush.done")
}

// unqueue forgets the steps that the warehouse has. While more of them follow, the applier does that along with its own writing: a transaction
// of the flusher's own would wait for one of the applier's each time.
func (s *Service) unqueue(ctx context.Context, seq int64, steps int) error {
	if s.pending.count() > steps {
		s.flushed.Store(seq)
		return nil
	}
	s.flushed.Store(0)
	return dequeue(ctx, s.DB, seq)
}

// recover takes up the steps that an earlier run applied but may not have carried into the warehouse.
func (s *Service) recoverQueue(ctx context.Context, queue []queued) ([]*step, error) {
	out := make([]*step, 0, len(queue))
	for i := range queue {
		q := &queue[i]
		parts, err := s.partsOf(ctx, q.first, q.last)
		if err != nil {
			return nil, err
		}
		decisions, err := loadDecisions(ctx, s.DB, q.last)
		if err != nil {
			return nil, err
		}
		st, err := restore(q, parts, decisions)
		if err != nil {
			return nil, fmt.Errorf("step up to journal row %d: %w", q.last, err)
		}
		out = append(out, st)
	}
	return out, nil
}

// partsOf reads the rows from first to last.
func (s *Service) partsOf(ctx context.Context, first, last int64) ([]*part, error) {
	var out []*part
	for at := first - 1; at < last; {
		rows, err := s.journal.Read(ctx, at, maxStep)
		if err != nil {
			return nil, err
		}
		for len(rows) > 0 && rows[len(rows)-1].Seq > last {
			rows = rows[:len(rows)-1]
		}
		if len(rows) == 0 {
			return nil, fmt.Errorf("journal rows %d to %d are missing", at+1, last)
		}
		parts, err := s.parse(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, parts...)
		at = rows[len(rows)-1].Seq
	}
	return out, nil
}
