package report_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/insight/report"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/whtest"
)

var ctx = role.System(context.Background())

func serve(p whtest.Pair) *report.Service {
	return report.New(report.Deps{DB: p.DB, Warehouse: p.Warehouse, Reporting: func() (string, *time.Location) { return "EUR", time.UTC }})
}

// world is made-up facts, so that figures can be worked out the plain way.
type world struct {
	orders  []orderFact
	lines   []lineFact
	refunds []refundFact
	events  []warehouse.Event
}

type orderFact struct {
	customer, id, day, total int64
	currency, status         string
	confirmed, test, noRate  bool
}

type lineFact struct {
	order                       *orderFact
	n, product, quantity, total int64
	sku                         string
}

type refundFact struct {
	order       *orderFact
	key         string
	day, amount int64
	confirmed   bool
}

const firstDay = 20_400

func (o *orderFact) counted() bool { return o.status == "placed" && o.confirmed && !o.test }

// reporting is exact: two dollars are one euro.
func (o *orderFact) reporting(n int64) int64 {
	if o.currency == "USD" {
		return n / 2
	}
	return n
}

func (o *orderFact) at() int64 { return o.day*86_400_000_000 + o.id }

func (r *refundFact) counted() bool {
	o := r.order
	return r.confirmed && (o.status == "placed" || o.status == "return") && o.confirmed && !o.test
}

func invent(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	var w world
	w.orders = make([]orderFact, 300)
	for i := range w.orders {
		o := &w.orders[i]
		*o = orderFact{customer: r.Int64N(60), id: int64(i + 1), day: firstDay + r.Int64N(60), total: 2 * r.Int64N(10_000), currency: pick("EUR", "EUR", "USD"),
			status: pick("placed", "placed", "placed", "placed", "cancelled", "pending", "return"), confirmed: r.IntN(8) > 0, test: r.IntN(10) == 0}
		o.noRate = o.currency == "USD" && r.IntN(4) == 0
		for n := range r.Int64N(4) {
			l := lineFact{order: o, n: n, product: r.Int64N(5), quantity: 1000 * (1 + r.Int64N(3)), total: 2 * r.Int64N(5000)}
			if l.product == 0 {
				l.sku = pick("x", "y")
			} else {
				l.sku = fmt.Sprint("p", l.product)
			}
			w.lines = append(w.lines, l)
		}
		for k := range r.IntN(3) {
			w.refunds = append(w.refunds, refundFact{o, fmt.Sprint("k", k), firstDay + r.Int64N(70), 2 * r.Int64N(3000), r.IntN(6) > 0})
		}
	}
	for i := range 2000 {
		e := whtest.Event(1+int64(i/100), i%100, 1+r.Int64N(40), firstDay*86_400_000_000+r.Int64N(60*86_400_000_000))
		e.SessionStart = r.IntN(3) == 0
		w.events = append(w.events, e)
	}
	return w
}

func (w world) fill(t *testing.T, p whtest.Pair) {
	t.Helper()
	null := func(gone bool, n int64) any {
		if gone {
			return nil
		}
		return n
	}
	var orders, lines, refunds [][]any
	for i := range w.orders {
		o := &w.orders[i]
		orders = append(orders, []any{o.customer, o.id, int64(1), fmt.Sprint("#", o.id), o.status, o.at(), o.day, o.currency, o.total, int64(0), int64(0), int64(0),
			w.refunded(o), null(o.noRate, o.reporting(o.total)), null(o.noRate, 0), "", o.confirmed, o.test, int64(0)})
	}
	for i := range w.lines {
		l := &w.lines[i]
		lines = append(lines, []any{l.order.customer, l.order.id, l.n, l.product, l.sku, "name of " + l.sku, l.quantity, int64(1), int64(0), l.total})
	}
	for i := range w.refunds {
		r := &w.refunds[i]
		refunds = append(refunds, []any{r.order.customer, r.order.id, r.key, r.day*86_400_000_000 + int64(i), r.day, r.order.currency, r.amount,
			null(r.order.noRate, r.order.reporting(r.amount)), false, r.confirmed})
	}
	p.Mirror(t, "orders", orders)
	p.Mirror(t, "order_lines", lines)
	p.Mirror(t, "refunds", refunds)
	if err := p.Warehouse.Append(ctx, warehouse.Batch{Seq: 1000, Events: w.events}); err != nil {
		t.Fatal(err)
	}
}

