package report_test

import (
	"cmp"
	"slices"
	"testing"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/insight/report"
	"rapport/internal/platform/warehouse/whtest"
)

// sale counts one product the plain way.
func (w world) sale(product, from, to int64) report.SaleFigures {
	orders, buyers := map[int64]*orderFact{}, map[int64]bool{}
	var units, revenue, returned int64
	for i := range w.lines {
		l := &w.lines[i]
		o := l.order
		if l.product != product || !o.counted() || o.day < from || o.day >= to {
			continue
		}
		units += l.quantity
		if !o.noRate && o.total != 0 {
			revenue += o.reporting(l.total)
		}
		if orders[o.id] == nil && w.refunded(o) > 0 {
			returned++
		}
		orders[o.id] = o
		if o.customer != 0 {
			buyers[o.customer] = true
		}
	}
	return report.SaleFigures{Units: float64(units) / 1000, Orders: int64(len(orders)), Buyers: int64(len(buyers)), Revenue: eur(revenue), ReturnedOrders: returned}
}

func TestSale(t *testing.T) {
	w := invent(11)
	from, to := int64(firstDay+30), int64(firstDay+50)
	want := report.Sale{SaleFigures: w.sale(2, from, to), Previous: w.sale(2, from-20, from)}
	for day := from; day < to; day++ {
		f := w.sale(2, day, day+1)
		want.Series = append(want.Series, report.SaleDay{Day: clock.DayString(day), Units: f.Units, Orders: f.Orders, Revenue: f.Revenue, ReturnedOrders: f.ReturnedOrders})
	}
	if want.Orders < 5 || want.ReturnedOrders == 0 || want.Previous.Buyers == 0 {
		t.Fatalf("the made-up world is too plain: %+v", want)
	}
	whtest.Agree(t, w.fill, func(t *testing.T, p whtest.Pair) report.Sale {
		got, err := serve(p).Sale(ctx, 2, report.Period{From: from, To: to}, report.ComparePrevious)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}, want)
}

// TestBuyers reads who bought a product page by page.
func TestBuyers(t *testing.T) {
	w := invent(12)
	of := map[int64][]*orderFact{}
	units := map[int64]int64{}
	for i := range w.lines {
		if l := &w.lines[i]; l.product == 3 && l.order.counted() && l.order.customer != 0 {
			units[l.order.customer] += l.quantity
			if !slices.Contains(of[l.order.customer], l.order) {
				of[l.order.customer] = append(of[l.order.customer], l.order)
			}
		}
	}
	type line struct {
		Customer, Orders, Last int64
		Units                  float64
	}
	var want []line
	for c, orders := range of {
		l := line{Customer: c, Orders: int64(len(orders)), Units: float64(units[c]) / 1000}
		for _, o := range orders {
			l.Last = max(l.Last, o.at())
		}
		want = append(want, l)
	}
	slices.SortFunc(want, func(a, b line) int { return -cmp.Or(cmp.Compare(a.Last, b.Last), cmp.Compare(a.Customer, b.Customer)) })
	if len(want) < 10 {
		t.Fatal("too few buyers")
	}
	whtest.Agree(t, w.fill, func(t *testing.T, p whtest.Pair) (got []line) {
		for cursor := ""; ; {
			page, err := serve(p).Buyers(ctx, id.ID(3), 4, cursor)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range page.Items {
				got = append(got, line{int64(b.CustomerID), b.Orders, b.LastAt.UnixMicro(), b.Units})
			}
			if cursor = page.NextCursor; cursor == "" {
				return got
			}
		}
	}, want)
}
