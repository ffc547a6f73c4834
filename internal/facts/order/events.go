package order

import (
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/platform/outbox"
)

// What is heard: new rates, and another reporting currency or zone.
const (
	topicRate    = "rate.changed"
	topicSetting = "setting.changed"
)

// Subscriptions gives what this feature hears. Converting again what is converted already changes nothing, so hearing twice does no harm.
func (s *Service) Subscriptions() []outbox.Subscriber {
	return []outbox.Subscriber{{Name: "order", Topics: []string{topicRate, topicSetting}, Handle: s.hear}}
}

func (s *Service) hear(ctx context.Context, records []outbox.Record) error {
	all := false
	from := map[string]int64{} // by currency, the first day that may have changed
	for _, r := range records {
		switch r.Topic {
		case topicRate:
			var c struct {
				Currency string `json:"currency"`
				FromDay  int64  `json:"from_day"`
			}
			if err := json.Unmarshal(r.Payload, &c); err != nil {
				return fmt.Errorf("read %s: %w", r.Topic, err)
			}
			if day, ok := from[c.Currency]; !ok || c.FromDay < day {
				from[c.Currency] = c.FromDay
			}
		case topicSetting:
			var c struct {
				Changed []string `json:"changed"`
			}
			if err := json.Unmarshal(r.Payload, &c); err != nil {
				return fmt.Errorf("read %s: %w", r.Topic, err)
			}
			for _, what := range c.Changed {
				all = all || what == "currency" || what == "zone"
			}
		}
	}
	if all {
		return s.Restate(ctx, "", 0)
	}
	for currency, day := range from {
		if currency == "" {
			continue
		}
		if err := s.Restate(ctx, currency, day); err != nil {
			return err
		}
	}
	return nil
}
