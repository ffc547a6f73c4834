package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"rapport/internal/app/backup"
	"rapport/internal/app/transfer"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/config"
	"rapport/internal/platform/scratch"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse/pg"
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
	// Rows are made and thrown away by the million beside little that stays: collecting less often costs some ten megabytes and spares a tenth of
	// the time.
	debug.SetGCPercent(300)
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
		// The target needs a directory of its own while it is filled: that of the source holds the other pair's files.
		target.DatabaseURL, target.Data = m.to, m.from.Path(".migrating")
		if err := os.RemoveAll(target.Data); err != nil { // a dead run's; the source is held
			return r, err
		}
		if err := os.Mkdir(target.Data, 0o700); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(target.Data)) }()
		return r, m.intoDatabase(ctx, source, &target, &r)
	}
	return r, m.intoDirectory(ctx, source, filepath.Clean(m.to), &target, &r)
}

const migrating = ".migrating-"

// intoDirectory fills a directory beside the one that is meant, and renames it when all is done.
func (m *migration) intoDirectory(ctx context.Context, source *App, dir string, target *config.Config, r *transfer.Result) (err error) {
	if note, ok, err := scratch.Read(dir); err != nil {
		return err
	} else if ok && note.Whole {
		return errors.Join(scratch.Settle(dir), errs.New(errs.Conflict, "migrate.finished_before",
			"The directory %s is filled already: an earlier run (%s) had come to its end and was stopped before it could say so. %s", dir, note.What, m.next()))
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return errs.New(errs.Conflict, "migrate.not_empty", "The directory %s is not empty (it holds %s). Name a new one.", dir, entries[0].Name())
	}
	gone, err := scratch.Sweep(dir + migrating)
	for _, d := range gone {
		m.say("removed %s: an earlier migration had begun it and did not come to its end", d)
	}
	if err != nil {
		return err
	}
	d, err := scratch.Make(dir+migrating, "migration into the directory "+dir)
	if err != nil {
		return fmt.Errorf("make a directory beside the target: %w", err)
	}
	placed := false
	defer func() {
		if err != nil && !placed {
			err = errors.Join(noRoom(err), d.Remove())
		}
	}()
	target.DatabaseURL, target.Data = "", d.Path
	if err := m.fill(ctx, source, target, r); err != nil {
		return err
	}
	if err := copyTree(m.from.Path("imports"), target.Path("imports")); err != nil {
		return err
	}
	if err := errors.Join(backup.LeaveNoLogs(ctx, d.Path), backup.SyncTree(d.Path), d.Seal()); err != nil {
		return err
	}
	if err := d.Become(dir); err != nil {
		return fmt.Errorf("put the directory in its place: %w", err)
	}
	placed = true
	return d.Settle()
}

// intoDatabase fills an empty database, which counts only when its mark is gone.
func (m *migration) intoDatabase(ctx context.Context, source *App, target *config.Config, r *transfer.Result) (err error) {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: target.DatabaseURL, MaxConns: 3})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	token := id.Secret(9)
	claim, err := db.Claim(ctx, token, "migration of the directory "+m.from.Data, pg.Schema())
	if e := errs.As(err); e != nil && e.Code == "database.not_empty" {
		err = errs.New(errs.Conflict, "migrate.not_empty", "%s If an earlier run of this command was stopped: it had come to its end, since a database that is half filled is known as such.", e.Message)
	}
	if err != nil {
		return err
	}
	defer claim.Release()
	if claim.Cleared != "" {
		m.say("emptied the database: an earlier run (%s) had begun to fill it and did not come to its end", claim.Cleared)
	}
	if err := m.fill(ctx, source, target, r); err != nil {
		return errors.Join(noRoom(err), claim.Undo(context.WithoutCancel(ctx)))
	}
	return db.Finished(ctx, token)
}

// noRoom speaks of a disk without room as such.
func noRoom(err error) error {
	if errs.As(err) == nil && backup.NoRoom(err) {
		return errs.New(errs.Unavailable, "migrate.disk_full", "There is not enough room on the disk of the target; nothing was changed, and nothing was kept: %v.", err).Because(err)
	}
	return err
}

// fill opens the target, which makes its schema, and fills it.
func (m *migration) fill(ctx context.Context, source *App, c *config.Config, r *transfer.Result) (err error) {
	target, err := Open(ctx, Options{Config: c, Version: m.p.Version, Log: quietLog(m.p, c), filling: true})
	if err != nil {
		return err
	}
	// Nothing was started, so nothing is stopped by closing; but the journal belongs to ingest.
	defer func() { err = errors.Join(err, target.house.ingest.Stop(context.WithoutCancel(ctx)), target.Close()) }()
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

// copyTree copies files and directories and makes the files durable; a source that is not there is empty.
func copyTree(from, to string) error {
	if _, err := os.Stat(from); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
