package byperson

import (
	"context"
	"math"

	"rapport/internal/platform/warehouse"
)

// All gives every event, in the order of persons. The event is good until fn returns.
func (v *View) All(ctx context.Context, fn func(e *warehouse.Event) error) error {
	cursors := make([]*cursor, len(v.runs))
	for i, r := range v.runs {
		cursors[i] = &cursor{q: v.tx, pack: v.s.pack, run: r, from: key{customer: math.MinInt64}, ahead: 16}
	}
	return mergeRows(ctx, cursors, func(_ key, gone bool, row []byte) error {
		if gone {
			return nil
		}
		e, err := decodeRow(row)
		if err != nil {
			return err
		}
		return fn(&e)
	})
}
