// Package app is the only place that knows everyone: it opens the stores, joins the rooms of the house, serves and stops.
//
// Life cycle of the program:
//
//	hold the data directory -> listen -> Open (stores, migrations, wiring) -> Start (outbox, jobs, applier) -> ready
//	TERM -> not ready -> requests in flight end -> applier drains -> jobs and outbox stop -> stores close -> exit 0
//
// Parts are started in the order in which they stand in Open and stopped in the reverse one, so that nobody loses what it
// needs while it still works. Commands (cli.go, people.go, import.go) do everything through the API; see client.go. Nothing is
// decided here about customers or money.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"

	"rapport/internal/base/clock"
	"rapport/internal/platform/config"
	"rapport/internal/platform/sqldb"
)

// Options is what a program is opened with.
type Options struct {
	Config  *config.Config
	Version string
	Log     *slog.Logger
	Held    *hold // the claim on the data directory; Close gives it back

	filling       bool // a migration fills what is opened
	servicesAlone bool // see ground
}

// App is an opened program.
type App struct {
	log     *slog.Logger
	held    *hold
	dir     string
	db      *sqldb.DB
	house   *house
	parts   []part
	started int
	control *control
	closers []func() error
	ready   atomic.Bool
}

// part is something that works in the background.
type part struct {
	name  string
	start func(context.Context) error
	stop  func(context.Context) error
}

// Open opens the stores, brings their schemas up to date and joins everything. It takes over Held only when it succeeds.
func Open(ctx context.Context, o Options) (a *App, err error) {
	a = &App{log: o.Log, dir: o.Config.Data}
	opened := a // the results are nil by the time a failure is tidied up
	defer func() {
		if err != nil {
			err = errors.Join(err, opened.closeAll())
		}
	}()
	note, err := o.whole()
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, sqldb.Config{Path: o.Config.Path("rapport.db"), URL: o.Config.DatabaseURL, MaxConns: o.Config.DatabaseMaxConn})
	if err != nil {
		return nil, err
	}
	a.db = db
	a.closers = append(a.closers, db.Close)
	if err := o.settle(ctx, db, note); err != nil {
		return nil, err
	}
	if err := o.upgrade(ctx, db); err != nil {
		return nil, err
	}
	wh, err := openWarehouse(ctx, o.Config, db, o.Log)
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, wh.Close)
	a.house, err = build(ctx, ground{config: o.Config, version: o.Version, log: o.Log, clock: clock.System{}, db: db, warehouse: wh, ready: a.ready.Load,
		servicesAlone: o.servicesAlone})
	if err != nil {
		return nil, err
	}
	if err := a.house.firstShop(ctx, o.Config); err != nil {
		return nil, err
	}
	a.parts = a.house.background()
	a.held = o.Held
	return a, nil
}

// Start begins the work in the background and opens the control socket.
func (a *App) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // a signal stops the parts in order, by Close, not all at once
	for _, p := range a.parts {
		if err := p.start(ctx); err != nil {
			return fmt.Errorf("start %s: %w", p.name, err)
		}
		a.started++
	}
	c, err := openControl(a.dir, a.Handler())
	if err != nil {
		return err
	}
	a.control = c
	a.ready.Store(true)
	return nil
}

// Handler is the front door.
func (a *App) Handler() http.Handler { return a.house.server.Handler() }

func (a *App) notReady() { a.ready.Store(false) }

// Close stops what was started, in reverse, closes the stores and gives the data directory back.
func (a *App) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	a.notReady()
	var err error
	if a.control != nil {
		err = a.control.close(ctx)
		a.control = nil
	}
	err = errors.Join(err, a.stopBackground(ctx))
	err = errors.Join(err, a.closeAll())
	a.held.release()
	return err
}

// stopParts ends what works in the background, in order, and leaves the stores open.
func (a *App) stopParts() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	a.notReady()
	return a.stopBackground(ctx)
}

func (a *App) stopBackground(ctx context.Context) error {
	var err error
	for ; a.started > 0; a.started-- {
		p := a.parts[a.started-1]
		if e := p.stop(ctx); e != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", p.name, e))
		}
	}
	return err
}

func (a *App) closeAll() error {
	var err error
	for i := len(a.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, a.closers[i]())
	}
	a.closers = nil
	return err
}
