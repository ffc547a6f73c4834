package order

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/platform/sqldb"
)

// Said is what a program or a person says about an order. What is absent is not spoken of.
type Said struct {
	Status      string         `json:"status,omitempty" enum:"placed,cancelled" doc:"placed takes a cancellation back"`
	PlacedAt    *time.Time     `json:"placed_at,omitempty"`
	CancelledAt *time.Time     `json:"cancelled_at,omitempty" doc:"With the status cancelled; now where absent"`
	UpdatedAt   *time.Time     `json:"updated_at,omitempty" doc:"As of when this is so. What is said as of a later time wins, whatever arrives last. Absent: now, over everything known so far"`
	Currency    string         `json:"currency,omitempty" maxLength:"3" doc:"ISO 4217; where absent that of the amounts"`
	Customer    *Buyer         `json:"customer,omitempty"`
	Lines       []LineDraft    `json:"lines,omitempty" nullable:"false" doc:"All lines; where absent, those known stay"`
	Discount    *money.Wire    `json:"discount,omitempty" doc:"On the whole order"`
	Tax         *money.Wire    `json:"tax,omitempty"`
	Shipping    *money.Wire    `json:"shipping,omitempty"`
	Total       *money.Wire    `json:"total,omitempty" doc:"After discounts, with tax and shipping; worked out from the rest where absent"`
	TaxIncluded *bool          `json:"tax_included,omitempty" doc:"True: prices hold the tax already, which is then not added to the total"`
	Coupon      *string        `json:"coupon,omitempty" maxLength:"255"`
	Test        *bool          `json:"test,omitempty" doc:"A test order counts nowhere"`
	Attributes  map[string]any `json:"attributes,omitempty" nullable:"false"`
	Note        string         `json:"note,omitempty" maxLength:"4000" doc:"Kept in the history of the order"`
}

// Draft is an order as a program or a person writes it.
type Draft struct {
	ShopID     id.ID  `json:"shop_id,omitempty" doc:"The key's shop, else the default shop, where absent"`
	ExternalID string `json:"external_id,omitempty" maxLength:"255" example:"A-1001" doc:"The shop's number of the order; made up where absent"`
	Said
	Refunds []RefundDraft `json:"refunds,omitempty" nullable:"false" maxItems:"200"`
}

// Patch changes parts of an order.
type Patch struct {
	Version string `json:"version,omitempty" maxLength:"40" doc:"As read with the order; refused with order.edited where the order is another one by now"`
	Said
}

// Buyer names who bought: by his id here, else by the shop's id of him, e-mail or phone.
type Buyer struct {
	ID         id.ID  `json:"id,omitempty"`
	ExternalID string `json:"external_id,omitempty" maxLength:"255"`
	Email      string `json:"email,omitempty" maxLength:"255"`
	Phone      string `json:"phone,omitempty" maxLength:"100"`
	Name       string `json:"name,omitempty" maxLength:"300"`
}

// LineDraft is one line of an order.
type LineDraft struct {
	ProductID         id.ID       `json:"product_id,omitempty" doc:"The id here"`
	ProductExternalID string      `json:"product_external_id,omitempty" maxLength:"255" doc:"The shop's id of the product or variant"`
	SKU               string      `json:"sku,omitempty" maxLength:"255"`
	Name              string      `json:"name,omitempty" maxLength:"1000"`
	Quantity          *float64    `json:"quantity,omitempty" doc:"1 where absent; at most three decimals"`
	Price             *money.Wire `json:"price,omitempty" doc:"Of one"`
	Discount          *money.Wire `json:"discount,omitempty" doc:"On the line"`
	Total             *money.Wire `json:"total,omitempty" doc:"Price times quantity less the discount where absent"`
}

// RefundDraft is money given back, for lines that came back or without any.
type RefundDraft struct {
	ExternalID string       `json:"external_id,omitempty" maxLength:"255" doc:"The shop's id of the refund; the same id is one refund however often it is sent"`
	At         *time.Time   `json:"at,omitempty" doc:"Now where absent"`
	Amount     *money.Wire  `json:"amount,omitempty" doc:"Where absent what the lines come to; without lines everything that is left"`
	Reason     string       `json:"reason,omitempty" maxLength:"1000"`
	Lines      []ReturnLine `json:"lines,omitempty" nullable:"false" maxItems:"1000" doc:"What came back"`
	Version    string       `json:"version,omitempty" maxLength:"40" doc:"As read with the order; refused with order.edited where the order is another one by now"`
}

// ReturnLine is what came back of one line of an order.
type ReturnLine struct {
	Line     int         `json:"line" minimum:"1" maximum:"1000" doc:"Place of the line in the order, from 1"`
	Quantity *float64    `json:"quantity,omitempty" doc:"All that is left of the line where absent"`
	Amount   *money.Wire `json:"amount,omitempty" doc:"The line's total by quantity where absent"`
}

