package proof

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"rapport/internal/base/id"
)

// facts gives customers, orders and carts of a run as text, with people named by their events.
func (h *House) facts(t *rapid.T, mark string, name func(id.ID) string) (customers, orders, carts []string) {
	ctx := context.Background()
	read := func(query string, columns int, line func(v []any) string) (out []string) {
		rows, err := h.DB.Query(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			v, into := make([]any, columns), make([]any, columns)
			for i := range v {
				into[i] = &v[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			if s := line(v); s != "" {
				out = append(out, strings.ReplaceAll(s, mark, "~"))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		slices.Sort(out)
		return out
	}
	customers = read(`SELECT customer_id, external_id, email, name, known, orders, total_spent, total_refunded, first_order_at, last_order_at
		FROM customers WHERE merged_into = 0`, 10, func(v []any) string {
		who := name(id.ID(v[0].(int64)))
		if who == "" && !strings.Contains(fmt.Sprint(v[1], v[2]), mark) {
			return ""
		}
		return fmt.Sprint(who, v[1:])
	})
	mine := func(key any) bool { return strings.Contains(fmt.Sprint(key), mark) }
	orders = read(`SELECT external_id, customer_id, status, placed_at, total, refunded, confirmed, cancelled_at FROM orders`, 8, func(v []any) string {
		if !mine(v[0]) {
			return ""
		}
		return fmt.Sprint(v[0], name(id.ID(v[1].(int64))), v[2:])
	})
	carts = read(`SELECT cart_key, customer_id, status, value, items, checkout_step, started_at, updated_at FROM carts WHERE status <> 'none'`, 8, func(v []any) string {
		if !mine(v[0]) {
			return ""
		}
		return fmt.Sprint(v[0], name(id.ID(v[1].(int64))), v[2:])
	})
	return customers, orders, carts
}
