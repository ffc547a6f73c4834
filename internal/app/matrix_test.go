package app

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"rapport/internal/access/role"
	"rapport/internal/platform/config"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb/dbtest"
)

// openToStrangers names the operations that anybody may call, each with its reason. Nothing else may declare itself public.
var openToStrangers = map[string]string{
	"get-setup":          "whether there is an owner yet",
	"set-up":             "makes the first owner, once",
	"sign-in":            "with a password",
	"sign-out":           "a session that is over must be able to lose its cookie",
	"look-at-invitation": "with a link",
	"accept-invitation":  "with a link",
}

// TestMatrix tries every operation that the whole program offers as every role and every kind of key: once with the door, as people meet
// it, and once past it, so that the services show that they ask for themselves.
func TestMatrix(t *testing.T) {
	for _, c := range []struct {
		name          string
		postgres      bool
		servicesAlone bool
	}{
		{"embedded, door and services", false, false},
		{"embedded, services alone", false, true},
		{"postgres, services alone", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := map[string]string{}
			if c.postgres {
				set["database-url"] = dbtest.PostgresURL(t)
			}
			a := openForTest(t, set, c.servicesAlone)
			client := apitest.Serve(t, a.house.server)
			apitest.Matrix(t, a.house.server.API(), callers(t, client), map[string]string{
				"sign-out": "it ends the caller's session",
				"sign-in":  "its refusal of a wrong password is a 401 to everybody; tried in access/door",
			})
		})
	}
}

// TestPermissionsAreDeclared needs no request: what an operation declares is a permission that exists, or it is meant for everybody.
func TestPermissionsAreDeclared(t *testing.T) {
	a := openForTest(t, map[string]string{}, false)
	for _, op := range apitest.Operations(a.house.server.API()) {
		switch p := httpapi.PermissionOf(op); {
		case p == httpapi.Public && openToStrangers[op.OperationID] == "":
			t.Errorf("%s is open to strangers: give it a permission, or a line with its reason in openToStrangers", op.OperationID)
		case p != httpapi.Public && openToStrangers[op.OperationID] != "":
			t.Errorf("%s is not open to strangers any more: take its line out of openToStrangers", op.OperationID)
		case p != httpapi.Public && p != httpapi.SignedIn && !slices.Contains(role.Permissions(), p):
			t.Errorf("%s declares %q, which is no permission", op.OperationID, p)
		}
	}
}

func openForTest(t *testing.T, set map[string]string, servicesAlone bool) *App {
	t.Helper()
	set["data"] = filepath.Join(t.TempDir(), "data")
	c, err := config.Load(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	held, err := holdDirectory(c.Data)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	a, err := Open(ctx, Options{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Held: held, servicesAlone: servicesAlone})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return a
}

// callers gives a stranger, a user of each role, and a key of each scope and kind, all made through the API.
func callers(t *testing.T, stranger *apitest.Client) []apitest.Caller {
	t.Helper()
	const password = "correct horse"
	owner := stranger.Session(stranger.Post("/api/v1/setup", map[string]string{"email": "owner@shop.example", "name": "Owner", "password": password,
		"shop_name": "Shop", "currency": "EUR", "zone": "UTC", "language": "en"}).Want(201, "").Cookie(httpapi.CookieName))
	out := []apitest.Caller{{Name: "nobody", Client: stranger, Nobody: true, May: func(string) bool { return false }}}
	for _, r := range role.Roles() {
		c := owner
		if r != role.Owner {
			email := string(r) + "@shop.example"
			owner.Post("/api/v1/users", map[string]string{"email": email, "name": string(r), "role": string(r), "password": password}).Want(201, "")
			c = stranger.Session(stranger.Post("/api/v1/sessions", map[string]string{"email": email, "password": password}).Want(200, "").Cookie(httpapi.CookieName))
		}
		out = append(out, apitest.Caller{Name: string(r), Client: c, User: true, May: role.Principal{Kind: role.KindUser, Role: r}.May})
	}
	key := func(name, scope string, browser bool) {
		var made struct{ Key string }
		owner.Post("/api/v1/keys", map[string]any{"name": name, "scope": scope, "browser": browser}).Into(&made)
		out = append(out, apitest.Caller{Name: name, Client: stranger.Bearer(made.Key), May: role.Principal{Kind: role.KindKey, Scope: scope}.May})
	}
	for _, scope := range role.Scopes() {
		key(scope+" key", scope, false)
	}
	key("browser key", role.ScopeIngest, true)
	return out
}
