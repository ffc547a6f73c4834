package dictionary

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type listInput struct {
	Search string `query:"search" maxLength:"255" doc:"In name, description and owner; case, blanks, hyphens and underscores of names do not matter"`
	Show   string `query:"show" enum:"new,expected,unexpected,ruled,alike,silent" doc:"new: nobody said yet whether it is expected; ruled: blocked or renamed; silent: none came for a week"`
	Sort   string `query:"sort" enum:"name,events,first_seen,last_seen"`
	Limit  int    `query:"limit" minimum:"0" maximum:"500"`
	Cursor string `query:"cursor"`
}

type one struct {
	ID httpapi.ID `path:"id"`
}

type plan struct {
	Name string `json:"name" minLength:"1" maxLength:"255"`
	Patch
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-event-names", "GET /api/v1/event-names", "Which events come", role.ActivityRead),
		func(ctx context.Context, in *listInput) (*body[page.Page[Name]], error) {
			p, err := s.List(ctx, Filter(*in))
			return &body[page.Page[Name]]{p}, err
		})
	huma.Register(api, httpapi.Op("get-event-name", "GET /api/v1/event-names/{id}", "An event and what it carries", role.ActivityRead),
		func(ctx context.Context, in *one) (*body[Detail], error) {
			d, err := s.Get(ctx, in.ID.ID)
			return &body[Detail]{d}, err
		})
	huma.Register(api, httpapi.Status(201, httpapi.Op("plan-event-name", "POST /api/v1/event-names", "Describe an event before the first one comes", role.ActivityWrite)),
		func(ctx context.Context, in *struct{ Body plan }) (*body[Name], error) {
			n, err := s.Plan(ctx, in.Body.Name, in.Body.Patch)
			return &body[Name]{n}, err
		})
	huma.Register(api, httpapi.Op("describe-event-name", "PATCH /api/v1/event-names/{id}", "Say what an event is, whose, and whether it is expected", role.ActivityWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body Patch
		}) (*body[Name], error) {
			n, err := s.Describe(ctx, in.ID.ID, in.Body)
			return &body[Name]{n}, err
		})
	huma.Register(api, httpapi.Op("delete-event-name", "DELETE /api/v1/event-names/{id}", "Forget an entry; its events stay", role.ActivityWrite),
		func(ctx context.Context, in *one) (*struct{}, error) { return nil, s.Delete(ctx, in.ID.ID) })
	huma.Register(api, httpapi.Op("list-event-rules", "GET /api/v1/event-rules", "What is blocked and renamed, and was", role.ActivityRead),
		func(ctx context.Context, _ *struct{}) (*body[page.Page[Rule]], error) {
			all, err := s.ListRules(ctx)
			return &body[page.Page[Rule]]{page.Page[Rule]{Items: all}}, err
		})
	huma.Register(api, httpapi.Status(201, httpapi.Op("make-event-rule", "POST /api/v1/event-rules", "Block or rename an event", role.ActivityWrite)),
		func(ctx context.Context, in *struct{ Body Draft }) (*body[Rule], error) {
			r, err := s.Make(ctx, in.Body)
			return &body[Rule]{r}, err
		})
	huma.Register(api, httpapi.Op("end-event-rule", "DELETE /api/v1/event-rules/{id}", "Let a name be itself again", role.ActivityWrite),
		func(ctx context.Context, in *one) (*body[Rule], error) {
			r, err := s.End(ctx, in.ID.ID)
			return &body[Rule]{r}, err
		})
}
