package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// event is a line of go test -json.
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
	Elapsed    float64
}

// goTests runs the tests of the packages of a pattern, but not those below without.
func goTests(timeout, pattern, without string, env ...string) func(context.Context, *report) error {
	return func(ctx context.Context, r *report) error {
		list, err := output(ctx, ".", "go", "list", pattern)
		if err != nil {
			return fmt.Errorf("go list: %w\n%s", err, list)
		}
		args := []string{"test", "-json", "-vet=off", "-timeout", timeout}
		if without == "" {
			args = append(args, "-count=1")
		}
		for _, p := range strings.Fields(list) {
			if without == "" || !strings.Contains(p, without) {
				args = append(args, p)
			}
		}
		pg, stop := cluster()
		defer stop()
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Env = append(append(os.Environ(), env...), pg)
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 30 * time.Second
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		if err := cmd.Start(); err != nil {
			return err
		}
		failedBefore := r.failed
		r.readTests(out)
		if err := cmd.Wait(); err != nil && r.failed == failedBefore {
			return fmt.Errorf("go test: %w", err)
		}
		return nil
	}
}

// readTests counts what go test -json tells. A package that fails without a failed test (it did not build, or timed out) counts as one.
func (r *report) readTests(in io.Reader) {
	said := map[string]*strings.Builder{} // by package and test
	failed := map[string]bool{}           // packages with a failed test
	say := func(key, text string) {
		if said[key] == nil {
			said[key] = &strings.Builder{}
		}
		said[key].WriteString(text)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text())
			continue
		}
		key := e.Package + "\x00" + e.Test
		switch e.Action {
		case "output":
			say(key, e.Output)
		case "build-output":
			pkg, _, _ := strings.Cut(e.ImportPath, " ")
			say(pkg+"\x00", e.Output)
		case "pass":
			if e.Test != "" {
				r.passed++
			} else {
				fmt.Printf("ok    %-50s %.1fs\n", e.Package, e.Elapsed)
			}
			delete(said, key)
		case "skip":
			if e.Test != "" {
				r.skip(e.Package+" "+e.Test, lastLine(reason(said[key])))
			}
			delete(said, key)
		case "fail":
			if e.Test != "" {
				failed[e.Package] = true
				r.fail(e.Package+" "+e.Test, text(said[key]))
				continue
			}
			fmt.Printf("FAIL  %-50s %.1fs\n", e.Package, e.Elapsed)
			if !failed[e.Package] {
				r.fail(e.Package, text(said[key]))
			}
		}
	}
}

func text(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	return b.String()
}

// reason is what a skipped test said, without the frame around it.
func reason(b *strings.Builder) string {
	var out []string
	for _, l := range strings.Split(text(b), "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "\n")
}

func lastLine(s string) string {
	s = strings.TrimSpace(s)
	return s[strings.LastIndexByte(s, '\n')+1:]
}

// vitest runs the unit tests of the web app and counts them.
func vitest(ctx context.Context, r *report) error {
	dir, err := os.MkdirTemp("", "rapport-vitest-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "report.json")
	out, runErr := output(ctx, "web", "npx", "--no-install", "vitest", "run", "--reporter=default", "--reporter=json", "--outputFile.json="+file)
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("vitest: %w\n%s", runErr, out)
	}
	var sum struct{ NumPassedTests, NumFailedTests, NumPendingTests, NumTodoTests int }
	if err := json.Unmarshal(b, &sum); err != nil {
		return fmt.Errorf("read vitest's report: %w", err)
	}
	r.passed += sum.NumPassedTests
	for range sum.NumPendingTests + sum.NumTodoTests {
		r.skip("web tests", "a test is marked as skipped")
	}
	for i := range sum.NumFailedTests {
		if i == 0 {
			r.fail("web tests", out)
		} else {
			r.failed++
		}
	}
	if runErr != nil && sum.NumFailedTests == 0 {
		return fmt.Errorf("vitest: %w\n%s", runErr, out)
	}
	return nil
}
