package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"rapport/internal/base/money"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb/dbtest"
)

// desk is the whole program with an owner and a key that writes.
type desk struct {
	*apitest.Client // the key's
	owner           *apitest.Client
	t               *testing.T
}

func eachDesk(t *testing.T, fn func(t *testing.T, d *desk)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			set := map[string]string{}
			if engine == "postgres" {
				set["database-url"] = dbtest.PostgresURL(t)
			}
			fn(t, newDesk(t, openForTest(t, set, false)))
		})
	}
}

func newDesk(t *testing.T, a *App) *desk {
	stranger := apitest.Serve(t, a.house.server)
	owner := stranger.Session(stranger.Post("/api/v1/setup", map[string]string{"email": "owner@shop.example", "name": "Olga", "password": "correct horse",
		"shop_name": "Shop", "currency": "EUR", "zone": "UTC", "language": "en"}).Want(201, "").Cookie(httpapi.CookieName))
	var made struct{ Key string }
	owner.Post("/api/v1/keys", map[string]any{"name": "Shop server", "scope": "write"}).Into(&made)
	return &desk{stranger.Bearer(made.Key), owner, t}
}

// seen is what the tests look at of an order.
type seen struct {
	ID, Status, Version, Coupon string
	CustomerID                  string `json:"customer_id"`
	Total, Refunded, Tax        money.Wire
	TaxIncluded                 bool `json:"tax_included"`
	Lines                       []struct {
		ProductID          string `json:"product_id"`
		SKU, Name          string
		Quantity, Returned float64
		Total              money.Wire
	}
	Refunds []struct {
		Key    string
		Amount money.Wire
	}
	History []struct {
		Kind, Via, Actor, Source, Status, Text string
		Changes                                []struct{ Field, From, To string }
	}
}

func (d *desk) order(a apitest.Answer) seen {
	d.t.Helper()
	var o seen
	a.Into(&o)
	return o
}

const firstOrder = `{"external_id":"A-1","currency":"EUR","placed_at":"2026-01-05T10:00:00Z",
	"customer":{"external_id":"C1","email":"ada@shop.example","name":"Ada"},
	"lines":[{"sku":"MUG","name":"Mug","quantity":3,"price":{"amount":"10.00","currency":"EUR"}},
		{"name":"Plate","quantity":1,"price":{"amount":"8.00","currency":"EUR"},"discount":{"amount":"1.00","currency":"EUR"}}],
	"discount":{"amount":"2.00","currency":"EUR"},"shipping":{"amount":"5.00","currency":"EUR"},"tax":{"amount":"4.00","currency":"EUR"}}`

