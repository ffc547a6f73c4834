package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/sqldb"
)

// Target is where a backup is put back.
type Target struct {
	Dir         string // must be missing or empty
	DatabaseURL string // for a backup of PostgreSQL: an empty database
}

// Restore puts a backup back. It unpacks into a directory beside the target, checks everything, and renames at the end, so that a target is
// either as it was or complete. The caller holds nothing of the target.
func Restore(ctx context.Context, path string, t Target) (r Report, err error) {
	if err := vacant(t.Dir); err != nil {
		return r, err
	}
	head, err := headOf(path)
	if err != nil {
		return r, err
	}
	if err := fits(head, t); err != nil {
		return r, err
	}
	dir := filepath.Clean(t.Dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return r, fmt.Errorf("make the directory above: %w", err)
	}
	sibling := dir + ".restoring-" + id.Secret(6)
	if err := os.Mkdir(sibling, 0o700); err != nil {
		return r, fmt.Errorf("make a directory beside the target: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(full(err), os.RemoveAll(sibling))
		}
	}()
	if head.Engine == Postgres {
		r, err = restorePostgres(ctx, path, sibling, t.DatabaseURL)
	} else if r, err = read(ctx, path, unpack{dir: sibling, sync: true}); err == nil {
		err = inspect(ctx, sibling, r.Foot.Figures)
	}
	if err != nil {
		return r, err
	}
	r.Full = true
	if err := leaveNoLogs(ctx, sibling); err != nil {
		return r, err
	}
	if err := errors.Join(syncTree(sibling), os.Rename(sibling, dir)); err != nil { // an empty directory is replaced
		return r, fmt.Errorf("put the restored directory in its place: %w", err)
	}
	return r, syncDir(filepath.Dir(dir))
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
	if errs.As(err) == nil && noRoom(err) {
		return errs.New(errs.Unavailable, "restore.disk_full", "There is not enough room on the disk for the restored directory; nothing was changed.").Because(err)
	}
	return err
}

// noRoom tells that something could not be written for want of room, or of the right to more of it.
func noRoom(err error) bool {
	return sqldb.IsFull(err) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EFBIG) || errors.Is(err, syscall.EDQUOT)
}

// leaveNoLogs merges the write-ahead files that checking has made, so that the directory is as after a clean stop.
func leaveNoLogs(ctx context.Context, dir string) error {
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

func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		return syncDir(path)
	})
}
