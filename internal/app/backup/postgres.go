package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse/pg"
)

// On PostgreSQL the file holds every table in the form of COPY, and the uploaded files of imports:
//
//	months          the months that have events, one instant a line, so that their partitions are made first
//	tables/NAME     one for each table
//	imports/...
const (
	monthsFile = "months"
	tablesDir  = "tables/"
)

// versionTable is filled by the migrations themselves.
const versionTable = "goose_db_version"

func (s *Service) writePostgres(ctx context.Context, w io.Writer) (r Report, err error) {
	at := s.Clock.Now()
	m, err := s.DB.Freeze(ctx)
	if err != nil {
		return r, fmt.Errorf("hold the moment: %w", err)
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	r.Head = archive.Head{Program: s.Version, At: at, Engine: Postgres}
	if r.Head.Schema, err = m.Number(ctx, selectSchema); err != nil {
		return r, fmt.Errorf("read schema version: %w", err)
	}
	tables, err := m.Tables(ctx)
	if err != nil {
		return r, fmt.Errorf("list tables: %w", err)
	}
	months, err := m.Texts(ctx, selectMonths)
	if err != nil {
		return r, fmt.Errorf("list months: %w", err)
	}
	imports, err := m.Texts(ctx, selectImportTexts)
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
	err = a.Stream(monthsFile, func(w io.Writer) error {
		_, err := io.WriteString(w, strings.Join(append(months, ""), "\n"))
		return err
	})
	if err != nil {
		return r, err
	}
	for _, table := range tables {
		if table == versionTable {
			continue
		}
		if err := a.Stream(tablesDir+table, func(w io.Writer) error { return m.CopyOut(ctx, table, w) }); err != nil {
			return r, err
		}
	}
	ids := make([]int64, len(imports))
	for i, text := range imports {
		if ids[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return r, fmt.Errorf("read id of an import: %w", err)
		}
	}
	if err := s.addImports(a, ids); err != nil {
		return r, err
	}
	counts := map[string]int64{}
	for _, queries := range postgresFigures {
		if err := figures(ctx, m, queries, counts); err != nil {
			return r, err
		}
	}
	r.Foot, err = seal(a, counts)
	return r, err
}

// filling is a database that is being filled. The zero value is none: there is nothing to finish.
type filling struct {
	db    *sqldb.DB
	claim *sqldb.Claim
}

// openFilling claims an empty database, or one that a dead restore has begun to fill.
func openFilling(ctx context.Context, t *Target, token, what string) (*filling, error) {
	db, err := sqldb.Open(ctx, sqldb.Config{URL: t.DatabaseURL, MaxConns: 4})
	if err != nil {
		return nil, err
	}
	claim, err := db.Claim(ctx, token, what, pg.Schema())
	if e := errs.As(err); e != nil && e.Code == "database.not_empty" {
		err = errs.New(errs.Conflict, "restore.not_empty", "%s A backup is only restored into an empty one: make it with CREATE DATABASE, and name it with --database-url.", e.Message)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if claim.Cleared != "" {
		t.say("emptied the database: an earlier run (%s) had begun to fill it and did not come to its end", claim.Cleared)
	}
	return &filling{db, claim}, nil
}

// close makes the database empty again unless everything has its place.
func (f *filling) close(placed bool) error {
	var err error
	if !placed {
		err = f.claim.Undo(context.Background())
	}
	f.claim.Release()
	return errors.Join(err, f.db.Close())
}

func (f *filling) finish(ctx context.Context, token string) error {
	if f.db == nil {
		return nil
	}
	return f.db.Finished(ctx, token)
}

// restore fills the database, in one transaction that is made good only when the whole file was read and the counts agree. Uploaded files go
// below dir.
func (f *filling) restore(ctx context.Context, path, dir string) (r Report, err error) {
	// A damaged file must be known as such before the first table is made.
	if r, err = read(ctx, path, nil); err != nil {
		return r, err
	}
	if err := f.db.Migrate(ctx); err != nil {
		return r, err
	}
	wh, err := pg.Open(ctx, f.db, clock.System{})
	if err != nil {
		return r, err
	}
	err = f.db.Fill(ctx, func(in *sqldb.Filling) error {
		sink := &tables{ctx: ctx, in: in, warehouse: wh, files: unpack{dir: dir, sync: true}}
		if r, err = read(ctx, path, sink); err != nil {
			return err
		}
		got := map[string]int64{}
		for _, queries := range postgresFigures {
			if err := figures(ctx, in, queries, got); err != nil {
				return err
			}
		}
		for name, want := range r.Foot.Figures {
			if got[name] != want {
				return broken(name, fmt.Errorf("%d were counted when the backup was taken, now there are %d", want, got[name]))
			}
		}
		return nil
	})
	return r, err
}

// tables takes the files of a backup of PostgreSQL.
type tables struct {
	ctx       context.Context
	in        *sqldb.Filling
	warehouse *pg.Warehouse
	files     unpack
}

// Open gives what takes a file.
func (t *tables) Open(name string) (io.WriteCloser, error) {
	if name == monthsFile {
		return pour(func(r io.Reader) error { return t.months(r) }), nil
	}
	if table, ok := strings.CutPrefix(name, tablesDir); ok {
		return pour(func(r io.Reader) error { return t.in.CopyIn(t.ctx, table, r) }), nil
	}
	return t.files.Open(name)
}

func (t *tables) months(r io.Reader) error {
	var instants []int64
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		n, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			return fmt.Errorf("read months: %w", err)
		}
		instants = append(instants, n)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	slices.Sort(instants)
	return t.warehouse.MakeMonths(t.ctx, instants)
}

// pour lets a reader take what is written.
func pour(take func(io.Reader) error) io.WriteCloser {
	r, w := io.Pipe()
	p := &poured{w: w, done: make(chan error, 1)}
	go func() {
		err := take(r)
		_ = r.CloseWithError(errors.Join(err, io.ErrClosedPipe)) // who still writes hears why it is over
		p.done <- err
	}()
	return p
}

type poured struct {
	w    *io.PipeWriter
	done chan error
}

func (p *poured) Write(b []byte) (int, error) { return p.w.Write(b) }

// Close waits until all is taken.
func (p *poured) Close() error {
	_ = p.w.Close()
	return <-p.done
}
