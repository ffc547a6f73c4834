package e2e

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"rapport/e2e/harness"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/sqldb/pgtest"
)

// TestRestoreDamaged tries files that were cut, changed, forged or made by others: each is refused in words, and the target is untouched.
func TestRestoreDamaged(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		testRestoreDamaged(t, nil)
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		testRestoreDamaged(t, []string{"RAPPORT_DATABASE_URL=" + pgtest.URL(t)})
	})
}

func testRestoreDamaged(t *testing.T, env []string) {
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0", env...)
	s.Setup()
	s.Terminate()
	file := filepath.Join(t.TempDir(), "good.tar.zst")
	if code, _, said := harness.Run(t, env, "", "backup", file, "--data", dir); code != 0 {
		t.Fatalf("backup: %d %s", code, said)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	into := env
	if len(env) > 0 {
		into = []string{"RAPPORT_DATABASE_URL=" + pgtest.URL(t)} // one empty database for all of them: it must stay so
	}
	bad := filepath.Join(t.TempDir(), "bad.tar.zst")
	try := func(name string, content []byte, want ...string) {
		t.Helper()
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(t.TempDir(), "target")
		if err := os.Mkdir(target, 0o700); err != nil {
			t.Fatal(err)
		}
		code, _, said := harness.Run(t, into, "", "restore", bad, "--data", target)
		known := false
		for _, w := range want {
			known = known || strings.Contains(said, w)
		}
		if code != 1 || !known || strings.Contains(said, "panic") {
			t.Errorf("%s: %d %s", name, code, said)
		}
		entries, err := os.ReadDir(target)
		if err != nil || len(entries) > 0 || len(beside(t, target)) > 0 {
			t.Errorf("%s: the target is not as it was: %v %v, beside it %v", name, entries, err, beside(t, target))
		}
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	words := []string{"damaged", "not whole", "not a backup", "cannot be read"}
	for range harness.Short(5, 20) {
		n := chance.IntN(len(good))
		try(fmt.Sprintf("cut at %d of %d", n, len(good)), good[:n], words...)
	}
	for range 20 {
		b := bytes.Clone(good)
		at := chance.IntN(len(b))
		b[at] ^= byte(1 + chance.IntN(255))
		try(fmt.Sprintf("byte %d of %d", at, len(b)), b, words...)
	}
	try("a picture", []byte("\x89PNG\r\n\x1a\n and more"), "not a backup")
	try("a tar of somebody else", pack(t, map[string]string{"README": "hello"}), "not a backup")
	real, err := archive.ReadHead(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	head := func(form int, schema int64) string {
		b, err := json.Marshal(archive.Head{Form: form, Program: "99.0", Engine: real.Engine, Schema: schema, At: real.At})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, name := range []string{"data/../../evil", "data/..", "../evil", "/etc/evil", "data/a/../../../evil"} {
		try("a name "+name, pack(t, map[string]string{"rapport-backup.json": head(1, real.Schema), name: "x"}), "which no backup has")
	}
	try("a later form", pack(t, map[string]string{"rapport-backup.json": head(archive.Form+1, 1)}), "newer")
	try("a later schema", pack(t, map[string]string{"rapport-backup.json": head(1, 9999)}), "newer")
	// After all that the same target takes the good file.
	if code, _, said := harness.Run(t, into, "", "restore", file, "--data", filepath.Join(t.TempDir(), "target")); code != 0 {
		t.Errorf("the good file: %d %s", code, said)
	}
}

// pack makes a compressed tar by hand, the head first.
func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	zip, err := zstd.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(zip)
	put := func(name, text string) {
		err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o600})
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	const first = "rapport-backup.json"
	if text, ok := files[first]; ok {
		put(first, text)
	}
	for name, text := range files {
		if name != first {
			put(name, text)
		}
	}
	if err := errors.Join(w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBackupFullDisk takes a backup to a disk that is too small, a real one where this user may mount: the message says so, nothing is left, an older backup stays. Restoring to such a
// disk says the same.
func TestBackupFullDisk(t *testing.T) {
	small := filepath.Join(t.TempDir(), "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size=300k"); err != nil {
		harness.Missing(t, "this user may not mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(small, syscall.MNT_DETACH) })
	dir := filled(t, nil)
	good := filepath.Join(t.TempDir(), "good.tar.zst")
	if code, _, said := harness.Run(t, nil, "", "backup", good, "--data", dir); code != 0 {
		t.Fatalf("backup: %d %s", code, said)
	}
	names := func() (out []string) {
		entries, err := os.ReadDir(small)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	noise := make([]byte, 250<<10) // what lies there already takes most of the room
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	hog := filepath.Join(small, "hog")
	if err := os.WriteFile(hog, noise, 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, said := harness.Run(t, nil, "", "backup", filepath.Join(small, "b.tar.zst"), "--data", dir)
	if code != 1 || !strings.Contains(said, "not enough room") || len(names()) != 1 {
		t.Errorf("backup to a full disk: %d %s; there is %v", code, said, names())
	}
	code, _, said = harness.Run(t, nil, "", "restore", good, "--data", filepath.Join(small, "data"))
	if code != 1 || !strings.Contains(said, "not enough room") || len(names()) != 1 {
		t.Errorf("restore to a full disk: %d %s; there is %v", code, said, names())
	}
	url := pgtest.URL(t)
	if code, _, said := harness.Run(t, nil, "", "migrate", "--data", dir, "--to", url); code != 0 {
		t.Fatalf("migrate: %d %s", code, said)
	}
	code, _, said = harness.Run(t, []string{"RAPPORT_DATABASE_URL=" + url}, "", "migrate", "--data", dir, "--to", filepath.Join(small, "data"))
	if code != 1 || !(strings.Contains(said, "not enough room") || strings.Contains(said, "full")) || len(names()) != 1 {
		t.Errorf("migrate to a full disk: %d %s; there is %v", code, said, names())
	}
	// A server that keeps its backups there says it in the list and goes on.
	s := harness.Start(t, dir, "127.0.0.1:0", "RAPPORT_BACKUP_DIR="+small)
	owner := harness.NewAPI(t, s.URL, "")
	owner.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	owner.Must("POST", "/api/v1/backups", nil, nil)
	var list struct {
		Running bool   `json:"running"`
		Failed  string `json:"failed"`
	}
	harness.Until(t, 20*time.Second, "the list says why the backup failed", func() (bool, string) {
		owner.Get("/api/v1/backups", &list)
		return !list.Running && strings.Contains(list.Failed, "not enough room"), fmt.Sprintf("%+v", list)
	})
	if len(names()) != 1 {
		t.Errorf("there is %v", names())
	}
}
