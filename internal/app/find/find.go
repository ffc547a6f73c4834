// Package find is the one search box: it asks customers, orders and products at once and gives what each finds in one form.
//
// It owns no table. Each feature keeps its own index current and decides what fits best; here the answers are put side by side, a few of each
// kind, so that no kind crowds out another. What the caller may not read is not asked for. Orders are also found by their buyer and by their
// products; whoever may read orders finds them so even where he may not open the customer.
package find

import (
	"context"
	"strings"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
)

// The kinds of what is found.
const (
	Customer = "customer"
	Order    = "order"
	Product  = "product"
)

// Deps is what the service asks.
type Deps struct {
	Customers *customer.Service
	Orders    *order.Service
	Products  *catalog.Service
}

// Service finds.
type Service struct{ Deps }

// New gives a Service.
func New(d Deps) *Service { return &Service{d} }

// Hit is one thing that was found.
type Hit struct {
	Kind   string      `json:"kind" enum:"customer,order,product"`
	ID     id.ID       `json:"id"`
	Title  string      `json:"title" doc:"Name or number; empty for a visitor without any"`
	Detail string      `json:"detail" doc:"Address, or number of a product"`
	At     *time.Time  `json:"at,omitempty" doc:"When an order was placed"`
	Amount *money.Wire `json:"amount,omitempty" doc:"Total of an order, price of a product"`
}

// Search gives at most limit hits of each kind, customers first.
func (s *Service) Search(ctx context.Context, q string, limit int) ([]Hit, error) {
	if err := role.Require(ctx, role.CustomerRead); err != nil {
		return nil, err
	}
	hits := []Hit{}
	if q = strings.TrimSpace(q); q == "" {
		return hits, nil
	}
	people, err := s.Customers.List(ctx, customer.Filter{Query: q, Limit: limit})
	if err != nil {
		return nil, err
	}
	for _, c := range people.Items {
		h := Hit{Kind: Customer, ID: c.ID, Title: c.Name, Detail: c.Email}
		for _, other := range []string{c.Email, c.ExternalID} {
			if h.Title == "" {
				h.Title = other
			}
		}
		hits = append(hits, h)
	}
	if role.From(ctx).May(role.OrderRead) {
		orders, err := s.Orders.Search(ctx, q, limit)
		if err != nil {
			return nil, err
		}
		for _, o := range orders {
			at, total := clock.FromMicros(o.PlacedAt), money.New(o.Total, o.Currency).Wire()
			hits = append(hits, Hit{Kind: Order, ID: o.ID, Title: o.ExternalID, Detail: o.Email, At: &at, Amount: &total})
		}
	}
	if role.From(ctx).May(role.CatalogRead) {
		products, err := s.Products.List(ctx, catalog.Filter{Query: q, Limit: limit})
		if err != nil {
			return nil, err
		}
		for _, p := range products.Items {
			h := Hit{Kind: Product, ID: p.ID, Title: p.Name, Detail: p.SKU}
			if h.Title == "" {
				h.Title = p.ExternalID
			}
			if p.Price >= 0 {
				price := money.New(p.Price, p.Currency).Wire()
				h.Amount = &price
			}
			hits = append(hits, h)
		}
	}
	return hits, nil
}
