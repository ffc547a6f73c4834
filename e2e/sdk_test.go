package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestSDKsAcrossARestart lets each unmodified SDK send while the server is stopped and started again. Afterwards every event is there
// once, with the person who sent it: what he did anonymously has come to him.
func TestSDKsAcrossARestart(t *testing.T) {
	count := harness.Short(300, 10_000)
	for _, sdk := range []struct {
		name, script, sdk string
		browser           bool
		people            int
	}{
		{name: "segment-node", script: "segment-node.mjs", people: 6},
		{name: "rudder-node", script: "rudder-node.mjs", people: 6},
		{name: "segment-browser", script: "sdk-browser.mjs", sdk: "segment", browser: true, people: 1},
		{name: "rudder-browser", script: "sdk-browser.mjs", sdk: "rudder", browser: true, people: 1},
	} {
		t.Run(sdk.name, func(t *testing.T) {
			t.Parallel()
			chromium := ""
			if sdk.browser {
				chromium = harness.Chromium(t)
			}
			s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
			owner := s.Setup()
			key := owner.IngestKey(sdk.name, sdk.browser)
			d := harness.Drive(t, sdk.script, map[string]any{"url": s.URL, "writeKey": key, "count": count, "name": sdk.name, "people": sdk.people, "sdk": sdk.sdk, "chromium": chromium})
			anonymous := sendAcrossRestart(t, d, s, count)
			checkSDK(t, owner, sdk.name, count, sdk.people, anonymous)
		})
	}
}

// sendAcrossRestart follows a driver, restarts the server in the middle, and gives the browser's anonymous id, if there is one.
func sendAcrossRestart(t *testing.T, d *harness.Driver, s *harness.Server, count int) (anonymous string) {
	t.Helper()
	restarted := false
	for {
		var news struct {
			Sent        int
			Done        bool
			AnonymousID string
			Lost        []string
			Refused     []int
		}
		if !d.Next(harness.Short(90*time.Second, 5*time.Minute), &news) {
			t.Fatalf("the driver ended early%s", harness.Quote(d.Stderr()))
		}
		if news.Sent >= count/2 && !restarted {
			restarted = true
			s.Terminate()
			s.Again()
		}
		if !news.Done {
			continue
		}
		if !restarted {
			t.Fatal("the driver was done before the restart")
		}
		if len(news.Lost) > 0 {
			t.Errorf("the SDK gave up events: %v", news.Lost)
		}
		if len(news.Refused) > 0 {
			t.Logf("answers that were not 200: %v", news.Refused)
		}
		return news.AnonymousID
	}
}

func checkSDK(t *testing.T, owner *harness.API, name string, count, people int, anonymous string) {
	t.Helper()
	state := owner.Drained(time.Minute)
	t.Logf("%+v", state)
	if state.Refused != 0 {
		t.Errorf("%d events were refused", state.Refused)
	}
	customers := make([]harness.Customer, people)
	for p := range people {
		user := fmt.Sprintf("%s-user-%d", name, p)
		customers[p] = owner.Only("external_id=" + user)
		device := fmt.Sprintf("%s-device-%d", name, p)
		if anonymous != "" {
			device = anonymous
		}
		if c := owner.Only("anonymous_id=" + device); c.ID != customers[p].ID {
			t.Errorf("device %s belongs to customer %s, want %s", device, c.ID, customers[p].ID)
		}
		if want := user + "@example.com"; anonymous == "" && customers[p].Email != want {
			t.Errorf("customer %s has the address %q, want %q", user, customers[p].Email, want)
		}
	}
	harness.Until(t, 20*time.Second, "all events are in the warehouse", func() (bool, string) {
		n := len(owner.Events(name + " Clicked"))
		return n >= count, fmt.Sprint(n, " of ", count)
	})
	seen, ids := make([]int, count), map[string]bool{}
	for _, e := range owner.Events(name + " Clicked") {
		var p struct {
			Seq  int
			Text string
		}
		if err := json.Unmarshal(e.Properties, &p); err != nil || p.Seq < 0 || p.Seq >= count {
			t.Fatalf("properties %s: %v", e.Properties, err)
		}
		if p.Text != "ሱቅ فروشگاه 店" {
			t.Errorf("event %d says %q", p.Seq, p.Text)
		}
		if ids[e.MessageID] {
			t.Errorf("message %s is there twice", e.MessageID)
		}
		ids[e.MessageID] = true
		seen[p.Seq]++
		if want := customers[p.Seq%people].ID; e.CustomerID != want {
			t.Errorf("event %d is with customer %s, want %s", p.Seq, e.CustomerID, want)
		}
	}
	missing, twice := 0, 0
	for _, n := range seen {
		switch {
		case n == 0:
			missing++
		case n > 1:
			twice++
		}
	}
	if missing+twice > 0 {
		t.Errorf("of %d events %d are missing and %d are there more than once", count, missing, twice)
	}
}
