package importer

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

func insertChange(ctx context.Context, q sqldb.Q, which id.ID, seq, at int64, body []byte) error {
	if _, err := q.Exec(ctx, `INSERT INTO import_changes (import_id, seq, at, body) VALUES ($1, $2, $3, $4)`, int64(which), seq, at, body); err != nil {
		return fmt.Errorf("keep what an import changed: %w", err)
	}
	return nil
}

func selectLastChange(ctx context.Context, q sqldb.Q, which id.ID) (seq int64, body []byte, ok bool, err error) {
	err = q.Row(ctx, `SELECT seq, body FROM import_changes WHERE import_id = $1 ORDER BY seq DESC LIMIT 1`, int64(which)).Scan(&seq, &body)
	if errors.Is(err, sqldb.ErrNoRows) {
		return 0, nil, false, nil
	}
	if err != nil {
		return 0, nil, false, fmt.Errorf("read what an import changed: %w", err)
	}
	return seq, body, true, nil
}

func deleteChange(ctx context.Context, q sqldb.Q, which id.ID, seq int64) error {
	if _, err := q.Exec(ctx, `DELETE FROM import_changes WHERE import_id = $1 AND seq = $2`, int64(which), seq); err != nil {
		return fmt.Errorf("forget what an import changed: %w", err)
	}
	return nil
}

func countChanges(ctx context.Context, q sqldb.Q, which id.ID) (int64, error) {
	var n int64
	if err := q.Row(ctx, `SELECT COUNT(*) FROM import_changes WHERE import_id = $1`, int64(which)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count what an import changed: %w", err)
	}
	return n, nil
}

// updateUndo keeps how far an undoing is.
func updateUndo(ctx context.Context, q sqldb.Q, i *Import) error {
	n, err := q.Exec(ctx, `UPDATE imports SET notes = $2, status = $3, updated_at = $4 WHERE import_id = $1 AND status = 'undoing'`,
		int64(i.ID), i.Notes.text(), i.Status, i.UpdatedAt)
	if err == nil && n == 0 {
		err = errGone
	}
	if err != nil {
		return fmt.Errorf("update undoing of an import: %w", err)
	}
	return nil
}
