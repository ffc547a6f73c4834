package importer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/importer"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// fragile lets a number of chunks pass and then dies in the middle of one, as a crash does.
type fragile struct {
	importer.People
	left int
}

var errCrash = errors.New("power cut")

func (f *fragile) ResolveRemembering(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, *customer.Formers, error) {
	r, m, err := f.People.ResolveRemembering(ctx, tx, signals, then)
	if f.left--; err == nil && f.left < 0 {
		err = errCrash
	}
	return r, m, err
}

// TestResume breaks imports off in the middle, over and over, and holds the end against an import that was left alone.
func TestResume(t *testing.T) {
	var orders, lines, noNumber strings.Builder
	orders.WriteString("order_id,date,customer_id,total,sku\n")
	noNumber.WriteString("date,customer_id,total\n")
	lines.WriteString("invoice,date,customer_id,sku,quantity,price\n")
	for i := range 2000 {
		fmt.Fprintf(&orders, "%d,2026-01-%02d,%d,%d.00,s%d\n", i, 1+i%28, i%300, i%50, i%7)
		fmt.Fprintf(&noNumber, "2026-01-%02d,%d,%d.00\n", 1+i%3, i%5, i%2)
		fmt.Fprintf(&lines, "%d,2026-01-%02d,%d,s%d,%d,2.50\n", i%700, 1+i%28, i%700%90, i%7, 1+i%3)
		if i%100 == 7 {
			orders.WriteString("bad,never,1,1,\n")
			fmt.Fprintf(&lines, "C%d,2026-02-01,%d,s%d,-1,2.50\n", i, i%700%90, i%7)
			fmt.Fprintf(&lines, "X%d,never,1,s1,1,1\n", i)
		}
	}
	for name, c := range map[string]struct {
		kind importer.Kind
		file string
	}{"orders": {importer.Orders, orders.String()}, "orders without number": {importer.Orders, noNumber.String()}, "order lines": {importer.OrderLines, lines.String()}} {
		t.Run(name, func(t *testing.T) {
			importer.SetChunk(t, 150)
			whole := newWorld(t, dbtest.SQLite(t))
			want := whole.done(importer.Request{Kind: c.kind}, strings.NewReader(c.file))

			w := newWorld(t, dbtest.SQLite(t))
			f := &fragile{People: w.people}
			w.Service.Customers = f
			i := w.start(importer.Request{Kind: c.kind}, strings.NewReader(c.file))
			breaks := 0
			for ; breaks < 50; breaks++ {
				f.left = 1 + breaks%2
				if err := w.RunOne(ctx, i.ID); err != nil {
					t.Fatal(err)
				}
				now := w.state(i.ID)
				if now.Status == importer.Done {
					break
				}
				if now.Status != importer.Failed {
					t.Fatalf("after a crash the import is %s", now.Status)
				}
				if _, err := w.Resume(ctx, i.ID); err != nil {
					t.Fatal(err)
				}
			}
			got := w.state(i.ID)
			if breaks < 3 || got.Status != importer.Done {
				t.Fatalf("%d breaks, %s", breaks, got.Status)
			}
			if counts(got) != counts(want) {
				t.Errorf("after %d breaks %s, want %s", breaks, counts(got), counts(want))
			}
			if a, b := whole.content(), w.content(); a != b {
				t.Errorf("after %d breaks\n%swant\n%s", breaks, b, a)
			}
			if a, b := whole.refused(want.ID), w.refused(i.ID); a != b {
				t.Errorf("refused rows differ:\n%s\nwant\n%s", b, a)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	i := w.start(importer.Request{Kind: importer.Orders}, strings.NewReader("order_id,date,total\n1,2026-01-01,5\n"))
	if _, err := w.Cancel(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.RunOne(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	if now := w.state(i.ID); now.Status != importer.Cancelled || now.Rows != 0 {
		t.Errorf("a cancelled import is %s with %d rows", now.Status, now.Rows)
	}
	if _, err := w.Cancel(ctx, i.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("cancelled twice: %v", err)
	}
	if _, err := w.Resume(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.RunOne(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	if now := w.state(i.ID); now.Status != importer.Done || now.Created != 1 {
		t.Errorf("a resumed import is %s with %s", now.Status, counts(now))
	}
	if _, err := w.Get(ctx, id.ID(5)); !errs.Is(err, errs.NotFound) {
		t.Errorf("an import that is not there: %v", err)
	}
	if _, err := w.Get(context.Background(), i.ID); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("a stranger sees imports: %v", err)
	}
}

// TestWorker has the worker run what waits, from before its start and after it.
func TestWorker(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	file := "order_id,date,total\n1,2026-01-01,5\n"
	first := w.start(importer.Request{Kind: importer.Orders}, strings.NewReader(file))
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	second := w.start(importer.Request{Kind: importer.Orders}, strings.NewReader(file))
	for _, i := range []importer.Import{first, second} {
		w.waitDone(i.ID)
	}
	if err := w.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if got := counts(w.state(second.ID)); got != "1 rows: 0 created, 0 updated, 1 unchanged, 0 refused" {
		t.Error(got)
	}
}

func TestWholeFileIsRefused(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for name, c := range map[string]struct {
		kind       importer.Kind
		file, code string
	}{
		"empty":          {importer.Orders, "", "import.empty"},
		"no such kind":   {"pictures", "a,b\n", "import.kind"},
		"no date":        {importer.Orders, "a,b\n1,2\n", "import.column_missing"},
		"not JSON":       {importer.Orders, "{\"a\":\n", "import.json"},
		"nobody is said": {importer.Customers, "colour,size\nred,5\n", "import.column_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.Create(ctx, importer.Request{Kind: c.kind, Name: "x.csv"}, strings.NewReader(c.file))
			if e := errs.As(err); e == nil || e.Code != c.code {
				t.Errorf("got %v, want %s", err, c.code)
			}
		})
	}
	i := w.run(importer.Request{Kind: importer.Orders}, strings.NewReader("order_id,date,total\n1,03/04/2026,5\n2,05/06/2026,5\n"))
	if i.Status != importer.Failed || !strings.Contains(i.Message, "date_format=dmy") || !strings.Contains(i.Message, "03/04/2026") {
		t.Errorf("%s: %s", i.Status, i.Message)
	}
	w.done(importer.Request{Kind: importer.Orders, Mapping: map[string]string{"date_format": "dmy"}}, strings.NewReader("order_id,date,total\n1,03/04/2026,5\n2,05/06/2026,5\n"))
	if n := w.number(`SELECT placed_day FROM orders WHERE external_id = '1'`); n != 20545 { // 3 April, 00:00 in London's summer, is 2 April UTC
		t.Errorf("placed on day %d", n)
	}
}

func TestJSONL(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	i := w.done(importer.Request{Kind: importer.Orders, Name: "orders.jsonl"}, strings.NewReader(
		`{"order_id": 7, "date": "2026-01-02T10:00:00Z", "total": 12.5, "customer": {"email": "a@example.com"}, "currency": "EUR"}`+"\n"+
			`{"order_id": "8", "date": "2026-01-02T10:00:00Z", "total": "x"}`+"\n"+`nonsense`+"\n\n"+
			`{"order_id": "9", "date": "2026-01-02T10:00:00Z", "total": "3"}`))
	w.expect(i, "4 rows: 2 created, 0 updated, 0 unchanged, 2 refused")
	if n := w.number(`SELECT COUNT(*) FROM orders WHERE external_id = '7' AND total = 1250 AND currency = 'EUR' AND customer_id <> 0`); n != 1 {
		t.Error("the order is not what the object says")
	}
}