// wrong collects what cannot be believed, with its place.
type wrong struct{ fields []errs.Field }

func (w *wrong) add(path, code, format string, args ...any) {
	w.fields = append(w.fields, errs.Field{Path: path, Code: code, Message: fmt.Sprintf(format, args...)})
}

func (w *wrong) err() error {
	if len(w.fields) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "order.invalid", "The order cannot be written like this; errors says where.").With(w.fields...)
}

// amount reads money that must be of the order's currency and not negative; 0 where absent.
func (w *wrong) amount(path string, m *money.Wire, currency string) int64 {
	if m == nil {
		return 0
	}
	v, err := m.Money()
	switch {
	case !money.ValidCurrency(m.Currency):
		w.add(path+".currency", "currency", "This is no currency code; write one like EUR.")
	case err != nil:
		w.add(path, "amount", "This is no amount; write one like 12.34.")
	case v.Minor < 0:
		w.add(path, "negative", "An amount here cannot be negative.")
	case v.Minor > maxAmount:
		w.add(path, "range", "This is more than an order can be worth.")
	case currency != "" && m.Currency != currency:
		w.add(path, "mixed", "The order is in %s; amounts of other currencies cannot be added.", currency)
	default:
		return v.Minor
	}
	return 0
}

// quantity reads pieces into thousandths.
func (w *wrong) quantity(path string, q *float64, absent int64) int64 {
	if q == nil {
		return absent
	}
	n := math.Round(*q * 1000)
	if !(n > 0 && n <= maxQuantity) { // also what is no number
		w.add(path, "range", "The quantity must be more than 0 and at most a million.")
		return 0
	}
	return int64(n)
}

func (w *wrong) text(path, s string, most int) string {
	s = strings.TrimSpace(sqldb.Clean(s))
	if len(s) > most {
		w.add(path, "too_long", "At most %d bytes.", most)
		return ""
	}
	return s
}

func (w *wrong) instant(path string, t *time.Time, absent int64) int64 {
	if t == nil {
		return absent
	}
	if t.Year() < 1900 || t.Year() > 2200 {
		w.add(path, "range", "The year must lie between 1900 and 2200.")
		return absent
	}
	return clock.Micros(*t)
}

// currencyOf finds the currency that is spoken of, "" where none is.
func (d *Said) currencyOf() string {
	if d.Currency != "" {
		return d.Currency
	}
	for _, m := range []*money.Wire{d.Total, d.Shipping, d.Tax, d.Discount} {
		if m != nil && m.Currency != "" {
			return m.Currency
		}
	}
	for i := range d.Lines {
		for _, m := range []*money.Wire{d.Lines[i].Price, d.Lines[i].Total, d.Lines[i].Discount} {
			if m != nil && m.Currency != "" {
				return m.Currency
			}
		}
	}
	return ""
}

// speaksOfContent tells whether more is said than a status or a note.
func (d *Said) speaksOfContent() bool {
	return d.PlacedAt != nil || d.Currency != "" || d.Customer != nil || d.Lines != nil || d.Discount != nil || d.Tax != nil || d.Shipping != nil ||
		d.Total != nil || d.TaxIncluded != nil || d.Coupon != nil || d.Test != nil || d.Attributes != nil
}

func (w *wrong) lines(list []LineDraft, currency string) []Line {
	if len(list) > maxLines {
		w.add("lines", "too_many", "An order has at most %d lines.", maxLines)
		return nil
	}
	out := make([]Line, len(list))
	for i := range list {
		d, l := &list[i], &out[i]
		at := fmt.Sprintf("lines[%d].", i)
		l.ProductID, l.ProductKey, l.SKU = d.ProductID, w.text(at+"product_external_id", d.ProductExternalID, maxKeyLength), w.text(at+"sku", d.SKU, maxKeyLength)
		l.Name = w.text(at+"name", d.Name, 4000)
		if l.ProductID == 0 && l.ProductKey == "" && l.SKU == "" && l.Name == "" {
			w.add(at+"name", "required", "Say what was bought: a product, its SKU or a name.")
		}
		l.Quantity = w.quantity(at+"quantity", d.Quantity, 1000)
		l.Price, l.Discount = w.amount(at+"price", d.Price, currency), w.amount(at+"discount", d.Discount, currency)
		switch {
		case d.Total != nil:
			l.Total = w.amount(at+"total", d.Total, currency)
			if d.Price == nil && l.Quantity > 0 {
				l.Price = mulDiv(l.Total+l.Discount, 1000, l.Quantity)
			}
		case d.Price == nil:
			w.add(at+"price", "required", "Give the price of one, or the total of the line.")
		default:
			whole := mulDiv(l.Price, l.Quantity, 1000)
			if l.Discount > whole {
				w.add(at+"discount", "range", "The discount is more than the line comes to.")
			}
			l.Total = max(0, whole-l.Discount)
		}
		if l.Total > maxAmount {
			w.add(at+"total", "range", "This is more than an order can be worth.")
			l.Total = 0
		}
	}
	return out
}

