package order

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// Row is an order in a list.
type Row struct {
	ID          id.ID           `json:"id"`
	ExternalID  string          `json:"external_id" doc:"The shop's number of the order"`
	ShopID      id.ID           `json:"shop_id"`
	CustomerID  id.ID           `json:"customer_id" doc:"0 where nothing is known of the buyer"`
	Status      string          `json:"status" enum:"pending,placed,cancelled,return"`
	PlacedAt    *time.Time      `json:"placed_at,omitempty"`
	CancelledAt *time.Time      `json:"cancelled_at,omitempty"`
	Total       money.Wire      `json:"total" doc:"After discounts, with tax and shipping"`
	Discount    money.Wire      `json:"discount"`
	Tax         money.Wire      `json:"tax"`
	Shipping    money.Wire      `json:"shipping"`
	Refunded    money.Wire      `json:"refunded"`
	Reporting   *money.Wire     `json:"reporting_total,omitempty" doc:"Total in the reporting currency; absent while no exchange rate is known"`
	Coupon      string          `json:"coupon,omitempty"`
	Email       string          `json:"email,omitempty" doc:"As given with the order"`
	Confirmed   bool            `json:"confirmed" doc:"False: only a browser says so; outside revenue"`
	Test        bool            `json:"test"`
	Attributes  json.RawMessage `json:"attributes,omitempty"`
	UpdatedAt   time.Time       `json:"updated_at"`
}

// Detail is an order with its parts.
type Detail struct {
	Row
	Lines   []LineRow   `json:"lines"`
	Refunds []RefundRow `json:"refunds"`
}

// LineRow is a line of an order.
type LineRow struct {
	ProductID id.ID      `json:"product_id" doc:"0 where the product is not known"`
	SKU       string     `json:"sku"`
	Name      string     `json:"name"`
	Quantity  float64    `json:"quantity"`
	Price     money.Wire `json:"price" doc:"Of one"`
	Discount  money.Wire `json:"discount"`
	Total     money.Wire `json:"total"`
}

// RefundRow is a refund of an order.
type RefundRow struct {
	Key       string          `json:"key"`
	At        time.Time       `json:"at"`
	Amount    money.Wire      `json:"amount"`
	Reporting *money.Wire     `json:"reporting_amount,omitempty"`
	Reason    string          `json:"reason,omitempty"`
	Confirmed bool            `json:"confirmed"`
	Lines     json.RawMessage `json:"lines,omitempty"`
}

