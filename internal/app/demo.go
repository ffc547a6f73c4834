package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"

	"rapport/internal/app/demo"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/config"
)

const (
	demoSeed  = 2026
	demoEmail = "owner@demo.example"
)

// demoSecrets is what the demo needs again at the next start; it stands in demo.json, which only the owner of the directory can read. The
// keys must stay the same, since a message is known by its source.
type demoSecrets struct {
	Password string `json:"password"`
	Server   string `json:"server_key"`
	Browser  string `json:"browser_key"`
}

// demo fills the shop through the same doors as real data and then keeps it alive. It only logs what goes wrong: the server goes on.
func (a *App) demo(ctx context.Context, p *Process, c *config.Config, address string) {
	if err := a.runDemo(ctx, p, c, address); err != nil && ctx.Err() == nil {
		a.log.Error("the demo shop stopped", "error", err)
	}
}

func (a *App) runDemo(ctx context.Context, p *Process, c *config.Config, address string) error {
	size, err := demo.Customers(c.DemoSize)
	if err != nil {
		return err
	}
	d, err := socketClient(c.Data)
	if err != nil {
		return err
	}
	defer func() { _ = d.close() }()
	secrets, err := demoSetUp(ctx, c, d)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.Stdout, "\n  demo shop: %s\n  sign in:   %s\n  password:  %s\n\n", address, demoEmail, secrets.Password)
	o := demo.Options{
		Door: d.http, Base: d.base, Seed: demoSeed, Customers: size, Clock: clock.System{},
		Keys:     demo.Keys{Server: secrets.Server, Browser: secrets.Browser},
		Progress: func(s demo.Progress) { a.log.Info("demo shop", "stage", s.Stage, "done", s.Done, "of", s.Of) },
	}
	shop, err := demo.Load(ctx, o)
	if err != nil {
		return err
	}
	return shop.Live(ctx, o)
}

// demoSetUp makes owner and keys once. It stops where somebody else has set the program up: a demo must not mix with a real shop.
func demoSetUp(ctx context.Context, c *config.Config, d *client) (demoSecrets, error) {
	var s demoSecrets
	path := c.Path("demo.json")
	b, err := os.ReadFile(path)
	if err == nil {
		return s, json.Unmarshal(b, &s)
	}
	if !errors.Is(err, os.ErrNotExist) {
		return s, err
	}
	var needed struct {
		Needed bool `json:"needed"`
	}
	if err := d.call(ctx, http.MethodGet, "/api/v1/setup", nil, &needed); err != nil {
		return s, err
	}
	if !needed.Needed {
		return s, errs.New(errs.Conflict, "demo.not_empty", "The data directory belongs to a real shop. Use --demo with a directory of its own.")
	}
	if s.Server, err = demoKey(ctx, d, "demo shop", false); err != nil {
		return s, err
	}
	if s.Browser, err = demoKey(ctx, d, "demo pages", true); err != nil {
		return s, err
	}
	s.Password = id.Secret(9)
	setup := map[string]string{"email": demoEmail, "name": "Demo Owner", "password": s.Password, "shop_name": demo.ShopName,
		"currency": "EUR", "zone": "Europe/Berlin", "language": "en"}
	if err := d.call(ctx, http.MethodPost, "/api/v1/setup", setup, nil); err != nil {
		return s, err
	}
	// Nobody needs to be led through a shop that is filled already.
	if err := d.call(ctx, http.MethodPatch, "/api/v1/settings", map[string]any{"start": map[string]bool{"closed": true}}, nil); err != nil {
		return s, err
	}
	if b, err = json.MarshalIndent(s, "", "  "); err != nil {
		return s, err
	}
	return s, os.WriteFile(path, append(b, '\n'), 0o600)
}

func demoKey(ctx context.Context, d *client, name string, browser bool) (string, error) {
	var out struct {
		Key string `json:"key"`
	}
	err := d.call(ctx, http.MethodPost, "/api/v1/keys", map[string]any{"name": name, "scope": "ingest", "browser": browser}, &out)
	return out.Key, err
}