// parts is what an order comes to by its parts.
func parts(lines []Line, o *Order, taxIncluded bool) int64 {
	sum := o.Shipping - o.Discount
	if !taxIncluded {
		sum += o.Tax
	}
	for i := range lines {
		if sum > maxAmount {
			break
		}
		sum += lines[i].Total
	}
	return sum
}

// content makes the whole content of what is said; kept is what it is laid over (a patch), nil where it stands for itself.
func (d *Said) content(w *wrong, kept *state, currency string, at int64) *Order {
	o := &Order{Currency: d.currencyOf(), PlacedAt: at, PlacedGuess: true, Confirmed: true, ContentAt: at}
	known := kept != nil && kept.hasContent
	var lines []Line
	if known {
		*o = kept.order
		o.ContentAt, o.Confirmed, o.PlacedGuess, o.HasLines, o.Lines = at, true, true, false, nil
		o.CustomerID, o.AnonymousID, o.UserID, o.Email = 0, "", "", ""
		if c := d.currencyOf(); c != "" {
			o.Currency = c
		}
		lines = kept.order.Lines
	}
	if o.Currency == "" {
		o.Currency = currency
	}
	if !money.ValidCurrency(o.Currency) {
		w.add("currency", "currency", "This is no currency code; write one like EUR.")
		return o
	}
	if known && o.Currency != kept.order.Currency && (d.Lines == nil && len(lines) > 0 || d.Total == nil && d.Lines == nil) {
		w.add("currency", "mixed", "The order is in %s; give all amounts anew to write it in another currency.", kept.order.Currency)
	}
	if d.PlacedAt != nil {
		o.PlacedAt, o.PlacedGuess = w.instant("placed_at", d.PlacedAt, at), false
	}
	included := known && kept.order.Tax != 0 && kept.order.Total == parts(lines, &kept.order, true)
	before := int64(0)
	if known {
		before = parts(lines, &kept.order, included)
	}
	if d.Lines != nil {
		o.Lines, o.HasLines = w.lines(d.Lines, o.Currency), true
		lines = o.Lines
	}
	for _, f := range [...]struct {
		path string
		m    *money.Wire
		to   *int64
	}{{"discount", d.Discount, &o.Discount}, {"tax", d.Tax, &o.Tax}, {"shipping", d.Shipping, &o.Shipping}} {
		if f.m != nil {
			*f.to = w.amount(f.path, f.m, o.Currency)
		}
	}
	if d.TaxIncluded != nil {
		included = *d.TaxIncluded
	}
	after := parts(lines, o, included)
	switch {
	case d.Total != nil:
		o.Total = w.amount("total", d.Total, o.Currency)
	case known && d.TaxIncluded == nil && o.Currency == kept.order.Currency:
		o.Total = kept.order.Total + after - before // also where nobody knows all parts
	case d.Lines == nil && len(lines) == 0:
		w.add("total", "required", "Give the lines of the order or its total.")
	default:
		o.Total = after
	}
	if o.Total < 0 {
		w.add("discount", "range", "The discount is more than the order comes to.")
	}
	if o.Total > maxAmount {
		w.add("total", "range", "This is more than an order can be worth.")
	}
	if d.Coupon != nil {
		o.Coupon = w.text("coupon", *d.Coupon, maxKeyLength)
	}
	if d.Test != nil {
		o.Test = *d.Test
	}
	if d.Attributes != nil {
		o.Attributes = w.attributes(d.Attributes)
	}
	return o
}

// attributes writes a JSON object in a form that every engine can keep.
func (w *wrong) attributes(m map[string]any) []byte {
	b, err := json.Marshal(cleaned(m))
	if err != nil || len(b) > 32<<10 {
		w.add("attributes", "too_long", "Attributes hold at most 32 KB of JSON.")
		return nil
	}
	return b
}

func cleaned(v any) any {
	switch x := v.(type) {
	case string:
		return sqldb.Clean(x)
	case []any:
		for i := range x {
			x[i] = cleaned(x[i])
		}
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[sqldb.Clean(k)] = cleaned(e)
		}
		return out
	}
	return v
}

// NoProduct says that a line names a product that is not there.
func NoProduct(line int, product id.ID) error {
	return errs.New(errs.Invalid, "order.invalid", "The order cannot be written like this; errors says where.").With(errs.Field{
		Path: fmt.Sprintf("lines[%d].product_id", line), Code: "missing", Message: fmt.Sprintf("There is no product %s.", product)})
}
