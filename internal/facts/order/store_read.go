package order

import (
	"context"
	"database/sql"
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
