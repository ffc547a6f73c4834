package ingest

import (
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/warehouse"
)

// The fates of a record, in the order of a step's records. They are stored.
const (
	fateErased byte = iota
	fateRefused
	fateDuplicate
	fateApplied
)

// part is what one journal row says, read but not yet applied. events, signals and shopping run alongside.
type part struct {
	seq      int64
	fates    []byte
	events   []warehouse.Event
	signals  []customer.Signal
	shopping []shopping
	refused  []refused
	again    []again
	importID id.ID // of the import that the row's events belong to, 0: none
}

// again is a refused event that was sent again.
type again struct {
	index  int   // of its fate
	origin int64 // the event it was
}

// shopping is what an event says about orders, carts and products.
type shopping struct {
	parsed order.Parsed
	seen   []catalog.Sighting
}

// refused is an event kept for inspection.
type refused struct {
	at        int64
	sourceID  id.ID
	messageID string
	name      string
	code      string
	reason    string
	body      []byte
	eventID   int64
	origin    int64 // the refused event that it was before it was sent again; 0: none
}

// parser reads rows into parts. One serves one goroutine.
type parser struct {
	zone    *time.Location
	rules   *dictionary.Rules
	day     int64 // of the stretch [from, until)
	from    int64
	until   int64
	concern map[string]concern
}

// concern is what the name of a track call promises.
type concern uint8

const (
	aboutOrder concern = 1 << iota
	aboutProduct
	notice // what a server or the browser tells, not what the person does: no part of a visit
)

var notices = map[string]bool{
	"order refunded": true, "order cancelled": true, "order canceled": true, "order updated": true, "refunded order": true, "cancelled order": true,
	"updated order": true, "email delivered": true, "email bounced": true, "email marked as spam": true, "push notification received": true,
	"push notification bounced": true,
	"web vitals":                true, // measured when a page is left, which may be long after its visit ended
}

func (p *parser) concernOf(name string) concern {
	if c, ok := p.concern[name]; ok {
		return c
	}
	if p.concern == nil || len(p.concern) > 10_000 { // the names are the senders'
		p.concern = map[string]concern{}
	}
	var c concern
	lower := strings.ToLower(strings.TrimSpace(name))
	if order.Concerns(name) {
		c |= aboutOrder | aboutProduct
	}
	if strings.Contains(lower, "product") || strings.Contains(lower, "wishlist") {
		c |= aboutProduct
	}
	if notices[lower] {
		c |= notice
	}
	p.concern[name] = c
	return c
}

func (p *parser) dayOf(at int64) int64 {
	if at >= p.from && at < p.until {
		return p.day
	}
	p.day = clock.Day(clock.FromMicros(at), p.zone)
	p.from, p.until = clock.Micros(clock.DayStart(p.day, p.zone)), clock.Micros(clock.DayStart(p.day+1, p.zone))
	return p.day
}

// row reads a row's block.
func (p *parser) row(seq int64, block []byte, events int64) (*part, error) {
	out := &part{seq: seq, fates: make([]byte, 0, events), events: make([]warehouse.Event, 0, events),
		signals: make([]customer.Signal, 0, events), shopping: make([]shopping, 0, events)}
	err := journal.Walk(block, func(index int, h *journal.Header, r *journal.Record) error {
		out.importID = h.ImportID
		switch r.Mark {
		case journal.Refused:
			out.fates = append(out.fates, fateRefused)
			out.refused = append(out.refused, refused{at: h.ReceivedAt, sourceID: h.SourceID, messageID: r.MessageID, name: r.Name,
				code: r.Code, reason: r.Reason, body: r.Text, eventID: warehouse.NewEventID(seq, index)})
		case journal.Taken:
			if h.Flags&journal.Again != 0 {
				out.again = append(out.again, again{len(out.fates), h.OriginID})
			}
			p.event(out, warehouse.NewEventID(seq, index), h, r)
		default:
			out.fates = append(out.fates, fateErased)
		}
		return nil
	})
	return out, err
}

