package order

import (
	"context"
	"slices"

	"rapport/internal/base/id"
)

// Mirrored is the state of some orders in the rows of the warehouse's tables of the same names (see MirrorColumns).
type Mirrored struct {
	Orders, Lines, Refunds [][]any
}

// MirrorColumns names the columns of the rows that ForMirror gives, by table.
func MirrorColumns() map[string][]string {
	return map[string][]string{"orders": columnList(mirrorOrders), "order_lines": columnList(mirrorLines), "refunds": columnList(mirrorRefunds)}
}

// ForMirror reads the named orders with their lines and refunds; an id without an order gives no rows. Meant for the
// subscriber that copies orders into the warehouse: it asks nobody's permission.
func (s *Service) ForMirror(ctx context.Context, orders []id.ID) (Mirrored, error) {
	var m Mirrored
	orders = slices.Compact(slices.Sorted(slices.Values(orders)))
	err := padded(orders, func(part []id.ID) error { return selectMirror(ctx, s.DB, part, &m) })
	return m, err
}

// EveryID gives the ids of all orders after the given one, at most limit, in ascending order: how the warehouse is filled anew.
func (s *Service) EveryID(ctx context.Context, after id.ID, limit int) ([]id.ID, error) {
	return selectEveryID(ctx, s.DB, after, limit)
}
