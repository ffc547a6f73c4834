package importer_test

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math/big"
	"strings"
	"testing"
	"time"

	"rapport/internal/collect/importer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// scanCDNOW reads the file in the simplest way there is.
type cdnow struct {
	orders, cents, cds int64
	per                map[string]int64
	spent              map[string]int64
	first, last        string
}

func scanCDNOW(t *testing.T, r io.Reader) cdnow {
	t.Helper()
	c := cdnow{per: map[string]int64{}, spent: map[string]int64{}}
	lines := bufio.NewScanner(r)
	lines.Scan()
	for lines.Scan() {
		var who, day string
		var cds, dollars, cents int64
		if _, err := fmt.Sscanf(strings.TrimSpace(lines.Text()), "%s %s %d %d.%d", &who, &day, &cds, &dollars, &cents); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		c.orders++
		c.cds += cds
		c.cents += 100*dollars + cents
		c.per[who]++
		c.spent[who] += 100*dollars + cents
		if c.first == "" || day < c.first {
			c.first = day
		}
		c.last = max(c.last, day)
	}
	return c
}

func TestCDNOW(t *testing.T) {
	want := scanCDNOW(t, openData(t, "transactions/cdnow/CDNOW_master.txt"))
	once := int64(0)
	for _, n := range want.per {
		if n == 1 {
			once++
		}
	}
	if want.orders != 69_659 || len(want.per) != 23_570 || want.cents != 250_031_563 || once != 11_908 || want.cds != 167_881 {
		t.Fatalf("the scan itself gives %d orders, %d customers, %d cents, %d once, %d CDs", want.orders, len(want.per), want.cents, once, want.cds)
	}
	run := func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		begin := time.Now()
		i := w.done(importer.Request{Kind: importer.Orders}, openData(t, "transactions/cdnow/CDNOW_master.txt"))
		t.Logf("%.1f s, %.0f orders/s", time.Since(begin).Seconds(), float64(i.Rows)/time.Since(begin).Seconds())
		w.expect(i, "69659 rows: 69659 created, 0 updated, 0 unchanged, 0 refused")
		zone, _ := time.LoadLocation("Europe/London")
		instant := func(day string) int64 {
			d, err := time.ParseInLocation("20060102", day, zone)
			if err != nil {
				t.Fatal(err)
			}
			return d.UnixMicro()
		}
		for query, n := range map[string]int64{
			`SELECT COUNT(*) FROM orders WHERE status = 'placed'`: 69_659,
			`SELECT COUNT(DISTINCT customer_id) FROM orders`:      23_570,
			`SELECT SUM(total) FROM orders`:                       250_031_563,
			`SELECT SUM(reporting_total) FROM orders`:             250_031_563,
			`SELECT SUM(quantity) FROM order_lines`:               167_881_000,
			`SELECT SUM(total) FROM order_lines`:                  250_031_563,
			`SELECT COUNT(*) FROM customers`:                      23_570,
			`SELECT COUNT(*) FROM customers WHERE orders = 1`:     11_908,
			`SELECT SUM(total_spent) FROM customers`:              250_031_563,
			`SELECT MIN(first_order_at) FROM customers`:           instant(want.first),
			`SELECT MAX(last_order_at) FROM customers`:            instant(want.last),
		} {
			if got := w.number(query); got != n {
				t.Errorf("%s: %d, want %d", query, got, n)
			}
		}
		for _, who := range []string{"00001", "00002", "00003", "12345", "23570", "14048", "07592"} {
			if got := w.number(`SELECT orders FROM customers WHERE external_id = $1`, who); got != want.per[who] {
				t.Errorf("customer %s has %d orders, want %d", who, got, want.per[who])
			}
			if got := w.number(`SELECT total_spent FROM customers WHERE external_id = $1`, who); got != want.spent[who] {
				t.Errorf("customer %s spent %d, want %d", who, got, want.spent[who])
			}
		}
		before := w.content()
		heard := w.heard["order.changed"]
		begin = time.Now()
		i = w.done(importer.Request{Kind: importer.Orders}, openData(t, "transactions/cdnow/CDNOW_master.txt"))
		t.Logf("again: %.1f s", time.Since(begin).Seconds())
		w.expect(i, "69659 rows: 0 created, 0 updated, 69659 unchanged, 0 refused")
		if after := w.content(); after != before || w.heard["order.changed"] != heard {
			t.Errorf("a second import changed\n%sinto\n%s", before, after)
		}
	}
	t.Run("sqlite", func(t *testing.T) { run(t, dbtest.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) {
		if testing.Short() {
			t.Skip("long")
		}
		run(t, dbtest.Postgres(t))
	})
}

