package order

import (
	"context"
	"strings"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/keyset"
	"rapport/internal/platform/sqldb"
)

// The orders of a list of orders.
const (
	SortPlaced = "placed" // the default
	SortTotal  = "total"  // in the reporting currency; orders without a rate count as 0
)

// Filter narrows a list of orders; zero values do not.
type Filter struct {
	CustomerID id.ID
	ShopID     id.ID
	ProductID  id.ID // with a line of this product
	ExternalID string
	Query      string // how the number begins; the list is in the order of numbers then
	Status     string
	Currency   string
	Coupon     string
	Refunded   *bool // money was given back
	From, To   int64 // placed at or after, and before; microseconds UTC
	AmountFrom *int64
	AmountTo   *int64 // total in minor units of Currency, else of the reporting currency; both ends belong to it
	Sort       string
	Ascending  bool
	Limit      int
	Cursor     string
}

// look is how many rows a page looks at where what it is asked for is rare. See platform/keyset.
const look = 15_000

// List gives orders without lines and refunds, newest first where nothing else is asked for. Orders of a product, and orders by their
// total, are found by the warehouse's copies, which follow within a moment.
func (s *Service) List(ctx context.Context, f Filter) (page.Page[Stored], error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return page.Page[Stored]{}, err
	}
	if f.Query != "" {
		return s.find(ctx, f)
	}
	var at int64
	var last id.ID
	more, err := page.Decode(f.Cursor, &at, &last)
	if err != nil {
		return page.Page[Stored]{}, err
	}
	limit := page.Limit(f.Limit, 50)
	q := f.query(limit + 1)
	q.Look = min(q.Look, s.look)
	if more {
		q.After = keyset.Place{at, int64(last)}
	}
	if f.Sort == SortTotal || f.ProductID != 0 {
		return s.ranked(ctx, &f, q, limit)
	}
	rows, stop, err := keyset.Read(ctx, s.DB, q, scanRow)
	if err != nil {
		return page.Page[Stored]{}, err
	}
	return page.CutAt(rows, limit, func(o Stored) string { return page.Encode(o.PlacedAt, o.ID) }, stop.IDs(1)), nil
}

// find gives orders whose number begins as asked. Shops write "#1001" and people type 1001, so that is tried too.
func (s *Service) find(ctx context.Context, f Filter) (page.Page[Stored], error) {
	var shop id.ID
	var number string
	limit := page.Limit(f.Limit, 50)
	tries := []string{f.Query, "#" + f.Query}
	more, err := page.Decode(f.Cursor, &shop, &number, &tries[0])
	if err != nil {
		return page.Page[Stored]{}, err
	}
	if more {
		tries = tries[:1]
	}
	for _, prefix := range tries {
		q := f.byNumber(sqldb.Clean(prefix), limit+1)
		q.Look = min(q.Look, s.look)
		if more {
			q.After = keyset.Place{int64(shop), number}
		}
		rows, stop, err := keyset.Read(ctx, s.DB, q, scanRow)
		if err != nil {
			return page.Page[Stored]{}, err
		}
		if len(rows) > 0 || stop != nil || prefix == tries[len(tries)-1] {
			if stop != nil {
				stop = append(stop.IDs(0), prefix)
			}
			return page.CutAt(rows, limit, func(o Stored) string { return page.Encode(o.ShopID, o.ExternalID, prefix) }, stop), nil
		}
	}
	return page.Page[Stored]{}, nil
}

// few is how many lines of a product are read whole rather than looked for in the order of the list, where they may be far apart.
const few = 5_000

// hasProduct is looked at order by order: without the OFFSET, which says nothing, PostgreSQL would first gather every line of the product.
const hasProduct = "EXISTS (SELECT 1 FROM order_lines l WHERE l.customer_id = o.customer_id AND l.order_id = o.order_id AND l.product_id = ? LIMIT 1 OFFSET 0)"

