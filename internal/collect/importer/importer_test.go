package importer_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/importer"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

var ctx = role.System(context.Background())

const shop = id.ID(1)

// world is an importer with the real services behind it.
type world struct {
	*importer.Service
	t        testing.TB
	db       *sqldb.DB
	clock    *clock.Fake
	orders   *order.Service
	catalog  *catalog.Service
	people   *customer.Service
	consents []importer.Consent
	mu       sync.Mutex
	audit    []string
	heard    map[string]int
	tick     time.Duration // passes with every chunk
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	w := &world{t: t, db: db, clock: clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), heard: map[string]int{}}
	exec(t, db, `INSERT INTO shops (shop_id, name, domain, zone, currency, language, brand, created_at, updated_at)
		VALUES (1, 'Shop', '', 'Europe/London', 'USD', 'en', '', 0, 0)`)
	ids := id.NewSource(w.clock)
	reporting := func() (string, *time.Location) { return "USD", time.UTC }
	announce := func(_ context.Context, _ *sqldb.Tx, topic string, _ any) error {
		w.heard[topic]++
		w.clock.Advance(w.tick)
		return nil
	}
	w.orders = order.New(order.Deps{DB: db, IDs: ids, Clock: w.clock, Reporting: reporting, Announce: announce})
	w.catalog = catalog.New(catalog.Deps{DB: db, IDs: ids, Clock: w.clock, Announce: announce})
	w.people = customer.New(customer.Deps{DB: db, IDs: ids, Clock: w.clock, Reporting: reporting, Announce: announce, Region: func(id.ID) string { return "GB" }})
	w.Service = importer.New(importer.Deps{
		DB: db, IDs: ids, Clock: w.clock, Dir: filepath.Join(t.TempDir(), "imports"), Customers: w.people, Orders: w.orders, Catalog: w.catalog,
		Shop: func(context.Context, id.ID) (importer.Shop, error) {
			return importer.Shop{ID: shop, Currency: "USD", Zone: "Europe/London"}, nil
		},
		FileSource: func(context.Context, sqldb.Q, id.ID) (id.ID, error) { return 77, nil },
		RecordConsents: func(_ context.Context, _ *sqldb.Tx, list []importer.Consent) error {
			w.consents = append(w.consents, list...)
			return nil
		},
		Audit: func(_ context.Context, _ sqldb.Q, action, _ string, _ map[string]any) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.audit = append(w.audit, action)
			return nil
		},
	})
	return w
}

