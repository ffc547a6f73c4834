package order_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
	"rapport/internal/platform/warehouse"
)

var ctx = role.With(context.Background(), role.Principal{Kind: role.KindSystem})

const (
	alice  = id.ID(101)
	bob    = id.ID(102)
	shop   = id.ID(1)
	source = id.ID(2)
)

// day gives noon UTC of a day in January 2026.
func day(n int) int64 { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC).UnixMicro() }

type rates map[string]int64

func (r rates) ForDay(_ context.Context, _ sqldb.Q, currency string, _ int64) (int64, bool, error) {
	v, ok := r[currency]
	return v, ok, nil
}

type world struct {
	*order.Service
	t         *testing.T
	db        *sqldb.DB
	rates     rates
	announced []order.Changed
	kept      map[id.ID]order.Totals
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, rates: rates{"USD": 900_000_000}, kept: map[id.ID]order.Totals{}}
	c := clock.NewFake(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	if _, err := db.Exec(ctx, `INSERT INTO shops (shop_id, name, domain, zone, currency, language, brand, created_at, updated_at)
		VALUES (1, 'Shop', '', 'UTC', 'EUR', 'en', '', 0, 0)`); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	w.Service = order.New(order.Deps{DB: db, IDs: id.NewSource(c), Clock: c, Rates: w.rates,
		Reporting: func() (string, *time.Location) { return "EUR", zone },
		KeepTotals: func(_ context.Context, _ *sqldb.Tx, totals []order.Totals) error {
			for _, x := range totals {
				w.kept[x.CustomerID] = x
			}
			return nil
		},
		Announce: func(_ context.Context, _ *sqldb.Tx, topic string, payload any) error {
			b, err := json.Marshal(payload)
			if err != nil || topic != order.TopicChanged {
				return fmt.Errorf("announced %s on %s: %w", b, topic, err)
			}
			var c []order.Changed
			if err := json.Unmarshal(b, &c); err != nil {
				return err
			}
			w.announced = append(w.announced, c...)
			return nil
		}})
	return w
}

func (w *world) apply(changes ...order.Change) order.Touched {
	w.t.Helper()
	var out order.Touched
	if err := w.db.Tx(ctx, func(tx *sqldb.Tx) (err error) { out, err = w.Apply(ctx, tx, changes); return err }); err != nil {
		w.t.Fatal(err)
	}
	w.keep(out.Totals)
	return out
}

// keep does what customers do with sums, and holds those that new orders were added to against what is stored.
func (w *world) keep(list []order.Totals) {
	w.t.Helper()
	for _, x := range list {
		have := w.kept[x.CustomerID]
		have.CustomerID = x.CustomerID
		have.Merge(x)
		w.kept[x.CustomerID] = have
		whole, err := order.SelectTotals(ctx, w.db, []id.ID{x.CustomerID})
		if err != nil {
			w.t.Fatal(err)
		}
		if diff := cmp.Diff(whole[0], have); diff != "" {
			w.t.Errorf("stored orders (-) and sums (+) differ:\n%s", diff)
		}
	}
}

