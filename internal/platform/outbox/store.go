package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// The one insert that Announce costs. Only PostgreSQL has overlapping transactions to number.
var insertRecord = sqldb.PerEngine{
	SQLite: `INSERT INTO outbox (tx_id, outbox_id, topic, payload, at) VALUES (0, $1, $2, $3, $4)`,
	Postgres: `INSERT INTO outbox (tx_id, outbox_id, topic, payload, at)
		VALUES (CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT), $1, $2, $3, $4)`,
}

// settled is true of a row that no running transaction can still put another row before.
var selectAfter = sqldb.PerEngine{
	SQLite: `SELECT tx_id, outbox_id, topic, payload, at, TRUE FROM outbox
		WHERE (tx_id, outbox_id) > ($1, $2) ORDER BY tx_id, outbox_id LIMIT $3`,
	Postgres: `SELECT tx_id, outbox_id, topic, payload, at,
			tx_id < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT)
		FROM outbox WHERE (tx_id, outbox_id) > ($1, $2) ORDER BY tx_id, outbox_id LIMIT $3`,
}

type storedRecord struct {
	Record
	at      place
	settled bool
}

func after(ctx context.Context, q sqldb.Q, p place, limit int) ([]storedRecord, error) {
	rows, err := q.Query(ctx, selectAfter.For(q), p.tx, p.id, limit)
	if err != nil {
		return nil, fmt.Errorf("select outbox: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []storedRecord
	for rows.Next() {
		var r storedRecord
		var payload string
		if err := rows.Scan(&r.at.tx, &r.at.id, &r.Topic, &payload, &r.At, &r.settled); err != nil {
			return nil, fmt.Errorf("scan outbox: %w", err)
		}
		r.ID, r.Payload = id.ID(r.at.id), []byte(payload)
		out = append(out, r)
	}
	return out, rows.Err()
}

const selectNewest = `SELECT tx_id, outbox_id FROM outbox ORDER BY tx_id DESC, outbox_id DESC LIMIT 1`

// newest is the place of the last record there is; the zero place when there is none.
func newest(ctx context.Context, q sqldb.Q) (place, error) {
	var p place
	err := q.Row(ctx, selectNewest).Scan(&p.tx, &p.id)
	if err != nil && !errors.Is(err, sqldb.ErrNoRows) {
		return p, fmt.Errorf("select newest outbox record: %w", err)
	}
	return p, nil
}

const selectFloor = `SELECT MAX(top) FROM (SELECT MAX(outbox_id) AS top FROM outbox UNION ALL SELECT MAX(outbox_id) FROM outbox_cursors) AS tops`

// floor is the highest id ever handed out that is still known, so that a clock set back cannot make ids below a cursor.
func floor(ctx context.Context, q sqldb.Q) (int64, error) {
	var n sql.NullInt64
	if err := q.Row(ctx, selectFloor).Scan(&n); err != nil {
		return 0, fmt.Errorf("select outbox floor: %w", err)
	}
	return n.Int64, nil
}

func countAfter(ctx context.Context, q sqldb.Q, p place) (int64, error) {
	var n int64
	err := q.Row(ctx, `SELECT COUNT(*) FROM outbox WHERE (tx_id, outbox_id) > ($1, $2)`, p.tx, p.id).Scan(&n)
	return n, err
}

func cursors(ctx context.Context, q sqldb.Q) (map[string]place, error) {
	rows, err := q.Query(ctx, `SELECT subscriber, tx_id, outbox_id FROM outbox_cursors`)
	if err != nil {
		return nil, fmt.Errorf("select outbox cursors: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]place{}
	for rows.Next() {
		var name string
		var p place
		if err := rows.Scan(&name, &p.tx, &p.id); err != nil {
			return nil, fmt.Errorf("scan outbox cursor: %w", err)
		}
		out[name] = p
	}
	return out, rows.Err()
}

const upsertCursor = `INSERT INTO outbox_cursors (subscriber, tx_id, outbox_id) VALUES ($1, $2, $3)
	ON CONFLICT (subscriber) DO UPDATE SET tx_id = EXCLUDED.tx_id, outbox_id = EXCLUDED.outbox_id
	WHERE (outbox_cursors.tx_id, outbox_cursors.outbox_id) < (EXCLUDED.tx_id, EXCLUDED.outbox_id)`

// saveCursor moves a cursor forward, never back.
func saveCursor(ctx context.Context, q sqldb.Q, name string, p place) error {
	if _, err := q.Exec(ctx, upsertCursor, name, p.tx, p.id); err != nil {
		return fmt.Errorf("save outbox cursor: %w", err)
	}
	return nil
}

func dropCursor(ctx context.Context, q sqldb.Q, name string) error {
	_, err := q.Exec(ctx, `DELETE FROM outbox_cursors WHERE subscriber = $1`, name)
	return err
}

// deleteHeard removes what lies at or below p.
func deleteHeard(ctx context.Context, q sqldb.Q, p place) (int64, error) {
	n, err := q.Exec(ctx, `DELETE FROM outbox WHERE (tx_id, outbox_id) <= ($1, $2)`, p.tx, p.id)
	if err != nil {
		return 0, fmt.Errorf("delete heard outbox records: %w", err)
	}
	return n, nil
}

// lead takes the advisory lock that makes this program the one that serves the subscribers. It gives nil, nil while another has it.
func lead(ctx context.Context, db *sqldb.DB) (*sql.Conn, error) {
	conn, err := db.Raw().Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("get outbox connection: %w", err)
	}
	var mine bool
	if err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(7239002)`).Scan(&mine); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("take outbox lock: %w", err)
	}
	if !mine {
		return nil, conn.Close()
	}
	return conn, nil
}

// resign gives the lock back.
func resign(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock(7239002)`)
	return errors.Join(err, conn.Close())
}

// stillLeads reports whether the connection that holds the lock is alive.
func stillLeads(ctx context.Context, conn *sql.Conn) bool { return conn.PingContext(ctx) == nil }
