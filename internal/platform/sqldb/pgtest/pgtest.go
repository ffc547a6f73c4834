// Package pgtest gives tests empty PostgreSQL databases, on a cluster that lives no longer than the run.
//
// With RAPPORT_TEST_POSTGRES (the URL of a superuser) the databases are made on that cluster, so that one serves a whole
// run; without it each test process starts a cluster of its own: newest binaries under /usr/lib/postgresql or on the PATH,
// an unprivileged user when the tests run as root, sync off, a free port on 127.0.0.1. A shell holds the server and watches
// a pipe from the test process: when the process ends, however it ends, the server stops and its files go.
//
// Databases are UTF-8 with collation C, as production asks for, and are dropped when their test ends. A missing PostgreSQL
// skips the test on a laptop and fails it where CI=true.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// run is the cluster of this process and its one administrator's connection.
var run struct {
	once    sync.Once
	mu      sync.Mutex // guards admin, since a connection serves one statement at a time
	admin   *pgx.Conn
	url     *url.URL
	cluster *Cluster // kept for its pipe: collected as garbage it would close and end the server
	err     error
}

var counter atomic.Int64

// URL gives the address of a fresh, empty database that is dropped when the test ends.
func URL(tb testing.TB) string {
	tb.Helper()
	return create(tb, "template0")
}

// Migrated gives the address of a fresh copy of a template database. key names what is in the template (a hash of the
// migrations); fill is called with the address of an empty database when the cluster has no template of that key yet.
func Migrated(tb testing.TB, key string, fill func(url string) error) string {
	tb.Helper()
	start(tb)
	name := "rapport_template_" + key
	if err := ensureTemplate(name, fill); err != nil {
		tb.Fatalf("make template database: %v", err)
	}
	return create(tb, name)
}

func create(tb testing.TB, template string) string {
	tb.Helper()
	start(tb)
	name := fmt.Sprintf("rapport_test_%d_%d", os.Getpid(), counter.Add(1))
	if err := admin(createSQL(name, template)); err != nil {
		tb.Fatalf("create test database: %v", err)
	}
	tb.Cleanup(func() {
		if err := admin(`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`); err != nil {
			tb.Errorf("drop test database: %v", err)
		}
	})
	return address(name)
}

func createSQL(name, template string) string {
	return `CREATE DATABASE ` + name + ` TEMPLATE ` + template + ` ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'`
}

// ensureTemplate makes the template under another name first, so that a half-filled one is never copied.
func ensureTemplate(name string, fill func(url string) error) error {
	run.mu.Lock()
	defer run.mu.Unlock()
	ctx := context.Background()
	// Test processes that share a cluster make the template one after the other.
	if _, err := run.admin.Exec(ctx, `SELECT pg_advisory_lock(7239001)`); err != nil {
		return err
	}
	defer func() { _, _ = run.admin.Exec(ctx, `SELECT pg_advisory_unlock(7239001)`) }()
	var have bool
	if err := run.admin.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)`, name).Scan(&have); err != nil || have {
		return err
	}
	making := fmt.Sprintf("rapport_making_%d", os.Getpid())
	for _, stmt := range []string{`DROP DATABASE IF EXISTS ` + making + ` WITH (FORCE)`, createSQL(making, "template0")} {
		if _, err := run.admin.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	if err := fill(address(making)); err != nil {
		return err
	}
	// A pool's last connection may still be on its way out: let nobody in and end who is there.
	for _, stmt := range []string{
		`ALTER DATABASE ` + making + ` ALLOW_CONNECTIONS FALSE`,
		`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '` + making + `'`,
		`ALTER DATABASE ` + making + ` RENAME TO ` + name,
	} {
		if _, err := run.admin.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	return nil
}

func admin(stmt string) error {
	run.mu.Lock()
	defer run.mu.Unlock()
	_, err := run.admin.Exec(context.Background(), stmt)
	return err
}

func address(database string) string {
	u := *run.url
	u.Path = "/" + database
	return u.String()
}

// start connects to the run's cluster, starting it when there is none.
func start(tb testing.TB) {
	tb.Helper()
	run.once.Do(func() {
		shared := os.Getenv("RAPPORT_TEST_POSTGRES")
		if shared == "" {
			if run.cluster, run.err = NewCluster(); run.err != nil {
				return
			}
			shared = run.cluster.URL
		}
		if run.url, run.err = url.Parse(shared); run.err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		run.admin, run.err = pgx.Connect(ctx, shared)
	})
	if run.err == nil {
		return
	}
	if os.Getenv("CI") == "true" || !errors.Is(run.err, errMissing) {
		tb.Fatalf("postgresql: %v", run.err)
	}
	tb.Skipf("SKIPPED, not run on PostgreSQL: %v", run.err)
}
