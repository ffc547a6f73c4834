package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rapport/internal/base/errs"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/disk"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse/duck"
)

// verify reads a backup to its end and compares every checksum. With full, and where there is room, it also unpacks it into a directory that it
// makes at dir, opens and checks every file, and holds what they count against what was counted when it was taken.
func verify(ctx context.Context, path, dir string, full bool) (Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Report{}, unreadable(path, err)
	}
	space, err := disk.Of(filepath.Dir(path))
	// Unpacked it is larger; by how much is not known before. Four times is what a young directory needs, with little in it but indexes.
	full = full && err == nil && space.Free > 4*info.Size()+(256<<20)
	if !full {
		return read(ctx, path, nil)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return Report{}, fmt.Errorf("make a directory to check the backup in: %w", err)
	}
	r, err := read(ctx, path, unpack{dir: dir})
	if err != nil {
		return r, err
	}
	r.Full = r.Head.Engine == Embedded
	if r.Full {
		err = inspect(ctx, dir, r.Foot.Figures)
	}
	return r, err
}

func unreadable(path string, err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return errs.New(errs.Invalid, "backup.unreadable", "The backup %s cannot be read: %v.", path, err).Because(err)
}

// read goes through a backup; sink may be nil.
func read(ctx context.Context, path string, sink archive.Sink) (Report, error) {
	f, err := os.Open(path)
	if err != nil {
		return Report{}, unreadable(path, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Report{}, unreadable(path, err)
	}
	r := Report{Bytes: info.Size()}
	r.Head, r.Foot, err = archive.Read(untilDone{ctx, f}, sink)
	if e := errs.As(err); e != nil {
		named := *e
		named.Message = path + ": " + e.Message
		return r, &named
	}
	return r, err
}

// untilDone ends reading when somebody has had enough.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(b)
}

// unpack writes files below a directory. It syncs them where they are to stay.
type unpack struct {
	dir  string
	sync bool
}

// Open makes a file; an archive that names one twice is refused by that.
func (u unpack) Open(name string) (io.WriteCloser, error) {
	path := filepath.Join(u.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	return &unpacked{f, u.sync}, nil
}

type unpacked struct {
	*os.File
	sync bool
}

// Close makes the file durable.
func (u *unpacked) Close() error {
	var err error
	if u.sync {
		err = u.Sync()
	}
	return errors.Join(err, u.File.Close())
}

// inspect opens and checks the files of a data directory that nobody uses. want are the figures to hold them against.
func inspect(ctx context.Context, dir string, want map[string]int64) error {
	got := map[string]int64{}
	queued := int64(0)
	for _, f := range []struct {
		name    string
		queries map[string]string
	}{{storeFile, storeFigures}, {journalFile, journalFigures}, {activityFile, activityFigures}} {
		err := func() error {
			m, err := sqldb.OpenImage(ctx, filepath.Join(dir, f.name))
			if err != nil {
				return err
			}
			defer func() { _ = m.Close() }()
			if err := m.Check(ctx); err != nil {
				return err
			}
			if f.name == storeFile {
				if queued, err = m.Number(ctx, selectQueued); err != nil {
					return err
				}
			}
			return figures(ctx, m, f.queries, got)
		}()
		if err != nil {
			return broken(f.name, err)
		}
	}
	var err error
	if got[FigureWarehouse], got[FigureEvents], err = duck.Inspect(ctx, dir); err != nil {
		return broken(duckFile, err)
	}
	got[FigureWarehouse] = min(got[FigureWarehouse], got[FigureActivity])
	for name, n := range want {
		if have, known := got[name]; known && have != n {
			return broken(name, fmt.Errorf("%d were counted when the backup was taken, now there are %d", n, have))
		}
	}
	if queued == 0 {
		queued = got[FigureApplied] + 1
	}
	switch {
	case got[FigureApplied] > got[FigureJournal]:
		return broken(journalFile, fmt.Errorf("rows up to %d have been applied, the journal ends at %d", got[FigureApplied], got[FigureJournal]))
	case got[FigureWarehouse] < queued-1:
		return broken(duckFile, fmt.Errorf("it holds batches up to %d of %d", got[FigureWarehouse], queued-1))
	case got[FigureWarehouse] > got[FigureApplied]:
		return broken(duckFile, fmt.Errorf("it holds batches up to %d, but only %d have been applied", got[FigureWarehouse], got[FigureApplied]))
	}
	return nil
}

// broken says which part of a backup is wrong. What has a message of its own keeps it (a newer program has written it, say).
func broken(what string, err error) error {
	if errs.As(err) != nil {
		return err
	}
	if NoRoom(err) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("check %s: %w", what, err)
	}
	return errs.New(errs.Invalid, "backup.broken", "The backup is whole, but what it holds does not fit together (%s): %v.", what, err).Because(err)
}

// Recognise tells whether a file is a backup that this program knows.
func Recognise(path string) error {
	_, err := headOf(path)
	return err
}
