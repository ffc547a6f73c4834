package report

import (
	"context"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
)

// SaleFigures are the numbers of one product in a period. An order that was given money back for counts as returned, since few shops say for
// which of its lines.
type SaleFigures struct {
	Units          float64    `json:"units"`
	Orders         int64      `json:"orders" doc:"Counted orders with a line of the product"`
	Buyers         int64      `json:"buyers" doc:"Distinct people who placed them"`
	Revenue        money.Wire `json:"revenue" doc:"Of its lines, after discounts, before refunds"`
	ReturnedOrders int64      `json:"returned_orders" doc:"Of these orders, those that money was given back for, in whole or in part"`
}

// SaleDay is one day of a product.
type SaleDay struct {
	Day            string     `json:"day"`
	Units          float64    `json:"units"`
	Orders         int64      `json:"orders"`
	Revenue        money.Wire `json:"revenue"`
	ReturnedOrders int64      `json:"returned_orders"`
}

// Sale is how one product sells.
type Sale struct {
	SaleFigures
	Previous SaleFigures `json:"previous"`
	Series   []SaleDay   `json:"series" nullable:"false" doc:"Every day of the period"`
}

// saleTally is a day's or a period's sums.
type saleTally struct{ units, orders, buyers, revenue, returned int64 }

func (t *saleTally) add(d *saleTally) {
	t.units, t.orders, t.revenue, t.returned = t.units+d.units, t.orders+d.orders, t.revenue+d.revenue, t.returned+d.returned
}

// Sale gives the figures of one product in a period, day by day, and in the period that it is compared with.
func (s *Service) Sale(ctx context.Context, product id.ID, p Period, compare string) (Sale, error) {
	if err := role.Require(ctx, role.ReportRead); err != nil {
		return Sale{}, err
	}
	b := p.before(compare)
	days := map[int64]*saleTally{}
	if err := s.saleDays(ctx, product, p, b, func(day int64) *saleTally {
		if days[day] == nil {
			days[day] = &saleTally{}
		}
		return days[day]
	}); err != nil {
		return Sale{}, err
	}
	var now, then saleTally
	for day, t := range days {
		if p.holds(day) {
			now.add(t)
		}
		if b.holds(day) {
			then.add(t)
		}
	}
	var err error
	if now.buyers, err = s.saleBuyers(ctx, product, p); err != nil {
		return Sale{}, err
	}
	if then.buyers, err = s.saleBuyers(ctx, product, b); err != nil {
		return Sale{}, err
	}
	currency, _ := s.Reporting()
	shape := func(t *saleTally) SaleFigures {
		return SaleFigures{Units: float64(t.units) / 1000, Orders: t.orders, Buyers: t.buyers, Revenue: money.New(t.revenue, currency).Wire(), ReturnedOrders: t.returned}
	}
	out := Sale{SaleFigures: shape(&now), Previous: shape(&then), Series: make([]SaleDay, 0, p.days())}
	for day := p.From; day < p.To; day++ {
		t := days[day]
		if t == nil {
			t = &saleTally{}
		}
		f := shape(t)
		out.Series = append(out.Series, SaleDay{Day: clock.DayString(day), Units: f.Units, Orders: f.Orders, Revenue: f.Revenue, ReturnedOrders: f.ReturnedOrders})
	}
	return out, nil
}

// Buyer is who bought a product.
type Buyer struct {
	CustomerID id.ID      `json:"customer_id"`
	Name       string     `json:"name"`
	Units      float64    `json:"units"`
	Orders     int64      `json:"orders"`
	Revenue    money.Wire `json:"revenue"`
	LastAt     time.Time  `json:"last_at" doc:"When he placed the last of these orders"`
}

// Buyers gives who bought a product, whenever, the last one first.
func (s *Service) Buyers(ctx context.Context, product id.ID, limit int, cursor string) (page.Page[Buyer], error) {
	if err := role.Require(ctx, role.ReportRead); err != nil {
		return page.Page[Buyer]{}, err
	}
	limit = page.Limit(limit, rowsLimit)
	var after place
	var err error
	if after.set, err = page.Decode(cursor, &after.at, &after.id); err != nil {
		return page.Page[Buyer]{}, err
	}
	found, err := s.selectBuyersOf(ctx, product, after, limit+1)
	if err != nil {
		return page.Page[Buyer]{}, err
	}
	cut := page.Cut(found, limit, func(b buyer) string { return page.Encode(b.last, int64(b.customer)) })
	ids := make([]id.ID, len(cut.Items))
	for i := range cut.Items {
		ids[i] = cut.Items[i].customer
	}
	names, err := selectNames(ctx, s.DB, ids)
	if err != nil {
		return page.Page[Buyer]{}, err
	}
	currency, _ := s.Reporting()
	return page.Map(cut, func(b *buyer) Buyer {
		return Buyer{CustomerID: b.customer, Name: names[b.customer], Units: float64(b.units) / 1000, Orders: b.orders,
			Revenue: money.New(b.revenue, currency).Wire(), LastAt: clock.FromMicros(b.last)}
	}), nil
}