func exec(t testing.TB, q sqldb.Q, query string, args ...any) {
	t.Helper()
	if _, err := q.Exec(ctx, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func (w *world) number(query string, args ...any) int64 {
	w.t.Helper()
	var n int64
	if err := w.db.Row(ctx, query, args...).Scan(&n); err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (w *world) start(r importer.Request, file io.Reader) importer.Import {
	w.t.Helper()
	w.clock.Advance(time.Hour)
	if r.Name == "" {
		r.Name = "file.csv"
	}
	i, err := w.Create(ctx, r, file)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// run imports a file to its end.
func (w *world) run(r importer.Request, file io.Reader) importer.Import {
	w.t.Helper()
	i := w.start(r, file)
	if err := w.RunOne(ctx, i.ID); err != nil {
		w.t.Fatal(err)
	}
	return w.state(i.ID)
}

func (w *world) state(which id.ID) importer.Import {
	w.t.Helper()
	i, err := w.Get(ctx, which)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *world) done(r importer.Request, file io.Reader) importer.Import {
	w.t.Helper()
	i := w.run(r, file)
	if i.Status != importer.Done {
		w.t.Fatalf("the import ended as %s: %s", i.Status, i.Message)
	}
	return i
}

func (w *world) refused(which id.ID) string {
	w.t.Helper()
	f, err := w.Errors(ctx, which)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(f)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

func counts(i importer.Import) string {
	return fmt.Sprintf("%d rows: %d created, %d updated, %d unchanged, %d refused", i.Rows, i.Created, i.Updated, i.Unchanged, i.Refused)
}

func (w *world) expect(i importer.Import, want string) {
	w.t.Helper()
	if got := counts(i); got != want {
		w.t.Errorf("got %s\nwant %s\n%s", got, want, w.refused(i.ID))
	}
}

// content is everything that an import can change, as text.
func (w *world) content() string {
	w.t.Helper()
	var b strings.Builder
	for _, q := range []string{
		`SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(COALESCE(SUM(total), 0) AS TEXT) || ' ' || CAST(COALESCE(SUM(refunded), 0) AS TEXT) || ' ' || CAST(COALESCE(MAX(updated_at), 0) AS TEXT) FROM orders`,
		`SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(COALESCE(SUM(orders), 0) AS TEXT) || ' ' || CAST(COALESCE(SUM(total_spent), 0) AS TEXT) || ' ' || CAST(COALESCE(MAX(updated_at), 0) AS TEXT) FROM customers`,
		`SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(COALESCE(SUM(quantity), 0) AS TEXT) || ' ' || CAST(COALESCE(SUM(total), 0) AS TEXT) FROM order_lines`,
		`SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(COALESCE(SUM(amount), 0) AS TEXT) FROM refunds`,
		`SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(COALESCE(MAX(updated_at), 0) AS TEXT) FROM products`,
		`SELECT CAST(COUNT(*) AS TEXT) FROM variants`,
	} {
		var s string
		if err := w.db.Row(ctx, q).Scan(&s); err != nil {
			w.t.Fatal(err)
		}
		b.WriteString(s + "\n")
	}
	return b.String()
}

// testdata finds published test data; without it the test is skipped, which CI does not allow.
func testdata(t testing.TB, path string) string {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	full := filepath.Join(root, path)
	if _, err := os.Stat(full); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("test data is missing: %v", err)
		}
		t.Skipf("SKIPPED, test data is missing (set RAPPORT_TESTDATA): %v", err)
	}
	return full
}

func openData(t testing.TB, path string) *os.File {
	t.Helper()
	f, err := os.Open(testdata(t, path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestOrders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		file := "Order Number;Email;Created at;Total;Currency;Lineitem sku;Lineitem name;Lineitem quantity;Lineitem price;Refunded Amount;Cancelled at\n" +
			"#1;anna@example.com;2026-01-02 10:00:00 +0100;\"1.234,50\";EUR;A;Ärmel;2;600,00;;\n" +
			"#1;anna@example.com;;;;B;Hemd;1;34,50;;\n" +
			"#2;BERT@example.com;2026-07-02 10:00;20,00;;A;Ärmel;1;20,00;5,00;\n" +
			"#3;;2026-01-03 10:00;7,00;;;;;;;2026-01-04\n" +
			"#4;x@example.com;gestern;7,00;;;;;;;\n" +
			"#5;x@example.com;2026-01-03;sieben;;;;;;;\n" +
			";x@example.com;2026-01-03;7;;;;;;;\n"
		i := w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(file))
		w.expect(i, "7 rows: 3 created, 0 updated, 0 unchanged, 3 refused")
		for _, want := range []string{"6,Created at,It is not a date", "7,Total,It is not an amount", "8,Order Number,The order has no number"} {
			if !strings.Contains(w.refused(i.ID), want) {
				t.Errorf("refused rows do not tell %q:\n%s", want, w.refused(i.ID))
			}
		}
		p, err := w.orders.List(ctx, order.Filter{ExternalID: "#1"})
		if err != nil || len(p.Items) != 1 {
			t.Fatal(p, err)
		}
		o, err := w.orders.Get(ctx, p.Items[0].ID)
		if err != nil || o.Total != 123450 || o.Currency != "EUR" || len(o.Lines) != 2 || o.Lines[0].Name != "Ärmel" || o.Lines[0].Quantity != 2000 ||
			o.Lines[0].ProductID == 0 || o.PlacedAt != time.Date(2026, 1, 2, 9, 0, 0, 0, time.UTC).UnixMicro() {
			t.Errorf("got %+v, %v", o, err)
		}
		// 10:00 in London's summer is 09:00 UTC.
		if n := w.number(`SELECT placed_at FROM orders WHERE external_id = '#2'`); n != time.Date(2026, 7, 2, 9, 0, 0, 0, time.UTC).UnixMicro() {
			t.Errorf("placed at %d", n)
		}
		if n := w.number(`SELECT refunded FROM orders WHERE external_id = '#2'`); n != 500 {
			t.Errorf("refunded %d", n)
		}
		if n := w.number(`SELECT COUNT(*) FROM orders WHERE external_id = '#3' AND status = 'cancelled' AND customer_id = 0`); n != 1 {
			t.Error("the cancelled order of nobody is not there")
		}
		before := w.content()
		i = w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(file))
		w.expect(i, "7 rows: 0 created, 0 updated, 3 unchanged, 3 refused")
		if after := w.content(); after != before {
			t.Errorf("a second import changed\n%sinto\n%s", before, after)
		}
		i = w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(strings.Replace(file, "20,00;;A", "21,00;;A", 1)))
		w.expect(i, "7 rows: 0 created, 1 updated, 2 unchanged, 3 refused")
		if n := w.number(`SELECT total FROM orders WHERE external_id = '#2'`); n != 2100 {
			t.Errorf("total %d", n)
		}
	})
}

