// Package proof joins the doors with the real rooms behind them, so that tests and benchmarks go the whole way of an event on either
// pair of engines. Nothing else uses it.
//
// A House owns its stores and closes them with the test; nothing in it is a stand-in. Nothing is announced from here.
package proof

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/internal/access/apikey"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/facts/activity"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/consent"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/facts/rate"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// House is everything an event passes through. DB and Warehouse outlive it.
type House struct {
	Ingest     *ingest.Service
	Customers  *customer.Service
	Orders     *order.Service
	Catalog    *catalog.Service
	Activities *activity.Service
	Names      *dictionary.Service
	DB         *sqldb.DB
	Warehouse  warehouse.Warehouse
}

// Config says what a House stands on.
type Config struct {
	DB        *sqldb.DB
	Warehouse warehouse.Warehouse
	Dir       string // holds journal.db beside SQLite
	Clock     clock.Clock
	Crash     func(point string) error
}

// Keys knows "server", "browser" and "trusted", all of shop 1; and, as servers and browsers, the keys in the recorded requests of libraries.
type Keys struct{}

// ByKey gives their sources.
func (Keys) ByKey(_ context.Context, key string) (apikey.Source, role.Principal, error) {
	s := apikey.Source{ShopID: 1, Scope: role.ScopeIngest, ShopCurrency: "EUR"}
	switch key {
	case "server":
		s.ID, s.Kind = 11, apikey.Server
	case "browser", "k", "WK_BROWSER", "WK_SNIP", "WK_RJS", "WK_RXO", "WK_NPM", "WK_XO":
		s.ID, s.Kind = 12, apikey.Browser
	case "trusted":
		s.ID, s.Kind, s.TrustedOrders = 13, apikey.Browser, true
	default:
		if strings.HasPrefix(key, "WK_") {
			s.ID, s.Kind = 11, apikey.Server
			break
		}
		return s, role.Principal{}, errs.New(errs.Unauthorized, "apikey.unknown", "This API key is unknown or was revoked.")
	}
	return s, role.Principal{Kind: role.KindKey, Scope: role.ScopeIngest}, nil
}

// Open joins and starts. Stop the Ingest of the result.
func Open(tb testing.TB, c Config) *House {
	tb.Helper()
	h := Join(tb, c)
	if err := h.Ingest.Start(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return h
}

// Join makes a House that is not started.
func Join(tb testing.TB, c Config) *House {
	tb.Helper()
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	ids := id.NewSource(c.Clock)
	reporting := func() (string, *time.Location) { return "EUR", time.UTC }
	announce := outbox.New(outbox.Deps{DB: c.DB, IDs: ids, Clock: c.Clock, Log: log}).Announce
	h := &House{DB: c.DB, Warehouse: c.Warehouse}
	rates := rate.New(rate.Deps{DB: c.DB, Clock: c.Clock, Reporting: reporting, Announce: announce})
	consents := consent.New(consent.Deps{DB: c.DB, Clock: c.Clock, Announce: announce})
	h.Catalog = catalog.New(catalog.Deps{DB: c.DB, IDs: ids, Clock: c.Clock, Announce: announce})
	h.Activities = activity.New(activity.Deps{Warehouse: c.Warehouse, Clock: c.Clock})
	h.Orders = order.New(order.Deps{DB: c.DB, IDs: ids, Clock: c.Clock, Rates: rates, Reporting: reporting, Announce: announce})
	h.Customers = customer.New(customer.Deps{DB: c.DB, IDs: ids, Clock: c.Clock, Log: log, Reporting: reporting, Announce: announce,
		Region: func(id.ID) string { return "" }, Timeline: []customer.TimelineSource{h.Activities, h.Orders, consents}})
	store := journal.Within(c.DB)
	if c.DB.Engine() == sqldb.SQLite {
		var err error
		if store, err = journal.Open(ctx, filepath.Join(c.Dir, "journal.db")); err != nil {
			tb.Fatal(err)
		}
	}
	audit := func(context.Context, sqldb.Q, string, string, map[string]any) error { return nil }
	h.Names = dictionary.New(dictionary.Deps{DB: c.DB, IDs: ids, Clock: c.Clock, Warehouse: c.Warehouse, Reporting: reporting, Audit: audit})
	var err error
	h.Ingest, err = ingest.New(ingest.Deps{DB: c.DB, Journal: store, IDs: ids, Clock: c.Clock, Log: log, Version: "proof", Keys: Keys{},
		Customers: h.Customers, Orders: h.Orders, Consents: consents, Catalog: h.Catalog, Warehouse: c.Warehouse, Names: h.Names, Audit: audit,
		Reporting: reporting, Crash: c.Crash})
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// Drain waits until everything is visible.
func (h *House) Drain(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.Ingest.Drain(ctx); err != nil {
		tb.Fatal(err)
	}
}

// Stop drains and stops.
func (h *House) Stop(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := h.Ingest.Stop(ctx); err != nil {
		tb.Error(err)
	}
}
