package order

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// Stored is an order as it stands.
type Stored struct {
	ID id.ID
	Order
	Status            string
	PlacedDay         int64
	Refunded          int64
	ReportingTotal    *int64 // nil: no rate known
	ReportingRefunded *int64
	Refunds           []StoredRefund
	CreatedAt         int64
	UpdatedAt         int64
}

// StoredRefund is a refund as it stands.
type StoredRefund struct {
	Refund
	Day             int64
	ReportingAmount *int64
}

// Get gives one order with lines and refunds.
func (s *Service) Get(ctx context.Context, order id.ID) (Stored, error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return Stored{}, err
	}
	o, found, err := selectOne(ctx, s.DB, order)
	if err != nil {
		return Stored{}, err
	}
	if !found {
		return Stored{}, errs.New(errs.NotFound, "order.not_found", "There is no order %s.", order)
	}
	if o.Lines, err = selectLinesOf(ctx, s.DB, ref{o.CustomerID, o.ID}); err != nil {
		return Stored{}, err
	}
	o.Refunds, err = selectRefundsOf(ctx, s.DB, ref{o.CustomerID, o.ID})
	return o, err
}
