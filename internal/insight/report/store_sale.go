package report

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
)

// One row for each order with the product, however many of its lines are of it.
func (s *Service) saleOrders(columns, where string) string {
	return `SELECT ` + columns + `, SUM(l.quantity) AS units, SUM(` + convertedLine + `) AS revenue
		FROM order_lines l JOIN orders o ON ` + s.sameOrder("l") + `
		WHERE l.product_id = $1 AND ` + countedOrder + where + ` GROUP BY `
}

func (s *Service) saleDays(ctx context.Context, product id.ID, p, b Period, at func(day int64) *saleTally) error {
	return s.each(ctx, `SELECT g.placed_day, CAST(SUM(g.units) AS BIGINT), COUNT(*), CAST(SUM(g.revenue) AS BIGINT), COUNT(CASE WHEN g.refunded > 0 THEN 1 END)
		FROM (`+s.saleOrders(`o.order_id, o.placed_day, o.refunded`, ` AND ((o.placed_day >= $2 AND o.placed_day < $3) OR (o.placed_day >= $4 AND o.placed_day < $5))`)+
		`o.order_id, o.placed_day, o.refunded) g GROUP BY g.placed_day`, append([]any{int64(product)}, periods(p, b)...), 5, func(v []int64) {
		*at(v[0]) = saleTally{units: v[1], orders: v[2], revenue: v[3], returned: v[4]}
	})
}

func (s *Service) saleBuyers(ctx context.Context, product id.ID, p Period) (n int64, err error) {
	err = s.each(ctx, `SELECT COUNT(DISTINCT o.customer_id) FROM order_lines l JOIN orders o ON `+s.sameOrder("l")+`
		WHERE l.product_id = $1 AND `+countedOrder+` AND o.customer_id <> 0 AND o.placed_day >= $2 AND o.placed_day < $3`,
		[]any{int64(product), p.From, p.To}, 1, func(v []int64) { n = v[0] })
	return n, err
}

type buyer struct {
	customer                     id.ID
	units, orders, revenue, last int64
}

func (s *Service) selectBuyersOf(ctx context.Context, product id.ID, after place, limit int) ([]buyer, error) {
	args := []any{int64(product), int64(limit)}
	older := `TRUE`
	if after.set {
		older = `(b.last < $3 OR (b.last = $3 AND b.customer_id < $4))`
		args = append(args, after.at, after.id)
	}
	rows, err := s.Warehouse.Query(ctx, `SELECT b.customer_id, b.units, b.orders, b.revenue, b.last FROM (
		SELECT g.customer_id, CAST(SUM(g.units) AS BIGINT) AS units, COUNT(*) AS orders, CAST(SUM(g.revenue) AS BIGINT) AS revenue, MAX(g.placed_at) AS last
		FROM (`+s.saleOrders(`o.customer_id, o.order_id, o.placed_at`, ` AND o.customer_id <> 0`)+`o.customer_id, o.order_id, o.placed_at) g
		GROUP BY g.customer_id) b WHERE `+older+` ORDER BY b.last DESC, b.customer_id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []buyer
	for rows.Next() {
		var b buyer
		if err := rows.Scan(&b.customer, &b.units, &b.orders, &b.revenue, &b.last); err != nil {
			return nil, fmt.Errorf("scan buyer: %w", err)
		}
		out = append(out, b)
	}
	return out, rows.Err()
}
