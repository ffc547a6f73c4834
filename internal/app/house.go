package app

import (
	"context"
	"log/slog"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/apikey"
	"rapport/internal/access/audit"
	"rapport/internal/access/door"
	"rapport/internal/access/export"
	"rapport/internal/access/invitation"
	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/access/setting"
	"rapport/internal/access/shop"
	"rapport/internal/access/user"
	"rapport/internal/app/backup"
	"rapport/internal/app/demo"
	"rapport/internal/app/find"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/importer"
	"rapport/internal/collect/ingest"
	"rapport/internal/facts/activity"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/consent"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/facts/rate"
	"rapport/internal/insight/report"
	"rapport/internal/platform/config"
	"rapport/internal/platform/disk"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/obs"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// ground is what the house stands on. For writing the API's description only version is needed.
type ground struct {
	config    *config.Config
	version   string
	log       *slog.Logger
	clock     clock.Clock
	db        *sqldb.DB
	warehouse warehouse.Warehouse
	ready     func() bool
	// servicesAlone leaves the declared permissions unasked at the door, so that a test sees what the services themselves refuse.
	servicesAlone bool
}

// house is every room of the program, joined.
type house struct {
	server    *httpapi.Server
	outbox    *outbox.Service
	settings  *setting.Service
	shops     *shop.Service
	keys      *apikey.Service
	ingest    *ingest.Service
	importer  *importer.Service
	customers *customer.Service
	orders    *order.Service
	reports   *report.Service
	warehouse warehouse.Warehouse
	backups   *backup.Service
	demo      *demo.Service
	disk      *disk.Guard
}

// build joins the rooms. Each is given what it needs and nothing else; nobody below knows anybody above.
func build(ctx context.Context, g ground) (*house, error) {
	ids := id.NewSource(g.clock)
	h := &house{warehouse: g.warehouse}
	h.outbox = outbox.New(outbox.Deps{DB: g.db, IDs: ids, Clock: g.clock, Log: g.log})
	announce := h.outbox.Announce
	metrics := obs.New(g.version)
	h.disk = disk.New(disk.Config{Dir: g.config.Data, Warn: int64(g.config.DiskWarn), Reserve: int64(g.config.DiskReserve), Log: g.log})

	audits := audit.New(audit.Deps{DB: g.db, IDs: ids, Clock: g.clock})
	h.settings = setting.New(setting.Deps{DB: g.db, Clock: g.clock, Log: g.log, Audit: audits, Announce: announce,
		Defaults: setting.Settings{Currency: g.config.Currency, Zone: g.config.Zone, Language: g.config.Language}})
	h.shops = shop.New(shop.Deps{DB: g.db, IDs: ids, Clock: g.clock, Audit: audits, Announce: announce})
	h.keys = apikey.New(apikey.Deps{DB: g.db, IDs: ids, Clock: g.clock, Log: g.log, Audit: audits, Shops: h.shops, Announce: announce})
	users := user.New(user.Deps{DB: g.db, IDs: ids, Clock: g.clock, Audit: audits})
	sessions := session.New(session.Deps{DB: g.db, IDs: ids, Clock: g.clock, Log: g.log, Users: users, Audit: audits})
	doors := door.New(door.Deps{DB: g.db, Users: users, Sessions: sessions, Keys: h.keys, Shops: h.shops, Settings: h.settings,
		PublicURL: publicURL(g.config)})
	invitations := invitation.New(invitation.Deps{DB: g.db, IDs: ids, Clock: g.clock, Audit: audits, Users: users, Sessions: sessions, Shops: h.shops,
		Settings: h.settings})
	reporting := h.settings.Reporting
	exports := export.New(export.Deps{DB: g.db, Clock: g.clock, Log: g.log, Audit: audits, Reporting: reporting})

	rates := rate.New(rate.Deps{DB: g.db, Clock: g.clock, Audit: audits, Reporting: reporting, Announce: announce})
	consents := consent.New(consent.Deps{DB: g.db, Clock: g.clock, Announce: announce})
	products := catalog.New(catalog.Deps{DB: g.db, IDs: ids, Clock: g.clock, Reporting: reporting, Exports: exports, Announce: announce})
	activities := activity.New(activity.Deps{Warehouse: g.warehouse, Clock: g.clock, Exports: exports})
	names := dictionary.New(dictionary.Deps{DB: g.db, IDs: ids, Clock: g.clock, Warehouse: g.warehouse, Reporting: reporting, Audit: audits.Record})
	// Orders pass sums on to customers, and customers show orders in their timeline; the one who is made first gets a closure.
	orders := order.New(order.Deps{DB: g.db, IDs: ids, Clock: g.clock, Rates: rates, Reporting: reporting, Warehouse: g.warehouse, Exports: exports, Announce: announce,
		KeepTotals: func(ctx context.Context, tx *sqldb.Tx, totals []order.Totals) error {
			return h.customers.SetTotals(ctx, tx, totalsOf(totals))
		}})
	h.orders, orders.Names = orders, h.names(products)
	orders.Writing = h.writing(products, consents, audits)
	products.Shop = h.shopOf
	h.customers = customer.New(customer.Deps{DB: g.db, IDs: ids, Clock: g.clock, Log: g.log, Reporting: reporting, Exports: exports, Announce: announce,
		Region: regions{h.shops, g.db}.of, Audit: audits.Record, Consents: consents,
		DefaultShop: func(ctx context.Context) (id.ID, error) { s, err := h.shops.Default(ctx); return s.ID, err },
		Follow:      func(ctx context.Context, tx *sqldb.Tx, r customer.Resolved) error { return h.ingest.Follow(ctx, tx, r) },
		Timeline:    []customer.TimelineSource{activities, orders, consents}})
	h.reports = report.New(report.Deps{DB: g.db, Warehouse: g.warehouse, Orders: orders, Reporting: reporting})

	journal, err := openJournal(ctx, g)
	if err != nil {
		return nil, err
	}
	h.ingest, err = ingest.New(ingest.Deps{DB: g.db, Journal: journal, IDs: ids, Clock: g.clock, Log: g.log, Version: g.version, Keys: h.keys,
		Customers: h.customers, Orders: orders, Consents: consents, Catalog: products, Warehouse: g.warehouse, Reporting: reporting, Disk: h.disk,
		Names: names, People: peopleOf(h.customers), Audit: audits.Record,
		Remember: func(ctx context.Context, tx *sqldb.Tx, which id.ID, rows []warehouse.Row, orders []order.Former, people *customer.Formers) error {
			return h.importer.Remember(ctx, tx, which, rows, orders, people)
		}})
	if err != nil {
		return nil, err
	}
	h.importer = importer.New(importer.Deps{DB: g.db, IDs: ids, Clock: g.clock, Log: g.log, Dir: g.config.Path("imports"),
		Customers: h.customers, Orders: orders, Catalog: products, Shop: homeOf(h.shops), FileSource: h.keys.EnsureFileSource,
		RecordConsents: recordConsents(consents), MoveConsents: consents.Move, UndoConsents: consents.Undo, Moved: h.ingest.Moved, Audit: audits.Record, Room: h.disk.Room,
		Events: fileDoor{h.ingest, h.shops}})

	h.backups = backups(g, audits)
	h.demo = demoOf(g, audits)

	for _, list := range [][]outbox.Subscriber{refreshed(orders.Subscriptions(), h.settings, rates), h.customers.Subscriptions(), h.reports.Subscriptions()} {
		for _, sub := range list {
			h.outbox.Subscribe(sub)
		}
	}
	allow := role.Require
	if g.servicesAlone {
		allow = nil
	}
	h.server = httpapi.New(httpapi.Config{
		Version: g.version, Log: g.log, Clock: g.clock, DB: g.db, Observe: metrics.Observe, TrustedProxies: g.config.TrustedProxies,
		Forwarded: g.config.ForwardedHeader == "forwarded", PublicURL: g.config.Public(), RefusePlain: !g.config.PlainSignIn, ForgetHTTPS: !g.config.HSTS,
		Authenticate: operatorFirst(doors.Authenticate), Allow: allow, Caller: callerOf,
	})
	for _, room := range []interface{ Routes(huma.API) }{
		doors, sessions, users, invitations, h.keys, h.shops, h.settings, audits, rates,
		h.customers, orders, products, activities, names, h.reports, h.ingest, h.importer, h.backups, h.demo,
		find.New(find.Deps{Customers: h.customers, Orders: orders, Products: products}),
	} {
		room.Routes(h.server.API())
	}
	mount(h, g, metrics)
	return h, nil
}

// background lists what works without being asked, in the order in which it starts.
func (h *house) background() []part {
	return []part{
		{"disk", h.disk.Start, h.disk.Stop},
		{"settings", h.settings.Start, h.settings.Stop},
		{"keys", h.keys.Start, h.keys.Stop},
		{"outbox", h.outbox.Start, h.outbox.Stop},
		{"ingest", h.ingest.Start, h.ingest.Stop},
		{"importer", h.importer.Start, h.importer.Stop}, // ends first: it hands events to ingest
		{"backups", h.backups.Start, h.backups.Stop},
	}
}

// firstShop makes the shop to which belongs what names none; set-up gives it its name.
func (h *house) firstShop(ctx context.Context, c *config.Config) error {
	return h.shops.EnsureDefault(ctx, shop.Shop{Name: "My shop", Zone: c.Zone, Currency: c.Currency, Language: c.Language})
}
