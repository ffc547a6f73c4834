package e2e

import (
	"testing"

	"rapport/e2e/harness"
)

// TestLists works with the lists as a person does: searches, narrows by filters, sorts, chooses columns, sends the address to a colleague,
// opens a cart and a product, and takes lists out as files, which hold exactly the rows that are shown. In English and Persian, from a phone
// to a television.
func TestLists(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	owner := s.Setup()
	owner.Must("PATCH", "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil)
	fillShop(t, owner)
	follow(t, harness.Drive(t, "lists.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "lists")}))
	var audit struct {
		Items []struct {
			Action string
			Detail map[string]any
		}
	}
	owner.Get("/api/v1/audit?subject=list:orders", &audit)
	if len(audit.Items) < 2 || audit.Items[0].Action != "orders.export_ended" || audit.Items[0].Detail["whole"] != true || audit.Items[1].Action != "orders.exported" {
		t.Errorf("the audit does not tell that orders were taken out: %+v", audit.Items)
	}
}
