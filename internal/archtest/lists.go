package archtest

import (
	"sort"
	"strings"
)

// stair is an import within a floor that is allowed, with its reason.
type stair struct{ from, to, reason string }

var stairs = []stair{
	{"base/*", "base/clock", "instants are written in one way"},
	{"base/*", "base/errs", "failures are spoken of in one way"},

	{"platform/*", "platform/sqldb", "the operational store is the machine the others stand on"},
	{"platform/httpapi", "platform/limit", "the doors ask whether a caller may come in"},
	{"platform/httpapi", "platform/obs", "requests are counted"},
	{"platform/httpapi", "platform/once", "the door holds the keys of requests that are carried out once"},

	{"access/*", "access/role", "every use case asks what the caller may do"},
	{"access/*", "access/audit", "every change of who may do what is on record"},
	{"access/*", "access/setting", "language, zone and currency of the house are the defaults of users, shops and keys"},
	{"access/apikey", "access/shop", "a key opens the door of one shop"},
	{"access/session", "access/user", "a session is a user's"},
	{"access/invitation", "access/user", "who accepts becomes a user or gets a new password"},
	{"access/invitation", "access/session", "who accepts is signed in"},
	{"access/invitation", "access/shop", "who is invited reads where to"},
	{"access/door", "access/*", "finds out who asks and tells him about himself: session or key, user, shop"},

	{"app", "app/*", "puts the demo shop and the rest of its own parts together"},

	{"facts/order", "facts/customer", "fills the person's timeline"},
	{"facts/activity", "facts/customer", "fills the person's timeline"},
	{"facts/consent", "facts/customer", "fills the person's timeline"},
}

// engineOwners may use database/sql and SQL text in any file.
var engineOwners = map[string]string{
	"internal/platform/sqldb":     "is what the others reach the operational store through",
	"internal/platform/warehouse": "speaks to DuckDB and PostgreSQL itself; its whole matter is SQL",
	"internal/platform/jobs":      "hands River its database and frees the jobs of ended programs",
	"internal/archtest":           "speaks about SQL",
}

// httpOwners may use net/http and huma in any file.
var httpOwners = map[string]string{
	"internal/platform/httpapi": "is the HTTP floor itself",
	"internal/platform/obs":     "serves /metrics, /healthz and /readyz",
	"internal/app":              "puts all doors into one server",
}

// featureExceptions may import more than base in the file named like the package. The first lines are a debt: those packages
// have their service in that file; new packages do not.
var featureExceptions = map[string]string{
	"internal/access/apikey":  "service and types in one file",
	"internal/access/audit":   "service and types in one file",
	"internal/access/door":    "knows everybody at the door",
	"internal/access/session": "service and types in one file",
	"internal/access/setting": "service and types in one file",
	"internal/access/shop":    "service and types in one file",
	"internal/access/user":    "service and types in one file",
	"internal/collect/ingest": "service and types in one file",
	"internal/facts/activity": "service and types in one file",
	"internal/insight/report": "service and types in one file",
	"internal/facts/rate":     "service and types in one file",
}

// envReaders may read the environment.
var envReaders = map[string]string{
	"internal/platform/config":       "owns the settings",
	"cmd/rapport":                    "hands the environment to config",
	"internal/platform/sqldb/pgtest": "finds the cluster that test processes share",
}

var storeEngines = map[string]string{
	"internal/platform/sqldb":          "operational store",
	"internal/platform/jobs":           "River's drivers",
	"internal/platform/warehouse/duck": "embedded warehouse",
	"internal/platform/warehouse/pg":   "warehouse on PostgreSQL",
}

// engines lists who may import what belongs to one database or one library that must stay replaceable.
var engines = map[string]map[string]string{
	"modernc.org/sqlite":               storeEngines,
	"github.com/jackc/pgx":             storeEngines,
	"github.com/duckdb/duckdb-go":      {"internal/platform/warehouse/duck": "embedded warehouse"},
	"github.com/riverqueue/river":      {"internal/platform/jobs": "hides it"},
	"github.com/pressly/goose":         {"internal/platform/sqldb": "runs the migrations"},
	"github.com/prometheus":            {"internal/platform/obs": "hides it"},
	"github.com/nyaruka/phonenumbers":  {"internal/base/address": "hides it"},
	"github.com/alexedwards/argon2id":  {"internal/access/user": "hides it"},
	"github.com/xuri/excelize":         {"internal/platform/sheet": "hides it"},
	"github.com/alecthomas/kong":       {"internal/app": "the command line"},
	"github.com/caddyserver/certmagic": {"internal/platform/certificate": "hides it"},
	"go.uber.org/zap":                  {"internal/platform/certificate": "what certmagic logs with"},
}

// largeFiles are over the limit for now; the number only ever gets smaller.
var largeFiles = map[string]int{}

func keys(m map[string]string) string {
	var out []string
	for k := range m {
		out = append(out, strings.TrimPrefix(k, "internal/"))
	}
	sort.Strings(out)
	return strings.Join(out, ", ")
}
