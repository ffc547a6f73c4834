package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestImportWizard sends files through the wizard in a real browser: one that is no table, one whose columns must be pointed out, CDNOW, and a web log. An
// import is taken back, a draft is left and taken up again, another is discarded; what is stored is asked of the API.
func TestImportWizard(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	cdnow := wizardFile(t, "transactions/cdnow/CDNOW_master.txt")
	log := wizardFile(t, "clickstream/access-logs/semicomplete_apache_combined_10k.log.gz")
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	owner := s.Setup()
	owner.Must("PATCH", "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil)
	follow(t, harness.Drive(t, "wizard.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "wizard"), "cdnow": cdnow, "log": log}))
	owner.Drained(time.Minute)
	var overview struct {
		Orders    int64                             `json:"orders"`
		Customers int64                             `json:"customers"`
		Revenue   struct{ Amount, Currency string } `json:"revenue"`
	}
	harness.Until(t, time.Minute, "the overview has CDNOW and nothing else", func() (bool, string) {
		owner.Get("/api/v1/reports/overview?from=1997-01-01&to=1998-12-31", &overview)
		return overview.Orders == 69_659 && overview.Customers == 23_570, fmt.Sprintf("%+v", overview)
	})
	if got := harness.Cents(t, overview.Revenue.Amount); got != 250_031_563 {
		t.Errorf("revenue %s, want 2500315.63", overview.Revenue.Amount)
	}
	var list struct {
		Items []struct {
			Status string `json:"status"`
		} `json:"items"`
	}
	owner.Get("/api/v1/imports", &list)
	if len(list.Items) != 3 || list.Items[0].Status != "undone" || list.Items[1].Status != "done" || list.Items[2].Status != "undone" {
		t.Errorf("imports are %+v, want the log undone, CDNOW done and the first undone", list.Items)
	}
	left, err := filepath.Glob(filepath.Join(dir, "imports", "*", "data"))
	if err != nil || len(left) != 0 {
		t.Errorf("files of imports stay behind: %v %v", left, err)
	}
}

// wizardFile finds published test data.
func wizardFile(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("RAPPORT_TESTDATA")
	if root == "" {
		root = filepath.Join(harness.Root(), "..", "shared", "data")
	}
	full, err := filepath.Abs(filepath.Join(root, path))
	if err == nil {
		_, err = os.Stat(full)
	}
	if err != nil {
		harness.Missing(t, "test data is missing: %v", err)
	}
	return full
}
