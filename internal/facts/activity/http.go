package activity

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// ListQuery is what a list is narrowed and sorted by, wherever it is asked for: in the list and in its export.
type ListQuery struct {
	MessageID  string     `query:"message_id"`
	Name       string     `query:"name"`
	Kind       string     `query:"kind" enum:"track,page,screen,identify,group,alias"`
	CustomerID httpapi.ID `query:"customer_id"`
	From       time.Time  `query:"from" doc:"At or after"`
	To         time.Time  `query:"to" doc:"Before"`
}

type listInput struct {
	ListQuery
	httpapi.Paging
}

func filter(in *listInput) Filter {
	return Filter{MessageID: in.MessageID, Name: in.Name, Kind: in.Kind, CustomerID: in.CustomerID.ID, From: in.From, To: in.To,
		Limit: in.Limit, Cursor: in.Cursor}
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	s.exportRoutes(api)
	huma.Register(api, httpapi.Op("list-events", "GET /api/v1/events", "List events, newest first", role.ActivityRead),
		func(ctx context.Context, in *listInput) (*body[page.Page[Event]], error) {
			p, err := s.List(ctx, filter(in))
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
