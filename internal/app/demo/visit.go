package demo

import "strconv"

// write writes one entry of the schedule.
func (w *scribe) write(v visit) {
	s := w.s
	p := s.person(int(v.person))
	at := s.start + int64(v.at)
	switch v.kind {
	case afterRefund, afterCancel:
		w.begin(p, v, "a")
		w.after(v)
	case toOrder:
		w.begin(p, v, "o")
		o := s.order(p, v.n, at)
		w.number++
		o.Number = "R-" + strconv.Itoa(w.number)
		if v.flags&flagLater != 0 {
			w.pending[uint64(v.person)<<16|uint64(v.n)] = placed{o.Number, at}
		}
		w.purchase(v, o)
	default:
		w.begin(p, v, "b")
		w.browse(v)
	}
}

// begin sets up a visit: who, on which device, sent by whom.
func (w *scribe) begin(p *Person, v visit, mark string) {
	w.d = roll(w.s.cfg.Seed, forVisit, uint64(v.person)<<3|uint64(v.kind), uint64(v.n))
	w.p, w.k, w.user = p, 0, ""
	w.prefix = "demo" + strconv.FormatUint(w.s.cfg.Seed, 36) + "-" + strconv.FormatUint(uint64(v.person), 36) + mark + strconv.FormatUint(uint64(v.n), 36) + "-"
	w.at = (w.s.start+int64(v.at))*60_000 + int64(w.d.n(60_000))
	i := w.d.n(2)
	w.device, w.agent = p.devices[i], p.agents[i]
	if p.shared != "" && v.flags&flagLogin != 0 && w.d.chance(.4) {
		w.device, w.agent = p.shared, tablet
	}
	w.campaign = pickCampaign(w.d, moment(w.at/60_000))
	w.referrer = referrers[w.d.n(len(referrers))]
	if w.campaign > 0 {
		w.referrer = campaigns[w.campaign-1].referrer
	}
	w.cart = "cart-" + w.device[:8] + "-" + strconv.Itoa(int(v.n))
	w.currency = p.Currency
}

// wait lets time pass, but never beyond the anchor.
func (w *scribe) wait(lo, hi int) {
	w.at = min(w.at+int64(w.d.between(lo*1000, hi*1000)), max(w.at, w.end))
}

// browse is a visit that does not end with an order.
func (w *scribe) browse(v visit) {
	w.land()
	if v.flags&flagLogin != 0 && w.p.UserID != "" {
		w.wait(4, 40)
		w.identify(false)
	}
	if v.flags&flagFirst != 0 && !w.p.Known {
		w.wait(10, 60)
		w.newsletter()
	}
	product := w.s.choose(w.d, w.p)
	for range min(9, w.d.geometric(1.5)) {
		product = w.look(product)
	}
	if v.kind != toAbandon {
		return
	}
	for range 1 + w.d.geometric(.5) {
		product = w.s.choose(w.d, w.p)
		w.view(product)
		w.wait(8, 90)
		w.line("Product Added", &Line{Product: product, Variant: &product.Variants[w.d.n(len(product.Variants))], Quantity: 1})
	}
	if w.d.chance(.6) {
		w.page("/cart", "Your cart")
		if w.d.chance(.5) {
			w.wait(20, 200)
			w.step("Checkout Started", 1)
		}
	}
}

// purchase is a visit that ends with an order. Of old ones only the shop's own word is left.
func (w *scribe) purchase(v visit, o *Order) {
	old := v.flags&flagOld != 0
	if !old {
		w.land()
		if v.flags&flagLogin != 0 && w.p.UserID != "" {
			w.wait(4, 40)
			w.identify(false)
		}
		if w.d.chance(.4) {
			w.look(w.s.choose(w.d, w.p))
		}
		for i := range o.Lines {
			w.view(o.Lines[i].Product)
			w.wait(8, 120)
			w.line("Product Added", &o.Lines[i])
		}
		if w.d.chance(.15) {
			extra := w.s.choose(w.d, w.p)
			l := Line{Product: extra, Variant: &extra.Variants[0], Quantity: 1}
			w.line("Product Added", &l)
			w.wait(15, 120)
			w.line("Product Removed", &l)
		}
		w.page("/cart", "Your cart")
		w.cartViewed(o)
		w.wait(15, 90)
		w.checkout(o)
	}
	if v.flags&flagFirst != 0 && w.p.UserID != "" {
		if !old {
			w.identify(false)
		}
		w.wait(1, 2)
		w.user = w.p.UserID
		w.identify(true)
	}
	w.wait(30, 240)
	if !old {
		w.step("Payment Info Entered", 3)
		w.wait(3, 30)
	} else {
		w.device = ""
		if w.p.Guest {
			w.device = w.p.devices[0]
		}
	}
	w.user = w.p.UserID
	w.completed(o)
	if !old {
		w.wait(1, 4)
		w.page("/thank-you", "Thank you")
	}
}

// land is the first page of a visit.
func (w *scribe) land() {
	w.search = ""
	if w.campaign > 0 {
		c := &campaigns[w.campaign-1]
		w.search = "?utm_source=" + c.source + "&utm_medium=" + c.medium + "&utm_campaign=" + slug(c.name)
	}
	if w.d.chance(.45) {
		w.page("/", ShopName)
	} else {
		k := &kinds[w.p.taste[0]]
		w.page("/"+slug(k.category), k.category)
	}
	w.search = ""
}

// look goes one step through the shop: a search, a list or a product.
func (w *scribe) look(product *Product) *Product {
	switch x := w.d.float(); {
	case x < .22:
		kind := w.p.taste[w.d.n(2)]
		query := queriesOf(kind, w.p.Language)
		found := len(w.s.products) / len(kinds)
		if w.d.chance(.09) {
			query, found = strays[w.d.n(len(strays))], 0
		}
		w.page("/search", "Search")
		w.searched(query, found)
		if found > 0 {
			product = w.s.products[kind*found+w.d.n(found)]
		}
	case x < .42:
		w.page("/"+slug(product.Category), product.Category)
		w.listed(product.kind)
		product = w.s.choose(w.d, w.p)
	default:
		w.view(product)
		product = w.s.choose(w.d, w.p)
	}
	return product
}

// view opens the page of a product.
func (w *scribe) view(p *Product) {
	w.page(p.Path, p.Name)
	w.line("Product Viewed", &Line{Product: p, Variant: &p.Variants[0], Quantity: 1})
}

// after is what the shop does about an order later on.
func (w *scribe) after(v visit) {
	key := uint64(v.person)<<16 | uint64(v.n)
	was := w.pending[key]
	delete(w.pending, key)
	o := w.s.order(w.p, v.n, was.at)
	o.Number = was.number
	w.user, w.device = w.p.UserID, ""
	if w.user == "" {
		w.device = w.p.devices[0]
	}
	if v.kind == afterCancel {
		w.cancelled(o)
		return
	}
	w.refunded(o, v.flags&flagPartial != 0)
}
