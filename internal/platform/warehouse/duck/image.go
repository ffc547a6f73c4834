package duck

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Image is events.duckdb as it was at one moment, readable while events go on being appended.
//
// Between two checkpoints DuckDB changes nothing in its file that an earlier state refers to: what is committed goes to the log, and what is
// written ahead of a commit goes to free blocks. So the file and that part of its log that was there at the moment are that moment's
// state, as long as no checkpoint comes between. Close it soon: what is appended meanwhile stays in memory and in the log.
type Image struct {
	w      *Warehouse
	file   *os.File // stays open, see Warehouse.file
	log    *os.File // nil where there was none
	size   int64
	logged int64
	limit  string // at which DuckDB checkpoints by itself
	Events int64
	Seq    int64 // of both files
}

// Image waits until nobody writes, calls also for what belongs to the same moment, and lets writing go on.
func (w *Warehouse) Image(ctx context.Context, also func() error) (m *Image, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m = &Image{w: w}
	if m.Seq, err = w.db.applied(ctx); err != nil {
		return nil, err
	}
	m.Seq = min(m.Seq, w.activity.Applied())
	if err := w.db.pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM events`).Scan(&m.Events); err != nil {
		return nil, fmt.Errorf("count events: %w", err)
	}
	if err := w.db.writer.QueryRowContext(ctx, `SELECT CAST(current_setting('checkpoint_threshold') AS VARCHAR)`).Scan(&m.limit); err != nil {
		return nil, fmt.Errorf("read setting: %w", err)
	}
	if w.file == nil {
		if w.file, err = os.Open(w.path); err != nil {
			return nil, fmt.Errorf("open warehouse file: %w", err)
		}
	}
	m.file = w.file
	if _, err := w.db.writer.ExecContext(ctx, `SET checkpoint_threshold = '1TB'`); err != nil {
		return nil, fmt.Errorf("hold checkpoints: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.release())
		}
	}()
	if m.size, err = length(m.file); err != nil {
		return nil, err
	}
	m.log, err = os.Open(w.path + ".wal")
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = nil
	case err != nil:
		return nil, fmt.Errorf("open the warehouse's log: %w", err)
	default:
		if m.logged, err = length(m.log); err != nil {
			return nil, err
		}
	}
	return m, also()
}

func length(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Part is a file of the image.
type Part struct {
	Name string // in the data directory
	Size int64
	Copy func(w io.Writer) error
}

// Parts gives the files that make up the moment.
func (m *Image) Parts() []Part {
	name := filepath.Base(m.w.path)
	out := []Part{{name, m.size, section(m.file, m.size)}}
	if m.log != nil && m.logged > 0 {
		out = append(out, Part{name + ".wal", m.logged, section(m.log, m.logged)})
	}
	return out
}

func section(f *os.File, size int64) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.CopyBuffer(w, struct{ io.Reader }{io.NewSectionReader(f, 0, size)}, make([]byte, 256<<10))
		return err
	}
}

// Close lets checkpoints happen again.
func (m *Image) Close() error {
	m.w.mu.Lock()
	defer m.w.mu.Unlock()
	return m.release()
}

func (m *Image) release() error {
	var err error
	if m.log != nil {
		err = m.log.Close()
		m.log = nil
	}
	if m.limit == "" {
		return err
	}
	_, e := m.w.db.writer.ExecContext(context.Background(), `SET checkpoint_threshold = '`+m.limit+`'`)
	m.limit = ""
	return errors.Join(err, e)
}

// Inspect opens a copy of the files that nobody else uses, merges what its log holds, and gives its sequence and the number of its events. It
// reads a part of every event.
func Inspect(ctx context.Context, dir string) (seq, events int64, err error) {
	d, err := openDatabase(ctx, Config{Dir: dir, MemoryLimit: "256MB"})
	if err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, d.close(), os.RemoveAll(filepath.Join(dir, "tmp")))
	}()
	if seq, err = d.applied(ctx); err != nil {
		return 0, 0, err
	}
	var last, mixed any
	err = d.pool.QueryRowContext(ctx, `SELECT COUNT(*), MAX(event_id), BIT_XOR(message_hash) FROM events`).Scan(&events, &last, &mixed)
	if err != nil {
		return 0, 0, fmt.Errorf("count events: %w", err)
	}
	return seq, events, nil
}
