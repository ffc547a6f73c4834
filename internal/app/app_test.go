package app

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/internal/platform/httpapi/apitest"
)

// TestOpenAPI holds the committed description against the Go structs it is made from.
func TestOpenAPI(t *testing.T) {
	got, err := spec(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "api", "openapi.yaml")
	if apitest.Updating() {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatal("api/openapi.yaml is not what the Go structs say: run make gen and commit the result")
	}
}

// run runs a command as a process would and gives exit code, standard output and standard error.
func run(t *testing.T, stdin string, args ...string) (int, string, string) {
	t.Helper()
	var out, errOut bytes.Buffer
	code := Main(Process{Args: args, Version: "test", Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errOut})
	return code, out.String(), errOut.String()
}

func TestCommandsWithoutAServer(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if code, _, e := run(t, "long-enough-1\n", "user", "add", "--data", dir, "--email", "ada@example.com", "--role", "owner", "--password-stdin"); code != exitDone {
		t.Fatalf("user add: %d %s", code, e)
	}
	code, _, e := run(t, "long-enough-1\n", "user", "add", "--data", dir, "--email", "ada@example.com", "--password-stdin")
	if code != exitFailed || !strings.Contains(e, "already") {
		t.Fatalf("the same address again: %d %s", code, e)
	}
	code, key, e := run(t, "", "key", "add", "--data", dir, "--name", "shop", "--scope", "ingest")
	if code != exitDone || strings.Count(key, "\n") != 1 || len(key) < 20 {
		t.Fatalf("key add: %d %q %s", code, key, e)
	}
	if code, _, e := run(t, "", "key", "add", "--data", dir, "--name", "x", "--scope", "everything"); code != exitUsage || e == "" {
		t.Fatalf("a wrong scope: %d %s", code, e)
	}
	if code, _, _ := run(t, "", "nonsense"); code != exitUsage {
		t.Fatalf("an unknown command: %d", code)
	}
}

func TestImportWithoutAServer(t *testing.T) {
	dir, file := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "orders.csv")
	if err := os.WriteFile(file, []byte("order_id,date,email,total,currency\n1,2026-11-01,ada@example.com,12.34,EUR\n2,2026-11-02,ada@example.com,nonsense,EUR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, e := run(t, "", "import", "orders", file, "--data", dir)
	if code != exitDone || !strings.Contains(out, "1 created") || !strings.Contains(out, "1 refused") {
		t.Fatalf("%d %s %s", code, out, e)
	}
	refused, err := os.ReadFile(strings.TrimSuffix(file, ".csv") + ".errors.csv")
	if err != nil || !strings.Contains(string(refused), "nonsense") {
		t.Fatalf("%s %v", refused, err)
	}
	if code, out, e = run(t, "", "import", "orders", file, "--data", dir); code != exitDone || !strings.Contains(out, "0 created") {
		t.Fatalf("again: %d %s %s", code, out, e)
	}
}

func TestOneProcessHoldsADirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first, err := holdDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holdDirectory(dir); !errors.Is(err, errHeld) {
		t.Fatalf("got %v", err)
	}
	code, _, e := run(t, "", "serve", "--data", dir, "--listen", "127.0.0.1:0")
	if code != exitFailed || !strings.Contains(e, "--url") {
		t.Fatalf("%d %s", code, e)
	}
	first.release()
	again, err := holdDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	again.release()
}

// TestADeepDirectoryHasASocket tries a path that is too long for a socket's address.
func TestADeepDirectoryHasASocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 12))
	code, key, e := run(t, "", "key", "add", "--data", dir, "--name", "shop")
	if code != exitDone || key == "" {
		t.Fatalf("%d %s", code, e)
	}
}

func TestControlSocketKnowsTheOperator(t *testing.T) {
	dir := t.TempDir()
	seen := make(chan string, 1)
	c, err := openControl(dir, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := operator(r.Context())
		if !ok {
			t.Error("no operator")
		}
		seen <- p.Name
		w.WriteHeader(http.StatusNoContent)
	}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	d, err := socketClient(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.call(ctx, http.MethodPost, "/x", map[string]string{}, nil); err != nil {
		t.Fatal(err)
	}
	if name := <-seen; name != "command line" {
		t.Fatalf("got %q", name)
	}
	if err := errors.Join(d.close(), c.close(ctx)); err != nil {
		t.Fatal(err)
	}
}