func (w *world) only(f order.Filter) order.Stored {
	w.t.Helper()
	p, err := w.List(ctx, f)
	if err != nil || len(p.Items) != 1 {
		w.t.Fatalf("%d orders for %+v, %v", len(p.Items), f, err)
	}
	o, err := w.Get(ctx, p.Items[0].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func placed(ext string, owner id.ID, at, total int64, currency string) order.Change {
	return order.Change{ShopID: shop, ExternalID: ext, Order: &order.Order{ShopID: shop, SourceID: source, CustomerID: owner, ExternalID: ext,
		PlacedAt: at, ContentAt: at, Currency: currency, Total: total, UserID: fmt.Sprint("u", owner), Confirmed: true, HasLines: true,
		Lines: []order.Line{{SKU: "a", Name: "Ä", Quantity: 2000, Price: total / 2, Total: total}}}}
}

func refund(ext, key string, at, amount int64) order.Change {
	return order.Change{ShopID: shop, ExternalID: ext, Refunds: []order.Refund{{Key: key, At: at, Amount: amount, Whole: amount == 0, Confirmed: true}}}
}

func TestApply(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		out := w.apply(placed("A", alice, day(1), 1000, "EUR"), placed("B", alice, day(2), 1000, "USD"), placed("C", bob, day(3), 500, "CHF"))
		if diff := cmp.Diff([]order.Outcome{order.Created, order.Created, order.Created}, out.Outcomes); diff != "" {
			t.Error(diff)
		}
		want := map[id.ID]order.Totals{
			alice: {CustomerID: alice, Orders: 2, Spent: 1900, FirstAt: day(1), LastAt: day(2)},
			bob:   {CustomerID: bob, Orders: 1, Unconverted: 1, FirstAt: day(3), LastAt: day(3)},
		}
		if diff := cmp.Diff(want, w.kept); diff != "" {
			t.Error(diff)
		}
		o := w.only(order.Filter{ExternalID: "B"})
		if o.Total != 1000 || *o.ReportingTotal != 900 || len(o.Lines) != 1 || o.Lines[0].Name != "Ä" || o.Status != order.StatusPlaced {
			t.Errorf("got %+v", o)
		}
		if len(w.announced) != 3 || !w.announced[0].New {
			t.Errorf("announced %+v", w.announced)
		}

		t.Run("again", func(t *testing.T) {
			w.announced = nil
			out := w.apply(placed("A", alice, day(1), 1000, "EUR"), placed("B", alice, day(2), 1000, "USD"))
			if len(out.Orders) != 0 || len(w.announced) != 0 || out.Outcomes[0] != order.Unchanged {
				t.Errorf("the same again did %+v", out)
			}
		})
		t.Run("refunds and cancellation", func(t *testing.T) {
			w.apply(refund("B", "r1", day(5), 300), refund("A", "r2", day(6), 0))
			if got := w.kept[alice]; got.Refunded != 1000+270 || got.Orders != 2 {
				t.Errorf("totals %+v", got)
			}
			w.apply(order.Change{ShopID: shop, ExternalID: "A", Cancel: &order.Cancel{At: day(7), Confirmed: true}})
			if got := w.kept[alice]; got.Refunded != 270 || got.Orders != 1 || got.Spent != 900 || got.FirstAt != day(2) {
				t.Errorf("totals %+v", got)
			}
			if o := w.only(order.Filter{ExternalID: "A"}); o.Status != order.StatusCancelled || o.Refunded != 1000 || len(o.Refunds) != 1 || !o.Refunds[0].Whole {
				t.Errorf("got %+v", o)
			}
		})
		t.Run("refund before its order", func(t *testing.T) {
			w.apply(refund("D", "r1", day(9), 0))
			if o := w.only(order.Filter{ExternalID: "D"}); o.Status != order.StatusPending || o.CustomerID != 0 {
				t.Errorf("got %+v", o)
			}
			w.apply(placed("D", bob, day(8), 700, "EUR"))
			if o := w.only(order.Filter{ExternalID: "D"}); o.Status != order.StatusPlaced || o.CustomerID != bob || o.Refunded != 700 || *o.ReportingRefunded != 700 {
				t.Errorf("got %+v", o)
			}
			if got := w.kept[bob]; got.Orders != 2 || got.Spent != 700 || got.Refunded != 700 {
				t.Errorf("totals %+v", got)
			}
		})
		t.Run("a browser's order counts nowhere", func(t *testing.T) {
			c := placed("E", bob, day(9), 9900, "EUR")
			c.Order.Confirmed = false
			w.apply(c)
			if got := w.kept[bob]; got.Orders != 2 || got.Spent != 700 {
				t.Errorf("totals %+v", got)
			}
		})
		t.Run("a file is read once", func(t *testing.T) {
			c := placed("F", bob, day(10), 100, "EUR")
			c.FileHash = c.Hash()
			if out := w.apply(c); out.Outcomes[0] != order.Created {
				t.Errorf("got %v", out.Outcomes)
			}
			later := placed("F", bob, day(10), 100, "EUR")
			later.Order.ContentAt, later.FileHash = day(20), c.FileHash
			if out := w.apply(later); out.Outcomes[0] != order.Unchanged || len(out.Orders) != 0 {
				t.Errorf("the same row again did %+v", out)
			}
			later.Order.Total = 200
			later.FileHash = later.Hash()
			if out := w.apply(later); out.Outcomes[0] != order.Updated {
				t.Errorf("another total did %+v", out)
			}
			if o := w.only(order.Filter{ExternalID: "F"}); o.Total != 200 {
				t.Errorf("total %d", o.Total)
			}
		})
	})
}

