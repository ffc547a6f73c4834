package ingest

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// isolateAfter is how often a step is tried before the fault is looked for in its events.
const isolateAfter = 3

var errDryRun = errors.New("dry run")

// isolate finds the events that no store will take although the doors let them pass, so that one of them does not keep all others waiting for
// ever: it tries ever smaller parts of the step without keeping the outcome. What it finds becomes a refused event, for
// people to look at. It finds nothing where the fault lies elsewhere.
func (s *Service) isolate(ctx context.Context, parts []*part, cause error) int {
	if sqldb.IsGone(cause) || sqldb.IsFull(cause) || errors.Is(cause, context.DeadlineExceeded) {
		return 0
	}
	if s.dryRun(ctx, parts, nil) != nil { // even without any event
		return 0
	}
	var all []int64
	for _, p := range parts {
		for i := range p.events {
			all = append(all, p.events[i].EventID)
		}
	}
	bad := map[int64]error{}
	var look func(some []int64)
	look = func(some []int64) {
		if len(some) == 0 || ctx.Err() != nil {
			return
		}
		err := s.dryRun(ctx, parts, some)
		switch {
		case err == nil:
		case len(some) == 1:
			bad[some[0]] = err
		default:
			look(some[:len(some)/2])
			look(some[len(some)/2:])
		}
	}
	look(all)
	for _, p := range parts {
		p.refuse(bad)
	}
	for eventID, err := range bad {
		s.Log.Error("an event cannot be applied and is kept with the refused ones", "event", eventID, "error", err)
	}
	return len(bad)
}

// dryRun tries a step of which only some events are left.
func (s *Service) dryRun(ctx context.Context, parts []*part, some []int64) error {
	keep := make(map[int64]bool, len(some))
	for _, e := range some {
		keep[e] = true
	}
	without := map[int64]bool{}
	for _, p := range parts {
		for i := range p.events {
			if !keep[p.events[i].EventID] {
				without[p.events[i].EventID] = true
			}
		}
	}
	w := gatherStep(parts, without)
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := s.decide(ctx, tx, w); err != nil {
			return err
		}
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		return nil
	}
	return err
}

// refuse turns events into refused ones.
func (p *part) refuse(bad map[int64]error) {
	if len(bad) == 0 {
		return
	}
	out := part{seq: p.seq, refused: p.refused, again: p.again, importID: p.importID}
	i := 0
	for _, f := range p.fates {
		if f == fateApplied {
			e := &p.events[i]
			if err := bad[e.EventID]; err != nil {
				f = fateRefused
				out.refused = append(out.refused, refusedEvent(e, err, p.originOf(len(out.fates))))
			} else {
				out.events = append(out.events, *e)
				out.signals = append(out.signals, p.signals[i])
				out.shopping = append(out.shopping, p.shopping[i])
			}
			i++
		}
		out.fates = append(out.fates, f)
	}
	*p = out
}

// originOf gives the refused event that the record with this fate was before, 0 where it was none.
func (p *part) originOf(index int) int64 {
	for _, a := range p.again {
		if a.index == index {
			return a.origin
		}
	}
	return 0
}

func refusedEvent(e *warehouse.Event, err error, origin int64) refused {
	return refused{at: e.ReceivedAt, sourceID: e.SourceID, messageID: e.MessageID, name: e.Name, code: "ingest.cannot_apply",
		reason: fmt.Sprintf("The event was accepted but could not be applied: %v", err), body: e.Properties,
		eventID: e.EventID, origin: origin}
}
