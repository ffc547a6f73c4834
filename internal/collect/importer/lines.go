package importer

import (
	"math"
	"math/bits"
	"strconv"

	"rapport/internal/base/money"
	"rapport/internal/facts/order"
)

// lineRows makes orders, refunds and returns of order lines.
type lineRows struct {
	*builder
	left map[string]int32 // rows of each invoice still to come
	open map[string]*invoice
	sold map[string][]*sale // by customer, article and price: pieces that were not returned
}

// invoice is one invoice whose rows are being collected.
type invoice struct {
	ext      string
	at       int64
	speaks   int64
	currency string
	signal   int32
	buyer    row // the row that named the buyer
	named    bool
	lines    []order.Line
	numbers  []int64 // of the rows, for errors
	bad      *rowError
	end      int64
	after    int64
}

type sale struct {
	ext  string
	at   int64
	left int64 // thousandths
}

// newest gives the newest of an article's sales before an instant that has pieces left; nil where there is none.
func newest(sales []*sale, before int64) *sale {
	var best *sale
	for _, s := range sales {
		if s.left > 0 && s.at <= before && (best == nil || s.at > best.at || s.at == best.at && s.ext > best.ext) {
			best = s
		}
	}
	return best
}

func newLineRows(b *builder, left map[string]int32) *lineRows {
	return &lineRows{builder: b, left: left, open: map[string]*invoice{}, sold: map[string][]*sale{}}
}

func (l *lineRows) add(r *row) error {
	if r.err != nil {
		l.refuse(r.err, r.end, r.after)
		return nil
	}
	ext := key(l.field(r, "order_id"))
	if ext == "" || len(ext) > maxKey {
		l.refuse(refuse(r.line, l.column("order_id"), ext, "The row has no invoice number, or one of more than %d characters.", maxKey), r.end, r.after)
		return nil
	}
	v := l.open[ext]
	if v == nil {
		v = &invoice{ext: ext, signal: -1}
		l.open[ext] = v
	}
	v.numbers = append(v.numbers, r.line)
	v.end, v.after = r.end, r.after
	if bad := l.line(v, r); bad != nil && v.bad == nil {
		v.bad = bad
	}
	if l.left[ext]--; l.left[ext] > 0 {
		return nil
	}
	delete(l.open, ext)
	delete(l.left, ext)
	return l.invoice(v)
}

// flush is for invoices that the count of the first reading did not see end; there are none unless the file changed under us.
func (l *lineRows) flush() error {
	for _, v := range l.open {
		if err := l.invoice(v); err != nil {
			return err
		}
	}
	return nil
}

// line reads one row of an invoice.
func (l *lineRows) line(v *invoice, r *row) *rowError {
	at, bad := l.at(r, "date")
	if bad != nil {
		return bad
	}
	if at == 0 {
		return refuse(r.line, l.column("date"), "", "The row has no date.")
	}
	if v.at == 0 || at < v.at {
		v.at = at
	}
	if v.speaks, bad = l.speaksAt(r); bad != nil {
		return bad
	}
	code, bad := l.currencyOf(r)
	if bad != nil {
		return bad
	}
	if v.currency == "" {
		v.currency = code
	} else if v.currency != code {
		return refuse(r.line, l.column("currency"), code, "Another row of the invoice is in %s.", v.currency)
	}
	if !v.named && (l.field(r, "customer_id") != "" || l.field(r, "email") != "" || l.field(r, "phone") != "") {
		v.named = true
		v.buyer = row{line: r.line, cells: append([]string(nil), r.cells...)}
	}
	n, has, bad := l.quantity(r)
	if bad != nil {
		return bad
	}
	if !has {
		return refuse(r.line, l.column("quantity"), "", "The row has no quantity.")
	}
	x := order.Line{SKU: cutText(key(l.field(r, "sku")), maxKey), ProductKey: cutText(key(l.field(r, "product_id")), maxKey),
		Name: cutText(l.field(r, "product_name"), 1000), Quantity: n}
	if x.Discount, _, bad = l.amount(r, "line_discount", code); bad != nil {
		return bad
	}
	if bad := l.price(r, &x, code); bad != nil {
		return bad
	}
	v.lines = append(v.lines, x)
	return nil
}

