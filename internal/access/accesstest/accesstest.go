// Package accesstest builds the access floor for tests: every service over one store, a clock that stands still, and a server with one
// caller for each role and each key scope.
//
// It owns nothing and announces nothing; what the services announce is kept in Announced, in the order of the commits.
package accesstest

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/apikey"
	"rapport/internal/access/audit"
	"rapport/internal/access/door"
	"rapport/internal/access/invitation"
	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/access/setting"
	"rapport/internal/access/shop"
	"rapport/internal/access/user"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb"
)

// Password is everybody's.
const Password = "correct horse"

// Announcement is what was written to the outbox.
type Announcement struct {
	Topic   string
	Payload string // JSON
}

// House is the access floor over one store.
type House struct {
	DB       *sqldb.DB
	Clock    *clock.Fake
	IDs      *id.Source
	Audit    *audit.Service
	Settings *setting.Service
	Shops    *shop.Service
	Users    *user.Service
	Sessions *session.Service
	Keys     *apikey.Service
	Door     *door.Service
	Invites  *invitation.Service

	mu        sync.Mutex
	announced []Announcement
}

// New builds the floor. Nobody is there yet; the first shop is. The clock stands at noon of 2026-05-01.
func New(tb testing.TB, db *sqldb.DB) *House {
	tb.Helper()
	h := &House{DB: db, Clock: clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))}
	h.IDs = id.NewSource(h.Clock)
	h.Audit = audit.New(audit.Deps{DB: db, IDs: h.IDs, Clock: h.Clock})
	h.Settings = setting.New(setting.Deps{
		DB: db, Clock: h.Clock, Audit: h.Audit, Announce: h.Announce, Log: slog.New(slog.DiscardHandler),
		Defaults: setting.Settings{Currency: "EUR", Zone: "UTC", Language: "en"},
	})
	h.Shops = shop.New(shop.Deps{DB: db, IDs: h.IDs, Clock: h.Clock, Audit: h.Audit, Announce: h.Announce})
	h.Users = user.New(user.Deps{DB: db, IDs: h.IDs, Clock: h.Clock, Audit: h.Audit})
	h.Sessions = session.New(session.Deps{DB: db, IDs: h.IDs, Clock: h.Clock, Log: slog.New(slog.DiscardHandler), Users: h.Users, Audit: h.Audit})
	h.Keys = apikey.New(apikey.Deps{
		DB: db, IDs: h.IDs, Clock: h.Clock, Log: slog.New(slog.DiscardHandler), Audit: h.Audit, Shops: h.Shops, Announce: h.Announce,
	})
	h.Door = door.New(door.Deps{DB: db, Users: h.Users, Sessions: h.Sessions, Keys: h.Keys, Shops: h.Shops, Settings: h.Settings})
	h.Invites = invitation.New(invitation.Deps{
		DB: db, IDs: h.IDs, Clock: h.Clock, Audit: h.Audit, Users: h.Users, Sessions: h.Sessions, Shops: h.Shops, Settings: h.Settings,
	})
	ctx := context.Background()
	if err := h.Shops.EnsureDefault(ctx, shop.Shop{Name: "Shop", Zone: "UTC", Currency: "EUR", Language: "en"}); err != nil {
		tb.Fatal(err)
	}
	if err := h.Settings.Start(ctx); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = h.Settings.Stop(ctx) })
	return h
}

// Announce stands for the outbox.
func (h *House) Announce(_ context.Context, tx *sqldb.Tx, topic string, payload any) error {
	b, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	tx.OnCommit(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.announced = append(h.announced, Announcement{topic, string(b)})
	})
	return nil
}

// Announced gives what was announced since it was last asked.
func (h *House) Announced() []Announcement {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.announced
	h.announced = nil
	return out
}

// Serve serves the operations of the access floor and those that more registers. doorAsks says whether the declared permissions are
// checked before a body is read, as in the real program; without it the services alone are tried.
func (h *House) Serve(tb testing.TB, doorAsks bool, more ...func(huma.API)) (*httpapi.Server, *apitest.Client) {
	tb.Helper()
	c := httpapi.Config{
		Version: "test", Log: slog.New(slog.DiscardHandler), DB: h.DB, Authenticate: h.Door.Authenticate,
		Caller: func(ctx context.Context) string {
			if p := role.From(ctx); p.Kind != "" {
				return p.Kind + ":" + p.ID.String()
			}
			return ""
		},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	}
	if doorAsks {
		c.Allow = role.Require
	}
	s := httpapi.New(c)
	for _, routes := range append([]func(huma.API){
		h.Audit.Routes, h.Settings.Routes, h.Shops.Routes, h.Users.Routes, h.Sessions.Routes, h.Keys.Routes, h.Door.Routes, h.Invites.Routes,
	}, more...) {
		routes(s.API())
	}
	return s, apitest.Serve(tb, s)
}

// User makes a user with a role, whose address is <role>@shop.example, and signs him in.
func (h *House) User(tb testing.TB, r role.Role) (user.User, session.Session) {
	tb.Helper()
	ctx := role.System(context.Background())
	u, err := h.Users.Create(ctx, user.Draft{Email: string(r) + "@shop.example", Name: string(r), Role: r, Password: Password})
	if err != nil {
		tb.Fatal(err)
	}
	var begun session.Session
	if err := h.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		begun, err = h.Sessions.Begin(ctx, tx, u, session.Client{IP: "127.0.0.1"})
		return err
	}); err != nil {
		tb.Fatal(err)
	}
	return u, begun
}

// Key makes a key.
func (h *House) Key(tb testing.TB, scope string, browser bool) apikey.Key {
	tb.Helper()
	k, err := h.Keys.Create(role.System(context.Background()), apikey.Draft{Name: scope, Scope: scope, Browser: browser})
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// Callers gives a stranger, a user of each role, a key of each scope and a browser key, for apitest.Matrix.
func (h *House) Callers(tb testing.TB, c *apitest.Client) []apitest.Caller {
	tb.Helper()
	out := []apitest.Caller{{Name: "stranger", Client: c, Nobody: true, May: func(string) bool { return false }}}
	for _, r := range role.Roles() {
		_, s := h.User(tb, r)
		out = append(out, apitest.Caller{Name: string(r), Client: c.Session(s.Token), User: true, May: role.Principal{Kind: role.KindUser, Role: r}.May})
	}
	for _, scope := range role.Scopes() {
		out = append(out, apitest.Caller{
			Name: scope + " key", Client: c.Bearer(h.Key(tb, scope, false).Public), May: role.Principal{Kind: role.KindKey, Scope: scope}.May,
		})
	}
	return append(out, apitest.Caller{
		Name: "browser key", Client: c.Bearer(h.Key(tb, role.ScopeIngest, true).Public),
		May: role.Principal{Kind: role.KindKey, Scope: role.ScopeIngest}.May,
	})
}
