package demo

import (
	"strconv"
	"time"
)

// The calls themselves: names and properties of Segment's e-commerce specification.

func (w *scribe) page(path, title string) {
	w.wait(2, 75)
	if w.k > 0 && w.path != "" {
		w.referrer = "https://" + ShopDomain + w.path
	}
	w.path, w.title = path, title
	w.open(false, "page", title)
	b := text(append(w.buf, `,"properties":{"path":`...), path)
	b = text(append(b, `,"title":`...), title)
	b = append(b, `,"url":"https://`+ShopDomain...)
	b = quoted(b, path)
	w.buf = append(b, `"}`...)
	w.close(false)
}

// identify says who somebody is: the browser when he signs in, the shop when he opens an account.
func (w *scribe) identify(server bool) {
	p := w.p
	w.user = p.UserID
	w.open(server, "identify", "")
	w.traits()
	w.close(server)
}

func (w *scribe) traits() {
	p := w.p
	b := text(append(w.buf, `,"traits":{"email":`...), p.Email)
	b = text(append(b, `,"name":`...), p.Name)
	b = text(append(b, `,"firstName":`...), p.First)
	b = text(append(b, `,"lastName":`...), p.Last)
	for _, t := range [...]struct{ key, value string }{{"phone", p.Phone}, {"gender", p.Gender}, {"birthday", p.Birthday}, {"occupation", p.Occupation}, {"language", p.Language}, {"timezone", p.Zone}} {
		if t.value != "" {
			b = append(append(append(b, `,"`...), t.key...), `":`...)
			b = text(b, t.value)
		}
	}
	b = text(append(b, `,"address":{"city":`...), p.City)
	b = text(append(b, `,"country":`...), p.Country)
	w.buf = append(b, `}}`...)
}

// newsletter is an anonymous visitor who leaves an address.
func (w *scribe) newsletter() {
	w.open(false, "identify", "")
	b := text(append(w.buf, `,"traits":{"email":`...), w.p.Email)
	b = text(append(b, `,"language":`...), w.p.Language)
	w.buf = append(b, '}')
	w.close(false)
	w.open(false, "track", "Newsletter Signed Up")
	w.buf = append(w.buf, `,"properties":{"list":"weekly letter","consent":true}`...)
	w.close(false)
}

func (w *scribe) searched(query string, found int) {
	w.wait(2, 20)
	w.open(false, "track", "Products Searched")
	b := text(append(w.buf, `,"properties":{"query":`...), query)
	b = strconv.AppendInt(append(b, `,"results":`...), int64(found), 10)
	w.buf = append(b, '}')
	w.close(false)
}

func (w *scribe) listed(k int) {
	w.open(false, "track", "Product List Viewed")
	styles := len(w.s.products) / len(kinds)
	b := text(append(w.buf, `,"properties":{"list_id":`...), slug(kinds[k].category))
	b = text(append(b, `,"category":`...), kinds[k].category)
	b = append(b, `,"products":[`...)
	for i := range 3 {
		p := w.s.products[k*styles+(i*3+w.d.n(3))%styles]
		if i > 0 {
			b = append(b, ',')
		}
		b = w.product(b, &Line{Product: p, Variant: &p.Variants[0]})
	}
	w.buf = append(b, `]}`...)
	w.close(false)
}

// line is an event about one product.
func (w *scribe) line(event string, l *Line) {
	w.open(false, "track", event)
	b := w.product(append(w.buf, `,"properties":`...), l)
	if event != "Product Viewed" {
		b = append(b[:len(b)-1], `,"cart_id":"`...)
		b = append(append(b, w.cart...), `"}`...)
	}
	w.buf = b
	w.close(false)
}

// product writes the object that every e-commerce event has for a product.
func (w *scribe) product(b []byte, l *Line) []byte {
	p, v := l.Product, l.Variant
	b = append(append(b, `{"product_id":"`...), p.Key...)
	b = append(append(b, `","sku":"`...), v.SKU...)
	b = text(append(b, `","name":`...), p.Name)
	if v.Name != "" {
		b = text(append(b, `,"variant":`...), v.Name)
	}
	b = text(append(b, `,"category":`...), p.Category)
	b = text(append(b, `,"brand":`...), brand)
	each := l.Price
	if each == 0 {
		each = price(v.Price, w.currency)
	}
	b = amount(append(b, `,"price":`...), each, w.currency)
	if l.Quantity > 0 {
		b = strconv.AppendInt(append(b, `,"quantity":`...), l.Quantity, 10)
	}
	b = append(append(b, `,"currency":"`...), w.currency...)
	b = append(b, `","url":"https://`+ShopDomain...)
	b = quoted(b, p.Path)
	b = append(append(b, `","image_url":"`...), PicturePath...)
	return append(append(b, p.SKU...), `.svg"}`...)
}

