package order

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// params collects arguments and gives their placeholders.
type params []any

func (p *params) add(v any) string {
	*p = append(*p, v)
	return "$" + strconv.Itoa(len(*p))
}

const listColumns = `o.customer_id, o.order_id, o.shop_id, o.external_id, o.status, o.placed_at, o.placed_day, o.currency, o.total, o.discount,
	o.tax, o.shipping, o.refunded, o.reporting_total, o.reporting_refunded, o.coupon, o.email, o.anonymous_id, o.user_id, o.source_id,
	o.confirmed, o.test, o.cancelled_at, o.content_at, o.attributes, o.created_at, o.updated_at`

func scanStored(rows interface{ Scan(...any) error }) (Stored, error) {
	var o Stored
	var attrs sqldb.RawJSON
	var total, refunded sql.NullInt64
	err := rows.Scan(&o.CustomerID, &o.ID, &o.ShopID, &o.ExternalID, &o.Status, &o.PlacedAt, &o.PlacedDay, &o.Currency, &o.Total, &o.Discount,
		&o.Tax, &o.Shipping, &o.Refunded, &total, &refunded, &o.Coupon, &o.Email, &o.AnonymousID, &o.UserID, &o.SourceID,
		&o.Confirmed, &o.Test, &o.CancelledAt, &o.ContentAt, &attrs, &o.CreatedAt, &o.UpdatedAt)
	o.Attributes = attrs
	o.ReportingTotal, o.ReportingRefunded = pointer(total), pointer(refunded)
	return o, err
}

func pointer(n sql.NullInt64) *int64 {
	if !n.Valid {
		return nil
	}
	return &n.Int64
}

