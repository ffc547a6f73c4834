package catalog

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
)

type writtenOutput struct {
	Status int
	Body   Detail
}

func (s *Service) writeRoutes(api huma.API) {
	huma.Register(api, httpapi.Op("put-product", "POST /api/v1/products", "Write a product by the shop's id of it", role.CatalogWrite),
		func(ctx context.Context, in *struct{ Body Draft }) (*writtenOutput, error) {
			p, made, err := s.Put(ctx, &in.Body)
			if err != nil {
				return nil, err
			}
			status := http.StatusOK
			if made == Created {
				status = http.StatusCreated
			}
			return &writtenOutput{status, detail(&p)}, nil
		})
	huma.Register(api, httpapi.Op("edit-product", "PATCH /api/v1/products/{id}", "Change parts of a product", role.CatalogWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body Patch
		}) (*body[Detail], error) {
			p, err := s.Edit(ctx, in.ID.ID, &in.Body)
			if err != nil {
				return nil, err
			}
			return &body[Detail]{detail(&p)}, nil
		})
	httpapi.Bulk(api, httpapi.Op("put-products", "POST /api/v1/products/bulk", "Write many products, one JSON object a line", role.CatalogWrite), role.Require,
		func(d *Draft) string {
			if d.ExternalID == "" {
				return ""
			}
			return d.ShopID.String() + "/" + d.ExternalID
		},
		func(ctx context.Context, list []*Draft) ([]httpapi.BulkResult, error) {
			written, err := s.PutMany(ctx, list)
			out := make([]httpapi.BulkResult, len(written))
			for i, r := range written {
				out[i] = httpapi.BulkResult{ID: r.ID, ExternalID: r.ExternalID, Created: r.Outcome == Created, Updated: r.Outcome == Updated, Err: r.Err}
			}
			return out, err
		})
}
