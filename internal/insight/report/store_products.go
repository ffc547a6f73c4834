package report

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

type productSum struct {
	product           id.ID
	sku, name         string
	quantity, revenue int64
}

// A line counts in the reporting currency at its order's rate; in that currency itself it stays what it is, to the cent. Both engines
// compute the same: division and FLOOR of doubles are exact rules, ROUND is not.
const lineRevenue = `CASE WHEN o.currency = $3 THEN l.total WHEN o.reporting_total IS NULL OR o.total = 0 THEN 0
	ELSE CAST(FLOOR(CAST(l.total AS DOUBLE PRECISION) * CAST(o.reporting_total AS DOUBLE PRECISION) / CAST(o.total AS DOUBLE PRECISION) + 0.5) AS BIGINT) END`

func (s *Service) selectTop(ctx context.Context, p Period, limit int) ([]productSum, error) {
	currency, _ := s.Reporting()
	rows, err := s.Warehouse.Query(ctx, `SELECT g.product_id, g.sku, g.name, g.quantity, g.revenue FROM (
		SELECT l.product_id, CASE WHEN l.product_id = 0 THEN l.sku ELSE '' END AS by_sku,
			CASE WHEN l.product_id = 0 AND l.sku = '' THEN l.name ELSE '' END AS by_name,
			MAX(l.sku) AS sku, MAX(l.name) AS name,
			CAST(SUM(l.quantity) AS BIGINT) AS quantity, CAST(SUM(`+lineRevenue+`) AS BIGINT) AS revenue
		FROM orders o JOIN order_lines l ON l.customer_id = o.customer_id AND l.order_id = o.order_id
		WHERE `+countedOrder+` AND o.placed_day >= $1 AND o.placed_day < $2
		GROUP BY 1, 2, 3) g
		ORDER BY g.revenue DESC, g.quantity DESC, g.product_id, g.name LIMIT $4`, p.From, p.To, currency, int64(limit))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []productSum
	for rows.Next() {
		var t productSum
		if err := rows.Scan(&t.product, &t.sku, &t.name, &t.quantity, &t.revenue); err != nil {
			return nil, fmt.Errorf("scan product: %w", err)
		}
		out = append(out, t)
	}
	return out, rows.Err()
}

type product struct{ name, image string }

func selectProducts(ctx context.Context, q sqldb.Q, ids []id.ID) (map[id.ID]product, error) {
	out := map[id.ID]product{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, `SELECT product_id, name, image_url FROM products WHERE product_id IN (`+sqldb.Marks(1, len(ids))+`)`, sqldb.Args(ids)...)
	if err != nil {
		return nil, fmt.Errorf("select names of products: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var i id.ID
		var p product
		if err := rows.Scan(&i, &p.name, &p.image); err != nil {
			return nil, fmt.Errorf("scan name of product: %w", err)
		}
		out[i] = p
	}
	return out, rows.Err()
}

// selectNames gives what to call customers: name, else e-mail, else "".
func selectNames(ctx context.Context, q sqldb.Q, ids []id.ID) (map[id.ID]string, error) {
	out := map[id.ID]string{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, `SELECT customer_id, CASE WHEN name <> '' THEN name ELSE email END FROM customers
		WHERE customer_id IN (`+sqldb.Marks(1, len(ids))+`)`, sqldb.Args(ids)...)
	if err != nil {
		return nil, fmt.Errorf("select names of customers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var i id.ID
		var name string
		if err := rows.Scan(&i, &name); err != nil {
			return nil, fmt.Errorf("scan name of customer: %w", err)
		}
		out[i] = name
	}
	return out, rows.Err()
}
