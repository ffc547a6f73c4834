// Package sqldb is the operational store: one way to speak SQL to SQLite (default) and PostgreSQL.
//
// It owns the connections, the migrations' runner and the names of everything that differs between the engines. One SQL
// text with $1 placeholders serves both; where a statement must differ it is a PerEngine beside its function. Store
// functions take a Q, which is a pool or a transaction, so nothing exists twice.
//
// On SQLite there is one writing connection (immediate transactions, WAL, synchronous=FULL: a commit that returned
// survives a power cut) and a pool of readers; on PostgreSQL one pgx pool serves both. Inside a transaction never call the
// pool: on SQLite the second write would wait for the first for ever, so DB refuses it.
//
// Invariants: text is stored as valid UTF-8 without NUL (Clean makes it so), instants as microseconds UTC, money as minor
// units. Nothing is announced from here.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"rapport/internal/base/errs"
)

// Engine names the database behind a Q.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// ErrNoRows is what Row(...).Scan gives when nothing matched.
var ErrNoRows = sql.ErrNoRows

// Q is a pool or a transaction. Store functions take it.
type Q interface {
	// Exec runs a statement and gives the number of rows it changed.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Query reads rows; the caller closes them.
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	// Row reads at most one row.
	Row(ctx context.Context, query string, args ...any) *sql.Row
	// Many runs one statement once for each row of arguments: several rows at a time on SQLite, pipelined on PostgreSQL.
	Many(ctx context.Context, query string, rows [][]any) error
	// Engine tells which database this is.
	Engine() Engine
}

// PerEngine is a statement that must differ between the engines.
type PerEngine struct{ SQLite, Postgres string }

// For gives the text for the engine behind q.
func (p PerEngine) For(q Q) string {
	if q.Engine() == Postgres {
		return p.Postgres
	}
	return p.SQLite
}

// Config says where the operational store is. URL (postgres://...) wins over Path (a SQLite file).
type Config struct {
	Path     string
	URL      string
	MaxConns int // PostgreSQL pool size and SQLite readers; 0 chooses
}

// DB is the pool. It implements Q: reads go to the readers, Exec and Many to the writer.
type DB struct {
	engine Engine
	write  *sql.DB
	read   *sql.DB
	pool   *pgxpool.Pool
}

// Open connects, but does not migrate.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.URL != "" {
		return openPostgres(ctx, c)
	}
	return openSQLite(ctx, c)
}

func openSQLite(ctx context.Context, c Config) (*DB, error) {
	if c.MaxConns == 0 {
		c.MaxConns = max(4, runtime.NumCPU())
	}
	if err := os.MkdirAll(filepath.Dir(c.Path), 0o700); err != nil {
		return nil, fmt.Errorf("create data directory: %w", err)
	}
	writer, err := newLiteConnector(SQLiteDSN(c.Path, false))
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	reader, err := newLiteConnector(SQLiteDSN(c.Path, true))
	if err != nil {
		return nil, fmt.Errorf("open sqlite: %w", err)
	}
	write := sql.OpenDB(writer)
	write.SetMaxOpenConns(1)
	write.SetMaxIdleConns(1)
	write.SetConnMaxLifetime(0)
	if err := write.PingContext(ctx); err != nil { // makes the file, so that readers find it
		_ = write.Close()
		return nil, fmt.Errorf("open %s: %w", c.Path, err)
	}
	read := sql.OpenDB(reader)
	read.SetMaxOpenConns(c.MaxConns)
	read.SetMaxIdleConns(c.MaxConns)
	return &DB{engine: SQLite, write: write, read: read}, nil
}

// SQLiteDSN gives the connection string with the settings every SQLite file of Rapport is opened with.
func SQLiteDSN(path string, readOnly bool) string {
	if readOnly {
		return liteDSN(path, true, 8000)
	}
	return liteDSN(path, false, 64000)
}

// liteDSN is SQLiteDSN with a cache of so many KiB.
func liteDSN(path string, readOnly bool, cache int) string {
	v := url.Values{}
	v.Add("_pragma", "busy_timeout(10000)")
	v.Add("_pragma", "foreign_keys(1)")
	v.Add("_pragma", "temp_store(MEMORY)")
	v.Add("_pragma", fmt.Sprintf("cache_size(-%d)", cache))
	if readOnly {
		v.Add("_pragma", "query_only(1)")
	} else {
		v.Add("_pragma", "journal_mode(WAL)")
		v.Add("_pragma", "synchronous(FULL)")
		v.Add("_pragma", "wal_autocheckpoint(16000)")
		v.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + v.Encode()
}

func openPostgres(ctx context.Context, c Config) (*DB, error) {
	pc, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("read database url: %w", errors.New("it must look like postgres://user:password@host:5432/database"))
	}
	pc.MaxConns = int32(c.MaxConns)
	if c.MaxConns == 0 {
		pc.MaxConns = int32(max(8, 4*runtime.NumCPU()))
	}
	pc.MaxConnIdleTime = 5 * time.Minute
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("connect to postgresql: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to postgresql: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	return &DB{engine: Postgres, write: db, read: db, pool: pool}, nil
}

// Close ends every connection.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	return err
}