// TestSameFileAtOnce starts imports of one file at the same time: all speak as of the instant of the first, or each would take the rows of
// the others for older than its own.
func TestSameFileAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for round := range 5 {
			file := fmt.Sprintf("customer_id,email\nc%d,c%d@example.com\n", round, round)
			var all sync.WaitGroup
			speak := make([]int64, 6)
			for k := range speak {
				all.Go(func() {
					w.clock.Advance(time.Second)
					i, err := w.Create(ctx, importer.Request{Kind: importer.Customers, Name: "c.csv"}, strings.NewReader(file))
					if err != nil {
						t.Error(err)
					}
					speak[k] = i.SpeaksAt
				})
			}
			all.Wait()
			if slices.Min(speak) != slices.Max(speak) {
				t.Errorf("round %d: they speak as of %d", round, speak)
			}
		}
	})
}

func TestOrdersWithoutNumbers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		file := "customer,date,total\n1,20260102,5.00\n1,20260102,5.00\n2,20260102,5.00\n1,20260102,5.00\n"
		w.expect(w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(file)), "4 rows: 4 created, 0 updated, 0 unchanged, 0 refused")
		// The same rows at other places of a longer file are the same purchases.
		longer := "customer,date,total\n2,20260102,5.00\n3,20260103,1\n1,20260102,5.00\n1,20260102,5.00\n1,20260102,5.00\n1,20260102,5.00\n"
		w.expect(w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(longer)), "6 rows: 2 created, 0 updated, 4 unchanged, 0 refused")
	})
}

func TestDryRun(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		i := w.done(importer.Request{Kind: importer.Orders, DryRun: true}, strings.NewReader("order id,email,date,total\n1,a@example.com,2026-01-01,5\n2,a@example.com,2026-01-01,x\n"))
		w.expect(i, "2 rows: 1 created, 0 updated, 0 unchanged, 1 refused")
		if n := w.number(`SELECT (SELECT COUNT(*) FROM orders) + (SELECT COUNT(*) FROM customers)`); n != 0 {
			t.Errorf("a dry run left %d rows", n)
		}
	})
}

func TestOrderLines(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		file := "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n" +
			"1,A,Cup,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n" + // 15.30
			"2,A,Cup,2,2010-12-02 08:26:00,2.55,17850.0,United Kingdom\n" + // 5.10
			"1,B,Pot,1,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n" + // 3.39, not beside its invoice
			"1,B,Pot,1,2010-12-01 08:26:00,3.39,17850.0,United Kingdom\n" + // an exact duplicate counts
			"3,A,Cup,1,2010-12-03 08:26:00,2.55,,United Kingdom\n" + // a guest
			"C4,A,Cup,-3,2010-12-05 08:26:00,2.55,17850.0,United Kingdom\n" + // 2 of invoice 2, 1 of invoice 1
			"C5,Z,Vase,-1,2010-12-06 08:26:00,9.00,17850.0,United Kingdom\n" + // bought before the file begins
			"C6,A,Cup,-1,2010-12-06 08:26:00,2.55,,United Kingdom\n" + // a guest's
			"7,A,damaged,-5,2010-12-07 08:26:00,0,,United Kingdom\n" + // stock correction
			"8,A,Cup,2,2010-12-08 08:26:00,2.55,9,France\n" +
			"8,A,Cup,-1,2010-12-08 08:26:00,2.55,9,France\n" + // back at once
			"9,A,Cup,x,2010-12-08 08:26:00,2.55,9,France\n" +
			"9,A,Cup,1,2010-12-08 08:26:00,2.55,9,France\n"
		i := w.done(importer.Request{Kind: importer.OrderLines}, strings.NewReader(file))
		w.expect(i, "13 rows: 6 created, 2 updated, 0 unchanged, 3 refused")
		check := func() {
			t.Helper()
			for query, want := range map[string]int64{
				`SELECT total FROM orders WHERE external_id = '1'`:                                                         2208,
				`SELECT refunded FROM orders WHERE external_id = '1'`:                                                      255,
				`SELECT refunded FROM orders WHERE external_id = '2'`:                                                      510,
				`SELECT COUNT(*) FROM order_lines l JOIN orders o USING (customer_id, order_id) WHERE o.external_id = '1'`: 3,
				`SELECT customer_id FROM orders WHERE external_id = '3'`:                                                   0,
				`SELECT refunded FROM orders WHERE external_id = '8'`:                                                      255,
				`SELECT COUNT(*) FROM orders WHERE status = 'return'`:                                                      2,
				`SELECT SUM(amount) FROM refunds`:                                                                          255*5 + 900,
				`SELECT COUNT(*) FROM orders WHERE external_id IN ('7', '9')`:                                              0,
				`SELECT orders FROM customers WHERE external_id = '17850'`:                                                 2,
				`SELECT total_spent FROM customers WHERE external_id = '17850'`:                                            2718,
				`SELECT total_refunded FROM customers WHERE external_id = '17850'`:                                         255 + 510 + 900,
			} {
				if got := w.number(query); got != want {
					t.Errorf("%s: %d, want %d", query, got, want)
				}
			}
		}
		check()
		before := w.content()
		i = w.done(importer.Request{Kind: importer.OrderLines}, strings.NewReader(file))
		w.expect(i, "13 rows: 0 created, 0 updated, 8 unchanged, 3 refused")
		check()
		if after := w.content(); after != before {
			t.Errorf("a second import changed\n%sinto\n%s", before, after)
		}
	})
}

