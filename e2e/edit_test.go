package e2e

import (
	"testing"

	"rapport/e2e/harness"
)

// TestEditByHand writes and changes a customer, a product and an order as a person does: mistakes are told at their fields, somebody else's
// newer change is not lost, part of an order comes back, an order is cancelled, undone, cancelled and taken back. In English and Persian.
func TestEditByHand(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	owner := s.Setup()
	owner.Must("PATCH", "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil)
	follow(t, harness.Drive(t, "edit.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "edit")}))
	var customers struct {
		Items []struct {
			Name, Email string
			Orders      int64
			TotalSpent  struct{ Amount string } `json:"total_spent"`
		}
	}
	owner.Get("/api/v1/customers?email=ada@shop.example", &customers)
	if len(customers.Items) != 1 || customers.Items[0].Orders != 1 || customers.Items[0].TotalSpent.Amount != "81.00" {
		t.Errorf("the buyer is %+v", customers.Items)
	}
}
