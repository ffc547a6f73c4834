package e2e

import (
	"bytes"
	"fmt"
	"net/url"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// TestImportSurvivesKills ends the server with -9 in the middle of a big import. It goes on by itself after the restart, and in
// the end the totals are those of the file, as they are when the same file is imported once more.
func TestImportSurvivesKills(t *testing.T) {
	t.Parallel()
	rows := harness.Short(60_000, 500_000)
	file, cents := orderFile(rows)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	id := owner.Upload("orders", "orders.csv", file, nil)
	for k, share := range []float64{.15, .5} {
		at := watchImport(t, owner, id, func(i importState) bool { return i.done() || i.Rows >= int64(share*float64(rows)) })
		if at.done() {
			t.Logf("kill %d: the import was done before it", k+1)
			break
		}
		s.Kill()
		s = s.Again()
		t.Logf("kill %d at row %d", k+1, at.Rows)
	}
	end := watchImport(t, owner, id, importState.done)
	if end.Status != "done" || end.Refused != 0 {
		t.Fatalf("the import ended as %+v", end)
	}
	checkImport(t, owner, rows, cents)
	again := watchImport(t, owner, owner.Upload("orders", "orders-again.csv", file, nil), importState.done)
	if again.Status != "done" || again.Created != 0 || again.Unchanged != int64(rows) {
		t.Errorf("the same file again: %+v", again)
	}
	checkImport(t, owner, rows, cents)
}

type importState struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	Rows      int64  `json:"rows_read"`
	Created   int64  `json:"created"`
	Updated   int64  `json:"updated"`
	Unchanged int64  `json:"unchanged"`
	Refused   int64  `json:"refused"`
	Message   string `json:"message"`

	Skipped map[string]int64 `json:"skipped"`
	Undo    struct {
		Removed  int64 `json:"removed"`
		Restored int64 `json:"restored"`
		Kept     int64 `json:"kept"`
	} `json:"undo"`
}

func (i importState) done() bool {
	return i.Status == "done" || i.Status == "failed" || i.Status == "cancelled"
}

func watchImport(t *testing.T, a *harness.API, id string, is func(importState) bool) importState {
	t.Helper()
	var now importState
	harness.Until(t, harness.Short(4*time.Minute, 5*time.Minute), "the import gets on", func() (bool, string) {
		a.Get("/api/v1/imports/"+id, &now)
		return is(now), fmt.Sprintf("%+v", now)
	})
	return now
}

// orderFile makes orders of a year, with quotes and several scripts in it.
func orderFile(rows int) (file []byte, cents int64) {
	var b bytes.Buffer
	b.WriteString("external_id,customer_id,email,placed_at,currency,total,coupon\n")
	day := time.Date(2025, 1, 1, 9, 0, 0, 0, time.UTC)
	for i := range rows {
		c := int64(499 + i*37%20000)
		cents += c
		who := i * 7 % (rows / 4)
		fmt.Fprintf(&b, "O-%d,c%d,c%d@example.com,%s,EUR,%d.%02d,\"%s\"\n", i, who, who, day.Add(time.Duration(i%360)*24*time.Hour).Format(time.RFC3339), c/100, c%100,
			[]string{"", "SPRING", "he said \"\"ten\"\"", "نوروز", "初売り"}[i%5])
	}
	return b.Bytes(), cents
}

func checkImport(t *testing.T, owner *harness.API, rows int, cents int64) {
	t.Helper()
	owner.Drained(time.Minute)
	var overview struct {
		Orders    int64                             `json:"orders"`
		Customers int64                             `json:"customers"`
		Revenue   struct{ Amount, Currency string } `json:"revenue"`
	}
	query := url.Values{"from": {"2025-01-01"}, "to": {"2026-01-01"}}
	harness.Until(t, 30*time.Second, "the overview has the orders", func() (bool, string) {
		owner.Get("/api/v1/reports/overview?"+query.Encode(), &overview)
		return overview.Orders == int64(rows), fmt.Sprintf("%+v, want %d orders", overview, rows)
	})
	if got := harness.Cents(t, overview.Revenue.Amount); got != cents {
		t.Errorf("revenue %s, want %d cents", overview.Revenue.Amount, cents)
	}
	if overview.Customers != int64(rows/4) {
		t.Errorf("%d customers, want %d", overview.Customers, rows/4)
	}
}
