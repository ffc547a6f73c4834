package app

import (
	"net/url"
	"testing"

	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestFind: one box finds a customer, his order by any part of its number, by his name and by what he bought, and the product; on both engines,
// through the door of the whole program.
func TestFind(t *testing.T) {
	for _, engine := range []string{"embedded", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			set := map[string]string{}
			if engine == "postgres" {
				set["database-url"] = dbtest.PostgresURL(t)
			}
			a := openForTest(t, set, false)
			stranger := apitest.Serve(t, a.house.server)
			owner := stranger.Session(stranger.Post("/api/v1/setup", map[string]string{"email": "owner@shop.example", "name": "Owner", "password": "correct horse",
				"shop_name": "Shop", "currency": "EUR", "zone": "UTC", "language": "en"}).Want(201, "").Cookie(httpapi.CookieName))
			owner.Post("/api/v1/customers", `{"external_id":"c-1","name":"മോഹൻലാൽ Ada Lovelace","email":"ada@shop.example"}`).Want(200, "")
			owner.Post("/api/v1/products", `{"external_id":"p-1","sku":"TEA-9","name":"Blütentee","price":{"amount":"4.00","currency":"EUR"}}`).Want(201, "")
			owner.Post("/api/v1/orders", `{"external_id":"MM-1001","customer":{"external_id":"c-1"},"placed_at":"2026-05-01T10:00:00Z",
				"lines":[{"product_external_id":"p-1","quantity":2,"price":{"amount":"4.00","currency":"EUR"}}]}`).Want(201, "")
			find := func(q string) (kinds string) {
				t.Helper()
				var out struct {
					Items []struct{ Kind, Title string }
				}
				owner.Get("/api/v1/search?q="+url.QueryEscape(q)).Want(200, "").Into(&out)
				for _, h := range out.Items {
					kinds += h.Kind + " " + h.Title + "; "
				}
				return kinds
			}
			if err := a.house.outbox.Drain(t.Context()); err != nil { // the indexes follow by it
				t.Fatal(err)
			}
			const customer, order, product = "customer മോഹൻലാൽ Ada Lovelace; ", "order MM-1001; ", "product Blütentee; "
			for q, want := range map[string]string{
				"1001": order, "mm-1001": order, "lovelace": customer + order, "മോഹന്\u200dലാല്\u200d": customer + order, "ada@shop.example": customer + order,
				"blutentee": order + product, "tea-9": order + product, "xyzzy": "",
			} {
				if got := find(q); got != want {
					t.Errorf("%q finds %q, want %q", q, got, want)
				}
			}
		})
	}
}
