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

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-products", "GET /api/v1/products", "List products by name", role.CatalogRead),
		func(ctx context.Context, in *struct {
			Query  string     `query:"q" maxLength:"200" doc:"Words that must all occur"`
			ShopID httpapi.ID `query:"shop_id"`
			Limit  int        `query:"limit" minimum:"0" maximum:"500"`
			Cursor string     `query:"cursor"`
		}) (*body[page.Page[Row]], error) {
			p, err := s.List(ctx, Filter{Query: in.Query, ShopID: in.ShopID.ID, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := page.Page[Row]{Items: make([]Row, len(p.Items)), NextCursor: p.NextCursor}
			for i := range p.Items {
				out.Items[i] = shape(&p.Items[i])
			}
			return &body[page.Page[Row]]{out}, nil
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
	d := Detail{Row: shape(p), Description: p.Description, Cost: wire(p.Cost, p.Currency), Attributes: p.Attributes, Variants: make([]VariantRow, len(p.Variants))}
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
