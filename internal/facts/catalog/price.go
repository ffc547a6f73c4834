package catalog

import (
	"cmp"
	"context"
	"slices"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Who says prices.
const (
	ByUser   = "user"   // by hand
	ByKey    = "key"    // another system, through the API
	ByImport = "import" // a file
	ByEvent  = "event"  // a click or an order line, of a product that no catalogue has named
	BySystem = "system" // the program itself
)

// PriceChange is a price that a product or a variant had from a moment on.
type PriceChange struct {
	VariantID   id.ID // 0: the product's own
	Variant     string
	At          int64
	Price       int64 // minor units; -1: none is known any more
	Currency    string
	SaidBy, Who string
}

type saidBy struct{ kind, name string }

type saidKey struct{}

// SaidBy gives a context in which prices are kept as said by a file, say, rather than by whoever runs it.
func SaidBy(ctx context.Context, kind, name string) context.Context {
	return context.WithValue(ctx, saidKey{}, saidBy{kind, name})
}

// sayer tells who says what is written now.
func sayer(ctx context.Context) saidBy {
	if s, ok := ctx.Value(saidKey{}).(saidBy); ok {
		return s
	}
	p := role.From(ctx)
	switch p.Kind {
	case role.KindUser:
		return saidBy{ByUser, p.Name}
	case role.KindKey:
		return saidBy{ByKey, p.Name}
	}
	return saidBy{BySystem, ""}
}

// keepPrices keeps the prices of products that are being stored, where they are not what was kept last. Every place that stores a price
// calls it in the same transaction. What was known before the history began has no line in it. at is when it was said.
func keepPrices(ctx context.Context, tx *sqldb.Tx, products []*Product, by saidBy, at func(*Product) int64) error {
	ids := make([]id.ID, 0, len(products))
	for _, p := range products {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	last, err := selectLastPrices(ctx, tx, slices.Compact(ids))
	if err != nil {
		return err
	}
	var rows [][]any
	keep := func(p *Product, variant id.ID, price int64, currency string) {
		k := priced{p.ID, variant}
		had, ok := last[k]
		when := at(p)
		if !ok && price < 0 || ok && had.price == price && (had.currency == currency || price < 0) || ok && when < had.at {
			return
		}
		last[k] = lastPrice{price, currency, when}
		rows = append(rows, []any{int64(p.ID), int64(variant), when, price, currency, by.kind, cut(by.name, 500)})
	}
	for _, p := range products {
		keep(p, 0, p.Price, p.Currency)
		for i := range p.Variants {
			if v := &p.Variants[i]; v.ID != 0 {
				keep(p, v.ID, v.Price, cmp.Or(v.Currency, p.Currency))
			}
		}
	}
	return insertPrices(ctx, tx, rows)
}

const maxPrices = 500

// Prices gives the newest prices that a product and its variants had, since prices are kept.
func (s *Service) Prices(ctx context.Context, product id.ID) ([]PriceChange, error) {
	if err := role.Require(ctx, role.CatalogRead); err != nil {
		return nil, err
	}
	if _, ok, err := selectOne(ctx, s.DB, product); err != nil || !ok {
		if err == nil {
			err = errs.New(errs.NotFound, "product.not_found", "There is no product %s.", product)
		}
		return nil, err
	}
	return selectPrices(ctx, s.DB, product, maxPrices)
}
