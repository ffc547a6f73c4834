package e2e

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/platform/sqldb"
)

// says checks that a command failed with a code and a sentence that names what to do.
func says(t *testing.T, code, want int, stderr string, words ...string) {
	t.Helper()
	if code != want {
		t.Errorf("exit code %d, want %d: %s", code, want, stderr)
	}
	for _, w := range words {
		if !strings.Contains(stderr, w) {
			t.Errorf("the message does not speak of %q: %s", w, stderr)
		}
	}
	if strings.Contains(stderr, "goroutine ") || strings.Contains(stderr, "panic") {
		t.Errorf("a crash instead of a message: %s", stderr)
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := harness.Dir(t)
	code, out, errs := harness.Run(t, nil, "", "serve", "--data", dir, "--listen", l.Addr().String())
	says(t, code, 1, errs, l.Addr().String(), "--listen")
	if out != "" {
		t.Errorf("standard output says %q", out)
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"serve", "--listen", "nonsense"}, {"sell"}, {"serve", "--no-such-flag"}, {"key", "add", "--data", harness.Dir(t), "--name", "x", "--scope", "everything"}} {
		code, _, errs := harness.Run(t, nil, "", append(args[:1:1], append(dataFlag(t, args), args[1:]...)...)...)
		if code != 2 || errs == "" {
			t.Errorf("%v: exit code %d, want 2: %s", args, code, errs)
		}
	}
}

func dataFlag(t *testing.T, args []string) []string {
	if args[0] == "serve" {
		return []string{"--data", harness.Dir(t)}
	}
	return nil
}

func TestDirectoryNotWritable(t *testing.T) {
	t.Parallel()
	dir := filepath.Dir(harness.Dir(t)) // exists
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	cmd := harness.Command(t, []string{"HOME=/tmp"}, "serve", "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0")
	if os.Getuid() == 0 { // root writes everywhere
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("it started")
	}
	says(t, cmd.ProcessState.ExitCode(), 1, string(out), dir, "--data")
}

