package order

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/tidwall/gjson"
	"golang.org/x/text/currency"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
)

// Bounds of what is believed of an event. Beyond them a figure is a mistake of the sender, and one such order would spoil every
// report.
const (
	maxQuantity  = 1_000_000_000  // thousandths: a million pieces
	maxAmount    = int64(1) << 53 // minor units of one order: ninety trillion of a currency with cents
	maxLines     = 1000           //
	maxKeyLength = 255            // characters of an order, product or cart id
	stepStarted  = 1              // Checkout Started
	thousandths  = 3              // decimal places of quantities
	wholeCart    = ""             // cart key of orders that name no cart
	cartOfDevice = "device:"      //
	cartOfUser   = "user:"        //
)

// Event is one track call, as far as orders and carts are concerned. Properties must be valid JSON.
type Event struct {
	ShopID, SourceID, CustomerID   id.ID
	Name                           string
	At                             int64
	MessageID, AnonymousID, UserID string
	Email                          string
	Currency                       string // of the shop, where the event names none
	Confirmed                      bool   // from a server, or from a browser whose orders the shop trusts
	Properties                     []byte
}

// Parsed is what an event says about orders and carts.
type Parsed struct {
	Changes []Change
	Carts   []CartOp
}

// SetCustomer fills in the owner, once he is known.
func (p *Parsed) SetCustomer(c id.ID) {
	for i := range p.Changes {
		if p.Changes[i].Order != nil {
			p.Changes[i].Order.CustomerID = c
		}
	}
	for i := range p.Carts {
		p.Carts[i].CustomerID = c
	}
}

// events maps the names of Segment's e-commerce specification, version 2 and the older ones, to what they mean here.
var events = map[string]func(*reader) (Parsed, error){
	"order completed":         (*reader).placed,
	"completed order":         (*reader).placed,
	"order updated":           (*reader).updated,
	"updated order":           (*reader).updated,
	"order refunded":          (*reader).refunded,
	"refunded order":          (*reader).refunded,
	"order cancelled":         (*reader).cancelled,
	"order canceled":          (*reader).cancelled,
	"cancelled order":         (*reader).cancelled,
	"product added":           (*reader).added,
	"added product":           (*reader).added,
	"product removed":         (*reader).removed,
	"removed product":         (*reader).removed,
	"cart viewed":             (*reader).viewed,
	"viewed cart":             (*reader).viewed,
	"checkout started":        (*reader).started,
	"started order":           (*reader).started,
	"checkout step viewed":    (*reader).step,
	"viewed checkout step":    (*reader).step,
	"checkout step completed": (*reader).step,
	"completed checkout step": (*reader).step,
	"payment info entered":    (*reader).step,
}

// Concerns tells whether an event of this name says anything about orders or carts.
func Concerns(name string) bool {
	_, ok := events[strings.ToLower(strings.TrimSpace(name))]
	return ok
}

// FromEvent reads an e-commerce event. The zero Parsed means that the event is about something else; an error (of kind Invalid)
// that it cannot be believed, with a sentence for the one who sent it.
func FromEvent(e Event) (Parsed, error) {
	read, ok := events[strings.ToLower(strings.TrimSpace(e.Name))]
	if !ok {
		return Parsed{}, nil
	}
	r := &reader{Event: e, props: gjson.ParseBytes(e.Properties)}
	code, err := r.currency()
	if err != nil {
		return Parsed{}, err
	}
	r.code = code
	return read(r)
}

type reader struct {
	Event
	props gjson.Result
	code  string
}

func invalid(path, code, format string, args ...any) error {
	e := errs.New(errs.Invalid, code, format, args...)
	return e.With(errs.Field{Path: "properties." + path, Code: code, Message: e.Message})
}

