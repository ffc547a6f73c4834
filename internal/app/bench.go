package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"rapport/internal/base/clock"
)

// Benches run this same program as a child process on a data directory of their own and load it over loopback, so that the figures
// are those of the whole product and the load generator's cost is not in them. Each stops by itself.

type benchCmd struct {
	What        []string      `arg:"" optional:"" help:"${benches}; all of them otherwise."`
	Time        time.Duration `default:"20s" help:"How long each load lasts."`
	Data        string        `help:"Where the data directories are made; the system's place for temporary files otherwise." placeholder:"DIR"`
	Connections int           `default:"64" help:"Connections that load at a time."`
	Rate        float64       `help:"Events a second that ingest and single send; 0 is as many as are taken." placeholder:"N"`
	Rows        int           `default:"400000" help:"Orders in the file of the import and migrate benches."`
	Events      int           `default:"1000000" help:"Events in the directory that backup and migrate work on."`
	Keep        bool          `help:"Keep the data directories."`
	Engine      string        `default:"embedded" enum:"embedded,postgres" help:"postgres uses RAPPORT_DATABASE_URL, which must name an empty database."`
}

type bench struct {
	name, about string
	run         func(ctx context.Context, b *benchRun) error
}

func benches() []bench {
	return []bench{
		{"start", "start to first answer, idle memory", benchStart},
		{"ingest", "batches of 50 events of about 1.1 KB, accepted and all the way into profile and warehouse", benchIngest},
		{"single", "one event a call", benchSingle},
		{"latency", "event to timeline and live view at 5,000 events/s", benchLatency},
		{"import", "orders and order lines from CSV", benchImport},
		{"backup", "a directory of --events backed up while 5,000 events/s arrive", benchBackup},
		{"migrate", "a directory of --events and --rows orders to PostgreSQL (RAPPORT_DATABASE_URL) and back", benchMigrate},
	}
}

func benchNames() string {
	var names []string
	for _, b := range benches() {
		names = append(names, b.name)
	}
	return strings.Join(names, ", ")
}

func (c *benchCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	all := benches()
	for _, w := range c.What {
		if !slices.ContainsFunc(all, func(b bench) bool { return b.name == w }) {
			return usage("there is no bench %q; choose from %s", w, benchNames())
		}
	}
	for _, b := range all {
		if len(c.What) > 0 && !slices.Contains(c.What, b.name) {
			continue
		}
		_, _ = fmt.Fprintf(p.Stdout, "\n%s: %s\n", b.name, b.about)
		if err := c.one(ctx, p, b); err != nil {
			return fmt.Errorf("bench %s: %w", b.name, err)
		}
	}
	return nil
}

func (c *benchCmd) one(ctx context.Context, p *Process, b bench) (err error) {
	dir, err := os.MkdirTemp(c.Data, "rapport-bench-")
	if err != nil {
		return err
	}
	if !c.Keep {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	run := &benchRun{cmd: c, p: p, dir: dir}
	defer func() { err = errors.Join(err, run.stop()) }()
	return b.run(ctx, run)
}

// benchRun is one bench with its server.
type benchRun struct {
	cmd   *benchCmd
	p     *Process
	dir   string
	child *exec.Cmd
	url   string

	environ []string // of the server; nil: ours
}

func (b *benchRun) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(b.p.Stdout, "  "+format+"\n", args...)
}

// start runs the server and gives the time until its first answer.
func (b *benchRun) start(ctx context.Context) (time.Duration, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	began := clock.System{}.Now()
	child := exec.CommandContext(ctx, self, "serve", "--data", b.dir, "--listen", "127.0.0.1:0", "--log-level", "warn")
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.Stderr = b.p.Stderr
	if child.Env = b.environ; child.Env == nil {
		child.Env = b.p.Environ
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := child.Start(); err != nil {
		return 0, err
	}
	b.child = child
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("the server did not start: %w", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	b.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	res, err := http.Get(b.url + "/healthz")
	if err != nil {
		return 0, err
	}
	return clock.System{}.Now().Sub(began), res.Body.Close()
}

func (b *benchRun) stop() error {
	if b.child == nil {
		return nil
	}
	_ = b.child.Process.Signal(syscall.SIGTERM)
	err := b.child.Wait()
	b.child = nil
	return err
}

// key makes a key through the socket, as an operator would.
func (b *benchRun) key(ctx context.Context, scope string) (string, error) {
	d, err := socketClient(b.dir)
	if err != nil {
		return "", err
	}
	defer func() { _ = d.close() }()
	var out struct {
		Key string `json:"key"`
	}
	err = d.call(ctx, http.MethodPost, "/api/v1/keys", map[string]any{"name": "bench " + scope, "scope": scope}, &out)
	return out.Key, err
}

// own gives the CPU time of the load generator, which is this process: seconds.
func own() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// usageOf gives the CPU time and the memory of the server: seconds, resident bytes now, resident bytes at most.
func (b *benchRun) usageOf() (cpu float64, rss, peak int64) {
	base := filepath.Join("/proc", strconv.Itoa(b.child.Process.Pid))
	if stat, err := os.ReadFile(filepath.Join(base, "stat")); err == nil {
		// Fields 14 and 15, counted after the name in parentheses, in hundredths of a second.
		f := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		user, _ := strconv.ParseFloat(f[11], 64)
		system, _ := strconv.ParseFloat(f[12], 64)
		cpu = (user + system) / 100
	}
	status, _ := os.ReadFile(filepath.Join(base, "status"))
	for line := range strings.SplitSeq(string(status), "\n") {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(f[1], 10, 64)
		switch f[0] {
		case "VmRSS:":
			rss = n << 10
		case "VmHWM:":
			peak = n << 10
		}
	}
	return cpu, rss, peak
}

type ingestStatus struct {
	Ingest struct {
		Accepted   int64   `json:"accepted"`
		Applied    int64   `json:"applied"`
		Refused    int64   `json:"refused"`
		Duplicates int64   `json:"duplicates"`
		Lag        float64 `json:"lag_seconds"`
	} `json:"ingest"`
}

func (b *benchRun) status(ctx context.Context) (ingestStatus, error) {
	var s ingestStatus
	d, err := socketClient(b.dir)
	if err != nil {
		return s, err
	}
	defer func() { _ = d.close() }()
	return s, d.call(ctx, http.MethodGet, "/api/v1/status", nil, &s)
}

func benchStart(ctx context.Context, b *benchRun) error {
	if _, err := b.start(ctx); err != nil { // makes the directory
		return err
	}
	if err := b.stop(); err != nil {
		return err
	}
	var times []time.Duration
	for range 5 {
		took, err := b.start(ctx)
		if err != nil {
			return err
		}
		times = append(times, took)
		if len(times) < 5 {
			if err := b.stop(); err != nil {
				return err
			}
		}
	}
	slices.Sort(times)
	b.printf("start to first answer on an existing directory: median %v of 5 (%v to %v)", times[2].Round(time.Millisecond), times[0].Round(time.Millisecond), times[4].Round(time.Millisecond))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(5 * time.Second):
	}
	_, rss, _ := b.usageOf()
	b.printf("idle memory after 5 s: %d MB resident", rss>>20)
	return nil
}
