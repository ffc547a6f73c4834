package report

import (
	"context"
	"database/sql"
	"fmt"

	"rapport/internal/base/id"
)

// place is where a page begins; key tells refunds of one order apart.
type place struct {
	at, id int64
	key    string
	set    bool
}

type fact struct {
	id, at   int64
	key      string
	customer id.ID
	external string
	amount   sql.NullInt64
	original int64
	currency string
}

// older limits to what follows the place; $3 to $5 hold it. Without a place everything follows.
func (a place) older(at, id, key string) (string, []any) {
	if !a.set {
		return `CAST($3 AS BIGINT) = 0 AND CAST($4 AS BIGINT) = 0 AND CAST($5 AS TEXT) = ''`, []any{int64(0), int64(0), ""}
	}
	return fmt.Sprintf(`(%[1]s < $3 OR (%[1]s = $3 AND (%[2]s < $4 OR (%[2]s = $4 AND %[3]s < $5))))`, at, id, key), []any{a.at, a.id, a.key}
}

func (s *Service) selectOrders(ctx context.Context, p Period, unconverted bool, after place, limit int) ([]fact, error) {
	older, args := after.older("o.placed_at", "o.order_id", "''")
	where := countedOrder
	if unconverted {
		where += ` AND o.reporting_total IS NULL`
	}
	return s.facts(ctx, `SELECT o.order_id, o.placed_at, '' AS key, o.customer_id, o.external_id, o.reporting_total, o.total, o.currency
		FROM orders o WHERE `+where+` AND o.placed_day >= $1 AND o.placed_day < $2 AND `+older+`
		ORDER BY o.placed_at DESC, o.order_id DESC LIMIT $6`, p, args, limit)
}

func (s *Service) selectRefunds(ctx context.Context, p Period, after place, limit int) ([]fact, error) {
	older, args := after.older(`r."at"`, "r.order_id", "r.refund_key")
	return s.facts(ctx, `SELECT r.order_id, r."at", r.refund_key, r.customer_id, o.external_id, r.reporting_amount, r.amount, r.currency
		FROM refunds r JOIN orders o ON `+s.sameOrder("r")+`
		WHERE `+countedRefund+` AND r.day >= $1 AND r.day < $2 AND `+older+`
		ORDER BY r."at" DESC, r.order_id DESC, r.refund_key DESC LIMIT $6`, p, args, limit)
}

// selectBuyers gives buyers of the period by their first order in it, with what they bought in it.
func (s *Service) selectBuyers(ctx context.Context, p Period, onlyNew bool, after place, limit int) ([]fact, error) {
	older, args := after.older("g.first_at", "g.customer_id", "''")
	having := `COUNT(CASE WHEN o.placed_day >= $1 AND o.placed_day < $2 THEN 1 END) > 0`
	if onlyNew {
		having = `MIN(o.placed_day) >= $1 AND MIN(o.placed_day) < $2`
	}
	return s.facts(ctx, `SELECT g.customer_id, g.first_at, '' AS key, g.customer_id, '' AS external_id, g.amount, 0, '' AS currency FROM (
		SELECT o.customer_id, MIN(CASE WHEN o.placed_day >= $1 AND o.placed_day < $2 THEN o.placed_at END) AS first_at,
			CAST(SUM(CASE WHEN o.placed_day >= $1 AND o.placed_day < $2 THEN o.reporting_total END) AS BIGINT) AS amount
		FROM orders o WHERE `+countedOrder+` AND o.customer_id <> 0 GROUP BY o.customer_id HAVING `+having+`) g
		WHERE `+older+` ORDER BY g.first_at DESC, g.customer_id DESC LIMIT $6`, p, args, limit)
}

func (s *Service) facts(ctx context.Context, query string, p Period, after []any, limit int) ([]fact, error) {
	args := append(append([]any{p.From, p.To}, after...), int64(limit))
	rows, err := s.Warehouse.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []fact
	for rows.Next() {
		var f fact
		if err := rows.Scan(&f.id, &f.at, &f.key, &f.customer, &f.external, &f.amount, &f.original, &f.currency); err != nil {
			return nil, fmt.Errorf("scan row behind a figure: %w", err)
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
