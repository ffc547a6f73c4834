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
	Version     string       `json:"version" doc:"Names the order as it stands; send it with a change, so that somebody else's newer change is not lost"`
	TaxIncluded bool         `json:"tax_included" doc:"The total holds the tax without its being added to the lines"`
	Lines       []LineRow    `json:"lines" nullable:"false"`
	Refunds     []RefundRow  `json:"refunds" nullable:"false"`
	History     []HistoryRow `json:"history" nullable:"false" doc:"Newest first, at most 200"`
}

// LineRow is a line of an order.
type LineRow struct {
	ProductID id.ID      `json:"product_id" doc:"0 where the product is not known"`
	SKU       string     `json:"sku"`
	Name      string     `json:"name"`
	Quantity  float64    `json:"quantity"`
	Returned  float64    `json:"returned" doc:"How much of it came back"`
	Price     money.Wire `json:"price" doc:"Of one"`
	Discount  money.Wire `json:"discount"`
	Total     money.Wire `json:"total"`
}

// RefundRow is a refund of an order.
type RefundRow struct {
	Key       string      `json:"key"`
	At        time.Time   `json:"at"`
	Amount    money.Wire  `json:"amount"`
	Reporting *money.Wire `json:"reporting_amount,omitempty"`
	Reason    string      `json:"reason,omitempty"`
	Confirmed bool        `json:"confirmed"`
	Lines     []ReturnRow `json:"lines" nullable:"false" doc:"What came back"`
}

// CartRow is a cart in a list.
type CartRow struct {
	Key          string        `json:"key" doc:"The shop's cart id, else the device"`
	ShopID       id.ID         `json:"shop_id"`
	CustomerID   id.ID         `json:"customer_id"`
	Status       string        `json:"status" enum:"open,empty,ordered"`
	Outcome      string        `json:"outcome" enum:"open,empty,ordered,left,recovered" doc:"The status, with left for an open one that was untouched for an hour, and recovered for one that was ordered after that"`
	Value        money.Wire    `json:"value"`
	OrderedValue *money.Wire   `json:"ordered_value,omitempty" doc:"What it held when it was ordered"`
	Items        int64         `json:"items"`
	Lines        []CartLineRow `json:"lines"`
	CheckoutStep int64         `json:"checkout_step"`
	StartedAt    time.Time     `json:"started_at"`
	UpdatedAt    time.Time     `json:"updated_at"`
}

// CartPage is a cart with how it came to be.
type CartPage struct {
	CartRow
	History []CartStep `json:"history" nullable:"false" doc:"Newest first; the last 200 operations"`
	Orders  []Row      `json:"orders" nullable:"false" doc:"That it became"`
}

