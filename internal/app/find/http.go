package find

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
)

type foundOutput struct {
	Body struct {
		Items []Hit `json:"items"`
	}
}

// Routes adds the operation.
func (s *Service) Routes(api huma.API) {
	op := httpapi.Op("search", "GET /api/v1/search", "Find customers, orders and products by anything that people know of them", role.CustomerRead)
	op.Tags = []string{"search"}
	huma.Register(api, op, func(ctx context.Context, in *struct {
		Query string `query:"q" maxLength:"200" doc:"Name, number, address, telephone number, or the beginning of one"`
		Limit int    `query:"limit" minimum:"0" maximum:"20" doc:"Of each kind; 0 is 6"`
	}) (*foundOutput, error) {
		if in.Limit == 0 {
			in.Limit = 6
		}
		hits, err := s.Search(ctx, in.Query, in.Limit)
		out := &foundOutput{}
		out.Body.Items = hits
		return out, err
	})
}
