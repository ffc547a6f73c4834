package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/platform/disk"
	"rapport/internal/platform/scratch"
)

// Plan says where backups of the program's own are kept, and when it takes one by itself.
type Plan struct {
	Dir      string
	Schedule Schedule
	Keep     int // how many; 0: all
}

// Schedule is an interval ("6h") or a time of day ("03:30"). The zero value is never.
type Schedule struct {
	Every time.Duration
	At    time.Duration // since midnight, where Daily
	Daily bool
	Zone  *time.Location
}

// ParseSchedule reads it; "" and "off" are never.
func ParseSchedule(text string, zone *time.Location) (Schedule, error) {
	if text == "" || text == "off" {
		return Schedule{}, nil
	}
	if t, err := time.Parse("15:04", text); err == nil {
		return Schedule{Daily: true, At: time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute, Zone: zone}, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < time.Minute {
		return Schedule{}, fmt.Errorf("%q is neither an interval like 6h nor a time of day like 03:30", text)
	}
	return Schedule{Every: d}, nil
}

// Due tells whether a backup should be taken now, the last one being of last (zero: there is none).
func (s Schedule) Due(last, now time.Time) bool {
	switch {
	case s.Daily:
		local := now.In(s.Zone)
		y, m, d := local.Date()
		at := time.Date(y, m, d, int(s.At/time.Hour), int(s.At%time.Hour/time.Minute), 0, 0, s.Zone)
		if at.After(local) {
			at = time.Date(y, m, d-1, int(s.At/time.Hour), int(s.At%time.Hour/time.Minute), 0, 0, s.Zone)
		}
		return last.Before(at)
	case s.Every > 0:
		return now.Sub(last) >= s.Every
	}
	return false
}

const (
	prefix     = "rapport-"
	suffix     = ".tar.zst"
	taking     = ".rapport-backup-" // begins the name of a directory in which one is made
	stamp      = "20060102T150405Z"
	lookEvery  = 20 * time.Second
	retryAfter = 10 * time.Minute // after one that failed
)

// state is how the service's own backups go.
type state struct {
	mu      sync.Mutex
	running bool
	failed  string // why the last one failed; "" where it did not
	tried   time.Time
	stop    context.CancelFunc
	done    sync.WaitGroup
	ctx     context.Context // of what was started in the background, which outlives the request that asked for it
}

// Kept is a backup in the service's directory.
type Kept struct {
	Name  string
	At    time.Time
	Bytes int64
}

// Start takes backups when they are due.
func (s *Service) Start(ctx context.Context) error {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.ctx = ctx
	s.clearParts()
	if s.Plan.Schedule == (Schedule{}) {
		return nil
	}
	s.done.Go(func() {
		tick := time.NewTicker(lookEvery)
		defer tick.Stop()
		for {
			s.look(ctx)
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return nil
}

// Stop ends one that is being taken; what it wrote is removed.
func (s *Service) Stop(context.Context) error {
	if s.stop != nil {
		s.stop()
	}
	s.done.Wait()
	return nil
}

// clearParts removes what an earlier run was writing when it ended, and what earlier versions left of that kind.
func (s *Service) clearParts() {
	parts, _ := filepath.Glob(filepath.Join(s.Plan.Dir, prefix+"*"+suffix+".part"))
	for _, p := range parts {
		_ = os.Remove(p)
	}
	if _, err := scratch.Sweep(filepath.Join(s.Plan.Dir, taking)); err != nil {
		s.Log.Warn("what an earlier backup left cannot be removed", "error", err)
	}
}

// look takes a backup if one is due.
func (s *Service) look(ctx context.Context) {
	now := s.Clock.Now()
	var last time.Time
	if kept, err := s.kept(); err == nil && len(kept) > 0 {
		last = kept[0].At
	}
	s.mu.Lock()
	wait := s.failed != "" && now.Sub(s.tried) < retryAfter
	s.mu.Unlock()
	if wait || !s.Plan.Schedule.Due(last, now) {
		return
	}
	if err := s.take(ctx); err != nil && ctx.Err() == nil {
		s.Log.Error("a backup was due and failed; it is tried again in some minutes", "error", err)
	}
}

// kept lists the service's own backups, the newest first.
func (s *Service) kept() ([]Kept, error) {
	entries, err := os.ReadDir(s.Plan.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var out []Kept
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), prefix)
		text, ok2 := strings.CutSuffix(text, suffix)
		at, err := time.Parse(stamp, text)
		info, err2 := e.Info()
		if ok && ok2 && err == nil && err2 == nil && info.Mode().IsRegular() {
			out = append(out, Kept{e.Name(), at.UTC(), info.Size()})
		}
	}
	slices.SortFunc(out, func(a, b Kept) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Name, b.Name)) })
	return out, nil
}

