package apikey

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/access/shop"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/snapshot"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Log   *slog.Logger
	Audit *audit.Service
	Shops *shop.Service
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

func (n Draft) check() error {
	var wrong []errs.Field
	if n.Name == "" {
		wrong = append(wrong, errs.Field{Path: "name", Code: "required", Message: "A key needs a name."})
	}
	if !slices.Contains(role.Scopes(), n.Scope) {
		wrong = append(wrong, errs.Field{Path: "scope", Code: "enum", Message: "The scope is ingest, read or write."})
	} else if n.Browser && n.Scope != role.ScopeIngest {
		wrong = append(wrong, errs.Field{Path: "scope", Code: "browser", Message: "A browser key is public and may only have the scope ingest."})
	}
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "apikey.invalid", "The key cannot be made like this; errors says why.").With(wrong...)
	}
	return nil
}

// Service keeps keys and sources.
type Service struct {
	Deps
	opens *snapshot.Of[map[string]Source] // what is open, by the key's hash
	usage usage
}

// New gives a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, opens: snapshot.New(d.Clock, func(ctx context.Context, q sqldb.Q, _ map[string]Source) (map[string]Source, error) {
		return openKeys(ctx, q)
	})}
}

// ByKey finds what a key opens and who comes with it, from memory; errs.Unauthorized ("apikey.unknown") for a key that does not exist
// or was revoked.
func (s *Service) ByKey(ctx context.Context, key string) (Source, role.Principal, error) {
	keys, err := s.opens.Get(ctx, s.DB)
	if err != nil {
		return Source{}, role.Principal{}, err
	}
	src, ok := keys[hash(key)]
	if !ok {
		return Source{}, role.Principal{}, errUnknown
	}
	p := role.Principal{Kind: role.KindKey, ID: src.KeyID, Name: src.Name, Scope: src.Scope, SourceID: src.ID, ShopID: src.ShopID}
	if src.ID != 0 {
		home, err := s.Shops.ByID(ctx, s.DB, src.ShopID)
		if err != nil {
			return Source{}, role.Principal{}, err
		}
		src.ShopCurrency, src.ShopZone = home.Currency, home.Zone
	}
	s.usage.mark(src.KeyID, s.Clock.Now())
	return src, p, nil
}

// Create makes a key and, unless it only reads, its source. The answer is the only one that holds a secret key.
func (s *Service) Create(ctx context.Context, n Draft) (Key, error) {
	if err := role.Require(ctx, role.APIKeyWrite); err != nil {
		return Key{}, err
	}
	n.Name = sqldb.Clean(n.Name)
	if err := n.check(); err != nil {
		return Key{}, err
	}
	k := Key{ID: s.IDs.New(), Name: n.Name, Scope: n.Scope, Browser: n.Browser}
	k.CreatedAt = s.Clock.Now().Truncate(time.Microsecond) // as stores keep it
	secret := "rk_" + id.Secret(24)
	stored := ""
	if n.Browser {
		secret = "pk_" + id.Secret(24)
		stored = secret
	}
	k.Prefix = secret[:9]
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if n.Scope != role.ScopeRead {
			home := n.ShopID
			if home == 0 {
				home = shop.First
			}
			if _, err := s.Shops.ByID(ctx, tx, home); err != nil {
				return err
			}
			src := SourceRow{ID: s.IDs.New(), ShopID: home, Name: n.Name, Kind: Server, TrustedOrders: true, CreatedAt: k.CreatedAt}
			if n.Browser {
				src.Kind, src.TrustedOrders = Browser, false
			}
			if err := insertSource(ctx, tx, src); err != nil {
				return err
			}
			k.SourceID, k.ShopID = src.ID, src.ShopID
		}
		if err := insertKey(ctx, tx, k, hash(secret), stored); err != nil {
			return err
		}
		tx.OnCommit(s.opens.Forget)
		return s.Audit.Record(ctx, tx, "apikey.created", "apikey:"+k.ID.String(),
			map[string]any{"name": k.Name, "scope": k.Scope, "browser": k.Browser, "source_id": k.SourceID})
	})
	k.Public = secret
	return k, err
}

// List gives every key, the newest first, revoked ones too.
func (s *Service) List(ctx context.Context) ([]Key, error) {
	if err := role.Require(ctx, role.APIKeyRead); err != nil {
		return nil, err
	}
	return listKeys(ctx, s.DB)
}

// Revoke ends a key for good. Revoking it again changes nothing.
func (s *Service) Revoke(ctx context.Context, key id.ID) error {
	if err := role.Require(ctx, role.APIKeyWrite); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		found, changed, err := revoke(ctx, tx, key, s.Clock.Now())
		if err != nil {
			return err
		}
		if !found {
			return errs.New(errs.NotFound, "apikey.missing", "There is no key %s.", key)
		}
		if !changed {
			return nil
		}
		tx.OnCommit(s.opens.Forget)
		return s.Audit.Record(ctx, tx, "apikey.revoked", "apikey:"+key.String(), nil)
	})
}

// Sources lists the sources of all shops.
func (s *Service) Sources(ctx context.Context) ([]SourceRow, error) {
	if err := role.Require(ctx, role.APIKeyRead); err != nil {
		return nil, err
	}
	return listSources(ctx, s.DB)
}

// TrustOrders says whether the orders of a browser source count as revenue.
func (s *Service) TrustOrders(ctx context.Context, source id.ID, trusted bool) (SourceRow, error) {
	if err := role.Require(ctx, role.APIKeyWrite); err != nil {
		return SourceRow{}, err
	}
	var out SourceRow
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		src, found, err := sourceByID(ctx, tx, source)
		switch {
		case err != nil:
			return err
		case !found:
			return errs.New(errs.NotFound, "apikey.source_missing", "There is no source %s.", source)
		case src.Kind != Browser && !trusted:
			return errs.New(errs.Invalid, "apikey.source_trusted", "What a server or a file says about orders always counts.")
		}
		out = src
		if src.TrustedOrders == trusted {
			return nil
		}
		out.TrustedOrders = trusted
		if err := updateSource(ctx, tx, out); err != nil {
			return err
		}
		tx.OnCommit(s.opens.Forget)
		if err := s.Audit.Record(ctx, tx, Topic, "source:"+source.String(), map[string]any{"trusted_orders": trusted}); err != nil {
			return err
		}
		return s.Announce(ctx, tx, Topic, map[string]any{"id": source, "trusted_orders": trusted})
	})
	return out, err
}

// EnsureFileSource gives the source of a shop's imports, making it at the first.
func (s *Service) EnsureFileSource(ctx context.Context, q sqldb.Q, home id.ID) (id.ID, error) {
	return ensureFileSource(ctx, q, SourceRow{
		ID: s.IDs.New(), ShopID: home, Name: "Files", Kind: File, TrustedOrders: true, CreatedAt: s.Clock.Now(),
	})
}
