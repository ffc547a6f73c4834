package importer

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"

	"rapport/internal/facts/order"
)

// orderRows makes orders of rows.
type orderRows struct {
	*builder
	hasID, hasLines bool
	seen            map[xxh3.Uint128]uint32 // how often a row without a number occurred so far
	// the order whose rows are being read
	open   *order.Change
	signal int32
	rows   int64
	line   int64
	end    int64
	bad    *rowError // a later row of it cannot be believed
}

func newOrderRows(b *builder) *orderRows {
	o := &orderRows{builder: b, hasID: b.cols.has("order_id"), seen: map[xxh3.Uint128]uint32{}}
	o.hasLines = slices.ContainsFunc([]string{"sku", "product_id", "product_name", "quantity"}, b.cols.has)
	return o
}

func (o *orderRows) add(r *row) error {
	if r.err != nil {
		if err := o.flush(); err != nil {
			return err
		}
		o.refuse(r.err, r.end, r.after)
		return nil
	}
	ext := ""
	if o.hasID {
		ext = key(o.field(r, "order_id"))
		if o.open != nil && o.open.ExternalID == ext && o.hasLines && !r.apart {
			o.more(r)
			return nil
		}
	}
	if err := o.flush(); err != nil {
		return err
	}
	c, signal, bad := o.order(r, ext)
	if bad != nil {
		o.refuse(bad, r.end, r.after)
		return nil
	}
	o.open, o.signal, o.rows, o.line, o.end = c, signal, 1, r.after, r.end
	if !o.hasID || !o.hasLines {
		return o.flush()
	}
	return nil
}

// more adds a neighbouring row of the same order: another line of it.
func (o *orderRows) more(r *row) {
	o.rows++
	o.line, o.end = r.after, r.end
	l, ok, bad := o.orderLine(r, o.open.Order.Currency, -1)
	switch {
	case bad != nil:
		o.bad = bad
	case ok:
		o.open.Order.Lines = append(o.open.Order.Lines, l)
	}
}

func (o *orderRows) flush() error {
	c := o.open
	if c == nil {
		return nil
	}
	o.open = nil
	if o.bad != nil {
		bad := o.bad
		o.bad = nil
		bad.reason += " The whole order " + c.ExternalID + " is left out."
		for range o.rows - 1 {
			o.cur.rows++
		}
		o.refuse(bad, o.end, o.line)
		return nil
	}
	for i := range c.Order.Lines {
		o.sight(&c.Order.Lines[i], c.Order.Currency, c.Order.PlacedAt)
	}
	c.FileHash = c.Hash()
	o.emit(*c, o.signal)
	return o.finish(o.rows, o.line, o.end)
}

// order reads the first row of an order.
func (o *orderRows) order(r *row, ext string) (*order.Change, int32, *rowError) {
	at, bad := o.at(r, "date")
	if bad != nil {
		return nil, 0, bad
	}
	if at == 0 {
		return nil, 0, refuse(r.line, o.column("date"), "", "The order has no date.")
	}
	if len(ext) > maxKey {
		return nil, 0, refuse(r.line, o.column("order_id"), ext, "The order number is longer than %d characters.", maxKey)
	}
	if o.hasID && ext == "" {
		return nil, 0, refuse(r.line, o.column("order_id"), "", "The order has no number.")
	}
	speaks, bad := o.speaksAt(r)
	if bad != nil {
		return nil, 0, bad
	}
	code, bad := o.currencyOf(r)
	if bad != nil {
		return nil, 0, bad
	}
	d := &order.Order{ShopID: o.im.ShopID, SourceID: o.im.SourceID, PlacedAt: at, ContentAt: speaks, Currency: code, Confirmed: true,
		Coupon: cutText(o.field(r, "coupon"), maxKey)}
	if bad := o.sums(r, d); bad != nil {
		return nil, 0, bad
	}
	c := &order.Change{ShopID: o.im.ShopID, Order: d}
	if bad := o.fate(r, c); bad != nil {
		return nil, 0, bad
	}
	signal, bad := o.buyer(r, at)
	if bad != nil {
		return nil, 0, bad
	}
	if signal >= 0 {
		d.UserID, d.Email = o.cur.signals[signal].UserID, cutText(o.cur.signals[signal].Email, maxKey)
	}
	if ext == "" {
		ext = o.natural(r, at)
	}
	c.ExternalID, d.ExternalID = ext, ext
	return c, signal, nil
}

// natural names an order that has no number by what its row says and the how-many-eth such row of the file it is.
func (o *orderRows) natural(r *row, at int64) string {
	k := rowKey(r.cells, at)
	o.seen[k]++
	var raw [16]byte
	binary.BigEndian.PutUint64(raw[:8], k.Hi)
	binary.BigEndian.PutUint64(raw[8:], k.Lo)
	ext := "row:" + base64.RawURLEncoding.EncodeToString(raw[:15])
	if n := o.seen[k]; n > 1 {
		ext += "." + strconv.FormatUint(uint64(n), 10)
	}
	return ext
}