// take makes one backup in the service's directory and forgets old ones.
func (s *Service) take(ctx context.Context) error {
	if !s.begin() {
		return errs.New(errs.Conflict, "backup.running", "A backup is being taken already.")
	}
	r, name, err := s.takeOne(ctx)
	s.finish(err)
	if err != nil {
		return err
	}
	s.Log.Info("backup taken and checked", "file", name, "size", Size(r.Bytes), "events", r.Figure(FigureAccepted), "opened", r.Full)
	return nil
}

func (s *Service) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return false
	}
	s.running, s.tried = true, s.Clock.Now()
	return true
}

func (s *Service) finish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.failed = false, ""
	if err != nil {
		s.failed = err.Error()
	}
}

func (s *Service) takeOne(ctx context.Context) (r Report, name string, err error) {
	if err := os.MkdirAll(s.Plan.Dir, 0o700); err != nil {
		return r, "", errs.New(errs.Conflict, "backup.directory", "The directory for backups, %s, cannot be made: %v.", s.Plan.Dir, err)
	}
	kept, err := s.kept()
	if err != nil {
		return r, "", err
	}
	if len(kept) > 0 {
		if err := enough(s.Plan.Dir, kept[0].Bytes+kept[0].Bytes/4); err != nil {
			return r, "", err
		}
	}
	name = prefix + s.Clock.Now().Format(stamp) + suffix
	r, err = s.File(ctx, filepath.Join(s.Plan.Dir, name))
	if err != nil {
		return r, "", err
	}
	s.forget(s.Plan.Keep)
	return r, name, nil
}

// enough tells whether a directory has room for so many bytes and some to go on with.
func enough(dir string, bytes int64) error {
	space, err := disk.Of(dir)
	if err != nil {
		return err
	}
	if space.Free < bytes+(64<<20) {
		return errs.New(errs.Unavailable, "backup.no_room", "There is not enough room for a backup at %s: about %s are needed, %s are free.",
			dir, Size(bytes), Size(space.Free))
	}
	return nil
}

// forget removes the oldest of the service's own backups beyond keep.
func (s *Service) forget(keep int) {
	kept, err := s.kept()
	if err != nil || keep == 0 || len(kept) <= keep {
		return
	}
	for _, k := range kept[keep:] {
		if err := os.Remove(filepath.Join(s.Plan.Dir, k.Name)); err != nil {
			s.Log.Warn("an old backup cannot be removed", "file", k.Name, "error", err)
		}
	}
}

// File takes a backup into a file, checks it, and gives it its name only then.
func (s *Service) File(ctx context.Context, path string) (Report, error) {
	return Into(ctx, path, true, func(f *os.File) error {
		_, err := s.Write(ctx, f)
		return err
	})
}

