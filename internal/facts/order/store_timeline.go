package order

import (
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
)

// older writes the condition that keeps a timeline below a place; name is the SQL of an item's id.
func older(p *params, at, name string, before customer.TimelinePlace) string {
	if !before.Set {
		return ""
	}
	t := p.add(before.At)
	return ` AND (` + at + ` < ` + t + ` OR ` + at + ` = ` + t + ` AND ` + name + ` < ` + p.add(before.ID) + `)`
}

func selectTimelineOrders(ctx context.Context, q sqldb.Q, owner id.ID, before customer.TimelinePlace, limit int) ([]Stored, error) {
	var p params
	where := `o.customer_id = ` + p.add(int64(owner)) + ` AND o.status NOT IN ('pending', 'return')` +
		older(&p, "o.placed_at", `('o' || CAST(o.order_id AS TEXT))`, before)
	return readStored(ctx, q, `SELECT `+listColumns+` FROM orders o WHERE `+where+
		` ORDER BY o.placed_at DESC, CAST(o.order_id AS TEXT) DESC LIMIT `+p.add(int64(limit)), p...)
}

type timelineRefund struct {
	Refund
	order    id.ID
	external string
}

func selectTimelineRefunds(ctx context.Context, q sqldb.Q, owner id.ID, before customer.TimelinePlace, limit int) ([]timelineRefund, error) {
	var p params
	where := `r.customer_id = ` + p.add(int64(owner)) +
		older(&p, "r.at", `('r' || CAST(r.order_id AS TEXT) || ':' || r.refund_key)`, before)
	rows, err := q.Query(ctx, `SELECT r.order_id, o.external_id, r.refund_key, r.at, r.currency, r.amount, r.confirmed, r.reason
		FROM refunds r JOIN orders o ON o.customer_id = r.customer_id AND o.order_id = r.order_id WHERE `+where+
		` ORDER BY r.at DESC, CAST(r.order_id AS TEXT) DESC, r.refund_key DESC LIMIT `+p.add(int64(limit)), p...)
	if err != nil {
		return nil, fmt.Errorf("list refunds of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []timelineRefund
	for rows.Next() {
		var r timelineRefund
		if err := rows.Scan(&r.order, &r.external, &r.Key, &r.At, &r.Currency, &r.Amount, &r.Confirmed, &r.Reason); err != nil {
			return nil, fmt.Errorf("scan refund: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// selectTimelineCarts gives open carts; their Key is the stored one, which is unique within the customer.
func selectTimelineCarts(ctx context.Context, q sqldb.Q, owner id.ID, before customer.TimelinePlace, limit int) ([]Cart, error) {
	var p params
	where := `customer_id = ` + p.add(int64(owner)) + ` AND status = 'open'` + older(&p, "updated_at", `('c' || cart_key)`, before)
	rows, err := q.Query(ctx, `SELECT cart_key, shop_id, status, currency, value, items, lines, checkout_step, started_at, updated_at
		FROM carts WHERE `+where+` ORDER BY updated_at DESC, cart_key DESC LIMIT `+p.add(int64(limit)), p...)
	if err != nil {
		return nil, fmt.Errorf("list carts of a customer: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Cart
	for rows.Next() {
		c := Cart{CustomerID: owner}
		var lines sqldb.RawJSON
		if err := rows.Scan(&c.Key, &c.ShopID, &c.Status, &c.Currency, &c.Value, &c.Items, &lines, &c.CheckoutStep, &c.StartedAt, &c.UpdatedAt); err != nil {
			return nil, fmt.Errorf("scan cart: %w", err)
		}
		if err := json.Unmarshal(lines, &c.Lines); err != nil {
			return nil, fmt.Errorf("read cart lines: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
