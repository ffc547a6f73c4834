package order

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

func selectMovable(ctx context.Context, q sqldb.Q, from id.ID, anonymousID string, fromAt, untilAt int64) ([]ref, error) {
	query, args := `SELECT order_id, owner_rank FROM orders WHERE customer_id = $1`, []any{int64(from)}
	if anonymousID != "" {
		query, args = query+` AND anonymous_id = $2 AND user_id = ''`, append(args, anonymousID)
	}
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select orders to move: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []ref
	for rows.Next() {
		r := ref{customer: from}
		var at int64
		if err := rows.Scan(&r.order, &at); err != nil {
			return nil, fmt.Errorf("scan order to move: %w", err)
		}
		if at >= confirmedRank {
			at -= confirmedRank
		}
		if anonymousID == "" || at >= fromAt && at < untilAt {
			out = append(out, r)
		}
	}
	return out, rows.Err()
}

func selectGuest(ctx context.Context, q sqldb.Q, from id.ID, email string) ([]ref, error) {
	rows, err := q.Query(ctx, `SELECT order_id, email FROM orders WHERE customer_id = $1 AND user_id = '' AND email <> ''`, int64(from))
	if err != nil {
		return nil, fmt.Errorf("select orders of a guest: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []ref
	for rows.Next() {
		r := ref{customer: from}
		var given string
		if err := rows.Scan(&r.order, &given); err != nil {
			return nil, fmt.Errorf("scan order of a guest: %w", err)
		}
		if sameEmail(given, email) {
			out = append(out, r)
		}
	}
	return out, rows.Err()
}
