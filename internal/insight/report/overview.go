package report

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/money"
)

// Figures are the numbers of a period; definitions.go says how each is counted.
type Figures struct {
	Orders             int64      `json:"orders"`
	Customers          int64      `json:"customers"`
	NewCustomers       int64      `json:"new_customers"`
	ReturningCustomers int64      `json:"returning_customers"`
	Revenue            money.Wire `json:"revenue"`
	Refunds            money.Wire `json:"refunds"`
	NetRevenue         money.Wire `json:"net_revenue"`
	AverageOrder       money.Wire `json:"average_order"`
	Events             int64      `json:"events"`
	Sessions           int64      `json:"sessions"`
	UnconvertedOrders  int64      `json:"unconverted_orders" doc:"Orders counted above whose money is missing above, because no exchange rate is known"`
	UnconvertedRefunds int64      `json:"unconverted_refunds" doc:"Refunds that are missing above, because no exchange rate is known"`
}

// Day is one day of the series.
type Day struct {
	Day          string     `json:"day"`
	Orders       int64      `json:"orders"`
	Customers    int64      `json:"customers"`
	NewCustomers int64      `json:"new_customers"`
	Revenue      money.Wire `json:"revenue"`
	Refunds      money.Wire `json:"refunds"`
	Events       int64      `json:"events"`
	Sessions     int64      `json:"sessions"`
}

// Overview is how the business does.
type Overview struct {
	Figures
	From           string    `json:"from"`
	To             string    `json:"to" doc:"Not part of the period"`
	Previous       Figures   `json:"previous"`
	PreviousFrom   string    `json:"previous_from"`
	PreviousTo     string    `json:"previous_to"`
	Series         []Day     `json:"series" nullable:"false" doc:"Every day of the period"`
	PreviousSeries []Day     `json:"previous_series" nullable:"false"`
	TopProducts    []Product `json:"top_products" nullable:"false"`
}

// tally is a day's sums in minor units.
type tally struct {
	orders, revenue, unconverted, foreign, buyers, fresh int64
	refunds, unconvertedRefunds                          int64
	events, sessions                                     int64
}

// Overview gives the figures of a period, the period it is compared with, both day by day, and what sold best.
func (s *Service) Overview(ctx context.Context, p Period, compare string) (Overview, error) {
	if err := role.Require(ctx, role.ReportRead); err != nil {
		return Overview{}, err
	}
	b := p.before(compare)
	days := map[int64]*tally{}
	at := func(day int64) *tally {
		t := days[day]
		if t == nil {
			t = &tally{}
			days[day] = t
		}
		return t
	}
	for _, read := range []func(context.Context, Period, Period, func(int64) *tally) error{s.orderDays, s.buyerDays, s.refundDays, s.eventDays} {
		if err := read(ctx, p, b, at); err != nil {
			return Overview{}, err
		}
	}
	buyers, buyersBefore, err := s.buyers(ctx, p, b, at)
	if err != nil {
		return Overview{}, err
	}
	foreign := false
	for day, t := range days {
		foreign = foreign || (p.holds(day) && t.foreign > 0)
	}
	top, err := s.topProducts(ctx, p, foreign)
	if err != nil {
		return Overview{}, err
	}
	currency, _ := s.Reporting()
	out := Overview{From: clock.DayString(p.From), To: clock.DayString(p.To), PreviousFrom: clock.DayString(b.From), PreviousTo: clock.DayString(b.To),
		TopProducts: top}
	out.Figures, out.Series = figures(p, days, buyers, currency)
	out.Previous, out.PreviousSeries = figures(b, days, buyersBefore, currency)
	return out, nil
}

// figures adds up the days of a period. Buyers cannot be added up: who buys on two days is one.
func figures(p Period, days map[int64]*tally, buyers int64, currency string) (Figures, []Day) {
	var sum tally
	series := make([]Day, 0, p.days())
	wire := func(n int64) money.Wire { return money.New(n, currency).Wire() }
	for day := p.From; day < p.To; day++ {
		t := days[day]
		if t == nil {
			t = &tally{}
		}
		series = append(series, Day{Day: clock.DayString(day), Orders: t.orders, Customers: t.buyers, NewCustomers: t.fresh, Revenue: wire(t.revenue),
			Refunds: wire(t.refunds), Events: t.events, Sessions: t.sessions})
		sum.orders += t.orders
		sum.revenue += t.revenue
		sum.unconverted += t.unconverted
		sum.fresh += t.fresh
		sum.refunds += t.refunds
		sum.unconvertedRefunds += t.unconvertedRefunds
		sum.events += t.events
		sum.sessions += t.sessions
	}
	return Figures{Orders: sum.orders, Customers: buyers, NewCustomers: sum.fresh, ReturningCustomers: buyers - sum.fresh, Revenue: wire(sum.revenue),
		Refunds: wire(sum.refunds), NetRevenue: wire(sum.revenue - sum.refunds), AverageOrder: wire(average(sum.revenue, sum.orders-sum.unconverted)),
		Events: sum.events, Sessions: sum.sessions, UnconvertedOrders: sum.unconverted, UnconvertedRefunds: sum.unconvertedRefunds}, series
}

// average rounds half away from zero; of nothing it is nothing.
func average(sum, n int64) int64 {
	switch {
	case n <= 0:
		return 0
	case sum < 0:
		return -((-sum + n/2) / n)
	}
	return (sum + n/2) / n
}
