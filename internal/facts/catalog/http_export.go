package catalog

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

var tableColumns = []export.Column[Row]{
	{Key: "id", Cell: func(p *Row) any { return p.ID.String() }},
	{Key: "external_id", Cell: func(p *Row) any { return p.ExternalID }},
	{Key: "sku", Cell: func(p *Row) any { return p.SKU }},
	{Key: "name", Cell: func(p *Row) any { return p.Name }},
	{Key: "brand", Cell: func(p *Row) any { return p.Brand }},
	{Key: "category", Cell: func(p *Row) any { return p.Category }},
	{Key: "price", Money: true, Cell: func(p *Row) any { return p.Price }},
	{Key: "stock", Cell: func(p *Row) any {
		if p.Stock == nil {
			return nil
		}
		return *p.Stock
	}},
	{Key: "active", Cell: func(p *Row) any { return p.Active }},
	{Key: "sighted", Cell: func(p *Row) any { return p.Sighted }},
	{Key: "url", Cell: func(p *Row) any { return p.URL }},
	{Key: "image_url", Cell: func(p *Row) any { return p.ImageURL }},
	{Key: "shop_id", Cell: func(p *Row) any { return p.ShopID.String() }},
	{Key: "created_at", Cell: func(p *Row) any { return p.CreatedAt }},
	{Key: "updated_at", Cell: func(p *Row) any { return p.UpdatedAt }},
}

// ExportQuery asks for products as a file.
type ExportQuery struct {
	ListQuery
	export.Choice
}

// exportRoutes adds the list as a file. It names nobody, so reading it is enough.
func (s *Service) exportRoutes(api huma.API) {
	if s.Exports == nil {
		return
	}
	export.Register(api, s.Exports, export.List[ExportQuery, Row]{Name: "products", Columns: tableColumns,
		Op: httpapi.Op("export-products", "GET /api/v1/products/export", "Take the list of products out as CSV or XLSX", role.CatalogRead),
		Page: func(ctx context.Context, in *ExportQuery, cursor string) (page.Page[Row], error) {
			return s.page(ctx, &listInput{in.ListQuery, httpapi.Whole(cursor)})
		}})
}
