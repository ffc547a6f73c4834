package report

import (
	"context"
	"fmt"

	"rapport/internal/platform/warehouse"
)

// inPeriods is true for the days of either period; they may lie a year apart.
func inPeriods(column string) string {
	return `((` + column + ` >= $1 AND ` + column + ` < $2) OR (` + column + ` >= $3 AND ` + column + ` < $4))`
}

func periods(p, b Period) []any { return []any{p.From, p.To, b.From, b.To} }

// each reads rows of whole numbers, the first of which is a day.
func (s *Service) each(ctx context.Context, query string, args []any, n int, fn func(v []int64)) error {
	rows, err := s.Warehouse.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	v := make([]int64, n)
	into := make([]any, n)
	for i := range v {
		into[i] = &v[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("scan report: %w", err)
		}
		fn(v)
	}
	return rows.Err()
}

// sameOrder joins a part of an order to it. In the mirror the order's id is enough, and a join of one key is three times quicker; where orders are
// spread over machines by customer, the customer must be part of it.
func (s *Service) sameOrder(part string) string {
	if s.Warehouse.Mirrors() {
		return part + `.order_id = o.order_id`
	}
	return part + `.customer_id = o.customer_id AND ` + part + `.order_id = o.order_id`
}

func (s *Service) orderDays(ctx context.Context, p, b Period, at func(int64) *tally) error {
	currency, _ := s.Reporting()
	return s.each(ctx, `SELECT o.placed_day, COUNT(*), CAST(COALESCE(SUM(o.reporting_total), 0) AS BIGINT), COUNT(*) - COUNT(o.reporting_total),
		COUNT(CASE WHEN o.currency <> $5 THEN 1 END)
		FROM orders o WHERE `+countedOrder+` AND `+inPeriods("o.placed_day")+` GROUP BY o.placed_day`, append(periods(p, b), currency), 5, func(v []int64) {
		t := at(v[0])
		t.orders, t.revenue, t.unconverted, t.foreign = v[1], v[2], v[3], v[4]
	})
}

// buyerDays counts distinct buyers of each day: grouping by the pair is quicker than COUNT(DISTINCT) in every group.
func (s *Service) buyerDays(ctx context.Context, p, b Period, at func(int64) *tally) error {
	return s.each(ctx, `SELECT g.placed_day, COUNT(*) FROM (SELECT o.placed_day, o.customer_id FROM orders o
		WHERE `+countedOrder+` AND o.customer_id <> 0 AND `+inPeriods("o.placed_day")+` GROUP BY o.placed_day, o.customer_id) g
		GROUP BY g.placed_day`, periods(p, b), 2, func(v []int64) { at(v[0]).buyers = v[1] })
}

// buyers counts distinct buyers of both periods and, by the day of their first order ever, those who are new.
func (s *Service) buyers(ctx context.Context, p, b Period, at func(int64) *tally) (now, before int64, err error) {
	err = s.each(ctx, `SELECT f.first_day, COUNT(*), CAST(SUM(f.now) AS BIGINT), CAST(SUM(f.earlier) AS BIGINT) FROM (
		SELECT MIN(o.placed_day) AS first_day, MAX(CASE WHEN o.placed_day >= $1 AND o.placed_day < $2 THEN 1 ELSE 0 END) AS now,
			MAX(CASE WHEN o.placed_day >= $3 AND o.placed_day < $4 THEN 1 ELSE 0 END) AS earlier
		FROM orders o WHERE `+countedOrder+` AND o.customer_id <> 0 GROUP BY o.customer_id) f GROUP BY f.first_day`, periods(p, b), 4, func(v []int64) {
		if p.holds(v[0]) || b.holds(v[0]) {
			at(v[0]).fresh = v[1]
		}
		now += v[2]
		before += v[3]
	})
	return now, before, err
}

func (s *Service) refundDays(ctx context.Context, p, b Period, at func(int64) *tally) error {
	return s.each(ctx, `SELECT r.day, CAST(COALESCE(SUM(r.reporting_amount), 0) AS BIGINT), COUNT(*) - COUNT(r.reporting_amount)
		FROM refunds r JOIN orders o ON `+s.sameOrder("r")+`
		WHERE `+countedRefund+` AND `+inPeriods("r.day")+` GROUP BY r.day`, periods(p, b), 3, func(v []int64) {
		t := at(v[0])
		t.refunds, t.unconvertedRefunds = v[1], v[2]
	})
}

// eventDays counts sessions by the event that begins each, so that nothing distinct has to be counted over events.
func (s *Service) eventDays(ctx context.Context, p, b Period, at func(int64) *tally) error {
	args := []any{warehouse.DayTime(p.From), warehouse.DayTime(p.To), warehouse.DayTime(b.From), warehouse.DayTime(b.To)}
	return s.each(ctx, `SELECT CAST(g.day - DATE '1970-01-01' AS BIGINT), g.events, g.sessions FROM (
		SELECT e.day, COUNT(*) AS events, COUNT(CASE WHEN e.session_start THEN 1 END) AS sessions
		FROM events e WHERE `+inPeriods("e.day")+` GROUP BY e.day) g`, args, 3, func(v []int64) {
		t := at(v[0])
		t.events, t.sessions = v[1], v[2]
	})
}
