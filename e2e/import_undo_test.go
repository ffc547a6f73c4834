package e2e

import (
	"bytes"
	"fmt"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/e2e/harness"
)

// shopState is what the web app shows of a shop's orders and customers, and what reports make of them.
type shopState struct {
	Overview  map[string]any
	Months    []map[string]any
	Orders    map[string]string // number -> version and what it holds
	Customers map[string]string
}

func lookAtShop(a *harness.API, lists bool) shopState {
	s := shopState{Orders: map[string]string{}, Customers: map[string]string{}}
	a.Get("/api/v1/reports/overview?from=2025-01-01&to=2026-01-01", &s.Overview)
	for month := 1; month <= 12; month++ {
		var m map[string]any
		from := time.Date(2025, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		a.Get("/api/v1/reports/overview?from="+from.Format(time.DateOnly)+"&to="+from.AddDate(0, 1, 0).Format(time.DateOnly), &m)
		s.Months = append(s.Months, m)
	}
	if !lists {
		return s
	}
	all := url.Values{"limit": {"500"}}
	for _, o := range harness.All[map[string]any](a, "/api/v1/orders", all) {
		s.Orders[fmt.Sprint(o["external_id"])] = fmt.Sprint(o["id"], o["total"], o["status"], o["placed_at"], o["customer_id"], o["coupon"])
	}
	all.Del("cursor")
	for _, c := range harness.All[map[string]any](a, "/api/v1/customers", all) {
		s.Customers[fmt.Sprint(c["id"])] = fmt.Sprint(c["external_id"], c["email"], c["orders"], c["total_spent"])
	}
	return s
}

// settledShop waits until reports have followed: as long as they change or are not as wanted.
func settledShop(t *testing.T, a *harness.API, orders int) shopState {
	t.Helper()
	a.Drained(time.Minute)
	var overview struct {
		Orders int `json:"orders"`
	}
	harness.Until(t, time.Minute, "reports follow", func() (bool, string) {
		a.Get("/api/v1/reports/overview?from=2025-01-01&to=2026-01-01", &overview)
		return overview.Orders == orders, fmt.Sprintf("%d orders, want %d", overview.Orders, orders)
	})
	return lookAtShop(a, orders < 10_000)
}

// TestUndoSurvivesKills takes a big import back that changed orders of an earlier one and made others, and ends the server with -9 in the
// middle of it. It goes on by itself, and in the end lists and reports show what they showed before the import, also when the
// warehouse is built anew.
func TestUndoSurvivesKills(t *testing.T) {
	const base = 2000
	rows := harness.Short(61_000, 500_000) // several chunks
	before, _ := orderFile(base)
	second, _ := orderFile(rows) // its first numbers are those of the first file, of other buyers and days
	second = bytes.ReplaceAll(second, []byte(",EUR,"), []byte(",EUR,1"))
	eachEngine(t, func(t *testing.T, s *harness.Server, owner *harness.API) {
		imported(t, owner, "orders", "before.csv", before, nil)
		was := settledShop(t, owner, base)
		if len(was.Orders) != base || len(was.Customers) != base/4 {
			t.Fatalf("%d orders of %d customers", len(was.Orders), len(was.Customers))
		}
		i := imported(t, owner, "orders", "second.csv", second, nil)
		if i.Created != int64(rows-base) || i.Updated != base {
			t.Fatalf("%+v", i)
		}
		settledShop(t, owner, rows)
		owner.Must("POST", "/api/v1/imports/"+i.ID+"/undo", nil, nil)
		removed := int64(0)
		for k := range 3 { // first in the middle of a chunk, then somewhere behind one
			s.Kill()
			s = s.Again()
			t.Logf("kill %d after %d were removed", k+1, removed)
			at := watchImport(t, owner, i.ID, func(i importState) bool { return i.Status != "undoing" || i.Undo.Removed > removed })
			if at.Status != "undoing" {
				if k == 0 {
					t.Errorf("the undoing was done after one chunk: %+v", at)
				}
				break
			}
			removed = at.Undo.Removed
		}
		end := watchImport(t, owner, i.ID, func(i importState) bool { return i.Status != "undoing" })
		if end.Status != "undone" || end.Undo.Kept != 0 || end.Undo.Removed < int64(rows-base) || end.Undo.Restored < base {
			t.Fatalf("%+v", end)
		}
		if diff := cmp.Diff(was, settledShop(t, owner, base)); diff != "" {
			t.Errorf("after the undoing: %.4000s", diff)
		}
		s.Terminate()
		code, out, errs := harness.Run(t, s.Env(), "", "rebuild", "warehouse", "--data", s.Dir)
		if code != 0 {
			t.Fatalf("rebuild warehouse: %d\n%s%s", code, out, errs)
		}
		s.Again()
		if diff := cmp.Diff(was, settledShop(t, owner, base)); diff != "" {
			t.Errorf("after the warehouse was built anew: %.4000s", diff)
		}
		again := imported(t, owner, "orders", "second.csv", second, nil)
		if again.Created != i.Created || again.Updated != i.Updated {
			t.Errorf("the file that was taken back, again: %+v, at first %+v", again, i)
		}
	})
}
