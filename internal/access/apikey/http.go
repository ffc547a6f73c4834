package apikey

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type keyOutput struct{ Body Key }

type sourceOutput struct{ Body SourceRow }

type list[T any] struct{ Body page.Page[T] }

type one struct {
	ID httpapi.ID `path:"id"`
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-keys", "GET /api/v1/keys", "The API keys, newest first", role.APIKeyRead),
		func(ctx context.Context, _ *struct{}) (*list[Key], error) {
			all, err := s.List(ctx)
			return &list[Key]{page.Page[Key]{Items: all}}, err
		})
	huma.Register(api, httpapi.Secret(httpapi.Status(201,
		httpapi.Op("create-key", "POST /api/v1/keys", "Make an API key; its secret is shown in this answer only", role.APIKeyWrite))),
		func(ctx context.Context, in *struct{ Body Draft }) (*keyOutput, error) {
			k, err := s.Create(ctx, in.Body)
			return &keyOutput{k}, err
		})
	huma.Register(api, httpapi.Op("revoke-key", "DELETE /api/v1/keys/{id}", "Revoke an API key for good", role.APIKeyWrite),
		func(ctx context.Context, in *one) (*struct{}, error) {
			return nil, s.Revoke(ctx, in.ID.ID)
		})
	huma.Register(api, httpapi.Op("list-sources", "GET /api/v1/sources", "The doors through which data comes in", role.APIKeyRead),
		func(ctx context.Context, _ *struct{}) (*list[SourceRow], error) {
			all, err := s.Sources(ctx)
			return &list[SourceRow]{page.Page[SourceRow]{Items: all}}, err
		})
	huma.Register(api, httpapi.Op("update-source", "PATCH /api/v1/sources/{id}", "Say whether a source's orders count", role.APIKeyWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body struct {
				TrustedOrders bool `json:"trusted_orders"`
			}
		}) (*sourceOutput, error) {
			v, err := s.TrustOrders(ctx, in.ID.ID, in.Body.TrustedOrders)
			return &sourceOutput{v}, err
		})
}
