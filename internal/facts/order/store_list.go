package order

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/keyset"
	"rapport/internal/platform/sqldb"
)

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

func scanRow(rows *sql.Rows) (Stored, error) { return scanStored(rows) }

// query chooses the access path: the key table for a number, a customer's own orders, the index of what is rare, else the time placed.
// What the path does not answer is looked at row by row. Rare states are spelled out, since engines take a partial index only where they read
// its condition.
func (f *Filter) query(limit int) *keyset.Query {
	q := &keyset.Query{Columns: listColumns, From: "orders o", By: []string{"o.placed_at", "o.order_id"}, Down: !f.Ascending, Limit: limit, Look: look}
	if f.Sort == SortTotal {
		q.By[0] = "COALESCE(o.reporting_total, 0)"
	}
	status, coupon, refunded := f.Status != "", f.Coupon != "", f.Refunded != nil
	switch {
	case f.ExternalID != "":
		q.From = "order_keys k JOIN orders o ON o.customer_id = k.customer_id AND o.order_id = k.order_id"
		q.Path("k.shop_id IN (SELECT shop_id FROM shops) AND k.external_id = ?", f.ExternalID)
		q.Look = 0
	case f.CustomerID != 0:
		q.Look = 0
	case coupon:
		q.Path("o.coupon <> '' AND o.coupon = ?", f.Coupon)
		coupon = false
	case refunded && *f.Refunded:
		q.Path("o.refunded > 0")
		refunded = false
	case status && f.Status != StatusPlaced:
		q.Path("o.status <> 'placed' AND o.status = ?", f.Status)
		status = false
	}
	if f.CustomerID != 0 {
		q.Path("o.customer_id = ?", int64(f.CustomerID))
	}
	if f.From != 0 {
		f.period(q, ">=", f.From)
	}
	if f.To != 0 {
		f.period(q, "<", f.To)
	}
	if f.ShopID != 0 {
		q.Filter("o.shop_id = ?", int64(f.ShopID))
	}
	if status {
		q.Filter("o.status = ?", f.Status)
	}
	if coupon {
		q.Filter("o.coupon = ?", f.Coupon)
	}
	if refunded && *f.Refunded {
		q.Filter("o.refunded > 0")
	} else if refunded {
		q.Filter("o.refunded <= 0")
	}
	f.money(q)
	return q
}

// period narrows by the index where the list is in the order of time.
func (f *Filter) period(q *keyset.Query, compare string, at int64) {
	if f.Sort == SortTotal {
		q.Filter("o.placed_at "+compare+" ?", at)
		return
	}
	q.Bound(compare, at)
}

func (f *Filter) money(q *keyset.Query) {
	column := "COALESCE(o.reporting_total, 0)"
	if f.Currency != "" {
		q.Filter("o.currency = ?", f.Currency)
		column = "o.total"
	}
	if f.AmountFrom != nil {
		q.Filter(column+" >= ?", *f.AmountFrom)
	}
	if f.AmountTo != nil {
		q.Filter(column+" <= ?", *f.AmountTo)
	}
}

// byNumber reads a stretch of the key table, shop by shop.
func (f *Filter) byNumber(prefix string, limit int) *keyset.Query {
	g := *f
	g.Sort, g.Ascending = "", true
	q := g.query(limit)
	q.From = "order_keys k JOIN orders o ON o.customer_id = k.customer_id AND o.order_id = k.order_id"
	q.By = []string{"k.shop_id", "k.external_id"}
	q.Path("k.shop_id IN (SELECT shop_id FROM shops) AND k.external_id >= ? AND k.external_id < ?", prefix, prefix+"\U0010FFFF")
	q.Look = look
	return q
}

// selectSold gives the orders with a product, where it has at most max lines; rare is false where it has more, and it counts no further. The
// warehouse's columns answer this, on PostgreSQL an index.
func (s *Service) selectSold(ctx context.Context, product id.ID, max int) (orders []any, rare bool, err error) {
	rows, err := s.Warehouse.Peek(ctx, `SELECT l.order_id FROM order_lines l WHERE l.product_id = $1 LIMIT $2`, int64(product), int64(max+1))
	if err != nil {
		return nil, false, fmt.Errorf("find orders of a product: %w", err)
	}
	defer func() { _ = rows.Close() }()
	seen := map[int64]bool{}
	lines := 0
	for rows.Next() {
		var o int64
		if err := rows.Scan(&o); err != nil {
			return nil, false, fmt.Errorf("scan order of a product: %w", err)
		}
		if lines++; !seen[o] {
			seen[o] = true
			orders = append(orders, o)
		}
	}
	return orders, lines <= max, rows.Err()
}

// ranking is an order's place in a list of the warehouse.
type ranking struct {
	value int64
	id    id.ID
}