func (r *reader) currency() (string, error) {
	v := r.props.Get("currency")
	s := strings.ToUpper(strings.TrimSpace(v.String()))
	if !v.Exists() || s == "" || v.Type == gjson.Null {
		return r.Currency, nil
	}
	if v.Type != gjson.String || !ValidCurrency(s) {
		return "", invalid("currency", "order.currency", "properties.currency is %s; it must be an ISO 4217 code such as EUR.", cut(v.Raw))
	}
	return s, nil
}

// ValidCurrency reports whether code is a currency of ISO 4217.
func ValidCurrency(code string) bool {
	if !money.ValidCurrency(code) {
		return false
	}
	_, err := currency.ParseISO(code)
	return err == nil
}

func cut(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:60], "") + "..."
	}
	return s
}

// decimal gives the plain text of a JSON number or of a string that holds one; ok is false where the property is missing or null.
func decimal(v gjson.Result, path string) (text string, ok bool, err error) {
	switch v.Type {
	case gjson.Null:
		return "", false, nil
	case gjson.Number:
		text = v.Raw
	case gjson.String:
		text = strings.TrimSpace(v.Str)
		if text == "" {
			return "", false, nil
		}
	default:
		return "", false, invalid(path, "order.number", "properties.%s is %s; it must be a number.", path, cut(v.Raw))
	}
	if strings.ContainsAny(text, "eE") && len(text) < 30 {
		n, good := new(big.Rat).SetString(text)
		if exp := text[strings.IndexAny(text, "eE")+1:]; !good || len(strings.TrimLeft(exp, "+-0")) > 2 {
			return "", false, invalid(path, "order.number", "properties.%s is %s; it must be a number of reasonable size.", path, cut(text))
		}
		text = n.FloatString(6)
	}
	return text, true, nil
}

// amount reads money at the given path; negative amounts are refused.
func (r *reader) amount(v gjson.Result, path string) (int64, bool, error) {
	text, ok, err := decimal(v, path)
	if err != nil || !ok {
		return 0, false, err
	}
	n, err := money.ParseMinor(text, money.Digits(r.code))
	switch {
	case err == money.ErrRange || n > maxAmount || n < -maxAmount:
		return 0, false, invalid(path, "order.amount_range", "properties.%s is %s; that is more than an order can be worth.", path, cut(text))
	case err != nil:
		return 0, false, invalid(path, "order.number", "properties.%s is %s; it must be a number.", path, cut(text))
	case n < 0:
		return 0, false, invalid(path, "order.amount_negative", "properties.%s is %s; an amount of money cannot be negative here (use Order Refunded).", path, cut(text))
	}
	return n, true, nil
}

func (r *reader) first(names ...string) (gjson.Result, string) {
	for _, n := range names {
		if v := r.props.Get(n); v.Exists() && v.Type != gjson.Null && v.String() != "" {
			return v, n
		}
	}
	return gjson.Result{}, names[0]
}

// key reads an identifier, which senders write as text or as a number.
func key(v gjson.Result, path string) (string, error) {
	switch v.Type {
	case gjson.Null:
		return "", nil
	case gjson.String:
		if len(v.Str) <= maxKeyLength {
			return strings.TrimSpace(v.Str), nil
		}
	case gjson.Number:
		if len(v.Raw) <= maxKeyLength {
			return strings.TrimSuffix(v.Raw, ".0"), nil
		}
	}
	return "", invalid(path, "order.key", "properties.%s is %s; it must be a text of at most %d characters.", path, cut(v.Raw), maxKeyLength)
}

func (r *reader) orderID() (string, error) {
	v, path := r.first("order_id", "orderId", "order_number", "transaction_id")
	k, err := key(v, path)
	if err == nil && k == "" {
		err = invalid("order_id", "order.id_missing", "properties.order_id is missing; without it the order cannot be known again.")
	}
	return k, err
}

