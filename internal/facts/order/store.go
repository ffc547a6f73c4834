package order

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// turn: batches come from several writers, and two of them must not both find an order missing.
const turn = 7205759403792793601

// chunk is the size of key lists. One size, the last chunk filled up with repeats, keeps the number of different statements small.
const chunk = 250

func padded[T any](items []T, fn func([]T) error) error {
	return sqldb.Chunks(items, chunk, func(part []T) error {
		size := 1
		for size < len(part) {
			size *= 4
		}
		if size = min(size, chunk); size != len(part) {
			part = append(make([]T, 0, size), part...)
			for len(part) < size {
				part = append(part, part[0])
			}
		}
		return fn(part)
	})
}

func selectKeys(ctx context.Context, q sqldb.Q, shop id.ID, exts []string, found func(ext string, r ref, hash string)) error {
	return padded(exts, func(part []string) error {
		args := append(make([]any, 0, len(part)+1), int64(shop))
		args = append(args, sqldb.Args(part)...)
		rows, err := q.Query(ctx, `SELECT external_id, customer_id, order_id, content_hash FROM order_keys
			WHERE shop_id = $1 AND external_id IN (`+sqldb.Marks(2, len(part))+`)`, args...)
		if err != nil {
			return fmt.Errorf("select order keys: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var ext, hash string
			var r ref
			if err := rows.Scan(&ext, &r.customer, &r.order, &hash); err != nil {
				return fmt.Errorf("scan order key: %w", err)
			}
			found(ext, r, hash)
		}
		return rows.Err()
	})
}

// pairs writes a VALUES list of (customer_id, order_id) for n refs; the casts tell PostgreSQL what the parameters are.
func pairs(n int) string {
	var b strings.Builder
	b.WriteString("(VALUES (CAST($1 AS BIGINT), CAST($2 AS BIGINT))")
	for i := 1; i < n; i++ {
		b.WriteString(",(")
		b.WriteString(sqldb.Marks(2*i+1, 2))
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String()
}

func refArgs(refs []ref) []any {
	out := make([]any, 0, 2*len(refs))
	for _, r := range refs {
		out = append(out, int64(r.customer), int64(r.order))
	}
	return out
}

const orderColumns = `customer_id, order_id, shop_id, external_id, status, placed_at, placed_day, currency, total, discount, tax, shipping,
	refunded, reporting_total, reporting_refunded, coupon, email, anonymous_id, user_id, source_id, confirmed, test, cancelled_at,
	cancel_claimed_at, content_at, owner_rank, lines_rank, placed_rank, attributes, created_at, updated_at, cancelled_last_at, reinstated_at`

// selectStates fills the states from their stored rows.
func selectStates(ctx context.Context, q sqldb.Q, need map[ref]*state) error {
	return eachState(need, func(in string, args []any) error {
		if err := selectStateOrders(ctx, q, in, args, need); err != nil {
			return err
		}
		if err := selectStateLines(ctx, q, in, args, need); err != nil {
			return err
		}
		return selectStateRefunds(ctx, q, in, args, need)
	})
}

// eachState calls fn with the list of keys of all states, part by part.
func eachState(need map[ref]*state, fn func(in string, args []any) error) error {
	refs := make([]ref, 0, len(need))
	for r := range need {
		refs = append(refs, r)
	}
	return padded(refs, func(part []ref) error { return fn(pairs(len(part)), refArgs(part)) })
}

func selectStateOrders(ctx context.Context, q sqldb.Q, in string, args []any, need map[ref]*state) error {
	rows, err := q.Query(ctx, `SELECT customer_id, order_id, shop_id, external_id, status, placed_at, currency, total, discount, tax,
		shipping, coupon, email, anonymous_id, user_id, source_id, confirmed, test, cancelled_at, cancel_claimed_at, content_at,
		owner_rank, lines_rank, placed_rank, attributes, created_at, updated_at, cancelled_last_at, reinstated_at
		FROM orders WHERE (customer_id, order_id) IN `+in, args...)
	if err != nil {
		return fmt.Errorf("select orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var st state
		var status string
		var attrs sqldb.RawJSON
		o := &st.order
		if err := rows.Scan(&st.customer, &st.id, &o.ShopID, &o.ExternalID, &status, &o.PlacedAt, &o.Currency, &o.Total, &o.Discount, &o.Tax,
			&o.Shipping, &o.Coupon, &o.Email, &o.AnonymousID, &o.UserID, &o.SourceID, &o.Confirmed, &o.Test, &st.cancelled, &st.claimed,
			&o.ContentAt, &st.ownerRank, &st.linesRank, &st.placedRank, &attrs, &st.created,
			&st.updated, &st.lastCancel, &st.reinstated); err != nil {
			return fmt.Errorf("scan order: %w", err)
		}
		o.Attributes, o.CustomerID = attrs, st.customer
		o.HasLines = st.linesRank != 0
		st.hasContent, o.Return = status != StatusPending, status == StatusReturn
		to := need[ref{st.customer, st.id}]
		st.exists, st.fileHash = true, to.fileHash
		*to = st
	}
	return rows.Err()
}

func selectStateLines(ctx context.Context, q sqldb.Q, in string, args []any, need map[ref]*state) error {
	rows, err := q.Query(ctx, `SELECT customer_id, order_id, product_id, sku, name, quantity, price, discount, total
		FROM order_lines WHERE (customer_id, order_id) IN `+in+` ORDER BY customer_id, order_id, line`, args...)
	if err != nil {
		return fmt.Errorf("select order lines: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r ref
		var l Line
		if err := rows.Scan(&r.customer, &r.order, &l.ProductID, &l.SKU, &l.Name, &l.Quantity, &l.Price, &l.Discount, &l.Total); err != nil {
			return fmt.Errorf("scan order line: %w", err)
		}
		st := need[r]
		st.order.Lines = append(st.order.Lines, l)
	}
	return rows.Err()
}

func selectStateRefunds(ctx context.Context, q sqldb.Q, in string, args []any, need map[ref]*state) error {
	rows, err := q.Query(ctx, `SELECT customer_id, order_id, refund_key, at, currency, amount, whole, confirmed, reason, lines
		FROM refunds WHERE (customer_id, order_id) IN `+in+` ORDER BY customer_id, order_id, refund_key`, args...)
	if err != nil {
		return fmt.Errorf("select refunds: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r ref
		var f Refund
		var lines sqldb.RawJSON
		if err := rows.Scan(&r.customer, &r.order, &f.Key, &f.At, &f.Currency, &f.Amount, &f.Whole, &f.Confirmed, &f.Reason, &lines); err != nil {
			return fmt.Errorf("scan refund: %w", err)
		}
		f.Lines = lines
		st := need[r]
		if f.Whole {
			f.Amount = 0 // worked out anew
		}
		st.refunds = append(st.refunds, f)
	}
	return rows.Err()
}

// row gives the arguments of orderColumns.
func (b *batch) row(ctx context.Context, st *state) ([]any, reported, error) {
	rep, err := b.report(ctx, st)
	if err != nil {
		return nil, rep, err
	}
	o := &st.order
	return []any{int64(st.customer), int64(st.id), int64(o.ShopID), o.ExternalID, st.status(), o.PlacedAt, rep.day, o.Currency, o.Total,
		o.Discount, o.Tax, o.Shipping, st.refunded(), rep.total, rep.refunded, o.Coupon, o.Email, o.AnonymousID, o.UserID,
		int64(o.SourceID), o.Confirmed, o.Test, st.cancelled, st.claimed, o.ContentAt, st.ownerRank, st.linesRank, st.placedRank,
		jsonText(o.Attributes, "{}"), st.created, b.now, st.lastCancel, st.reinstated}, rep, nil
}

func (b *batch) refundRow(r ref, st *state, i int, rep reported) []any {
	f := &st.refunds[i]
	c := f.Currency
	if c == "" {
		c = st.order.Currency
	}
	return []any{int64(r.customer), int64(r.order), f.Key, f.At, b.day.of(f.At, b.zone), c, rep.amounts[i], rep.refunds[i], f.Whole,
		f.Confirmed, f.Reason, jsonText(f.Lines, "[]")}
}

func jsonText(b []byte, empty string) string {
	if len(b) == 0 {
		return empty
	}
	return string(b)
}

// writes collects the rows of a batch by statement.
type writes struct {
	deletes, deleteParts                               []ref
	insertOrders, updateOrders, insertKeys, updateKeys [][]any
	insertLines, insertRefunds                         [][]any
	moveHistory, insertHistory                         [][]any
}

const sqlUpdateOrder = `UPDATE orders SET shop_id = $3, external_id = $4, status = $5, placed_at = $6, placed_day = $7, currency = $8,
	total = $9, discount = $10, tax = $11, shipping = $12, refunded = $13, reporting_total = $14, reporting_refunded = $15,
	coupon = $16, email = $17, anonymous_id = $18, user_id = $19, source_id = $20, confirmed = $21, test = $22, cancelled_at = $23,
	cancel_claimed_at = $24, content_at = $25, owner_rank = $26, lines_rank = $27, placed_rank = $28, attributes = $29,
	created_at = $30, updated_at = $31, cancelled_last_at = $32, reinstated_at = $33 WHERE customer_id = $1 AND order_id = $2`

const lineColumns = `customer_id, order_id, line, product_id, sku, name, quantity, price, discount, total`

const refundColumns = `customer_id, order_id, refund_key, at, day, currency, amount, reporting_amount, whole, confirmed, reason, lines`

func (w *writes) run(ctx context.Context, tx *sqldb.Tx) error {
	for _, d := range []struct {
		table string
		refs  []ref
	}{{"order_lines", w.deletes}, {"refunds", w.deletes}, {"orders", w.deletes}, {"order_lines", w.deleteParts}, {"refunds", w.deleteParts}} {
		if err := deleteRefs(ctx, tx, d.table, d.refs); err != nil {
			return err
		}
	}
	if err := insertMany(ctx, tx, "orders", orderColumns, w.insertOrders); err != nil {
		return err
	}
	if err := tx.Many(ctx, sqlUpdateOrder, w.updateOrders); err != nil {
		return fmt.Errorf("update orders: %w", err)
	}
	// In the order of the key: neighbours lie on one page.
	slices.SortFunc(w.insertKeys, func(x, y []any) int { return cmp.Compare(x[1].(string), y[1].(string)) })
	if err := insertMany(ctx, tx, "order_keys", `shop_id, external_id, order_id, customer_id, content_hash`, w.insertKeys); err != nil {
		return err
	}
	if err := tx.Many(ctx, `UPDATE order_keys SET customer_id = $3, content_hash = $4 WHERE shop_id = $1 AND external_id = $2`, w.updateKeys); err != nil {
		return fmt.Errorf("update order keys: %w", err)
	}
	if err := insertMany(ctx, tx, "order_lines", lineColumns, w.insertLines); err != nil {
		return err
	}
	if err := insertMany(ctx, tx, "refunds", refundColumns, w.insertRefunds); err != nil {
		return err
	}
	return w.keepHistory(ctx, tx)
}

func insertMany(ctx context.Context, tx *sqldb.Tx, table, columns string, rows [][]any) error {
	if err := tx.InsertMany(ctx, table, strings.Fields(strings.ReplaceAll(columns, ",", " ")), rows); err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

func deleteRefs(ctx context.Context, tx *sqldb.Tx, table string, refs []ref) error {
	if len(refs) == 0 {
		return nil
	}
	rows := make([][]any, len(refs))
	for i, r := range refs {
		rows[i] = []any{int64(r.customer), int64(r.order)}
	}
	if err := tx.Many(ctx, `DELETE FROM `+table+` WHERE customer_id = $1 AND order_id = $2`, rows); err != nil {
		return fmt.Errorf("delete from %s: %w", table, err)
	}
	return nil
}

func selectTotals(ctx context.Context, q sqldb.Q, ids []id.ID) ([]Totals, error) {
	found := make(map[id.ID]Totals, len(ids))
	err := padded(ids, func(part []id.ID) error {
		rows, err := q.Query(ctx, `SELECT customer_id, CAST(SUM(CASE WHEN status = 'placed' THEN 1 ELSE 0 END) AS BIGINT), CAST(COALESCE(SUM(reporting_total), 0) AS BIGINT),
			CAST(COALESCE(SUM(reporting_refunded), 0) AS BIGINT),
			CAST(SUM(CASE WHEN reporting_total IS NULL THEN 1 ELSE 0 END) AS BIGINT),
			COALESCE(MIN(CASE WHEN status = 'placed' THEN placed_at END), 0), COALESCE(MAX(CASE WHEN status = 'placed' THEN placed_at END), 0)
			FROM orders WHERE customer_id IN (`+sqldb.Marks(1, len(part))+`) AND status IN ('placed', 'return') AND confirmed AND NOT test
			GROUP BY customer_id`, sqldb.Args(part)...)
		if err != nil {
			return fmt.Errorf("sum orders: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var t Totals
			if err := rows.Scan(&t.CustomerID, &t.Orders, &t.Spent, &t.Refunded, &t.Unconverted, &t.FirstAt, &t.LastAt); err != nil {
				return fmt.Errorf("scan sums of orders: %w", err)
			}
			found[t.CustomerID] = t
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	out := make([]Totals, len(ids))
	for i, c := range ids {
		out[i] = found[c]
		out[i].CustomerID = c
	}
	return out, nil
}
