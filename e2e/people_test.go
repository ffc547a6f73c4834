package e2e

import (
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestPeople lets an owner invite somebody who comes in with a browser of his own, sees only what his role opens, gets a new password by a
// link and signs out everywhere. What the links hold stands nowhere in the server's log, though it tells everything.
func TestPeople(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0", "RAPPORT_LOG_LEVEL=debug")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	owner := s.Setup()
	owner.Must("PATCH", "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil)
	d := harness.Drive(t, "people.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "people")})
	var news struct {
		Trouble, Link, Renew string
		Done                 bool
	}
	for !news.Done {
		news.Trouble = ""
		if !d.Next(2*time.Minute, &news) {
			t.Fatalf("the driver ended early%s", harness.Quote(d.Stderr()))
		}
		if news.Trouble != "" {
			t.Error(news.Trouble)
		}
	}
	log := s.Log()
	if !strings.Contains(log, "/api/v1/welcome/accept") {
		t.Error("the log does not tell of requests; nothing can be said about what it leaves out")
	}
	for _, link := range []string{news.Link, news.Renew} {
		_, token, ok := strings.Cut(link, "#")
		if !ok || strings.Contains(log, token) {
			t.Errorf("the token of %q stands in the log", link)
		}
	}
}

// TestGuidedStart takes the first steps after the set-up: the shop, the snippet with the real address and key, the first event as it comes,
// and the rest in another browser, since what is done is kept by the server.
func TestGuidedStart(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the web app is not built into the program (make build)")
	}
	owner := s.Setup()
	follow(t, harness.Drive(t, "start.mjs", map[string]any{"url": s.URL, "chromium": chromium, "email": harness.OwnerEmail, "password": harness.OwnerPassword,
		"out": harness.Out(t, "start")}))
	var settings struct {
		Start map[string]bool `json:"start"`
	}
	owner.Get("/api/v1/settings", &settings)
	for _, step := range []string{"shop", "source", "event", "people", "closed"} {
		if !settings.Start[step] {
			t.Errorf("the server does not remember that %q is done: %v", step, settings.Start)
		}
	}
}
