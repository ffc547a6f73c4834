package order

import (
	"context"
	"fmt"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// restateChunk is how many orders one transaction converts again; others can write in between.
const restateChunk = 500

// Restate works out again what orders come to in the reporting currency, and on which day of the reporting zone they and their refunds
// lie: after a rate became known or was corrected, or after the reporting currency or zone was changed. Currency "" means all;
// fromDay is the first day that may have changed. It goes through the orders in bounded steps, each a transaction of its own that
// announces what it changed; stopped in the middle it may be called again.
func (s *Service) Restate(ctx context.Context, currency string, fromDay int64) error {
	return s.inSteps(ctx, func(after id.ID) ([]ref, error) {
		return selectRestatable(ctx, s.DB, currency, fromDay, after, restateChunk)
	}, s.restate)
}

// inSteps goes through orders, each step a transaction of its own in the turn of orders. next gives those behind an id; do gets them as they stand.
func (s *Service) inSteps(ctx context.Context, next func(after id.ID) ([]ref, error),
	do func(ctx context.Context, tx *sqldb.Tx, refs []ref, states map[ref]*state) error) error {
	after := id.ID(0)
	for {
		refs, err := next(after)
		if err != nil || len(refs) == 0 {
			return err
		}
		after = refs[len(refs)-1].order
		err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := tx.Turn(ctx, turn); err != nil {
				return err
			}
			states := make(map[ref]*state, len(refs))
			for _, r := range refs {
				states[r] = &state{}
			}
			if err := selectStates(ctx, tx, states); err != nil {
				return err
			}
			return do(ctx, tx, refs, states)
		})
		if err != nil {
			return err
		}
	}
}

func (s *Service) restate(ctx context.Context, tx *sqldb.Tx, refs []ref, states map[ref]*state) error {
	b := &batch{svc: s, tx: tx, now: clock.Micros(s.Clock.Now())}
	b.currency, b.zone = s.Reporting()
	var orders, refunds [][]any
	for _, r := range refs {
		st := states[r]
		if !st.exists {
			continue // moved meanwhile, and converted there
		}
		rep, err := b.report(ctx, st)
		if err != nil {
			return err
		}
		orders = append(orders, []any{int64(r.customer), int64(r.order), rep.day, rep.total, rep.refunded, b.now})
		for i := range st.refunds {
			f := &st.refunds[i]
			refunds = append(refunds, []any{int64(r.customer), int64(r.order), f.Key, b.day.of(f.At, b.zone), rep.refunds[i]})
		}
		b.out.Orders = append(b.out.Orders, Changed{CustomerID: r.customer, OrderID: r.order})
	}
	if err := updateReporting(ctx, tx, orders, refunds); err != nil {
		return err
	}
	out, err := b.finish(ctx)
	if err != nil {
		return err
	}
	if s.KeepTotals == nil {
		return nil
	}
	if err := s.KeepTotals(ctx, tx, out.Totals); err != nil {
		return fmt.Errorf("keep totals after a change of rates: %w", err)
	}
	return nil
}
