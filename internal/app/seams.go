package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/access/setting"
	"rapport/internal/access/shop"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/importer"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/facts/consent"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/facts/rate"
	"rapport/internal/platform/config"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/duck"
	"rapport/internal/platform/warehouse/pg"
)

// What stands here joins rooms of one floor that do not know each other.

func openWarehouse(ctx context.Context, c *config.Config, db *sqldb.DB, log *slog.Logger) (warehouse.Warehouse, error) {
	if db.Engine() == sqldb.Postgres {
		return pg.Open(ctx, db, clock.System{})
	}
	return duck.Open(ctx, duck.Config{Dir: c.Data, MemoryLimit: c.MemoryLimit.String(), Log: log})
}

func openJournal(ctx context.Context, g ground) (journal.Store, error) {
	if g.db.Engine() == sqldb.Postgres {
		return journal.Within(g.db), nil
	}
	return journal.Open(ctx, g.config.Path("journal.db"))
}

func totalsOf(list []order.Totals) []customer.Totals {
	out := make([]customer.Totals, len(list))
	for i, t := range list {
		out[i] = customer.Totals(t)
	}
	return out
}

// refreshed lets subscribers see what was just announced: another program on the same database may have changed it, and what is kept in
// memory here may be some seconds old.
func refreshed(list []outbox.Subscriber, settings *setting.Service, rates *rate.Service) []outbox.Subscriber {
	for i := range list {
		handle := list[i].Handle
		list[i].Handle = func(ctx context.Context, records []outbox.Record) error {
			if err := settings.Refresh(ctx); err != nil {
				return err
			}
			rates.Refresh()
			return handle(ctx, records)
		}
	}
	return list
}

// callerOf names the one who asks, for idempotency keys.
func callerOf(ctx context.Context) string {
	p := role.From(ctx)
	if p.Kind == "" {
		return ""
	}
	return p.Kind + ":" + p.ID.String()
}

// homeOf finds the shop that a file belongs to, the first one where the import names none.
func homeOf(shops *shop.Service) func(ctx context.Context, want id.ID) (importer.Shop, error) {
	return func(ctx context.Context, want id.ID) (importer.Shop, error) {
		if want == 0 {
			want = shop.First
		}
		s, err := shops.Get(ctx, want)
		return importer.Shop{ID: s.ID, Currency: s.Currency, Zone: s.Zone}, err
	}
}

// peopleOf finds whom an address or an id means, for who watches one person's events.
func peopleOf(customers *customer.Service) func(ctx context.Context, text string) ([]id.ID, error) {
	return func(ctx context.Context, text string) ([]id.ID, error) {
		var out []id.ID
		for _, f := range []customer.Filter{{Email: text}, {ExternalID: text}, {AnonymousID: text}} {
			f.Limit = 5
			found, err := customers.List(ctx, f)
			if err != nil {
				return nil, err
			}
			for i := range found.Items {
				out = append(out, found.Items[i].ID)
			}
		}
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && len(out) == 0 {
			out = append(out, id.ID(n))
		}
		return out, nil
	}
}

func recordConsents(consents *consent.Service) func(context.Context, *sqldb.Tx, []importer.Consent) error {
	return func(ctx context.Context, tx *sqldb.Tx, list []importer.Consent) error {
		out := make([]consent.Consent, len(list))
		for i, c := range list {
			proof, err := json.Marshal(c.Proof)
			if err != nil {
				return fmt.Errorf("write proof of consent: %w", err)
			}
			out[i] = consent.Consent{CustomerID: c.CustomerID, SourceID: c.SourceID, Channel: c.Channel, Purpose: c.Purpose,
				Granted: c.Granted, At: c.At, Proof: proof}
		}
		return consents.Record(ctx, tx, out)
	}
}

// regions tells in which country a shop's customers write phone numbers without a prefix: the region of its language. The list of shops is
// kept in memory; where it is old, it is read by a reader of its own.
type regions struct {
	shops *shop.Service
	db    *sqldb.DB
}

func (r regions) of(want id.ID) string {
	all, err := r.shops.All(context.Background(), r.db)
	if err != nil {
		return "" // a number without a prefix is then kept as it was written
	}
	for _, s := range all {
		if _, region, ok := strings.Cut(s.Language, "-"); ok && s.ID == want {
			return strings.ToUpper(region)
		}
	}
	return ""
}
