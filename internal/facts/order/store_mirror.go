package order

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const (
	mirrorOrders = `customer_id, order_id, shop_id, external_id, status, placed_at, placed_day, currency, total, discount, tax, shipping, refunded, reporting_total, reporting_refunded, coupon, confirmed, test, cancelled_at`
	mirrorLines  = `customer_id, order_id, line, product_id, sku, name, quantity, price, discount, total`
	// The join finds refunds and lines by their key, since neither table has an index on the order alone.
	mirrorRefunds = `customer_id, order_id, refund_key, at, day, currency, amount, reporting_amount, whole, confirmed`
)

func columnList(s string) []string { return strings.Split(s, ", ") }

func selectMirror(ctx context.Context, q sqldb.Q, ids []id.ID, m *Mirrored) error {
	args := sqldb.Args(ids)
	for i := range args {
		args[i] = int64(ids[i])
	}
	in := `o.order_id IN (` + sqldb.Marks(1, len(ids)) + `)`
	for _, t := range []struct {
		columns, from string
		scan          func(*sql.Rows) ([]any, error)
		into          *[][]any
	}{
		{mirrorOrders, `orders o WHERE ` + in, scanMirrorOrder, &m.Orders},
		{mirrorLines, `orders o JOIN order_lines x ON x.customer_id = o.customer_id AND x.order_id = o.order_id WHERE ` + in, scanMirrorLine, &m.Lines},
		{mirrorRefunds, `orders o JOIN refunds x ON x.customer_id = o.customer_id AND x.order_id = o.order_id WHERE ` + in, scanMirrorRefund, &m.Refunds},
	} {
		alias := "x."
		if t.into == &m.Orders {
			alias = "o."
		}
		if err := readMirror(ctx, q, `SELECT `+alias+strings.ReplaceAll(t.columns, ", ", ", "+alias)+` FROM `+t.from, args, t.scan, t.into); err != nil {
			return err
		}
	}
	return nil
}

func readMirror(ctx context.Context, q sqldb.Q, query string, args []any, scan func(*sql.Rows) ([]any, error), into *[][]any) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("read orders for the warehouse: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return fmt.Errorf("scan order for the warehouse: %w", err)
		}
		*into = append(*into, row)
	}
	return rows.Err()
}

func scanMirrorOrder(rows *sql.Rows) ([]any, error) {
	var customer, order, shop, at, day, total, discount, tax, shipping, refunded, cancelled int64
	var external, status, currency, coupon string
	var rTotal, rRefunded sql.NullInt64
	var confirmed, test bool
	err := rows.Scan(&customer, &order, &shop, &external, &status, &at, &day, &currency, &total, &discount, &tax, &shipping, &refunded,
		&rTotal, &rRefunded, &coupon, &confirmed, &test, &cancelled)
	return []any{customer, order, shop, external, status, at, day, currency, total, discount, tax, shipping, refunded, nullable(rTotal),
		nullable(rRefunded), coupon, confirmed, test, cancelled}, err
}

func scanMirrorLine(rows *sql.Rows) ([]any, error) {
	var customer, order, line, product, quantity, price, discount, total int64
	var sku, name string
	err := rows.Scan(&customer, &order, &line, &product, &sku, &name, &quantity, &price, &discount, &total)
	return []any{customer, order, line, product, sku, name, quantity, price, discount, total}, err
}

func scanMirrorRefund(rows *sql.Rows) ([]any, error) {
	var customer, order, at, day, amount int64
	var key, currency string
	var reporting sql.NullInt64
	var whole, confirmed bool
	err := rows.Scan(&customer, &order, &key, &at, &day, &currency, &amount, &reporting, &whole, &confirmed)
	return []any{customer, order, key, at, day, currency, amount, nullable(reporting), whole, confirmed}, err
}

func nullable(n sql.NullInt64) any {
	if !n.Valid {
		return nil
	}
	return n.Int64
}

func selectEveryID(ctx context.Context, q sqldb.Q, after id.ID, limit int) ([]id.ID, error) {
	rows, err := q.Query(ctx, `SELECT order_id FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2`, int64(after), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list order ids: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []id.ID
	for rows.Next() {
		var i id.ID
		if err := rows.Scan(&i); err != nil {
			return nil, fmt.Errorf("scan order id: %w", err)
		}
		out = append(out, i)
	}
	return out, rows.Err()
}
