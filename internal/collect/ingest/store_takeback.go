package ingest

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// ownersOf tells whose the events of a journal row are, as far as they were taken.
func (s *Service) ownersOf(ctx context.Context, r *warehouse.Row) (map[int64]id.ID, error) {
	first, last := r.Bounds()
	rows, err := s.Warehouse.Peek(ctx, `SELECT event_id, customer_id, "at" FROM events WHERE "at" BETWEEN $1 AND $2 AND event_id BETWEEN $3 AND $4`,
		warehouse.Instant(r.FromAt), warehouse.Instant(r.UntilAt), first, last)
	if err != nil {
		return nil, err
	}
	events, err := warehouse.ScanPlaces(rows)
	out := make(map[int64]id.ID, len(events))
	for i := range events {
		out[events[i].EventID] = events[i].CustomerID
	}
	return out, err
}

// takeBackRow marks a journal row, so that its events do not come again when the warehouse is rebuilt, and forgets those that were refused.
func takeBackRow(ctx context.Context, tx *sqldb.Tx, r *warehouse.Row) error {
	first, last := r.Bounds()
	if _, err := tx.Exec(ctx, `DELETE FROM refused_events WHERE event_id BETWEEN $1 AND $2`, first, last); err != nil {
		return fmt.Errorf("take back refused events: %w", err)
	}
	if _, err := tx.Exec(ctx, `INSERT INTO journal_undone (seq) VALUES ($1) ON CONFLICT DO NOTHING`, r.Seq); err != nil {
		return fmt.Errorf("take back a journal row: %w", err)
	}
	return nil
}

// isUndone tells whether a journal row was taken back.
func isUndone(ctx context.Context, q sqldb.Q, seq int64) (bool, error) {
	var have int64
	err := q.Row(ctx, `SELECT seq FROM journal_undone WHERE seq = $1`, seq).Scan(&have)
	if errors.Is(err, sqldb.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("select a journal row taken back: %w", err)
	}
	return true, nil
}

// listUndone gives the journal rows that were taken back.
func listUndone(ctx context.Context, q sqldb.Q) (map[int64]bool, error) {
	rows, err := q.Query(ctx, `SELECT seq FROM journal_undone`)
	if err != nil {
		return nil, fmt.Errorf("select journal rows taken back: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[int64]bool{}
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return nil, fmt.Errorf("scan journal row taken back: %w", err)
		}
		out[seq] = true
	}
	return out, rows.Err()
}