// CartStep is one thing that happened to a cart.
type CartStep struct {
	At    time.Time     `json:"at"`
	Kind  string        `json:"kind" enum:"add,remove,view,step,order"`
	Step  int64         `json:"step,omitempty" doc:"Of the checkout"`
	Lines []CartLineRow `json:"lines" nullable:"false"`
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

// ListQuery is what a list is narrowed and sorted by, wherever it is asked for: in the list and in its export.
type ListQuery struct {
	CustomerID httpapi.ID `query:"customer_id"`
	ShopID     httpapi.ID `query:"shop_id"`
	ProductID  httpapi.ID `query:"product_id" doc:"With a line of this product"`
	ExternalID string     `query:"external_id"`
	Query      string     `query:"q" maxLength:"100" doc:"How the order number begins; the list is in the order of numbers then"`
	Status     string     `query:"status" enum:"pending,placed,cancelled,return"`
	Currency   string     `query:"currency" maxLength:"3" doc:"Of the order"`
	Coupon     string     `query:"coupon" maxLength:"500" doc:"Exactly as it was written"`
	Refunded   string     `query:"refunded" enum:"true,false" doc:"Whether money was given back"`
	From       string     `query:"from" format:"date" doc:"First day on which it was placed, in the reporting zone"`
	To         string     `query:"to" format:"date" doc:"Day after the last"`
	AmountFrom string     `query:"amount_from" maxLength:"24" doc:"Smallest total, in the currency asked for, else in the reporting currency"`
	AmountTo   string     `query:"amount_to" maxLength:"24" doc:"Largest total"`
	Sort       string     `query:"sort" enum:"placed,total" doc:"placed where absent; total is in the reporting currency, and without a rate 0"`
	Order      string     `query:"order" enum:"asc,desc" doc:"desc where absent"`
}

type listInput struct {
	ListQuery
	httpapi.Paging
}

func (s *Service) filter(in *listInput) (Filter, error) {
	f := Filter{CustomerID: in.CustomerID.ID, ShopID: in.ShopID.ID, ProductID: in.ProductID.ID, ExternalID: in.ExternalID, Query: in.Query, Status: in.Status,
		Currency: in.Currency, Coupon: in.Coupon, Sort: in.Sort, Ascending: in.Order == "asc", Limit: in.Limit, Cursor: in.Cursor}
	if in.Refunded != "" {
		yes := in.Refunded == "true"
		f.Refunded = &yes
	}
	var err error
	if f.From, f.To, err = s.days(in.From, in.To); err != nil {
		return f, err
	}
	f.AmountFrom, f.AmountTo, err = s.amounts("amount", in.AmountFrom, in.AmountTo, in.Currency)
	return f, err
}

type customerInput struct {
	ID     httpapi.ID `path:"id"`
	Limit  int        `query:"limit" minimum:"0" maximum:"500"`
	Cursor string     `query:"cursor"`
}

// CartQuery is what the list of carts is narrowed and sorted by, in the list and in its export.
type CartQuery struct {
	CustomerID httpapi.ID `query:"customer_id"`
	ShopID     httpapi.ID `query:"shop_id"`
	Status     string     `query:"status" enum:"open,empty,ordered,left,recovered" doc:"left: open and untouched for an hour or more; recovered: ordered after it had been left"`
	Currency   string     `query:"currency" maxLength:"3"`
	From       string     `query:"from" format:"date" doc:"First day on which it was last used, in the reporting zone"`
	To         string     `query:"to" format:"date" doc:"Day after the last"`
	ValueFrom  string     `query:"value_from" maxLength:"24" doc:"Smallest value, of the cart's own currency"`
	ValueTo    string     `query:"value_to" maxLength:"24"`
	Order      string     `query:"order" enum:"asc,desc" doc:"By when it was last used; desc where absent"`
}

type cartInput struct {
	CartQuery
	httpapi.Paging
}

// days reads a stretch of days of the reporting zone.
func (s *Service) days(from, to string) (start, end int64, err error) {
	_, zone := s.Reporting()
	if start, err = httpapi.Day("from", from, zone); err != nil {
		return 0, 0, err
	}
	end, err = httpapi.Day("to", to, zone)
	return start, end, err
}

// amounts reads two bounds, in the currency asked for, else in the reporting currency.
func (s *Service) amounts(what, from, to, currency string) (low, high *int64, err error) {
	if currency == "" {
		currency, _ = s.Reporting()
	}
	if low, err = httpapi.Amount(what+"_from", from, currency); err != nil {
		return nil, nil, err
	}
	high, err = httpapi.Amount(what+"_to", to, currency)
	return low, high, err
}

func (s *Service) cartFilter(in *cartInput) (CartFilter, error) {
	f := CartFilter{CustomerID: in.CustomerID.ID, ShopID: in.ShopID.ID, Status: in.Status, Currency: in.Currency, Ascending: in.Order == "asc",
		Limit: in.Limit, Cursor: in.Cursor}
	var err error
	if f.From, f.To, err = s.days(in.From, in.To); err != nil {
		return f, err
	}
	f.ValueFrom, f.ValueTo, err = s.amounts("value", in.ValueFrom, in.ValueTo, in.Currency)
	return f, err
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	s.exportRoutes(api)
	huma.Register(api, httpapi.Op("list-orders", "GET /api/v1/orders", "List orders, newest first", role.OrderRead),
		func(ctx context.Context, in *listInput) (*body[page.Page[Row]], error) {
			p, err := s.orderPage(ctx, in)
			return &body[page.Page[Row]]{p}, err
		})
	s.writeRoutes(api)
	huma.Register(api, httpapi.Op("list-customer-orders", "GET /api/v1/customers/{id}/orders", "List the orders of a customer", role.OrderRead),
		func(ctx context.Context, in *customerInput) (*body[page.Page[Row]], error) {
			return s.list(ctx, Filter{CustomerID: in.ID.ID, Limit: in.Limit, Cursor: in.Cursor})
		})
	huma.Register(api, httpapi.Op("get-order", "GET /api/v1/orders/{id}", "Show an order with lines and refunds", role.OrderRead),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		}) (*body[Detail], error) {
			o, err := s.Whole(ctx, in.ID.ID)
			if err != nil {
				return nil, err
			}
			return &body[Detail]{s.detail(&o)}, nil
		})
	huma.Register(api, httpapi.Op("list-carts", "GET /api/v1/carts", "List carts, the most recently used first", role.OrderRead),
		func(ctx context.Context, in *cartInput) (*body[page.Page[CartRow]], error) {
			p, err := s.cartPage(ctx, in)
			return &body[page.Page[CartRow]]{p}, err
		})
	huma.Register(api, httpapi.Op("get-cart", "GET /api/v1/carts/{customer_id}/{shop_id}/{key}", "Show a cart with what happened to it", role.OrderRead),
		func(ctx context.Context, in *struct {
			CustomerID httpapi.ID `path:"customer_id"`
			ShopID     httpapi.ID `path:"shop_id"`
			Key        string     `path:"key" maxLength:"500"`
		}) (*body[CartPage], error) {
			d, err := s.Cart(ctx, in.CustomerID.ID, in.ShopID.ID, in.Key)
			if err != nil {
				return nil, err
			}
			return &body[CartPage]{s.cartDetail(&d)}, nil
		})
}

