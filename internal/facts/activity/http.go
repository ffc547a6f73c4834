package activity

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type listInput struct {
	MessageID  string     `query:"message_id"`
	Name       string     `query:"name"`
	Kind       string     `query:"kind" enum:"track,page,screen,identify,group,alias"`
	CustomerID httpapi.ID `query:"customer_id"`
	From       time.Time  `query:"from" doc:"At or after"`
	To         time.Time  `query:"to" doc:"Before"`
	Limit      int        `query:"limit" minimum:"0" maximum:"500"`
	Cursor     string     `query:"cursor"`
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-events", "GET /api/v1/events", "List events, newest first", role.ActivityRead),
		func(ctx context.Context, in *listInput) (*body[page.Page[Event]], error) {
			p, err := s.List(ctx, Filter{MessageID: in.MessageID, Name: in.Name, Kind: in.Kind, CustomerID: in.CustomerID.ID, From: in.From, To: in.To,
				Limit: in.Limit, Cursor: in.Cursor})
			return &body[page.Page[Event]]{p}, err
		})
	huma.Register(api, httpapi.Op("list-source-days", "GET /api/v1/events/sources", "What came through each source in 24 hours", role.ActivityRead),
		func(ctx context.Context, _ *struct{}) (*body[page.Page[SourceDay]], error) {
			all, err := s.Sources(ctx)
			return &body[page.Page[SourceDay]]{page.Page[SourceDay]{Items: all}}, err
		})
	huma.Register(api, httpapi.Op("show-live-activity", "GET /api/v1/events/live", "Show the last half hour", role.ActivityRead),
		func(ctx context.Context, _ *struct{}) (*body[Live], error) {
			l, err := s.Live(ctx)
			return &body[Live]{l}, err
		})
}
