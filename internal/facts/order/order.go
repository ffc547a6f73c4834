// Package order owns what customers bought and were about to buy: orders with their lines and refunds, and carts.
//
// Life cycle of an order:
//
//	         refund or cancellation heard first
//	(none) ───────────────────────────────────► pending ──content──► placed ──cancel──► cancelled
//	   ├──────────────────content──────────────────────────────────► placed
//	   └──────────────────a return whose order is not known────────► return
//
// Everything said about one order (its number within its shop names it) is folded by rules that do not look at the order of
// arrival: the best content wins (confirmed before unconfirmed, then the newest event time), lines and buyer likewise each
// for themselves, refunds are a set keyed by the shop's refund id, the earliest cancellation holds. Saying a thing twice
// changes nothing. Content never revives a cancelled order; only who says so (the API, a person) takes a cancellation back, and the newer of
// the two holds.
//
// Invariants: amounts are minor units of the order's own currency; total is after discounts, with tax and shipping.
// reporting_total is total in the reporting currency at the rate of the day of the order, and refunds use that same rate, so
// that a full refund cancels its order exactly; both are NULL while no rate is known. An order counts in figures when it is placed,
// confirmed and no test. What only a browser claims (unconfirmed) cannot change what a server has said: its refunds and
// cancellations count only while the order itself is unconfirmed. A pending order belongs to nobody (customer 0) and counts nowhere.
//
// A return is goods taken back for money of an order that nobody can name: it holds refunds and no sale, so that its refunds count
// for the customer and in figures while no order does.
//
// Carts are folded from their operations in order of event time; see cart.go.
//
// Announces order.changed, one record a batch: [{"customer_id", "order_id", "new"}]. When an order changes hands, both
// owners are named. Hears rate.changed and setting.changed and converts the orders they concern again, and source.changed, after which what a
// browser said may count.
package order

import (
	"bytes"
	"cmp"
	"encoding/json"
	"hash/fnv"
	"strconv"

	"rapport/internal/base/id"
)

// The states of an order.
const (
	StatusPending   = "pending"   // a refund or cancellation named it; nobody has placed it yet
	StatusPlaced    = "placed"    //
	StatusCancelled = "cancelled" //
	StatusReturn    = "return"    // refunds of an order that cannot be named
)

// TopicChanged is the outbox topic on which changed orders are announced.
const TopicChanged = "order.changed"

// Order is what somebody says an order is: the whole content as of ContentAt.
type Order struct {
	ShopID, SourceID, CustomerID id.ID // CustomerID 0: a buyer of whom nothing is known
	ExternalID                   string
	PlacedAt                     int64 // microseconds UTC, as are all instants
	PlacedGuess                  bool  // PlacedAt is only the time at which the order was spoken of
	Currency                     string
	Total                        int64 // minor units; after discounts, with tax and shipping
	Discount, Tax, Shipping      int64
	Lines                        []Line
	HasLines                     bool // false: lines were not spoken of, those known stay
	Coupon, Email                string
	AnonymousID, UserID          string
	Confirmed                    bool // said by a server, a shop or a file, not only by a browser
	Test                         bool
	Return                       bool   // holds refunds of an unknown order; Total is zero
	CancelledAt                  int64  // 0: not cancelled
	ContentAt                    int64  // event time of this content
	Attributes                   []byte // JSON object or nil
}

// Line is one position of an order.
type Line struct {
	ProductID  id.ID  // 0 unknown
	ProductKey string // the shop's id of the product, for the caller to resolve into ProductID; not stored
	SKU, Name  string
	Quantity   int64 // thousandths
	Price      int64 // of one
	Discount   int64
	Total      int64
}

// Refund is money given back. Key makes it one refund however often it is heard of.
type Refund struct {
	Key       string
	At        int64
	Currency  string // empty: the order's
	Amount    int64
	Whole     bool // everything not refunded otherwise; Amount is then worked out
	Confirmed bool
	Reason    string
	Lines     []byte // JSON array or nil
}