// Into has write make a backup in a directory of its own beside path, checks it there and renames it to path: an older backup of that name stays
// until then, and what is not whole never has a backup's name. What others left who died is removed first.
func Into(ctx context.Context, path string, full bool, write func(f *os.File) error) (r Report, err error) {
	if _, err := scratch.Sweep(filepath.Join(filepath.Dir(path), taking)); err != nil {
		return r, err
	}
	d, err := scratch.Make(filepath.Join(filepath.Dir(path), taking), "backup into "+path)
	if err != nil {
		return r, notWritten(path, errs.New(errs.Invalid, "backup.not_writable", "The backup cannot be written: %v.", err).Because(err))
	}
	defer func() { err = errors.Join(err, d.Remove()) }()
	part := filepath.Join(d.Path, "part")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return r, notWritten(path, errs.New(errs.Invalid, "backup.not_writable", "The backup cannot be written: %v.", err).Because(err))
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return r, notWritten(path, err)
	}
	if r, err = verify(ctx, part, filepath.Join(d.Path, "check"), full); err != nil {
		return r, notWritten(path, err)
	}
	if err = os.Rename(part, path); err != nil {
		return r, fmt.Errorf("name the backup: %w", err)
	}
	return r, scratch.SyncDir(filepath.Dir(path))
}

// notWritten speaks of a disk without room as such.
func notWritten(path string, err error) error {
	if NoRoom(err) {
		return errs.New(errs.Unavailable, "backup.no_room", "There is not enough room for the backup %s; nothing was kept of it.", path).Because(err)
	}
	return err
}

// Summary is how the service's own backups stand.
type Summary struct {
	Kept     []Kept
	Running  bool
	Failed   string
	Schedule Schedule
	Keep     int
	Dir      string
}

// List shows the service's own backups.
func (s *Service) List(ctx context.Context) (Summary, error) {
	if err := role.Require(ctx, role.BackupRun); err != nil {
		return Summary{}, err
	}
	kept, err := s.kept()
	if err != nil {
		return Summary{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return Summary{kept, s.running, s.failed, s.Plan.Schedule, s.Plan.Keep, s.Plan.Dir}, nil
}

// TakeNow begins one in the background; List tells how it goes.
func (s *Service) TakeNow(ctx context.Context) error {
	if err := role.Require(ctx, role.BackupRun); err != nil {
		return err
	}
	s.mu.Lock()
	running, background := s.running, s.ctx
	s.mu.Unlock()
	if running {
		return errs.New(errs.Conflict, "backup.running", "A backup is being taken already.")
	}
	if background == nil || background.Err() != nil {
		return errs.New(errs.Unavailable, "backup.stopping", "The server is stopping.").After(10)
	}
	if err := s.record(ctx, "backup.taken"); err != nil {
		return err
	}
	s.done.Go(func() {
		if err := s.take(background); err != nil && background.Err() == nil {
			s.Log.Error("the backup failed", "error", err)
		}
	})
	return nil
}

// OpenKept opens one of the service's own backups; the caller closes it.
func (s *Service) OpenKept(ctx context.Context, name string) (*os.File, Kept, error) {
	list, err := s.List(ctx)
	if err != nil {
		return nil, Kept{}, err
	}
	i := slices.IndexFunc(list.Kept, func(k Kept) bool { return k.Name == name })
	if i < 0 {
		return nil, Kept{}, errs.New(errs.NotFound, "backup.not_found", "There is no backup of this name.")
	}
	f, err := os.Open(filepath.Join(s.Plan.Dir, name))
	if err != nil {
		return nil, Kept{}, fmt.Errorf("open backup: %w", err)
	}
	return f, list.Kept[i], s.record(ctx, "backup.downloaded")
}

// Last gives the time of the newest of the service's own backups, the zero time where there is none.
func (s *Service) Last() time.Time {
	kept, err := s.kept()
	if err != nil || len(kept) == 0 {
		return time.Time{}
	}
	return kept[0].At
}

// record writes who had all data in his hands.
func (s *Service) record(ctx context.Context, action string) error {
	if s.Audit == nil {
		return nil
	}
	return s.Audit(ctx, s.DB, action, "backup:"+s.Clock.Now().Format(stamp), nil)
}
