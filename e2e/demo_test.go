package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/app/demo"
	"rapport/internal/base/clock"
	"rapport/internal/base/money"
)

// TestDemoShop loads the made-up shop twice and compares what the server says of it with what the generator knows.
func TestDemoShop(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	var write struct {
		Key string `json:"key"`
	}
	owner.Must("POST", "/api/v1/keys", map[string]any{"name": "demo", "scope": "write"}, &write)
	o := demo.Options{Door: &http.Client{Timeout: time.Minute}, Base: s.URL, Seed: 7, Customers: 500, Clock: clock.System{},
		Keys: demo.Keys{Server: owner.IngestKey("shop", false), Browser: owner.IngestKey("page", true), API: write.Key}}
	began := time.Now()
	shop, err := demo.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	first := owner.Drained(time.Minute)
	t.Logf("%d events in %s: %+v", first.Accepted, time.Since(began).Round(time.Millisecond), first)
	if first.Refused != 0 || first.Duplicates != 0 {
		t.Errorf("the demo sends what is refused or sent twice: %+v", first)
	}
	if _, err := demo.Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if again := owner.Drained(time.Minute); again != first {
		t.Errorf("a second load changes %+v into %+v", first, again)
	}
	checkDemo(t, owner, shop)
}

func checkDemo(t *testing.T, owner *harness.API, shop *demo.Shop) {
	t.Helper()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	rates := demoRates(t, shop)
	euros := func(f demo.Fact, placed time.Time) int64 {
		m, err := money.New(f.Amount, f.Currency).Convert("EUR", rates[clock.DayString(clock.Day(placed, berlin))+f.Currency])
		if err != nil {
			t.Fatal(err)
		}
		return m.Minor
	}
	orders, cancelled := map[string]demo.Fact{}, map[string]bool{}
	var revenue, refunds int64
	shop.Facts(func(f demo.Fact) {
		switch f.Kind {
		case demo.Ordered:
			orders[f.Order] = f
		case demo.Cancelled:
			cancelled[f.Order] = true
		case demo.Refunded:
			refunds += euros(f, orders[f.Order].At)
		}
	})
	for number, f := range orders {
		if !cancelled[number] {
			revenue += euros(f, f.At)
		}
	}
	var overview struct {
		Orders      int64                             `json:"orders"`
		Revenue     struct{ Amount, Currency string } `json:"revenue"`
		Refunds     struct{ Amount, Currency string } `json:"refunds"`
		Unconverted int64                             `json:"unconverted_orders"`
		Events      int64                             `json:"events"`
		Sessions    int64                             `json:"sessions"`
	}
	query := url.Values{"from": {shop.Anchor().AddDate(-2, 0, -7).Format(time.DateOnly)}, "to": {shop.Anchor().AddDate(0, 0, 3).Format(time.DateOnly)}}
	want := int64(len(orders) - len(cancelled))
	harness.Until(t, 30*time.Second, "the overview has the orders", func() (bool, string) {
		owner.Get("/api/v1/reports/overview?"+query.Encode(), &overview)
		return overview.Orders == want, fmt.Sprintf("%+v, want %d orders", overview, want)
	})
	if overview.Unconverted != 0 {
		t.Errorf("%d orders have no exchange rate", overview.Unconverted)
	}
	if got := harness.Cents(t, overview.Revenue.Amount); got != revenue || overview.Revenue.Currency != "EUR" {
		t.Errorf("revenue %+v, want %d cents", overview.Revenue, revenue)
	}
	if got := harness.Cents(t, overview.Refunds.Amount); got != refunds {
		t.Errorf("refunds %+v, want %d cents", overview.Refunds, refunds)
	}
	if overview.Sessions == 0 || overview.Events == 0 {
		t.Errorf("the overview is poor: %+v", overview)
	}
	type product struct{ Name, Image string }
	if n := len(harness.All[product](owner, "/api/v1/products", url.Values{"limit": {"200"}})); n != len(shop.Products()) {
		t.Errorf("%d products, want %d", n, len(shop.Products()))
	}
}

// demoRates reads the rates that the shop brings, by day and currency.
func demoRates(t *testing.T, shop *demo.Shop) map[string]int64 {
	t.Helper()
	var b bytes.Buffer
	if err := shop.WriteRates(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rates := map[string]int64{}
	for _, r := range rows[1:] {
		if rates[r[0]+r[1]], err = money.ParseMinor(r[2], 9); err != nil {
			t.Fatal(err)
		}
	}
	return rates
}
