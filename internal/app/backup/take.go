package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"rapport/internal/base/id"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse/duck"
)

// Service takes backups.
type Service struct {
	Deps
	busy chan struct{} // holds one token: two at a time would only slow each other down
	state
}

// New gives a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, busy: make(chan struct{}, 1)}
}

// imager is the embedded warehouse.
type imager interface {
	Image(ctx context.Context, also func() error) (*duck.Image, error)
}

// Write takes a backup of this moment to w. What w has is a backup only if no error comes.
func (s *Service) Write(ctx context.Context, w io.Writer) (Report, error) {
	select {
	case s.busy <- struct{}{}:
		defer func() { <-s.busy }()
	case <-ctx.Done():
		return Report{}, ctx.Err()
	}
	count := &counter{w: w}
	var r Report
	var err error
	if embedded, ok := s.Warehouse.(imager); ok {
		r, err = s.writeEmbedded(ctx, count, embedded)
	} else {
		r, err = s.writePostgres(ctx, count)
	}
	r.Bytes = count.n
	return r, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// moment is the data directory as it is at one moment.
type moment struct {
	warehouse                *duck.Image
	store, journal, activity *sqldb.Image
}

func (m *moment) close() error {
	var err error
	if m.warehouse != nil {
		err = m.warehouse.Close()
		m.warehouse = nil
	}
	for _, i := range []**sqldb.Image{&m.store, &m.journal, &m.activity} {
		if *i != nil {
			err = errors.Join(err, (*i).Close())
			*i = nil
		}
	}
	return err
}

// hold opens all at one moment; the order is what the package comment is about.
func (s *Service) hold(ctx context.Context, embedded imager) (*moment, error) {
	m := &moment{}
	var err error
	m.warehouse, err = embedded.Image(ctx, func() (err error) {
		for _, o := range []struct {
			into **sqldb.Image
			name string
		}{{&m.activity, activityFile}, {&m.store, storeFile}, {&m.journal, journalFile}} {
			if *o.into, err = sqldb.OpenImage(ctx, filepath.Join(s.Dir, o.name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (s *Service) writeEmbedded(ctx context.Context, w io.Writer, embedded imager) (r Report, err error) {
	at := s.Clock.Now()
	m, err := s.hold(ctx, embedded)
	if err != nil {
		return r, fmt.Errorf("hold the moment: %w", err)
	}
	defer func() {
		err = errors.Join(err, m.close())
		s.trim(ctx)
	}()
	r.Head = archive.Head{Program: s.Version, At: at, Engine: Embedded}
	if r.Head.Schema, err = m.store.Number(ctx, selectSchema); err != nil {
		return r, fmt.Errorf("read schema version: %w", err)
	}
	imports, err := m.store.Numbers(ctx, selectImports)
	if err != nil {
		return r, fmt.Errorf("list imports: %w", err)
	}
	a, err := archive.NewWriter(w, r.Head)
	if err != nil {
		return r, err
	}
	defer func() {
		if err != nil {
			a.Abort()
		}
	}()
	// First what costs most while its moment is held: DuckDB keeps what comes in meanwhile in memory, and rapport.db's log grows fastest.
	for _, p := range m.warehouse.Parts() {
		if err := a.Add(p.Name, p.Size, p.Copy); err != nil {
			return r, err
		}
	}
	counts := map[string]int64{FigureWarehouse: m.warehouse.Seq, FigureEvents: m.warehouse.Events}
	err = m.warehouse.Close()
	m.warehouse = nil
	if err != nil {
		return r, err
	}
	for _, f := range []struct {
		image   **sqldb.Image
		name    string
		queries map[string]string
	}{{&m.store, storeFile, storeFigures}, {&m.activity, activityFile, activityFigures}, {&m.journal, journalFile, journalFigures}} {
		image := *f.image
		if err := figures(ctx, image, f.queries, counts); err != nil {
			return r, err
		}
		err := a.Add(f.name, image.Size(), func(w io.Writer) error { return image.Copy(ctx, w) })
		*f.image = nil
		if err := errors.Join(err, image.Close()); err != nil {
			return r, err
		}
	}
	if err := s.addImports(a, imports); err != nil {
		return r, err
	}
	r.Foot, err = seal(a, counts)
	return r, err
}

// seal ends an archive with what was counted.
func seal(a *archive.Writer, counts map[string]int64) (archive.Foot, error) {
	for name, n := range counts {
		a.Count(name, n)
	}
	if err := a.Close(); err != nil {
		return archive.Foot{}, err
	}
	return a.Foot(), nil
}

// trim gives back what the logs took while the moment was held.
func (s *Service) trim(ctx context.Context) {
	for _, name := range []string{storeFile, journalFile, activityFile} {
		path := filepath.Join(s.Dir, name)
		if info, err := os.Stat(path + "-wal"); err != nil || info.Size() < 128<<20 {
			continue
		}
		if err := sqldb.TrimLog(context.WithoutCancel(ctx), path); err != nil {
			s.Log.Warn("the log of a database keeps its size for now", "file", name, "error", err)
		}
	}
}

// addImports adds the uploaded files of the imports that there are as of the moment. A file is stored before its import is, and files of
// refused rows only grow (the import knows how much of it counts), so later files serve.
func (s *Service) addImports(a *archive.Writer, imports []int64) error {
	for _, n := range imports {
		dir := filepath.Join(s.Dir, importsDir, id.ID(n).String())
		entries, err := os.ReadDir(dir)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read import: %w", err)
		}
		for _, e := range entries {
			if !e.Type().IsRegular() {
				continue
			}
			if err := addFile(a, importsDir+"/"+id.ID(n).String()+"/"+e.Name(), filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// addFile adds what a file holds now; what is appended meanwhile is left out.
func addFile(a *archive.Writer, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	return a.Add(name, info.Size(), func(w io.Writer) error {
		n, err := io.CopyBuffer(w, struct{ io.Reader }{io.LimitReader(f, info.Size())}, make([]byte, 256<<10))
		if err == nil && n < info.Size() {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
}

// Size writes a number of bytes for people.
func Size(n int64) string {
	const unit = 1000
	if n < unit {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	f, names := float64(n)/unit, "kMGT"
	for f >= unit && len(names) > 1 {
		f, names = f/unit, names[1:]
	}
	return strconv.FormatFloat(f, 'f', 1, 64) + " " + names[:1] + "B"
}
