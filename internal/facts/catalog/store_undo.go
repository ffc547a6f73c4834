package catalog

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// selectWritten finds out when products were last written.
func selectWritten(ctx context.Context, q sqldb.Q, formers []Former, at map[id.ID]int64) error {
	ids := make([]any, len(formers))
	for i := range formers {
		ids[i] = int64(formers[i].ID)
	}
	return sqldb.Chunks(ids, chunk, func(part []any) error {
		rows, err := q.Query(ctx, `SELECT product_id, updated_at FROM products WHERE product_id IN (`+sqldb.Marks(1, len(part))+`)`, part...)
		if err != nil {
			return fmt.Errorf("select products to undo: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var p id.ID
			var when int64
			if err := rows.Scan(&p, &when); err != nil {
				return fmt.Errorf("scan product to undo: %w", err)
			}
			at[p] = when
		}
		return rows.Err()
	})
}

func removeProducts(ctx context.Context, tx *sqldb.Tx, gone []id.ID) error {
	rows := make([][]any, len(gone))
	for i, p := range gone {
		rows[i] = []any{int64(p)}
	}
	for _, stmt := range []string{`DELETE FROM variants WHERE product_id = $1`, `DELETE FROM product_prices WHERE product_id = $1`, `DELETE FROM products WHERE product_id = $1`} {
		if err := tx.Many(ctx, stmt, rows); err != nil {
			return fmt.Errorf("remove products: %w", err)
		}
	}
	return nil
}