// Engine tells which database this is.
func (db *DB) Engine() Engine { return db.engine }

// Raw gives the writing pool, for libraries that bring their own statements (jobs, migrations).
func (db *DB) Raw() *sql.DB { return db.write }

// Pool gives the PostgreSQL pool, nil on SQLite.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Exec runs one statement in a transaction of its own.
func (db *DB) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return affected(db.write.ExecContext(ctx, query, args...))
}

// Query reads from the readers.
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return db.read.QueryContext(ctx, query, args...)
}

// Row reads one row from the readers.
func (db *DB) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return db.read.QueryRowContext(ctx, query, args...)
}

// Many runs one statement for many rows in one transaction.
func (db *DB) Many(ctx context.Context, query string, rows [][]any) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.Many(ctx, query, rows) })
}

// Tx is a write transaction. It implements Q.
type Tx struct {
	db       *DB
	tx       *sql.Tx
	conn     *sql.Conn
	onCommit []func()
}

// maxTries bounds how often a transaction is run again after a deadlock or serialisation failure.
const maxTries = 5

// Tx runs fn in a write transaction and commits when it returns nil. On PostgreSQL a deadlock, a serialisation failure or a lost connection
// before the commit runs fn again, so fn must have no effect outside the transaction; use OnCommit for those.
func (db *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	for try := 1; ; try++ {
		err := db.once(ctx, fn)
		if err == nil || try == maxTries || !retryable(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try*try) * 10 * time.Millisecond):
		}
	}
}

func (db *DB) once(ctx context.Context, fn func(tx *Tx) error) (err error) {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("get connection: %w", err)
	}
	defer func() { _ = conn.Close() }()
	sqlTx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	tx := &Tx{db: db, tx: sqlTx, conn: conn}
	done := false
	defer func() {
		if !done {
			_ = sqlTx.Rollback()
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if last, ok := ctx.Value(commitKey{}).(func(context.Context, *Tx) error); ok {
		if err := last(ctx, tx); err != nil {
			return err
		}
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	for _, f := range tx.onCommit {
		f()
	}
	return nil
}

type commitKey struct{}

// WithCommit gives a context in which every write transaction calls last as its last statement; where it fails, the transaction is undone.
// So a request can note, together with what it does, that it was done.
func WithCommit(ctx context.Context, last func(ctx context.Context, tx *Tx) error) context.Context {
	return context.WithValue(ctx, commitKey{}, last)
}

// OnCommit has f called after the transaction is committed.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// Turn waits until no other transaction has the turn named by a number, and keeps it to the end: for what must read and then write alone.
// The numbers are PostgreSQL's advisory locks, one name for each; a write transaction of SQLite is alone anyway.
func (tx *Tx) Turn(ctx context.Context, turn int64) error {
	if tx.Engine() == SQLite {
		return nil
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, turn); err != nil {
		return fmt.Errorf("wait for turn %d: %w", turn, err)
	}
	return nil
}

// Engine tells which database this is.
func (tx *Tx) Engine() Engine { return tx.db.engine }

// Raw gives the transaction itself, for libraries that bring their own statements (jobs).
func (tx *Tx) Raw() *sql.Tx { return tx.tx }

// Exec runs a statement.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	return affected(tx.tx.ExecContext(ctx, query, args...))
}

// Query reads rows inside the transaction.
func (tx *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(ctx, query, args...)
}

// Row reads one row inside the transaction.
func (tx *Tx) Row(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(ctx, query, args...)
}

func affected(r sql.Result, err error) (int64, error) {
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// IsUnique reports whether err says that a primary key or unique constraint was broken.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	return errors.As(err, &lite) &&
		(lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

// IsFull reports whether err says that the disk has no room.
func IsFull(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "53100"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return true
		case sqlite3.SQLITE_IOERR:
			return strings.Contains(lite.Error(), "no space") || lite.Code() == sqlite3.SQLITE_IOERR_WRITE
		}
	}
	return err != nil && strings.Contains(err.Error(), "no space left on device")
}

func retryable(err error) bool {
	if errs.As(err) != nil {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40P01" || pg.Code == "40001"
	}
	return false
}

// IsGone reports whether err says that the database could not be reached or went away: worth trying again later.
func IsGone(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return strings.HasPrefix(pg.Code, "08") || strings.HasPrefix(pg.Code, "57P")
	}
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.Is(err, sql.ErrConnDone) || pgconn.SafeToRetry(err)
}
