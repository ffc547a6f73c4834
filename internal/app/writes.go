package app

import (
	"context"

	"rapport/internal/access/audit"
	"rapport/internal/base/id"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/consent"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
)

// writing gives orders what they need to be written through the API and by hand. Customers and ingest are made later than orders, so they are
// reached through the house.
func (h *house) writing(products *catalog.Service, consents *consent.Service, audits *audit.Service) order.Writing {
	return order.Writing{
		Customers:    buyers{h},
		MoveConsents: consents.Move,
		Moved:        func(ctx context.Context, tx *sqldb.Tx, r customer.Resolved) error { return h.ingest.Moved(ctx, tx, r) },
		FindProducts: func(ctx context.Context, tx *sqldb.Tx, changes []order.Change) (map[int]error, error) {
			return findProducts(ctx, tx, products, changes)
		},
		Shop: func(ctx context.Context, want id.ID) (id.ID, string, error) {
			home, err := homeOf(h.shops)(ctx, want)
			return home.ID, home.Currency, err
		},
		Audit: audits.Record,
	}
}

// shopOf finds the shop that something written belongs to, the default one where it names none.
func (h *house) shopOf(ctx context.Context, want id.ID) (id.ID, error) {
	home, err := homeOf(h.shops)(ctx, want)
	return home.ID, err
}

type buyers struct{ h *house }

func (b buyers) ResolveAnd(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, error) {
	return b.h.customers.ResolveAnd(ctx, tx, signals, then)
}

func (b buyers) Who(ctx context.Context, q sqldb.Q, c id.ID) (customer.Who, bool, error) {
	return b.h.customers.Who(ctx, q, c)
}

// findProducts lets the lines of written orders find their products, as an import does; what no catalogue knows yet is sighted. A line that gives only
// the id of a product takes over its SKU and name.
func findProducts(ctx context.Context, tx *sqldb.Tx, products *catalog.Service, changes []order.Change) (map[int]error, error) {
	bad := map[int]error{}
	var seen []catalog.Sighting
	for i := range changes {
		o := changes[i].Order
		if o == nil {
			continue
		}
		for j := range o.Lines {
			l := &o.Lines[j]
			if l.ProductID != 0 && l.ProductKey == "" {
				p, ok, err := products.Named(ctx, tx, l.ProductID)
				if err != nil {
					return nil, err
				}
				if !ok {
					bad[i] = order.NoProduct(j, l.ProductID)
				}
				if l.SKU == "" {
					l.SKU = p.SKU
				}
				if l.Name == "" {
					l.Name = p.Name
				}
				continue
			}
			if l.ProductKey != "" || l.SKU != "" {
				seen = append(seen, catalog.Sighting{ShopID: changes[i].ShopID, Key: l.ProductKey, SKU: l.SKU, Name: l.Name, Price: l.Price,
					Currency: o.Currency, At: o.ContentAt})
			}
		}
	}
	if len(seen) == 0 {
		return bad, nil
	}
	if err := products.See(ctx, tx, seen); err != nil {
		return nil, err
	}
	find, err := products.Resolver(ctx, tx, seen)
	if err != nil {
		return nil, err
	}
	for i := range changes {
		if o := changes[i].Order; o != nil {
			for j := range o.Lines {
				if l := &o.Lines[j]; l.ProductKey != "" || l.SKU != "" && l.ProductID == 0 {
					l.ProductID = find(changes[i].ShopID, l.ProductKey, l.SKU)
				}
			}
		}
	}
	return bad, nil
}
