package duck

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/duckdb/duckdb-go/v2"

	"rapport/internal/base/errs"
	"rapport/internal/platform/warehouse"
)

// schemaVersion is raised with every change of the schema; upgrades are statements run at start-up, then checkpointed.
const schemaVersion = 2

// SchemaVersion is the version that a file has once it was opened.
const SchemaVersion = schemaVersion

// database is events.duckdb: one connection that writes, a pool that reads.
type database struct {
	connector *duckdb.Connector
	pool      *sql.DB
	writer    *sql.Conn
}

// fileName is DuckDB's file in the data directory.
const fileName = "events.duckdb"

func activityPath(dir string) string { return filepath.Join(dir, "activity.db") }

func openDatabase(ctx context.Context, c Config) (*database, error) {
	if c.MemoryLimit == "" {
		c.MemoryLimit = "1GB"
	}
	if c.Threads == 0 {
		c.Threads = min(runtime.NumCPU(), 4)
	}
	tmp := filepath.Join(c.Dir, "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	path := filepath.Join(c.Dir, fileName)
	// Settings of the whole instance are part of the address, those of a connection are made by each new one.
	dsn := fmt.Sprintf("%s?threads=%d&memory_limit=%s&temp_directory=%s&checkpoint_threshold=128MB&preserve_insertion_order=false&autoinstall_known_extensions=false&autoload_known_extensions=false",
		path, c.Threads, c.MemoryLimit, tmp)
	connector, err := duckdb.NewConnector(dsn, func(conn driver.ExecerContext) error {
		for _, s := range []string{
			`SET integer_division = true`,
			`SET default_null_order = 'nulls_last_on_asc_first_on_desc'`,
			`SET TimeZone = 'UTC'`,
		} {
			if _, err := conn.ExecContext(context.Background(), s, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, inUse(path, err)
	}
	d := &database{connector: connector, pool: sql.OpenDB(connector)}
	d.pool.SetMaxOpenConns(8)
	d.pool.SetMaxIdleConns(3)
	if d.writer, err = d.pool.Conn(ctx); err == nil {
		err = d.prepare(ctx)
	}
	if err != nil {
		_ = d.close()
		return nil, fmt.Errorf("open warehouse %s: %w", path, err)
	}
	return d, nil
}

// inUse tells a file that another process holds from other faults; DuckDB says so in words only.
func inUse(path string, err error) error {
	if strings.Contains(err.Error(), "Could not set lock") {
		return errs.New(errs.Conflict, "warehouse.in_use",
			"Another process holds %s. Stop it, or speak to the running server with --url.", path).Because(err)
	}
	return fmt.Errorf("open warehouse %s: %w", path, err)
}

func (d *database) prepare(ctx context.Context) error {
	var version int
	_, err := d.writer.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS warehouse_state (name VARCHAR NOT NULL, value BIGINT NOT NULL)`)
	if err != nil {
		return err
	}
	err = d.writer.QueryRowContext(ctx, `SELECT value FROM warehouse_state WHERE name = 'schema'`).Scan(&version)
	switch {
	case err == nil && version == schemaVersion:
		return nil
	case err == nil && version == 1:
		return d.run(ctx, `ALTER TABLE events DROP COLUMN context`, `UPDATE warehouse_state SET value = 2 WHERE name = 'schema'`)
	case err == nil && version > schemaVersion:
		return errs.New(errs.Conflict, "database.newer",
			"The warehouse has schema version %d, this program knows only %d: a newer Rapport has written it. Start that version.", version, schemaVersion)
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	statements := []string{
		`CREATE TYPE JSONB AS JSON`,
		// The same names exist in PostgreSQL (warehouse/pg), so that one report text runs on both.
		`CREATE MACRO re_match(s, p) AS regexp_matches(s, p)`,
		`CREATE MACRO try_num(s) AS TRY_CAST(s AS DOUBLE)`,
		`CREATE MACRO json_items(j) AS TABLE SELECT unnest(json_extract_string(j, '$[*]')) AS item`,
		`CREATE MACRO bucket(i, t) AS time_bucket(i, t)`,
		`CREATE TABLE events ` + strings.NewReplacer("{{json}}", "VARCHAR", "{{key}}", "", "{{context}}", "").Replace(warehouse.EventTable),
		`CREATE TABLE event_sources (source_id BIGINT NOT NULL)`,
	}
	for _, m := range warehouse.Mirrors() {
		var cols []string
		for i := range m.Columns {
			cols = append(cols, `"`+m.Columns[i]+`" `+m.Types[i])
		}
		statements = append(statements, `CREATE TABLE `+m.Table+` (`+strings.Join(cols, ", ")+`)`)
	}
	statements = append(statements,
		`INSERT INTO warehouse_state (name, value) VALUES ('seq', 0)`,
		fmt.Sprintf(`INSERT INTO warehouse_state (name, value) VALUES ('schema', %d)`, schemaVersion))
	return d.run(ctx, statements...)
}

// run changes the schema.
func (d *database) run(ctx context.Context, statements ...string) error {
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// A log that holds schema changes is the one thing DuckDB has replayed wrongly.
	_, err = d.writer.ExecContext(ctx, `CHECKPOINT`)
	return err
}

func (d *database) close() error {
	var err error
	if d.writer != nil {
		_, err = d.writer.ExecContext(context.Background(), `CHECKPOINT`)
		err = errors.Join(err, d.writer.Close())
	}
	return errors.Join(err, d.pool.Close(), d.connector.Close())
}

// inTx runs fn in a write transaction. The caller is the only writer.
func (d *database) inTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// A cancelled context ends the statements, not the transaction: database/sql would throw away the connection with it, and there is only one.
	tx, err := d.writer.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// appendRows adds rows to a table inside the writer's open transaction.
func (d *database) appendRows(table string, n int, row func(i int) []driver.Value) error {
	return d.writer.Raw(func(conn any) error {
		a, err := duckdb.NewAppenderFromConn(conn.(driver.Conn), "", table)
		if err != nil {
			return fmt.Errorf("append to %s: %w", table, err)
		}
		for i := range n {
			if err := a.AppendRow(row(i)...); err != nil {
				return errors.Join(fmt.Errorf("append to %s: %w", table, err), a.Close())
			}
		}
		if err := a.Close(); err != nil {
			return fmt.Errorf("append to %s: %w", table, err)
		}
		return nil
	})
}

func (d *database) applied(ctx context.Context) (int64, error) {
	var seq int64
	if err := d.pool.QueryRowContext(ctx, `SELECT value FROM warehouse_state WHERE name = 'seq'`).Scan(&seq); err != nil {
		return 0, fmt.Errorf("read sequence of the warehouse: %w", err)
	}
	return seq, nil
}

func (d *database) reset(ctx context.Context) error {
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		tables := []string{"events", "event_sources"}
		for _, m := range warehouse.Mirrors() {
			tables = append(tables, m.Table)
		}
		for _, t := range tables {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+t); err != nil {
				return fmt.Errorf("empty %s: %w", t, err)
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE warehouse_state SET value = 0 WHERE name = 'seq'`)
		return err
	})
	if err != nil {
		return err
	}
	_, err = d.writer.ExecContext(ctx, `CHECKPOINT`)
	return err
}
