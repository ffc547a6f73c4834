package shop

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type output struct{ Body Shop }

type listOutput struct{ Body page.Page[Shop] }

type one struct {
	ID httpapi.ID `path:"id"`
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-shops", "GET /api/v1/shops", "The shops", role.ShopRead),
		func(ctx context.Context, _ *struct{}) (*listOutput, error) {
			all, err := s.List(ctx)
			return &listOutput{page.Page[Shop]{Items: all}}, err
		})
	huma.Register(api, httpapi.Op("get-shop", "GET /api/v1/shops/{id}", "A shop", role.ShopRead),
		func(ctx context.Context, in *one) (*output, error) {
			v, err := s.Get(ctx, in.ID.ID)
			return &output{v}, err
		})
	huma.Register(api, httpapi.Status(201, httpapi.Op("create-shop", "POST /api/v1/shops", "Add a shop", role.ShopWrite)),
		func(ctx context.Context, in *struct{ Body Patch }) (*output, error) {
			v, err := s.Create(ctx, in.Body)
			return &output{v}, err
		})
	huma.Register(api, httpapi.Op("update-shop", "PATCH /api/v1/shops/{id}", "Change a shop", role.ShopWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body Patch
		}) (*output, error) {
			v, err := s.Update(ctx, in.ID.ID, in.Body)
			return &output{v}, err
		})
}