// lines reads the products of an order.
func (r *reader) lines() ([]Line, bool, error) {
	list := r.props.Get("products")
	if !list.IsArray() {
		return nil, false, nil
	}
	items := list.Array()
	if len(items) > maxLines {
		return nil, false, invalid("products", "order.lines", "properties.products has %d entries; %d is the most.", len(items), maxLines)
	}
	out := make([]Line, 0, len(items))
	for i, p := range items {
		path := "products[" + itoa(i) + "]"
		c, err := r.product(p, path+".")
		if err != nil {
			return nil, false, err
		}
		l := Line{ProductKey: c.ProductKey, SKU: c.SKU, Name: c.Name, Quantity: c.Quantity, Price: c.Price}
		if l.Discount, _, err = r.amount(p.Get("discount"), path+".discount"); err != nil {
			return nil, false, err
		}
		l.Total = max(0, mulQuantity(l.Price, l.Quantity)-l.Discount)
		if l.Total > maxAmount {
			return nil, false, invalid(path, "order.amount_range", "properties.%s: price times quantity is more than an order can be worth.", path)
		}
		out = append(out, l)
	}
	return out, true, nil
}

// product reads one product of a cart or order; a missing quantity is one.
func (r *reader) product(p gjson.Result, path string) (CartLine, error) {
	var l CartLine
	var err error
	for _, n := range []string{"product_id", "productId", "id"} {
		if l.ProductKey, err = key(p.Get(n), path+n); err != nil || l.ProductKey != "" {
			break
		}
	}
	if err != nil {
		return l, err
	}
	if l.SKU, err = key(p.Get("sku"), path+"sku"); err != nil {
		return l, err
	}
	l.Name = limit(p.Get("name").String(), 1000)
	l.Variant = limit(p.Get("variant").String(), maxKeyLength)
	l.URL, l.ImageURL = limit(p.Get("url").String(), 2000), limit(p.Get("image_url").String(), 2000)
	if l.Price, _, err = r.amount(p.Get("price"), path+"price"); err != nil {
		return l, err
	}
	l.Quantity = 1000
	text, ok, err := decimal(p.Get("quantity"), path+"quantity")
	if err != nil {
		return l, err
	}
	if ok {
		q, err := money.ParseMinor(text, thousandths)
		if err != nil || q < 0 || q > maxQuantity {
			return l, invalid(path+"quantity", "order.quantity", "properties.%squantity is %s; it must lie between 0 and %d.", path, cut(text), maxQuantity/1000)
		}
		l.Quantity = q
	}
	return l, nil
}

