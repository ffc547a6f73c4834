package report

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/outbox"
)

// mirrorPage is how many orders are copied in one go.
const mirrorPage = 5000

// Subscriptions gives what this feature hears: changed orders, where the warehouse needs copies of them.
func (s *Service) Subscriptions() []outbox.Subscriber {
	if !s.Warehouse.Mirrors() {
		return nil
	}
	return []outbox.Subscriber{{Name: "report", Topics: []string{order.TopicChanged}, Handle: s.hear}}
}

func (s *Service) hear(ctx context.Context, records []outbox.Record) error {
	var ids []id.ID
	for _, r := range records {
		var changed []struct {
			OrderID id.ID `json:"order_id"`
		}
		if err := json.Unmarshal(r.Payload, &changed); err != nil {
			return fmt.Errorf("read %s: %w", r.Topic, err)
		}
		for _, c := range changed {
			ids = append(ids, c.OrderID)
		}
	}
	slices.Sort(ids)
	for part := range slices.Chunk(slices.Compact(ids), mirrorPage) {
		if err := s.copyOrders(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// RebuildMirror copies every order anew, in pages; it may be stopped and begun again. On PostgreSQL there is nothing to copy.
func (s *Service) RebuildMirror(ctx context.Context) error {
	if !s.Warehouse.Mirrors() {
		return nil
	}
	after := id.ID(0)
	for {
		ids, err := s.Orders.EveryID(ctx, after, mirrorPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.copyOrders(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func (s *Service) copyOrders(ctx context.Context, ids []id.ID) error {
	s.copying.Lock()
	defer s.copying.Unlock()
	m, err := s.Orders.ForMirror(ctx, ids)
	if err != nil {
		return err
	}
	keys := make([]int64, len(ids))
	for i, o := range ids {
		keys[i] = int64(o)
	}
	for _, t := range []struct {
		table string
		rows  [][]any
	}{{"order_lines", m.Lines}, {"refunds", m.Refunds}, {"orders", m.Orders}} {
		if err := s.Warehouse.Upsert(ctx, t.table, keys, t.rows); err != nil {
			return fmt.Errorf("copy %s to the warehouse: %w", t.table, err)
		}
	}
	return nil
}
