package order

import (
	"cmp"
	"slices"
	"strconv"

	"rapport/internal/base/id"
)

// A cart is a fold over its operations in order of event time (ties by message id), so that arrival order never matters.
// Operations are kept with the cart, at most maxOps of them: beyond that the oldest become one snapshot, and what arrives
// even later for the time before it is left out.
//
// An order that names its cart closes that cart. An order that names none closes every cart its buyer had filled before
// it in that shop; such orders are kept as operations of a row of their own (empty cart id), which never shows as a cart and is
// folded into all others.

// The kinds of cart operations.
const (
	OpAdd    = "add"
	OpRemove = "remove"
	OpView   = "view"  // a snapshot of all lines
	OpStep   = "step"  // checkout progress
	OpOrder  = "order" // the cart was bought
)

// The states of a cart.
const (
	CartOpen    = "open"
	CartEmpty   = "empty"
	CartOrdered = "ordered"
	cartNone    = "none" // the row that keeps orders without a cart
)

const maxOps = 200

// CartOp is one operation on a cart, as an event reported it.
type CartOp struct {
	ShopID     id.ID
	CustomerID id.ID
	CartKey    string // the shop's cart id, else "device:<anonymous id>" or "user:<user id>"; empty for an order without a cart
	Op
}

// Op is what is kept of an operation. The short names are its stored form.
type Op struct {
	Kind        string     `json:"k"`
	At          int64      `json:"t"`
	MessageID   string     `json:"m"`
	AnonymousID string     `json:"a,omitempty"` // raw, so that an identity change can move it
	UserID      string     `json:"u,omitempty"`
	Lines       []CartLine `json:"l,omitempty"`
	Step        int64      `json:"s,omitempty"`
	Currency    string     `json:"c,omitempty"`
}

// CartLine is one product in a cart.
type CartLine struct {
	ProductKey string `json:"product,omitempty"` // the shop's id of the product
	SKU        string `json:"sku,omitempty"`
	Variant    string `json:"variant,omitempty"`
	Name       string `json:"name,omitempty"`
	Quantity   int64  `json:"quantity"` // thousandths
	Price      int64  `json:"price"`    // of one, minor units
	URL        string `json:"url,omitempty"`
	ImageURL   string `json:"image_url,omitempty"`
}

func (l *CartLine) key() string { return l.ProductKey + "\x00" + l.SKU + "\x00" + l.Variant }

// Cart is the state of a cart after all its operations.
type Cart struct {
	CustomerID   id.ID
	ShopID       id.ID
	Key          string
	Status       string
	Currency     string
	Value        int64 // minor units
	Items        int64 // whole pieces, rounded up
	Lines        []CartLine
	CheckoutStep int64
	StartedAt    int64
	UpdatedAt    int64
	Rested       int64 // the longest pause of the present filling, or of the one that was ordered, microseconds
	OrderedValue int64 // what it held when it was ordered
	ops          []Op
	dirty        bool // operations came or went since it was read
}

// storedKey is the cart's key within its customer: two shops may use the same cart id.
func storedKey(shop id.ID, key string) string { return strconv.FormatInt(int64(shop), 36) + ":" + key }

// shownKey is the shop's own name of the cart.
func shownKey(stored string) string {
	for i := 0; i < len(stored); i++ {
		if stored[i] == ':' {
			return stored[i+1:]
		}
	}
	return stored
}

func compareOps(a, b Op) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.MessageID, b.MessageID), cmp.Compare(a.Kind, b.Kind))
}

// addOps merges operations into the sorted list, each message once, and tells whether any was new.
func (c *Cart) addOps(ops ...Op) bool {
	added := false
	for _, op := range ops {
		i, found := slices.BinarySearchFunc(c.ops, op, compareOps)
		if found || i == 0 && len(c.ops) > 0 && c.ops[0].MessageID == "" {
			continue // known, or older than the snapshot
		}
		c.ops = slices.Insert(c.ops, i, op)
		added, c.dirty = true, true
	}
	if over := len(c.ops) - maxOps; over > 0 {
		lines, _, _ := foldOps(c.ops[:over+1])
		base := Op{Kind: OpView, At: c.ops[over].At, Lines: lines, Currency: c.ops[over].Currency}
		if len(lines) == 0 {
			base.Kind = OpOrder // nothing left from before
		}
		c.ops = slices.Insert(slices.Clone(c.ops[over+1:]), 0, base)
	}
	return added
}

// fold works out the cart from its operations and the orders of its buyer that named no cart.
func (c *Cart) fold(orders []Op) {
	ops := c.ops
	if len(orders) > 0 {
		ops = slices.Concat(c.ops, orders)
		slices.SortFunc(ops, compareOps)
	}
	var last *Op
	var started int64
	c.Lines, c.CheckoutStep, started = foldOps(ops)
	for i := range ops {
		if isOwn(&ops[i], c) {
			last = &ops[i]
		}
		if ops[i].Currency != "" {
			c.Currency = ops[i].Currency
		}
	}
	c.StartedAt, c.UpdatedAt = started, 0
	if last != nil {
		c.UpdatedAt = last.At
	}
	c.Value, c.Items = worth(c.Lines), pieces(c.Lines)
	c.Status = CartOpen
	if len(c.Lines) == 0 {
		c.Status = CartEmpty
		for i := len(ops) - 1; i >= 0; i-- {
			if ops[i].Kind == OpOrder {
				c.Status = CartOrdered
				c.UpdatedAt = max(c.UpdatedAt, ops[i].At)
				break
			}
			if ops[i].Kind == OpAdd || ops[i].Kind == OpView && len(ops[i].Lines) > 0 {
				break
			}
		}
	}
	if c.StartedAt == 0 {
		c.StartedAt = c.UpdatedAt
	}
	c.reckon(ops)
}

