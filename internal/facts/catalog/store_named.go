package catalog

import (
	"context"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Named gives a product by its id here. Meant for other features' writes; it asks nobody's permission.
func (s *Service) Named(ctx context.Context, q sqldb.Q, product id.ID) (Product, bool, error) {
	return selectOne(ctx, q, product)
}
