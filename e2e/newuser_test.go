package e2e

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestNewUser is what somebody does who has just downloaded Rapport: he begins with an empty directory, makes his account, copies the snippet into his shop,
// watches the first event arrive, sends his catalogue and the orders of his past (CDNOW), and looks up one customer, whose visit and orders are one story.
func TestNewUser(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	catalogue := wizardFile(t, "catalog/shopify/jewelery.csv")
	cdnow := wizardFile(t, "transactions/cdnow/CDNOW_master.txt")
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	follow(t, harness.Drive(t, "newuser.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "newuser"), "catalogue": catalogue, "cdnow": cdnow}))

	// What he saw is what is stored.
	owner := harness.NewAPI(t, s.URL, "")
	owner.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	if state := owner.Drained(30 * time.Second); state.Refused != 0 {
		t.Errorf("%d events were refused", state.Refused)
	}
	var overview struct {
		Orders       int64                   `json:"orders"`
		Customers    int64                   `json:"customers"`
		NewCustomers int64                   `json:"new_customers"`
		Revenue      struct{ Amount string } `json:"revenue"`
	}
	owner.Get("/api/v1/reports/overview?from=1997-01-01&to=1998-07-01", &overview)
	if overview.Orders != 69_659 || overview.Customers != 23_570 || overview.NewCustomers != 23_570 || harness.Cents(t, overview.Revenue.Amount) != 250_031_563 {
		t.Errorf("CDNOW as published has 69,659 orders of 23,570 customers for 2500315.63 dollars; the overview says %+v", overview)
	}
	who := owner.Only("external_id=00004")
	if who.Orders != 4 || harness.Cents(t, who.Spent.Amount) != 10_050 || who.Spent.Currency != "USD" {
		t.Errorf("customer 00004 has %d orders for %+v, want four for 100.50 USD", who.Orders, who.Spent)
	}
	type item struct{ Kind, Name string }
	story := harness.All[item](owner, "/api/v1/customers/"+who.ID+"/timeline", url.Values{"limit": {"200"}})
	count := map[item]int{}
	for _, i := range story {
		if !slices.Contains([]string{"order", "page", "track", "identify"}, i.Kind) {
			continue
		}
		if i.Kind == "order" {
			i.Name = ""
		}
		count[i]++
	}
	for i, want := range map[item]int{{"order", ""}: 4, {"track", "Product Viewed"}: 1, {"identify", ""}: 1} {
		if count[i] != want {
			t.Errorf("the timeline has %d of %+v, want %d: %+v", count[i], i, want, story)
		}
	}
}
