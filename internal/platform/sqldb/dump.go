package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Frozen is a PostgreSQL database as it was at one moment: one REPEATABLE READ transaction that only reads. Not safe for concurrent use.
type Frozen struct {
	conn *pgxpool.Conn
	tx   pgx.Tx
}

// Freeze holds the moment; an error on SQLite, where OpenImage does it.
func (db *DB) Freeze(ctx context.Context) (*Frozen, error) {
	if db.pool == nil {
		return nil, errors.New("no PostgreSQL")
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("get connection: %w", err)
	}
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		conn.Release()
		return nil, fmt.Errorf("begin: %w", err)
	}
	return &Frozen{conn, tx}, nil
}

// Number reads one whole number as of the moment; ErrNoRows where there is none.
func (f *Frozen) Number(ctx context.Context, query string) (int64, error) {
	return number(f.tx.QueryRow(ctx, query))
}

func number(row pgx.Row) (int64, error) {
	var n *int64
	err := row.Scan(&n)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, ErrNoRows
	}
	if err != nil || n == nil {
		return 0, err
	}
	return *n, nil
}

// Texts reads a column of text as of the moment.
func (f *Frozen) Texts(ctx context.Context, query string) ([]string, error) {
	rows, err := f.tx.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

const selectTables = `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname`

// Tables names the tables of the schema; partitions are part of theirs.
func (f *Frozen) Tables(ctx context.Context) ([]string, error) { return f.Texts(ctx, selectTables) }

// CopyOut writes a table in PostgreSQL's text form, with the names of its columns in the first line.
func (f *Frozen) CopyOut(ctx context.Context, table string, w io.Writer) error {
	_, err := f.conn.Conn().PgConn().CopyTo(ctx, w, `COPY (SELECT * FROM `+quoted(table)+`) TO STDOUT WITH (FORMAT text, HEADER true)`)
	if err != nil {
		return fmt.Errorf("copy table %s: %w", table, err)
	}
	return nil
}

// Close lets the moment go.
func (f *Frozen) Close() error {
	err := f.tx.Rollback(context.Background())
	f.conn.Release()
	return err
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// Filling puts tables back, all or none.
type Filling struct {
	conn *pgxpool.Conn
}

// Fill runs fn in one transaction of PostgreSQL.
func (db *DB) Fill(ctx context.Context, fn func(f *Filling) error) error {
	if db.pool == nil {
		return errors.New("no PostgreSQL")
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("get connection: %w", err)
	}
	defer conn.Release()
	return pgx.BeginFunc(ctx, conn, func(pgx.Tx) error { return fn(&Filling{conn}) })
}

// CopyIn replaces the content of a table by what CopyOut wrote of one with the same columns.
func (f *Filling) CopyIn(ctx context.Context, table string, r io.Reader) error {
	if _, err := f.conn.Exec(ctx, `DELETE FROM `+quoted(table)); err != nil {
		return fmt.Errorf("empty table %s: %w", table, err)
	}
	if _, err := f.conn.Conn().PgConn().CopyFrom(ctx, r, `COPY `+quoted(table)+` FROM STDIN WITH (FORMAT text, HEADER MATCH)`); err != nil {
		return fmt.Errorf("fill table %s: %w", table, err)
	}
	return nil
}

// Number reads one whole number inside the transaction; ErrNoRows where there is none.
func (f *Filling) Number(ctx context.Context, query string) (int64, error) {
	return number(f.conn.QueryRow(ctx, query))
}

// HasTables tells whether the schema holds any table.
func (db *DB) HasTables(ctx context.Context) (bool, error) {
	rows, err := db.Query(ctx, selectTables)
	if err != nil {
		return false, fmt.Errorf("list tables: %w", err)
	}
	defer func() { _ = rows.Close() }()
	return rows.Next(), rows.Err()
}
