package order_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/warehouse/whtest"
)

// TestRankedLists: orders by total and orders of a product, which the warehouse finds, are those that a look at each order finds.
func TestRankedLists(t *testing.T) {
	whtest.Each(t, func(t *testing.T, p whtest.Pair) {
		w := newWorld(t, p.DB)
		d := w.Deps
		d.Warehouse = p.Warehouse
		w.Service = order.New(d)
		r := rand.New(rand.NewPCG(5, 6))
		var changes []order.Change
		products := map[string][]int64{}
		for i := range 200 {
			c := placed(fmt.Sprint(i), []id.ID{alice, bob, 0}[r.IntN(3)], day(1)+int64(r.IntN(40))*3_600_000_000, int64(r.IntN(50)*100), []string{"EUR", "USD", "XXX"}[r.IntN(3)])
			for range r.IntN(3) {
				n := int64(1 + r.IntN(4))
				c.Order.Lines = append(c.Order.Lines, order.Line{ProductID: id.ID(n), Quantity: 1000, Price: 100, Total: 100})
				products[c.Order.ExternalID] = append(products[c.Order.ExternalID], n)
			}
			changes = append(changes, c)
		}
		w.apply(changes...)
		facts, _ := w.all(order.Filter{Limit: 500})
		var ids []id.ID
		var keys []int64
		for _, o := range facts {
			ids, keys = append(ids, o.ID), append(keys, int64(o.ID))
		}
		m, err := w.ForMirror(ctx, ids)
		if err != nil {
			t.Fatal(err)
		}
		for table, rows := range map[string][][]any{"orders": m.Orders, "order_lines": m.Lines} {
			if err := p.Warehouse.Upsert(ctx, table, keys, rows); err != nil {
				t.Fatal(err)
			}
		}
		low := int64(1500)
		for _, often := range []bool{false, true} {
			if often { // looked for in the order of the list, a few rows a page
				w.SetFew(0)
				w.SetLook(30)
			}
			for _, f := range []order.Filter{
				{Sort: order.SortTotal}, {Sort: order.SortTotal, Currency: "USD"}, {Sort: order.SortTotal, AmountFrom: &low, From: day(2)}, {ProductID: 2},
				{ProductID: 3, Sort: order.SortTotal}, {ProductID: 3, Status: order.StatusPlaced, To: day(2)}, {ProductID: 99}, {ProductID: 1, CustomerID: bob},
			} {
				for _, up := range []bool{false, true} {
					f.Ascending, f.Limit = up, 7
					var want []string
					worth := func(o *order.Stored) int64 {
						if o.ReportingTotal == nil {
							return 0
						}
						return *o.ReportingTotal
					}
					sorted := slices.Clone(facts)
					slices.SortFunc(sorted, func(a, b order.Stored) int {
						n := cmp.Or(cmp.Compare(a.PlacedAt, b.PlacedAt), cmp.Compare(a.ID, b.ID))
						if f.Sort == order.SortTotal {
							n = cmp.Or(cmp.Compare(worth(&a), worth(&b)), cmp.Compare(a.ID, b.ID))
						}
						if up {
							return n
						}
						return -n
					})
					for i := range sorted {
						o := &sorted[i]
						if lets(&f, o) && (f.ProductID == 0 || slices.Contains(products[o.ExternalID], int64(f.ProductID))) {
							want = append(want, o.ExternalID)
						}
					}
					got, _ := w.all(f)
					var names []string
					for _, o := range got {
						names = append(names, o.ExternalID)
					}
					if !slices.Equal(names, want) {
						t.Errorf("%+v:\ngot  %v\nwant %v", f, names, want)
					}
				}
			}
		}
	})
}
