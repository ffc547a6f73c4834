package sqldb_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"rapport/internal/platform/sqldb"
)

// TestImage: what an image gives is the file as of its opening, whatever is written, emptied or checkpointed while it is read.
func TestImage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqldb.Open(ctx, sqldb.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	exec(t, db, `CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY, s TEXT NOT NULL)`)
	const rows = 20_000
	exec(t, db, `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < $1) INSERT INTO t (k, s) SELECT x, 'as it was ' || x FROM c`, rows)
	for _, c := range []struct{ name, before, during string }{
		{"rows are changed", `SELECT 1`, `UPDATE t SET s = 'changed'`},
		{"rows go", `UPDATE t SET s = 'as it was ' || k`, `DELETE FROM t`},
		{"all is in the file already", `SELECT 1`, `DELETE FROM t WHERE k > 100`},
	} {
		t.Run(c.name, func(t *testing.T) {
			exec(t, db, `DELETE FROM t`)
			exec(t, db, `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < $1) INSERT INTO t (k, s) SELECT x, 'as it was ' || x FROM c`, rows)
			if c.before == `SELECT 1` {
				if err := sqldb.TrimLog(ctx, path); err != nil {
					t.Fatal(err)
				}
			}
			m, err := sqldb.OpenImage(ctx, path)
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, c.during)
			exec(t, db, `PRAGMA wal_checkpoint(PASSIVE)`)
			if err := m.Check(ctx); err != nil {
				t.Error(err)
			}
			copied := filepath.Join(t.TempDir(), "copy.db")
			f, err := os.Create(copied)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Copy(ctx, &meddler{f, func() {
				exec(t, db, `INSERT INTO t (k, s) SELECT COALESCE(MAX(k), 0) + 1, 'meanwhile' FROM t`)
				exec(t, db, `PRAGMA wal_checkpoint(PASSIVE)`)
			}}); err != nil {
				t.Fatal(err)
			}
			if info, _ := f.Stat(); info.Size() != m.Size() {
				t.Errorf("%d bytes were written, %d announced", info.Size(), m.Size())
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			if err := sqldb.TrimLog(ctx, path); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(path + "-wal"); err != nil || info.Size() != 0 {
				t.Errorf("the log keeps its size: %v %v", info, err)
			}
			again, err := sqldb.OpenImage(ctx, copied)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = again.Close() }()
			if err := again.Check(ctx); err != nil {
				t.Error(err)
			}
			n, err := again.Number(ctx, `SELECT COUNT(*) FROM t WHERE s = 'as it was ' || k`)
			if err != nil || n != rows {
				t.Errorf("%d of %d rows are as they were, %v", n, rows, err)
			}
		})
	}
}

// meddler writes into the database before each piece of the copy.
type meddler struct {
	f  *os.File
	do func()
}

func (m *meddler) Write(b []byte) (int, error) {
	m.do()
	return m.f.Write(b)
}

// TestImageLeavesLocks: after an image SQLite has the lock on its file that tells other programs that somebody uses it. Reading the file past SQLite
// loses it as soon as that file is closed.
func TestImageLeavesLocks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqldb.Open(ctx, sqldb.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY)`)
	probe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close(); _ = probe.Close() }() // in this order: closing it would lose the lock too
	held := func() bool {
		l := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 0x40000002, Len: 510} // SQLite's shared bytes
		if err := syscall.FcntlFlock(probe.Fd(), 36 /* F_OFD_GETLK */, &l); err != nil {
			t.Fatal(err)
		}
		return l.Type == syscall.F_RDLCK
	}
	if !held() {
		t.Fatal("there is no lock to begin with")
	}
	m, err := sqldb.OpenImage(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Copy(ctx, io.Discard), m.Close()); err != nil {
		t.Fatal(err)
	}
	if !held() {
		t.Error("the lock is lost")
	}
}

// TestImageFindsDamage overwrites a page in the middle.
func TestImageFindsDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqldb.Open(ctx, sqldb.Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `CREATE TABLE t (k BIGINT NOT NULL PRIMARY KEY, s TEXT NOT NULL)`)
	exec(t, db, `WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x < 5000) INSERT INTO t (k, s) SELECT x, 'row ' || x FROM c`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, 4096), 4096*10); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	m, err := sqldb.OpenImage(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	if err := m.Check(ctx); err == nil {
		t.Error("the damage was not found")
	}
	if _, err := sqldb.OpenImage(ctx, path+".missing"); err == nil {
		t.Error("a file that is not there was opened")
	}
}
