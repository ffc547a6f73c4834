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

func selectChange(ctx context.Context, q sqldb.Q, which id.ID, seq int64) (body []byte, err error) {
	if err := q.Row(ctx, `SELECT body FROM import_changes WHERE import_id = $1 AND seq = $2`, int64(which), seq).Scan(&body); err != nil {
		return nil, fmt.Errorf("read what an import changed: %w", err)
	}
	return body, nil
}

// lastChange gives the number of the last chunk of which it is kept what it changed, 0 where there is none.
func lastChange(ctx context.Context, q sqldb.Q, which id.ID) (seq int64, err error) {
	if err := q.Row(ctx, `SELECT COALESCE(MAX(seq), 0) FROM import_changes WHERE import_id = $1`, int64(which)).Scan(&seq); err != nil {
		return 0, fmt.Errorf("look for what an import changed: %w", err)
	}
	return seq, nil
}

// updateNotes keeps what an import says about itself.
func updateNotes(ctx context.Context, q sqldb.Q, i *Import) error {
	if _, err := q.Exec(ctx, `UPDATE imports SET notes = $2 WHERE import_id = $1`, int64(i.ID), i.Notes.text()); err != nil {
		return fmt.Errorf("update notes of an import: %w", err)
	}
	return nil
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