// reckon works out how long the cart rested, and what it held when it was ordered.
func (c *Cart) reckon(ops []Op) {
	c.Rested, c.OrderedValue = 0, 0
	from := c.StartedAt
	if c.Status == CartOrdered {
		last := lastOrder(ops)
		ops = ops[:last+1]
		var held []CartLine
		held, _, from = foldOps(ops[:last])
		c.OrderedValue = worth(held)
		if from == 0 { // bought without having been filled
			return
		}
	}
	for _, op := range ops {
		if op.At < from {
			continue
		}
		c.Rested = max(c.Rested, op.At-from)
		from = op.At
	}
}

// lastOrder gives the place of the newest order among operations, -1 without one.
func lastOrder(ops []Op) int {
	for i := len(ops) - 1; i >= 0; i-- {
		if ops[i].Kind == OpOrder {
			return i
		}
	}
	return -1
}

func worth(lines []CartLine) int64 {
	sum := int64(0)
	for _, l := range lines {
		sum += mulQuantity(l.Price, l.Quantity)
	}
	return sum
}

// tell fills in the history, newest first. A cart that was ordered shows what it held at that moment.
func (d *CartDetail) tell(closing []Op) {
	d.History = append(slices.Clone(d.ops), closing...)
	slices.SortFunc(d.History, compareOps)
	if i := lastOrder(d.History); d.Status == CartOrdered && i >= 0 {
		var started int64
		if d.Lines, d.CheckoutStep, started = foldOps(d.History[:i]); started != 0 {
			d.StartedAt = started
		}
		d.Value, d.Items = worth(d.Lines), pieces(d.Lines)
	}
	slices.Reverse(d.History)
}

// pieces counts what lies in a cart, in whole pieces, rounded up.
func pieces(lines []CartLine) int64 {
	n := int64(0)
	for _, l := range lines {
		n += (l.Quantity + 999) / 1000
	}
	return n
}

// isOwn tells an operation of the cart from an order that is folded into all carts of a customer.
func isOwn(op *Op, c *Cart) bool {
	_, found := slices.BinarySearchFunc(c.ops, *op, compareOps)
	return found
}

// foldOps gives the lines, the checkout step and when the present filling began.
func foldOps(ops []Op) (lines []CartLine, step, started int64) {
	for i := range ops {
		op := &ops[i]
		switch op.Kind {
		case OpAdd:
			if len(lines) == 0 {
				started, step = op.At, 0
			}
			for _, l := range op.Lines {
				lines = addLine(lines, l)
			}
		case OpRemove:
			for _, l := range op.Lines {
				lines = removeLine(lines, l)
			}
		case OpView:
			if len(lines) == 0 && len(op.Lines) > 0 {
				started = op.At
			}
			if op.Lines != nil { // a view that lists nothing says nothing
				lines = slices.Clone(op.Lines)
			}
		case OpStep:
			step = max(step, op.Step)
			if op.Lines != nil {
				if len(lines) == 0 {
					started = op.At
				}
				lines = slices.Clone(op.Lines)
			}
		case OpOrder:
			lines, step, started = nil, 0, 0
		}
	}
	return lines, step, started
}

func addLine(lines []CartLine, l CartLine) []CartLine {
	for i := range lines {
		if lines[i].key() == l.key() {
			q := lines[i].Quantity + l.Quantity
			lines[i] = l
			lines[i].Quantity = min(q, maxQuantity)
			return lines
		}
	}
	return append(lines, l)
}

func removeLine(lines []CartLine, l CartLine) []CartLine {
	for i := range lines {
		if lines[i].key() != l.key() {
			continue
		}
		if l.Quantity == 0 || l.Quantity >= lines[i].Quantity {
			return slices.Delete(lines, i, i+1)
		}
		lines[i].Quantity -= l.Quantity
		return lines
	}
	return lines
}

// mulQuantity gives price times thousandths, rounded half away from zero; the bounds of both keep it within 63 bits for any
// believable cart, and beyond it saturates.
func mulQuantity(price, quantity int64) int64 {
	const limit = int64(1) << 62
	if price != 0 && quantity != 0 {
		p, q := price, quantity
		if p < 0 {
			p = -p
		}
		if q < 0 {
			q = -q
		}
		if p > limit/q {
			if (price < 0) != (quantity < 0) {
				return -limit / 1000
			}
			return limit / 1000
		}
	}
	n := price * quantity
	if n < 0 {
		return (n - 500) / 1000
	}
	return (n + 500) / 1000
}
