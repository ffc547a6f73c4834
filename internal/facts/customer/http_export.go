package customer

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

var tableColumns = []export.Column[Row]{
	{Key: "id", Cell: func(c *Row) any { return c.ID.String() }},
	{Key: "external_id", Cell: func(c *Row) any { return c.ExternalID }},
	{Key: "name", Cell: func(c *Row) any { return c.Name }},
	{Key: "email", Cell: func(c *Row) any { return c.Email }},
	{Key: "phone", Cell: func(c *Row) any { return c.Phone }},
	{Key: "known", Cell: func(c *Row) any { return c.Known }},
	{Key: "orders", Cell: func(c *Row) any { return c.Orders }},
	{Key: "total_spent", Money: true, Cell: func(c *Row) any { return c.TotalSpent }},
	{Key: "first_seen_at", Cell: func(c *Row) any { return c.FirstSeenAt }},
	{Key: "last_seen_at", Cell: func(c *Row) any { return c.LastSeenAt }},
	{Key: "first_order_at", Cell: func(c *Row) any { return c.FirstOrderAt }},
	{Key: "last_order_at", Cell: func(c *Row) any { return c.LastOrderAt }},
	{Key: "country", Cell: func(c *Row) any { return c.Country }},
	{Key: "city", Cell: func(c *Row) any { return c.City }},
	{Key: "language", Cell: func(c *Row) any { return c.Language }},
	{Key: "shop_id", Cell: func(c *Row) any { return c.ShopID.String() }},
}

// ExportQuery asks for customers as a file.
type ExportQuery struct {
	ListQuery
	export.Choice
}

func (s *Service) exportRoutes(api huma.API) {
	if s.Exports == nil {
		return
	}
	export.Register(api, s.Exports, export.List[ExportQuery, Row]{Name: "customers", Columns: tableColumns,
		Op: httpapi.Op("export-customers", "GET /api/v1/customers/export", "Take the list of customers out as CSV or XLSX", role.CustomerExport),
		Page: func(ctx context.Context, in *ExportQuery, cursor string) (page.Page[Row], error) {
			return s.page(ctx, &listInput{in.ListQuery, httpapi.Whole(cursor)})
		}})
}
