package audit

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type listInput struct {
	Action  string `query:"action" example:"user.created"`
	Subject string `query:"subject" example:"user:123"`
	Limit   int    `query:"limit" minimum:"0" maximum:"500"`
	Cursor  string `query:"cursor"`
}

type listOutput struct{ Body page.Page[Entry] }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-audit", "GET /api/v1/audit", "Who did what, newest first", role.AuditRead),
		func(ctx context.Context, in *listInput) (*listOutput, error) {
			p, err := s.List(ctx, Filter{Action: in.Action, Subject: in.Subject}, in.Limit, in.Cursor)
			return &listOutput{p}, err
		})
}