func (p *parser) event(out *part, eventID int64, h *journal.Header, r *journal.Record) {
	e, ok := event.Parse(r.Text, event.Kind(r.Kind))
	if !ok { // the door let it pass once; another version of the program may be stricter
		p.refuse(out, h, &e, eventID, r.Text, "ingest.not_json", "The event cannot be read.")
		return
	}
	if r.MessageID != "" {
		e.MessageID = r.MessageID
	}
	if p.rules != nil && e.Kind == event.Track { // by the time of receipt, so that it comes out the same whenever the row is read
		if _, target := p.rules.Look(e.Name, h.ReceivedAt); target != "" {
			e.Name = target
		}
	}
	d := e.Details(h.Context, h.IP)
	w := warehouse.Event{EventID: eventID, At: e.At(h.SentAt, h.CameAt()), ReceivedAt: h.ReceivedAt, ShopID: h.ShopID, SourceID: h.SourceID,
		Kind: e.Kind.String(), Name: e.Title(&d), Campaign: d.Campaign, MessageID: e.MessageID,
		MessageHash: warehouse.MessageHash(h.SourceID, e.MessageID), AnonymousID: e.AnonymousID, UserID: e.UserID,
		Properties: e.Body(&d), Context: d.Context}
	w.Day = p.dayOf(w.At)
	server := h.Flags&journal.Server != 0
	s := customer.Signal{ShopID: h.ShopID, SourceID: h.SourceID, Server: server, At: w.At, EventID: eventID, MessageHash: w.MessageHash, AnonymousID: e.AnonymousID,
		UserID: e.UserID, Traits: d.Traits, Campaign: d.Campaign}
	var about concern
	switch e.Kind {
	case event.Identify:
		s.Identify, s.Activity = true, !server
	case event.Alias:
		s.Identify, s.PreviousID = true, e.PreviousID
		if s.PreviousID == "" {
			s.PreviousID = e.AnonymousID
		}
	case event.Page, event.Screen:
		s.Activity = true
	case event.Track:
		about = p.concernOf(e.Name)
		s.Activity = about&notice == 0
	}
	var shop shopping
	if about&(aboutOrder|aboutProduct) != 0 {
		var err error
		if shop, err = p.shopping(about, h, &e, &w, &s); err != nil {
			code, reason := "order.invalid", err.Error()
			if x := errs.As(err); x != nil {
				code = x.Code
			}
			p.refuse(out, h, &e, eventID, r.Text, code, reason)
			return
		}
	}
	out.fates = append(out.fates, fateApplied)
	out.events = append(out.events, w)
	out.signals = append(out.signals, s)
	out.shopping = append(out.shopping, shop)
}

func (p *parser) refuse(out *part, h *journal.Header, e *event.Event, eventID int64, text []byte, code, reason string) {
	out.fates = append(out.fates, fateRefused)
	out.refused = append(out.refused, refused{at: h.ReceivedAt, sourceID: h.SourceID, messageID: e.MessageID, name: e.Name, code: code,
		reason: reason, body: text, eventID: eventID, origin: h.OriginID})
}

// shopping reads an e-commerce event. The customer's id and those of the products are filled in later.
func (p *parser) shopping(about concern, h *journal.Header, e *event.Event, w *warehouse.Event, s *customer.Signal) (shopping, error) {
	var out shopping
	props := gjson.ParseBytes(e.Properties)
	if about&aboutOrder != 0 {
		email := props.Get("email").String()
		if email == "" && s.Traits != nil {
			email = gjson.GetBytes(s.Traits, "email").String()
		} else if s.Server {
			s.Email = email
		}
		var err error
		out.parsed, err = order.FromEvent(order.Event{ShopID: h.ShopID, SourceID: h.SourceID, Name: e.Name, At: w.At, MessageID: e.MessageID,
			AnonymousID: e.AnonymousID, UserID: e.UserID, Email: email, Currency: h.Currency,
			Confirmed: s.Server || h.Flags&journal.Trusted != 0, Properties: e.Properties})
		if err != nil {
			return out, err
		}
	}
	currency := strings.ToUpper(props.Get("currency").String())
	if !money.ValidCurrency(currency) {
		currency = h.Currency
	}
	if list := props.Get("products"); list.IsArray() {
		n := 0
		list.ForEach(func(_, v gjson.Result) bool {
			out.see(h.ShopID, w.At, currency, v)
			n++
			return n < maxSightings
		})
	} else {
		out.see(h.ShopID, w.At, currency, props)
	}
	return out, nil
}

const maxSightings = 200 // products of one event

func (s *shopping) see(shop id.ID, at int64, currency string, v gjson.Result) {
	if !v.IsObject() {
		return
	}
	c := catalog.Sighting{ShopID: shop, At: at, Currency: currency}
	v.ForEach(func(k, v gjson.Result) bool {
		text := v.Str
		if v.Type == gjson.Number {
			text = strings.TrimSuffix(v.Raw, ".0")
		}
		switch k.Str {
		case "product_id", "productId":
			c.Key = short(text, 255)
		case "sku":
			c.SKU = short(text, 255)
		case "name":
			c.Name = short(text, 1000)
		case "variant":
			c.Variant = short(text, 255)
		case "url":
			c.URL = short(text, 2000)
		case "image_url", "imageUrl":
			c.ImageURL = short(text, 2000)
		case "category":
			c.Category = short(text, 255)
		case "brand":
			c.Brand = short(text, 255)
		case "price":
			if n, err := money.ParseMinor(text, money.Digits(currency)); err == nil && n >= 0 && n < 1<<53 {
				c.Price = n
			}
		}
		return true
	})
	if c.Key != "" || c.SKU != "" {
		s.seen = append(s.seen, c)
	}
}

func short(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
