package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"rapport/internal/base/errs"
	"rapport/internal/platform/config"
	"rapport/internal/platform/obs"
	"rapport/internal/platform/systemd"
)

// drainTime bounds how long a stop waits for requests in flight and for what was accepted to be applied. What is left then is
// safe in the journal and is applied at the next start.
const drainTime = 25 * time.Second

// goMemory is where Go begins to collect garbage more eagerly; the warehouse's memory comes on top, and has a limit of its own.
const goMemory = 600 << 20

type serveCmd struct {
	settingFlags
	Listen   string `help:"Address to listen on; port 0 takes a free one." placeholder:"ADDR"`
	Demo     bool   `help:"Fill an empty data directory with a demo shop and keep it alive."`
	DemoSize string `name:"demo-size" help:"small, medium or a number of customers." placeholder:"SIZE"`
}

func (c *serveCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	cfg, err := p.settings(*c)
	if err != nil {
		return err
	}
	log := obs.Logger(p.Stderr, cfg.LogFormat, cfg.LogLevel)
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // GOMEMLIMIT is not set
		debug.SetMemoryLimit(goMemory)
	}
	held, err := holdDirectory(cfg.Data)
	if errors.Is(err, errHeld) {
		return errs.New(errs.Conflict, "data.held",
			"Process %s has the data directory %s. Stop it first, choose another directory with --data, or send commands to it with --url.",
			holder(cfg.Data), cfg.Data)
	}
	if err != nil {
		return err
	}
	f, err := openFront(cfg, log)
	if err != nil {
		held.release()
		return err
	}
	a, err := Open(ctx, Options{Config: cfg, Version: p.Version, Log: log, Held: held})
	if err != nil {
		held.release()
		f.close()
		return err
	}
	return a.serve(ctx, p, cfg, f)
}

func (a *App) serve(ctx context.Context, p *Process, cfg *config.Config, f *front) error {
	if err := a.Start(ctx); err != nil {
		f.close()
		return errors.Join(err, a.Close())
	}
	if err := f.serve(ctx, a.Handler()); err != nil {
		f.close()
		return errors.Join(err, a.Close())
	}
	_, _ = fmt.Fprintf(p.Stdout, "listening on %s\n", f.url())
	a.log.Info("ready", "address", f.url(), "data", cfg.Data, "version", p.Version)
	manager := systemd.From(p.Environ, os.Getpid())
	manager.Ready("listening on " + f.url())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan struct{})
	go func() { defer close(watched); manager.Watch(ctx, aliveAt(cfg.Data)) }()
	demo := make(chan struct{})
	go func() {
		defer close(demo)
		a.house.demo.Serve(ctx, cfg.Demo, func(email, password string) {
			_, _ = fmt.Fprintf(p.Stdout, "\n  demo shop: %s\n  sign in:   %s\n  password:  %s\n\n", f.url(), email, password)
		})
	}()
	var err error
	select {
	case <-ctx.Done():
	case err = <-f.failed:
	}
	manager.Stopping()
	a.log.Info("stopping: no new requests, draining what was accepted")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	a.notReady()
	<-demo
	stop()
	<-watched
	err = errors.Join(ignoreClosed(err), f.shutdown(drain), a.Close())
	a.log.Info("stopped")
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// aliveAt asks the program over its own socket whether it answers.
func aliveAt(dir string) func(context.Context) error {
	return func(ctx context.Context) error {
		c, err := socketClient(dir)
		if err != nil {
			return err
		}
		defer func() { _ = c.close() }()
		res, err := c.send(ctx, http.MethodGet, "/healthz", "", nil)
		if err != nil {
			return err
		}
		return res.Body.Close()
	}
}

// listen takes an address; setting names where it was said.
func listen(address, setting string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return ln, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, errs.New(errs.Conflict, "listen.taken", "Another program listens on %s already. Stop it, or choose another address with %s.", address, setting)
	case errors.Is(err, os.ErrPermission):
		return nil, errs.New(errs.Conflict, "listen.refused", "This user may not listen on %s. Choose a port above 1023 with %s.", address, setting)
	}
	return nil, usage("cannot listen on %s: %v", address, err)
}

// quietLog is for commands other than serve: they answer in sentences, so only trouble is logged.
func quietLog(p *Process, c *config.Config) *slog.Logger {
	level := c.LogLevel
	if level == "info" {
		level = "warn"
	}
	return obs.Logger(p.Stderr, c.LogFormat, level)
}
