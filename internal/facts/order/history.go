package order

import (
	"encoding/json"
	"strconv"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
)

// The ways in which something is said about an order.
const (
	ViaEvent  = "event"
	ViaFile   = "file"
	ViaAPI    = "api"
	ViaPerson = "person"
)

// By is who says something about an order. The zero value is the source of the content, by an event or a file.
type By struct {
	Via      string
	SourceID id.ID
	UserID   id.ID
	Name     string // of the person or the key
}

// The kinds of entries in an order's history.
const (
	EntryCreated = "created"
	EntryChanged = "changed"
	EntryNote    = "note"
)

// Entry is one line of an order's history.
type Entry struct {
	ID     id.ID // 0: told by the order itself
	At     int64
	Kind   string
	By     By
	Source string // name of the source
	Status string // of the order afterwards
	Text   string // of a note
	Diff   []Difference
}

// Difference is one thing that is another one than before: amounts as decimals, instants in RFC 3339, ids and numbers as text.
type Difference struct {
	Field string `json:"field" enum:"status,total,discount,tax,shipping,refunded,currency,placed_at,customer,lines,coupon,test,confirmed,source,attributes"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// origin gives who says a change.
func (c *Change) origin() By {
	by := c.By
	if by.Via == "" {
		by.Via = ViaEvent
		if c.FileHash != "" {
			by.Via = ViaFile
		}
	}
	if by.SourceID == 0 && by.UserID == 0 && c.Order != nil {
		by.SourceID = c.Order.SourceID
	}
	return by
}

// glance is what of an order is compared for its history.
type glance struct {
	status, currency, coupon                           string
	total, discount, tax, shipping, refunded, placedAt int64
	customer, source                                   id.ID
	test, confirmed                                    bool
	lines                                              []Line
	attributes                                         []byte
}

func (s *state) glance() glance {
	o := &s.order
	return glance{status: s.status(), currency: o.Currency, coupon: o.Coupon, total: o.Total, discount: o.Discount, tax: o.Tax, shipping: o.Shipping,
		refunded: s.refunded(), placedAt: o.PlacedAt, customer: s.customer, source: o.SourceID, test: o.Test, confirmed: o.Confirmed,
		lines: o.Lines, attributes: o.Attributes}
}

// differences tells what is another one in b than in a.
func differences(a, b *glance) []Difference {
	var out []Difference
	add := func(field, from, to string) {
		if from != to {
			out = append(out, Difference{field, from, to})
		}
	}
	add("status", a.status, b.status)
	add("currency", a.currency, b.currency)
	for _, m := range [...]struct {
		field    string
		from, to int64
	}{{"total", a.total, b.total}, {"discount", a.discount, b.discount}, {"tax", a.tax, b.tax}, {"shipping", a.shipping, b.shipping}, {"refunded", a.refunded, b.refunded}} {
		if m.from != m.to {
			add(m.field, money.New(m.from, a.currency).Decimal(), money.New(m.to, b.currency).Decimal())
		}
	}
	if a.placedAt != b.placedAt {
		add("placed_at", clock.FromMicros(a.placedAt).Format(time.RFC3339), clock.FromMicros(b.placedAt).Format(time.RFC3339))
	}
	if compareLines(a.lines, b.lines) != 0 {
		out = append(out, Difference{"lines", strconv.Itoa(len(a.lines)), strconv.Itoa(len(b.lines))})
	}
	add("coupon", a.coupon, b.coupon)
	add("customer", a.customer.String(), b.customer.String())
	add("test", strconv.FormatBool(a.test), strconv.FormatBool(b.test))
	add("confirmed", strconv.FormatBool(a.confirmed), strconv.FormatBool(b.confirmed))
	if compareJSON(a.attributes, b.attributes) != 0 {
		out = append(out, Difference{Field: "attributes"})
	}
	if len(out) > 0 {
		add("source", a.source.String(), b.source.String())
	}
	return out
}

// remember notes what a batch makes of an order that is known, and the beginning of one that was written through the API or by hand; of
// others the order itself tells how it began, so that a file of a million orders writes nothing twice.
func (b *batch) remember(w *writes, e *entry) {
	st := e.state
	kind, diff := EntryChanged, []Difference(nil)
	switch {
	case e.by.Via == "":
		return // it only changed hands
	case e.before != nil:
		now := st.glance()
		if diff = differences(e.before, &now); len(diff) == 0 {
			return
		}
	case e.by.Via == ViaEvent || e.by.Via == ViaFile:
		return
	default:
		kind = EntryCreated
	}
	w.insertHistory = append(w.insertHistory, historyRow(ref{st.customer, st.id}, b.svc.IDs.New(), b.now, kind, e.by, st.status(), "", diff))
}

func historyRow(r ref, entry id.ID, at int64, kind string, by By, status, text string, diff []Difference) []any {
	if diff == nil {
		diff = []Difference{}
	}
	changes, _ := json.Marshal(diff) // texts never fail
	return []any{int64(r.customer), int64(r.order), int64(entry), at, kind, by.Via, int64(by.SourceID), int64(by.UserID), by.Name, status, text, string(changes)}
}
