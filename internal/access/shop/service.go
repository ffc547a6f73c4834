package shop

import (
	"context"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/access/setting"
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
	Audit *audit.Service
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

func (s Shop) check() error {
	var wrong []errs.Field
	if s.Name == "" {
		wrong = append(wrong, errs.Field{Path: "name", Code: "required", Message: "A shop needs a name."})
	}
	wrong = append(wrong, setting.CheckZone("zone", s.Zone)...)
	wrong = append(wrong, setting.CheckCurrency("currency", s.Currency)...)
	wrong = append(wrong, setting.CheckLanguage("language", s.Language)...)
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "shop.invalid", "The shop has wrong values; errors says where.").With(wrong...)
	}
	return nil
}

// applied gives the shop with the patch laid over it, and what differs by name.
func (p Patch) applied(to Shop) (Shop, map[string]any) {
	diff := map[string]any{}
	for _, f := range []struct {
		name string
		from *string
		to   *string
	}{
		{"name", p.Name, &to.Name}, {"domain", p.Domain, &to.Domain}, {"zone", p.Zone, &to.Zone},
		{"currency", p.Currency, &to.Currency}, {"language", p.Language, &to.Language}, {"brand", p.Brand, &to.Brand},
	} {
		if f.from != nil && sqldb.Clean(*f.from) != *f.to {
			*f.to = sqldb.Clean(*f.from)
			diff[f.name] = *f.to
		}
	}
	return to, diff
}

// Service keeps the shops.
type Service struct {
	Deps
	shops *snapshot.Of[[]Shop] // by id
}

// New gives a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, shops: snapshot.New(d.Clock, func(ctx context.Context, q sqldb.Q, _ []Shop) ([]Shop, error) {
		return list(ctx, q)
	})}
}

// EnsureDefault makes the first shop where there is none yet, with the name, zone, currency and language given.
func (s *Service) EnsureDefault(ctx context.Context, d Shop) error {
	d.ID, d.CreatedAt, d.UpdatedAt = First, s.Clock.Now(), s.Clock.Now()
	if err := d.check(); err != nil {
		return err
	}
	defer s.shops.Forget()
	return insertIfNew(ctx, s.DB, d)
}

// All gives the shops by id, to the program itself; q is the pool or the transaction that the caller is in.
func (s *Service) All(ctx context.Context, q sqldb.Q) ([]Shop, error) { return s.shops.Get(ctx, q) }

// ByID finds a shop for the program itself.
func (s *Service) ByID(ctx context.Context, q sqldb.Q, want id.ID) (Shop, error) {
	all, err := s.shops.Get(ctx, q)
	if err != nil {
		return Shop{}, err
	}
	for _, shop := range all {
		if shop.ID == want {
			return shop, nil
		}
	}
	return Shop{}, errs.New(errs.NotFound, "shop.missing", "There is no shop %s.", want)
}

// Default gives the first shop, to which belongs what names none.
func (s *Service) Default(ctx context.Context) (Shop, error) { return s.ByID(ctx, s.DB, First) }

// List gives the shops.
func (s *Service) List(ctx context.Context) ([]Shop, error) {
	if err := role.Require(ctx, role.ShopRead); err != nil {
		return nil, err
	}
	return s.shops.Get(ctx, s.DB)
}

// Get gives a shop.
func (s *Service) Get(ctx context.Context, want id.ID) (Shop, error) {
	if err := role.Require(ctx, role.ShopRead); err != nil {
		return Shop{}, err
	}
	return s.ByID(ctx, s.DB, want)
}

// Create adds a shop; what the patch leaves out is as in the first shop.
func (s *Service) Create(ctx context.Context, p Patch) (Shop, error) {
	if err := role.Require(ctx, role.ShopWrite); err != nil {
		return Shop{}, err
	}
	first, err := s.Default(ctx)
	if err != nil {
		return Shop{}, err
	}
	now := s.Clock.Now().Truncate(time.Microsecond) // as stores keep it
	made, detail := p.applied(Shop{
		ID: s.IDs.New(), Zone: first.Zone, Currency: first.Currency, Language: first.Language, CreatedAt: now, UpdatedAt: now,
	})
	if err := made.check(); err != nil {
		return Shop{}, err
	}
	return made, s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := insertIfNew(ctx, tx, made); err != nil {
			return err
		}
		return s.changed(ctx, tx, "shop.created", made.ID, detail)
	})
}

// Update changes a shop.
func (s *Service) Update(ctx context.Context, want id.ID, p Patch) (Shop, error) {
	if err := role.Require(ctx, role.ShopWrite); err != nil {
		return Shop{}, err
	}
	var out Shop
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		var err error
		out, err = s.Set(ctx, tx, want, p)
		return err
	})
	return out, err
}

// Set changes a shop in the caller's transaction, for the first set-up.
func (s *Service) Set(ctx context.Context, tx *sqldb.Tx, want id.ID, p Patch) (Shop, error) {
	old, found, err := byID(ctx, tx, want)
	if err != nil {
		return Shop{}, err
	}
	if !found {
		return Shop{}, errs.New(errs.NotFound, "shop.missing", "There is no shop %s.", want)
	}
	next, detail := p.applied(old)
	if len(detail) == 0 {
		return old, nil
	}
	if err := next.check(); err != nil {
		return Shop{}, err
	}
	next.UpdatedAt = s.Clock.Now().Truncate(time.Microsecond)
	if err := update(ctx, tx, next); err != nil {
		return Shop{}, err
	}
	return next, s.changed(ctx, tx, "shop.changed", next.ID, detail)
}

func (s *Service) changed(ctx context.Context, tx *sqldb.Tx, action string, which id.ID, detail map[string]any) error {
	tx.OnCommit(s.shops.Forget)
	if err := s.Audit.Record(ctx, tx, action, "shop:"+which.String(), detail); err != nil {
		return err
	}
	return s.Announce(ctx, tx, Topic, map[string]id.ID{"id": which})
}