func (s *Service) selectRanked(ctx context.Context, q *keyset.Query) ([]ranking, error) {
	q.Columns, q.Look = q.By[0]+" AS place, o.order_id", 0
	query, args := q.Text(sqldb.Postgres) // the warehouse is never SQLite
	rows, err := s.Warehouse.Peek(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("rank orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []ranking
	for rows.Next() {
		var r ranking
		if err := rows.Scan(&r.value, &r.id); err != nil {
			return nil, fmt.Errorf("scan rank of order: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// selectInOrder reads orders as they stand, in the order of a ranking.
func selectInOrder(ctx context.Context, q sqldb.Q, places []ranking) ([]Stored, error) {
	if len(places) == 0 {
		return nil, nil
	}
	args := make([]any, len(places))
	for i, p := range places {
		args[i] = int64(p.id)
	}
	rows, err := readStored(ctx, q, `SELECT `+listColumns+` FROM orders o WHERE o.order_id IN (`+sqldb.Marks(1, len(args))+`)`, args...)
	if err != nil {
		return nil, err
	}
	found := make(map[id.ID]*Stored, len(places))
	for i := range rows {
		found[rows[i].ID] = &rows[i]
	}
	out := make([]Stored, 0, len(places))
	for _, p := range places {
		if o := found[p.id]; o != nil {
			out = append(out, *o)
		}
	}
	return out, nil
}

const cartColumns = `customer_id, cart_key, shop_id, status, currency, value, items, lines, checkout_step, started_at, updated_at, rested, ordered_value`

func (f *CartFilter) query(limit int, leftBefore int64) *keyset.Query {
	q := &keyset.Query{Columns: cartColumns, From: "carts", By: []string{"updated_at", "customer_id", "cart_key"}, Down: !f.Ascending, Limit: limit, Look: look}
	switch f.Status {
	case "":
		q.Filter("status <> 'none'")
	case CartLeft:
		q.Path("status = ? AND updated_at < ?", CartOpen, leftBefore)
	case CartRecovered:
		q.Path("status = ?", CartOrdered)
		q.Filter("rested >= ?", leftAfter.Microseconds())
	default:
		q.Path("status = ?", f.Status)
	}
	if f.CustomerID != 0 {
		q.Path("customer_id = ?", int64(f.CustomerID))
		q.Look = 0
	}
	if f.From != 0 {
		q.Bound(">=", f.From)
	}
	if f.To != 0 {
		q.Bound("<", f.To)
	}
	if f.ShopID != 0 {
		q.Filter("shop_id = ?", int64(f.ShopID))
	}
	if f.Currency != "" {
		q.Filter("currency = ?", f.Currency)
	}
	const worth = "CASE WHEN status = 'ordered' THEN ordered_value ELSE value END"
	if f.ValueFrom != nil {
		q.Filter(worth+" >= ?", *f.ValueFrom)
	}
	if f.ValueTo != nil {
		q.Filter(worth+" <= ?", *f.ValueTo)
	}
	return q
}

func scanCart(rows *sql.Rows) (Cart, error) {
	var c Cart
	err := readCart(rows, &c)
	return c, err
}

func readCart(row interface{ Scan(...any) error }, c *Cart, more ...any) error {
	var lines sqldb.RawJSON
	if err := row.Scan(append([]any{&c.CustomerID, &c.Key, &c.ShopID, &c.Status, &c.Currency, &c.Value, &c.Items, &lines, &c.CheckoutStep,
		&c.StartedAt, &c.UpdatedAt, &c.Rested, &c.OrderedValue}, more...)...); err != nil {
		return err
	}
	c.Key = shownKey(c.Key)
	return json.Unmarshal(lines, &c.Lines)
}

// selectCart gives a cart with its operations, and the orders of its buyer that named no cart, which close it too.
func selectCart(ctx context.Context, q sqldb.Q, customer id.ID, key string) (c Cart, closing []Op, found bool, err error) {
	var ops sqldb.RawJSON
	err = readCart(q.Row(ctx, `SELECT `+cartColumns+`, ops FROM carts WHERE customer_id = $1 AND cart_key = $2 AND status <> 'none'`,
		int64(customer), key), &c, &ops)
	if errors.Is(err, sqldb.ErrNoRows) {
		return c, nil, false, nil
	}
	if err == nil {
		err = json.Unmarshal(ops, &c.ops)
	}
	if err != nil {
		return c, nil, false, fmt.Errorf("select cart: %w", err)
	}
	var whole sqldb.RawJSON
	err = q.Row(ctx, `SELECT ops FROM carts WHERE customer_id = $1 AND cart_key = $2`, int64(customer), storedKey(c.ShopID, wholeCart)).Scan(&whole)
	if errors.Is(err, sqldb.ErrNoRows) {
		return c, nil, true, nil
	}
	if err == nil {
		err = json.Unmarshal(whole, &closing)
	}
	if err != nil {
		return c, nil, false, fmt.Errorf("select orders of cart: %w", err)
	}
	return c, closing, true, nil
}

// selectPlacedAt gives a customer's orders of a shop that were placed at one of the moments.
func selectPlacedAt(ctx context.Context, q sqldb.Q, customer, shop id.ID, at []int64) ([]Stored, error) {
	if len(at) == 0 {
		return nil, nil
	}
	args := append([]any{int64(customer), int64(shop)}, sqldb.Args(at)...)
	return readStored(ctx, q, `SELECT `+listColumns+` FROM orders o WHERE o.customer_id = $1 AND o.shop_id = $2 AND o.placed_at IN (`+
		sqldb.Marks(3, len(at))+`) ORDER BY o.placed_at DESC, o.order_id DESC`, args...)
}
