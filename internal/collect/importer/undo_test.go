package importer_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/errs"
	"rapport/internal/collect/importer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// everything gives the rows of every table that an import writes to, without what only says when something was last written.
func (w *world) everything() string {
	w.t.Helper()
	var b strings.Builder
	for _, q := range []string{
		`SELECT customer_id, external_id, name, email, phone, country, attributes, orders, total_spent, total_refunded, first_order_at, last_order_at, merged_into FROM customers ORDER BY customer_id`,
		`SELECT value, kind, customer_id FROM identity_keys ORDER BY value, kind`,
		`SELECT customer_id, kind, value, via FROM customer_identities ORDER BY customer_id, kind, value, via`,
		`SELECT identity, traits FROM loose_traits ORDER BY identity, at, hash`,
		`SELECT customer_id, order_id, external_id, status, placed_at, total, refunded, reporting_total, coupon, source_id, content_at, cancelled_at FROM orders ORDER BY order_id`,
		`SELECT customer_id, order_id, line, sku, name, quantity, price, total FROM order_lines ORDER BY customer_id, order_id, line`,
		`SELECT customer_id, order_id, refund_key, amount FROM refunds ORDER BY customer_id, order_id, refund_key`,
		`SELECT external_id, order_id, customer_id FROM order_keys ORDER BY external_id`,
		`SELECT external_id, sku, name, price, stock, attributes, sighted FROM products WHERE NOT sighted ORDER BY external_id`,
		`SELECT v.external_id, v.name, v.price, v.stock FROM variants v JOIN products p ON p.product_id = v.product_id ORDER BY p.external_id, v.external_id`,
	} {
		rows, err := w.db.Query(ctx, q)
		if err != nil {
			w.t.Fatalf("%s: %v", q, err)
		}
		names, err := rows.Columns()
		if err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&b, q)
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				w.t.Fatal(err)
			}
			for _, v := range values {
				if t, ok := v.([]byte); ok {
					v = string(t)
				}
				fmt.Fprintf(&b, "%v|", v)
			}
			b.WriteByte('\n')
		}
		if err := rows.Err(); err != nil {
			w.t.Fatal(err)
		}
		_ = rows.Close()
	}
	return b.String()
}

func (w *world) undo(i importer.Import) importer.Import {
	w.t.Helper()
	if _, err := w.Undo(ctx, i.ID); err != nil {
		w.t.Fatal(err)
	}
	if err := w.RunOne(ctx, i.ID); err != nil {
		w.t.Fatal(err)
	}
	now := w.state(i.ID)
	if now.Status != importer.Undone {
		w.t.Fatalf("the undoing ended as %s: %s", now.Status, now.Message)
	}
	return now
}