func TestArrivalDoesNotMatter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		changes := []order.Change{placed("x", alice, day(1), 1000, "USD"), refund("x", "r", day(3), 250), placed("x", bob, day(2), 1200, "USD"), refund("x", "w", day(4), 0),
			{ShopID: shop, ExternalID: "x", Cancel: &order.Cancel{At: day(5), Confirmed: true}}}
		var first string
		for n := range 12 {
			r := rand.New(rand.NewPCG(7, uint64(n)))
			ext := fmt.Sprint("order", n)
			mine := slices.Clone(changes)
			r.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			for i := range mine {
				mine[i].ExternalID = ext
				if mine[i].Order != nil {
					o := *mine[i].Order
					o.ExternalID, mine[i].Order = ext, &o
				}
				if r.IntN(2) == 0 {
					w.apply(mine[i])
				} else {
					w.apply(mine[i], mine[i])
				}
			}
			o := w.only(order.Filter{ExternalID: ext})
			o.ID, o.ExternalID, o.CreatedAt, o.UpdatedAt = 0, "", 0, 0
			b, _ := json.Marshal(o)
			if first == "" {
				first = string(b)
				if o.CustomerID != bob || o.Refunded != 1200 || *o.ReportingTotal != 1080 || o.Status != order.StatusCancelled {
					t.Fatalf("got %s", b)
				}
			}
			if string(b) != first {
				t.Fatalf("arrival %d gives\n%s\nnot\n%s", n, b, first)
			}
		}
	})
}

func TestMove(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		anonymous := func(ext string, at int64) order.Change {
			c := placed(ext, alice, at, 100, "EUR")
			c.Order.UserID, c.Order.AnonymousID = "", "device"
			return c
		}
		file := placed("3", alice, day(3), 100, "EUR")
		file.FileHash = file.Hash()
		w.apply(anonymous("1", day(1)), anonymous("2", day(2)), file, refund("1", "r", day(4), 30))
		cart := order.CartOp{ShopID: shop, CustomerID: alice, CartKey: "device:device", Op: order.Op{Kind: order.OpAdd, At: day(1), MessageID: "m",
			AnonymousID: "device", Lines: []order.CartLine{{ProductKey: "p", Quantity: 1000, Price: 250}}}}
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error { return w.ApplyCarts(ctx, tx, []order.CartOp{cart}) }); err != nil {
			t.Fatal(err)
		}
		move := func(from, to id.ID, device string, fromAt, untilAt int64) {
			t.Helper()
			var moved []order.Totals
			if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				out, err := w.Move(ctx, tx, from, to, device, fromAt, untilAt)
				moved = out.Totals
				return err
			}); err != nil {
				t.Fatal(err)
			}
			w.keep(moved)
		}
		move(alice, bob, "device", 0, day(2))
		if w.kept[alice].Orders != 2 || w.kept[bob].Orders != 1 || w.kept[bob].Refunded != 30 {
			t.Fatalf("after the first move: %+v", w.kept)
		}
		if last := w.announced[len(w.announced)-1]; last.From != alice || last.CustomerID != bob {
			t.Errorf("announced %+v", last)
		}
		if p, err := w.Carts(ctx, order.CartFilter{CustomerID: bob}); err != nil || len(p.Items) != 1 || p.Items[0].Value != 250 {
			t.Errorf("carts %+v, %v", p.Items, err)
		}
		move(alice, bob, "", 0, 0)
		if w.kept[alice].Orders != 0 || w.kept[bob].Orders != 3 {
			t.Fatalf("after the second move: %+v", w.kept)
		}
		if out := w.apply(file); len(out.Orders) != 0 {
			t.Errorf("the file's row looks new after the move: %+v", out)
		}
		move(bob, alice, "device", day(1), day(3))
		if w.kept[alice].Orders != 2 || w.kept[bob].Orders != 1 {
			t.Fatalf("after the third move: %+v", w.kept)
		}
		if o := w.only(order.Filter{ExternalID: "1"}); o.CustomerID != alice || len(o.Lines) != 1 || len(o.Refunds) != 1 {
			t.Errorf("parts were lost: %+v", o)
		}
	})
}