// Cancel says that an order was called off.
type Cancel struct {
	At        int64
	Confirmed bool
}

// Change is one thing heard about one order: its content, a refund or a cancellation.
type Change struct {
	ShopID     id.ID
	ExternalID string
	Order      *Order
	Refunds    []Refund
	Cancel     *Cancel
	// ReinstatedAt says that no cancellation up to then holds; 0: nothing is said. Only a server or a person can.
	ReinstatedAt int64
	By           By
	// FileHash marks a change that comes from a file: when the same hash was the last to be stored for the order, nothing is
	// read or written.
	FileHash string
}

// confirmedRank lifts confirmed evidence above any event time.
const confirmedRank = int64(1) << 60

func rank(at int64, confirmed bool) int64 {
	if confirmed {
		return at + confirmedRank
	}
	return at
}

// state is everything known about one order; fold turns changes into it.
type state struct {
	exists     bool // is stored
	hasContent bool
	id         id.ID
	customer   id.ID
	ownerRank  int64
	linesRank  int64
	placedRank int64
	order      Order // CustomerID, Lines and the raw identifiers are those of the best evidence
	refunds    []Refund
	cancelled  int64 // earliest confirmed
	lastCancel int64 // newest confirmed
	reinstated int64 // newest
	claimed    int64 // earliest unconfirmed
	created    int64
	updated    int64
	fileHash   string
}

// fold adds a change and tells whether the state is another one afterwards. The result of a set of changes does not depend on
// their order.
func (s *state) fold(c Change) bool {
	changed := false
	if o := c.Order; o != nil {
		changed = s.foldContent(o) || changed
		changed = s.foldPlaced(o) || changed
		changed = s.foldOwner(o) || changed
		changed = s.foldLines(o) || changed
		if o.CancelledAt != 0 {
			changed = s.foldCancel(Cancel{At: o.CancelledAt, Confirmed: o.Confirmed}) || changed
		}
	}
	for _, r := range c.Refunds {
		changed = s.foldRefund(r) || changed
	}
	if c.Cancel != nil {
		changed = s.foldCancel(*c.Cancel) || changed
	}
	if c.ReinstatedAt > s.reinstated {
		s.reinstated, changed = c.ReinstatedAt, true
	}
	return changed
}

func (s *state) foldContent(o *Order) bool {
	if s.hasContent {
		old, new := rank(s.order.ContentAt, s.order.Confirmed), rank(o.ContentAt, o.Confirmed)
		if new < old || new == old && compareContent(o, &s.order) <= 0 {
			return false
		}
	}
	kept := s.order
	s.order = *o
	s.order.PlacedAt, s.order.PlacedGuess, s.order.CancelledAt = kept.PlacedAt, false, 0
	s.order.Lines, s.order.HasLines = kept.Lines, kept.HasLines
	s.order.CustomerID, s.order.AnonymousID, s.order.UserID, s.order.Email = kept.CustomerID, kept.AnonymousID, kept.UserID, kept.Email
	s.hasContent = true
	return true
}

// foldPlaced takes the time of the order from the best content that knows it; guesses give way, and of them the earliest holds.
func (s *state) foldPlaced(o *Order) bool {
	r := rank(o.ContentAt, o.Confirmed)
	if o.PlacedGuess {
		r = -o.PlacedAt
	}
	if s.placedRank != 0 && (r < s.placedRank || r == s.placedRank && o.PlacedAt <= s.order.PlacedAt) {
		return false
	}
	s.placedRank, s.order.PlacedAt = r, o.PlacedAt
	return true
}

// foldOwner takes the buyer from the best content that names one; content without a buyer does not take him away.
func (s *state) foldOwner(o *Order) bool {
	if o.CustomerID == 0 && o.AnonymousID == "" && o.UserID == "" && o.Email == "" {
		return false
	}
	r := rank(o.ContentAt, o.Confirmed)
	if r < s.ownerRank || r == s.ownerRank && cmp.Or(cmp.Compare(o.UserID, s.order.UserID),
		cmp.Compare(o.Email, s.order.Email), cmp.Compare(o.AnonymousID, s.order.AnonymousID)) <= 0 {
		return false
	}
	s.ownerRank = r
	s.customer = o.CustomerID
	s.order.CustomerID, s.order.AnonymousID, s.order.UserID, s.order.Email = o.CustomerID, o.AnonymousID, o.UserID, o.Email
	return true
}

