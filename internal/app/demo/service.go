package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

const (
	seed  = 2026
	email = "owner@demo.example"
)

// Deps of a Service.
type Deps struct {
	Path    string // of the file that keeps the keys; only the owner of the directory can read it
	Size    string // small, medium or a number of customers
	Connect func() (door Door, base string, closer func() error, err error)
	Clock   clock.Clock
	Log     *slog.Logger
	Record  func(ctx context.Context, action string) error // for the audit log
}

// Service fills this server with the made-up shop and keeps it alive: where it was started with --demo, or where its owner chose so while
// nothing else was there.
type Service struct {
	Deps
	asked chan struct{}

	mu     sync.Mutex
	status Status
	cancel context.CancelFunc // of the one that runs
}

// The states of a demo.
const (
	StateNone    = "none"
	StateFilling = "filling"
	StateAlive   = "alive"
	StateFailed  = "failed"
)

// Status says what the demo does.
type Status struct {
	State string
	Progress
	Problem string
}

// NewService makes a Service; Serve does the work.
func NewService(d Deps) *Service {
	return &Service{Deps: d, asked: make(chan struct{}, 1), status: Status{State: StateNone}}
}

// secrets is what the demo needs again at the next start. The keys must stay the same, since a message is known by its source.
type secrets struct {
	Password string `json:"password,omitempty"` // of the demo's owner, where there is one
	Server   string `json:"server_key"`
	Browser  string `json:"browser_key"`
	Chosen   bool   `json:"chosen,omitempty"` // by the owner of the shop, and not taken back
}

func (s *Service) load() (k secrets, ok bool, err error) {
	b, err := os.ReadFile(s.Path)
	if errors.Is(err, os.ErrNotExist) {
		return k, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		return k, false, fmt.Errorf("read %s: %w", s.Path, err)
	}
	return k, true, nil
}

func (s *Service) save(k *secrets) error {
	b, err := json.MarshalIndent(k, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.Path, append(b, '\n'), 0o600)
}

// Serve works until ctx ends. started says that the program was started as a demo: then the shop gets an owner of its own, of whom welcome is
// told. What goes wrong is logged and shown: the server goes on.
func (s *Service) Serve(ctx context.Context, started bool, welcome func(email, password string)) {
	if started {
		s.run(ctx, func(c *caller) (secrets, error) {
			k, err := s.setUp(ctx, c)
			if err == nil {
				welcome(email, k.Password)
			}
			return k, err
		})
	} else if k, ok, err := s.load(); err != nil {
		s.Log.Error("the demo shop cannot go on", "error", err)
	} else if ok && k.Chosen {
		s.run(ctx, func(*caller) (secrets, error) { return k, nil })
	}
	for {
		select {
		case <-s.asked:
			s.run(ctx, func(c *caller) (secrets, error) { return s.keys(ctx, c, true) })
		case <-ctx.Done():
			return
		}
	}
}

// run fills the shop and sends visitors until ctx ends or somebody stops it.
func (s *Service) run(ctx context.Context, prepare func(*caller) (secrets, error)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.mu.Lock()
	s.cancel, s.status = cancel, Status{State: StateFilling}
	s.mu.Unlock()
	err := s.fill(ctx, prepare)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel, s.status = nil, Status{State: StateNone}
	if err != nil && ctx.Err() == nil {
		s.status = Status{State: StateFailed, Problem: err.Error()}
		s.Log.Error("the demo shop stopped", "error", err)
	}
}

func (s *Service) fill(ctx context.Context, prepare func(*caller) (secrets, error)) error {
	size, err := Customers(s.Size)
	if err != nil {
		return err
	}
	door, base, closer, err := s.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = closer() }()
	k, err := prepare(&caller{door: door, base: base})
	if err != nil {
		return err
	}
	o := Options{Door: door, Base: base, Seed: seed, Customers: size, Clock: s.Clock, Keys: Keys{Server: k.Server, Browser: k.Browser}, Progress: s.note}
	shop, err := Load(ctx, o)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.status = Status{State: StateAlive}
	s.mu.Unlock()
	return shop.Live(ctx, o)
}

func (s *Service) note(p Progress) {
	s.Log.Info("demo shop", "stage", p.Stage, "done", p.Done, "of", p.Of)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Progress = p
}

