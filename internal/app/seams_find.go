package app

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/id"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
)

// names lets a search for orders follow names of customers and products. It asks as the program itself: what comes back to the caller are orders,
// which he may read.
func (h *house) names(products *catalog.Service) order.Names {
	return order.Names{
		Customers: func(ctx context.Context, q string, limit int) ([]id.ID, error) {
			p, err := h.customers.List(role.System(ctx), customer.Filter{Query: q, Limit: limit})
			return idsOf(p.Items, func(c customer.Customer) id.ID { return c.ID }), err
		},
		Products: func(ctx context.Context, q string, limit int) ([]id.ID, error) {
			p, err := products.List(role.System(ctx), catalog.Filter{Query: q, Limit: limit})
			return idsOf(p.Items, func(p catalog.Product) id.ID { return p.ID }), err
		},
	}
}

func idsOf[T any](items []T, of func(T) id.ID) []id.ID {
	out := make([]id.ID, len(items))
	for i, item := range items {
		out[i] = of(item)
	}
	return out
}
