// Package role says who is asking and what he may do.
//
// It owns the Principal (a signed-in user, an API key or the program itself), the permissions, and the fixed sets of them that
// the six roles and the three key scopes are made of. The front door puts the Principal into the context once; every
// use case asks Require once, at its top, and nothing else in the program decides about access. A role is code, not data:
// the sets below are the whole truth, and the table in role_test.go shows them to a reader at a glance.
//
// Invariants: the owner has every permission, and he alone manages users, keys and settings; a key never does; an ingest key may
// only send events. An unknown permission is a fault of ours and is refused to everybody, the owner included.
// Nothing is announced from here.
package role

import (
	"context"
	"fmt"
	"slices"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// Role is the name of a set of permissions that a user has.
type Role string

// The roles.
const (
	Owner    Role = "owner"    // everything, users and keys included
	Manager  Role = "manager"  // runs the shop: everything but users, keys and settings
	Marketer Role = "marketer" // speaks to customers: profiles, catalogue, figures, imports
	Agent    Role = "agent"    // answers customers: profiles and orders
	Sales    Role = "sales"    // sells: profiles, orders, figures
	Analyst  Role = "analyst"  // looks and changes nothing
)

// Roles lists the roles from the most to the least powerful.
func Roles() []Role { return []Role{Owner, Manager, Marketer, Agent, Sales, Analyst} }

// Valid reports whether r is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// The scopes of API keys.
const (
	ScopeIngest = "ingest" // sends events, nothing else; the only scope a public browser key may have
	ScopeRead   = "read"   // reads facts and figures
	ScopeWrite  = "write"  // reads, and writes facts
)

// Scopes lists the scopes of API keys.
func Scopes() []string { return []string{ScopeIngest, ScopeRead, ScopeWrite} }

// The permissions, each "<feature>.<verb>".
const (
	ActivityRead   = "activity.read"
	ActivityWrite  = "activity.write"
	APIKeyRead     = "apikey.read"
	APIKeyWrite    = "apikey.write"
	AuditRead      = "audit.read"
	BackupRun      = "backup.run"
	CatalogRead    = "catalog.read"
	CatalogWrite   = "catalog.write"
	CustomerExport = "customer.export"
	CustomerRead   = "customer.read"
	CustomerWrite  = "customer.write"
	ImportRun      = "import.run"
	IngestWrite    = "ingest.write"
	OrderRead      = "order.read"
	OrderWrite     = "order.write"
	RateRead       = "rate.read"
	RateWrite      = "rate.write"
	ReportRead     = "report.read"
	SettingRead    = "setting.read"
	SettingWrite   = "setting.write"
	ShopRead       = "shop.read"
	ShopWrite      = "shop.write"
	StatusRead     = "status.read"
	UserRead       = "user.read"
	UserWrite      = "user.write"
)

// Permissions lists every permission in alphabetical order.
func Permissions() []string {
	return []string{
		ActivityRead, ActivityWrite, APIKeyRead, APIKeyWrite, AuditRead, BackupRun, CatalogRead, CatalogWrite, CustomerExport, CustomerRead,
		CustomerWrite, ImportRun, IngestWrite, OrderRead, OrderWrite, RateRead, RateWrite, ReportRead, SettingRead,
		SettingWrite, ShopRead, ShopWrite, StatusRead, UserRead, UserWrite,
	}
}

// surroundings is what everybody who works here sees: without it no screen can show an amount, a date or a shop's name.
var surroundings = []string{SettingRead, ShopRead, RateRead, StatusRead}

var ofRole = map[Role][]string{
	Owner: Permissions(),
	Manager: append([]string{
		CustomerRead, CustomerWrite, CustomerExport, OrderRead, OrderWrite, CatalogRead, CatalogWrite, ActivityRead, ActivityWrite, ReportRead,
		ImportRun, UserRead, APIKeyRead, ShopWrite, RateWrite, AuditRead,
	}, surroundings...),
	Marketer: append([]string{
		CustomerRead, CustomerWrite, OrderRead, CatalogRead, CatalogWrite, ActivityRead, ReportRead, ImportRun,
	}, surroundings...),
	Agent: append([]string{CustomerRead, CustomerWrite, OrderRead, OrderWrite, CatalogRead, ActivityRead}, surroundings...),
	Sales: append([]string{
		CustomerRead, CustomerWrite, OrderRead, OrderWrite, CatalogRead, ActivityRead, ReportRead,
	}, surroundings...),
	Analyst: append([]string{CustomerRead, OrderRead, CatalogRead, ActivityRead, ReportRead}, surroundings...),
}

// A read key can page through every customer, so keeping the export from it would only look safe.
var readKey = append([]string{
	CustomerRead, CustomerExport, OrderRead, CatalogRead, ActivityRead, ReportRead,
}, surroundings...)

var ofScope = map[string][]string{
	ScopeIngest: {IngestWrite},
	ScopeRead:   readKey,
	ScopeWrite: append([]string{
		IngestWrite, CustomerWrite, OrderWrite, CatalogWrite, RateWrite, ImportRun,
	}, readKey...),
}

// The kinds of Principal.
const (
	KindUser   = "user"
	KindKey    = "key"
	KindSystem = "system" // the program itself: jobs, command line, first start
)

// Principal is the one who asks. The zero value is a stranger.
type Principal struct {
	Kind     string
	ID       id.ID // of the user or the key
	Name     string
	Role     Role   // of a user
	Scope    string // of a key
	SourceID id.ID  // of an ingest key
	ShopID   id.ID  // of an ingest key
	IP       string
	Language string // of a user: en, fa ...
	// SessionID is the signed-in browser that a user asks from; 0 for everybody else.
	SessionID id.ID
}

// Permissions lists what the principal may do, in alphabetical order.
func (p Principal) Permissions() []string {
	out := []string{}
	for _, s := range Permissions() {
		if p.May(s) {
			out = append(out, s)
		}
	}
	return out
}

// May reports whether the principal has a permission.
func (p Principal) May(permission string) bool {
	switch p.Kind {
	case KindSystem:
		return slices.Contains(Permissions(), permission)
	case KindUser:
		return slices.Contains(ofRole[p.Role], permission)
	case KindKey:
		return slices.Contains(ofScope[p.Scope], permission)
	}
	return false
}

type contextKey struct{}

// With gives a context in which p is the one who asks.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From gives the one who asks; a stranger where nobody was put into the context.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(contextKey{}).(Principal)
	return p
}