// TestUndo imports on top of what is there and takes it back: everything must be as it was, whatever the kind of the file.
func TestUndo(t *testing.T) {
	before := map[importer.Kind]string{
		importer.Customers:  "id,email,name,city,points\n1,a@example.com,Ann,Paris,10\n2,b@example.com,Bob,,5\n",
		importer.Orders:     "order_id,date,customer_id,email,total,refunded,sku\nA1,2026-01-02,1,,10.00,,s1\nA2,2026-01-03,,guest@example.com,20.00,5.00,s2\n",
		importer.OrderLines: "invoice,date,customer_id,sku,quantity,price\nL1,2026-01-02,1,s1,2,1.50\nL1,2026-01-02,1,s2,1,4.00\n",
		importer.Products:   "product_id,sku,name,price,stock\np1,s1,Shirt,10.00,5\np2,s2,Hat,12.00,7\n",
	}
	after := map[importer.Kind]string{
		importer.Customers:  "id,email,phone,name,city,points\n1,a@example.com,+447700900123,Ann B,Rome,11\n2,b@example.com,,Bob,,5\n3,c@example.com,,Cid,,\n,guest@example.com,,Gus,Bonn,\n",
		importer.Orders:     "order_id,date,customer_id,email,total,refunded,sku\nA1,2026-01-02,1,,11.00,,s9\nA2,2026-01-03,,guest@example.com,20.00,20.00,s2\nA3,2026-01-04,7,z@example.com,5.00,,s1\nA4,2026-02-04,,a@example.com,6.00,,s1\n",
		importer.OrderLines: "invoice,date,customer_id,sku,quantity,price\nL1,2026-01-02,1,s1,3,1.50\nL2,2026-01-05,8,s2,1,4.00\nL2,2026-01-05,8,s2,-1,4.00\nC3,2026-01-06,8,s2,-1,4.00\n",
		importer.Products:   "product_id,sku,name,price,stock\np1,s1,Shirt blue,11.00,5\np2,s2,Hat,12.00,7\np3,s3,Sock,3.00,9\n",
	}
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		for _, k := range []importer.Kind{importer.Products, importer.Customers, importer.Orders, importer.OrderLines} {
			w.done(importer.Request{Kind: k}, strings.NewReader(before[k]))
		}
		for k, file := range after {
			was := w.everything()
			i := w.done(importer.Request{Kind: k}, strings.NewReader(file))
			if is := w.everything(); is == was || i.Created == 0 || i.Updated == 0 {
				t.Fatalf("%s: the import changed nothing: %s", k, counts(i))
			}
			u := w.undo(i).Notes.Undo
			if is := w.everything(); is != was {
				t.Errorf("%s: after the undo\n%s", k, cmp.Diff(strings.Split(was, "\n"), strings.Split(is, "\n")))
			}
			if u.Kept != 0 || u.Removed == 0 || u.Restored == 0 {
				t.Errorf("%s: %+v", k, *u)
			}
			if err := w.RunOne(ctx, i.ID); err != nil || w.everything() != was {
				t.Errorf("%s: undone twice: %v", k, err)
			}
			if _, err := w.Undo(ctx, i.ID); !errs.Is(err, errs.Conflict) {
				t.Errorf("%s: undone once more: %v", k, err)
			}
			again := w.done(importer.Request{Kind: k}, strings.NewReader(file))
			if again.Created != i.Created || again.Updated != i.Updated {
				t.Errorf("%s: imported again %s, at first %s", k, counts(again), counts(i))
			}
			w.undo(again)
		}
	})
}

// TestUndoKeeps changes things after an import: what somebody has changed since stays.
func TestUndoKeeps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		i := w.done(importer.Request{Kind: importer.Orders}, strings.NewReader("order_id,date,customer_id,total\n1,2026-01-01,a,1\n2,2026-01-01,b,2\n3,2026-01-01,c,3\n4,2026-01-01,d,4\n"))
		w.done(importer.Request{Kind: importer.Orders}, strings.NewReader("order_id,date,customer_id,total\n1,2026-01-01,a,9\n5,2026-01-01,c,5\n"))
		err := w.db.Tx(ctx, func(tx *sqldb.Tx) error {
			_, err := w.orders.Apply(ctx, tx, []order.Change{{ShopID: shop, ExternalID: "2", Refunds: []order.Refund{{Key: "r", At: 1, Amount: 100, Confirmed: true}}}})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		u := w.undo(i).Notes.Undo
		// Gone are orders 3 and 4 and customer d; 1 and 2 were changed; a and b have orders that stayed, c has another one.
		if u.Removed != 3 || u.Kept != 5 || u.Reasons["changed"] != 2 || u.Reasons["orders"] != 3 {
			t.Errorf("%+v", *u)
		}
		if n := w.number(`SELECT COUNT(*) FROM orders`); n != 3 {
			t.Errorf("%d orders are left", n)
		}
		if n := w.number(`SELECT orders FROM customers WHERE external_id = 'c'`); n != 1 {
			t.Errorf("c has %d orders", n)
		}
		if n := w.number(`SELECT COUNT(*) FROM customers WHERE external_id = 'd'`); n != 0 {
			t.Error("d is still there")
		}
	})
}

