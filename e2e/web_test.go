package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/app/demo"
	"rapport/internal/base/clock"
)

// TestFirstStart goes through the web app as the one who has just installed it: set-up page, a shop that fills, and a tour in
// two languages, light and dark, phone to wide screen, by keyboard and without connection. axe finds nothing, the console is quiet.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	orders := map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword, "out": harness.Out(t, "web")}
	follow(t, harness.Drive(t, "set-up.mjs", orders))
	owner := harness.NewAPI(t, s.URL, "")
	owner.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	fillShop(t, owner)
	page := harness.All[harness.Customer](owner, "/api/v1/customers", map[string][]string{"q": {"احمدی"}, "limit": {"5"}})
	if len(page) == 0 {
		t.Fatal("nobody of the demo is called احمدی")
	}
	orders["customer"] = map[string]string{"name": page[0].Name, "email": page[0].Email}
	follow(t, harness.Drive(t, "tour.mjs", orders))
}

func fillShop(t *testing.T, owner *harness.API) {
	t.Helper()
	var write struct {
		Key string `json:"key"`
	}
	owner.Must("POST", "/api/v1/keys", map[string]any{"name": "demo", "scope": "write"}, &write)
	o := demo.Options{Door: &http.Client{Timeout: time.Minute}, Base: owner.URL, Seed: 7, Customers: 300, Clock: clock.System{},
		Keys: demo.Keys{Server: owner.IngestKey("shop", false), Browser: owner.IngestKey("page", true), API: write.Key}}
	if _, err := demo.Load(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// follow waits for a driver's end and fails the test for every trouble it tells of.
func follow(t *testing.T, d *harness.Driver) {
	t.Helper()
	for {
		var news struct {
			Trouble string
			Done    bool
		}
		if !d.Next(2*time.Minute, &news) {
			t.Fatalf("the driver ended early%s", harness.Quote(d.Stderr()))
		}
		if news.Trouble != "" {
			t.Error(news.Trouble)
		}
		if news.Done {
			return
		}
	}
}

func webIsBuilt(t *testing.T, base string) bool {
	t.Helper()
	res, err := http.Get(base + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode == 200 && strings.Contains(string(b), "<script")
}
