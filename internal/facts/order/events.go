package order

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"rapport/internal/base/id"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
)

// What is heard: new rates, another reporting currency or zone, and sources whose orders count from now on.
const (
	topicRate    = "rate.changed"
	topicSetting = "setting.changed"
	topicSource  = "source.changed"
)

// Subscriptions gives what this feature hears. Converting again what is converted already changes nothing, so hearing twice does no harm.
func (s *Service) Subscriptions() []outbox.Subscriber {
	return []outbox.Subscriber{
		{Name: "order", Topics: []string{topicRate, topicSetting, topicSource}, Handle: s.hear},
		{Name: "order-search", Topics: []string{TopicChanged}, Handle: s.describe},
	}
}

func (s *Service) hear(ctx context.Context, records []outbox.Record) error {
	all := false
	from := map[string]int64{} // by currency, the first day that may have changed
	for _, r := range records {
		switch r.Topic {
		case topicSource:
			var c struct {
				ID      id.ID `json:"id"`
				Trusted bool  `json:"trusted_orders"`
			}
			if err := json.Unmarshal(r.Payload, &c); err != nil {
				return fmt.Errorf("read %s: %w", r.Topic, err)
			}
			if !c.Trusted {
				continue
			}
			if err := s.Trust(ctx, c.ID); err != nil {
				return err
			}
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

func (s *Service) announce(ctx context.Context, tx *sqldb.Tx, changed []Changed) error {
	if s.Announce == nil || len(changed) == 0 {
		return nil
	}
	if err := s.Announce(ctx, tx, TopicChanged, json.RawMessage(appendChanged(nil, changed))); err != nil {
		return fmt.Errorf("announce changed orders: %w", err)
	}
	return nil
}

// appendChanged writes the announcement; by hand, since an import writes one entry a row.
func appendChanged(b []byte, changed []Changed) []byte {
	b = append(b, '[')
	for i, c := range changed {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"customer_id":"`...)
		b = strconv.AppendInt(b, int64(c.CustomerID), 10)
		b = append(b, `","order_id":"`...)
		b = strconv.AppendInt(b, int64(c.OrderID), 10)
		b = append(b, `","new":`...)
		b = strconv.AppendBool(b, c.New)
		if c.From != 0 {
			b = append(b, `,"from":"`...)
			b = strconv.AppendInt(b, int64(c.From), 10)
			b = append(b, '"')
		}
		b = append(b, '}')
	}
	return append(b, ']')
}
