package app

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/app/backup"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/config"
)

// planOf reads when backups are due from the settings, which have been checked.
func planOf(c *config.Config) backup.Plan {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		zone = time.UTC
	}
	schedule, err := backup.ParseSchedule(c.BackupSchedule, zone)
	if err != nil {
		schedule = backup.Schedule{}
	}
	return backup.Plan{Dir: cmp.Or(c.BackupDir, c.Path("backups")), Schedule: schedule, Keep: c.BackupKeep}
}

func backups(g ground, audits *audit.Service) *backup.Service {
	return backup.New(backup.Deps{Dir: g.config.Data, Version: g.version, Clock: g.clock, Log: g.log, DB: g.db, Warehouse: g.warehouse,
		Plan: planOf(g.config), Audit: audits.Record})
}

type backupCmd struct {
	File  string `arg:"" help:"File to write; an older backup of that name is replaced when the new one is complete and checked."`
	Check string `default:"full" enum:"full,checksums" help:"full unpacks and opens the backup beside itself where there is room; checksums only reads it: ${enum}."`
	clientFlags
}

// Run asks the running server for the backup, or the program itself where none runs, and checks what it got.
func (c *backupCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	if err := replaceable(c.File); err != nil {
		return err
	}
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	began := clock.System{}.Now()
	var taken time.Duration
	r, err := backup.Into(ctx, c.File, c.Check == "full", func(f *os.File) error {
		res, err := d.send(ctx, http.MethodPost, "/api/v1/backups/stream", "", nil)
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		_, err = io.CopyBuffer(struct{ io.Writer }{f}, res.Body, make([]byte, 1<<20))
		taken = clock.System{}.Now().Sub(began)
		return err
	})
	if err := errors.Join(err, d.close()); err != nil {
		return err
	}
	return p.tell(c.File, "backed up", &r, fmt.Sprintf("taken in %s, checked in %s", seconds(taken), seconds(clock.System{}.Now().Sub(began)-taken)))
}

// replaceable refuses to write over what is no backup.
func replaceable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return usage("the directory of %s does not exist", path)
		}
		return nil
	case err != nil:
		return errs.New(errs.Invalid, "backup.not_writable", "%s cannot be written: %v.", path, plainCause(err))
	case info.IsDir():
		return usage("%s is a directory: name a file, such as %s", path, filepath.Join(path, "rapport.tar.zst"))
	}
	if err := backup.Recognise(path); err != nil {
		return errs.New(errs.Conflict, "backup.would_overwrite", "%s exists and is not a backup; it was left alone. Choose another name.", path)
	}
	return nil
}

func seconds(d time.Duration) string { return d.Round(100 * time.Millisecond).String() }

// tell says what a backup holds and how well it is known to be good.
func (p *Process) tell(path, what string, r *backup.Report, how string) error {
	checked := "every checksum compared"
	if r.Full {
		checked = "opened and checked"
	}
	_, err := fmt.Fprintf(p.Stdout, "%s %s: %s as of %s\n  %d events, %d customers, %d orders; %s; %s\n", path, what, backup.Size(r.Bytes),
		r.Head.At.Format(time.RFC3339), r.Figure(backup.FigureAccepted), r.Figure(backup.FigureCustomers), r.Figure(backup.FigureOrders), checked, how)
	return err
}

type restoreCmd struct {
	File string `arg:"" help:"Backup to restore."`
	settingFlags
}

// Run puts a backup back into a directory that holds nothing.
func (c *restoreCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	cfg, err := p.settings(c.settingFlags)
	if err != nil {
		return err
	}
	if err := unheld(cfg.Data); err != nil {
		return err
	}
	began := clock.System{}.Now()
	r, err := backup.Restore(ctx, c.File, backup.Target{Dir: cfg.Data, DatabaseURL: cfg.DatabaseURL,
		Say: func(s string) { _, _ = fmt.Fprintln(p.Stderr, s) }})
	if err != nil {
		return err
	}
	return p.tell(cfg.Data, "restored", &r, "in "+seconds(clock.System{}.Now().Sub(began)))
}

// unheld refuses a directory on which somebody works. It makes nothing.
func unheld(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil {
		return nil
	}
	held, err := holdDirectory(dir)
	if errors.Is(err, errHeld) {
		return errs.New(errs.Conflict, "data.held", "Process %s works on the data directory %s. Choose another directory with --data, or stop it and move this one away.", holder(dir), dir)
	}
	if err == nil {
		held.release()
	}
	return nil
}
