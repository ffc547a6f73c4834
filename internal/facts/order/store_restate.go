package order

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

func selectRestatable(ctx context.Context, q sqldb.Q, currency string, fromDay int64, after id.ID, limit int) ([]ref, error) {
	p := params{int64(after)}
	where := ""
	if currency != "" {
		where = ` AND (currency = ` + p.add(currency) + ` OR EXISTS (SELECT 1 FROM refunds r WHERE r.customer_id = orders.customer_id
			AND r.order_id = orders.order_id AND r.currency = $2))`
	}
	if fromDay != 0 {
		where += ` AND placed_day >= ` + p.add(fromDay)
	}
	return selectRefs(ctx, q, `SELECT customer_id, order_id FROM orders WHERE order_id > $1 AND status <> 'pending'`+where+
		` ORDER BY order_id LIMIT `+p.add(int64(limit)), p...)
}

func selectUnconfirmed(ctx context.Context, q sqldb.Q, source, after id.ID, limit int) ([]ref, error) {
	return selectRefs(ctx, q, `SELECT customer_id, order_id FROM orders WHERE order_id > $1 AND source_id = $2 AND NOT confirmed AND status <> 'pending'
		ORDER BY order_id LIMIT $3`, int64(after), int64(source), int64(limit))
}

func selectRefs(ctx context.Context, q sqldb.Q, query string, args ...any) ([]ref, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select orders to go through: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []ref
	for rows.Next() {
		var r ref
		if err := rows.Scan(&r.customer, &r.order); err != nil {
			return nil, fmt.Errorf("scan order to go through: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func updateReporting(ctx context.Context, tx *sqldb.Tx, orders, refunds [][]any) error {
	if err := tx.Many(ctx, `UPDATE orders SET placed_day = $3, reporting_total = CAST($4 AS BIGINT), reporting_refunded = CAST($5 AS BIGINT), updated_at = $6
		WHERE customer_id = $1 AND order_id = $2`, orders); err != nil {
		return fmt.Errorf("update converted orders: %w", err)
	}
	if err := tx.Many(ctx, `UPDATE refunds SET day = $4, reporting_amount = CAST($5 AS BIGINT)
		WHERE customer_id = $1 AND order_id = $2 AND refund_key = $3`, refunds); err != nil {
		return fmt.Errorf("update converted refunds: %w", err)
	}
	return nil
}
