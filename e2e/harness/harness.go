// Package harness runs the real program for end-to-end tests: built once per run, on a fresh data directory, on a free port, with
// nothing mocked.
//
// What is missing on a laptop (Chromium, Node, PostgreSQL) skips a test visibly; with CI=true it fails. Nothing here sleeps: Until
// looks again and again until something is so, or says at its deadline what was the case instead. Everything started is ended when its
// test ends, and by closed pipes when the test process is killed.
package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// Proof tells whether the long forms are asked for (make proof).
func Proof() bool { return os.Getenv("RAPPORT_PROOF") == "1" }

// Short gives a for the short form of a test and long for the proof.
func Short[T any](short, long T) T {
	if Proof() {
		return long
	}
	return short
}

// Missing ends a test that needs something this machine does not have: a skip on a laptop, a failure in CI.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf("SKIPPED: "+format, args...)
}

// Root is the directory of the repository.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

var build struct {
	once sync.Once
	path string
	out  []byte
	err  error
}

// Binary builds the program, once for all tests of this run, and gives its path. RAPPORT_BIN names one that is built already.
func Binary(t testing.TB) string {
	t.Helper()
	build.once.Do(func() {
		if build.path = os.Getenv("RAPPORT_BIN"); build.path != "" {
			build.path, build.err = filepath.Abs(build.path)
			return
		}
		dir, err := os.MkdirTemp("", "rapport-e2e-")
		if err != nil {
			build.err = err
			return
		}
		if build.err = os.Chmod(dir, 0o755); build.err != nil { // other users run it too
			return
		}
		build.path = filepath.Join(dir, "rapport")
		cmd := exec.Command("go", "build", "-o", build.path, "./cmd/rapport")
		cmd.Dir = Root()
		build.out, build.err = cmd.CombinedOutput()
	})
	if build.err != nil {
		t.Fatalf("build the program: %v\n%s", build.err, build.out)
	}
	return build.path
}

// Clean removes what Binary made; TestMain calls it at the end.
func Clean() {
	if build.path != "" && os.Getenv("RAPPORT_BIN") == "" {
		_ = os.RemoveAll(filepath.Dir(build.path))
	}
}

// Chromium gives the browser.
func Chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("RAPPORT_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, "Chromium is not installed (chromium on the PATH, or RAPPORT_CHROMIUM)")
	return ""
}

var modules struct {
	once sync.Once
	out  []byte
	err  error
}

// Modules makes sure that the drivers' npm packages are installed, exactly as locked.
func Modules(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil {
		Missing(t, "Node and npm are not installed")
	}
	modules.once.Do(func() {
		dir := filepath.Join(Root(), "e2e")
		if _, err := os.Stat(filepath.Join(dir, "node_modules", ".package-lock.json")); err == nil {
			return
		}
		cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
		cmd.Dir = dir
		modules.out, modules.err = cmd.CombinedOutput()
	})
	if modules.err != nil {
		Missing(t, "npm ci in e2e: %v\n%s", modules.err, modules.out)
	}
}

// Until looks every few milliseconds until is says yes; at the deadline it fails the test with what is said last.
func Until(t testing.TB, within time.Duration, what string, is func() (bool, string)) {
	t.Helper()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	last := ""
	for {
		ok, now := is()
		if ok {
			return
		}
		last = now
		select {
		case <-deadline.C:
			t.Fatalf("after %s still not: %s (%s)", within, what, last)
		case <-tick.C:
		}
	}
}

// Dir gives a directory that is removed at the end and whose path is short enough for a socket.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rapport-data-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() && os.Getenv("RAPPORT_KEEP") != "" {
			t.Logf("kept %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Logf("remove %s: %v", dir, err)
		}
	})
	return filepath.Join(dir, "data")
}

// Out gives a directory for pictures and reports, which git does not keep.
func Out(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(Root(), "e2e", "out", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Quote shortens what a program said for a failure message.
func Quote(s string) string {
	const most = 6000
	if len(s) > most {
		s = "..." + s[len(s)-most:]
	}
	return fmt.Sprintf("\n----\n%s\n----", s)
}