// onlineRetail gives the months as one file.
func onlineRetail(t *testing.T) io.Reader {
	t.Helper()
	var parts []io.Reader
	for n, month := range []string{"2010-12", "2011-01", "2011-02", "2011-03"} {
		z, err := gzip.NewReader(openData(t, "transactions/online-retail/online_retail_"+month+".csv.gz"))
		if err != nil {
			t.Fatal(err)
		}
		r := bufio.NewReader(z)
		if n > 0 {
			if _, err := r.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		parts = append(parts, r)
	}
	return io.MultiReader(parts...)
}

// TestOnlineRetail holds the import of a dirty file against sums made in another way: with exact fractions, invoice by invoice.
func TestOnlineRetail(t *testing.T) {
	type invoice struct {
		sold, back *big.Rat
		customer   string
		some       bool
		bad        bool
	}
	invoices := map[string]*invoice{}
	rows := 0
	r := csv.NewReader(onlineRetail(t))
	if _, err := r.Read(); err != nil {
		t.Fatal(err)
	}
	for {
		c, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows++
		v := invoices[c[0]]
		if v == nil {
			v = &invoice{sold: new(big.Rat), back: new(big.Rat)}
			invoices[c[0]] = v
		}
		q, _ := new(big.Rat).SetString(c[3])
		p, _ := new(big.Rat).SetString(c[5])
		if c[6] != "" {
			v.customer = c[6]
		}
		v.bad = v.bad || p.Sign() < 0
		sum := new(big.Rat).Mul(q, p)
		if q.Sign() < 0 {
			v.back.Sub(v.back, sum)
		} else {
			v.some = true
			v.sold.Add(v.sold, sum)
		}
	}
	var orders, guests, refused int64
	total, back := new(big.Rat), new(big.Rat)
	buyers := map[string]bool{}
	for _, v := range invoices {
		if v.bad || v.sold.Sign() == 0 && v.back.Sign() == 0 && (v.customer == "" || !v.some) {
			refused++
			continue
		}
		total.Add(total, v.sold)
		back.Add(back, v.back)
		if v.some {
			orders++
			if v.customer == "" {
				guests++
			}
		}
		if v.customer != "" {
			buyers[v.customer] = true
		}
	}
	cents := func(r *big.Rat) int64 {
		n := new(big.Rat).Mul(r, big.NewRat(100, 1))
		if !n.IsInt() {
			t.Fatalf("%s is no whole number of pence", n)
		}
		return n.Num().Int64()
	}
	w := newWorld(t, dbtest.SQLite(t))
	begin := time.Now()
	i := w.done(importer.Request{Kind: importer.OrderLines, Currency: "USD"}, onlineRetail(t))
	t.Logf("%d rows, %d orders (%d of guests), %d invoices refused: %.1f s; %s", rows, orders, guests, refused, time.Since(begin).Seconds(), counts(i))
	for query, want := range map[string]int64{
		`SELECT COUNT(*) FROM orders WHERE status = 'placed'`:                      orders,
		`SELECT COUNT(*) FROM orders WHERE status = 'placed' AND customer_id = 0`:  guests,
		`SELECT SUM(total) FROM orders`:                                            cents(total),
		`SELECT SUM(amount) FROM refunds`:                                          cents(back),
		`SELECT COUNT(*) FROM customers`:                                           int64(len(buyers)),
		`SELECT COUNT(*) FROM orders WHERE refunded > total AND status = 'placed'`: 0,
	} {
		if got := w.number(query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	if i.Rows != int64(rows) {
		t.Errorf("%d rows read, the file has %d", i.Rows, rows)
	}
	t.Logf("refunds found their order: %d, stood alone: %d", w.number(`SELECT COUNT(*) FROM refunds r JOIN orders o USING (customer_id, order_id) WHERE o.status = 'placed'`),
		w.number(`SELECT COUNT(*) FROM orders WHERE status = 'return'`))
	before := w.content()
	again := w.done(importer.Request{Kind: importer.OrderLines, Currency: "USD"}, onlineRetail(t))
	if after := w.content(); after != before || again.Created+again.Updated != 0 {
		t.Errorf("a second import (%s) changed\n%sinto\n%s", counts(again), before, after)
	}
}
