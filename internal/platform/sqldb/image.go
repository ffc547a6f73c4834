package sqldb

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"sync"
)

// Image is a SQLite file as it was at one moment, read while the program goes on writing it: a read transaction holds the moment, and what has been
// written since, or lies in the write-ahead log only, comes through SQLite as it was. The log cannot be emptied meanwhile; so close it soon. Not
// safe for concurrent use.
type Image struct {
	path  string
	db    *sql.DB
	conn  *sql.Conn
	pages int64
	size  int64 // of a page
}

// OpenImage holds the moment for the file at path, which may be open in this program.
func OpenImage(ctx context.Context, path string) (m *Image, err error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err) // opening it would make it
	}
	m = &Image{path: path}
	// Every page is read once: a cache of them would only be work, to fill and to empty.
	if m.db, err = sql.Open("sqlite", liteDSN(path, true, 500)); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	m.db.SetMaxOpenConns(1)
	defer func() {
		if err != nil {
			_ = m.Close()
			m, err = nil, fmt.Errorf("read %s: %w", path, err)
		}
	}()
	if m.conn, err = m.db.Conn(ctx); err != nil {
		return m, err
	}
	if _, err = m.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return m, err
	}
	var n int64
	if err = m.conn.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&n); err != nil { // BEGIN alone holds nothing yet
		return m, err
	}
	if err = m.conn.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&m.pages); err != nil {
		return m, err
	}
	err = m.conn.QueryRowContext(ctx, `PRAGMA page_size`).Scan(&m.size)
	return m, err
}

// Size is the length of what Copy writes.
func (m *Image) Size() int64 { return m.pages * m.size }

// Copy writes the file's bytes.
//
// While the moment is held, a checkpoint puts into the file what is older than it, and nothing else: a page of which the log holds no version
// stays what it is. Those are most, and are read from the file many at a time, which costs a tenth of asking SQLite for each.
func (m *Image) Copy(ctx context.Context, w io.Writer) error {
	file, err := rawFile(m.path)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read %s: %w", m.path, err)
	}
	inFile := min(m.pages, info.Size()/m.size)
	logged, err := loggedPages(m.path+"-wal", m.size)
	if err != nil {
		return err
	}
	page, err := m.conn.PrepareContext(ctx, `SELECT data FROM sqlite_dbpage WHERE pgno = $1`)
	if err != nil {
		return fmt.Errorf("read pages of %s: %w", m.path, err)
	}
	defer func() { _ = page.Close() }()
	buf := make([]byte, copyPages*m.size)
	for at := int64(0); at < m.pages; {
		n := min(copyPages, m.pages-at)
		piece := buf[:n*m.size]
		if raw := max(0, min(n, inFile-at)); raw > 0 {
			if _, err := file.ReadAt(piece[:raw*m.size], at*m.size); err != nil {
				return fmt.Errorf("read pages of %s: %w", m.path, err)
			}
		}
		for k := range n {
			if at+k < inFile && !logged[at+k] {
				continue
			}
			var b []byte
			if err := page.QueryRowContext(ctx, at+k+1).Scan(&b); err != nil {
				return fmt.Errorf("read page %d of %s: %w", at+k+1, m.path, err)
			}
			if copy(piece[k*m.size:], b) != int(m.size) {
				return fmt.Errorf("page %d of %s has %d bytes, not %d", at+k+1, m.path, len(b), m.size)
			}
		}
		if _, err := w.Write(piece); err != nil {
			return err
		}
		at += n
	}
	return nil
}

// copyPages is how many pages are read and written at a time.
const copyPages = 64

// raws are files that are read beside SQLite. They are never closed: closing one would let go of every lock that SQLite has on that file in this
// process (fcntl's locks are the process's), and another program could then take away its log.
var raws struct {
	sync.Mutex
	open []*os.File
}

// rawFile gives the file at path for reading beside SQLite.
func rawFile(path string) (*os.File, error) {
	now, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	raws.Lock()
	defer raws.Unlock()
	for _, f := range raws.open {
		if info, err := f.Stat(); err == nil && os.SameFile(info, now) {
			return f, nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	raws.open = append(raws.open, f)
	return f, nil
}

// loggedPages gives the pages, counted from 0, of which the write-ahead log at path may hold a version (https://sqlite.org/fileformat2.html#walformat):
// those of all its frames, whether they count or not.
func loggedPages(path string, size int64) (map[int64]bool, error) {
	const fileHeader, frameHeader = 32, 24
	f, err := os.Open(path) // SQLite has no locks on it
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	defer func() { _ = f.Close() }()
	logged := map[int64]bool{}
	head := make([]byte, 4)
	for at := int64(fileHeader); ; at += frameHeader + size {
		_, err := f.ReadAt(head, at)
		if errors.Is(err, io.EOF) {
			return logged, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		logged[int64(binary.BigEndian.Uint32(head))-1] = true
	}
}

// Number reads one whole number as of the moment; ErrNoRows where there is none.
func (m *Image) Number(ctx context.Context, query string) (int64, error) {
	var n sql.NullInt64
	err := m.conn.QueryRowContext(ctx, query).Scan(&n)
	return n.Int64, err
}

// Numbers reads a column of whole numbers as of the moment.
func (m *Image) Numbers(ctx context.Context, query string) ([]int64, error) {
	rows, err := m.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []int64
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, rows.Err()
}

// Check has SQLite look at the structure of every page. It gives what is wrong, nil where nothing is.
func (m *Image) Check(ctx context.Context) error {
	rows, err := m.conn.QueryContext(ctx, `PRAGMA quick_check(5)`)
	if err != nil {
		return fmt.Errorf("check %s: %w", m.path, err)
	}
	defer func() { _ = rows.Close() }()
	var faults []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return fmt.Errorf("check %s: %w", m.path, err)
		}
		if s != "ok" {
			faults = append(faults, s)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check %s: %w", m.path, err)
	}
	if len(faults) > 0 {
		return fmt.Errorf("%s is damaged: %s", m.path, strings.Join(faults, "; "))
	}
	return nil
}

// Close lets the moment go.
func (m *Image) Close() error {
	var err error
	if m.conn != nil {
		_, _ = m.conn.ExecContext(context.Background(), `ROLLBACK`)
		err = m.conn.Close()
	}
	return errors.Join(err, m.db.Close())
}

// TrimLog gives back the disk space of a write-ahead file that grew while an Image held its moment: first what can be done beside other
// writers, then, when little is left to do, the rest. A file that others keep busy is left as it is.
func TrimLog(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_pragma=busy_timeout(500)&_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, how := range []string{"PASSIVE", "TRUNCATE"} {
		if _, err := db.ExecContext(ctx, `PRAGMA wal_checkpoint(`+how+`)`); err != nil {
			return fmt.Errorf("trim the log of %s: %w", path, err)
		}
	}
	return nil
}