func (s *Service) list(ctx context.Context, f Filter) (*body[page.Page[Row]], error) {
	p, err := s.List(ctx, f)
	if err != nil {
		return nil, err
	}
	return &body[page.Page[Row]]{page.Map(p, s.shape)}, nil
}

func (s *Service) cartPage(ctx context.Context, in *cartInput) (page.Page[CartRow], error) {
	f, err := s.cartFilter(in)
	if err != nil {
		return page.Page[CartRow]{}, err
	}
	p, err := s.Carts(ctx, f)
	return page.Map(p, s.cartShape), err
}

func (s *Service) shape(o *Stored) Row {
	w := func(n int64) money.Wire { return money.New(n, o.Currency).Wire() }
	r := Row{ID: o.ID, ExternalID: o.ExternalID, ShopID: o.ShopID, CustomerID: o.CustomerID, Status: o.Status, Total: w(o.Total),
		Discount: w(o.Discount), Tax: w(o.Tax), Shipping: w(o.Shipping), Refunded: w(o.Refunded), Coupon: o.Coupon, Email: o.Email,
		Confirmed: o.Confirmed, Test: o.Test, UpdatedAt: clock.FromMicros(o.UpdatedAt), Reporting: s.wire(o.ReportingTotal),
		PlacedAt: instant(o.PlacedAt), CancelledAt: instant(o.CancelledAt)}
	if o.Status == StatusPlaced { // it was taken back
		r.CancelledAt = nil
	}
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

func (s *Service) detail(o *Whole) Detail {
	d := Detail{Row: s.shape(&o.Stored), Version: o.Version, TaxIncluded: o.TaxIncluded, Lines: make([]LineRow, len(o.Lines)),
		Refunds: make([]RefundRow, len(o.Refunds)), History: historyShape(o.History)}
	w := func(n int64) money.Wire { return money.New(n, o.Currency).Wire() }
	for i, l := range o.Lines {
		d.Lines[i] = LineRow{ProductID: l.ProductID, SKU: l.SKU, Name: l.Name, Quantity: float64(l.Quantity) / 1000, Price: w(l.Price),
			Discount: w(l.Discount), Total: w(l.Total), Returned: float64(o.Returned[i]) / 1000}
	}
	for i := range o.Refunds {
		f := &o.Refunds[i]
		d.Refunds[i] = RefundRow{Key: f.Key, At: clock.FromMicros(f.At), Amount: money.New(f.Amount, f.Currency).Wire(),
			Reporting: s.wire(f.ReportingAmount), Reason: f.Reason, Confirmed: f.Confirmed, Lines: returnShape(f.Lines, f.Currency)}
	}
	return d
}

func (s *Service) cartShape(c *Cart) CartRow {
	w := func(n int64) money.Wire { return money.New(n, c.Currency).Wire() }
	out := CartRow{Key: c.Key, ShopID: c.ShopID, CustomerID: c.CustomerID, Status: c.Status, Outcome: c.Outcome(s.Clock.Now()), Value: w(c.Value), Items: c.Items,
		Lines: make([]CartLineRow, len(c.Lines)), CheckoutStep: c.CheckoutStep, StartedAt: clock.FromMicros(c.StartedAt),
		UpdatedAt: clock.FromMicros(c.UpdatedAt)}
	if c.Status == CartOrdered {
		v := w(c.OrderedValue)
		out.OrderedValue = &v
	}
	for i, l := range c.Lines {
		out.Lines[i] = lineShape(&l, c.Currency)
	}
	return out
}

func lineShape(l *CartLine, currency string) CartLineRow {
	return CartLineRow{Product: l.ProductKey, SKU: l.SKU, Name: l.Name, Variant: l.Variant, Quantity: float64(l.Quantity) / 1000,
		Price: money.New(l.Price, currency).Wire(), URL: l.URL, ImageURL: l.ImageURL}
}

func (s *Service) cartDetail(d *CartDetail) CartPage {
	out := CartPage{CartRow: s.cartShape(&d.Cart), History: make([]CartStep, len(d.History)), Orders: make([]Row, len(d.Orders))}
	for i, op := range d.History {
		h := CartStep{At: clock.FromMicros(op.At), Kind: op.Kind, Step: op.Step, Lines: make([]CartLineRow, len(op.Lines))}
		for j, l := range op.Lines {
			h.Lines[j] = lineShape(&l, d.Currency)
		}
		out.History[i] = h
	}
	for i := range d.Orders {
		out.Orders[i] = s.shape(&d.Orders[i])
	}
	return out
}
