package audit

import (
	"context"
	"fmt"
	"math"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

func insert(ctx context.Context, q sqldb.Q, e Entry) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_log (audit_id, at, actor_kind, actor_id, actor_name, ip, action, subject, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		int64(e.ID), clock.Micros(e.At), e.ActorKind, int64(e.ActorID), e.ActorName, e.IP, e.Action, e.Subject, sqldb.JSON(e.Detail))
	if err != nil {
		return fmt.Errorf("insert audit entry: %w", err)
	}
	return nil
}

func list(ctx context.Context, q sqldb.Q, f Filter, before id.ID, limit int) ([]Entry, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	where, args := `audit_id < $1`, []any{int64(before), limit}
	if f.Subject != "" {
		args = append(args, f.Subject)
		where += fmt.Sprintf(` AND subject = $%d`, len(args))
	}
	if f.Action != "" {
		args = append(args, f.Action)
		where += fmt.Sprintf(` AND action = $%d`, len(args))
	}
	rows, err := q.Query(ctx, `SELECT audit_id, at, actor_kind, actor_id, actor_name, ip, action, subject, detail
FROM audit_log WHERE `+where+` ORDER BY audit_id DESC LIMIT $2`, args...)
	if err != nil {
		return nil, fmt.Errorf("select audit entries: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Entry
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.ID, &at, &e.ActorKind, &e.ActorID, &e.ActorName, &e.IP, &e.Action, &e.Subject, (*sqldb.JSON)(&e.Detail)); err != nil {
			return nil, fmt.Errorf("scan audit entry: %w", err)
		}
		e.At = clock.FromMicros(at)
		out = append(out, e)
	}
	return out, rows.Err()
}