// price fills in price and total; prices may have more decimals than the currency, so the product is rounded, not the factor.
func (l *lineRows) price(r *row, x *order.Line, code string) *rowError {
	const more = 4
	total, hasTotal, bad := l.amount(r, "total", code)
	if bad != nil {
		return bad
	}
	s := l.field(r, "price")
	if s == "" {
		if !hasTotal {
			return refuse(r.line, l.column("price"), "", "The row has neither price nor total.")
		}
		x.Total = total
		if x.Quantity != 0 {
			x.Price = abs(multiply(total, 1000, x.Quantity))
		}
		return nil
	}
	fine, err := l.money.parse(s, money.Digits(code)+more)
	if err != nil || fine > maxAmount || fine < -maxAmount {
		return refuse(r.line, l.column("price"), s, "It is not an amount of money.")
	}
	if fine < 0 {
		return refuse(r.line, l.column("price"), s, "A price cannot be negative; such rows are corrections of accounts and no sale.")
	}
	x.Price = multiply(fine, 1, 10_000)
	switch {
	case hasTotal:
		x.Total = total
	case x.Quantity > 0:
		x.Total = max(0, multiply(fine, x.Quantity, 1000*10_000)-x.Discount)
	default:
		x.Total = multiply(fine, x.Quantity, 1000*10_000)
	}
	if x.Total > maxAmount || x.Total < -maxAmount {
		return refuse(r.line, l.column("price"), s, "Price times quantity is more than an order can be worth.")
	}
	return nil
}

func abs(n int64) int64 {
	if n < 0 {
		return -n
	}
	return n
}

// multiply gives a*b/c rounded half away from zero; c is positive or negative, not zero. Beyond 63 bits it saturates.
func multiply(a, b, c int64) int64 {
	negative := (a < 0) != (b < 0) != (c < 0)
	hi, lo := bits.Mul64(uint64(abs(a)), uint64(abs(b)))
	d := uint64(abs(c))
	lo, carry := bits.Add64(lo, d/2, 0)
	hi += carry
	if hi >= d {
		lo = math.MaxInt64
	} else if lo, _ = bits.Div64(hi, lo, d); lo > math.MaxInt64 {
		lo = math.MaxInt64
	}
	if negative {
		return -int64(lo)
	}
	return int64(lo)
}

// invoice ends an invoice whose rows are all there.
func (l *lineRows) invoice(v *invoice) error {
	if v.bad != nil {
		return l.refuseInvoice(v, v.bad, "Another row of invoice "+v.ext+" (line "+strconv.FormatInt(v.bad.line, 10)+") was refused, and an order of a part of its rows would be wrong.")
	}
	var sold, back []order.Line
	var total, returned int64
	for i := range v.lines {
		x := &v.lines[i]
		if x.Quantity < 0 {
			x.Quantity, x.Total = -x.Quantity, abs(x.Total)
			returned += x.Total
			back = append(back, *x)
			continue
		}
		total += x.Total
		sold = append(sold, *x)
	}
	if total > maxAmount || returned > maxAmount {
		return l.refuseInvoice(v, nil, "Invoice "+v.ext+" comes to more than an order can be worth.")
	}
	if total == 0 && returned == 0 && (!v.named || len(sold) == 0) {
		return l.refuseInvoice(v, nil, "Invoice "+v.ext+" moves no money and sells nothing to a customer: a correction of stock.")
	}
	if v.named {
		signal, bad := l.buyer(&v.buyer, v.at)
		if bad != nil {
			return l.refuseInvoice(v, bad, "The buyer of invoice "+v.ext+" cannot be believed.")
		}
		v.signal = signal
	}
	if len(sold) > 0 {
		l.order(v, sold, total, back, returned)
	} else {
		l.returns(v, back)
	}
	return l.finish(int64(len(v.numbers)), v.after, v.end)
}

