package report_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/insight/report"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/warehouse/whtest"
)

// shelf stands in for the order feature: what it holds is the operational truth.
type shelf map[id.ID]int64 // order id to total

func (s shelf) ForMirror(_ context.Context, ids []id.ID) (order.Mirrored, error) {
	var m order.Mirrored
	for _, o := range ids {
		total, ok := s[o]
		if !ok {
			continue
		}
		m.Orders = append(m.Orders, []any{int64(7), int64(o), int64(1), "#", "placed", int64(o), int64(firstDay), "EUR", total, int64(0), int64(0), int64(0), int64(0),
			total, int64(0), "", true, false, int64(0)})
		m.Lines = append(m.Lines, []any{int64(7), int64(o), int64(0), int64(3), "s", "n", int64(1000), total, int64(0), total})
	}
	return m, nil
}

func (s shelf) EveryID(_ context.Context, after id.ID, limit int) ([]id.ID, error) {
	var out []id.ID
	for o := after + 1; len(out) < limit && o < 20_000; o++ {
		if _, ok := s[o]; ok {
			out = append(out, o)
		}
	}
	return out, nil
}

// TestMirrorFollows: hearing once or twice, in pages or anew, the copies end as the orders are.
func TestMirrorFollows(t *testing.T) {
	p := whtest.Embedded(t)
	orders := shelf{}
	s := report.New(report.Deps{DB: p.DB, Warehouse: p.Warehouse, Orders: orders, Reporting: func() (string, *time.Location) { return "EUR", time.UTC }})
	hear := s.Subscriptions()[0].Handle
	said := func(ids ...int) outbox.Record {
		var changed []map[string]any
		for _, o := range ids {
			changed = append(changed, map[string]any{"customer_id": "7", "order_id": fmt.Sprint(o), "new": true})
		}
		b, err := json.Marshal(changed)
		if err != nil {
			t.Fatal(err)
		}
		return outbox.Record{Topic: order.TopicChanged, Payload: b}
	}
	check := func(n int64, revenue int64) {
		t.Helper()
		o, err := s.Overview(ctx, report.Period{From: firstDay, To: firstDay + 1}, "")
		if err != nil || o.Orders != n || o.Revenue != eur(revenue) || (n > 0 && o.TopProducts[0].Revenue != eur(revenue)) {
			t.Fatalf("%d orders, %v, %v, %v; want %d, %v", o.Orders, o.Revenue, o.TopProducts, err, n, eur(revenue))
		}
	}
	orders[1], orders[2] = 100, 50
	for range 2 {
		if err := hear(ctx, []outbox.Record{said(1), said(2, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	check(2, 150)
	orders[1] = 70
	delete(orders, 2)
	if err := hear(ctx, []outbox.Record{said(2, 1)}); err != nil {
		t.Fatal(err)
	}
	check(1, 70)
	for o := range id.ID(12_000) {
		orders[o+10] = 1
	}
	for range 2 {
		if err := s.RebuildMirror(ctx); err != nil {
			t.Fatal(err)
		}
	}
	check(12_001, 12_070)
}
