package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rapport/internal/app/transfer"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/config"
	"rapport/internal/platform/sqldb"
)

type migrateCmd struct {
	To string `help:"postgres://... (an empty database) or a new data directory; without it only the schema is brought up to date." placeholder:"URL|DIR"`
	settingFlags
}

// Run moves everything to the other pair of engines. It holds the data directory: no server may run on either side.
func (c *migrateCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	cfg, err := p.settings(c.settingFlags)
	if err != nil {
		return err
	}
	if _, err := os.Stat(cfg.Data); err != nil {
		return usage("there is no data directory %s", cfg.Data)
	}
	toPostgres := strings.HasPrefix(c.To, "postgres://") || strings.HasPrefix(c.To, "postgresql://")
	switch {
	case toPostgres && cfg.DatabaseURL != "":
		return usage("the data is on PostgreSQL already; say where it is with --data alone, or name a directory with --to")
	case c.To != "" && !toPostgres && cfg.DatabaseURL == "":
		return usage("the data is in a directory already; --to names a PostgreSQL database, postgres://user:password@host/database, or the source is named by --database-url")
	}
	held, err := holdDirectory(cfg.Data)
	if errors.Is(err, errHeld) {
		return errs.New(errs.Conflict, "data.held", "Process %s works on %s. Stop it, migrate, and start it again.", holder(cfg.Data), cfg.Data)
	}
	if err != nil {
		return err
	}
	m := &migration{p: p, from: cfg, held: held, to: c.To, toPostgres: toPostgres}
	return m.run(ctx)
}

type migration struct {
	p          *Process
	from       *config.Config
	held       *hold
	to         string
	toPostgres bool
}

func (m *migration) say(format string, args ...any) {
	_, _ = fmt.Fprintf(m.p.Stderr, format+"\n", args...)
}

func (m *migration) run(ctx context.Context) error {
	// The source is run to its end first: everything accepted is applied, every announcement heard.
	source, err := Open(ctx, Options{Config: m.from, Version: m.p.Version, Log: quietLog(m.p, m.from), Held: m.held})
	if err != nil {
		m.held.release()
		return err
	}
	if m.to == "" {
		err := source.Close()
		if err == nil {
			_, err = fmt.Fprintln(m.p.Stdout, "the schema is up to date")
		}
		return err
	}
	if err := source.settle(ctx); err != nil {
		return errors.Join(err, source.Close())
	}
	began := clock.System{}.Now()
	r, err := m.move(ctx, source)
	if err := errors.Join(err, source.Close()); err != nil {
		return err
	}
	took := clock.System{}.Now().Sub(began)
	_, err = fmt.Fprintf(m.p.Stdout, "moved and compared: %d rows of %d tables and %d events in %s (%.0f a second)\n%s\n", r.Rows, r.Tables, r.Events,
		seconds(took), float64(r.Rows+r.Events)/took.Seconds(), m.next())
	return err
}

// next says how to go on.
func (m *migration) next() string {
	if m.toPostgres {
		return "Start with RAPPORT_DATABASE_URL and the same --data, which keeps the uploaded files. rapport.db, journal.db, activity.db and events.duckdb are as they " +
			"were and no longer used: remove them when you are content."
	}
	return "Start with --data " + m.to + " and without RAPPORT_DATABASE_URL. The database is as it was."
}

// settle works until nothing is under way, and stops what works in the background.
func (a *App) settle(ctx context.Context) error {
	if err := a.Start(ctx); err != nil {
		return err
	}
	if err := a.house.ingest.Drain(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := transfer.Waiting(ctx, a.db)
		if err != nil || n == 0 {
			return errors.Join(err, a.stopParts())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func (m *migration) move(ctx context.Context, source *App) (r transfer.Result, err error) {
	target := *m.from
	if m.toPostgres {
		target.DatabaseURL = m.to
		// The target needs a directory of its own while it is filled: that of the source holds the other pair's files.
		dir, err := os.MkdirTemp("", "rapport-migrate-")
		if err != nil {
			return r, err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		target.Data = dir
		return r, m.fill(ctx, source, &target, &r)
	}
	dir := filepath.Clean(m.to)
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return r, errs.New(errs.Conflict, "migrate.not_empty", "The directory %s is not empty (it holds %s). Name a new one.", dir, entries[0].Name())
	}
	target.DatabaseURL, target.Data = "", dir+".migrating-"+id.Secret(6)
	if err := m.fill(ctx, source, &target, &r); err != nil {
		return r, errors.Join(err, os.RemoveAll(target.Data))
	}
	if err := copyTree(m.from.Path("imports"), target.Path("imports")); err != nil {
		return r, errors.Join(err, os.RemoveAll(target.Data))
	}
	return r, os.Rename(target.Data, dir)
}

// fill opens the target, which makes its schema, and fills it.
func (m *migration) fill(ctx context.Context, source *App, c *config.Config, r *transfer.Result) (err error) {
	if c.DatabaseURL != "" {
		if err := unusedDatabase(ctx, c.DatabaseURL); err != nil {
			return err
		}
	}
	target, err := Open(ctx, Options{Config: c, Version: m.p.Version, Log: quietLog(m.p, c)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	from, closeFrom, err := source.side(ctx, m.from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFrom()) }()
	to, closeTo, err := target.side(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeTo()) }()
	if *r, err = transfer.Move(ctx, from, to, func(s string) { m.say("%s", s) }); err != nil {
		return err
	}
	m.say("search index and copies for reports: making them")
	return errors.Join(target.house.customers.Reindex(ctx), target.house.orders.Reindex(ctx), target.house.reports.RebuildMirror(ctx))
}

func unusedDatabase(ctx context.Context, url string) error {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: url, MaxConns: 2})
	if err != nil {
		return err
	}
	used, err := db.HasTables(ctx)
	if err == nil && used {
		err = errs.New(errs.Conflict, "migrate.not_empty", "The PostgreSQL database is not empty. Make a new one (CREATE DATABASE ... LC_COLLATE 'C' TEMPLATE template0) and name it with --to.")
	}
	return errors.Join(err, db.Close())
}

// side gives what is moved.
func (a *App) side(ctx context.Context, c *config.Config) (transfer.Side, func() error, error) {
	events, ok := a.house.warehouse.(transfer.Events)
	if !ok {
		return transfer.Side{}, nil, fmt.Errorf("the warehouse on %s cannot be moved", a.house.warehouse.Engine())
	}
	if c.DatabaseURL != "" {
		return transfer.Side{DB: a.db, Journal: a.db, Warehouse: events}, func() error { return nil }, nil
	}
	journal, err := sqldb.Open(ctx, sqldb.Config{Path: c.Path("journal.db"), MaxConns: 2})
	if err != nil {
		return transfer.Side{}, nil, err
	}
	return transfer.Side{DB: a.db, Journal: journal, Warehouse: events}, journal.Close, nil
}

// copyTree copies files and directories; a source that is not there is empty.
func copyTree(from, to string) error {
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return os.CopyFS(to, os.DirFS(from))
}
