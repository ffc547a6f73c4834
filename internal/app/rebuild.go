package app

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/errs"
)

type rebuildCmd struct {
	Warehouse rebuildWarehouseCmd `cmd:"" help:"Make the warehouse again from the journal and the operational store."`
}

type rebuildWarehouseCmd struct{ settingFlags }

// Run works on the stores themselves, the one command that does: nothing may be applied while the warehouse is made again.
func (c *rebuildWarehouseCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	cfg, err := p.settings(*c)
	if err != nil {
		return err
	}
	held, err := holdDirectory(cfg.Data)
	if errors.Is(err, errHeld) {
		return errs.New(errs.Conflict, "data.held", "Process %s works on %s. Stop it, rebuild, and start it again.", holder(cfg.Data), cfg.Data)
	}
	if err != nil {
		return err
	}
	a, err := Open(ctx, Options{Config: cfg, Version: p.Version, Log: quietLog(p, cfg), Held: held})
	if err != nil {
		held.release()
		return err
	}
	return errors.Join(a.rebuild(ctx, p), a.Close())
}

func (a *App) rebuild(ctx context.Context, p *Process) error {
	shown := int64(-1)
	err := a.house.ingest.Rebuild(ctx, func(done, all int64) {
		if percent := done * 100 / max(all, 1); percent != shown {
			shown = percent
			_, _ = fmt.Fprintf(p.Stderr, "events: %d %% of %d batches\n", percent, all)
		}
	})
	if err != nil {
		return fmt.Errorf("rebuild the warehouse; run the command again: %w", err)
	}
	_, _ = fmt.Fprintln(p.Stderr, "orders: copying")
	if err := a.house.reports.RebuildMirror(ctx); err != nil {
		return fmt.Errorf("rebuild the warehouse; run the command again: %w", err)
	}
	_, _ = fmt.Fprintln(p.Stdout, "the warehouse is complete")
	return nil
}
