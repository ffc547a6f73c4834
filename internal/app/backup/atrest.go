package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/sqldb"
)

// AtRest is a data directory whose warehouse is not open, such as before an upgrade. The caller holds it.
type AtRest struct {
	Dir     string
	Version string // of the program that makes the backup
	Clock   clock.Clock
	Into    string // directory
}

// upgradePrefix begins the names of backups from before an upgrade; they have no part in the retention of the others.
const upgradePrefix = "before-upgrade-"

// keptUpgrades is how many of them are kept.
const keptUpgrades = 2

// BeforeUpgrade backs the directory up as it is, in a form that the program it belongs to can restore, and gives the file. from is the
// version of the schema.
func (a AtRest) BeforeUpgrade(ctx context.Context, from int64) (string, error) {
	if err := os.MkdirAll(a.Into, 0o700); err != nil {
		return "", errs.New(errs.Conflict, "upgrade.directory", "The directory for the backup before the upgrade, %s, cannot be made: %v. Nothing was changed.", a.Into, err)
	}
	all, err := a.size()
	if err != nil {
		return "", err
	}
	if err := enough(a.Into, all); err != nil {
		return "", errs.New(errs.Conflict, "upgrade.no_room",
			"This program would upgrade the data directory %s, but there is no room for a backup of it at %s (up to %s are needed). Nothing was changed. "+
				"Make room, name another place with RAPPORT_BACKUP_DIR, or, if you have a backup, set RAPPORT_UPGRADE_SNAPSHOT=false.", a.Dir, a.Into, Size(all)).Because(err)
	}
	path := filepath.Join(a.Into, upgradePrefix+"schema"+strconv.FormatInt(from, 10)+"-"+a.Clock.Now().Format(stamp)+suffix)
	_, err = Into(ctx, path, false, func(f *os.File) error { return a.write(ctx, f, from) })
	if err != nil {
		return "", fmt.Errorf("back up before the upgrade (nothing was changed): %w", err)
	}
	a.forget()
	return path, nil
}

// forget keeps the newest of these backups.
func (a AtRest) forget() {
	old, _ := filepath.Glob(filepath.Join(a.Into, upgradePrefix+"*"+suffix))
	slices.SortFunc(old, func(x, y string) int { // by their time, which ends the name
		return strings.Compare(y[strings.LastIndexByte(y, '-'):], x[strings.LastIndexByte(x, '-'):])
	})
	for _, path := range old[min(len(old), keptUpgrades):] {
		_ = os.Remove(path)
	}
}

func (a AtRest) size() (int64, error) {
	var all int64
	for _, name := range []string{storeFile, journalFile, activityFile, duckFile, duckFile + ".wal"} {
		info, err := os.Stat(filepath.Join(a.Dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("look at %s: %w", name, err)
		}
		all += info.Size()
	}
	return all, nil
}

func (a AtRest) write(ctx context.Context, w io.Writer, schema int64) (err error) {
	out, err := archive.NewWriter(w, archive.Head{Program: "before " + a.Version, At: a.Clock.Now(), Engine: Embedded, Schema: schema})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			out.Abort()
		}
	}()
	for _, name := range []string{duckFile, duckFile + ".wal"} {
		if exists(a.Dir, name) {
			if err := addFile(out, name, filepath.Join(a.Dir, name)); err != nil {
				return err
			}
		}
	}
	var imports []int64
	counts := map[string]int64{}
	for _, f := range []struct {
		name    string
		queries map[string]string
	}{{activityFile, activityFigures}, {storeFile, storeFigures}, {journalFile, journalFigures}} {
		if !exists(a.Dir, f.name) {
			continue
		}
		err := func() error {
			m, err := sqldb.OpenImage(ctx, filepath.Join(a.Dir, f.name))
			if err != nil {
				return err
			}
			defer func() { _ = m.Close() }()
			for name, query := range f.queries { // an older schema may lack what is counted
				if n, err := m.Number(ctx, query); err == nil {
					counts[name] = n
				}
			}
			if f.name == storeFile {
				imports, _ = m.Numbers(ctx, selectImports)
			}
			return out.Add(f.name, m.Size(), func(w io.Writer) error { return m.Copy(ctx, w) })
		}()
		if err != nil {
			return err
		}
	}
	s := &Service{Deps: Deps{Dir: a.Dir}}
	if err := s.addImports(out, imports); err != nil {
		return err
	}
	for name, n := range counts {
		out.Count(name, n)
	}
	return out.Close()
}