func TestRestate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.apply(placed("1", alice, day(1), 1000, "CHF"), refund("1", "r", day(2), 500), placed("2", alice, day(1), 1000, "USD"))
		if w.kept[alice].Unconverted != 1 || w.kept[alice].Spent != 900 {
			t.Fatalf("before: %+v", w.kept[alice])
		}
		w.rates["CHF"] = 1_100_000_000
		w.announced = nil
		if err := w.Restate(ctx, "CHF", 0); err != nil {
			t.Fatal(err)
		}
		want := order.Totals{CustomerID: alice, Orders: 2, Spent: 2000, Refunded: 550, FirstAt: day(1), LastAt: day(1)}
		if diff := cmp.Diff(want, w.kept[alice]); diff != "" {
			t.Error(diff)
		}
		if len(w.announced) != 1 {
			t.Errorf("announced %+v", w.announced)
		}
		if o := w.only(order.Filter{ExternalID: "1"}); *o.Refunds[0].ReportingAmount != 550 {
			t.Errorf("refund %+v", o.Refunds[0])
		}
	})
}

func TestMoveByEmail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		guest := placed("guest", alice, day(1), 100, "EUR")
		guest.Order.UserID, guest.Order.Email = "", "Guest@Example.com"
		other := placed("other", alice, day(1), 100, "EUR")
		other.Order.UserID, other.Order.Email = "", "other@example.com"
		own := placed("own", alice, day(1), 100, "EUR")
		own.Order.Email = "guest@example.com"
		w.apply(guest, other, own)
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			_, err := w.MoveByEmail(ctx, tx, alice, bob, "guest@example.com")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		for ext, want := range map[string]id.ID{"guest": bob, "other": alice, "own": alice} {
			if o := w.only(order.Filter{ExternalID: ext}); o.CustomerID != want {
				t.Errorf("order %s belongs to %s", ext, o.CustomerID)
			}
		}
	})
}

func TestReturnCountsAsRefundOnly(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		c := placed("C1", alice, day(4), 0, "EUR")
		c.Order.Return, c.Order.Lines = true, nil
		c.Refunds = []order.Refund{{Key: "C1", At: day(4), Amount: 250, Confirmed: true}}
		w.apply(placed("A", alice, day(1), 1000, "EUR"), c)
		want := order.Totals{CustomerID: alice, Orders: 1, Spent: 1000, Refunded: 250, FirstAt: day(1), LastAt: day(1)}
		if diff := cmp.Diff(want, w.kept[alice]); diff != "" {
			t.Error(diff)
		}
		if out := w.apply(c); len(out.Orders) != 0 {
			t.Errorf("the same again did %+v", out)
		}
		items, err := w.Timeline(ctx, alice, nil, customer.TimelinePlace{}, 10)
		if err != nil || len(items) != 2 || items[0].Kind != order.KindRefund {
			t.Errorf("timeline %+v, %v", items, err)
		}
	})
}

func TestHears(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.apply(placed("1", alice, day(1), 1000, "CHF"), placed("2", bob, day(1), 1000, "SEK"))
	w.rates["CHF"], w.rates["SEK"] = 1_100_000_000, 90_000_000
	sub := w.Subscriptions()[0]
	hear := func(topic, payload string) {
		t.Helper()
		if err := sub.Handle(ctx, []outbox.Record{{Topic: topic, Payload: []byte(payload)}}); err != nil {
			t.Fatal(err)
		}
	}
	hear("rate.changed", `{"currency":"CHF","from_day":30000}`)
	if w.kept[alice].Spent != 0 {
		t.Errorf("an order of an earlier day was converted: %+v", w.kept[alice])
	}
	hear("rate.changed", `{"currency":"CHF","from_day":20000}`)
	if w.kept[alice].Spent != 1100 || w.kept[bob].Spent != 0 {
		t.Errorf("after a rate: %+v", w.kept)
	}
	hear("setting.changed", `{"changed":["language"]}`)
	if w.kept[bob].Spent != 0 {
		t.Errorf("a language converted orders: %+v", w.kept)
	}
	hear("setting.changed", `{"changed":["zone"]}`)
	if w.kept[bob].Spent != 90 {
		t.Errorf("after a change of zone: %+v", w.kept)
	}
}

