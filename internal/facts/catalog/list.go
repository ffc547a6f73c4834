package catalog

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/keyset"
)

// The orders of a list of products.
const (
	SortName    = "name" // the default
	SortPrice   = "price"
	SortStock   = "stock"
	SortUpdated = "updated"
)

// Filter narrows a list of products; zero values do not.
type Filter struct {
	Query     string // words that must all occur in name, numbers, brand, category or description
	ShopID    id.ID
	Category  string // with everything below it
	Brand     string
	InStock   *bool // false: known to be sold out
	Active    *bool
	Currency  string // of the price
	PriceFrom *int64 // minor units; both ends belong to it
	PriceTo   *int64
	Sort      string
	Down      bool
	Limit     int
	Cursor    string
}

// look is how many rows a page looks at where what it is asked for is rare; products are wide rows. See platform/keyset.
const look = 4_000

// List gives products without variants, by name where nothing else is asked for.
func (s *Service) List(ctx context.Context, f Filter) (page.Page[Product], error) {
	if err := role.Require(ctx, role.CatalogRead); err != nil {
		return page.Page[Product]{}, err
	}
	limit := page.Limit(f.Limit, 50)
	q := f.query(limit + 1)
	q.Look = s.look
	var text string
	var number int64
	var last id.ID
	more, err := page.Decode(f.Cursor, &text, &number, &last)
	if err != nil {
		return page.Page[Product]{}, err
	}
	if more {
		q.After = keyset.Place{number, int64(last)}
		if f.Sort == "" || f.Sort == SortName {
			q.After[0] = text
		}
	}
	rows, stop, err := keyset.Read(ctx, s.DB, q, scanRow)
	if err != nil {
		return page.Page[Product]{}, err
	}
	return page.CutAt(rows, limit, func(p Product) string { return page.Encode(f.place(&p)...) }, cursorOf(stop)), nil
}

// place gives where a product stands in the order of the list, in the form of cursors.
func (f *Filter) place(p *Product) []any {
	switch f.Sort {
	case SortPrice:
		return []any{"", p.Price, p.ID}
	case SortStock:
		return []any{"", p.Stock, p.ID}
	case SortUpdated:
		return []any{"", p.UpdatedAt, p.ID}
	}
	return []any{sortName(p.Name), 0, p.ID}
}

func cursorOf(stop keyset.Place) []any {
	if stop == nil {
		return nil
	}
	stop = stop.IDs(1)
	if text, ok := stop[0].(string); ok {
		return []any{text, 0, stop[1]}
	}
	return []any{"", stop[0], stop[1]}
}

// Facets are what lists of products can be narrowed by.
type Facets struct {
	Categories []string
	Brands     []string
	Cut        bool // there are more
}

const maxFacets = 500

// Facets gives the categories and brands of the catalogue, in order.
func (s *Service) Facets(ctx context.Context) (Facets, error) {
	if err := role.Require(ctx, role.CatalogRead); err != nil {
		return Facets{}, err
	}
	var f Facets
	for column, into := range map[string]*[]string{"category": &f.Categories, "brand": &f.Brands} {
		for last := ""; ; {
			next, ok, err := selectNext(ctx, s.DB, column, last)
			if err != nil {
				return Facets{}, err
			}
			if !ok {
				break
			}
			if len(*into) == maxFacets {
				f.Cut = true
				break
			}
			*into, last = append(*into, next), next
		}
	}
	return f, nil
}