func (l *lineRows) refuseInvoice(v *invoice, bad *rowError, reason string) error {
	for _, n := range v.numbers {
		e := refuse(n, l.column("order_id"), v.ext, "%s", reason)
		if bad != nil && bad.line == n {
			e = bad
		}
		l.refuse(e, v.end, v.after)
	}
	return nil
}

func (l *lineRows) base(v *invoice) *order.Order {
	o := &order.Order{ShopID: l.im.ShopID, SourceID: l.im.SourceID, ExternalID: v.ext, PlacedAt: v.at, ContentAt: v.speaks, Currency: v.currency,
		Confirmed: true}
	if v.signal >= 0 {
		o.UserID, o.Email = l.cur.signals[v.signal].UserID, cutText(l.cur.signals[v.signal].Email, maxKey)
	}
	return o
}

func (l *lineRows) order(v *invoice, sold []order.Line, total int64, back []order.Line, returned int64) {
	o := l.base(v)
	o.Lines, o.HasLines, o.Total = sold, true, total
	c := order.Change{ShopID: l.im.ShopID, ExternalID: v.ext, Order: o}
	if returned > 0 {
		c.Refunds = []order.Refund{{Key: v.ext, At: v.at, Amount: returned, Confirmed: true, Lines: order.RefundLines(back)}}
	}
	c.FileHash = c.Hash()
	for i := range sold {
		x := &sold[i]
		l.sight(x, v.currency, v.at)
		if k, ok := l.article(v, x); ok && x.Quantity > 0 {
			l.sold[k] = append(l.sold[k], &sale{ext: v.ext, at: v.at, left: x.Quantity})
		}
	}
	l.emit(c, v.signal)
}

// article is the key under which a returned piece finds its sale.
func (l *lineRows) article(v *invoice, x *order.Line) (string, bool) {
	name := x.ProductKey + "\x00" + x.SKU
	if v.signal < 0 || name == "\x00" {
		return "", false
	}
	s := &l.cur.signals[v.signal]
	who := s.UserID
	if who == "" {
		who = s.Email + "\x00" + s.Phone
	}
	return who + "\x00" + name + "\x00" + strconv.FormatInt(x.Price, 36), true
}

// returns makes refunds of a credit note.
func (l *lineRows) returns(v *invoice, back []order.Line) {
	type part struct {
		lines  []order.Line
		amount int64
	}
	parts := map[string]*part{}
	var parted []string
	put := func(ext string, x order.Line) {
		p := parts[ext]
		if p == nil {
			p = &part{}
			parts[ext] = p
			parted = append(parted, ext)
		}
		p.lines = append(p.lines, x)
		p.amount += x.Total
	}
	for _, x := range back {
		k, ok := l.article(v, &x)
		for ok && x.Quantity > 0 {
			s := newest(l.sold[k], v.at)
			if s == nil {
				break
			}
			n := min(s.left, x.Quantity)
			y := x
			y.Quantity = n
			if n < x.Quantity {
				y.Total = multiply(x.Total, n, x.Quantity)
			}
			s.left -= n
			x.Quantity, x.Total = x.Quantity-n, x.Total-y.Total
			put(s.ext, y)
		}
		if x.Quantity > 0 {
			put("", x)
		}
	}
	for _, ext := range parted {
		p := parts[ext]
		r := order.Refund{Key: v.ext, At: v.at, Currency: v.currency, Amount: p.amount, Confirmed: true, Lines: order.RefundLines(p.lines)}
		c := order.Change{ShopID: l.im.ShopID, ExternalID: ext, Refunds: []order.Refund{r}}
		if ext == "" {
			o := l.base(v)
			o.Return, o.HasLines = true, true
			c.ExternalID, c.Order = v.ext, o
			c.FileHash = c.Hash()
		}
		l.emit(c, v.signal)
	}
}
