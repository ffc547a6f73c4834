package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// browser signs the owner in once more.
func browser(s *harness.Server, t *testing.T) *harness.API {
	a := harness.NewAPI(t, s.URL, "")
	a.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	return a
}

// together does things at once and gives what each came to.
func together[T any](t *testing.T, things ...func() (T, error)) []T {
	t.Helper()
	out, errs := make([]T, len(things)), make([]error, len(things))
	begin := make(chan struct{})
	var all sync.WaitGroup
	for k, do := range things {
		all.Go(func() {
			<-begin
			out[k], errs[k] = do()
		})
	}
	close(begin)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// TestImportsTogether gives several files at once, some of them twice, of people who are the same in all of them. Nothing is lost and nothing is there twice, whichever
// comes first, and each says for itself how far it is.
func TestImportsTogether(t *testing.T) {
	const orders, people = 3000, 750
	file, cents := orderFile(orders)
	second := bytes.ReplaceAll(bytes.ReplaceAll(file, []byte("\nO-"), []byte("\nP-")), []byte("2025-"), []byte("2024-"))
	var customers, events bytes.Buffer
	customers.WriteString("customer_id,email,name,points\n")
	events.WriteString("event,timestamp,user_id,message_id\n")
	for c := range people {
		fmt.Fprintf(&customers, "c%d,c%d@example.com,Name %d,%d\n", c, c, c, c%7)
		fmt.Fprintf(&events, "Seen,2025-03-01T10:%02d:00Z,c%d,m%d\n", c%60, c, c)
	}
	eachEngine(t, func(t *testing.T, s *harness.Server, owner *harness.API) {
		other := browser(s, t)
		give := func(a *harness.API, kind, name string, file []byte) func() (string, error) {
			return func() (string, error) { return a.TryUpload(kind, name, file, nil) }
		}
		ids := together(t, give(owner, "orders", "a.csv", file), give(other, "orders", "a.csv", file), give(owner, "orders", "b.csv", second),
			give(other, "customers", "c.csv", customers.Bytes()), give(owner, "customers", "c.csv", customers.Bytes()),
			give(other, "events", "e.csv", events.Bytes()), give(owner, "events", "e.csv", events.Bytes()))
		sum := map[int]importState{}
		for k, id := range ids {
			i := watchImport(t, owner, id, importState.done)
			if i.Status != "done" || i.Refused != 0 || i.Created+i.Updated+i.Unchanged != i.Rows {
				t.Errorf("import %d: %+v", k, i)
			}
			kind := []int{0, 0, 1, 2, 2, 3, 3}[k]
			was := sum[kind]
			was.Rows, was.Created, was.Updated, was.Unchanged = was.Rows+i.Rows, was.Created+i.Created, was.Updated+i.Updated, was.Unchanged+i.Unchanged
			sum[kind] = was
		}
		for kind, want := range map[int]importState{0: {Rows: 2 * orders, Created: orders, Unchanged: orders}, 1: {Rows: orders, Created: orders}, 3: {Rows: 2 * people, Created: people, Unchanged: people}} {
			if got := sum[kind]; got.Rows != want.Rows || got.Created != want.Created || got.Updated != want.Updated || got.Unchanged != want.Unchanged {
				t.Errorf("kind %d: %+v, want %+v", kind, got, want)
			}
		}
		if got := sum[2]; got.Rows != 2*people || got.Unchanged < people { // the orders may have made the people before
			t.Errorf("customers: %+v", got)
		}
		checkImport(t, owner, orders, cents)
		var overview struct {
			Orders, Customers, Events int64
			Revenue                   struct{ Amount string }
		}
		// Figures follow an import within a moment.
		harness.Until(t, 20*time.Second, "the figures of the second file", func() (bool, string) {
			owner.Get("/api/v1/reports/overview?from=2024-01-01&to=2025-01-01", &overview)
			return overview.Orders == orders && harness.Cents(t, overview.Revenue.Amount) == cents && overview.Customers == people, fmt.Sprintf("%+v", overview)
		})
		persons := harness.All[struct {
			ExternalID string `json:"external_id"`
			Name       string
			Orders     int
		}](owner, "/api/v1/customers", url.Values{"limit": {"500"}})
		for _, p := range persons {
			if p.Orders != 2*orders/people || p.Name != "Name "+p.ExternalID[1:] {
				t.Errorf("%+v", p)
			}
		}
		if len(persons) != people {
			t.Errorf("%d persons, want %d", len(persons), people)
		}
		if n := len(allEvents(owner, url.Values{"name": {"Seen"}})); n != people {
			t.Errorf("%d events, want %d", n, people)
		}
	})
}

// TestWizardsTogether opens wizards in two browsers of one user: one each, and both the same one. Previews beside a running import change nothing, a draft is
// started once however often it is pressed, and who comes too late is told why.
func TestWizardsTogether(t *testing.T) {
	file, cents := orderFile(3000)
	eachEngine(t, func(t *testing.T, s *harness.Server, owner *harness.API) {
		other := browser(s, t)
		draft := func(a *harness.API, name string, file []byte) func() (string, error) {
			return func() (string, error) { return a.TryUpload("", name, file, map[string]string{"draft": "true"}) }
		}
		ids := together(t, draft(owner, "mine.csv", file), draft(other, "mine.csv", file), draft(other, "shared.csv", bytes.ReplaceAll(file, []byte("\nO-"), []byte("\nS-"))))
		type answer struct {
			status int
			body   string
		}
		act := func(a *harness.API, method, path string, in any) func() (answer, error) {
			return func() (answer, error) {
				status, body, err := a.Do(method, path, in)
				return answer{status, string(body)}, err
			}
		}
		previews := together(t, act(owner, "POST", "/api/v1/imports/"+ids[0]+"/preview", nil), act(other, "POST", "/api/v1/imports/"+ids[1]+"/preview", nil),
			act(other, "POST", "/api/v1/imports/"+ids[2]+"/preview", nil), act(owner, "POST", "/api/v1/imports/"+ids[2]+"/preview", nil))
		for k, p := range previews {
			var said struct{ Created int }
			if err := json.Unmarshal([]byte(p.body), &said); err != nil || p.status != 200 || said.Created != 3000 {
				t.Errorf("preview %d: %d %v %.300s", k, p.status, err, p.body)
			}
		}
		// Both browsers start their own; the shared one is started from both, twice, and discarded and corrected at the same moment.
		shared := "/api/v1/imports/" + ids[2]
		answers := together(t, act(owner, "POST", "/api/v1/imports/"+ids[0]+"/start", nil), act(other, "POST", "/api/v1/imports/"+ids[1]+"/start", nil),
			act(owner, "POST", shared+"/start", nil), act(other, "POST", shared+"/start", nil), act(owner, "POST", shared+"/start", nil), act(other, "PATCH", shared, map[string]string{"currency": "EUR"}))
		started := 0
		for k, a := range answers {
			switch {
			case k < 2 && a.status != 200:
				t.Errorf("start %d: %d %s", k, a.status, a.body)
			case k >= 2 && k < 5 && a.status == 200:
				started++
			case k >= 2 && a.status != 200 && a.status != 409:
				t.Errorf("answer %d: %d %s", k, a.status, a.body)
			}
		}
		if started != 1 {
			t.Errorf("the shared draft was started %d times", started)
		}
		if status, body, err := other.Do("DELETE", shared, nil); err != nil || status != 409 {
			t.Errorf("discarding what runs: %d %v %s", status, err, body)
		}
		created := int64(0)
		for _, id := range ids {
			i := watchImport(t, owner, id, importState.done)
			if i.Status != "done" || i.Rows != 3000 || i.Created+i.Unchanged != 3000 {
				t.Errorf("%+v", i)
			}
			created += i.Created
		}
		if created != 6000 {
			t.Errorf("%d orders are new, want 6000", created)
		}
		owner.Drained(time.Minute)
		var overview struct {
			Orders  int64
			Revenue struct{ Amount string }
		}
		harness.Until(t, time.Minute, "reports follow", func() (bool, string) {
			owner.Get("/api/v1/reports/overview?from=2025-01-01&to=2026-01-01", &overview)
			return overview.Orders == 6000, fmt.Sprintf("%+v", overview)
		})
		if harness.Cents(t, overview.Revenue.Amount) != 2*cents {
			t.Errorf("%+v, want %d cents", overview, 2*cents)
		}
		if left := filesOfImports(t, s); len(left) != 0 {
			t.Errorf("files stay behind: %v", left)
		}
	})
}
