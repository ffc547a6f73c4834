package demo

// Order is a purchase, exact to the cent.
type Order struct {
	Number   string
	Person   int
	N        uint16
	Currency string
	Lines    []Line
	Subtotal int64 // of the lines
	Discount int64
	Shipping int64
	Tax      int64
	Total    int64 // subtotal - discount + shipping + tax
	Coupon   string
}

// Line is one product of an order.
type Line struct {
	Product  *Product
	Variant  *Variant
	Quantity int64
	Price    int64 // of one, in the order's currency
}

// order makes up what somebody buys. It is pure; at is the minute, which decides about Black Friday.
func (s *Shop) order(p *Person, n uint16, at int64) *Order {
	d := roll(s.cfg.Seed, forOrder, uint64(p.Number), uint64(n))
	o := &Order{Person: p.Number, N: n, Currency: p.Currency}
	for range 1 + min(5, d.geometric(.9)) {
		product := s.choose(d, p)
		again := false
		for _, l := range o.Lines {
			again = again || l.Product == product
		}
		if again {
			continue
		}
		v := &product.Variants[d.n(len(product.Variants))]
		q := int64(1)
		switch x := d.float(); {
		case x > .93:
			q = int64(d.between(3, 6))
		case x > .76:
			q = 2
		}
		l := Line{Product: product, Variant: v, Quantity: q, Price: price(v.Price, o.Currency)}
		o.Lines = append(o.Lines, l)
		o.Subtotal += l.Price * q
	}
	friday := blackFriday(moment(at).Year())
	switch days := moment(at).Sub(friday).Hours() / 24; {
	case days >= -1 && days < 4 && d.chance(.7):
		o.Coupon, o.Discount = "BLACK25", o.Subtotal*25/100
	case d.chance(.11):
		o.Coupon, o.Discount = "WELCOME10", o.Subtotal*10/100
	}
	goods := o.Subtotal - o.Discount
	if limit := price(6000, o.Currency); goods < limit {
		o.Shipping = price(490, o.Currency)
	}
	o.Tax = (goods*int64(p.tax*1000+.5) + 500) / 1000
	o.Total = goods + o.Shipping + o.Tax
	return o
}

// choose draws a product, twice out of three from the kinds a person likes.
func (s *Shop) choose(d *dice, p *Person) *Product {
	if d.chance(.66) {
		k := p.taste[d.n(2)]
		styles := len(s.products) / len(kinds)
		best := s.products[k*styles+d.n(styles)]
		if other := s.products[k*styles+d.n(styles)]; other.appeal > best.appeal {
			best = other
		}
		return best
	}
	return s.products[d.weighted(s.appeal)]
}

// refund gives what the shop pays back for an order: all of it, or one line with its share of discount and tax.
func (s *Shop) refund(o *Order, partial bool) (amount int64, line *Line) {
	if !partial || len(o.Lines) < 2 {
		return o.Total, nil
	}
	l := &o.Lines[roll(s.cfg.Seed, forOrder, uint64(o.Person), uint64(o.N)|1<<32).n(len(o.Lines))]
	goods := o.Subtotal - o.Discount + o.Tax
	return goods * (l.Price * l.Quantity) / o.Subtotal, l
}