func (s *state) foldLines(o *Order) bool {
	if !o.HasLines {
		return false
	}
	r := rank(o.ContentAt, o.Confirmed)
	if r < s.linesRank || r == s.linesRank && compareLines(o.Lines, s.order.Lines) <= 0 {
		return false
	}
	s.linesRank = r
	s.order.Lines, s.order.HasLines = o.Lines, true
	return true // also where the lines are the same ones: the rank must be kept
}

func (s *state) foldCancel(c Cancel) bool {
	at, later := &s.claimed, false
	if c.Confirmed {
		at = &s.cancelled
		if later = s.lastCancel == 0 || c.At > s.lastCancel; later {
			s.lastCancel = c.At
		}
	}
	if *at != 0 && *at <= c.At {
		return later
	}
	*at = c.At
	return true
}

func (s *state) foldRefund(r Refund) bool {
	for i := range s.refunds {
		have := &s.refunds[i]
		if have.Key != r.Key {
			continue
		}
		old, new := rank(have.At, have.Confirmed), rank(r.At, r.Confirmed)
		if new < old || new == old && compareRefund(&r, have) <= 0 {
			return false
		}
		*have = r
		return true
	}
	s.refunds = append(s.refunds, r)
	return true
}

// status is the state of the order after everything heard.
func (s *state) status() string {
	switch {
	case !s.hasContent:
		return StatusPending
	case s.order.Return:
		return StatusReturn
	case s.cancelledAt() != 0:
		return StatusCancelled
	}
	return StatusPlaced
}

// cancelledAt is when the order was called off, 0 where it was not.
func (s *state) cancelledAt() int64 {
	holds := func(at int64) bool { return at != 0 && (s.reinstated == 0 || at > s.reinstated) }
	switch {
	case holds(s.cancelled):
		return s.cancelled
	case holds(s.lastCancel):
		return s.lastCancel
	case holds(s.claimed) && !s.order.Confirmed:
		return s.claimed
	}
	return 0
}

// refundCounts tells whether a refund is believed for this order.
func (s *state) refundCounts(r *Refund) bool { return r.Confirmed || !s.order.Confirmed }

// amounts works out every refund's amount in its currency: a whole refund takes what the others left.
func (s *state) amounts() []int64 {
	out := make([]int64, len(s.refunds))
	left := s.order.Total
	whole := -1
	for i := range s.refunds {
		r := &s.refunds[i]
		if r.Whole {
			if s.refundCounts(r) && (whole < 0 || r.Key < s.refunds[whole].Key) {
				whole = i
			}
			continue
		}
		out[i] = r.Amount
		if s.refundCounts(r) && (r.Currency == "" || r.Currency == s.order.Currency) {
			left -= r.Amount
		}
	}
	if whole >= 0 && left > 0 && s.hasContent {
		out[whole] = left
	}
	return out
}

// refunded is the sum of what was given back in the order's own currency.
func (s *state) refunded() int64 {
	var sum int64
	for i, a := range s.amounts() {
		r := &s.refunds[i]
		if s.refundCounts(r) && (r.Currency == "" || r.Currency == s.order.Currency) {
			sum += a
		}
	}
	return sum
}

// compareContent breaks the tie of two contents of one moment, so that the winner does not depend on arrival.
func compareContent(a, b *Order) int {
	return cmp.Or(cmp.Compare(a.Total, b.Total), cmp.Compare(a.Currency, b.Currency),
		cmp.Compare(a.Discount, b.Discount), cmp.Compare(a.Tax, b.Tax), cmp.Compare(a.Shipping, b.Shipping),
		cmp.Compare(a.Coupon, b.Coupon), cmp.Compare(asInt(a.Test), asInt(b.Test)), cmp.Compare(asInt(a.Return), asInt(b.Return)), cmp.Compare(a.SourceID, b.SourceID),
		compareJSON(a.Attributes, b.Attributes))
}

