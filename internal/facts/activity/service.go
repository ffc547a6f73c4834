package activity

import (
	"context"
	"time"

	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/page"
	"rapport/internal/platform/warehouse"
)

// Deps is what the service works with.
type Deps struct {
	Warehouse warehouse.Warehouse
	Clock     clock.Clock
	Exports   *export.Service // takes lists out as files; nil in tests that need none
}

// Service answers questions about events.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

const defaultLimit = 50

// List gives events, newest first.
func (s *Service) List(ctx context.Context, f Filter) (page.Page[Event], error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return page.Page[Event]{}, err
	}
	limit := page.Limit(f.Limit, defaultLimit)
	q := warehouse.EventQuery{MessageID: f.MessageID, Name: f.Name, Kind: f.Kind, CustomerID: f.CustomerID, Limit: limit + 1}
	if !f.From.IsZero() {
		q.From = f.From.UnixMicro()
	}
	if !f.To.IsZero() {
		q.To = f.To.UnixMicro()
		if q.To <= q.From {
			return page.Page[Event]{}, errs.New(errs.Invalid, "activity.period", "The period ends before it begins.").
				With(errs.Field{Path: "to", Code: "activity.period", Message: "must be after from"})
		}
	}
	var err error
	if q.Before.Set, err = page.Decode(f.Cursor, &q.Before.At, &q.Before.EventID); err != nil {
		return page.Page[Event]{}, err
	}
	found, err := s.Warehouse.Events(ctx, q)
	if err != nil {
		return page.Page[Event]{}, err
	}
	cut := page.Cut(found, limit, func(e warehouse.Event) string { return page.Encode(e.At, e.EventID) })
	out := page.Page[Event]{Items: make([]Event, len(cut.Items)), NextCursor: cut.NextCursor}
	for i := range cut.Items {
		out.Items[i] = shape(&cut.Items[i])
	}
	return out, nil
}

const (
	liveMinutes = 30
	liveActive  = 5
	liveEvents  = 20
)

// Live gives the last half hour. Events dated into the future are left out, since a wrong clock would stay on top of the list for ever.
func (s *Service) Live(ctx context.Context) (Live, error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return Live{}, err
	}
	now := s.Clock.Now()
	first := now.Truncate(time.Minute).Add(-(liveMinutes - 1) * time.Minute)
	out := Live{Minutes: make([]Minute, liveMinutes), Events: []Event{}}
	for i := range out.Minutes {
		out.Minutes[i].At = first.Add(time.Duration(i) * time.Minute)
	}
	counts, err := selectMinutes(ctx, s.Warehouse, first, now)
	if err != nil {
		return Live{}, err
	}
	for _, c := range counts {
		if i := int(c.minute - first.Unix()/60); i >= 0 && i < liveMinutes {
			out.Minutes[i].Events, out.Minutes[i].Orders = c.events, c.orders
		}
	}
	if out.Visitors, out.HalfHour, err = selectVisitors(ctx, s.Warehouse, first, now.Add(-liveActive*time.Minute), now); err != nil {
		return Live{}, err
	}
	newest, err := s.Warehouse.Events(ctx, warehouse.EventQuery{From: first.UnixMicro(), To: now.UnixMicro() + 1, Limit: liveEvents})
	if err != nil {
		return Live{}, err
	}
	for i := range newest {
		out.Events = append(out.Events, shape(&newest[i]))
	}
	return out, nil
}

// Sources gives what came through each source in the last 24 hours; sources without an event are missing. It reads the newest events
// only, so it costs what a day holds.
func (s *Service) Sources(ctx context.Context) ([]SourceDay, error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	return selectSources(ctx, s.Warehouse, now.Add(-24*time.Hour), now)
}