func TestCustomers(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		file := "\ufeffCustomer ID,First Name,Last Name,Email,Phone,Accepts Email Marketing,Consent Date,Consent Source,Tags,Total Spent,Birthday,Country\r\n" +
			"1,Anna,\"O\"\"Neil\",anna@example.com,+44 20 7946 0958,yes,2025-05-01,checkout,\"vip, early\",12.00,1980-02-03,GB\r\n" +
			"2,Bert,,bert@example.com,,no,,,,,,\r\n" +
			"3,Cem,,cem@example.com,,maybe,,,,,,\r\n" +
			",,,,,,,,,,,\r\n" +
			",Nobody,,,,,,,,,,\r\n" +
			"4,Dana,,not-an-address,,,,,,,,\r\n"
		i := w.done(importer.Request{Kind: importer.Customers, Name: "people.csv"}, strings.NewReader(file))
		w.expect(i, "6 rows: 2 created, 0 updated, 0 unchanged, 4 refused")
		if len(w.consents) != 2 || !w.consents[0].Granted || w.consents[0].At != time.Date(2025, 4, 30, 23, 0, 0, 0, time.UTC).UnixMicro() ||
			w.consents[0].Proof["file"] != "people.csv" || w.consents[0].Proof["line"] != int64(2) || w.consents[0].Proof["source"] != "checkout" || w.consents[1].Granted {
			t.Errorf("consents %+v", w.consents)
		}
		if n := w.number(`SELECT customer_id FROM customers WHERE external_id = '1'`); id.ID(n) != w.consents[0].CustomerID {
			t.Errorf("consent of %d, not of %d", w.consents[0].CustomerID, n)
		}
		var name, attributes string
		if err := db.Row(ctx, `SELECT name, CAST(attributes AS TEXT) FROM customers WHERE external_id = '1'`).Scan(&name, &attributes); err != nil {
			t.Fatal(err)
		}
		if name != `Anna O"Neil` || !strings.Contains(attributes, "vip") || !strings.Contains(attributes, "total_spent") {
			t.Errorf("name %q, attributes %s", name, attributes)
		}
		before := w.content()
		i = w.done(importer.Request{Kind: importer.Customers, Name: "people.csv"}, strings.NewReader(file))
		w.expect(i, "6 rows: 0 created, 0 updated, 2 unchanged, 4 refused")
		if after := w.content(); after != before {
			t.Errorf("a second import changed\n%sinto\n%s", before, after)
		}
	})
}

// waitDone waits for the worker.
func (w *world) waitDone(which id.ID) {
	w.t.Helper()
	for {
		rest := w.Rest()
		if w.state(which).Status == importer.Done {
			return
		}
		select {
		case <-rest:
		case <-time.After(time.Minute):
			w.t.Fatalf("import %s is still %s", which, w.state(which).Status)
		}
	}
}