func compareLines(a, b []Line) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	for i := range a {
		x, y := &a[i], &b[i]
		if c := cmp.Or(cmp.Compare(x.SKU, y.SKU), cmp.Compare(x.Name, y.Name), cmp.Compare(x.Quantity, y.Quantity),
			cmp.Compare(x.Price, y.Price), cmp.Compare(x.Discount, y.Discount), cmp.Compare(x.Total, y.Total),
			cmp.Compare(x.ProductID, y.ProductID)); c != 0 {
			return c
		}
	}
	return 0
}

func compareRefund(a, b *Refund) int {
	return cmp.Or(cmp.Compare(asInt(a.Whole), asInt(b.Whole)), cmp.Compare(a.Amount, b.Amount),
		cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Reason, b.Reason), compareJSON(a.Lines, b.Lines))
}

// compareJSON compares without regard to blanks and the order of keys, which PostgreSQL changes.
func compareJSON(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	return bytes.Compare(canonical(a), canonical(b))
}

func canonical(b []byte) []byte {
	var v any
	if len(b) == 0 || json.Unmarshal(b, &v) != nil {
		return b
	}
	switch x := v.(type) { // what is stored for nothing
	case map[string]any:
		if len(x) == 0 {
			return nil
		}
	case []any:
		if len(x) == 0 {
			return nil
		}
	}
	out, err := json.Marshal(v)
	if err != nil {
		return b
	}
	return out
}

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Hash gives the fingerprint of a change as a file states it; FileHash holds it. The customer's id is left out, since a
// merge must not make every row of the file look new; so are ids of products.
func (c *Change) Hash() string {
	h := fnv.New128a()
	buf := make([]byte, 0, 256)
	str := func(s string) { buf = append(append(buf, s...), 0) }
	num := func(n int64) { buf = append(strconv.AppendInt(buf, n, 36), 0) }
	if o := c.Order; o != nil {
		num(o.PlacedAt)
		str(o.Currency)
		num(o.Total)
		num(o.Discount)
		num(o.Tax)
		num(o.Shipping)
		str(o.Coupon)
		str(o.Email)
		str(o.UserID)
		str(o.AnonymousID)
		num(int64(asInt(o.Test) + 2*asInt(o.Return)))
		num(o.CancelledAt)
		buf = append(buf, o.Attributes...)
		for i := range o.Lines {
			l := &o.Lines[i]
			str(l.ProductKey)
			str(l.SKU)
			str(l.Name)
			num(l.Quantity)
			num(l.Price)
			num(l.Discount)
			num(l.Total)
		}
	}
	for i := range c.Refunds {
		r := &c.Refunds[i]
		str(r.Key)
		num(r.At)
		str(r.Currency)
		num(r.Amount)
		num(int64(asInt(r.Whole)))
		str(r.Reason)
		buf = append(buf, r.Lines...)
	}
	if c.Cancel != nil {
		num(c.Cancel.At)
	}
	_, _ = h.Write(buf)
	sum := h.Sum(buf[:0])
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	out := make([]byte, 0, 16)
	for i := 0; i+2 < 12+1 && len(out) < 16; i += 3 { // 96 of the 128 bits
		n := uint32(sum[i])<<16 | uint32(sum[i+1])<<8 | uint32(sum[i+2])
		out = append(out, digits[n>>18&63], digits[n>>12&63], digits[n>>6&63], digits[n&63])
	}
	return string(out)
}

// SetProducts fills the product ids of the lines from their keys.
func (c *Change) SetProducts(resolve func(shop id.ID, key, sku string) id.ID) {
	if c.Order == nil {
		return
	}
	for i := range c.Order.Lines {
		l := &c.Order.Lines[i]
		if l.ProductKey != "" || l.SKU != "" {
			l.ProductID = resolve(c.ShopID, l.ProductKey, l.SKU)
		}
	}
}
