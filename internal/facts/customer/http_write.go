package customer

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
)

func (b *Written) draft() Draft {
	return Draft{
		ShopID: b.ShopID.ID, ExternalID: b.ExternalID, Email: b.Email, Phone: b.Phone, Name: b.Name, FirstName: b.FirstName,
		LastName: b.LastName, Gender: b.Gender, Birthday: b.Birthday, Language: b.Language, Zone: b.Zone, City: b.City, Country: b.Country, Attributes: b.Attributes,
	}
}

func (s *Service) writeRoutes(api huma.API) {
	huma.Register(api, httpapi.Op("edit-customer", "PATCH /api/v1/customers/{id}", "Change parts of a customer's profile", role.CustomerWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body Patch
		},
		) (*detailOutput, error) {
			p, err := s.Edit(ctx, in.ID.ID, &in.Body)
			if err != nil {
				return nil, err
			}
			return &detailOutput{s.detail(&p)}, nil
		})
	httpapi.Bulk(api, httpapi.Op("put-customers", "POST /api/v1/customers/bulk", "Write many customers, one JSON object a line", role.CustomerWrite), role.Require,
		func(*Written) string { return "" }, // whoever is named twice is one person, in whatever order
		func(ctx context.Context, list []*Written) ([]httpapi.BulkResult, error) {
			drafts := make([]Draft, len(list))
			for i, w := range list {
				drafts[i] = w.draft()
			}
			written, err := s.PutMany(ctx, drafts)
			out := make([]httpapi.BulkResult, len(written))
			for i, r := range written {
				out[i] = httpapi.BulkResult{ID: r.ID, ExternalID: drafts[i].ExternalID, Created: r.Created, Updated: r.Updated, Err: r.Err}
			}
			return out, err
		})
}
