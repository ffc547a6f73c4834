package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	// Reporting gives the currency of amounts that name none; nil in tests that need none.
	Reporting func() (currency string, zone *time.Location)
	// Shop finds the shop of a product that is written, the default one for 0.
	Shop func(ctx context.Context, want id.ID) (id.ID, error)
	// Exports takes lists out as files; nil in tests that need none.
	Exports *export.Service
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

// Service holds the use cases.
type Service struct {
	Deps
	mu    sync.RWMutex
	cache map[name]found
	look  int // how many rows a page of a list looks at
}

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d, cache: map[name]found{}, look: look} }

func keysOf(m map[string]any) iter.Seq[string] { return maps.Keys(m) }

func sameJSON(a, b map[string]any) bool {
	if len(a) != len(b) {
		return false
	}
	x, errA := json.Marshal(a)
	y, errB := json.Marshal(b)
	return errA == nil && errB == nil && string(x) == string(y)
}

func cleanKey(s string) string {
	s = strings.TrimSpace(sqldb.Clean(s))
	if len(s) > maxKey {
		return ""
	}
	return s
}

func cut(s string, n int) string {
	s = sqldb.Clean(s)
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func (e *Entry) clean() {
	e.ExternalID, e.SKU = cleanKey(e.ExternalID), cleanKey(e.SKU)
	e.Name, e.Brand, e.Category = strings.TrimSpace(cut(e.Name, 1000)), cut(e.Brand, 500), cut(e.Category, 1000)
	e.URL, e.ImageURL = cut(e.URL, 2000), cut(e.ImageURL, 2000)
	e.Description = Harmless(cut(e.Description, 200_000))
	for i := range e.Variants {
		v := &e.Variants[i]
		v.ExternalID, v.SKU, v.Name, v.ImageURL = cleanKey(v.ExternalID), cleanKey(v.SKU), cut(v.Name, 1000), cut(v.ImageURL, 2000)
	}
	// A catalogue that names a variant twice means one, the first.
	seen := make(map[string]bool, len(e.Variants))
	e.Variants = slices.DeleteFunc(e.Variants, func(v Variant) bool {
		again := seen[v.ExternalID]
		seen[v.ExternalID] = true
		return again
	})
}

// Upsert stores what a catalogue says, within the caller's transaction: entries are found again by the shop's id of the product. Where
// one batch names a product twice, both are laid over it in turn. Giving the same entries again changes nothing.
func (s *Service) Upsert(ctx context.Context, tx *sqldb.Tx, entries []Entry) ([]Outcome, error) {
	return s.upsert(ctx, tx, entries, nil)
}

func (s *Service) upsert(ctx context.Context, tx *sqldb.Tx, entries []Entry, kept remembered) ([]Outcome, error) {
	if err := tx.Turn(ctx, turn); err != nil {
		return nil, err
	}
	now := clock.Micros(s.Clock.Now())
	names := make([]name, 0, len(entries))
	for i := range entries {
		entries[i].clean()
		if entries[i].ExternalID == "" {
			return nil, errs.New(errs.Invalid, "catalog.id_missing", "Entry %d has no id of its product, or one of more than %d characters.", i+1, maxKey)
		}
		names = append(names, name{entries[i].ShopID, entries[i].ExternalID})
	}
	have, err := selectByName(ctx, tx, names)
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(entries))
	var order []*Product
	isNew, touched := map[*Product]bool{}, map[*Product]bool{}
	for i := range entries {
		e := &entries[i]
		n := name{e.ShopID, e.ExternalID}
		p := have[n]
		if p == nil {
			p = &Product{ID: s.IDs.New(), ShopID: e.ShopID, ExternalID: e.ExternalID, Price: -1, Cost: -1, Stock: -1, Active: true, Attributes: map[string]any{}, CreatedAt: now}
			have[n] = p
			isNew[p] = true
			out[i] = Created
			if _, err := kept.before(p, true); err != nil {
				return nil, err
			}
			p.merge(e)
		} else {
			fresh, err := kept.before(p, false)
			if err != nil {
				return nil, err
			}
			if !p.merge(e) {
				if fresh {
					delete(kept, p)
				}
				continue
			}
			out[i] = Updated
		}
		if !touched[p] {
			touched[p] = true
			order = append(order, p)
		}
	}
	if len(order) == 0 {
		return out, nil
	}
	for _, p := range order {
		p.UpdatedAt = now
		for i := range p.Variants {
			if p.Variants[i].ID == 0 {
				p.Variants[i].ID = s.IDs.New()
			}
		}
	}
	if err := saveProducts(ctx, tx, order, isNew); err != nil {
		return nil, err
	}
	if err := keepPrices(ctx, tx, order, sayer(ctx), func(p *Product) int64 { return p.UpdatedAt }); err != nil {
		return nil, err
	}
	tx.OnCommit(s.forget) // SKUs may name other products now
	if s.Announce == nil {
		return out, nil
	}
	ids := make([]id.ID, len(order))
	for i, p := range order {
		ids[i] = p.ID
	}
	if err := s.Announce(ctx, tx, TopicChanged, map[string]any{"ids": ids}); err != nil {
		return nil, fmt.Errorf("announce changed products: %w", err)
	}
	return out, nil
}

// Get gives one product with its variants.
func (s *Service) Get(ctx context.Context, product id.ID) (Product, error) {
	if err := role.Require(ctx, role.CatalogRead); err != nil {
		return Product{}, err
	}
	p, ok, err := selectOne(ctx, s.DB, product)
	if err != nil {
		return Product{}, err
	}
	if !ok {
		return Product{}, errs.New(errs.NotFound, "product.not_found", "There is no product %s.", product)
	}
	return p, nil
}

// sortName is what lists sort by.
func sortName(s string) string { return cut(Fold(s), 200) }
