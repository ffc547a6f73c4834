package setting

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
)

type output struct{ Body Settings }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("get-settings", "GET /api/v1/settings", "The settings of the whole deployment", role.SettingRead),
		func(ctx context.Context, _ *struct{}) (*output, error) {
			v, err := s.Get(ctx)
			return &output{v}, err
		})
	huma.Register(api, httpapi.Op("update-settings", "PATCH /api/v1/settings", "Change settings", role.SettingWrite),
		func(ctx context.Context, in *struct{ Body Patch }) (*output, error) {
			v, err := s.Update(ctx, in.Body)
			return &output{v}, err
		})
}