func (w *scribe) products(b []byte, lines []Line) []byte {
	b = append(b, `,"products":[`...)
	for i := range lines {
		if i > 0 {
			b = append(b, ',')
		}
		b = w.product(b, &lines[i])
	}
	return append(b, ']')
}

func (w *scribe) cartViewed(o *Order) {
	w.open(false, "track", "Cart Viewed")
	b := append(append(w.buf, `,"properties":{"cart_id":"`...), w.cart...)
	b = append(append(b, `","currency":"`...), w.currency...)
	b = w.products(append(b, '"'), o.Lines)
	w.buf = append(b, '}')
	w.close(false)
}

func (w *scribe) step(event string, step int) {
	w.open(false, "track", event)
	b := append(append(w.buf, `,"properties":{"cart_id":"`...), w.cart...)
	b = append(append(b, `","currency":"`...), w.currency...)
	b = strconv.AppendInt(append(b, `","step":`...), int64(step), 10)
	w.buf = append(b, '}')
	w.close(false)
}

func (w *scribe) checkout(o *Order) {
	w.path, w.title = "/checkout", "Checkout"
	w.open(false, "track", "Checkout Started")
	b := append(append(w.buf, `,"properties":{"cart_id":"`...), w.cart...)
	b = append(b, `","step":1,`...)
	b = w.money(b, o)
	b = w.products(b, o.Lines)
	w.buf = append(b, '}')
	w.close(false)
}

// money writes the amounts of an order without a leading comma. Revenue leaves out tax and shipping, as the specification has it.
func (w *scribe) money(b []byte, o *Order) []byte {
	b = append(append(b, `"currency":"`...), o.Currency...)
	b = amount(append(b, `","subtotal":`...), o.Subtotal, o.Currency)
	b = amount(append(b, `,"revenue":`...), o.Subtotal-o.Discount, o.Currency)
	b = amount(append(b, `,"discount":`...), o.Discount, o.Currency)
	b = amount(append(b, `,"shipping":`...), o.Shipping, o.Currency)
	b = amount(append(b, `,"tax":`...), o.Tax, o.Currency)
	b = amount(append(b, `,"total":`...), o.Total, o.Currency)
	if o.Coupon != "" {
		b = text(append(b, `,"coupon":`...), o.Coupon)
	}
	return b
}

// about begins the properties of what the shop itself says of an order, with the address that tells whose a guest's order is.
func (w *scribe) about(event string, o *Order) {
	w.open(true, "track", event)
	b := text(append(w.buf, `,"properties":{"order_id":`...), o.Number)
	w.buf = text(append(b, `,"email":`...), w.p.Email)
}

func (w *scribe) completed(o *Order) {
	w.about("Order Completed", o)
	b := w.buf
	if w.device != "" {
		b = append(append(append(b, `,"cart_id":"`...), w.cart...), '"')
	}
	b = w.money(append(b, ','), o)
	b = w.products(b, o.Lines)
	w.buf = append(b, '}')
	w.close(true)
	w.tell(toOrder, o, o.Total)
}

func (w *scribe) cancelled(o *Order) {
	w.about("Order Cancelled", o)
	b := append(w.buf, ',')
	b = w.money(b, o)
	w.buf = append(b, '}')
	w.close(true)
	w.tell(afterCancel, o, o.Total)
}

func (w *scribe) refunded(o *Order, partial bool) {
	paid, line := w.s.refund(o, partial)
	w.about("Order Refunded", o)
	b := text(append(w.buf, `,"refund_id":`...), o.Number+"-1")
	b = append(append(b, `,"currency":"`...), o.Currency...)
	b = amount(append(b, `","total":`...), paid, o.Currency)
	b = text(append(b, `,"reason":`...), refundReasons[w.d.n(len(refundReasons))])
	if line != nil {
		b = w.products(b, []Line{*line})
	}
	w.buf = append(b, '}')
	w.close(true)
	w.tell(afterRefund, o, paid)
}

var refundReasons = []string{"arrived broken", "does not fit", "changed their mind", "wrong colour", "came too late", "one piece missing"}

func (w *scribe) tell(kind uint8, o *Order, amount int64) {
	if w.note != nil {
		w.note(Fact{Kind: kind, Order: o.Number, At: time.UnixMilli(w.at).UTC(), Currency: o.Currency, Amount: amount, Person: w.p.Number})
	}
}
