package report

import (
	"context"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
)

// Row is one fact behind a figure.
type Row struct {
	ID         id.ID       `json:"id" doc:"Of the order, or of the customer"`
	CustomerID id.ID       `json:"customer_id"`
	ExternalID string      `json:"external_id,omitempty" doc:"The shop's number of the order"`
	Name       string      `json:"name,omitempty" doc:"Of the customer"`
	At         time.Time   `json:"at"`
	Amount     *money.Wire `json:"amount,omitempty" doc:"As it counts in the figure; absent while no exchange rate is known"`
	Original   *money.Wire `json:"original,omitempty" doc:"In the currency of the order"`
}

// The figures that have rows.
const (
	RowsOrders      = "orders"
	RowsUnconverted = "unconverted_orders"
	RowsRefunds     = "refunds"
	RowsCustomers   = "customers"
	RowsNew         = "new_customers"
)

const rowsLimit = 50

// Rows gives the facts behind a figure of the overview, newest first.
func (s *Service) Rows(ctx context.Context, figure string, p Period, limit int, cursor string) (page.Page[Row], error) {
	if err := role.Require(ctx, role.ReportRead); err != nil {
		return page.Page[Row]{}, err
	}
	limit = page.Limit(limit, rowsLimit)
	var after place
	var err error
	if after.set, err = page.Decode(cursor, &after.at, &after.id, &after.key); err != nil {
		return page.Page[Row]{}, err
	}
	var facts []fact
	switch figure {
	case RowsOrders, RowsUnconverted:
		facts, err = s.selectOrders(ctx, p, figure == RowsUnconverted, after, limit+1)
	case RowsRefunds:
		facts, err = s.selectRefunds(ctx, p, after, limit+1)
	case RowsCustomers, RowsNew:
		facts, err = s.selectBuyers(ctx, p, figure == RowsNew, after, limit+1)
	default:
		err = errs.New(errs.Invalid, "report.figure", "There are no rows behind %q.", figure)
	}
	if err != nil {
		return page.Page[Row]{}, err
	}
	cut := page.Cut(facts, limit, func(f fact) string { return page.Encode(f.at, f.id, f.key) })
	var ids []id.ID
	for i := range cut.Items {
		ids = append(ids, cut.Items[i].customer)
	}
	names, err := selectNames(ctx, s.DB, ids)
	if err != nil {
		return page.Page[Row]{}, err
	}
	reporting, _ := s.Reporting()
	out := page.Page[Row]{Items: make([]Row, len(cut.Items)), NextCursor: cut.NextCursor}
	for i := range cut.Items {
		f := &cut.Items[i]
		r := Row{ID: id.ID(f.id), CustomerID: f.customer, ExternalID: f.external, Name: names[f.customer], At: clock.FromMicros(f.at)}
		if f.amount.Valid {
			w := money.New(f.amount.Int64, reporting).Wire()
			r.Amount = &w
		}
		if f.currency != "" && f.currency != reporting {
			w := money.New(f.original, f.currency).Wire()
			r.Original = &w
		}
		out.Items[i] = r
	}
	return out, nil
}
