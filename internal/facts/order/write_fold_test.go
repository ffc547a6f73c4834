package order

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/internal/base/clock"
	"rapport/internal/base/money"
)

// genWrite draws a whole order as the API says it, as of a time of its own.
func genWrite(t *rapid.T) Change {
	at := clock.FromMicros(clock.Micros(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) + rapid.Int64Range(1, 6).Draw(t, "as of"))
	eur := func(label string) *money.Wire {
		w := money.New(100*rapid.Int64Range(0, 3).Draw(t, label), "EUR").Wire()
		return &w
	}
	d := Said{UpdatedAt: &at, Currency: "EUR", Shipping: eur("shipping"), Status: rapid.SampledFrom([]string{"", StatusPlaced, StatusCancelled}).Draw(t, "status")}
	if rapid.Bool().Draw(t, "has lines") {
		d.Lines = []LineDraft{{Name: "x", Price: eur("price")}}
	} else {
		d.Total = eur("total")
	}
	if rapid.Bool().Draw(t, "placed") {
		d.PlacedAt = &at
	}
	var w wrong
	now := clock.Micros(at)
	c := Change{ShopID: 1, ExternalID: "A1", Order: d.content(&w, nil, "EUR", now), By: By{Via: ViaAPI}}
	c.Order.ShopID, c.Order.ExternalID = 1, "A1"
	switch d.Status {
	case StatusCancelled:
		c.Cancel = &Cancel{At: now, Confirmed: true}
	case StatusPlaced:
		c.ReinstatedAt = now
	}
	if err := w.err(); err != nil {
		t.Fatalf("%+v: %v", d, err)
	}
	return c
}

// TestWritesDoNotDependOnArrival mixes what the API says with what events and files say.
func TestWritesDoNotDependOnArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		changes := append(rapid.SliceOfN(rapid.Custom(genWrite), 1, 5).Draw(t, "writes"), rapid.SliceOfN(rapid.Custom(genChange), 0, 5).Draw(t, "others")...)
		var a, b state
		for _, c := range changes {
			a.fold(c)
		}
		for _, c := range append(rapid.Permutation(changes).Draw(t, "order"), changes[0]) {
			b.fold(c)
		}
		if view(&a) != view(&b) || a.version() != b.version() {
			t.Fatalf("another arrival gives another order:\n%s\n%s", view(&a), view(&b))
		}
		for _, c := range changes {
			if a.fold(c) {
				t.Fatalf("saying %+v again changed the order", c)
			}
		}
	})
}
