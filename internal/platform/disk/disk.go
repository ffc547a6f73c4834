// Package disk watches the room on the data directory's file system and says in time that it runs out.
//
//	ok ──free < warn──► low ──free < reserve──► full
//	 ◄───────free ≥ warn + a little──────── ◄── free ≥ reserve + a little
//
// Low is only said: in the log, in the metrics and in the status. Full makes the doors refuse what would be written, with the request to come
// again, while there still is room for what was accepted to be applied and for logs to be merged. When there is room again all goes on by
// itself; the gap between the two limits of a state keeps it from flickering. A file system that cannot be asked counts as ok: the write itself
// will tell. On PostgreSQL only the data directory of this program is watched.
//
// Announces nothing.
package disk

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/base/errs"
)

// State is how much room is left.
type State string

// The states.
const (
	OK   State = "ok"
	Low  State = "low"
	Full State = "full"
)

// every is how often it is looked. At 100 MB/s the reserve's smallest sensible size lasts longer.
const every = time.Second

// gap is how much more than a limit must be free at most before its state is left.
const gap = 512 << 20

// Config says what is watched.
type Config struct {
	Dir     string
	Warn    int64 // bytes free below which it is low; 0: 5 GB, or 15 % of a smaller disk
	Reserve int64 // bytes free below which it is full; 0: 1 GB, or 5 % of a smaller disk
	Log     *slog.Logger
	Space   func(dir string) (Space, error) // nil: Of
}

// Guard watches. The zero value is not usable; nil says that all is well.
type Guard struct {
	c     Config
	state atomic.Pointer[State]
	space atomic.Pointer[Space]
	mu    sync.Mutex // of look
	stop  context.CancelFunc
	done  chan struct{}
}

// New gives a guard that has looked once.
func New(c Config) *Guard {
	if c.Space == nil {
		c.Space = Of
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	space, err := c.Space(c.Dir)
	if err == nil && c.Warn == 0 {
		c.Warn = min(5<<30, space.Total/100*15)
	}
	if err == nil && c.Reserve == 0 {
		c.Reserve = min(1<<30, space.Total/100*5)
	}
	c.Warn = max(c.Warn, c.Reserve)
	g := &Guard{c: c}
	first := OK
	g.state.Store(&first)
	g.space.Store(&Space{})
	g.Look()
	return g
}

// Start looks again every second.
func (g *Guard) Start(ctx context.Context) error {
	ctx, g.stop = context.WithCancel(context.WithoutCancel(ctx))
	g.done = make(chan struct{})
	go func() {
		defer close(g.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				g.Look()
			}
		}
	}()
	return nil
}

// Stop ends watching.
func (g *Guard) Stop(context.Context) error {
	if g.stop != nil {
		g.stop()
		<-g.done
	}
	return nil
}

// State gives the room as it was found last.
func (g *Guard) State() State {
	if g == nil {
		return OK
	}
	return *g.state.Load()
}

// Space gives the figures that were found last.
func (g *Guard) Space() Space {
	if g == nil {
		return Space{}
	}
	return *g.space.Load()
}

// Room gives nil while something may be written, else errs.Unavailable with the time after which to come again.
func (g *Guard) Room() error {
	if g.State() != Full {
		return nil
	}
	return errFull
}

var errFull = errs.New(errs.Unavailable, "disk.full", "The server's disk is nearly full, so nothing new is taken. Send it again later; the operator must make room.").After(30)

// Look asks the file system now.
func (g *Guard) Look() {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.c.Space(g.c.Dir)
	if err != nil {
		g.c.Log.Warn("the room on the disk cannot be told", "error", err)
		ok := OK
		g.state.Store(&ok)
		return
	}
	g.space.Store(&s)
	was := *g.state.Load()
	now := next(was, s.Free, g.c.Warn, g.c.Reserve)
	if now == was {
		return
	}
	g.state.Store(&now)
	facts := []any{"free_mb", s.Free >> 20, "warn_mb", g.c.Warn >> 20, "reserve_mb", g.c.Reserve >> 20, "directory", g.c.Dir}
	switch now {
	case Full:
		g.c.Log.Error("the disk is nearly full: new events and files are refused until there is room", facts...)
	case Low:
		g.c.Log.Warn("the disk will be full soon: make room", facts...)
	default:
		g.c.Log.Info("there is room on the disk again", facts...)
	}
}

// next gives the state after another look.
func next(was State, free, warn, reserve int64) State {
	if free < reserve || (was == Full && free < reserve+min(reserve/4, gap)) {
		return Full
	}
	if free < warn || (was != OK && free < warn+min(warn/10, gap)) {
		return Low
	}
	return OK
}
