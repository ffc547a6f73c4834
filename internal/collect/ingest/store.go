package ingest

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// stateName is the row of ingest_state that belongs to events.
const stateName = "events"

// state is how far the journal is applied, and what became of its events.
type state struct{ seq, applied, refused, duplicates int64 }

const (
	selectState = `SELECT seq, applied, refused, duplicates FROM ingest_state WHERE name = $1`
	insertState = `INSERT INTO ingest_state (name, seq, applied, refused, duplicates) VALUES ($1, 0, 0, 0, 0) ON CONFLICT (name) DO NOTHING`
	updateState = `UPDATE ingest_state SET seq = $2, applied = applied + $3, refused = refused + $4, duplicates = duplicates + $5 WHERE name = $1 AND seq = $6`
)

func loadState(ctx context.Context, db *sqldb.DB) (state, error) {
	if _, err := db.Exec(ctx, insertState, stateName); err != nil {
		return state{}, fmt.Errorf("insert ingest state: %w", err)
	}
	var s state
	err := db.Row(ctx, selectState, stateName).Scan(&s.seq, &s.applied, &s.refused, &s.duplicates)
	if err != nil {
		return s, fmt.Errorf("select ingest state: %w", err)
	}
	return s, nil
}

// advanceState moves the state from one row to another; it fails where somebody else has moved it.
func advanceState(ctx context.Context, q sqldb.Q, from, to int64, c counts) error {
	n, err := q.Exec(ctx, updateState, stateName, to, c.applied, c.refused, c.duplicates, from)
	if err != nil {
		return fmt.Errorf("update ingest state: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("journal row %d was applied by somebody else: two programs work on one database", to)
	}
	return nil
}

// queued is a row of warehouse_queue.
type queued struct {
	first, last int64
	counts      counts
	decisions   []byte
}

const (
	insertQueue = `INSERT INTO warehouse_queue (seq, first_seq, applied, refused, duplicates, decisions) VALUES ($1, $2, $3, $4, $5, $6)`
	deleteQueue = `DELETE FROM warehouse_queue WHERE seq <= $1`
	selectQueue = `SELECT seq, first_seq, applied, refused, duplicates FROM warehouse_queue ORDER BY seq`
	selectStep  = `SELECT decisions FROM warehouse_queue WHERE seq = $1`
)

func enqueue(ctx context.Context, q sqldb.Q, r *queued) error {
	if _, err := q.Exec(ctx, insertQueue, r.last, r.first, r.counts.applied, r.counts.refused, r.counts.duplicates, r.decisions); err != nil {
		return fmt.Errorf("insert warehouse queue: %w", err)
	}
	return nil
}

func dequeue(ctx context.Context, q sqldb.Q, upTo int64) error {
	if _, err := q.Exec(ctx, deleteQueue, upTo); err != nil {
		return fmt.Errorf("delete warehouse queue: %w", err)
	}
	return nil
}

// listQueue gives the queue without the decisions, which are large.
func listQueue(ctx context.Context, q sqldb.Q) ([]queued, error) {
	rows, err := q.Query(ctx, selectQueue)
	if err != nil {
		return nil, fmt.Errorf("select warehouse queue: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []queued
	for rows.Next() {
		var r queued
		if err := rows.Scan(&r.last, &r.first, &r.counts.applied, &r.counts.refused, &r.counts.duplicates); err != nil {
			return nil, fmt.Errorf("scan warehouse queue: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func loadDecisions(ctx context.Context, q sqldb.Q, last int64) ([]byte, error) {
	var b []byte
	if err := q.Row(ctx, selectStep, last).Scan(&b); err != nil {
		return nil, fmt.Errorf("select decisions of step %d: %w", last, err)
	}
	return b, nil
}

const (
	insertMoves = `INSERT INTO warehouse_moves (move_id, decisions) VALUES ($1, $2)`
	selectMoves = `SELECT move_id, decisions FROM warehouse_moves ORDER BY move_id`
	deleteMoves = `DELETE FROM warehouse_moves WHERE move_id <= $1`
	anyMoves    = `SELECT COUNT(*) FROM warehouse_moves`
)

func saveMoves(ctx context.Context, q sqldb.Q, moveID id.ID, decisions []byte) error {
	if _, err := q.Exec(ctx, insertMoves, int64(moveID), decisions); err != nil {
		return fmt.Errorf("insert warehouse moves: %w", err)
	}
	return nil
}

// takeMoves gives what waits and removes it.
func takeMoves(ctx context.Context, q sqldb.Q) ([][]byte, error) {
	rows, err := q.Query(ctx, selectMoves)
	if err != nil {
		return nil, fmt.Errorf("select warehouse moves: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out [][]byte
	var last int64
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&last, &b); err != nil {
			return nil, fmt.Errorf("scan warehouse moves: %w", err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil || len(out) == 0 {
		return nil, err
	}
	if err := rows.Close(); err != nil {
		return nil, fmt.Errorf("read warehouse moves: %w", err)
	}
	if _, err := q.Exec(ctx, deleteMoves, last); err != nil {
		return nil, fmt.Errorf("delete warehouse moves: %w", err)
	}
	return out, nil
}

func countMoves(ctx context.Context, q sqldb.Q) (n int64, err error) {
	if err := q.Row(ctx, anyMoves).Scan(&n); err != nil {
		return 0, fmt.Errorf("count warehouse moves: %w", err)
	}
	return n, nil
}