// setUp makes owner and keys once. It stops where somebody else has set the program up: a demo must not mix with a real shop.
func (s *Service) setUp(ctx context.Context, c *caller) (secrets, error) {
	if k, ok, err := s.load(); ok || err != nil {
		return k, err
	}
	var needed struct {
		Needed bool `json:"needed"`
	}
	if err := c.api(ctx, "GET", "/api/v1/setup", "", nil, &needed); err != nil {
		return secrets{}, err
	}
	if !needed.Needed {
		return secrets{}, errs.New(errs.Conflict, "demo.not_empty", "The data directory belongs to a real shop. Use --demo with a directory of its own.")
	}
	k, err := s.makeKeys(ctx, c)
	if err != nil {
		return k, err
	}
	k.Password = id.Secret(9)
	if err := c.send(ctx, "POST", "/api/v1/setup", map[string]string{"email": email, "name": "Demo Owner", "password": k.Password,
		"shop_name": ShopName, "currency": ShopCurrency, "zone": ShopZone, "language": ShopLanguage}, nil); err != nil {
		return k, err
	}
	// Nobody needs to be led through a shop that is filled already.
	if err := c.send(ctx, "PATCH", "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil); err != nil {
		return k, err
	}
	return k, s.save(&k)
}

// keys gives those of a demo that the owner chose. They are kept before anything is sent with them.
func (s *Service) keys(ctx context.Context, c *caller, chosen bool) (secrets, error) {
	k, ok, err := s.load()
	if err != nil {
		return k, err
	}
	if !ok {
		if k, err = s.makeKeys(ctx, c); err != nil {
			return k, err
		}
		// The made-up shop sells in euros, and nobody has told rates to other currencies.
		if err := c.send(ctx, "PATCH", "/api/v1/settings", map[string]any{"currency": ShopCurrency}, nil); err != nil {
			return k, err
		}
	}
	k.Chosen = chosen
	return k, s.save(&k)
}

func (s *Service) makeKeys(ctx context.Context, c *caller) (k secrets, err error) {
	for _, want := range []struct {
		name    string
		browser bool
		key     *string
	}{{"demo shop", false, &k.Server}, {"demo pages", true, &k.Browser}} {
		var out struct {
			Key string `json:"key"`
		}
		if err := c.send(ctx, "POST", "/api/v1/keys", map[string]any{"name": want.name, "scope": "ingest", "browser": want.browser}, &out); err != nil {
			return k, err
		}
		*want.key = out.Key
	}
	return k, nil
}

// Status says what the demo does.
func (s *Service) Status(ctx context.Context) (Status, error) {
	if err := role.Require(ctx, role.SettingRead); err != nil {
		return Status{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status, nil
}

// Begin fills the shop, unless anything else is in it: nobody could tell the two apart again.
func (s *Service) Begin(ctx context.Context) error {
	if err := role.Require(ctx, role.SettingWrite); err != nil {
		return err
	}
	s.mu.Lock()
	runs := s.cancel != nil
	s.mu.Unlock()
	if runs {
		return nil
	}
	_, ours, err := s.load()
	if err != nil {
		return err
	}
	if !ours {
		if err := s.empty(ctx); err != nil {
			return err
		}
	}
	if err := s.Record(ctx, "demo.begun"); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.asked <- struct{}{}:
		s.status = Status{State: StateFilling}
	default: // somebody else has asked just now
	}
	return nil
}

// empty is nil where nothing has come in yet.
func (s *Service) empty(ctx context.Context) error {
	door, base, closer, err := s.Connect()
	if err != nil {
		return err
	}
	defer func() { _ = closer() }()
	c := &caller{door: door, base: base}
	var status struct{ Ingest struct{ Accepted int64 } }
	if err := c.api(ctx, "GET", "/api/v1/status", "", nil, &status); err != nil {
		return err
	}
	some := status.Ingest.Accepted > 0
	for _, list := range []string{"imports", "customers", "orders", "products"} {
		var page struct{ Items []json.RawMessage }
		if err := c.api(ctx, "GET", "/api/v1/"+list+"?limit=1", "", nil, &page); err != nil {
			return err
		}
		some = some || len(page.Items) > 0
	}
	if some {
		return errs.New(errs.Conflict, "demo.not_empty",
			"Data of a real shop is here already, and it could not be told from made-up data again. Start a second Rapport with a directory of its own: rapport serve --demo --data DEMO")
	}
	return nil
}

// End sends no more visitors, at this start and later ones. What they did stays.
func (s *Service) End(ctx context.Context) error {
	if err := role.Require(ctx, role.SettingWrite); err != nil {
		return err
	}
	k, ok, err := s.load()
	if err != nil || !ok {
		return err
	}
	k.Chosen = false
	if err := s.save(&k); err != nil {
		return err
	}
	s.mu.Lock()
	if s.cancel != nil {
		s.cancel()
	}
	s.mu.Unlock()
	return s.Record(ctx, "demo.ended")
}
