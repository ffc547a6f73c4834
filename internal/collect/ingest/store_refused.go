package ingest

import (
	"context"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const (
	insertRefused = `INSERT INTO refused_events (refused_id, at, source_id, message_id, name, code, reason, body, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (refused_id) DO NOTHING`
	refuseAgain   = `UPDATE refused_events SET code = $2, reason = $3 WHERE event_id = $1 AND outcome = ''`
	updateOutcome = `UPDATE refused_events SET outcome = $2, settled_at = $3 WHERE event_id = $1 AND outcome <> 'applied'`
)

const maxKept = 32 << 10 // bytes of a refused event

func saveRefused(ctx context.Context, q sqldb.Q, ids *id.Source, events []refused) error {
	if len(events) == 0 {
		return nil
	}
	rows := make([][]any, 0, len(events))
	for i := range events {
		r := &events[i]
		if r.origin != 0 { // sent again, and in vain
			if err := keepRefused(ctx, q, r.origin, r.code, r.reason); err != nil {
				return err
			}
			continue
		}
		body := r.body
		if len(body) > maxKept {
			body = body[:maxKept]
		}
		rows = append(rows, []any{int64(ids.New()), r.at, int64(r.sourceID), sqldb.Clean(r.messageID), sqldb.Clean(short(r.name, 1000)), r.code,
			sqldb.Clean(r.reason), sqldb.Clean(string(body)), r.eventID})
	}
	if err := q.Many(ctx, insertRefused, rows); err != nil {
		return fmt.Errorf("insert refused events: %w", err)
	}
	return nil
}

// keepRefused notes why an event is refused now.
func keepRefused(ctx context.Context, q sqldb.Q, eventID int64, code, reason string) error {
	if _, err := q.Exec(ctx, refuseAgain, eventID, code, sqldb.Clean(reason)); err != nil {
		return fmt.Errorf("update refused event: %w", err)
	}
	return nil
}

// settle notes what became of events that were sent again.
func settle(ctx context.Context, q sqldb.Q, list []settled, at int64) error {
	for _, r := range list {
		if _, err := q.Exec(ctx, updateOutcome, r.origin, r.outcome, at); err != nil {
			return fmt.Errorf("update refused event: %w", err)
		}
	}
	return nil
}

// RefusedEvent is an event that was not taken.
type RefusedEvent struct {
	ID, SourceID                        id.ID
	At, EventID, SettledAt              int64
	MessageID, Name, Code, Reason, Body string
	Outcome                             string // of sending it again: "", Applied or Duplicate
}

// RefusedFilter chooses refused events; empty fields do not.
type RefusedFilter struct {
	Code, Name string
	SourceID   id.ID
	Open       bool // only those that still stand refused
}

const selectRefused = `SELECT refused_id, source_id, at, message_id, name, code, reason, body, event_id, outcome, settled_at FROM refused_events`

func (f *RefusedFilter) where(args []any) (string, []any) {
	var b strings.Builder
	and := func(column string, v any) {
		args = append(args, v)
		fmt.Fprintf(&b, " AND %s = $%d", column, len(args))
	}
	if f.Code != "" {
		and("code", f.Code)
	}
	if f.Name != "" {
		and("name", f.Name)
	}
	if f.SourceID != 0 {
		and("source_id", int64(f.SourceID))
	}
	if f.Open {
		and("outcome", "")
	}
	return b.String(), args
}

func listRefused(ctx context.Context, q sqldb.Q, f RefusedFilter, beforeAt, beforeID int64, limit int) ([]RefusedEvent, error) {
	where, args := f.where([]any{beforeAt, beforeID, limit})
	return scanRefused(ctx, q, selectRefused+` WHERE (at < $1 OR (at = $1 AND refused_id < $2))`+where+` ORDER BY at DESC, refused_id DESC LIMIT $3`, args...)
}

// refusedByID gives those that exist.
func refusedByID(ctx context.Context, q sqldb.Q, ids []id.ID) ([]RefusedEvent, error) {
	args := make([]any, len(ids))
	for i, v := range ids {
		args[i] = int64(v)
	}
	return scanRefused(ctx, q, selectRefused+` WHERE refused_id IN (`+sqldb.Marks(1, len(ids))+`) ORDER BY refused_id`, args...)
}

func refusedByEvent(ctx context.Context, q sqldb.Q, eventID int64) ([]RefusedEvent, error) {
	return scanRefused(ctx, q, selectRefused+` WHERE event_id = $1`, eventID)
}

func scanRefused(ctx context.Context, q sqldb.Q, query string, args ...any) ([]RefusedEvent, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select refused events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []RefusedEvent
	for rows.Next() {
		var r RefusedEvent
		if err := rows.Scan((*int64)(&r.ID), (*int64)(&r.SourceID), &r.At, &r.MessageID, &r.Name, &r.Code, &r.Reason, &r.Body, &r.EventID, &r.Outcome,
			&r.SettledAt); err != nil {
			return nil, fmt.Errorf("scan refused event: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

const selectReasons = `SELECT code, COUNT(*), MAX(at) FROM (SELECT code, at FROM refused_events WHERE outcome = '' ORDER BY at DESC LIMIT $1) newest
GROUP BY code ORDER BY COUNT(*) DESC, code`

// RefusedReason is how often something was the reason.
type RefusedReason struct {
	Code   string
	Events int64
	LastAt int64
}

// countReasons looks at the newest refused events that stand so.
func countReasons(ctx context.Context, q sqldb.Q, newest int) ([]RefusedReason, error) {
	rows, err := q.Query(ctx, selectReasons, newest)
	if err != nil {
		return nil, fmt.Errorf("count reasons of refused events: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []RefusedReason
	for rows.Next() {
		var r RefusedReason
		if err := rows.Scan(&r.Code, &r.Events, &r.LastAt); err != nil {
			return nil, fmt.Errorf("scan reason of refused events: %w", err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}
