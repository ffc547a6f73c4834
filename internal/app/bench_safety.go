package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/load"
)

// backupRate is how many events a second arrive while a backup is taken.
const backupRate = 5000

// benchBackup fills a directory with events and backs it up while more arrive.
func benchBackup(ctx context.Context, b *benchRun) error {
	if _, err := b.start(ctx); err != nil {
		return err
	}
	key, err := b.key(ctx, "ingest")
	if err != nil {
		return err
	}
	events, err := b.fill(ctx, key, int64(b.cmd.Events))
	if err != nil {
		return err
	}
	b.printf("%d events in %d MB", events, sizeOf(b.dir)>>20)
	before, _, _ := b.usageOf()
	loaded, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		load.Result
		err error
	}
	done := make(chan result, 1)
	go func() {
		r, err := load.Run(loaded, load.Config{URL: b.url, Key: key, Batch: 50, Connections: 8, Rate: backupRate, Duration: time.Hour, Name: id.Secret(4), Clock: clock.System{}})
		done <- result{r, err}
	}()
	began := clock.System{}.Now()
	out, cpu, err := b.command(ctx, b.p.Environ, "backup", filepath.Join(b.dir, "bench.tar.zst"), "--data", b.dir)
	took := clock.System{}.Now().Sub(began)
	after, _, peak := b.usageOf()
	cancel()
	r := <-done
	if err != nil {
		return err
	}
	if r.err != nil && !errors.Is(r.err, context.Canceled) {
		return r.err
	}
	b.printf("backed up and checked in %s: %s", seconds(took), strings.Join(strings.Fields(out), " "))
	b.printf("meanwhile %s", r.String())
	b.printf("CPU: server %.1f s with the events, the command %.1f s; server %d MB at most", after-before, cpu, peak>>20)
	return b.applied(ctx, events+r.Events)
}

// fill sends events until there are so many, and waits until all are applied.
func (b *benchRun) fill(ctx context.Context, key string, want int64) (int64, error) {
	var all int64
	for all < want {
		// No more than some seconds ahead of what is applied: the journal's own size is not what is measured.
		r, err := load.Run(ctx, load.Config{URL: b.url, Key: key, Batch: 50, Connections: b.cmd.Connections, Duration: 5 * time.Second, Name: id.Secret(4), Clock: clock.System{}})
		if err != nil {
			return all, err
		}
		all += r.Events
		if err := b.applied(ctx, all); err != nil {
			return all, err
		}
	}
	return all, nil
}

// benchMigrate moves a directory of events, orders and customers to PostgreSQL and back.
func benchMigrate(ctx context.Context, b *benchRun) error {
	url := b.p.env("RAPPORT_DATABASE_URL")
	if url == "" {
		b.printf("left out: RAPPORT_DATABASE_URL must name an empty PostgreSQL database, in which everything stays")
		return nil
	}
	var embedded []string // the server begins on its directory
	for _, e := range b.p.Environ {
		if !strings.HasPrefix(e, "RAPPORT_DATABASE_URL=") {
			embedded = append(embedded, e)
		}
	}
	b.environ = embedded
	orders := filepath.Join(b.dir, "orders.csv")
	if err := writeOrders(orders, b.cmd.Rows); err != nil {
		return err
	}
	if _, err := b.start(ctx); err != nil {
		return err
	}
	key, err := b.key(ctx, "ingest")
	if err != nil {
		return err
	}
	if _, err := b.fill(ctx, key, int64(b.cmd.Events)); err != nil {
		return err
	}
	if _, _, err := b.command(ctx, embedded, "import", "orders", orders, "--data", b.dir); err != nil {
		return err
	}
	if err := b.stop(); err != nil {
		return err
	}
	back := b.dir + "-back"
	if !b.cmd.Keep {
		defer func() { _ = os.RemoveAll(back) }()
	}
	for _, way := range []struct {
		name string
		args []string
	}{
		{"to PostgreSQL", []string{"--data", b.dir, "--to", url}},
		{"back into a directory", []string{"--data", b.dir, "--database-url", url, "--to", back}},
	} {
		out, cpu, err := b.command(ctx, embedded, append([]string{"migrate"}, way.args...)...)
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(out, "\n")
		b.printf("%s: %s; %.0f s CPU without PostgreSQL's", way.name, first, cpu)
	}
	return nil
}

// command runs this program once and gives what it said and its CPU time in seconds.
func (b *benchRun) command(ctx context.Context, env []string, args ...string) (string, float64, error) {
	self, err := os.Executable()
	if err != nil {
		return "", 0, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = env
	var failed strings.Builder
	cmd.Stderr = &failed
	out, err := cmd.Output()
	if err != nil {
		return "", 0, fmt.Errorf("%s: %w: %s", args[0], err, failed.String())
	}
	return string(out), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(), nil
}

// sizeOf adds up the files of a directory; what cannot be read counts nothing.
func sizeOf(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if info, err := e.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
