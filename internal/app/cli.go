package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"rapport/internal/base/errs"
	"rapport/internal/platform/config"
)

// Process is what a run of the program gets from outside.
type Process struct {
	Args    []string
	Version string
	Stdin   io.Reader
	Stdout  io.Writer // answers: an address, a key, a report
	Stderr  io.Writer // everything else
	Environ []string

	Terminal bool // Stderr is one: progress may redraw a line
}

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

type commandLine struct {
	Serve   serveCmd   `cmd:"" help:"Run Rapport: web app, API, tracking and everything that works in the background."`
	User    userCmd    `cmd:"" help:"People who work here."`
	Key     keyCmd     `cmd:"" help:"Keys of the API and of sources."`
	Import  importCmd  `cmd:"" help:"Bring in customers, orders, order lines or products from a file."`
	Backup  backupCmd  `cmd:"" help:"Write a backup of everything into one file, also while the server runs, and check it."`
	Restore restoreCmd `cmd:"" help:"Put a backup into a new data directory."`
	Migrate migrateCmd `cmd:"" help:"Move everything to PostgreSQL or back into a data directory, and compare every table."`
	Rebuild rebuildCmd `cmd:"" help:"Make again what can be made again."`
	Bench   benchCmd   `cmd:"" help:"Measure this machine: ingest, import, profile, overview."`
	Config  configCmd  `cmd:"" help:"Show the settings in force and where each comes from; secrets are hidden."`
	Version versionCmd `cmd:"" help:"Show the version."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" hidden:"" help:"Write the description of the API."`
}

// Main runs one command and gives the exit code.
func Main(p Process) int {
	if f, ok := p.Stderr.(*os.File); ok {
		info, err := f.Stat()
		p.Terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	syscall.Umask(0o077) // what is written belongs to the owner of the data directory alone
	var line commandLine
	exited := -1
	parser, err := kong.New(&line, kong.Name("rapport"), kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { exited = code }),
		kong.Description("An e-commerce CRM in one program. Every flag can also be given as RAPPORT_... in the environment."),
		kong.Vars{"benches": benchNames()}, kong.Bind(&p))
	if err != nil {
		_, _ = fmt.Fprintln(p.Stderr, "rapport:", err)
		return exitFailed
	}
	k, err := parser.Parse(p.Args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		_, _ = fmt.Fprintf(p.Stderr, "rapport: %v\nTry: rapport --help\n", err)
		return exitUsage
	}
	return p.report(k.Run())
}

// usageError is a wrong call of a command.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

func (p *Process) report(err error) int {
	if err == nil {
		return exitDone
	}
	_, _ = fmt.Fprintln(p.Stderr, "rapport:", describe(err))
	var u usageError
	if errors.As(err, &u) {
		return exitUsage
	}
	return exitFailed
}

// describe gives the sentence for the one who can act; a fault of ours with everything that is known of it.
func describe(err error) string {
	e := errs.As(err)
	if e == nil {
		return err.Error()
	}
	text := e.Message
	for _, f := range e.Fields {
		text += fmt.Sprintf("\n  %s: %s", f.Path, f.Message)
	}
	return text
}

// interruptible gives a context that TERM and INT end.
func (p *Process) interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
}

// settingFlags are the flags of every command that opens the program itself. Empty means: not given.
type settingFlags struct {
	Data        string `help:"Data directory." placeholder:"DIR"`
	ConfigFile  string `name:"config" help:"Settings file (YAML)." placeholder:"FILE"`
	DatabaseURL string `name:"database-url" help:"postgres://... puts operational store and warehouse on PostgreSQL." placeholder:"URL"`
	MemoryLimit string `name:"memory-limit" help:"What the embedded warehouse may use, such as 1GB." placeholder:"SIZE"`
	LogLevel    string `name:"log-level" help:"debug, info, warn or error." placeholder:"LEVEL"`
	LogFormat   string `name:"log-format" help:"text or json." placeholder:"FORMAT"`
}

// given lists the flags that were set, by name.
func given(flags any) map[string]string {
	out := map[string]string{}
	collect(reflect.ValueOf(flags), out)
	return out
}

func collect(v reflect.Value, out map[string]string) {
	for i := range v.NumField() {
		f, field := v.Field(i), v.Type().Field(i)
		if field.Anonymous {
			collect(f, out)
			continue
		}
		name := field.Tag.Get("name")
		if name == "" {
			name = strings.ToLower(field.Name)
		}
		switch f.Kind() {
		case reflect.String:
			if f.String() != "" {
				out[name] = f.String()
			}
		case reflect.Bool:
			if f.Bool() {
				out[name] = "true"
			}
		}
	}
}

func (p *Process) settings(flags any) (*config.Config, error) {
	c, err := config.Load(given(flags), p.Environ)
	if err != nil {
		return nil, usageError{describe(err)}
	}
	return c, nil
}

// clientFlags choose how a command reaches Rapport.
type clientFlags struct {
	settingFlags
	URL string `name:"url" help:"Address of a running server; needs --key." placeholder:"URL"`
	Key string `name:"key" help:"API key with the scope write (or RAPPORT_KEY)." placeholder:"KEY"`
}

func (p *Process) env(name string) string {
	for _, e := range p.Environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// open gives the client: the network with --url, else the server that runs on the data directory, else the program itself.
func (f *clientFlags) open(ctx context.Context, p *Process) (*client, error) {
	url, key := f.URL, f.Key
	if url == "" && f.Data == "" {
		url = p.env("RAPPORT_URL")
	}
	if key == "" {
		key = p.env("RAPPORT_KEY")
	}
	if url != "" {
		return networkClient(url, key)
	}
	c, err := p.settings(f.settingFlags)
	if err != nil {
		return nil, err
	}
	held, err := holdDirectory(c.Data)
	if errors.Is(err, errHeld) {
		return runningClient(ctx, c.Data)
	}
	if err != nil {
		return nil, err
	}
	return ownClient(ctx, p, c, held)
}

// runningClient reaches the process that has the directory; if that is not a server, it says so.
func runningClient(ctx context.Context, dir string) (*client, error) {
	d, err := socketClient(dir)
	if err != nil {
		return nil, err
	}
	if err := d.call(ctx, "GET", "/api/v1/status", nil, nil); err != nil {
		return nil, errs.New(errs.Conflict, "data.held",
			"Process %s has the data directory %s and does not answer (%v). Wait until it is ready, stop it, or use --url and --key.", holder(dir), dir, err)
	}
	return d, nil
}

// ownClient opens the program for one command.
func ownClient(ctx context.Context, p *Process, c *config.Config, held *hold) (*client, error) {
	a, err := Open(ctx, Options{Config: c, Version: p.Version, Log: quietLog(p, c), Held: held})
	if err != nil {
		held.release()
		return nil, err
	}
	if err := a.Start(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	d, err := socketClient(c.Data)
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	d.close = a.Close
	return d, nil
}

func decode(r io.Reader, into any) error {
	if err := json.NewDecoder(r).Decode(into); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

type versionCmd struct{}

func (versionCmd) Run(p *Process) error {
	_, err := fmt.Fprintln(p.Stdout, "rapport", p.Version)
	return err
}

type configCmd struct {
	settingFlags
	Listen string `help:"Address to listen on." placeholder:"ADDR"`
}

func (c *configCmd) Run(p *Process) error {
	cfg, err := p.settings(*c)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(p.Stdout, cfg.Redacted())
	return err
}
