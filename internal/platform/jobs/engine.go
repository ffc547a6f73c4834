package jobs

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"rapport/internal/platform/sqldb"
)

// client is River on the engine whose transactions are T; unwrap finds one in the caller's.
type client[T any] struct {
	river  *river.Client[T]
	unwrap func(tx *sqldb.Tx, fn func(T) error) error
}

func newQueue(db *sqldb.DB, b *bell, c *river.Config) (queue, error) {
	if db.Engine() == sqldb.SQLite {
		// River works on the one writing connection: it can never find the file locked by us.
		return newClient(liteDriver{riversqlite.New(db.Raw()), b}, c, func(tx *sqldb.Tx, fn func(*sql.Tx) error) error { return fn(tx.Raw()) })
	}
	return newClient(riverpgxv5.New(db.Pool()), c, func(tx *sqldb.Tx, fn func(pgx.Tx) error) error {
		return tx.Pgx(func(conn *pgx.Conn) error { return fn(borrowed{conn}) })
	})
}

func newClient[T any](driver riverdriver.Driver[T], c *river.Config, unwrap func(*sqldb.Tx, func(T) error) error) (queue, error) {
	r, err := river.NewClient(driver, c)
	if err != nil {
		return nil, err
	}
	return &client[T]{river: r, unwrap: unwrap}, nil
}

func (c *client[T]) enqueue(ctx context.Context, tx *sqldb.Tx, args river.JobArgs, o *river.InsertOpts) error {
	return c.unwrap(tx, func(t T) error {
		_, err := c.river.InsertTx(ctx, t, args, o)
		return err
	})
}

func (c *client[T]) start(ctx context.Context) error  { return c.river.Start(ctx) }
func (c *client[T]) stop(ctx context.Context) error   { return c.river.Stop(ctx) }
func (c *client[T]) cancel(ctx context.Context) error { return c.river.StopAndCancel(ctx) }

func migrate(ctx context.Context, db *sqldb.DB, log *slog.Logger) error {
	config := &rivermigrate.Config{Logger: log}
	if db.Engine() == sqldb.SQLite {
		m, err := rivermigrate.New(riversqlite.New(db.Raw()), config)
		if err != nil {
			return err
		}
		_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	// Several programs may start at once; River's migrations do not wait for each other.
	conn, err := db.Pool().Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(7239003)`); err != nil {
		return err
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(7239003)`) }()
	m, err := rivermigrate.New(riverpgxv5.New(db.Pool()), config)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// borrowed is the pgx view of a transaction that database/sql began and will end.
type borrowed struct{ conn *pgx.Conn }

var errBorrowed = errors.New("this transaction ends where it began")

// Begin opens a savepoint, as pgx does inside a transaction.
func (b borrowed) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := b.Exec(ctx, `SAVEPOINT jobs`); err != nil {
		return nil, err
	}
	return savepoint{b}, nil
}

func (b borrowed) Commit(context.Context) error   { return errBorrowed }
func (b borrowed) Rollback(context.Context) error { return errBorrowed }
func (b borrowed) Conn() *pgx.Conn                { return b.conn }
func (b borrowed) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

type savepoint struct{ borrowed }

func (s savepoint) Commit(ctx context.Context) error {
	_, err := s.Exec(ctx, `RELEASE SAVEPOINT jobs`)
	return err
}

func (s savepoint) Rollback(ctx context.Context) error {
	_, err := s.Exec(ctx, `ROLLBACK TO SAVEPOINT jobs`)
	return err
}

// The rest passes through.

func (b borrowed) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return b.conn.Exec(ctx, query, args...)
}

func (b borrowed) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return b.conn.Query(ctx, query, args...)
}

func (b borrowed) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return b.conn.QueryRow(ctx, query, args...)
}

func (b borrowed) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return b.conn.CopyFrom(ctx, table, columns, rows)
}

func (b borrowed) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	return b.conn.SendBatch(ctx, batch)
}

func (b borrowed) Prepare(ctx context.Context, name, query string) (*pgconn.StatementDescription, error) {
	return b.conn.Prepare(ctx, name, query)
}
