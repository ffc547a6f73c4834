package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/internal/base/errs"
	"rapport/internal/platform/warehouse"
)

const schemaVersion = 1

// One change a statement. The functions have the names of DuckDB's macros (warehouse/duck).
var schema = []string{
	`CREATE TABLE events ` + strings.NewReplacer("{{json}}", "JSON", "{{context}}", ",\n\tcontext       JSON      NOT NULL", "TEXT ", `TEXT COLLATE "C" `,
		"{{key}}", ",\n\tCONSTRAINT events_pk PRIMARY KEY (customer_id, \"at\", event_id)").Replace(warehouse.EventTable) + ` PARTITION BY RANGE ("at")`,
	`CREATE TABLE events_default PARTITION OF events DEFAULT`,
	`CREATE INDEX events_hash ON events (message_hash)`,
	`CREATE INDEX events_at ON events ("at", event_id)`,
	`CREATE TABLE event_sources (source_id BIGINT NOT NULL, CONSTRAINT event_sources_pk PRIMARY KEY (source_id))`,
	`CREATE FUNCTION re_match(s TEXT, p TEXT) RETURNS BOOLEAN LANGUAGE sql IMMUTABLE AS 'SELECT s ~ p'`,
	`CREATE FUNCTION try_num(s TEXT) RETURNS DOUBLE PRECISION LANGUAGE sql IMMUTABLE AS
		'SELECT CASE WHEN LENGTH(s) < 100 AND s ~ ''^\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?\s*$'' THEN CAST(s AS DOUBLE PRECISION) END'`,
	`CREATE FUNCTION json_items(j JSON) RETURNS TABLE (item TEXT) LANGUAGE sql IMMUTABLE AS
		'SELECT json_array_elements_text(CASE WHEN json_typeof(j) = ''array'' THEN j ELSE CAST(''[]'' AS JSON) END)'`,
	`CREATE FUNCTION bucket(i INTERVAL, t TIMESTAMP) RETURNS TIMESTAMP LANGUAGE sql IMMUTABLE AS
		'SELECT date_bin(i, t, TIMESTAMP ''2000-01-03'')'`,
}

const createState = `CREATE TABLE IF NOT EXISTS warehouse_state (name TEXT COLLATE "C" NOT NULL, value BIGINT NOT NULL, CONSTRAINT warehouse_state_pk PRIMARY KEY (name))`

// Schema gives the statements that make the warehouse's tables and functions.
func Schema() []string { return append([]string{createState}, schema...) }

// migrateLock keeps two starting programs from making the schema at the same time.
const migrateLock = 7_270_775_003

func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrateLock); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, createState); err != nil {
			return err
		}
		var have int
		err := tx.QueryRow(ctx, `SELECT value FROM warehouse_state WHERE name = 'schema'`).Scan(&have)
		switch {
		case err == nil && have > schemaVersion:
			return errs.New(errs.Conflict, "database.newer",
				"The warehouse has schema version %d, this program knows only %d: a newer Rapport has written it. Start that version.", have, schemaVersion)
		case err == nil:
			return nil
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		}
		for _, s := range schema {
			if _, err := tx.Exec(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		_, err = tx.Exec(ctx, `INSERT INTO warehouse_state (name, value) VALUES ('schema', $1), ('seq', 0)`, schemaVersion)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrate warehouse: %w", err)
	}
	return nil
}

// Applied gives the last journal row that is stored.
func (w *Warehouse) Applied(ctx context.Context) (int64, error) {
	var seq int64
	if err := w.db.Pool().QueryRow(ctx, `SELECT value FROM warehouse_state WHERE name = 'seq'`).Scan(&seq); err != nil {
		return 0, fmt.Errorf("read sequence of the warehouse: %w", err)
	}
	return seq, nil
}

// Reset forgets everything.
func (w *Warehouse) Reset(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := pgx.BeginFunc(ctx, w.db.Pool(), func(tx pgx.Tx) error {
		for _, s := range []string{`TRUNCATE events`, `DELETE FROM event_sources`, `UPDATE warehouse_state SET value = 0 WHERE name = 'seq'`} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reset warehouse: %w", err)
	}
	clear(w.sources)
	return nil
}
