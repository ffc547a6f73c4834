package ingest

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Rebuild makes the events of the warehouse again from the journal, with identities as they stand now. The service must not be
// started. What the warehouse copies from the operational store is not ours and must be copied again by its owners. progress hears how many
// journal rows are done.
func (s *Service) Rebuild(ctx context.Context, progress func(done, all int64)) error {
	if s.started.Load() {
		return errors.New("the warehouse cannot be rebuilt while events are applied")
	}
	if err := s.Names.Load(ctx); err != nil {
		return err
	}
	st, err := loadState(ctx, s.DB)
	if err != nil {
		return err
	}
	if err := s.Warehouse.Reset(ctx); err != nil {
		return fmt.Errorf("empty warehouse: %w", err)
	}
	undone, err := listUndone(ctx, s.DB)
	if err != nil {
		return err
	}
	s.filter.ready.Store(true)
	spans := map[id.ID]*warehouse.PersonSpan{}
	for at := int64(0); at < st.seq; {
		rows, err := s.journal.Read(ctx, at, maxStep)
		if err != nil {
			return err
		}
		for len(rows) > 0 && rows[len(rows)-1].Seq > st.seq {
			rows = rows[:len(rows)-1]
		}
		if len(rows) == 0 || rows[0].Seq != at+1 {
			return fmt.Errorf("journal row %d is missing", at+1)
		}
		parts, err := s.parse(rows)
		if err != nil {
			return err
		}
		for _, p := range parts {
			if undone[p.seq] {
				*p = part{seq: p.seq}
			}
		}
		if err := s.replay(ctx, parts, spans); err != nil {
			return err
		}
		at = rows[len(rows)-1].Seq
		if progress != nil {
			progress(at, st.seq)
		}
	}
	if err := s.visits(ctx, spans); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if _, err := takeMoves(ctx, tx); err != nil {
			return err
		}
		return dequeue(ctx, tx, st.seq)
	})
}

// replay appends a step's events under the identities that stand. Resolve gives them because it folds by event time and has heard all of
// this before; what it would write again is rolled back.
func (s *Service) replay(ctx context.Context, parts []*part, spans map[id.ID]*warehouse.PersonSpan) error {
	twice, err := s.findDuplicates(ctx, parts)
	if err != nil {
		return err
	}
	w := gatherStep(parts, twice)
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		w.moves, w.spans = nil, nil
		r, err := s.Customers.ResolveAnd(ctx, tx, w.signals, nil)
		if err != nil {
			return fmt.Errorf("resolve identities: %w", err)
		}
		for i, v := range r.Verdicts {
			e := &w.events[i]
			e.CustomerID, e.SessionID, e.SessionStart = v.CustomerID, v.SessionID, v.SessionStart
		}
		w.follow(&r)
		return errDryRun
	})
	if !errors.Is(err, errDryRun) {
		return err
	}
	if err := s.Warehouse.Append(ctx, warehouse.Batch{Seq: w.last, Events: w.events, Moves: w.moves}); err != nil {
		return fmt.Errorf("append to warehouse: %w", err)
	}
	for i := range w.events {
		e := &w.events[i]
		s.filter.add(e.MessageHash, e.ReceivedAt)
		p := spans[e.CustomerID]
		if p == nil {
			p = &warehouse.PersonSpan{CustomerID: e.CustomerID, FromAt: e.At, UntilAt: e.At}
			spans[e.CustomerID] = p
		}
		p.FromAt, p.UntilAt = min(p.FromAt, e.At), max(p.UntilAt, e.At)
	}
	return nil
}

// visits works out everybody's visits.
func (s *Service) visits(ctx context.Context, spans map[id.ID]*warehouse.PersonSpan) error {
	var some []warehouse.PersonSpan
	flush := func() error {
		if len(some) == 0 {
			return nil
		}
		if err := s.Warehouse.Resession(ctx, some); err != nil {
			return fmt.Errorf("work out visits: %w", err)
		}
		some = some[:0]
		return nil
	}
	for _, p := range spans {
		if some = append(some, *p); len(some) >= 5000 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