// CartRow is a cart in a list.
type CartRow struct {
	Key          string        `json:"key" doc:"The shop's cart id, else the device"`
	ShopID       id.ID         `json:"shop_id"`
	CustomerID   id.ID         `json:"customer_id"`
	Status       string        `json:"status" enum:"open,empty,ordered"`
	Value        money.Wire    `json:"value"`
	Items        int64         `json:"items"`
	Lines        []CartLineRow `json:"lines"`
	CheckoutStep int64         `json:"checkout_step"`
	StartedAt    time.Time     `json:"started_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// CartLineRow is a product in a cart.
type CartLineRow struct {
	Product  string     `json:"product" doc:"The shop's id of the product"`
	SKU      string     `json:"sku"`
	Name     string     `json:"name"`
	Variant  string     `json:"variant,omitempty"`
	Quantity float64    `json:"quantity"`
	Price    money.Wire `json:"price"`
	URL      string     `json:"url,omitempty"`
	ImageURL string     `json:"image_url,omitempty"`
}

type listInput struct {
	CustomerID httpapi.ID `query:"customer_id"`
	ShopID     httpapi.ID `query:"shop_id"`
	ExternalID string     `query:"external_id"`
	Query      string     `query:"q" maxLength:"100" doc:"How the order number begins; the list is in the order of numbers then"`
	Status     string     `query:"status" enum:"pending,placed,cancelled,return"`
	Limit      int        `query:"limit" minimum:"0" maximum:"500"`
	Cursor     string     `query:"cursor"`
}

type customerInput struct {
	ID     httpapi.ID `path:"id"`
	Limit  int        `query:"limit" minimum:"0" maximum:"500"`
	Cursor string     `query:"cursor"`
}

type cartInput struct {
	CustomerID httpapi.ID `query:"customer_id"`
	Status     string     `query:"status" enum:"open,empty,ordered"`
	Limit      int        `query:"limit" minimum:"0" maximum:"500"`
	Cursor     string     `query:"cursor"`
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-orders", "GET /api/v1/orders", "List orders, newest first", role.OrderRead),
		func(ctx context.Context, in *listInput) (*body[page.Page[Row]], error) {
			return s.list(ctx, Filter{CustomerID: in.CustomerID.ID, ShopID: in.ShopID.ID, ExternalID: in.ExternalID, Query: in.Query, Status: in.Status,
				Limit: in.Limit, Cursor: in.Cursor})
		})
	huma.Register(api, httpapi.Op("list-customer-orders", "GET /api/v1/customers/{id}/orders", "List the orders of a customer", role.OrderRead),
		func(ctx context.Context, in *customerInput) (*body[page.Page[Row]], error) {
			return s.list(ctx, Filter{CustomerID: in.ID.ID, Limit: in.Limit, Cursor: in.Cursor})
		})
	huma.Register(api, httpapi.Op("get-order", "GET /api/v1/orders/{id}", "Show an order with lines and refunds", role.OrderRead),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		}) (*body[Detail], error) {
			o, err := s.Get(ctx, in.ID.ID)
			if err != nil {
				return nil, err
			}
			return &body[Detail]{s.detail(&o)}, nil
		})
	huma.Register(api, httpapi.Op("list-carts", "GET /api/v1/carts", "List carts, the most recently used first", role.OrderRead),
		func(ctx context.Context, in *cartInput) (*body[page.Page[CartRow]], error) {
			p, err := s.Carts(ctx, CartFilter{CustomerID: in.CustomerID.ID, Status: in.Status, Limit: in.Limit, Cursor: in.Cursor})
			if err != nil {
				return nil, err
			}
			out := page.Page[CartRow]{Items: make([]CartRow, len(p.Items)), NextCursor: p.NextCursor}
			for i := range p.Items {
				out.Items[i] = cartShape(&p.Items[i])
			}
			return &body[page.Page[CartRow]]{out}, nil
		})
}

func (s *Service) list(ctx context.Context, f Filter) (*body[page.Page[Row]], error) {
	p, err := s.List(ctx, f)
	if err != nil {
		return nil, err
	}
	out := page.Page[Row]{Items: make([]Row, len(p.Items)), NextCursor: p.NextCursor}
	for i := range p.Items {
		out.Items[i] = s.shape(&p.Items[i])
	}
	return &body[page.Page[Row]]{out}, nil
}

func (s *Service) shape(o *Stored) Row {
	w := func(n int64) money.Wire { return money.New(n, o.Currency).Wire() }
	r := Row{ID: o.ID, ExternalID: o.ExternalID, ShopID: o.ShopID, CustomerID: o.CustomerID, Status: o.Status, Total: w(o.Total),
		Discount: w(o.Discount), Tax: w(o.Tax), Shipping: w(o.Shipping), Refunded: w(o.Refunded), Coupon: o.Coupon, Email: o.Email,
		Confirmed: o.Confirmed, Test: o.Test, UpdatedAt: clock.FromMicros(o.UpdatedAt), Reporting: s.wire(o.ReportingTotal),
		PlacedAt: instant(o.PlacedAt), CancelledAt: instant(o.CancelledAt)}
	if len(o.Attributes) > 2 {
		r.Attributes = o.Attributes
	}
	return r
}

func (s *Service) wire(n *int64) *money.Wire {
	if n == nil {
		return nil
	}
	currency, _ := s.Reporting()
	w := money.New(*n, currency).Wire()
	return &w
}

func instant(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := clock.FromMicros(us)
	return &t
}

func (s *Service) detail(o *Stored) Detail {
	d := Detail{Row: s.shape(o), Lines: make([]LineRow, len(o.Lines)), Refunds: make([]RefundRow, len(o.Refunds))}
	w := func(n int64) money.Wire { return money.New(n, o.Currency).Wire() }
	for i, l := range o.Lines {
		d.Lines[i] = LineRow{ProductID: l.ProductID, SKU: l.SKU, Name: l.Name, Quantity: float64(l.Quantity) / 1000, Price: w(l.Price),
			Discount: w(l.Discount), Total: w(l.Total)}
	}
	for i := range o.Refunds {
		f := &o.Refunds[i]
		d.Refunds[i] = RefundRow{Key: f.Key, At: clock.FromMicros(f.At), Amount: money.New(f.Amount, f.Currency).Wire(),
			Reporting: s.wire(f.ReportingAmount), Reason: f.Reason, Confirmed: f.Confirmed}
		if len(f.Lines) > 2 {
			d.Refunds[i].Lines = f.Lines
		}
	}
	return d
}

func cartShape(c *Cart) CartRow {
	w := func(n int64) money.Wire { return money.New(n, c.Currency).Wire() }
	out := CartRow{Key: c.Key, ShopID: c.ShopID, CustomerID: c.CustomerID, Status: c.Status, Value: w(c.Value), Items: c.Items,
		Lines: make([]CartLineRow, len(c.Lines)), CheckoutStep: c.CheckoutStep, StartedAt: clock.FromMicros(c.StartedAt),
		UpdatedAt: clock.FromMicros(c.UpdatedAt)}
	for i, l := range c.Lines {
		out.Lines[i] = CartLineRow{Product: l.ProductKey, SKU: l.SKU, Name: l.Name, Variant: l.Variant, Quantity: float64(l.Quantity) / 1000,
			Price: w(l.Price), URL: l.URL, ImageURL: l.ImageURL}
	}
	return out
}
