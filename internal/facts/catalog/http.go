package catalog

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// Row is a product in a list.
type Row struct {
	ID         id.ID       `json:"id"`
	ShopID     id.ID       `json:"shop_id"`
	ExternalID string      `json:"external_id" doc:"The shop's id of the product"`
	SKU        string      `json:"sku"`
	Name       string      `json:"name"`
	Brand      string      `json:"brand"`
	Category   string      `json:"category" doc:"Path, written with >" example:"Clothing > Hoodies"`
	URL        string      `json:"url"`
	ImageURL   string      `json:"image_url"`
	Price      *money.Wire `json:"price,omitempty" doc:"Absent where unknown"`
	Stock      *int64      `json:"stock,omitempty" doc:"Absent where unknown"`
	Active     bool        `json:"active"`
	Sighted    bool        `json:"sighted" doc:"Known only from clicks and order lines; no catalogue has named it yet"`
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
}

// Detail is a product with everything known of it.
type Detail struct {
	Row
	Version     string         `json:"version" doc:"Names the product as it stands; send it with a change, so that somebody else's newer change is not lost"`
	Description string         `json:"description" doc:"HTML of a few elements without attributes"`
	Cost        *money.Wire    `json:"cost,omitempty"`
	Attributes  map[string]any `json:"attributes"`
	Variants    []VariantRow   `json:"variants"`
}

// VariantRow is a variant of a product.
type VariantRow struct {
	ID         id.ID          `json:"id"`
	ExternalID string         `json:"external_id"`
	SKU        string         `json:"sku"`
	Name       string         `json:"name"`
	Price      *money.Wire    `json:"price,omitempty"`
	Stock      *int64         `json:"stock,omitempty"`
	ImageURL   string         `json:"image_url"`
	Options    map[string]any `json:"options" doc:"Size, colour ..."`
}

// PriceRow is a price that a product or a variant had from a moment on.
type PriceRow struct {
	VariantID id.ID       `json:"variant_id" doc:"0: the product's own price"`
	Variant   string      `json:"variant,omitempty"`
	At        time.Time   `json:"at"`
	Price     *money.Wire `json:"price,omitempty" doc:"Absent: no price was known any more"`
	SaidBy    string      `json:"said_by" enum:"user,key,import,event,system"`
	Who       string      `json:"who,omitempty" doc:"Name of the user, the key or the file"`
}

// FacetRow is what lists of products can be narrowed by.
type FacetRow struct {
	Categories []string `json:"categories" nullable:"false"`
	Brands     []string `json:"brands" nullable:"false"`
	Cut        bool     `json:"cut,omitempty" doc:"True where there are more than can be chosen from"`
}

// ListQuery is what a list is narrowed and sorted by, wherever it is asked for: in the list and in its export.
type ListQuery struct {
	Query     string     `query:"q" maxLength:"200" doc:"Words that must all occur"`
	ShopID    httpapi.ID `query:"shop_id"`
	Category  string     `query:"category" maxLength:"1000" doc:"With everything below it" example:"Clothing > Hoodies"`
	Brand     string     `query:"brand" maxLength:"500"`
	InStock   string     `query:"in_stock" enum:"true,false" doc:"false: known to be sold out"`
	Active    string     `query:"active" enum:"true,false"`
	Currency  string     `query:"currency" maxLength:"3" doc:"Of the price; the bounds of the price are in it, else in the reporting currency"`
	PriceFrom string     `query:"price_from" maxLength:"24"`
	PriceTo   string     `query:"price_to" maxLength:"24"`
	Sort      string     `query:"sort" enum:"name,price,stock,updated" doc:"name where absent"`
	Order     string     `query:"order" enum:"asc,desc" doc:"asc where absent"`
}

type listInput struct {
	ListQuery
	httpapi.Paging
}