// ranked reads orders of a product, and orders by their total. A product that sold little has its orders read whole; one that sold much is
// looked for in the order of the list. By total, the warehouse's columns say which orders a page holds; on PostgreSQL an index does, whose
// rows lie far apart.
func (s *Service) ranked(ctx context.Context, f *Filter, q *keyset.Query, limit int) (page.Page[Stored], error) {
	if s.Warehouse == nil {
		return page.Page[Stored]{}, errs.New(errs.Unavailable, "order.no_warehouse", "Lists of orders by product or total need the warehouse, which is not there.")
	}
	columns := f.Sort == SortTotal && s.Warehouse.Mirrors()
	if f.Sort == SortTotal {
		q.Look = min(q.Look, s.look/2)
	}
	if f.ProductID != 0 {
		orders, rare, err := s.selectSold(ctx, f.ProductID, s.few)
		switch {
		case err != nil:
			return page.Page[Stored]{}, err
		case rare && len(orders) == 0:
			return page.Page[Stored]{Items: []Stored{}}, nil
		case rare:
			q.Look, columns = 0, false
			q.Path("o.order_id IN (?"+strings.Repeat(", ?", len(orders)-1)+")", orders...)
		case columns:
			q.Filter("o.order_id IN (SELECT l.order_id FROM order_lines l WHERE l.product_id = ?)", int64(f.ProductID))
		default:
			q.Look = min(q.Look, s.look/5) // each row means a look at its lines
			q.Filter(hasProduct, int64(f.ProductID))
		}
	}
	if columns {
		return s.byColumns(ctx, q, limit)
	}
	rows, stop, err := keyset.Read(ctx, s.DB, q, scanRow)
	if err != nil {
		return page.Page[Stored]{}, err
	}
	return page.CutAt(rows, limit, func(o Stored) string {
		if f.Sort != SortTotal {
			return page.Encode(o.PlacedAt, o.ID)
		}
		if o.ReportingTotal == nil {
			return page.Encode(0, o.ID)
		}
		return page.Encode(*o.ReportingTotal, o.ID)
	}, stop.IDs(1)), nil
}

// byColumns asks the warehouse's columns which orders the page holds, and reads them as they stand.
func (s *Service) byColumns(ctx context.Context, q *keyset.Query, limit int) (page.Page[Stored], error) {
	places, err := s.selectRanked(ctx, q)
	if err != nil {
		return page.Page[Stored]{}, err
	}
	next := ""
	if len(places) > limit {
		places = places[:limit]
		next = page.Encode(places[limit-1].value, places[limit-1].id)
	}
	rows, err := selectInOrder(ctx, s.DB, places)
	if rows == nil {
		rows = []Stored{}
	}
	return page.Page[Stored]{Items: rows, NextCursor: next}, err
}

// CartFilter narrows a list of carts; zero values do not.
type CartFilter struct {
	CustomerID id.ID
	ShopID     id.ID
	Status     string // open, empty, ordered, left or recovered
	Currency   string
	From, To   int64  // last used at or after, and before
	ValueFrom  *int64 // minor units of Currency
	ValueTo    *int64
	Ascending  bool // the longest untouched first
	Limit      int
	Cursor     string
}

// What became of a cart, beside its states.
const (
	CartLeft      = "left"      // open, and untouched for an hour or more
	CartRecovered = "recovered" // ordered after it had been left
)

// leftAfter is how long a cart rests until it counts as left.
const leftAfter = time.Hour

// Carts gives carts, the most recently used first where nothing else is asked for.
func (s *Service) Carts(ctx context.Context, f CartFilter) (page.Page[Cart], error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return page.Page[Cart]{}, err
	}
	var at int64
	var customer id.ID
	var key string
	more, err := page.Decode(f.Cursor, &at, &customer, &key)
	if err != nil {
		return page.Page[Cart]{}, err
	}
	limit := page.Limit(f.Limit, 50)
	q := f.query(limit+1, clock.Micros(s.Clock.Now().Add(-leftAfter)))
	q.Look = min(q.Look, s.look)
	if more {
		q.After = keyset.Place{at, int64(customer), key}
	}
	rows, stop, err := keyset.Read(ctx, s.DB, q, scanCart)
	if err != nil {
		return page.Page[Cart]{}, err
	}
	return page.CutAt(rows, limit, func(c Cart) string {
		return page.Encode(c.UpdatedAt, c.CustomerID, storedKey(c.ShopID, c.Key))
	}, stop.IDs(1)), nil
}

// Outcome tells what became of a cart at a moment: left and recovered where they hold, else its status.
func (c *Cart) Outcome(now time.Time) string {
	switch {
	case c.Status == CartOpen && c.UpdatedAt < clock.Micros(now.Add(-leftAfter)):
		return CartLeft
	case c.Status == CartOrdered && c.Rested >= leftAfter.Microseconds():
		return CartRecovered
	}
	return c.Status
}

// CartDetail is a cart with how it came to be.
type CartDetail struct {
	Cart
	History []Op
	Orders  []Stored // that it became, newest first
}

// Cart gives one cart. A cart that was ordered shows what it held at that moment.
func (s *Service) Cart(ctx context.Context, customer, shop id.ID, key string) (CartDetail, error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return CartDetail{}, err
	}
	c, closing, found, err := selectCart(ctx, s.DB, customer, storedKey(shop, key))
	if err != nil {
		return CartDetail{}, err
	}
	if !found {
		return CartDetail{}, errs.New(errs.NotFound, "cart.not_found", "There is no such cart. It may have gone to another customer, or be empty since long ago.")
	}
	d := CartDetail{Cart: c}
	d.tell(closing)
	var at []int64
	for _, op := range d.History {
		if op.Kind == OpOrder {
			at = append(at, op.At)
		}
	}
	d.Orders, err = selectPlacedAt(ctx, s.DB, customer, shop, at)
	return d, err
}
