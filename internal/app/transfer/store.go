package transfer

import (
	"context"
	"fmt"

	"rapport/internal/platform/sqldb"
)

const countOutbox = `SELECT COUNT(*) FROM outbox`

// Waiting counts the announcements that somebody has not heard yet.
func Waiting(ctx context.Context, db *sqldb.DB) (int64, error) { return waiting(ctx, db) }

func waiting(ctx context.Context, db *sqldb.DB) (n int64, err error) {
	if err := db.Row(ctx, countOutbox).Scan(&n); err != nil {
		return 0, fmt.Errorf("count announcements: %w", err)
	}
	return n, nil
}
