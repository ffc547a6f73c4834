package order_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// all reads every page of a list and tells how many of them ended before they were full.
func (w *world) all(f order.Filter) (found []order.Stored, partial int) {
	w.t.Helper()
	seen := map[id.ID]bool{}
	for pages := 0; ; pages++ {
		p, err := w.List(ctx, f)
		if err != nil || pages > 200 {
			w.t.Fatalf("%+v: page %d: %v", f, pages, err)
		}
		if p.Partial {
			partial++
		}
		for _, o := range p.Items {
			if seen[o.ID] {
				w.t.Fatalf("%+v: order %s twice", f, o.ExternalID)
			}
			seen[o.ID] = true
			found = append(found, o)
		}
		if f.Cursor = p.NextCursor; f.Cursor == "" {
			return found, partial
		}
	}
}

// TestLists asks for many filters, in both directions, with pages that may look at few rows, and compares with a naive answer.
func TestLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		r := rand.New(rand.NewPCG(3, 4))
		var changes []order.Change
		for i := range 400 {
			c := placed(fmt.Sprint("N", i), []id.ID{alice, bob, 0}[r.IntN(3)], day(1)+int64(r.IntN(20))*3_600_000_000, int64(100*r.IntN(30)), []string{"EUR", "EUR", "USD"}[r.IntN(3)])
			c.Order.Coupon = []string{"", "", "", "TEN"}[r.IntN(4)]
			changes = append(changes, c)
		}
		w.apply(changes...)
		if _, err := db.Exec(ctx, `UPDATE orders SET status = 'cancelled' WHERE total = 700`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(ctx, `UPDATE orders SET refunded = 100 WHERE total = 900 OR total = 700`); err != nil {
			t.Fatal(err)
		}
		everything, _ := w.all(order.Filter{Limit: 500})
		if len(everything) != 400 {
			t.Fatalf("%d orders", len(everything))
		}
		yes, no := true, false
		from, to := int64(500), int64(1200)
		filters := []order.Filter{
			{}, {Status: order.StatusCancelled}, {Status: order.StatusPlaced}, {Coupon: "TEN"}, {Coupon: "ten"}, {Refunded: &yes}, {Refunded: &no}, {Currency: "USD"},
			{CustomerID: bob}, {CustomerID: bob, Coupon: "TEN", Refunded: &yes}, {Status: order.StatusCancelled, Refunded: &yes, Coupon: "TEN"},
			{Status: order.StatusCancelled, Coupon: "TEN"}, {AmountFrom: &from, AmountTo: &to}, {AmountFrom: &from, Currency: "USD"}, {ShopID: shop, AmountTo: &from},
			{From: day(1) + 5*3_600_000_000, To: day(1) + 9*3_600_000_000}, {From: day(1) + 5*3_600_000_000, Coupon: "TEN", Status: order.StatusPlaced}, {ShopID: 99},
		}
		for _, lookAt := range []int{7, 10_000} {
			w.SetLook(lookAt)
			for _, f := range filters {
				for _, up := range []bool{false, true} {
					f.Ascending, f.Limit = up, 9
					var want []string
					for _, o := range sorted(everything, up) {
						if lets(&f, &o) {
							want = append(want, o.ExternalID)
						}
					}
					got, _ := w.all(f)
					var names []string
					for _, o := range got {
						names = append(names, o.ExternalID)
					}
					if !slices.Equal(names, want) {
						t.Errorf("look %d, %+v:\ngot  %v\nwant %v", lookAt, f, names, want)
					}
				}
			}
			if _, partial := w.all(order.Filter{ShopID: 99, Limit: 9}); (partial > 0) != (lookAt == 7) {
				t.Errorf("look %d: %d pages ended early", lookAt, partial)
			}
		}
	})
}

func sorted(all []order.Stored, up bool) []order.Stored {
	out := slices.Clone(all)
	slices.SortFunc(out, func(a, b order.Stored) int {
		n := cmp.Or(cmp.Compare(a.PlacedAt, b.PlacedAt), cmp.Compare(a.ID, b.ID))
		if up {
			return n
		}
		return -n
	})
	return out
}

