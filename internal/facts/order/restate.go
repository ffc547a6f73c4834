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
	after := id.ID(0)
	for {
		refs, err := selectRestatable(ctx, s.DB, currency, fromDay, after, restateChunk)
		if err != nil || len(refs) == 0 {
			return err
		}
		after = refs[len(refs)-1].order
		if err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error { return s.restate(ctx, tx, refs) }); err != nil {
			return err
		}
	}
}

func (s *Service) restate(ctx context.Context, tx *sqldb.Tx, refs []ref) error {
	if err := lockOrders(ctx, tx); err != nil {
		return err
	}
	b := &batch{svc: s, tx: tx, now: clock.Micros(s.Clock.Now())}
	b.currency, b.zone = s.Reporting()
	need := make(map[ref]*state, len(refs))
	for _, r := range refs {
		need[r] = &state{}
	}
	if err := selectStates(ctx, tx, need); err != nil {
		return err
	}
	var orders, refunds [][]any
	for _, r := range refs {
		st := need[r]
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
