package order

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// selectNumbers gives the numbers of orders; those that are not there are left out.
func selectNumbers(ctx context.Context, q sqldb.Q, ids []id.ID) (map[id.ID]string, error) {
	args := make([]any, len(ids))
	for i, o := range ids {
		args[i] = int64(o)
	}
	rows, err := q.Query(ctx, `SELECT order_id, external_id FROM orders WHERE order_id IN (`+sqldb.Marks(1, len(args))+`)`, args...)
	if err != nil {
		return nil, fmt.Errorf("select numbers of orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := make(map[id.ID]string, len(ids))
	for rows.Next() {
		var o id.ID
		var number string
		if err := rows.Scan(&o, &number); err != nil {
			return nil, fmt.Errorf("scan number of an order: %w", err)
		}
		out[o] = number
	}
	return out, rows.Err()
}