func TestOrdersAreWritten(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		o := d.order(d.Post("/api/v1/orders", firstOrder).Want(201, ""))
		if o.Total.Amount != "44.00" || o.Status != "placed" || len(o.Lines) != 2 || o.Lines[0].ProductID == "0" || o.CustomerID == "0" {
			t.Fatalf("%+v", o)
		}
		if h := o.History; len(h) != 1 || h[0].Kind != "created" || h[0].Via != "api" || h[0].Actor != "Shop server" {
			t.Errorf("history %+v", h)
		}
		var c struct {
			Orders     int64
			Name       string
			TotalSpent money.Wire `json:"total_spent"`
		}
		d.Get("/api/v1/customers/" + o.CustomerID).Into(&c)
		if c.Orders != 1 || c.TotalSpent.Amount != "44.00" || c.Name != "Ada" {
			t.Errorf("the buyer is %+v", c)
		}
		if again := d.order(d.Post("/api/v1/orders", firstOrder).Want(200, "")); again.Version != o.Version || len(again.History) != 1 {
			t.Errorf("said again: %+v", again)
		}
		// A person changes it; somebody who saw the old one is told.
		o = d.order(d.owner.Do("PATCH", "/api/v1/orders/"+o.ID, fmt.Sprintf(`{"version":%q,"shipping":{"amount":"0.00","currency":"EUR"},"note":"Free, he waited"}`, o.Version)).Want(200, ""))
		if o.Total.Amount != "39.00" || len(o.History) != 3 || o.History[0].Text != "Free, he waited" || o.History[1].Actor != "Olga" || o.History[1].Via != "person" {
			t.Errorf("%+v", o)
		}
		d.owner.Do("PATCH", "/api/v1/orders/"+o.ID, `{"version":"old","coupon":"X"}`).Want(409, "order.edited")
		// One of three mugs comes back, then everything else.
		o = d.order(d.owner.Post("/api/v1/orders/"+o.ID+"/refunds", `{"lines":[{"line":1,"quantity":1}],"reason":"broken"}`).Want(201, ""))
		if o.Refunded.Amount != "10.00" || o.Lines[0].Returned != 1 {
			t.Errorf("%+v", o)
		}
		d.Post("/api/v1/orders/"+o.ID+"/refunds", `{"lines":[{"line":1,"quantity":3}]}`).Want(422, "order.invalid")
		d.Post("/api/v1/orders/"+o.ID+"/refunds", `{"amount":{"amount":"29.01","currency":"EUR"}}`).Want(422, "order.invalid")
		d.Post("/api/v1/orders/"+o.ID+"/refunds", `{"amount":{"amount":"1.00","currency":"USD"}}`).Want(422, "order.invalid")
		for range 2 { // one refund, however often it is heard of
			o = d.order(d.Post("/api/v1/orders/"+o.ID+"/refunds", `{"external_id":"R2"}`).Want(201, ""))
		}
		if o.Refunded.Amount != "39.00" || len(o.Refunds) != 2 {
			t.Errorf("%+v", o)
		}
		d.Post("/api/v1/orders/"+o.ID+"/refunds", `{}`).Want(422, "order.invalid")
		// Called off and taken back.
		o = d.order(d.owner.Do("PATCH", "/api/v1/orders/"+o.ID, `{"status":"cancelled"}`).Want(200, ""))
		if o.Status != "cancelled" {
			t.Errorf("%+v", o)
		}
		o = d.order(d.owner.Do("PATCH", "/api/v1/orders/"+o.ID, `{"status":"placed"}`).Want(200, ""))
		if o.Status != "placed" || o.History[0].Changes[0].From != "cancelled" {
			t.Errorf("%+v", o)
		}
		d.owner.Do("PATCH", "/api/v1/orders/"+o.ID, `{"status":"cancelled"}`).Want(200, "")
		d.Get("/api/v1/customers/" + o.CustomerID).Into(&c)
		if c.Orders != 0 || c.TotalSpent.Amount != "0.00" {
			t.Errorf("after the cancellation the buyer is %+v", c)
		}
	})
}

func TestHostileOrders(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		eur := func(s string) string { return `{"amount":"` + s + `","currency":"EUR"}` }
		for name, body := range map[string]string{
			"nothing":            `{}`,
			"no amount":          `{"total":{"amount":"x","currency":"EUR"}}`,
			"no currency":        `{"total":{"amount":"1","currency":"euro"}}`,
			"negative":           `{"total":` + eur("-1") + `}`,
			"huge":               `{"total":` + eur("99999999999999999999999") + `}`,
			"very large":         `{"lines":[{"name":"x","quantity":1000000,"price":` + eur("90000000000000") + `}]}`,
			"two currencies":     `{"total":` + eur("1") + `,"tax":{"amount":"1","currency":"USD"}}`,
			"no quantity":        `{"lines":[{"name":"x","quantity":0,"price":` + eur("1") + `}]}`,
			"negative quantity":  `{"lines":[{"name":"x","quantity":-1,"price":` + eur("1") + `}]}`,
			"a line of nothing":  `{"lines":[{"price":` + eur("1") + `}]}`,
			"no price":           `{"lines":[{"name":"x"}]}`,
			"unknown product":    `{"lines":[{"product_id":"77","price":` + eur("1") + `}]}`,
			"too much discount":  `{"lines":[{"name":"x","price":` + eur("1") + `}],"discount":` + eur("2") + `}`,
			"unknown customer":   `{"total":` + eur("1") + `,"customer":{"id":"12345"}}`,
			"no customer":        `{"total":` + eur("1") + `,"customer":{}}`,
			"bad address":        `{"total":` + eur("1") + `,"customer":{"email":"no address"}}`,
			"unknown field":      `{"total":` + eur("1") + `,"surprise":1}`,
			"unknown status":     `{"total":` + eur("1") + `,"status":"shipped"}`,
			"long number":        `{"total":` + eur("1") + `,"external_id":"` + strings.Repeat("x", 300) + `"}`,
			"a year of no shop":  `{"total":` + eur("1") + `,"placed_at":"9999-01-01T00:00:00Z"}`,
			"unknown shop":       `{"total":` + eur("1") + `,"shop_id":"99"}`,
			"refund of nobody's": `{"refunds":[{"external_id":"x"}]}`,
		} {
			if a := d.Post("/api/v1/orders", body); a.Status != 422 && a.Status != 404 {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		d.Post("/api/v1/orders", `not json`).Want(400, "request.malformed")
		d.Do("PATCH", "/api/v1/orders/99", `{"coupon":"x"}`).Want(404, "order.not_found")
		d.Post("/api/v1/orders/99/refunds", `{}`).Want(404, "order.not_found")
		// Odd text is kept harmless, and nothing above left a trace.
		o := d.order(d.Post("/api/v1/orders", `{"external_id":"odd\u0000\ud800","total":`+eur("1")+`,"coupon":"'; DROP TABLE orders; --","attributes":{"a\u0000":["\u0000"]}}`).Want(201, ""))
		if o.Coupon != "'; DROP TABLE orders; --" {
			t.Errorf("%+v", o)
		}
		var list struct{ Items []json.RawMessage }
		d.Get("/api/v1/orders").Into(&list)
		if len(list.Items) != 1 {
			t.Errorf("%d orders", len(list.Items))
		}
	})
}

