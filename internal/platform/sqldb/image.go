package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
)

// Image is a SQLite file as it was at one moment, read while the program goes on writing it: a read transaction holds the moment, and
// the pages come through SQLite itself, so that what has been written since, or lies in the write-ahead file only, is as it was. The file's
// log cannot be emptied meanwhile; so close it soon. Not safe for concurrent use.
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
	if m.db, err = sql.Open("sqlite", SQLiteDSN(path, true)); err != nil {
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
func (m *Image) Copy(ctx context.Context, w io.Writer) error {
	rows, err := m.conn.QueryContext(ctx, `SELECT data FROM sqlite_dbpage`)
	if err != nil {
		return fmt.Errorf("read pages of %s: %w", m.path, err)
	}
	defer func() { _ = rows.Close() }()
	buf := make([]byte, 0, 256<<10) // a page at a time would be a system call, a block of a tar and a piece of a sum each
	var n int64
	for rows.Next() {
		var page sql.RawBytes
		if err := rows.Scan(&page); err != nil {
			return fmt.Errorf("read page of %s: %w", m.path, err)
		}
		if int64(len(page)) != m.size {
			return fmt.Errorf("page %d of %s has %d bytes, not %d", n+1, m.path, len(page), m.size)
		}
		n++
		if buf = append(buf, page...); len(buf)+int(m.size) > cap(buf) {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read pages of %s: %w", m.path, err)
	}
	if n != m.pages {
		return fmt.Errorf("%s has %d pages, %d were read", m.path, m.pages, n)
	}
	_, err = w.Write(buf)
	return err
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
