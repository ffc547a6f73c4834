package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/pgtest"
)

// killed runs a command and ends it with -9 after a while. It tells whether the command had ended by itself before.
func killed(t *testing.T, env []string, after time.Duration, args ...string) (ended bool) {
	t.Helper()
	cmd := harness.Command(t, env, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	moment := time.AfterFunc(after, func() { _ = cmd.Process.Signal(syscall.SIGKILL) }) // a moment in the middle is what this is about
	defer moment.Stop()
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code > 0 {
		t.Fatalf("%v: %d %s", args, code, said.String())
	}
	return cmd.ProcessState.Success()
}

// killedWhen runs a command and ends it with -9 as soon as something has come about.
func killedWhen(t *testing.T, come func() bool, args ...string) {
	t.Helper()
	cmd := harness.Command(t, nil, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	harness.Until(t, time.Minute, "the moment comes", func() (bool, string) { return come(), "" })
	_ = cmd.Process.Signal(syscall.SIGKILL)
	_ = cmd.Wait()
	if cmd.ProcessState.Success() {
		t.Fatal("it was done before it was killed")
	}
}

// moments are those at which a command that takes so long is killed.
func moments(whole time.Duration) []time.Duration {
	n := harness.Short(4, 40)
	var out []time.Duration
	for i := range n {
		out = append(out, whole*time.Duration(2*i+1)/time.Duration(2*n))
	}
	return out
}

// marked tells whether a database says that it is not whole.
func marked(t *testing.T, url string) bool {
	t.Helper()
	db, err := sqldb.Open(context.Background(), sqldb.Config{URL: url, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	_, ok, err := db.Unfinished(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// beside lists what lies beside a path and begins with its name.
func beside(t *testing.T, path string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if n := e.Name(); n != filepath.Base(path) && (strings.HasPrefix(n, filepath.Base(path)) || strings.HasPrefix(n, ".")) {
			out = append(out, n)
		}
	}
	return out
}

// filled starts a server, gives it some of everything and stops it.
func filled(t *testing.T, env []string) (dir string) {
	t.Helper()
	dir = harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0", env...)
	owner := s.Setup()
	owner.Upload("customers", "people.csv", []byte("email,name\nada@shop.example,Ada\n"), nil)
	l := newLoader(t, s.URL, owner.IngestKey("loader", false))
	harness.Until(t, time.Minute, "the loader goes on", func() (bool, string) { return l.progress() > 150, fmt.Sprint(l.progress()) })
	l.stop()
	owner.Drained(time.Minute)
	s.Terminate()
	return dir
}

// whole wants a target that a server runs on, with as many events as there were.
func whole(t *testing.T, dir string, env []string, events int64) {
	t.Helper()
	s := harness.Start(t, dir, "127.0.0.1:0", env...)
	a := harness.NewAPI(t, s.URL, "")
	a.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	if state := a.Drained(time.Minute); state.Applied != events || int64(len(a.Events(loadName))+len(a.Events("Order Completed"))) != events {
		t.Errorf("%+v, want %d events", state, events)
	}
	s.Terminate()
}

func eventsOf(t *testing.T, dir string, env []string) int64 {
	t.Helper()
	s := harness.Start(t, dir, "127.0.0.1:0", env...)
	a := harness.NewAPI(t, s.URL, "")
	a.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	n := a.Drained(time.Minute).Applied
	s.Terminate()
	return n
}

// TestRestoreKilled kills a restore at several moments. What it left cannot be started by mistake; the same command once more removes it and comes
// to its end.
func TestRestoreKilled(t *testing.T) {
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		testRestoreKilled(t, func() []string { return nil })
	})
	t.Run("postgresql", func(t *testing.T) {
		t.Parallel()
		testRestoreKilled(t, func() []string { return []string{"RAPPORT_DATABASE_URL=" + pgtest.URL(t)} })
	})
}

func testRestoreKilled(t *testing.T, fresh func() []string) {
	env := fresh()
	dir := filled(t, env)
	events := eventsOf(t, dir, env)
	file := filepath.Join(t.TempDir(), "backup.tar.zst")
	if code, _, said := harness.Run(t, env, "", "backup", file, "--data", dir); code != 0 {
		t.Fatalf("backup: %d %s", code, said)
	}
	began := time.Now()
	if code, _, said := harness.Run(t, fresh(), "", "restore", file, "--data", filepath.Join(t.TempDir(), "first")); code != 0 {
		t.Fatalf("restore: %d %s", code, said)
	}
	left := 0
	for _, moment := range moments(time.Since(began)) {
		env := fresh()
		target := filepath.Join(t.TempDir(), "data")
		if killed(t, env, moment, "restore", file, "--data", target) {
			t.Logf("after %s it was done", moment)
			continue
		}
		half := beside(t, target)
		unfinished := len(env) > 0 && marked(t, strings.TrimPrefix(env[0], "RAPPORT_DATABASE_URL="))
		t.Logf("killed after %s: %v, marked %v", moment, half, unfinished)
		if len(half) > 0 || unfinished {
			left++
		}
		for _, name := range half {
			refuse(t, filepath.Join(filepath.Dir(target), name), nil)
		}
		if unfinished {
			if _, err := os.Stat(target); err != nil { // else a start completes it
				refuse(t, harness.Dir(t), env)
			}
		}
		code, _, said := harness.Run(t, env, "", "restore", file, "--data", target)
		if code != 0 && !strings.Contains(said, "restored already") {
			t.Fatalf("once more: %d %s", code, said)
		}
		if rest := beside(t, target); len(rest) > 0 {
			t.Errorf("%v is left: %s", rest, said)
		}
		whole(t, target, env, events)
	}
	if left == 0 {
		t.Error("no moment was in the middle")
	}
}

// refuse wants nothing to be opened on what is not whole.
func refuse(t *testing.T, dir string, env []string) {
	t.Helper()
	code, out, said := harness.Run(t, env, "", "key", "add", "--data", dir, "--name", "x", "--scope", "read")
	if code != 1 || !strings.Contains(said, "not whole") || !strings.Contains(said, "again") {
		t.Errorf("opened what is not whole: %d %s %s", code, out, said)
	}
}

// TestMigrateKilled kills a migration at several moments, in both directions; the same command once more begins anew and comes to its end, and the
// source is what it was.
func TestMigrateKilled(t *testing.T) {
	t.Parallel()
	dir := filled(t, nil)
	events := eventsOf(t, dir, nil)
	began := time.Now()
	url := pgtest.URL(t)
	if code, _, said := harness.Run(t, nil, "", "migrate", "--data", dir, "--to", url); code != 0 {
		t.Fatalf("migrate: %d %s", code, said)
	}
	took := time.Since(began)
	left := 0
	for _, moment := range moments(took) {
		url := pgtest.URL(t)
		env := []string{"RAPPORT_DATABASE_URL=" + url}
		if killed(t, nil, moment, "migrate", "--data", dir, "--to", url) {
			t.Logf("after %s it was done", moment)
			continue
		}
		unfinished := marked(t, url)
		t.Logf("to PostgreSQL, killed after %s: marked %v", moment, unfinished)
		if unfinished {
			left++
			refuse(t, harness.Dir(t), env)
		}
		code, out, said := harness.Run(t, nil, "", "migrate", "--data", dir, "--to", url)
		if code != 0 && (unfinished || !strings.Contains(said, "had come to its end")) || unfinished && !strings.Contains(said, "emptied the database") {
			t.Fatalf("once more: %d %s %s", code, out, said)
		}
		if hidden, _ := filepath.Glob(filepath.Join(dir, ".*")); len(hidden) > 0 {
			t.Errorf("%v is left in the source", hidden)
		}
		whole(t, dir, env, events)
	}
	if left == 0 {
		t.Error("no moment was in the middle of the way to PostgreSQL")
	}
	back := []string{"RAPPORT_DATABASE_URL=" + url}
	began = time.Now()
	if code, _, said := harness.Run(t, back, "", "migrate", "--data", dir, "--to", filepath.Join(t.TempDir(), "first")); code != 0 {
		t.Fatalf("back: %d %s", code, said)
	}
	left = 0
	for _, moment := range moments(time.Since(began)) {
		target := filepath.Join(t.TempDir(), "data")
		if killed(t, back, moment, "migrate", "--data", dir, "--to", target) {
			t.Logf("after %s it was done", moment)
			continue
		}
		half := beside(t, target)
		t.Logf("back, killed after %s: %v", moment, half)
		for _, name := range half {
			left++
			refuse(t, filepath.Join(filepath.Dir(target), name), nil)
		}
		code, out, said := harness.Run(t, back, "", "migrate", "--data", dir, "--to", target)
		if code != 0 && !strings.Contains(said, "filled already") {
			t.Fatalf("once more: %d %s %s", code, out, said)
		}
		if rest := beside(t, target); len(rest) > 0 {
			t.Errorf("%v is left: %s", rest, said)
		}
		whole(t, target, nil, events)
	}
	if left == 0 {
		t.Error("no moment was in the middle of the way back")
	}
	whole(t, dir, nil, events)
	// What holds somebody else's table as well is left alone, and said.
	url = pgtest.URL(t)
	db, err := sqldb.Open(context.Background(), sqldb.Config{URL: url, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	killedWhen(t, func() bool { _, ok, err := db.Unfinished(context.Background()); return ok && err == nil }, "migrate", "--data", dir, "--to", url)
	if _, err := db.Exec(context.Background(), `CREATE TABLE precious (n BIGINT)`); err != nil {
		t.Fatal(err)
	}
	if code, _, said := harness.Run(t, nil, "", "migrate", "--data", dir, "--to", url); code != 1 || !strings.Contains(said, "precious") {
		t.Errorf("beside somebody else's table: %d %s", code, said)
	}
}

// TestBackupKilled kills a backup at several moments, and a server that takes one: no file that is not whole has a backup's name, the older backup stays, and the next
// run removes what the dead one left.
func TestBackupKilled(t *testing.T) {
	t.Parallel()
	dir := filled(t, nil)
	place := t.TempDir()
	file := filepath.Join(place, "backup.tar.zst")
	began := time.Now()
	if code, _, said := harness.Run(t, nil, "", "backup", file, "--data", dir); code != 0 {
		t.Fatalf("backup: %d %s", code, said)
	}
	took := time.Since(began)
	left := 0
	var tries []time.Duration
	for range 8 { // a quick machine is often done, or not yet begun
		tries = append(tries, moments(took)...)
	}
	for _, moment := range tries {
		if left > 0 {
			break
		}
		before, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if killed(t, nil, moment, "backup", file, "--data", dir) {
			continue
		}
		half := beside(t, file)
		t.Logf("killed after %s: %v", moment, half)
		left += len(half)
		after, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("the older backup is gone: %v", err)
		}
		if !bytes.Equal(before, after) { // killed after the new one had its name: then it must be whole
			if code, _, said := harness.Run(t, nil, "", "restore", file, "--data", filepath.Join(t.TempDir(), "data")); code != 0 {
				t.Fatalf("neither the older backup nor a whole one: %d %s", code, said)
			}
		}
		for _, name := range half {
			if !strings.HasPrefix(name, ".rapport-backup-") {
				t.Errorf("%s is left", name)
			}
		}
		if code, _, said := harness.Run(t, nil, "", "backup", file, "--data", dir); code != 0 {
			t.Fatalf("once more: %d %s", code, said)
		}
		if rest := beside(t, file); len(rest) > 0 {
			t.Errorf("%v is left", rest)
		}
	}
	if left == 0 {
		t.Error("no moment was in the middle")
	}
	own := t.TempDir()
	env := []string{"RAPPORT_BACKUP_SCHEDULE=1h", "RAPPORT_BACKUP_DIR=" + own}
	s := harness.Start(t, dir, "127.0.0.1:0", env...)
	harness.Until(t, 20*time.Second, "a backup is under way or done", func() (bool, string) {
		entries, _ := os.ReadDir(own)
		return len(entries) > 0, ""
	})
	s.Kill()
	entries, err := os.ReadDir(own)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the server was killed with %v", entries)
	s = s.Again()
	harness.Until(t, 30*time.Second, "one backup is there and nothing else", func() (bool, string) {
		entries, _ := os.ReadDir(own)
		return len(entries) == 1 && strings.HasSuffix(entries[0].Name(), ".tar.zst"), fmt.Sprint(entries)
	})
	entries, err = os.ReadDir(own)
	if err != nil {
		t.Fatal(err)
	}
	s.Terminate()
	if code, _, said := harness.Run(t, nil, "", "restore", filepath.Join(own, entries[0].Name()), "--data", filepath.Join(t.TempDir(), "data")); code != 0 {
		t.Errorf("restore: %d %s", code, said)
	}
}
