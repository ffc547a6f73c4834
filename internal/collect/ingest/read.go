package ingest

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"rapport/internal/collect/ingest/journal"
)

// read turns the journal into parts, ahead of the applier.
func (s *Service) read(ctx context.Context, after int64, out chan<- []*part) {
	defer s.running.Done()
	defer close(out)
	alone := true // nothing came for a while before this event, so it need not wait
	for try := 0; ctx.Err() == nil; {
		rows, err := s.journal.Read(ctx, after, maxStep)
		if err == nil && len(rows) == 0 {
			select {
			case <-s.journal.Wake():
			case <-ctx.Done():
			}
			alone = true
			continue
		}
		var parts []*part
		if err == nil {
			parts, err = s.parse(rows)
		}
		if err != nil {
			try++
			s.retryLater(ctx, "read journal", err, try)
			continue
		}
		try = 0
		after = rows[len(rows)-1].Seq
		select {
		case out <- parts:
		case <-ctx.Done():
		}
		if !alone && eventsOf(rows) < maxStep/2 {
			select {
			case <-time.After(gather):
			case <-ctx.Done():
			}
		}
		alone = false
	}
}

func eventsOf(rows []journal.Row) (n int) {
	for i := range rows {
		n += int(rows[i].Events)
	}
	return n
}

// parse reads rows side by side and keeps their order.
func (s *Service) parse(rows []journal.Row) ([]*part, error) {
	parts := make([]*part, len(rows))
	errs := make([]error, len(rows))
	_, zone := s.Reporting()
	rules := s.Names.Rules()
	var next sync.Mutex
	at := 0
	work := func() {
		p := parser{zone: zone, rules: rules}
		for {
			next.Lock()
			i := at
			at++
			next.Unlock()
			if i >= len(rows) {
				return
			}
			block, err := s.journal.Unpack(nil, rows[i].Body)
			if err == nil {
				parts[i], err = p.row(rows[i].Seq, block, rows[i].Events)
			}
			if err != nil {
				errs[i] = fmt.Errorf("journal row %d: %w", rows[i].Seq, err)
			}
		}
	}
	var g sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rows)) - 1 {
		g.Go(work)
	}
	work()
	g.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return parts, nil
}
