// Package dbtest gives tests a real operational store on every engine.
//
// SQLite stores are copies of one migrated file; PostgreSQL stores are databases of their own on the run's cluster (see pgtest).
// A missing PostgreSQL skips visibly on a laptop and fails where CI=true. DuckDB is not linked here.
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/pgtest"
	"rapport/migrations"
)

// Each runs fn on a fresh migrated store of every engine.
func Each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		fn(t, Postgres(t))
	})
}

var template struct {
	once sync.Once
	data []byte
	err  error
}

// SQLite gives a fresh migrated SQLite store in a directory of its own.
func SQLite(tb testing.TB) *sqldb.DB {
	tb.Helper()
	template.once.Do(func() { template.data, template.err = makeTemplate() })
	if template.err != nil {
		tb.Fatalf("make template store: %v", template.err)
	}
	path := filepath.Join(tb.TempDir(), "rapport.db")
	if err := os.WriteFile(path, template.data, 0o600); err != nil {
		tb.Fatal(err)
	}
	return open(tb, sqldb.Config{Path: path})
}

// Postgres gives a fresh migrated PostgreSQL database: a copy of the cluster's template for this schema.
func Postgres(tb testing.TB) *sqldb.DB {
	tb.Helper()
	return open(tb, sqldb.Config{URL: PostgresURL(tb), MaxConns: 6})
}

// PostgresURL gives the address of a fresh migrated PostgreSQL database, for tests that start a whole program on it.
func PostgresURL(tb testing.TB) string {
	tb.Helper()
	key, err := schemaKey()
	if err != nil {
		tb.Fatalf("read migrations: %v", err)
	}
	return pgtest.Migrated(tb, key, func(url string) error {
		ctx := context.Background()
		db, err := sqldb.Open(ctx, sqldb.Config{URL: url, MaxConns: 2})
		if err != nil {
			return err
		}
		return errors.Join(db.Migrate(ctx), db.Close())
	})
}

// schemaKey names the schema that this program's migrations make on PostgreSQL.
func schemaKey() (string, error) {
	files, err := migrations.For(string(sqldb.Postgres))
	if err != nil {
		return "", err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return "", err
	}
	h := sha256.New()
	for _, n := range names {
		b, err := fs.ReadFile(files, n)
		if err != nil {
			return "", err
		}
		_, _ = fmt.Fprintf(h, "%s %d\n%s", n, len(b), b)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

func open(tb testing.TB, c sqldb.Config) *sqldb.DB {
	tb.Helper()
	db, err := sqldb.Open(context.Background(), c)
	if err != nil {
		tb.Fatalf("open store: %v", err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Errorf("close store: %v", err)
		}
	})
	return db
}

func makeTemplate() ([]byte, error) {
	dir, err := os.MkdirTemp("", "rapport-template-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "rapport.db")
	ctx := context.Background()
	db, err := sqldb.Open(ctx, sqldb.Config{Path: path})
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx); err != nil {
		_ = db.Close()
		return nil, err
	}
	if _, err := db.Exec(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		_ = db.Close()
		return nil, err
	}
	if err := db.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
