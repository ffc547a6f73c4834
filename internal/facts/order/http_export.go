package order

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

var orderTable = []export.Column[Row]{
	{Key: "id", Cell: func(o *Row) any { return o.ID.String() }},
	{Key: "external_id", Cell: func(o *Row) any { return o.ExternalID }},
	{Key: "placed_at", Cell: func(o *Row) any { return o.PlacedAt }},
	{Key: "status", Cell: func(o *Row) any { return o.Status }},
	{Key: "cancelled_at", Cell: func(o *Row) any { return o.CancelledAt }},
	{Key: "shop_id", Cell: func(o *Row) any { return o.ShopID.String() }},
	{Key: "customer_id", Cell: func(o *Row) any { return o.CustomerID.String() }},
	{Key: "email", Cell: func(o *Row) any { return o.Email }},
	{Key: "total", Money: true, Cell: func(o *Row) any { return o.Total }},
	{Key: "discount", Money: true, Cell: func(o *Row) any { return o.Discount }},
	{Key: "tax", Money: true, Cell: func(o *Row) any { return o.Tax }},
	{Key: "shipping", Money: true, Cell: func(o *Row) any { return o.Shipping }},
	{Key: "refunded", Money: true, Cell: func(o *Row) any { return o.Refunded }},
	{Key: "reporting_total", Money: true, Cell: func(o *Row) any { return o.Reporting }},
	{Key: "coupon", Cell: func(o *Row) any { return o.Coupon }},
	{Key: "confirmed", Cell: func(o *Row) any { return o.Confirmed }},
	{Key: "test", Cell: func(o *Row) any { return o.Test }},
	{Key: "updated_at", Cell: func(o *Row) any { return o.UpdatedAt }},
	{Key: "attributes", Cell: func(o *Row) any { return string(o.Attributes) }},
}

var cartTable = []export.Column[CartRow]{
	{Key: "key", Cell: func(c *CartRow) any { return c.Key }},
	{Key: "shop_id", Cell: func(c *CartRow) any { return c.ShopID.String() }},
	{Key: "customer_id", Cell: func(c *CartRow) any { return c.CustomerID.String() }},
	{Key: "outcome", Cell: func(c *CartRow) any { return c.Outcome }},
	{Key: "value", Money: true, Cell: func(c *CartRow) any { return c.Value }},
	{Key: "ordered_value", Money: true, Cell: func(c *CartRow) any { return c.OrderedValue }},
	{Key: "items", Cell: func(c *CartRow) any { return c.Items }},
	{Key: "contents", Cell: func(c *CartRow) any {
		var names []string
		for _, l := range c.Lines {
			names = append(names, l.Name)
		}
		return strings.Join(names, "; ")
	}},
	{Key: "checkout_step", Cell: func(c *CartRow) any { return c.CheckoutStep }},
	{Key: "started_at", Cell: func(c *CartRow) any { return c.StartedAt }},
	{Key: "updated_at", Cell: func(c *CartRow) any { return c.UpdatedAt }},
}

// ExportQuery asks for orders as a file.
type ExportQuery struct {
	ListQuery
	export.Choice
}

// CartExportQuery asks for carts as a file.
type CartExportQuery struct {
	CartQuery
	export.Choice
}

// exportRoutes adds the lists as files. Both name people, so taking them out needs more than reading them.
func (s *Service) exportRoutes(api huma.API) {
	if s.Exports == nil {
		return
	}
	export.Register(api, s.Exports, export.List[ExportQuery, Row]{Name: "orders", Columns: orderTable,
		Op: httpapi.Op("export-orders", "GET /api/v1/orders/export", "Take the list of orders out as CSV or XLSX", role.CustomerExport),
		Page: func(ctx context.Context, in *ExportQuery, cursor string) (page.Page[Row], error) {
			return s.orderPage(ctx, &listInput{in.ListQuery, httpapi.Whole(cursor)})
		}})
	export.Register(api, s.Exports, export.List[CartExportQuery, CartRow]{Name: "carts", Columns: cartTable,
		Op: httpapi.Op("export-carts", "GET /api/v1/carts/export", "Take the list of carts out as CSV or XLSX", role.CustomerExport),
		Page: func(ctx context.Context, in *CartExportQuery, cursor string) (page.Page[CartRow], error) {
			return s.cartPage(ctx, &cartInput{in.CartQuery, httpapi.Whole(cursor)})
		}})
}

func (s *Service) orderPage(ctx context.Context, in *listInput) (page.Page[Row], error) {
	f, err := s.filter(in)
	if err != nil {
		return page.Page[Row]{}, err
	}
	p, err := s.List(ctx, f)
	return page.Map(p, s.shape), err
}
