package order

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/facts/customer"
)

// The kinds of items that orders add to a customer's timeline.
const (
	KindOrder  = "order"
	KindRefund = "refund"
	KindCart   = "cart" // filled and not bought
)

// Kinds names the kinds of items that Timeline gives.
func (s *Service) Kinds() []string { return []string{KindOrder, KindRefund, KindCart} }

// Timeline gives a customer's orders, refunds and carts that were filled and not bought, newest first by (At, ID) and older than
// before.
func (s *Service) Timeline(ctx context.Context, owner id.ID, kinds []string, before customer.TimelinePlace, limit int) ([]customer.TimelineItem, error) {
	wants := func(k string) bool { return len(kinds) == 0 || slices.Contains(kinds, k) }
	var out []customer.TimelineItem
	for _, part := range []struct {
		kind string
		read func(context.Context, id.ID, customer.TimelinePlace, int) ([]customer.TimelineItem, error)
	}{{KindOrder, s.timelineOrders}, {KindRefund, s.timelineRefunds}, {KindCart, s.timelineCarts}} {
		if !wants(part.kind) {
			continue
		}
		items, err := part.read(ctx, owner, before, limit)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
	}
	slices.SortFunc(out, func(a, b customer.TimelineItem) int {
		return cmp.Or(cmp.Compare(b.At, a.At), strings.Compare(b.ID, a.ID))
	})
	return out[:min(limit, len(out))], nil
}

type timelineLine struct {
	ProductID id.ID       `json:"product_id,omitempty"`
	SKU       string      `json:"sku,omitempty"`
	Name      string      `json:"name,omitempty"`
	Quantity  float64     `json:"quantity"`
	Total     *money.Wire `json:"total,omitempty"`
	ImageURL  string      `json:"image_url,omitempty"`
}

func properties(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // texts and numbers never fail
		return json.RawMessage("{}")
	}
	return b
}

func (s *Service) timelineOrders(ctx context.Context, owner id.ID, before customer.TimelinePlace, limit int) ([]customer.TimelineItem, error) {
	rows, err := selectTimelineOrders(ctx, s.DB, owner, before, limit)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	lines := make(map[ref]*state, len(rows))
	for i := range rows {
		lines[ref{owner, rows[i].ID}] = &state{}
	}
	if err := eachState(lines, func(in string, args []any) error { return selectStateLines(ctx, s.DB, in, args, lines) }); err != nil {
		return nil, err
	}
	out := make([]customer.TimelineItem, len(rows))
	for i := range rows {
		o := &rows[i]
		p := struct {
			OrderID    string         `json:"order_id"`
			ExternalID string         `json:"external_id"`
			Status     string         `json:"status"`
			Confirmed  bool           `json:"confirmed"`
			Test       bool           `json:"test,omitempty"`
			Total      money.Wire     `json:"total"`
			Refunded   *money.Wire    `json:"refunded,omitempty"`
			Coupon     string         `json:"coupon,omitempty"`
			Lines      []timelineLine `json:"lines"`
		}{OrderID: o.ID.String(), ExternalID: o.ExternalID, Status: o.Status, Confirmed: o.Confirmed, Test: o.Test,
			Total: money.New(o.Total, o.Currency).Wire(), Coupon: o.Coupon, Lines: []timelineLine{}}
		if o.Refunded != 0 {
			w := money.New(o.Refunded, o.Currency).Wire()
			p.Refunded = &w
		}
		for _, l := range lines[ref{owner, o.ID}].order.Lines {
			w := money.New(l.Total, o.Currency).Wire()
			p.Lines = append(p.Lines, timelineLine{ProductID: l.ProductID, SKU: l.SKU, Name: l.Name, Quantity: float64(l.Quantity) / 1000, Total: &w})
		}
		out[i] = customer.TimelineItem{At: o.PlacedAt, Kind: KindOrder, Name: o.ExternalID, ID: "o" + o.ID.String(), Properties: properties(p)}
	}
	return out, nil
}

func (s *Service) timelineRefunds(ctx context.Context, owner id.ID, before customer.TimelinePlace, limit int) ([]customer.TimelineItem, error) {
	rows, err := selectTimelineRefunds(ctx, s.DB, owner, before, limit)
	if err != nil {
		return nil, err
	}
	out := make([]customer.TimelineItem, len(rows))
	for i := range rows {
		r := &rows[i]
		out[i] = customer.TimelineItem{At: r.At, Kind: KindRefund, Name: r.external, ID: "r" + r.order.String() + ":" + r.Key,
			Properties: properties(map[string]any{"order_id": r.order.String(), "external_id": r.external, "key": r.Key, "reason": r.Reason,
				"confirmed": r.Confirmed, "amount": money.New(r.Amount, r.Currency).Wire()})}
	}
	return out, nil
}

func (s *Service) timelineCarts(ctx context.Context, owner id.ID, before customer.TimelinePlace, limit int) ([]customer.TimelineItem, error) {
	rows, err := selectTimelineCarts(ctx, s.DB, owner, before, limit)
	if err != nil {
		return nil, err
	}
	out := make([]customer.TimelineItem, len(rows))
	for i := range rows {
		c := &rows[i]
		lines := make([]timelineLine, len(c.Lines))
		for j, l := range c.Lines {
			w := money.New(mulQuantity(l.Price, l.Quantity), c.Currency).Wire()
			lines[j] = timelineLine{SKU: l.SKU, Name: l.Name, Quantity: float64(l.Quantity) / 1000, Total: &w, ImageURL: l.ImageURL}
		}
		out[i] = customer.TimelineItem{At: c.UpdatedAt, Kind: KindCart, Name: shownKey(c.Key), ID: "c" + c.Key,
			Properties: properties(map[string]any{"key": shownKey(c.Key), "status": c.Status, "items": c.Items, "checkout_step": c.CheckoutStep,
				"started_at": clock.FromMicros(c.StartedAt), "value": money.New(c.Value, c.Currency).Wire(), "lines": lines})}
	}
	return out, nil
}
