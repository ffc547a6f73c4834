package order

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/sqldb"
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

// Filter narrows a list of orders; zero values do not.
type Filter struct {
	CustomerID id.ID
	ShopID     id.ID
	ExternalID string
	Query      string // how the number begins; the list is in the order of numbers then
	Status     string
	Limit      int
	Cursor     string
}

// List gives orders, newest first, without lines and refunds.
func (s *Service) List(ctx context.Context, f Filter) (page.Page[Stored], error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return page.Page[Stored]{}, err
	}
	if f.Query != "" {
		return s.find(ctx, f)
	}
	var at int64
	var last id.ID
	more, err := page.Decode(f.Cursor, &at, &last)
	if err != nil {
		return page.Page[Stored]{}, err
	}
	limit := page.Limit(f.Limit, 50)
	var rows []Stored
	if f.ExternalID != "" {
		rows, err = selectByExternal(ctx, s.DB, f, at, last, more, limit+1)
	} else {
		rows, err = selectList(ctx, s.DB, f, at, last, more, limit+1)
	}
	if err != nil {
		return page.Page[Stored]{}, err
	}
	return page.Cut(rows, limit, func(o Stored) string { return page.Encode(o.PlacedAt, o.ID) }), nil
}

// find gives orders whose number begins as asked. Shops write "#1001" and people type 1001, so that is tried too.
func (s *Service) find(ctx context.Context, f Filter) (page.Page[Stored], error) {
	var after numberPlace
	limit := page.Limit(f.Limit, 50)
	tries := []string{f.Query, "#" + f.Query}
	more, err := page.Decode(f.Cursor, &after.shop, &after.number, &tries[0])
	if err != nil {
		return page.Page[Stored]{}, err
	}
	if more {
		tries = tries[:1]
	}
	for _, prefix := range tries {
		rows, err := selectByNumber(ctx, s.DB, f, sqldb.Clean(prefix), after, limit+1)
		if err != nil {
			return page.Page[Stored]{}, err
		}
		if len(rows) > 0 || prefix == tries[len(tries)-1] {
			return page.Cut(rows, limit, func(o Stored) string { return page.Encode(o.ShopID, o.ExternalID, prefix) }), nil
		}
	}
	return page.Page[Stored]{}, nil
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

// CartFilter narrows a list of carts; zero values do not.
type CartFilter struct {
	CustomerID id.ID
	Status     string // open, empty or ordered
	Limit      int
	Cursor     string
}

// Carts gives carts, the most recently used first.
func (s *Service) Carts(ctx context.Context, f CartFilter) (page.Page[Cart], error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return page.Page[Cart]{}, err
	}
	var at int64
	var customer id.ID
	var key string
	more, err := page.Decode(f.Cursor, &at, &customer, &key)
	if err != nil {
		return page.Page[Cart]{}, err
	}
	limit := page.Limit(f.Limit, 50)
	rows, err := selectCarts(ctx, s.DB, f, cartPlace{at, customer, key, more}, limit+1)
	if err != nil {
		return page.Page[Cart]{}, err
	}
	return page.Cut(rows, limit, func(c Cart) string {
		return page.Encode(c.UpdatedAt, c.CustomerID, storedKey(c.ShopID, c.Key))
	}), nil
}