func lets(f *order.Filter, o *order.Stored) bool {
	amount := o.Total
	if f.Currency == "" {
		amount = 0
		if o.ReportingTotal != nil {
			amount = *o.ReportingTotal
		}
	}
	return (f.Status == "" || o.Status == f.Status) && (f.Coupon == "" || o.Coupon == f.Coupon) && (f.Refunded == nil || *f.Refunded == (o.Refunded > 0)) &&
		(f.Currency == "" || o.Currency == f.Currency) && (f.CustomerID == 0 || o.CustomerID == f.CustomerID) && (f.ShopID == 0 || o.ShopID == f.ShopID) &&
		(f.From == 0 || o.PlacedAt >= f.From) && (f.To == 0 || o.PlacedAt < f.To) &&
		(f.AmountFrom == nil || amount >= *f.AmountFrom) && (f.AmountTo == nil || amount <= *f.AmountTo)
}

// TestCartOutcomes: a cart is left when it rests, recovered when it is ordered after that, and its page still shows what it held.
func TestCartOutcomes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		now := w.Clock.Now().UnixMicro()
		const minute = int64(60_000_000)
		line := []order.CartLine{{ProductKey: "P", Name: "Mug", Quantity: 2000, Price: 450}}
		op := func(cart, kind string, at int64) order.CartOp {
			o := order.CartOp{ShopID: shop, CustomerID: alice, CartKey: cart, Op: order.Op{Kind: kind, At: at, MessageID: fmt.Sprint(cart, at), Currency: "EUR"}}
			if kind == order.OpAdd {
				o.Lines = line
			}
			return o
		}
		ops := []order.CartOp{
			op("fresh", order.OpAdd, now-5*minute),
			op("left", order.OpAdd, now-90*minute),
			op("quick", order.OpAdd, now-40*minute), op("quick", order.OpOrder, now-30*minute),
			op("back", order.OpAdd, now-300*minute), op("back", order.OpStep, now-100*minute), op("back", order.OpOrder, now-95*minute),
		}
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error { return w.ApplyCarts(ctx, tx, ops) }); err != nil {
			t.Fatal(err)
		}
		for status, want := range map[string][]string{order.CartOpen: {"fresh", "left"}, order.CartLeft: {"left"}, order.CartRecovered: {"back"}, order.CartOrdered: {"quick", "back"}, "": {"fresh", "quick", "left", "back"}} {
			p, err := w.Carts(ctx, order.CartFilter{Status: status})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range p.Items {
				got = append(got, c.Key)
				if c.Key == "left" && c.Outcome(w.Clock.Now()) != order.CartLeft || c.Key == "back" && c.Outcome(w.Clock.Now()) != order.CartRecovered {
					t.Errorf("%s: %s", c.Key, c.Outcome(w.Clock.Now()))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%q: %v, want %v", status, got, want)
			}
		}
		big, small := int64(900), int64(901)
		if p, err := w.Carts(ctx, order.CartFilter{ValueFrom: &big, Currency: "EUR"}); err != nil || len(p.Items) != 4 {
			t.Errorf("worth 9 or more: %d, %v", len(p.Items), err)
		}
		if p, err := w.Carts(ctx, order.CartFilter{ValueFrom: &small}); err != nil || len(p.Items) != 0 {
			t.Errorf("worth more than 9: %d, %v", len(p.Items), err)
		}
		d, err := w.Cart(ctx, alice, shop, "back")
		if err != nil || d.Value != 900 || d.Items != 2 || len(d.Lines) != 1 || len(d.History) != 3 || d.History[0].Kind != order.OpOrder ||
			time.Duration(d.Rested)*time.Microsecond != 200*time.Minute {
			t.Errorf("%+v, %v", d, err)
		}
		if _, err := w.Cart(ctx, bob, shop, "back"); err == nil {
			t.Error("somebody else's cart")
		}
	})
}