// sums reads what the order comes to, and its first line.
func (o *orderRows) sums(r *row, d *order.Order) *rowError {
	total, hasTotal, bad := o.amount(r, "total", d.Currency)
	if bad != nil {
		return bad
	}
	for _, f := range [...]struct {
		name string
		to   *int64
	}{{"discount", &d.Discount}, {"tax", &d.Tax}, {"shipping", &d.Shipping}} {
		if *f.to, _, bad = o.amount(r, f.name, d.Currency); bad != nil {
			return bad
		}
		if *f.to < 0 {
			*f.to = -*f.to // discounts are often written as what they take away
		}
	}
	if total < 0 {
		return refuse(r.line, o.column("total"), o.field(r, "total"), "An order cannot have a negative total; what was given back belongs into a column of refunds, or use order_lines.")
	}
	if o.hasLines {
		whole := int64(-1)
		if hasTotal && !o.cols.has("price") {
			whole = total
		}
		l, ok, bad := o.orderLine(r, d.Currency, whole)
		if bad != nil {
			return bad
		}
		if ok {
			d.Lines, d.HasLines = append(make([]order.Line, 0, 1), l), true
		}
	}
	switch {
	case hasTotal:
		d.Total = total
	case d.HasLines:
		d.Total = max(0, d.Lines[0].Total+d.Tax+d.Shipping-d.Discount)
	default:
		return refuse(r.line, o.column("total"), "", "The order has no total.")
	}
	return nil
}

// orderLine reads the line that a row of an order holds. whole is what the line comes to where its price is not told; -1 unknown.
func (o *orderRows) orderLine(r *row, code string, whole int64) (order.Line, bool, *rowError) {
	l := order.Line{SKU: cutText(key(o.field(r, "sku")), maxKey), ProductKey: cutText(key(o.field(r, "product_id")), maxKey),
		Name: cutText(o.field(r, "product_name"), 1000), Quantity: 1000}
	n, has, bad := o.quantity(r)
	if bad != nil {
		return l, false, bad
	}
	if !has && l.SKU == "" && l.ProductKey == "" && l.Name == "" {
		return l, false, nil
	}
	if has {
		l.Quantity = n
	}
	if l.Quantity < 0 {
		return l, false, refuse(r.line, o.column("quantity"), o.field(r, "quantity"), "An order cannot hold a negative quantity; import the file as order_lines.")
	}
	price, hasPrice, bad := o.amount(r, "price", code)
	if bad != nil {
		return l, false, bad
	}
	if l.Discount, _, bad = o.amount(r, "line_discount", code); bad != nil {
		return l, false, bad
	}
	switch {
	case hasPrice && price >= 0:
		l.Price = price
		l.Total = max(0, multiply(price, l.Quantity, 1000)-l.Discount)
	case whole >= 0 && l.Quantity > 0:
		l.Total, l.Price = whole, multiply(whole, 1000, l.Quantity)
	}
	return l, true, nil
}

// fate reads cancellation, refunds and whether the order is only a test.
func (o *orderRows) fate(r *row, c *order.Change) *rowError {
	d := c.Order
	cancelled := false
	if s := o.field(r, "cancelled_at"); s != "" {
		if yes, isBool := truth(s); isBool {
			cancelled = yes
		} else if t, bad := o.at(r, "cancelled_at"); bad != nil {
			return bad
		} else {
			d.CancelledAt = t
		}
	}
	all := false
	switch strings.ToLower(o.field(r, "status")) {
	case "cancelled", "canceled", "voided", "void", "failed", "trash", "checkout-draft", "wc-cancelled", "wc-failed", "storniert":
		cancelled = true
	case "refunded", "wc-refunded", "closed refunded", "returned":
		all = true
	}
	if cancelled && d.CancelledAt == 0 {
		d.CancelledAt = d.PlacedAt // when it was called off the file does not say
	}
	if s := o.field(r, "test"); s != "" {
		d.Test, _ = truth(s)
	}
	amount, has, bad := o.amount(r, "refunded", d.Currency)
	if bad != nil {
		return bad
	}
	if amount < 0 {
		amount = -amount
	}
	if amount == 0 && (has || !all) {
		return nil
	}
	at, bad := o.at(r, "refunded_at")
	if bad != nil {
		return bad
	}
	if at == 0 {
		if at, bad = o.at(r, "updated_at"); bad != nil {
			return bad
		}
	}
	if at == 0 {
		at = d.PlacedAt
	}
	c.Refunds = []order.Refund{{Key: "file", At: at, Amount: amount, Whole: amount == 0, Confirmed: true}}
	return nil
}

func cutText(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	return strings.ToValidUTF8(s, "")
}