// System gives a context in which the program itself asks; it may do everything.
func System(ctx context.Context) context.Context {
	return With(ctx, Principal{Kind: KindSystem, Name: "system"})
}

// Require gives nil if the one who asks has the permission, errs.Unauthorized ("role.sign_in") for a stranger and
// errs.Forbidden ("role.forbidden") for everybody else.
func Require(ctx context.Context, permission string) error {
	if !slices.Contains(Permissions(), permission) {
		return fmt.Errorf("permission %q does not exist", permission)
	}
	p := From(ctx)
	if p.Kind == "" {
		return errSignIn
	}
	if !p.May(permission) {
		if p.Kind == KindKey {
			return errs.New(errs.Forbidden, "role.forbidden", "A key with the scope %q may not do this; it needs %s.", p.Scope, permission)
		}
		return errs.New(errs.Forbidden, "role.forbidden", "Your role (%s) may not do this; it needs %s.", p.Role, permission)
	}
	return nil
}

var errSignIn = errs.New(errs.Unauthorized, "role.sign_in", "Sign in, or send an API key as Authorization: Bearer KEY.")

// RequireUser gives the signed-in user, errs.Unauthorized for a stranger and errs.Forbidden for a key: for what a person
// does to his own account.
func RequireUser(ctx context.Context) (Principal, error) {
	p := From(ctx)
	switch p.Kind {
	case KindUser:
		return p, nil
	case "":
		return p, errSignIn
	}
	return p, errs.New(errs.Forbidden, "role.forbidden", "Only a signed-in user can do this, not a key.")
}
