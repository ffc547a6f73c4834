package catalog

import (
	"context"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Peek gives products of a shop as they stand in a transaction, by the shop's ids of them. Meant for who shows what a change would do: it asks
// nobody's permission.
func (s *Service) Peek(ctx context.Context, q sqldb.Q, shop id.ID, keys []string) (map[string]Product, error) {
	names := make([]name, len(keys))
	for i, k := range keys {
		names[i] = name{shop, k}
	}
	found, err := selectByName(ctx, q, names)
	out := make(map[string]Product, len(found))
	for n, p := range found {
		out[n.key] = *p
	}
	return out, err
}
