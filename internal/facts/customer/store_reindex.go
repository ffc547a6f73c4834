package customer

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const selectIDsAfter = `SELECT customer_id FROM customers WHERE customer_id > $1 ORDER BY customer_id LIMIT $2`

// Reindex describes every customer anew, so that he is found; it may be stopped and begun again.
func (s *Service) Reindex(ctx context.Context) error {
	for after := id.ID(0); ; {
		people, err := idsAfter(ctx, s.DB, after, indexChunk)
		if err != nil || len(people) == 0 {
			return err
		}
		if err := s.index(ctx, people); err != nil {
			return err
		}
		after = people[len(people)-1]
	}
}

func idsAfter(ctx context.Context, q sqldb.Q, after id.ID, limit int) ([]id.ID, error) {
	rows, err := q.Query(ctx, selectIDsAfter, int64(after), limit)
	if err != nil {
		return nil, fmt.Errorf("select customers: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []id.ID
	for rows.Next() {
		var c int64
		if err := rows.Scan(&c); err != nil {
			return nil, fmt.Errorf("scan customer: %w", err)
		}
		out = append(out, id.ID(c))
	}
	return out, rows.Err()
}