func TestTimeline(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var _ customer.TimelineSource = (*order.Service)(nil)
		w := newWorld(t, db)
		var changes []order.Change
		for i := range 20 {
			changes = append(changes, placed(fmt.Sprint(i), alice, day(1+i/4), 100, "EUR"), refund(fmt.Sprint(i), "r", day(1+i/3), 10))
		}
		w.apply(changes...)
		var got []string
		place := customer.TimelinePlace{}
		for range 100 {
			items, err := w.Timeline(ctx, alice, nil, place, 7)
			if err != nil {
				t.Fatal(err)
			}
			if len(items) == 0 {
				break
			}
			for _, i := range items {
				if place.Set && (i.At > place.At || i.At == place.At && i.ID >= place.ID) {
					t.Fatalf("%+v does not come after %+v", i, place)
				}
				place = customer.TimelinePlace{At: i.At, ID: i.ID, Set: true}
				got = append(got, i.ID)
			}
		}
		if slices.Sort(got); len(got) != 40 || len(slices.Compact(got)) != 40 {
			t.Errorf("paging gave %d items", len(got))
		}
		if items, err := w.Timeline(ctx, alice, []string{order.KindRefund}, customer.TimelinePlace{}, 100); err != nil || len(items) != 20 {
			t.Errorf("%d refunds, %v", len(items), err)
		}
	})
}

func TestForMirror(t *testing.T) {
	for _, m := range warehouse.Mirrors() {
		if cols, ok := order.MirrorColumns()[m.Table]; ok {
			if diff := cmp.Diff(m.Columns, cols); diff != "" {
				t.Errorf("%s: %s", m.Table, diff)
			}
		}
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		out := w.apply(placed("1", alice, day(1), 100, "CHF"), placed("2", bob, day(2), 200, "EUR"), refund("2", "r", day(3), 50))
		ids := []id.ID{out.Orders[0].OrderID, out.Orders[1].OrderID, 999}
		m, err := w.ForMirror(ctx, append(ids, ids...))
		if err != nil || len(m.Orders) != 2 || len(m.Lines) != 2 || len(m.Refunds) != 1 {
			t.Fatalf("got %+v, %v", m, err)
		}
		first := m.Orders[0]
		if first[0] != int64(alice) {
			first = m.Orders[1]
		}
		if first[8] != int64(100) || first[13] != nil || first[16] != true {
			t.Errorf("got %v", first)
		}
		all, err := w.EveryID(ctx, 0, 10)
		if err != nil || len(all) != 2 {
			t.Errorf("ids %v, %v", all, err)
		}
	})
}

func TestPaging(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		var changes []order.Change
		for i := range 25 {
			changes = append(changes, placed(fmt.Sprint(i), alice, day(1+i/10), 100, "EUR"))
		}
		w.apply(changes...)
		seen := map[id.ID]bool{}
		f := order.Filter{CustomerID: alice, Limit: 4}
		for pages := 0; ; pages++ {
			p, err := w.List(ctx, f)
			if err != nil || pages > 10 {
				t.Fatal(pages, err)
			}
			for _, o := range p.Items {
				seen[o.ID] = true
			}
			if f.Cursor = p.NextCursor; f.Cursor == "" {
				break
			}
		}
		if len(seen) != 25 {
			t.Errorf("paging gave %d orders: %v", len(seen), slices.Collect(maps.Keys(seen)))
		}
		if _, err := w.Get(ctx, 12345); !errs.Is(err, errs.NotFound) {
			t.Errorf("an order that is not there: %v", err)
		}
		if _, err := w.List(context.Background(), f); err == nil || errors.Is(err, sqldb.ErrNoRows) {
			t.Errorf("a stranger lists orders: %v", err)
		}
	})
}

// TestFind looks for orders by how their number begins, page by page.
func TestFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		var all []order.Change
		for i, ext := range []string{"1000", "1001", "1002", "100é", "101", "#2001", "#2002", "R\U0010FFFE"} {
			all = append(all, placed(ext, alice, day(1+i%3), 100, "EUR"))
		}
		w.apply(all...)
		for query, want := range map[string]string{"100": "1000 1001 1002 100é", "1": "1000 1001 1002 100é 101", "1002": "1002", "200": "#2001 #2002", "#2002": "#2002",
			"R": "R\U0010FFFE", "2\x00": "", "%": "", "9": ""} {
			var got []string
			for f := (order.Filter{Query: query, Limit: 2}); ; {
				p, err := w.List(ctx, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range p.Items {
					got = append(got, o.ExternalID)
				}
				if f.Cursor = p.NextCursor; f.Cursor == "" {
					break
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q finds %q, want %q", query, got, want)
			}
		}
		if p, err := w.List(ctx, order.Filter{Query: "100", Status: order.StatusCancelled}); err != nil || len(p.Items) != 0 {
			t.Errorf("with a state: %+v, %v", p.Items, err)
		}
	})
}