// refunded is what was given back for an order.
func (w world) refunded(o *orderFact) (sum int64) {
	for i := range w.refunds {
		if r := &w.refunds[i]; r.order == o && r.confirmed {
			sum += r.amount
		}
	}
	return sum
}

func eur(n int64) money.Wire { return money.New(n, "EUR").Wire() }

// figures counts the plain way, straight from the definitions.
func (w world) figures(from, to int64) report.Figures {
	in := func(day int64) bool { return day >= from && day < to }
	var f report.Figures
	var revenue, refunds int64
	buyers, first := map[int64]bool{}, map[int64]int64{}
	for i := range w.orders {
		o := &w.orders[i]
		if !o.counted() {
			continue
		}
		if d, ok := first[o.customer]; o.customer != 0 && (!ok || o.day < d) {
			first[o.customer] = o.day
		}
		if !in(o.day) {
			continue
		}
		f.Orders++
		if o.noRate {
			f.UnconvertedOrders++
		} else {
			revenue += o.reporting(o.total)
		}
		if o.customer != 0 {
			buyers[o.customer] = true
		}
	}
	f.Customers = int64(len(buyers))
	for _, d := range first {
		if in(d) {
			f.NewCustomers++
		}
	}
	f.ReturningCustomers = f.Customers - f.NewCustomers
	for i := range w.refunds {
		r := &w.refunds[i]
		if !r.counted() || !in(r.day) {
			continue
		}
		if r.order.noRate {
			f.UnconvertedRefunds++
		} else {
			refunds += r.order.reporting(r.amount)
		}
	}
	for i := range w.events {
		if in(w.events[i].Day) {
			f.Events++
			if w.events[i].SessionStart {
				f.Sessions++
			}
		}
	}
	f.Revenue, f.Refunds, f.NetRevenue, f.AverageOrder = eur(revenue), eur(refunds), eur(revenue-refunds), eur(0)
	if n := f.Orders - f.UnconvertedOrders; n > 0 {
		f.AverageOrder = eur((2*revenue + n) / (2 * n))
	}
	return f
}

func (w world) series(from, to int64) []report.Day {
	var out []report.Day
	for d := from; d < to; d++ {
		f := w.figures(d, d+1)
		out = append(out, report.Day{Day: clock.DayString(d), Orders: f.Orders, Customers: f.Customers, NewCustomers: f.NewCustomers, Revenue: f.Revenue,
			Refunds: f.Refunds, Events: f.Events, Sessions: f.Sessions})
	}
	return out
}

func (w world) products(from, to int64) []report.Product {
	type key struct {
		product int64
		sku     string
	}
	type sum struct{ quantity, revenue int64 }
	sums := map[key]*sum{}
	for i := range w.lines {
		l := &w.lines[i]
		if !l.order.counted() || l.order.day < from || l.order.day >= to {
			continue
		}
		k := key{l.product, l.sku}
		if sums[k] == nil {
			sums[k] = &sum{}
		}
		sums[k].quantity += l.quantity
		switch {
		case l.order.noRate || (l.order.currency != "EUR" && l.order.total == 0):
		default:
			sums[k].revenue += l.order.reporting(l.total)
		}
	}
	out := []report.Product{}
	var keys []key
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(sums[b].revenue, sums[a].revenue), cmp.Compare(sums[b].quantity, sums[a].quantity), cmp.Compare(a.product, b.product))
	})
	for _, k := range keys {
		out = append(out, report.Product{ProductID: id.ID(k.product), SKU: k.sku, Name: "name of " + k.sku, Quantity: float64(sums[k].quantity) / 1000, Revenue: eur(sums[k].revenue)})
	}
	return out
}

// TestOverviewAgrees has orders in two currencies, then in the reporting one alone, which is summed by a shorter way.
func TestOverviewAgrees(t *testing.T) {
	for _, name := range []string{"mixed", "plain"} {
		t.Run(name, func(t *testing.T) {
			w := invent(3)
			for i := range w.orders {
				if name == "plain" {
					w.orders[i].currency, w.orders[i].noRate = "EUR", false
				}
			}
			overviewAgrees(t, w, name == "mixed")
		})
	}
}