func (s *Service) page(ctx context.Context, in *listInput) (page.Page[Row], error) {
	f := Filter{Query: in.Query, ShopID: in.ShopID.ID, Category: in.Category, Brand: in.Brand, InStock: yesNo(in.InStock), Active: yesNo(in.Active), Currency: in.Currency,
		Sort: in.Sort, Down: in.Order == "desc", Limit: in.Limit, Cursor: in.Cursor}
	if in.PriceFrom+in.PriceTo != "" && f.Currency == "" && s.Reporting != nil {
		f.Currency, _ = s.Reporting()
	}
	var err error
	if f.PriceFrom, err = httpapi.Amount("price_from", in.PriceFrom, f.Currency); err != nil {
		return page.Page[Row]{}, err
	}
	if f.PriceTo, err = httpapi.Amount("price_to", in.PriceTo, f.Currency); err != nil {
		return page.Page[Row]{}, err
	}
	p, err := s.List(ctx, f)
	return page.Map(p, shape), err
}

func yesNo(s string) *bool {
	if s == "" {
		return nil
	}
	yes := s == "true"
	return &yes
}

func priceShape(p *PriceChange) PriceRow {
	return PriceRow{VariantID: p.VariantID, Variant: p.Variant, At: clock.FromMicros(p.At), Price: wire(p.Price, p.Currency), SaidBy: p.SaidBy, Who: p.Who}
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	s.exportRoutes(api)
	s.writeRoutes(api)
	huma.Register(api, httpapi.Op("list-products", "GET /api/v1/products", "List products, found and sorted", role.CatalogRead),
		func(ctx context.Context, in *listInput) (*body[page.Page[Row]], error) {
			p, err := s.page(ctx, in)
			return &body[page.Page[Row]]{p}, err
		})
	huma.Register(api, httpapi.Op("list-product-facets", "GET /api/v1/products/facets", "What lists of products can be narrowed by", role.CatalogRead),
		func(ctx context.Context, _ *struct{}) (*body[FacetRow], error) {
			f, err := s.Facets(ctx)
			return &body[FacetRow]{FacetRow{append([]string{}, f.Categories...), append([]string{}, f.Brands...), f.Cut}}, err
		})
	huma.Register(api, httpapi.Op("list-product-prices", "GET /api/v1/products/{id}/prices", "List the prices that a product had, newest first", role.CatalogRead),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		}) (*body[page.Page[PriceRow]], error) {
			all, err := s.Prices(ctx, in.ID.ID)
			return &body[page.Page[PriceRow]]{page.Map(page.Page[PriceChange]{Items: all}, priceShape)}, err
		})
	huma.Register(api, httpapi.Op("get-product", "GET /api/v1/products/{id}", "Show a product with its variants", role.CatalogRead),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		}) (*body[Detail], error) {
			p, err := s.Get(ctx, in.ID.ID)
			if err != nil {
				return nil, err
			}
			return &body[Detail]{detail(&p)}, nil
		})
}

func shape(p *Product) Row {
	return Row{ID: p.ID, ShopID: p.ShopID, ExternalID: p.ExternalID, SKU: p.SKU, Name: p.Name, Brand: p.Brand, Category: p.Category, URL: p.URL,
		ImageURL: p.ImageURL, Price: wire(p.Price, p.Currency), Stock: count(p.Stock), Active: p.Active, Sighted: p.Sighted,
		CreatedAt: clock.FromMicros(p.CreatedAt), UpdatedAt: clock.FromMicros(p.UpdatedAt)}
}

func wire(n int64, currency string) *money.Wire {
	if n < 0 || currency == "" {
		return nil
	}
	w := money.New(n, currency).Wire()
	return &w
}

func count(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

func detail(p *Product) Detail {
	d := Detail{Row: shape(p), Version: p.Version(), Description: p.Description, Cost: wire(p.Cost, p.Currency), Attributes: p.Attributes, Variants: make([]VariantRow, len(p.Variants))}
	if d.Attributes == nil {
		d.Attributes = map[string]any{}
	}
	for i := range p.Variants {
		v := &p.Variants[i]
		d.Variants[i] = VariantRow{ID: v.ID, ExternalID: v.ExternalID, SKU: v.SKU, Name: v.Name, Price: wire(v.Price, v.Currency), Stock: count(v.Stock),
			ImageURL: v.ImageURL, Options: v.Options}
	}
	return d
}
