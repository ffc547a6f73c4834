package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"rapport/internal/base/errs"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/scratch"
	"rapport/internal/platform/sqldb"
)

// Target is where a backup is put back.
type Target struct {
	Dir         string // must be missing or empty
	DatabaseURL string // for a backup of PostgreSQL: an empty database
	// Say hears what was found of earlier runs; nil: nobody.
	Say func(string)
}

func (t *Target) say(format string, args ...any) {
	if t.Say != nil {
		t.Say(fmt.Sprintf(format, args...))
	}
}

const restoring = ".restoring-"

// Restore puts a backup back. It unpacks into a directory beside the target, checks everything, and renames at the end, so that a target is
// either as it was or complete. What an earlier run left that died in the middle is removed first. The caller holds nothing of the target.
func Restore(ctx context.Context, path string, t Target) (r Report, err error) {
	head, err := headOf(path)
	if err != nil {
		return r, err
	}
	if err := fits(head, t); err != nil {
		return r, err
	}
	dir := filepath.Clean(t.Dir)
	if err := finished(ctx, dir, t.DatabaseURL); err != nil {
		return r, err
	}
	if err := vacant(dir); err != nil {
		return r, err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return r, fmt.Errorf("make the directory above: %w", err)
	}
	gone, err := scratch.Sweep(dir + restoring)
	for _, d := range gone {
		t.say("removed %s: an earlier restore had begun it and did not come to its end", d)
	}
	if err != nil {
		return r, err
	}
	return restoreInto(ctx, path, dir, head, &t)
}

func restoreInto(ctx context.Context, path, dir string, head archive.Head, t *Target) (r Report, err error) {
	what := "restore of " + absolute(path) + " into " + absolute(dir)
	d, err := scratch.Make(dir+restoring, what)
	if err != nil {
		return r, full(fmt.Errorf("make a directory beside the target: %w", err))
	}
	placed := false
	defer func() {
		if err != nil && !placed {
			err = errors.Join(full(err), d.Remove())
		}
	}()
	database := &filling{}
	if head.Engine == Postgres {
		if database, err = openFilling(ctx, t, d.Note.Token, what); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, database.close(placed)) }()
		r, err = database.restore(ctx, path, d.Path)
	} else if r, err = read(ctx, path, unpack{dir: d.Path, sync: true}); err == nil {
		err = inspect(ctx, d.Path, r.Foot.Figures)
	}
	if err != nil {
		return r, err
	}
	r.Full = true
	if err := errors.Join(LeaveNoLogs(ctx, d.Path), SyncTree(d.Path), d.Seal()); err != nil {
		return r, err
	}
	if err := d.Become(dir); err != nil { // an empty directory is replaced
		return r, fmt.Errorf("put the restored directory in its place: %w", err)
	}
	placed = true
	if err := database.finish(ctx, d.Note.Token); err != nil {
		return r, err
	}
	return r, d.Settle()
}

// absolute names a path for whoever reads it elsewhere.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// finished completes what an earlier run had put into its place, when it was ended before it could say so.
func finished(ctx context.Context, dir, url string) error {
	note, ok, err := scratch.Read(dir)
	if err != nil || !ok || !note.Whole {
		return err
	}
	if url != "" {
		db, err := sqldb.Open(ctx, sqldb.Config{URL: url, MaxConns: 2})
		if err != nil {
			return err
		}
		if err := errors.Join(db.Finished(ctx, note.Token), db.Close()); err != nil {
			return err
		}
	}
	if err := scratch.Settle(dir); err != nil {
		return err
	}
	return errs.New(errs.Conflict, "restore.finished_before",
		"The directory %s is restored already: an earlier run (%s) had come to its end and was stopped before it could say so. Nothing is left to do: start the server on it.", dir, note.What)
}

// vacant refuses a directory that holds anything.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist), err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return unreadable(dir, err)
	}
	return errs.New(errs.Conflict, "restore.not_empty",
		"The directory %s is not empty (it holds %s). A backup is only restored into a new or an empty directory: choose another one with --data, or move this one away first.",
		dir, entries[0].Name())
}

func headOf(path string) (archive.Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return archive.Head{}, unreadable(path, err)
	}
	defer func() { _ = f.Close() }()
	return archive.ReadHead(f)
}

// fits tells whether this program can make something of the backup.
func fits(head archive.Head, t Target) error {
	engine := sqldb.SQLite
	switch head.Engine {
	case Embedded:
		if t.DatabaseURL != "" {
			return errs.New(errs.Conflict, "restore.engine", "The backup holds a data directory, not a PostgreSQL database. "+
				"Restore it without RAPPORT_DATABASE_URL, then move it with: rapport migrate --data DIR --to postgres://...")
		}
	case Postgres:
		engine = sqldb.Postgres
		if t.DatabaseURL == "" {
			return errs.New(errs.Conflict, "restore.engine", "The backup holds a PostgreSQL database. Name an empty one with --database-url (or RAPPORT_DATABASE_URL).")
		}
	default:
		return errs.New(errs.Conflict, "backup.newer", "The backup was made on %q, which this program does not know. Use Rapport %s.", head.Engine, head.Program)
	}
	known, err := sqldb.SchemaVersion(engine)
	if err != nil {
		return err
	}
	if head.Schema > known {
		return errs.New(errs.Conflict, "backup.newer",
			"Rapport %s has made this backup with schema version %d, this program knows only %d. Restore it with that version or a newer one.", head.Program, head.Schema, known)
	}
	if engine == sqldb.Postgres && head.Schema < known {
		return errs.New(errs.Conflict, "backup.older",
			"Rapport %s has made this backup of PostgreSQL with schema version %d, this program makes %d. Restore it with that version, then start this one, which upgrades it.",
			head.Program, head.Schema, known)
	}
	return nil
}

// full speaks of a disk without room as such.
func full(err error) error {
	if errs.As(err) == nil && NoRoom(err) {
		return errs.New(errs.Unavailable, "restore.disk_full", "There is not enough room on the disk for the restored directory; nothing was changed.").Because(err)
	}
	return err
}

// NoRoom tells that something could not be written for want of room, or of the right to more of it.
func NoRoom(err error) bool {
	return sqldb.IsFull(err) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EDQUOT)
}

// LeaveNoLogs merges the write-ahead files that whoever filled a directory has left, so that the directory is as after a clean stop.
func LeaveNoLogs(ctx context.Context, dir string) error {
	for _, name := range []string{storeFile, journalFile, activityFile} {
		if !exists(dir, name) {
			continue
		}
		if err := sqldb.TrimLog(ctx, filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// SyncTree makes the names in a directory and all below it durable.
func SyncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return scratch.SyncDir(path)
	})
}
