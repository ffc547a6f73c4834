// Command prove runs everything that must hold of this repository, counts it, and ends with "N passed, N failed".
//
// Steps run one after the other and all of them run, whatever failed before, unless they need what failed. A check without
// tests inside (formatting, a build) counts as one. Go tests share one PostgreSQL cluster, which this program starts and
// ends; the end-to-end tests get the program that the build step made. A skipped test is shown, and with CI=true it
// fails the run. The output of what failed is repeated at the end, so that it need not be searched for.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"rapport/internal/platform/sqldb/pgtest"
)

const staticcheck = "honnef.co/go/tools/cmd/staticcheck@v0.8.2"

// step is one thing to prove. needs names a step without which it makes no sense.
type step struct {
	name  string
	group string
	needs string
	run   func(ctx context.Context, r *report) error
}

func steps() []step {
	return []step{
		{"gofmt", "lint", "", gofmt},
		{"go vet", "lint", "", command(".", "go", "vet", "./...")},
		{"staticcheck", "lint", "", runStaticcheck},
		{"web packages", "web", "", npmCI("web")},
		{"web types", "web", "web packages", command("web", "npm", "run", "--silent", "typecheck")},
		{"web lint", "lint", "web packages", command("web", "npm", "run", "--silent", "lint")},
		{"build", "build", "web packages", command(".", "make", "build", "TRIM=")},
		{"web tests", "web", "web packages", vitest}, // after the build, whose sizes they look at
		{"go tests", "go", "", goTests("20m", "./...", "/e2e")},
		{"e2e packages", "e2e", "", npmCI("e2e")},
		{"end to end", "e2e", "build", endToEnd},
	}
}

func main() {
	only := flag.String("only", "", "run one group: lint, web, build, go or e2e")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	os.Exit(prove(ctx, *only))
}

func prove(ctx context.Context, only string) int {
	r := &report{ci: os.Getenv("CI") == "true"}
	began := time.Now()
	broken := map[string]bool{}
	for _, s := range steps() {
		if only != "" && s.group != only && !(only == "lint" && s.name == "web packages") {
			continue
		}
		if ctx.Err() != nil {
			r.fail(s.name, "interrupted")
			continue
		}
		if broken[s.needs] {
			broken[s.name] = true
			r.fail(s.name, "not run, because "+s.needs+" failed")
			continue
		}
		start := time.Now()
		fmt.Printf("=== %s\n", s.name)
		counted := r.passed + r.failed + r.skipped
		err := s.run(ctx, r)
		switch {
		case err != nil:
			broken[s.name] = true
			r.fail(s.name, err.Error())
		case r.passed+r.failed+r.skipped == counted:
			r.passed++
		}
		fmt.Printf("--- %s: %s\n", s.name, time.Since(start).Round(100*time.Millisecond))
	}
	return r.print(time.Since(began))
}

// command runs a program and shows its output only when it fails.
func command(dir, name string, args ...string) func(context.Context, *report) error {
	return func(ctx context.Context, _ *report) error {
		out, err := output(ctx, dir, name, args...)
		if err != nil {
			return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
		}
		return nil
	}
}

func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// gofmt looks at our own files alone: node_modules may hold others.
func gofmt(ctx context.Context, _ *report) error {
	files, err := goFiles(".")
	if err != nil {
		return err
	}
	out, err := output(ctx, ".", "gofmt", append([]string{"-l", "-s"}, files...)...)
	if err != nil || out != "" {
		return fmt.Errorf("run gofmt -s -w on\n%s", out)
	}
	return nil
}

func goFiles(root string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && p != root && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")) {
			return filepath.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(p, ".go") {
			files = append(files, p)
		}
		return nil
	})
	return files, err
}

// runStaticcheck does not hold a laptop without a network up.
func runStaticcheck(ctx context.Context, r *report) error {
	if out, err := output(ctx, ".", "go", "run", staticcheck, "-version"); err != nil {
		r.skip("staticcheck", "it cannot be fetched: "+lastLine(out))
		return nil
	}
	return command(".", "go", "run", staticcheck, "./...")(ctx, r)
}

func npmCI(dir string) func(context.Context, *report) error {
	return func(ctx context.Context, r *report) error {
		if _, err := exec.LookPath("npm"); err != nil {
			r.skip(dir+" packages", "Node.js is not installed")
			return nil
		}
		return command(".", "make", dir+"/node_modules/.package-lock.json")(ctx, r)
	}
}

func endToEnd(ctx context.Context, r *report) error {
	bin, err := filepath.Abs("bin/rapport")
	if err != nil {
		return err
	}
	return goTests("30m", "./e2e/...", "", "RAPPORT_BIN="+bin)(ctx, r)
}

// cluster is the PostgreSQL that all test processes of the run share; empty when there is none, and then they say so themselves.
func cluster() (env string, stop func()) {
	if os.Getenv("RAPPORT_TEST_POSTGRES") != "" {
		return "", func() {}
	}
	c, err := pgtest.NewCluster()
	if err != nil {
		fmt.Println("no PostgreSQL for the tests:", err)
		return "", func() {}
	}
	return "RAPPORT_TEST_POSTGRES=" + c.URL, c.Stop
}
