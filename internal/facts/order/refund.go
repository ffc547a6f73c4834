package order

import (
	"encoding/json"
	"fmt"

	"rapport/internal/base/errs"
	"rapport/internal/base/money"
)

// refund reads money that is given back. o is the content of the same write, where it has one.
func (s *Service) refund(w *wrong, path string, t *task, have *state, o *Order, d *RefundDraft, now int64) (Refund, bool) {
	st := have
	if st == nil || o != nil && t.whole {
		st = &state{hasContent: o != nil}
		if have != nil {
			st.refunds = have.refunds
		}
		if o != nil {
			st.order = *o
			if !o.HasLines && have != nil {
				st.order.Lines = have.order.Lines
			}
		}
	}
	if !st.hasContent {
		t.err = errs.New(errs.Conflict, "order.pending", "Nobody has said yet what this order is; write the order first, then its refund.")
		return Refund{}, false
	}
	f := Refund{Key: w.text(path+"external_id", d.ExternalID, maxKeyLength), At: w.instant(path+"at", d.At, now), Confirmed: true,
		Currency: st.order.Currency, Reason: w.text(path+"reason", d.Reason, 4000)}
	if f.Key == "" {
		f.Key = "api:" + s.IDs.New().String()
	}
	others := *st
	others.refunds = nil
	for i := range st.refunds {
		if st.refunds[i].Key != f.Key {
			others.refunds = append(others.refunds, st.refunds[i])
		}
	}
	given := int64(0)
	for i := range others.refunds {
		if r := &others.refunds[i]; r.Whole && t.single && others.refundCounts(r) {
			given = others.order.Total // one that takes all there is leaves nothing
		}
	}
	if given == 0 {
		given = others.refunded()
	}
	left := max(0, st.order.Total-given)
	if t.single && f.Key == d.ExternalID && len(others.refunds) != len(st.refunds) {
		return repeated(st, f.Key), true // it was heard of: saying it again changes nothing
	}
	lines, sum := returned(w, path, &others, d.Lines)
	switch {
	case d.Amount != nil:
		f.Amount = w.amount(path+"amount", d.Amount, st.order.Currency)
		if f.Amount == 0 && len(w.fields) == 0 && len(lines) == 0 {
			w.add(path+"amount", "range", "A refund must give something back.")
		}
	case len(d.Lines) > 0:
		f.Amount = min(sum, left) // what a discount on the whole order took off is not given back twice
	case t.single:
		f.Amount = left
	default:
		f.Whole = true
	}
	if t.single && len(w.fields) == 0 {
		switch {
		case f.Amount > left:
			w.add(path+"amount", "too_much", "Only %s is left to be given back.", money.New(left, st.order.Currency))
		case left == 0 && len(lines) == 0:
			w.add(path+"amount", "nothing_left", "Everything was given back already.")
		}
	}
	if len(lines) > 0 {
		f.Lines = storedReturns(lines)
	}
	return f, true
}

func repeated(st *state, key string) Refund {
	for i := range st.refunds {
		if st.refunds[i].Key == key {
			return st.refunds[i]
		}
	}
	return Refund{}
}

// returnedLine is how a line that came back is stored: thousandths and minor units.
type returnedLine struct {
	Line     int    `json:"line,omitempty"` // place in the order, from 1; 0: not told
	Product  string `json:"product,omitempty"`
	SKU      string `json:"sku,omitempty"`
	Name     string `json:"name,omitempty"`
	Quantity int64  `json:"quantity"`
	Total    int64  `json:"total"`
}

func storedReturns(lines []returnedLine) []byte {
	b, _ := json.Marshal(lines) // plain fields never fail
	return b
}

func readReturns(b []byte) []returnedLine {
	var out []returnedLine
	if json.Unmarshal(b, &out) != nil {
		return nil
	}
	return out
}

// ReturnedOf tells how much of each line of an order came back, in thousandths.
func ReturnedOf(lines []Line, refunds []Refund) []int64 {
	out := make([]int64, len(lines))
	for i := range refunds {
		for _, r := range readReturns(refunds[i].Lines) {
			if at := placeOf(lines, r, out); at >= 0 {
				out[at] += r.Quantity
			}
		}
	}
	return out
}

// placeOf finds the line that something came back of: at its place where that still holds the same, else the first of the same SKU or name that is
// not all back.
func placeOf(lines []Line, r returnedLine, back []int64) int {
	same := func(l *Line) bool { return l.SKU == r.SKU && (r.SKU != "" || l.Name == r.Name) }
	if r.Line >= 1 && r.Line <= len(lines) && same(&lines[r.Line-1]) {
		return r.Line - 1
	}
	found := -1
	for i := range lines {
		if same(&lines[i]) {
			if back[i] < lines[i].Quantity {
				return i
			}
			found = i
		}
	}
	return found
}

// returned reads what came back of an order and what that comes to.
func returned(w *wrong, path string, st *state, list []ReturnLine) ([]returnedLine, int64) {
	if len(list) == 0 {
		return nil, 0
	}
	counted := make([]Refund, 0, len(st.refunds))
	for i := range st.refunds {
		if st.refundCounts(&st.refunds[i]) {
			counted = append(counted, st.refunds[i])
		}
	}
	back := ReturnedOf(st.order.Lines, counted)
	var out []returnedLine
	var sum int64
	for i := range list {
		at := fmt.Sprintf("%slines[%d].", path, i)
		n := list[i].Line
		if n < 1 || n > len(st.order.Lines) {
			w.add(at+"line", "missing", "The order has no line %d.", n)
			continue
		}
		l := &st.order.Lines[n-1]
		left := l.Quantity - back[n-1]
		q := w.quantity(at+"quantity", list[i].Quantity, left)
		if q > left || left <= 0 {
			w.add(at+"quantity", "too_much", "Of this line only %g is left to come back.", float64(max(0, left))/1000)
			continue
		}
		back[n-1] += q
		total := int64(0)
		if l.Quantity > 0 {
			total = mulDiv(l.Total, q, l.Quantity)
		}
		if list[i].Amount != nil {
			total = w.amount(at+"amount", list[i].Amount, st.order.Currency)
		}
		sum += total
		out = append(out, returnedLine{Line: n, SKU: l.SKU, Name: l.Name, Quantity: q, Total: total})
	}
	return out, min(sum, maxAmount)
}
