package e2e

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestTracker goes through a shop of another origin whose pages have the page tracker, put in as the documentation says: page views also without
// loading, a connection that goes away, consent, the browser's signals, a proxy with a strict policy, places where nothing may be stored.
// What the visitor did is there once, with the time at which he did it.
func TestTracker(t *testing.T) {
	t.Parallel()
	chromium := harness.Chromium(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	if !webIsBuilt(t, s.URL) {
		harness.Missing(t, "the tracker is not built into the program (make build)")
	}
	owner := s.Setup()
	orders := map[string]any{"url": s.URL, "chromium": chromium, "writeKey": owner.IngestKey("pages", true)}
	told := hearStories(t, harness.Drive(t, "tracker.mjs", orders))
	state := owner.Drained(30 * time.Second)
	t.Logf("%+v", state)
	if state.Refused != 0 {
		t.Errorf("%d events were refused", state.Refused)
	}
	for name, story := range told {
		for _, d := range story.Did {
			checkOnce(t, owner, name, d)
		}
	}
	for _, name := range []string{"Consent Waiting", "Consent Withdrawn", "Consent Dropped", "/withdrawn", "/dropped", "/private", "Signal Ignored",
		"Visit Circle", "Visit Huge"} {
		if n := len(owner.Events(name)); n != 0 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	for _, name := range []string{"Visit Pushed", "Unstored Frame", "Own Domain", "Proxied Early", "/one#/a", "/one#/b"} {
		if n := len(owner.Events(name)); n != 1 {
			t.Errorf("%s is there %d times, want once", name, n)
		}
	}
	if state.Duplicates == 0 { // the answer that was lost on purpose
		t.Error("nothing came twice, so nothing was proved about what comes twice")
	}
	checkVisit(t, owner, told["visit"].AnonymousID)
}

// did is something a visitor did; times in milliseconds.
type did struct {
	Event    string
	From, To int64
}

type story struct {
	Story, AnonymousID, Trouble string
	Did                         []did
	Took                        int64
	Done                        bool
}

func hearStories(t *testing.T, d *harness.Driver) map[string]story {
	t.Helper()
	told := map[string]story{}
	for {
		var news story
		if !d.Next(3*time.Minute, &news) {
			t.Fatalf("the driver ended early%s", harness.Quote(d.Stderr()))
		}
		switch {
		case news.Trouble != "":
			t.Error(news.Trouble)
		case news.Done:
			return told
		default:
			t.Logf("%s: %d ms", news.Story, news.Took)
			told[news.Story] = news
		}
	}
}

// checkOnce wants an event there once, at the time at which it happened.
func checkOnce(t *testing.T, owner *harness.API, story string, d did) {
	t.Helper()
	var found []harness.Event
	harness.Until(t, 20*time.Second, story+": "+d.Event+" is there", func() (bool, string) {
		found = owner.Events(d.Event)
		return len(found) > 0, "no such event"
	})
	if len(found) != 1 {
		t.Errorf("%s: %s is there %d times", story, d.Event, len(found))
	}
	// The tracker spreads events of one instant over milliseconds, and a new page counts from its script's start.
	const grace = 30
	if at := found[0].At.UnixMilli(); at < d.From-1 || at > d.To+grace {
		t.Errorf("%s: %s happened between 0 and %d ms, and is kept as at %d", story, d.Event, d.To-d.From, at-d.From)
	}
}

// checkVisit looks at what became of the visit from the newsletter to the order.
func checkVisit(t *testing.T, owner *harness.API, anonymous string) {
	t.Helper()
	ada := owner.Only("external_id=tracker-visitor")
	if c := owner.Only("anonymous_id=" + anonymous); c.ID != ada.ID {
		t.Errorf("what she did before she said who she is belongs to customer %s, want %s", c.ID, ada.ID)
	}
	type event struct {
		Kind, Name string
		SessionID  string `json:"session_id"`
		Properties struct {
			Title, Path, Search, Referrer string
			LCP, CLS, FCP, TTFB           *float64
			Query                         string
		}
		Context struct {
			Campaign struct{ Name, Source, Medium string }
			Page     struct{ URL string }
		}
	}
	all := harness.All[event](owner, "/api/v1/events", url.Values{"customer_id": {ada.ID}, "limit": {"500"}})
	slices.Reverse(all) // oldest first
	var pages, titles []string
	count := map[string]int{}
	visits := map[string]bool{}
	for _, e := range all {
		if e.Name != "Web Vitals" { // belongs to no visit
			visits[e.SessionID] = true
		}
		count[e.Name]++
		if e.Kind == "page" {
			pages = append(pages, e.Properties.Path+e.Properties.Search)
			titles = append(titles, e.Properties.Title)
		}
		if e.Name == "Web Vitals" {
			if v := e.Properties; v.TTFB == nil || v.FCP == nil || v.LCP == nil || v.CLS == nil || *v.FCP <= 0 || *v.LCP < *v.FCP || v.Path == "" {
				t.Errorf("web vitals without sense: %+v", v)
			}
		}
		if e.Name == "Products Searched" && e.Properties.Query != "laces" {
			t.Errorf("searched for %q", e.Properties.Query)
		}
	}
	landing := "/?utm_source=newsletter&utm_medium=email&utm_campaign=tracker-visit"
	if want := []string{landing, "/product/1", "/cart", "/app", "/app/a", "/app/b?q=1", "/app/c", "/app/d", "/app/a"}; !slices.Equal(pages, want) {
		t.Errorf("page views\n%q, want\n%q", pages, want)
	} else if want := []string{"Place A", "Place B", "Place B"}; !slices.Equal(titles[4:7], want) {
		t.Errorf("titles %q, want %q", titles[4:7], want)
	}
	for name, want := range map[string]int{"Product Viewed": 1, "Product Added": 1, "Cart Viewed": 1, "Checkout Started": 1, "Order Completed": 1,
		"Products Searched": 1, "Web Vitals": 4} {
		if count[name] != want {
			t.Errorf("%s is there %d times, want %d", name, count[name], want)
		}
	}
	if len(visits) != 1 {
		t.Errorf("one visit became %d", len(visits))
	}
	if first := all[0]; first.Context.Campaign.Name != "tracker-visit" || first.Context.Campaign.Source != "newsletter" || first.Context.Page.URL == "" {
		t.Errorf("the first event says %+v", first)
	}
	checkShopping(t, owner, ada.ID)
}

func checkShopping(t *testing.T, owner *harness.API, customer string) {
	t.Helper()
	type amount struct{ Amount, Currency string }
	carts := harness.All[struct {
		Status string
		Value  amount
		Lines  []struct {
			Product  string
			Quantity float64
		}
	}](owner, "/api/v1/carts", url.Values{"customer_id": {customer}})
	if len(carts) != 1 || carts[0].Status != "ordered" {
		t.Errorf("carts: %+v, want one that was ordered", carts)
	}
	var found struct {
		Items []struct {
			Total     amount `json:"total"`
			Confirmed bool
		}
	}
	owner.Get("/api/v1/orders?external_id=T-1001", &found)
	if len(found.Items) != 1 || found.Items[0].Total != (amount{"119.80", "EUR"}) || found.Items[0].Confirmed {
		t.Errorf("orders: %+v, want one of 119.80 EUR, unconfirmed", found.Items)
	}
	timeline := harness.All[struct {
		Kind, Name string
		Properties json.RawMessage
	}](owner, fmt.Sprintf("/api/v1/customers/%s/timeline", customer), url.Values{"limit": {"200"}})
	for _, want := range []string{"Product Added", "Visit Early", "/app/a", "Visit Leaving"} {
		if !slices.ContainsFunc(timeline, func(e struct {
			Kind, Name string
			Properties json.RawMessage
		}) bool {
			return e.Name == want
		}) {
			t.Errorf("%s is not in the timeline", want)
		}
	}
}
