package order

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rapport/internal/base/id"
)

// genChange draws something said about the one order "A1"; what is drawn collides often.
func genChange(t *rapid.T) Change {
	c := Change{ShopID: 1, ExternalID: "A1"}
	confirmed := rapid.Bool().Draw(t, "confirmed")
	at := rapid.Int64Range(1, 6).Draw(t, "at")
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		c.Cancel = &Cancel{At: at, Confirmed: confirmed}
	case 1:
		r := Refund{Key: rapid.SampledFrom([]string{"r1", "r2", "r3"}).Draw(t, "key"), At: at, Confirmed: confirmed, Whole: rapid.Bool().Draw(t, "whole")}
		if !r.Whole {
			r.Amount = rapid.Int64Range(0, 400).Draw(t, "amount")
		}
		c.Refunds = []Refund{r}
	default:
		user := rapid.SampledFrom([]string{"", "u1", "u2"}).Draw(t, "user")
		o := &Order{ShopID: 1, SourceID: 1, ExternalID: "A1", PlacedAt: at, ContentAt: at, Currency: "EUR", Confirmed: confirmed, UserID: user,
			Total: rapid.Int64Range(0, 3).Draw(t, "total") * 100, PlacedGuess: rapid.Bool().Draw(t, "guess")}
		if user != "" {
			o.CustomerID = id.ID(user[1])
		}
		if o.HasLines = rapid.Bool().Draw(t, "has lines"); o.HasLines {
			for i := range rapid.IntRange(0, 2).Draw(t, "lines") {
				o.Lines = append(o.Lines, Line{SKU: fmt.Sprint("s", i), Quantity: 1000 * rapid.Int64Range(1, 2).Draw(t, "quantity")})
			}
		}
		if rapid.Bool().Draw(t, "attributes") {
			o.Attributes = []byte(`{"affiliation":"x"}`)
		}
		c.Order = o
	}
	return c
}

// view is all that can be seen of a state.
func view(s *state) string {
	refunds := slices.Clone(s.refunds)
	amounts := map[string]int64{}
	for i, a := range s.amounts() {
		amounts[s.refunds[i].Key] = a
	}
	slices.SortFunc(refunds, func(a, b Refund) int { return cmp.Compare(a.Key, b.Key) })
	b, _ := json.Marshal([]any{s.status(), s.cancelledAt(), s.customer, s.order, refunds, amounts, s.refunded(), s.ownerRank, s.linesRank, s.placedRank})
	return string(b)
}

func TestFoldDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := rapid.SliceOfN(rapid.Custom(genChange), 1, 8).Draw(t, "changes")
		var a, b state
		for _, c := range changes {
			a.fold(c)
		}
		shuffled := rapid.Permutation(append(slices.Clone(changes), changes[0])).Draw(t, "order")
		for _, c := range shuffled {
			b.fold(c)
		}
		if view(&a) != view(&b) {
			t.Fatalf("another arrival gives another order:\n%s\n%s", view(&a), view(&b))
		}
		for _, c := range changes {
			if a.fold(c) {
				t.Fatalf("saying %+v again changed the order", c)
			}
		}
	})
}

func TestBrowserCannotChangeWhatAServerSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s state
		s.fold(Change{Order: &Order{PlacedAt: 3, ContentAt: 3, Currency: "EUR", Total: 500, Confirmed: true, UserID: "u1", CustomerID: 7,
			HasLines: true, Lines: []Line{{SKU: "a"}}}})
		before := []any{s.status(), s.order, s.customer, s.refunded()}
		for _, c := range rapid.SliceOfN(rapid.Custom(genChange), 1, 6).Draw(t, "claims") {
			if c.Order != nil {
				c.Order.Confirmed = false
			}
			if c.Cancel != nil {
				c.Cancel.Confirmed = false
			}
			for i := range c.Refunds {
				c.Refunds[i].Confirmed = false
			}
			s.fold(c)
		}
		if after := []any{s.status(), s.order, s.customer, s.refunded()}; fmt.Sprintf("%+v", before) != fmt.Sprintf("%+v", after) {
			t.Fatalf("a browser changed a confirmed order: %+v became %+v", before, after)
		}
	})
}