func limit(s string, n int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func itoa(i int) string { return id.ID(i).String() }

// content reads a whole order. Its total is properties.total or value; else revenue or subtotal, which by the specification
// leave out tax and shipping; else what the lines come to.
func (r *reader) content() (Change, error) {
	ext, err := r.orderID()
	if err != nil {
		return Change{}, err
	}
	o := &Order{ShopID: r.ShopID, SourceID: r.SourceID, CustomerID: r.CustomerID, ExternalID: ext, PlacedAt: r.At, ContentAt: r.At,
		Currency: r.code, AnonymousID: r.AnonymousID, UserID: r.UserID, Email: r.Email, Confirmed: r.Confirmed}
	if o.Currency == "" {
		return Change{}, invalid("currency", "order.currency", "properties.currency is missing, and the shop has no currency of its own.")
	}
	if o.Lines, o.HasLines, err = r.lines(); err != nil {
		return Change{}, err
	}
	for _, f := range []struct {
		name string
		to   *int64
	}{{"discount", &o.Discount}, {"tax", &o.Tax}, {"shipping", &o.Shipping}} {
		if *f.to, _, err = r.amount(r.props.Get(f.name), f.name); err != nil {
			return Change{}, err
		}
	}
	if o.Total, err = r.total(o); err != nil {
		return Change{}, err
	}
	if o.Total > maxAmount {
		return Change{}, invalid("total", "order.amount_range", "The order comes to more than an order can be worth.")
	}
	o.Coupon = limit(r.props.Get("coupon").String(), maxKeyLength)
	o.Test = r.props.Get("test").Bool()
	if a := limit(r.props.Get("affiliation").String(), maxKeyLength); a != "" {
		o.Attributes, _ = json.Marshal(map[string]string{"affiliation": a})
	}
	return Change{ShopID: r.ShopID, ExternalID: ext, Order: o, By: r.by()}, nil
}

func (r *reader) total(o *Order) (int64, error) {
	for _, name := range []string{"total", "value", "revenue", "subtotal"} {
		n, ok, err := r.amount(r.props.Get(name), name)
		if err != nil {
			return 0, err
		}
		if ok && (name == "revenue" || name == "subtotal") {
			n += o.Shipping + o.Tax
		}
		if ok {
			return n, nil
		}
	}
	if !o.HasLines {
		return 0, invalid("total", "order.total_missing", "properties has none of total, value, revenue, subtotal and products; the order has no amount.")
	}
	sum := o.Shipping + o.Tax - o.Discount
	for i := range o.Lines {
		if sum > maxAmount {
			break
		}
		sum += o.Lines[i].Total
	}
	return max(0, sum), nil
}

func (r *reader) placed() (Parsed, error) {
	c, err := r.content()
	if err != nil {
		return Parsed{}, err
	}
	cart, err := r.cartKey(false)
	if err != nil {
		return Parsed{}, err
	}
	return Parsed{Changes: []Change{c}, Carts: r.op(cart, Op{Kind: OpOrder})}, nil
}

func (r *reader) updated() (Parsed, error) {
	c, err := r.content()
	if err != nil {
		return Parsed{}, err
	}
	c.Order.PlacedGuess = true
	return Parsed{Changes: []Change{c}}, nil
}

func (r *reader) refunded() (Parsed, error) {
	ext, err := r.orderID()
	if err != nil {
		return Parsed{}, err
	}
	f := Refund{At: r.At, Confirmed: r.Confirmed, Reason: limit(r.props.Get("reason").String(), 1000)}
	if f.Key, err = key(r.props.Get("refund_id"), "refund_id"); err != nil {
		return Parsed{}, err
	}
	if f.Key == "" {
		f.Key = "message:" + r.MessageID
	}
	if r.props.Get("currency").Exists() {
		f.Currency = r.code
	}
	lines, _, err := r.lines()
	if err != nil {
		return Parsed{}, err
	}
	found := false
	for _, name := range []string{"total", "value", "revenue", "amount"} {
		n, ok, err := r.amount(r.props.Get(name), name)
		if err != nil {
			return Parsed{}, err
		}
		if ok {
			f.Amount, found = n, true
			break
		}
	}
	if !found && len(lines) > 0 {
		for i := range lines {
			f.Amount += lines[i].Total
		}
		found = true
	}
	f.Whole = !found
	if len(lines) > 0 {
		f.Lines = RefundLines(lines)
	}
	return Parsed{Changes: []Change{{ShopID: r.ShopID, ExternalID: ext, Refunds: []Refund{f}, By: r.by()}}}, nil
}

// RefundLines writes the lines of a refund in their stored form.
func RefundLines(lines []Line) []byte {
	type line struct {
		Product  string `json:"product,omitempty"`
		SKU      string `json:"sku,omitempty"`
		Name     string `json:"name,omitempty"`
		Quantity int64  `json:"quantity"`
		Total    int64  `json:"total"`
	}
	out := make([]line, len(lines))
	for i, l := range lines {
		out[i] = line{l.ProductKey, l.SKU, l.Name, l.Quantity, l.Total}
	}
	b, _ := json.Marshal(out) // plain fields never fail
	return b
}

func (r *reader) cancelled() (Parsed, error) {
	ext, err := r.orderID()
	if err != nil {
		return Parsed{}, err
	}
	return Parsed{Changes: []Change{{ShopID: r.ShopID, ExternalID: ext, Cancel: &Cancel{At: r.At, Confirmed: r.Confirmed}, By: r.by()}}}, nil
}

func (r *reader) by() By { return By{Via: ViaEvent, SourceID: r.SourceID} }