func TestCustomersAndProductsAreEdited(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		var c struct {
			ID, Name, Email, Phone, City, Version string
			Attributes                            map[string]any
			ExternalID                            string `json:"external_id"`
		}
		d.Post("/api/v1/customers", `{"external_id":"C1","email":"ada@shop.example","name":"Ada","city":"Rome","attributes":{"vip":true,"size":"M"}}`).Into(&c)
		old := c.Version
		d.owner.Do("PATCH", "/api/v1/customers/"+c.ID, fmt.Sprintf(`{"version":%q,"city":"","name":"Ada L.","email":"ada@new.example","attributes":{"size":null}}`, old)).Into(&c)
		if c.City != "" || c.Name != "Ada L." || c.Email != "ada@new.example" || c.Attributes["vip"] != true {
			t.Errorf("%+v", c)
		}
		d.owner.Do("PATCH", "/api/v1/customers/"+c.ID, fmt.Sprintf(`{"version":%q,"city":"Pisa"}`, old)).Want(409, "customer.edited")
		d.owner.Do("PATCH", "/api/v1/customers/"+c.ID, `{"external_id":"C2"}`).Want(422, "customer.invalid")
		d.owner.Do("PATCH", "/api/v1/customers/"+c.ID, `{"birthday":"someday"}`).Want(422, "customer.invalid")
		d.owner.Do("PATCH", "/api/v1/customers/99", `{"city":"Pisa"}`).Want(404, "customer.not_found")
		// A guest is known by his address: it changes only with a number of his own.
		d.Post("/api/v1/customers", `{"email":"guest@shop.example","name":"Guest"}`).Into(&c)
		guest := c.ID
		d.owner.Do("PATCH", "/api/v1/customers/"+guest, `{"email":"other@shop.example"}`).Want(422, "customer.invalid")
		d.owner.Do("PATCH", "/api/v1/customers/"+guest, `{"city":"Oslo"}`).Into(&c)
		if c.ID != guest || c.City != "Oslo" {
			t.Errorf("%+v", c)
		}
		d.owner.Do("PATCH", "/api/v1/customers/"+guest, `{"external_id":"G1","email":"other@shop.example"}`).Into(&c)
		if c.ID != guest || c.Email != "other@shop.example" || c.ExternalID != "G1" {
			t.Errorf("%+v", c)
		}

		var p struct {
			ID, Name, SKU, Version string
			Stock                  *int64
			Price, Cost            *money.Wire
			Variants               []struct {
				ID, SKU string
				Price   *money.Wire
			}
		}
		d.Post("/api/v1/products", `{"external_id":"P1","name":"Shirt","price":{"amount":"10.00","currency":"EUR"},"cost":{"amount":"4.00","currency":"EUR"},"stock":5,
			"variants":[{"sku":"S-M","name":"M","price":{"amount":"10.00","currency":"EUR"}},{"sku":"S-L","name":"L"}]}`).Want(201, "").Into(&p)
		variant := p.Variants[0].ID
		old, p.Stock = p.Version, nil
		d.owner.Do("PATCH", "/api/v1/products/"+p.ID, fmt.Sprintf(`{"version":%q,"name":"Linen shirt","unset":["stock"],"variants":[{"sku":"S-M","name":"M"},{"sku":"S-XL","name":"XL"}]}`, old)).Into(&p)
		if p.Name != "Linen shirt" || p.Stock != nil || len(p.Variants) != 2 || p.Variants[0].ID != variant || p.Cost.Amount != "4.00" {
			t.Errorf("%+v", p)
		}
		d.owner.Do("PATCH", "/api/v1/products/"+p.ID, fmt.Sprintf(`{"version":%q,"name":"x"}`, old)).Want(409, "product.edited")
		for _, body := range []string{`{"name":""}`, `{"name":"","sku":""}`, `{"price":{"amount":"-1","currency":"EUR"}}`, `{"cost":{"amount":"1","currency":"USD"}}`, `{"stock":-1}`,
			`{"variants":[{"name":"a"},{"name":"a"}]}`, `{"variants":[{}]}`} {
			d.owner.Do("PATCH", "/api/v1/products/"+p.ID, body).Want(422, "product.invalid")
		}
	})
}

