package order_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse/whtest"
)

// stored is how many orders BenchmarkLists has: go test ./internal/facts/order -run - -bench Lists -benchtime 1x -orders 1000000
var stored = flag.Int("orders", 20_000, "orders in BenchmarkLists")

const hour = int64(3_600_000_000)

// fillOrders stores orders of three years, as they come in: one in fifty cancelled, one in thirty refunded, one in ten with a coupon, one in a
// hundred thousand in a currency that is rare, two lines each of a thousand products, some of which sell far more than others.
func fillOrders(tb testing.TB, p whtest.Pair, n int) {
	tb.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	lineColumns := []string{"customer_id", "order_id", "line", "product_id", "sku", "name", "quantity", "price", "discount", "total"}
	const part = 20_000
	start := time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	step := 3 * 365 * 24 * hour / int64(n)
	for from := 0; from < n; from += part {
		var orders, keys, lines, mirrored [][]any
		var ids []int64
		for i := from; i < min(from+part, n); i++ {
			o := int64(i + 1)
			c, at, total := int64(1+r.IntN(max(1, n/5))), start+int64(i)*step+r.Int64N(24*hour), int64(500+r.IntN(50_000))
			status, coupon, currency, refunded := order.StatusPlaced, "", "EUR", int64(0)
			if r.IntN(50) == 0 {
				status = order.StatusCancelled
			}
			if r.IntN(30) == 0 {
				refunded = total / 2
			}
			if r.IntN(10) == 0 {
				coupon = fmt.Sprint("C", r.IntN(200))
			}
			if r.IntN(100_000) == 0 {
				currency = "ISK"
			}
			number := fmt.Sprint("R-", o)
			orders = append(orders, []any{c, o, int64(1), number, status, at, at / (24 * hour), currency, total, int64(0), int64(0), int64(0), refunded, total, refunded, coupon,
				"someone@mail.example", "", "", int64(1), true, false, int64(0), int64(0), at, at, at, at, `{"note":"as it came from the shop"}`, at, at, int64(0), int64(0)})
			mirrored = append(mirrored, []any{c, o, int64(1), number, status, at, at / (24 * hour), currency, total, int64(0), int64(0), int64(0), refunded, total, refunded, coupon, true, false, int64(0)})
			keys, ids = append(keys, []any{int64(1), number, o, c, ""}), append(ids, o)
			for l := range int64(2) {
				lines = append(lines, []any{c, o, l + 1, int64(1 + r.IntN(1+r.IntN(1000))), "sku", "name", int64(1000), total / 2, int64(0), total / 2})
			}
		}
		if err := p.DB.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := tx.InsertMany(ctx, "orders", order.OrderColumns(), orders); err != nil {
				return err
			}
			if err := tx.InsertMany(ctx, "order_lines", lineColumns, lines); err != nil {
				return err
			}
			return tx.InsertMany(ctx, "order_keys", []string{"shop_id", "external_id", "order_id", "customer_id", "content_hash"}, keys)
		}); err != nil {
			tb.Fatal(err)
		}
		for table, rows := range map[string][][]any{"orders": mirrored, "order_lines": lines} {
			if err := p.Warehouse.Upsert(ctx, table, ids, rows); err != nil {
				tb.Fatal(err)
			}
		}
	}
	if _, err := p.DB.Exec(ctx, `INSERT INTO shops (shop_id, name, domain, zone, currency, language, brand, created_at, updated_at)
		VALUES (1, 'Shop', '', 'UTC', 'EUR', 'en', '', 0, 0)`); err != nil {
		tb.Fatal(err)
	}
	if _, err := p.DB.Exec(ctx, `ANALYZE`); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkLists measures pages of 100, as the web app asks for them, one after the other, from the newest on and from the middle of the time.
func BenchmarkLists(b *testing.B) {
	for name, pair := range map[string]func(testing.TB) whtest.Pair{"embedded": whtest.Embedded, "postgres": whtest.Postgres} {
		b.Run(name, func(b *testing.B) {
			p := pair(b)
			fillOrders(b, p, *stored)
			s := order.New(order.Deps{DB: p.DB, IDs: id.NewSource(clock.System{}), Clock: clock.System{}, Warehouse: p.Warehouse,
				Reporting: func() (string, *time.Location) { return "EUR", time.UTC }})
			yes := true
			low, high := int64(40_000), int64(40_100)
			middle := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
			for _, l := range []struct {
				name string
				f    order.Filter
			}{
				{"all", order.Filter{}}, {"all, oldest first", order.Filter{Ascending: true}}, {"cancelled", order.Filter{Status: order.StatusCancelled}},
				{"coupon", order.Filter{Coupon: "C7"}}, {"coupon, cancelled", order.Filter{Coupon: "C7", Status: order.StatusCancelled}},
				{"refunded", order.Filter{Refunded: &yes}}, {"amount", order.Filter{AmountFrom: &low, AmountTo: &high}}, {"rare currency", order.Filter{Currency: "ISK"}},
				{"period, amount", order.Filter{From: middle, To: middle + 30*24*hour, AmountFrom: &low}}, {"customer", order.Filter{CustomerID: 77}},
				{"number", order.Filter{Query: "R-12"}}, {"by total", order.Filter{Sort: order.SortTotal}}, {"by total, of a period", order.Filter{Sort: order.SortTotal, From: middle, To: middle + 30*24*hour}},
				{"product, popular", order.Filter{ProductID: 1}}, {"product, rare", order.Filter{ProductID: 990}}, {"product, by total", order.Filter{ProductID: 1, Sort: order.SortTotal}},
			} {
				b.Run(l.name, func(b *testing.B) { measure(b, s, l.f) })
			}
		})
	}
}

func measure(b *testing.B, s *order.Service, first order.Filter) {
	first.Limit = 100
	var took []time.Duration
	rows, partial := 0, 0
	for b.Loop() {
		f := first
		for range 60 {
			start := clock.System{}.Now()
			p, err := s.List(ctx, f)
			if err != nil {
				b.Fatal(err)
			}
			took = append(took, clock.System{}.Now().Sub(start))
			rows += len(p.Items)
			if p.Partial {
				partial++
			}
			if f.Cursor = p.NextCursor; f.Cursor == "" {
				f = first
			}
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
	b.ReportMetric(float64(rows)/float64(len(took)), "rows/page")
	b.ReportMetric(float64(partial)/float64(len(took)), "partial/page")
}
