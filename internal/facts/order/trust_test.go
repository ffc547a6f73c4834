package order_test

import (
	"encoding/json"
	"testing"

	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestTrust: once a browser's source is trusted, what it said before counts as if it had been trusted from the beginning.
func TestTrust(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		said := func(owner id.ID, ext string, believed bool) []order.Change {
			first, second := placed(ext, owner, day(1), 1000, "USD"), placed(ext, owner, day(2), 1200, "USD")
			second.Order.Lines, second.Order.HasLines = nil, false
			back := refund(ext, "r", day(3), 250)
			first.Order.Confirmed, second.Order.Confirmed, back.Refunds[0].Confirmed = believed, believed, believed
			return []order.Change{first, second, back}
		}
		gone := placed("gone", alice, day(4), 500, "EUR")
		gone.Order.Confirmed = false
		w.apply(said(alice, "claimed", false)...)
		w.apply(gone, order.Change{ShopID: shop, ExternalID: "gone", Cancel: &order.Cancel{At: day(5)}})
		other := placed("other", alice, day(6), 700, "EUR")
		other.Order.Confirmed, other.Order.SourceID = false, source+1
		w.apply(other)
		if got := w.kept[alice]; got.Orders != 0 {
			t.Fatalf("what only a browser says counts: %+v", got)
		}
		w.apply(said(bob, "believed", true)...)
		for range 2 { // hearing it twice does no harm
			if err := w.Trust(ctx, source); err != nil {
				t.Fatal(err)
			}
		}
		got, want := w.kept[alice], w.kept[bob]
		if want.CustomerID = alice; got != want || got.Orders != 1 {
			t.Errorf("totals %+v, want %+v", got, want)
		}
		shown := func(ext string) string {
			o := w.only(order.Filter{ExternalID: ext})
			o.ID, o.CustomerID, o.ExternalID, o.UserID, o.CreatedAt, o.UpdatedAt = 0, 0, "", "", 0, 0
			b, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if got, want := shown("claimed"), shown("believed"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if o := w.only(order.Filter{ExternalID: "gone"}); !o.Confirmed || o.Status != order.StatusCancelled || o.CancelledAt != day(5) {
			t.Errorf("got %+v", o)
		}
		if o := w.only(order.Filter{ExternalID: "other"}); o.Confirmed {
			t.Error("an order of another source is confirmed")
		}
	})
}
