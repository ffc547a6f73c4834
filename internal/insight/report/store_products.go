package report

import (
	"context"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

type productSum struct {
	product           id.ID
	sku, name         string
	quantity, revenue int64
}

// A line counts in the reporting currency at its order's rate. Both engines compute the same: division and FLOOR of doubles follow exact rules,
// ROUND does not.
const convertedLine = `CASE WHEN o.reporting_total IS NULL OR o.total = 0 THEN 0
	ELSE CAST(FLOOR(CAST(l.total AS DOUBLE PRECISION) * CAST(o.reporting_total AS DOUBLE PRECISION) / CAST(o.total AS DOUBLE PRECISION) + 0.5) AS BIGINT) END`

// selectTop adds up lines by product. Where no order of the period is in a foreign currency nothing of the order has to be carried through the
// join, which is ten times quicker. Else lines of orders in the reporting currency are added apart, right to the cent. Products that nobody
// knows are told apart by SKU, or by name; keeping them out of the sum of known ones keeps text out of it.
func (s *Service) selectTop(ctx context.Context, p Period, foreign bool, limit int) ([]productSum, error) {
	currency, _ := s.Reporting()
	lines := `FROM orders o JOIN order_lines l ON ` + s.sameOrder("l") + ` WHERE ` + countedOrder + ` AND o.placed_day >= $1 AND o.placed_day < $2`
	args := []any{p.From, p.To, int64(limit)}
	if foreign {
		args = append(args, currency)
	}
	part := func(columns, where, group string) string {
		sum := func(revenue, money string) string {
			return `SELECT ` + columns + `, SUM(l.quantity) AS quantity, SUM(` + revenue + `) AS revenue ` + lines + money + ` AND ` + where + ` GROUP BY ` + group
		}
		if !foreign {
			return sum(`l.total`, ``)
		}
		return sum(`l.total`, ` AND o.currency = $4`) + ` UNION ALL ` + sum(convertedLine, ` AND o.currency <> $4`)
	}
	return s.sums(ctx, `SELECT k.product_id, k.sku, k.name, CAST(SUM(k.quantity) AS BIGINT) AS quantity, CAST(SUM(k.revenue) AS BIGINT) AS revenue FROM (
		`+part(`l.product_id, '' AS sku, '' AS name`, `l.product_id <> 0`, `l.product_id`)+`
		UNION ALL `+part(`l.product_id, l.sku, CASE WHEN l.sku = '' THEN l.name ELSE '' END AS name`, `l.product_id = 0`, `1, 2, 3`)+`) k
		GROUP BY k.product_id, k.sku, k.name ORDER BY revenue DESC, quantity DESC, k.product_id, k.sku, k.name LIMIT $3`, args...)
}

func (s *Service) sums(ctx context.Context, query string, args ...any) ([]productSum, error) {
	rows, err := s.Warehouse.Query(ctx, query, args...)
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

// selectLineText gives what the lines call some products, or some SKUs that no product has.
func (s *Service) selectLineText(ctx context.Context, products []id.ID, skus []string) ([]productSum, error) {
	args := append(sqldb.Args(products), sqldb.Args(skus)...)
	var parts []string
	if len(products) > 0 {
		parts = append(parts, `SELECT l.product_id, MAX(l.sku) AS sku, MAX(l.name) AS name FROM order_lines l
			WHERE l.product_id IN (`+sqldb.Marks(1, len(products))+`) GROUP BY l.product_id`)
	}
	if len(skus) > 0 {
		parts = append(parts, `SELECT l.product_id, l.sku, MAX(l.name) AS name FROM order_lines l
			WHERE l.product_id = 0 AND l.sku IN (`+sqldb.Marks(1+len(products), len(skus))+`) GROUP BY l.product_id, l.sku`)
	}
	if len(parts) == 0 {
		return nil, nil
	}
	return s.sums(ctx, `SELECT t.product_id, t.sku, t.name, 0, 0 FROM (`+strings.Join(parts, " UNION ALL ")+`) t`, args...)
}

type product struct{ name, sku, image string }

func selectProducts(ctx context.Context, q sqldb.Q, ids []id.ID) (map[id.ID]product, error) {
	out := map[id.ID]product{}
	if len(ids) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, `SELECT product_id, name, sku, image_url FROM products WHERE product_id IN (`+sqldb.Marks(1, len(ids))+`)`, sqldb.Args(ids)...)
	if err != nil {
		return nil, fmt.Errorf("select names of products: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var i id.ID
		var p product
		if err := rows.Scan(&i, &p.name, &p.sku, &p.image); err != nil {
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
