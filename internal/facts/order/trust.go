package order

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Trust makes count what a browser source said before the shop declared that it has no other feed: its unconfirmed orders are confirmed, and
// with them what was claimed about them. It works in bounded steps; stopped in the middle it may be called again. There is no way back:
// what counted may have been confirmed by another since, so that a source that is no longer trusted is not believed from then on.
func (s *Service) Trust(ctx context.Context, source id.ID) error {
	return s.inSteps(ctx, func(after id.ID) ([]ref, error) {
		return selectUnconfirmed(ctx, s.DB, source, after, restateChunk)
	}, s.trust)
}

func (s *Service) trust(ctx context.Context, tx *sqldb.Tx, refs []ref, states map[ref]*state) error {
	var changes []Change
	for _, r := range refs {
		if st := states[r]; st.exists && !st.order.Confirmed { // else moved or confirmed meanwhile
			changes = append(changes, st.said())
		}
	}
	out, err := s.Apply(ctx, tx, changes)
	if err != nil || s.KeepTotals == nil {
		return err
	}
	if err := s.KeepTotals(ctx, tx, out.Totals); err != nil {
		return fmt.Errorf("keep totals after a source was trusted: %w", err)
	}
	return nil
}

// said is everything known about an unconfirmed order, said again by one who is believed.
func (s *state) said() Change {
	o := s.order
	o.Confirmed, o.PlacedGuess = true, s.placedRank < 0
	c := Change{ShopID: o.ShopID, ExternalID: o.ExternalID, Order: &o}
	for _, r := range s.refunds {
		r.Confirmed = true
		c.Refunds = append(c.Refunds, r)
	}
	if s.claimed != 0 {
		c.Cancel = &Cancel{At: s.claimed, Confirmed: true}
	}
	return c
}