func overviewAgrees(t *testing.T, w world, mixed bool) {
	const from, to = firstDay + 25, firstDay + 45
	want := report.Overview{Figures: w.figures(from, to), From: clock.DayString(from), To: clock.DayString(to),
		Previous: w.figures(from-20, from), PreviousFrom: clock.DayString(from - 20), PreviousTo: clock.DayString(from),
		Series: w.series(from, to), PreviousSeries: w.series(from-20, from), TopProducts: w.products(from, to)}
	whtest.Agree(t, w.fill, func(t *testing.T, p whtest.Pair) report.Overview {
		got, err := serve(p).Overview(ctx, report.Period{From: from, To: to}, report.ComparePrevious)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}, want)
	if want.Orders == 0 || (want.UnconvertedOrders == 0) == mixed || want.Refunds.Amount == "0.00" || want.NewCustomers == 0 || want.ReturningCustomers == 0 {
		t.Fatalf("the made-up world is too plain: %+v", want.Figures)
	}
}

// TestRowsAddUp holds every figure against the rows behind it, read page by page.
func TestRowsAddUp(t *testing.T) {
	w := invent(4)
	p := report.Period{From: firstDay + 10, To: firstDay + 50}
	f := w.figures(p.From, p.To)
	type sum struct {
		Count int64
		Money string
	}
	want := map[string]sum{
		report.RowsOrders: {f.Orders, f.Revenue.Amount}, report.RowsUnconverted: {f.UnconvertedOrders, "0.00"},
		report.RowsRefunds: {countRefunds(w, p), f.Refunds.Amount}, report.RowsCustomers: {f.Customers, ""}, report.RowsNew: {f.NewCustomers, ""},
	}
	whtest.Agree(t, w.fill, func(t *testing.T, pair whtest.Pair) map[string]sum {
		got := map[string]sum{}
		for figure := range want {
			var total, n int64
			cursor, last := "", time.Time{}
			seen := map[string]int{}
			for {
				page, err := serve(pair).Rows(ctx, figure, p, 7, cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range page.Items {
					if !last.IsZero() && r.At.After(last) {
						t.Errorf("%s is out of order", figure)
					}
					last = r.At
					seen[fmt.Sprint(r.ID, r.At)]++
					n++
					if r.Amount != nil {
						m, _ := r.Amount.Money()
						total += m.Minor
					}
				}
				if cursor = page.NextCursor; cursor == "" {
					break
				}
			}
			for k, times := range seen {
				if times > 1 {
					t.Errorf("%s shows %s %d times", figure, k, times)
				}
			}
			s := sum{n, eur(total).Amount}
			if want[figure].Money == "" {
				s.Money = ""
			}
			got[figure] = s
		}
		return got
	}, want)
}

func countRefunds(w world, p report.Period) (n int64) {
	for i := range w.refunds {
		if r := &w.refunds[i]; r.counted() && r.day >= p.From && r.day < p.To {
			n++
		}
	}
	return n
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct{ from, to, field string }{
		{"2026-01-01", "2026-01-02", ""}, {"2026-01-01", "2026-01-01", "to"}, {"", "x", "from"}, {"2026-02-30", "2026-03-01", "from"}, {"1970-01-01", "9999-01-01", "to"},
	} {
		_, err := report.ParsePeriod(c.from, c.to)
		e := errs.As(err)
		if (e == nil) != (c.field == "") || (e != nil && e.Fields[0].Path != c.field) {
			t.Errorf("%s to %s: %v", c.from, c.to, err)
		}
	}
}

func TestYearAgo(t *testing.T) {
	w := invent(5)
	whtest.Agree(t, w.fill, func(t *testing.T, p whtest.Pair) [2]string {
		from, _ := clock.ParseDay("2028-02-29")
		got, err := serve(p).Overview(ctx, report.Period{From: from, To: from + 1}, report.CompareYear)
		if err != nil {
			t.Fatal(err)
		}
		return [2]string{got.PreviousFrom, got.PreviousTo}
	}, [2]string{"2027-02-28", "2027-03-01"})
}

func TestWhoMayLook(t *testing.T) {
	s := serve(whtest.Embedded(t))
	agent := role.With(context.Background(), role.Principal{Kind: role.KindUser, Role: role.Agent})
	if _, err := s.Overview(agent, report.Period{From: 1, To: 2}, ""); !errs.Is(err, errs.Forbidden) {
		t.Errorf("overview: %v", err)
	}
	if _, err := s.Rows(context.Background(), report.RowsOrders, report.Period{From: 1, To: 2}, 0, ""); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("rows: %v", err)
	}
	if diff := gocmp.Diff(13, len(must(s.Definitions(ctx)))); diff != "" {
		t.Error(diff)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