func TestBulk(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		var body strings.Builder
		for i := range 450 {
			fmt.Fprintf(&body, `{"external_id":"B-%d","total":{"amount":"2.00","currency":"EUR"},"customer":{"email":"b%d@shop.example"}}`+"\n", i%440, i%7)
			if i%100 == 50 {
				body.WriteString("\n{\"external_id\":\"bad\",\"total\":5}\nrubbish\n{\"lines\":[{\"product_id\":\"5\",\"price\":{\"amount\":\"1\",\"currency\":\"EUR\"}}]}\n")
			}
		}
		body.WriteString(`{"external_id":"long","coupon":"` + strings.Repeat("x", 2<<20) + `"}`)
		send := d.With("Content-Type", "application/x-ndjson")
		for round := range 2 {
			counts, last := map[string]int{}, 0
			for line := range strings.Lines(string(send.Post("/api/v1/orders/bulk", body.String()).Want(200, "").Body)) {
				var l struct {
					Line   int
					Status string
					Error  *struct{ Code string }
				}
				if err := json.Unmarshal([]byte(line), &l); err != nil || l.Line <= last || (l.Status == "refused") != (l.Error != nil) {
					t.Fatalf("%s after %d: %v", line, last, err)
				}
				last = l.Line
				counts[l.Status]++
			}
			if want := []int{440, 0}[round]; counts["created"] != want || counts["refused"] != 13 || counts["created"]+counts["updated"]+counts["unchanged"] != 450 {
				t.Errorf("round %d: %v", round, counts)
			}
		}
		d.With("Content-Type", "application/x-ndjson").Post("/api/v1/customers/bulk", "{\"email\":\"z@shop.example\"}\n{\"name\":\"nobody\"}\n").Want(200, "")
		d.With("Content-Type", "application/x-ndjson").Post("/api/v1/products/bulk", "{\"name\":\"Thing\",\"sku\":\"T\"}\n{\"sku\":\"T\",\"stock\":3}\n").Want(200, "")
		// The same key again gives the same answer, with other lines it is refused.
		key := send.With("Idempotency-Key", "bulk-1")
		one := `{"total":{"amount":"1.00","currency":"EUR"}}`
		first := key.Post("/api/v1/orders/bulk", one).Want(200, "")
		if again := key.Post("/api/v1/orders/bulk", one).Want(200, ""); string(again.Body) != string(first.Body) || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("%s then %s", first.Body, again.Body)
		}
		key.Post("/api/v1/orders/bulk", one+"\n"+one).Want(422, "idempotency.reused")
	})
}