func TestSecondProcess(t *testing.T) {
	t.Parallel()
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0")
	code, _, errs := harness.Run(t, nil, "", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	says(t, code, 1, errs, dir, fmt.Sprint(s.Pid()), "--url")
	s.Terminate()
	s.Again().Terminate()
}

func TestDatabaseNewerThanProgram(t *testing.T) {
	t.Parallel()
	dir := harness.Dir(t)
	harness.Start(t, dir, "127.0.0.1:0").Terminate()
	files, _ := filepath.Glob(filepath.Join(dir, "*.db"))
	made := false
	for _, f := range files {
		made = fromTheFuture(f) == nil || made
	}
	if !made {
		t.Fatalf("no file has a migration table: %v", files)
	}
	code, out, errs := harness.Run(t, nil, "", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	says(t, code, 1, errs, "newer")
	if out != "" {
		t.Errorf("it listened first: %q", out)
	}
}

// fromTheFuture notes a migration in a database that this program does not have.
func fromTheFuture(file string) error {
	db, err := sql.Open("sqlite", sqldb.SQLiteDSN(file, false))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
	return err
}

// TestTermDrains stops a server that has just accepted a lot: it leaves with 0, and all is there afterwards.
func TestTermDrains(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	key := owner.IngestKey("server", false)
	client := &http.Client{Timeout: 20 * time.Second}
	const batches, size = 40, 100
	for n := range batches {
		var events []string
		for i := range size {
			events = append(events, fmt.Sprintf(`{"type":"track","event":"Drained","userId":"u%d","messageId":"m%d-%d"}`, i, n, i))
		}
		status, body, err := harness.Track(client, s.URL, key, []byte(`{"batch":[`+strings.Join(events, ",")+`]}`))
		if err != nil || status != 200 {
			t.Fatalf("%d %v %s", status, err, body)
		}
	}
	s.Terminate()
	s.Again()
	state := owner.Drained(30 * time.Second)
	if state.Accepted != batches*size || state.Applied != batches*size {
		t.Errorf("%+v, want %d", state, batches*size)
	}
	if n := len(owner.Events("Drained")); n != batches*size {
		t.Errorf("%d events, want %d", n, batches*size)
	}
}

func TestConfigHidesSecrets(t *testing.T) {
	t.Parallel()
	const secret = "correct-horse-battery"
	code, out, errs := harness.Run(t, []string{"RAPPORT_DATABASE_URL=postgres://shop:" + secret + "@db.example/rapport"}, "", "config", "--data", harness.Dir(t))
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	if strings.Contains(out+errs, secret) {
		t.Errorf("the password is shown: %s", out)
	}
	if !strings.Contains(out, "db.example") || !strings.Contains(out, "listen") {
		t.Errorf("settings are missing: %s", out)
	}
}

// TestPeopleAndKeysByCommand makes the owner before the server runs, and a key and a colleague beside it.
func TestPeopleAndKeysByCommand(t *testing.T) {
	t.Parallel()
	dir := harness.Dir(t)
	code, _, errs := harness.Run(t, nil, harness.OwnerPassword+"\n", "user", "add", "--data", dir, "--email", harness.OwnerEmail, "--role", "owner", "--password-stdin")
	if code != 0 {
		t.Fatalf("user add: %d %s", code, errs)
	}
	s := harness.Start(t, dir, "127.0.0.1:0")
	var setup struct{ Needed bool }
	owner := harness.NewAPI(t, s.URL, "")
	if owner.Get("/api/v1/setup", &setup); setup.Needed {
		t.Error("a set-up is asked for although there is an owner")
	}
	if status, _, _ := owner.Do("POST", "/api/v1/setup", map[string]string{"email": "x@y.example", "name": "X", "password": harness.OwnerPassword, "shop_name": "X", "currency": "EUR", "zone": "UTC", "language": "en"}); status < 400 {
		t.Errorf("a second set-up is answered with %d", status)
	}
	owner.Must("POST", "/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword}, nil)
	owner.Get("/api/v1/me", nil)

	code, out, errs := harness.Run(t, nil, "", "key", "add", "--data", dir, "--name", "reader", "--scope", "read")
	if code != 0 || strings.Count(out, "\n") != 1 || strings.TrimSpace(out) == "" {
		t.Fatalf("key add beside a running server: %d %q %s", code, out, errs)
	}
	reader := harness.NewAPI(t, s.URL, strings.TrimSpace(out))
	reader.Status()
	if status, _, _ := reader.Do("POST", "/api/v1/keys", map[string]any{"name": "more", "scope": "write"}); status != 403 {
		t.Errorf("a reading key makes keys: %d", status)
	}
	if code, _, errs := harness.Run(t, nil, "another long passphrase 8\n", "user", "add", "--data", dir, "--email", "agent@shop.example", "--role", "agent", "--password-stdin"); code != 0 {
		t.Errorf("user add beside a running server: %d %s", code, errs)
	}
	agent := harness.NewAPI(t, s.URL, "")
	agent.Must("POST", "/api/v1/sessions", map[string]string{"email": "agent@shop.example", "password": "another long passphrase 8"}, nil)
	if status, _, _ := agent.Do("GET", "/api/v1/users", nil); status != 403 {
		t.Errorf("an agent lists the users: %d", status)
	}
}

// TestStartIsQuick records how long an existing directory takes; the figure that binds is measured by the bench.
func TestStartIsQuick(t *testing.T) {
	dir := harness.Dir(t)
	s := harness.Start(t, dir, "127.0.0.1:0")
	t.Logf("first start: listening after %s", s.Took.Round(time.Millisecond))
	s.Setup()
	s.Terminate()
	began := time.Now()
	s = s.Again()
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/api/openapi.json", "/"} {
		res, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode != 200 || len(body) == 0 {
			t.Errorf("%s: %d, %d bytes", path, res.StatusCode, len(body))
		}
		if path == "/healthz" {
			t.Logf("second start: first answer after %s (listening after %s)", time.Since(began).Round(time.Millisecond), s.Took.Round(time.Millisecond))
		}
	}
}