func readStored(ctx context.Context, q sqldb.Q, query string, args ...any) ([]Stored, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("list orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Stored
	for rows.Next() {
		o, err := scanStored(rows)
		if err != nil {
			return nil, fmt.Errorf("scan order: %w", err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

func listTail(f Filter, p *params, at int64, last id.ID, more bool, limit int) string {
	where := listWhere(f, p)
	if more {
		where += ` AND (o.placed_at, o.order_id) < (` + p.add(at) + `, ` + p.add(int64(last)) + `)`
	}
	return where + ` ORDER BY o.placed_at DESC, o.order_id DESC LIMIT ` + p.add(int64(limit))
}

func listWhere(f Filter, p *params) string {
	where := ""
	if f.CustomerID != 0 {
		where += ` AND o.customer_id = ` + p.add(int64(f.CustomerID))
	}
	if f.ShopID != 0 {
		where += ` AND o.shop_id = ` + p.add(int64(f.ShopID))
	}
	if f.Status != "" {
		where += ` AND o.status = ` + p.add(f.Status)
	}
	return where
}

func selectList(ctx context.Context, q sqldb.Q, f Filter, at int64, last id.ID, more bool, limit int) ([]Stored, error) {
	var p params
	tail := listTail(f, &p, at, last, more, limit)
	return readStored(ctx, q, `SELECT `+listColumns+` FROM orders o WHERE TRUE`+tail, p...)
}

// selectByExternal goes through the key table, shop by shop.
func selectByExternal(ctx context.Context, q sqldb.Q, f Filter, at int64, last id.ID, more bool, limit int) ([]Stored, error) {
	var p params
	ext := p.add(f.ExternalID)
	tail := listTail(f, &p, at, last, more, limit)
	return readStored(ctx, q, `SELECT `+listColumns+` FROM order_keys k JOIN orders o ON o.customer_id = k.customer_id AND o.order_id = k.order_id
		WHERE k.shop_id IN (SELECT shop_id FROM shops) AND k.external_id = `+ext+tail, p...)
}

// numberPlace is the last row of a page in the order of numbers.
type numberPlace struct {
	shop   id.ID
	number string
}

// selectByNumber reads a stretch of the key table, shop by shop.
func selectByNumber(ctx context.Context, q sqldb.Q, f Filter, prefix string, after numberPlace, limit int) ([]Stored, error) {
	var p params
	where := ` WHERE k.shop_id IN (SELECT shop_id FROM shops) AND k.external_id >= ` + p.add(prefix) + ` AND k.external_id < ` + p.add(prefix+"\U0010FFFF")
	if after.shop != 0 {
		where += ` AND (k.shop_id, k.external_id) > (` + p.add(int64(after.shop)) + `, ` + p.add(after.number) + `)`
	}
	where += listWhere(f, &p) + ` ORDER BY k.shop_id, k.external_id LIMIT ` + p.add(int64(limit))
	return readStored(ctx, q, `SELECT `+listColumns+` FROM order_keys k JOIN orders o ON o.customer_id = k.customer_id AND o.order_id = k.order_id`+where, p...)
}

func selectOne(ctx context.Context, q sqldb.Q, order id.ID) (Stored, bool, error) {
	o, err := scanStored(q.Row(ctx, `SELECT `+listColumns+` FROM orders o WHERE o.order_id = $1`, int64(order)))
	if errors.Is(err, sqldb.ErrNoRows) {
		return o, false, nil
	}
	if err != nil {
		return o, false, fmt.Errorf("select order: %w", err)
	}
	return o, true, nil
}

func selectLinesOf(ctx context.Context, q sqldb.Q, r ref) ([]Line, error) {
	st := &state{}
	err := selectStateLines(ctx, q, pairs(1), refArgs([]ref{r}), map[ref]*state{r: st})
	return st.order.Lines, err
}

func selectRefundsOf(ctx context.Context, q sqldb.Q, r ref) ([]StoredRefund, error) {
	rows, err := q.Query(ctx, `SELECT refund_key, at, day, currency, amount, reporting_amount, whole, confirmed, reason, lines
		FROM refunds WHERE customer_id = $1 AND order_id = $2 ORDER BY at, refund_key`, int64(r.customer), int64(r.order))
	if err != nil {
		return nil, fmt.Errorf("list refunds: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []StoredRefund
	for rows.Next() {
		var f StoredRefund
		var lines sqldb.RawJSON
		var reporting sql.NullInt64
		if err := rows.Scan(&f.Key, &f.At, &f.Day, &f.Currency, &f.Amount, &reporting, &f.Whole, &f.Confirmed, &f.Reason, &lines); err != nil {
			return nil, fmt.Errorf("scan refund: %w", err)
		}
		f.Lines, f.ReportingAmount = lines, pointer(reporting)
		out = append(out, f)
	}
	return out, rows.Err()
}

type cartPlace struct {
	at       int64
	customer id.ID
	key      string
	more     bool
}

func selectCarts(ctx context.Context, q sqldb.Q, f CartFilter, from cartPlace, limit int) ([]Cart, error) {
	var p params
	where := ` WHERE status <> 'none'`
	if f.Status != "" {
		where = ` WHERE status = ` + p.add(f.Status)
	}
	if f.CustomerID != 0 {
		where += ` AND customer_id = ` + p.add(int64(f.CustomerID))
	}
	if from.more {
		where += ` AND (updated_at, customer_id, cart_key) < (` + p.add(from.at) + `, ` + p.add(int64(from.customer)) + `, ` + p.add(from.key) + `)`
	}
	rows, err := q.Query(ctx, `SELECT customer_id, cart_key, shop_id, status, currency, value, items, lines, checkout_step, started_at, updated_at
		FROM carts`+where+` ORDER BY updated_at DESC, customer_id DESC, cart_key DESC LIMIT `+p.add(int64(limit)), p...)
	if err != nil {
		return nil, fmt.Errorf("list carts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Cart
	for rows.Next() {
		var c Cart
		var lines sqldb.RawJSON
		if err := rows.Scan(&c.CustomerID, &c.Key, &c.ShopID, &c.Status, &c.Currency, &c.Value, &c.Items, &lines, &c.CheckoutStep,
			&c.StartedAt, &c.UpdatedAt); err != nil {
			return nil, fmt.Errorf("scan cart: %w", err)
		}
		if err := json.Unmarshal(lines, &c.Lines); err != nil {
			return nil, fmt.Errorf("read cart lines: %w", err)
		}
		c.Key = shownKey(c.Key)
		out = append(out, c)
	}
	return out, rows.Err()
}
