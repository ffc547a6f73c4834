package order

import (
	"context"
	"slices"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Totals are the sums of one customer's orders, for the customer's own record: whole, or what new orders add to them.
type Totals struct {
	CustomerID      id.ID
	Orders          int64 // placed, confirmed, no test
	Spent           int64 // reporting currency
	Refunded        int64
	Unconverted     int64 // orders that lack a rate and so are missing in Spent
	FirstAt, LastAt int64 // zero without orders
	Added           bool  // of new orders alone, to be added to what the record says
}

// Merge brings newer sums of a customer's orders into older ones, both not yet kept.
func (t *Totals) Merge(newer Totals) {
	if !newer.Added {
		*t = newer
		return
	}
	t.Orders, t.Spent, t.Refunded, t.Unconverted = t.Orders+newer.Orders, t.Spent+newer.Spent, t.Refunded+newer.Refunded, t.Unconverted+newer.Unconverted
	if newer.FirstAt != 0 && (t.FirstAt == 0 || newer.FirstAt < t.FirstAt) {
		t.FirstAt = newer.FirstAt
	}
	t.LastAt = max(t.LastAt, newer.LastAt)
}

// Keep brings sums into a map of those that are not yet kept.
func Keep(all map[id.ID]Totals, some []Totals) {
	for _, t := range some {
		if have, ok := all[t.CustomerID]; ok {
			have.Merge(t)
			t = have
		}
		all[t.CustomerID] = t
	}
}

// add notes what a new order adds to its customer's sums; selectTotals says the same of stored ones.
func (b *batch) add(st *state, rep *reported) {
	if st.customer == 0 {
		return
	}
	t := b.added[st.customer]
	if t == nil {
		t = &Totals{CustomerID: st.customer, Added: true}
		b.added[st.customer] = t
	}
	status := st.status()
	if status != StatusPlaced && status != StatusReturn || !st.order.Confirmed || st.order.Test {
		return
	}
	more := Totals{Added: true}
	if status == StatusPlaced {
		more.Orders, more.FirstAt, more.LastAt = 1, st.order.PlacedAt, st.order.PlacedAt
	}
	if n, ok := rep.total.(int64); ok {
		more.Spent = n
	} else {
		more.Unconverted = 1
	}
	if n, ok := rep.refunded.(int64); ok {
		more.Refunded = n
	}
	t.Merge(more)
}

// totalsOf sums the orders of everybody who owns or owned one of the changed orders.
func totalsOf(ctx context.Context, q sqldb.Q, changed []Changed) ([]Totals, error) {
	ids := make([]id.ID, 0, len(changed))
	for _, c := range changed {
		if c.CustomerID != 0 {
			ids = append(ids, c.CustomerID)
		}
		if c.From != 0 {
			ids = append(ids, c.From)
		}
	}
	slices.Sort(ids)
	return selectTotals(ctx, q, slices.Compact(ids))
}
