package activity

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/warehouse"
)

// Kinds names the kinds of items that events give to a timeline.
func (s *Service) Kinds() []string {
	return []string{"track", "page", "screen", "identify", "group", "alias"}
}

// Timeline gives a customer's events, newest first by (At, ID) and older than before. Ids of one instant are in the order of their text, as the
// timeline's other sources are, while the warehouse orders numbers; so events of one instant are always taken together.
func (s *Service) Timeline(ctx context.Context, owner id.ID, kinds []string, before customer.TimelinePlace, limit int) ([]customer.TimelineItem, error) {
	q := warehouse.PersonQuery{Limit: limit + 1}
	if len(kinds) > 0 {
		for _, k := range kinds {
			if slices.Contains(s.Kinds(), k) {
				q.Kinds = append(q.Kinds, k)
			}
		}
		if len(q.Kinds) == 0 {
			return nil, nil
		}
	}
	var found []warehouse.Event
	if before.Set {
		same := q
		same.From, same.To, same.Limit = before.At, before.At+1, 0
		events, err := s.Warehouse.Person(ctx, owner, same)
		if err != nil {
			return nil, err
		}
		for i := range events {
			if events[i].At == before.At && EventID(events[i].EventID) < before.ID {
				found = append(found, events[i])
			}
		}
		q.Before = warehouse.Place{At: before.At, EventID: 0, Set: true}
	}
	if len(found) < limit {
		events, err := s.Warehouse.Person(ctx, owner, q)
		if err != nil {
			return nil, err
		}
		if n := len(events); n == q.Limit { // the last instant may be cut in two
			last := events[n-1]
			rest := q
			rest.Limit, rest.From = 0, last.At
			rest.Before = warehouse.Place{At: last.At, EventID: last.EventID, Set: true}
			more, err := s.Warehouse.Person(ctx, owner, rest)
			if err != nil {
				return nil, err
			}
			events = append(events, more...)
		}
		found = append(found, events...)
	}
	out := make([]customer.TimelineItem, len(found))
	for i := range found {
		e := &found[i]
		out[i] = customer.TimelineItem{At: e.At, Kind: e.Kind, Name: e.Name, ID: EventID(e.EventID), Properties: object(e.Properties)}
	}
	slices.SortFunc(out, func(a, b customer.TimelineItem) int {
		return cmp.Or(cmp.Compare(b.At, a.At), strings.Compare(b.ID, a.ID))
	})
	return out[:min(limit, len(out))], nil
}
