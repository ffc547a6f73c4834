package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/internal/base/errs"
	"rapport/internal/platform/archive"
)

// forge writes an archive that says of itself what it is told.
func forge(t *testing.T, head archive.Head, files map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "forged.tar.zst")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := archive.NewWriter(f, head)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := a.Add(name, int64(len(text)), func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(a.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWhatDoesNotFit: each is refused with its own code, and nothing is left beside the target.
func TestWhatDoesNotFit(t *testing.T) {
	at := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name  string
		head  archive.Head
		files map[string]string
		url   string
		code  string
	}{
		{"a newer schema", archive.Head{Program: "9.0", Engine: Embedded, Schema: 9999, At: at}, nil, "", "backup.newer"},
		{"an engine of the future", archive.Head{Program: "9.0", Engine: "cloud", Schema: 1, At: at}, nil, "", "backup.newer"},
		{"a directory into PostgreSQL", archive.Head{Program: "1.0", Engine: Embedded, Schema: 1, At: at}, nil, "postgres://x/y", "restore.engine"},
		{"PostgreSQL into a directory", archive.Head{Program: "1.0", Engine: Postgres, Schema: 1, At: at}, nil, "", "restore.engine"},
		{"whole, but without its databases", archive.Head{Program: "1.0", Engine: Embedded, Schema: 1, At: at}, map[string]string{"notes": "x"}, "", "backup.broken"},
		{"whole, but a database is none", archive.Head{Program: "1.0", Engine: Embedded, Schema: 1, At: at},
			map[string]string{storeFile: strings.Repeat("no database ", 1000)}, "", "backup.broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := filepath.Join(t.TempDir(), "data")
			_, err := Restore(context.Background(), forge(t, c.head, c.files), Target{Dir: target, DatabaseURL: c.url})
			if e := errs.As(err); e == nil || e.Code != c.code {
				t.Errorf("got %v", err)
			}
			if left, _ := filepath.Glob(target + "*"); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
		})
	}
	occupied := t.TempDir()
	if err := os.WriteFile(filepath.Join(occupied, "mine"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Restore(context.Background(), forge(t, archive.Head{Engine: Embedded, Schema: 1, At: at}, nil), Target{Dir: occupied})
	if e := errs.As(err); e == nil || e.Code != "restore.not_empty" || !strings.Contains(e.Message, "mine") {
		t.Errorf("an occupied directory: %v", err)
	}
	if _, err := Restore(context.Background(), filepath.Join(occupied, "no such file"), Target{Dir: filepath.Join(occupied, "x")}); errs.As(err) == nil {
		t.Errorf("no file: %v", err)
	}
}

const smallDisk = "RAPPORT_TEST_SMALL_DISK"

// TestNoRoom runs itself in a child whose files may not grow far: neither a backup nor a restored directory is left half done, and the message
// says what is missing.
func TestNoRoom(t *testing.T) {
	if os.Getenv(smallDisk) == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestNoRoom$", "-test.v")
		c.Env = append(os.Environ(), smallDisk+"=1")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	file := forge(t, archive.Head{Engine: Embedded, Schema: 1}, map[string]string{storeFile: strings.Repeat("a large file ", 100_000)})
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 200 << 10
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "data")
	_, err := Restore(context.Background(), file, Target{Dir: target})
	if e := errs.As(err); e == nil || e.Code != "restore.disk_full" {
		t.Errorf("restore: %v", err)
	}
	if left, _ := filepath.Glob(target + "*"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	into := filepath.Join(t.TempDir(), "b.tar.zst")
	if err := os.WriteFile(into, []byte("the older backup"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = Into(context.Background(), into, true, func(f *os.File) error {
		_, err := f.Write(make([]byte, 1<<20))
		return err
	})
	if e := errs.As(err); e == nil || e.Code != "backup.no_room" {
		t.Errorf("backup: %v", err)
	}
	if b, _ := os.ReadFile(into); string(b) != "the older backup" {
		t.Errorf("the older backup is %q", b)
	}
	if left, _ := filepath.Glob(into + "*"); len(left) != 1 {
		t.Errorf("%v is left", left)
	}
}