func TestRefundsNeverGiveBackMoreThanAWholeOne(t *testing.T) {
	s := state{}
	s.fold(Change{Refunds: []Refund{{Key: "all", At: 2, Whole: true, Confirmed: true}, {Key: "part", At: 3, Amount: 150, Confirmed: true}}})
	if s.status() != StatusPending || s.refunded() != 150 {
		t.Fatalf("before the order: %s %d", s.status(), s.refunded())
	}
	s.fold(Change{Order: &Order{PlacedAt: 1, ContentAt: 1, Currency: "EUR", Total: 1000, Confirmed: true}})
	if s.status() != StatusPlaced || s.refunded() != 1000 {
		t.Fatalf("after the order: %s %d", s.status(), s.refunded())
	}
}

func TestCancellationHeardFirstHolds(t *testing.T) {
	s := state{}
	s.fold(Change{Cancel: &Cancel{At: 5, Confirmed: true}})
	s.fold(Change{Order: &Order{PlacedAt: 1, ContentAt: 9, Currency: "EUR", Total: 1000, Confirmed: true}})
	if s.status() != StatusCancelled || s.cancelledAt() != 5 {
		t.Fatalf("got %s at %d", s.status(), s.cancelledAt())
	}
}

func TestHash(t *testing.T) {
	base := func() Change {
		return Change{ShopID: 1, ExternalID: "A", Order: &Order{Currency: "EUR", Total: 5, PlacedAt: 9, Lines: []Line{{SKU: "a", Quantity: 1000}}}}
	}
	a := base()
	seen := map[string]string{a.Hash(): "as it was"}
	for name, change := range map[string]func(*Change){
		"total": func(c *Change) { c.Order.Total++ }, "line": func(c *Change) { c.Order.Lines[0].Quantity++ },
		"refund": func(c *Change) { c.Refunds = []Refund{{Key: "x"}} }, "cancel": func(c *Change) { c.Cancel = &Cancel{At: 1} },
		"text at another place": func(c *Change) { c.Order.Coupon = "EUR" },
	} {
		c := base()
		change(&c)
		h := c.Hash()
		if other, ok := seen[h]; ok {
			t.Errorf("%s has the hash of %s", name, other)
		}
		seen[h] = name
	}
	b := base()
	b.Order.CustomerID, b.Order.ContentAt, b.Order.Lines[0].ProductID = 5, 99, 3
	if a.Hash() != b.Hash() || len(a.Hash()) != 16 {
		t.Errorf("hash %q depends on ids or on the time of the import (%q)", b.Hash(), a.Hash())
	}
}

func genOp(t *rapid.T) Op {
	op := Op{At: rapid.Int64Range(1, 9).Draw(t, "at")}
	op.Kind = rapid.SampledFrom([]string{OpAdd, OpAdd, OpRemove, OpView, OpStep, OpOrder}).Draw(t, "kind")
	op.MessageID = fmt.Sprint(op.Kind, op.At, rapid.IntRange(0, 3).Draw(t, "message"))
	switch op.Kind {
	case OpAdd, OpRemove, OpView:
		for _, k := range []string{"a", "b"} {
			// What a message says is fixed by its id, as it is in life.
			if (int(op.At)+len(op.MessageID)+int(op.MessageID[len(op.MessageID)-1])+int(k[0]))%2 == 0 {
				op.Lines = append(op.Lines, CartLine{ProductKey: k, Quantity: 1000 * (1 + op.At%3), Price: 250})
			}
		}
	case OpStep:
		op.Step = op.At
	}
	return op
}

func TestCartDoesNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ops := rapid.SliceOfN(rapid.Custom(genOp), 1, 12).Draw(t, "ops")
		var a, b Cart
		a.addOps(ops...)
		a.fold(nil)
		for _, op := range rapid.Permutation(append(slices.Clone(ops), ops[0])).Draw(t, "order") {
			b.addOps(op)
			b.fold(nil)
		}
		a.dirty, b.dirty = false, false
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		if !bytes.Equal(x, y) {
			t.Fatalf("another arrival gives another cart:\n%s\n%s", x, y)
		}
	})
}

func TestCartKeepsABoundedHistory(t *testing.T) {
	var c Cart
	for i := range 3 * maxOps {
		c.addOps(Op{Kind: OpAdd, At: int64(i + 1), MessageID: fmt.Sprint(i), Lines: []CartLine{{ProductKey: "a", Quantity: 1000, Price: 100}}})
	}
	c.fold(nil)
	if len(c.ops) > maxOps || c.Items != 3*maxOps || c.Value != 3*maxOps*100 {
		t.Fatalf("%d operations, %d items, value %d", len(c.ops), c.Items, c.Value)
	}
}
