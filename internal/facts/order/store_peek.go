package order

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Peek gives orders of a shop as they stand in a transaction, without lines and refunds, by the shop's numbers of them. Meant for who shows what a
// change would do: it asks nobody's permission.
func (s *Service) Peek(ctx context.Context, q sqldb.Q, shop id.ID, numbers []string) (map[string]Stored, error) {
	out := map[string]Stored{}
	var refs []ref
	if err := selectKeys(ctx, q, shop, numbers, func(_ string, r ref, _ string) { refs = append(refs, r) }); err != nil {
		return nil, err
	}
	for _, r := range refs {
		o, found, err := selectOne(ctx, q, r.order)
		if err != nil {
			return nil, fmt.Errorf("peek at order: %w", err)
		}
		if !found {
			continue
		}
		if o.Lines, err = selectLinesOf(ctx, q, r); err != nil {
			return nil, err
		}
		out[o.ExternalID] = o
	}
	return out, nil
}