// TestUndoResumes stops an undoing after every chunk.
func TestUndoResumes(t *testing.T) {
	importer.SetChunk(t, 10)
	w := newWorld(t, dbtest.SQLite(t))
	was := w.everything()
	var b strings.Builder
	b.WriteString("order_id,date,customer_id,total\n")
	for n := range 95 {
		fmt.Fprintf(&b, "%d,2026-01-01,c%d,1\n", n, n%20)
	}
	i := w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(b.String()))
	if _, err := w.Undo(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	steps := 0
	for ; w.state(i.ID).Status == importer.Undoing; steps++ {
		if steps > 20 {
			t.Fatal("the undoing does not come to an end")
		}
		if err := w.UndoOneChunk(ctx, i.ID); err != nil {
			t.Fatal(err)
		}
	}
	if steps < 5 {
		t.Errorf("undone in %d steps", steps)
	}
	if is := w.everything(); is != was {
		t.Errorf("after the undo\n%s", is)
	}
	if u := w.state(i.ID).Notes.Undo; u.Removed != 95+20 || u.Kept != 0 {
		t.Errorf("%+v", *u)
	}
}

// TestUndoOfAHalf takes back an import that was stopped half-way; its file is needed no more then.
func TestUndoOfAHalf(t *testing.T) {
	importer.SetChunk(t, 1)
	w := newWorld(t, dbtest.SQLite(t))
	was := w.everything()
	i := w.start(importer.Request{Kind: importer.Customers}, strings.NewReader("id,email\n1,a@example.com\n2,b@example.com\n"))
	w.Customers = &fragile{People: w.Customers, left: 1}
	if err := w.RunOne(ctx, i.ID); err != nil {
		t.Fatal(err)
	}
	if now := w.state(i.ID); now.Status != importer.Failed || now.Created != 1 {
		t.Fatalf("%+v", now)
	}
	w.undo(i)
	if is := w.everything(); is != was {
		t.Errorf("after the undo\n%s", is)
	}
	if left, err := filepath.Glob(w.Dir + "/*/data"); err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// TestUndoAcrossChunks takes back what several chunks, and then several imports, did to the same people and products.
func TestUndoAcrossChunks(t *testing.T) {
	importer.SetChunk(t, 2)
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.tick = time.Millisecond
		w.done(importer.Request{Kind: importer.Customers}, strings.NewReader("id,email,city\n1,a@example.com,Paris\n"))
		w.done(importer.Request{Kind: importer.Products}, strings.NewReader("product_id,sku,name,price\np1,s1,Shirt,10.00\n"))
		files := map[importer.Kind]string{
			importer.Customers: "id,email,city\n1,a@example.com,Rome\n2,b@example.com,Oslo\n3,c@example.com,Bonn\n1,a@example.com,Kyiv\n2,b@example.com,Riga\n3,c@example.com,Cork\n1,a@example.com,Bern\n",
			importer.Products:  "product_id,sku,name,price\np1,s1,Shirt,11.00\np2,s2,Hat,12.00\np3,s3,Sock,3.00\np1,s1,Shirt,12.00\np2,s2,Hat,13.00\np3,s3,Sock,4.00\np1,s1,Shirt,13.00\n",
		}
		for k, file := range files {
			was := w.everything()
			first := w.done(importer.Request{Kind: k}, strings.NewReader(file))
			between := w.everything()
			second := w.done(importer.Request{Kind: k}, strings.NewReader(strings.NewReplacer("Bern", "Turin", "13.00", "14.00", "Cork", "Lyon").Replace(file)))
			for _, step := range []struct {
				undone importer.Import
				want   string
			}{{second, between}, {first, was}} {
				u := w.undo(step.undone).Notes.Undo
				if is := w.everything(); is != step.want {
					t.Errorf("%s: after the undo\n%s", k, cmp.Diff(strings.Split(step.want, "\n"), strings.Split(is, "\n")))
				}
				if u.Kept != 0 {
					t.Errorf("%s: %+v", k, *u)
				}
			}
		}
	})
}
