package catalog

import (
	"cmp"
	"context"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// name is how a shop calls a product.
type name struct {
	shop id.ID
	key  string
}

// found is what the cache knows of a name: an id or SKU of a product or variant.
type found struct {
	product id.ID
	sighted bool
	seenAt  int64
}

// cacheSize bounds the names kept in memory; beyond it the cache starts anew.
const cacheSize = 200_000

func (s *Service) cached(n name) (found, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f, ok := s.cache[n]
	return f, ok
}

func (s *Service) remember(m map[name]found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cache)+len(m) > cacheSize {
		s.cache = make(map[name]found, len(m))
	}
	for n, f := range m {
		s.cache[n] = f
	}
}

func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cache = map[name]found{}
}

// newer tells which of two sightings of a product holds; equal times are settled by content, so that arrival does not matter.
func newer(a, b *Sighting) bool {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Price, b.Price), cmp.Compare(a.SKU, b.SKU),
		cmp.Compare(a.ImageURL, b.ImageURL), cmp.Compare(a.URL, b.URL)) > 0
}

// See notes products that events and order lines name, within the caller's transaction: unknown ones are kept as sighted, sighted ones take
// the newest sighting, those of a catalogue stay as they are.
func (s *Service) See(ctx context.Context, tx *sqldb.Tx, sightings []Sighting) error {
	best := map[name]*Sighting{}
	for i := range sightings {
		v := &sightings[i]
		n := name{v.ShopID, v.key()}
		if n.key == "" || len(n.key) > maxKey {
			continue
		}
		if f, ok := s.cached(n); ok && f.product != 0 && (!f.sighted || f.seenAt >= v.At) {
			continue
		}
		if b := best[n]; b == nil || newer(v, b) {
			best[n] = v
		}
	}
	if len(best) == 0 {
		return nil
	}
	return s.see(ctx, tx, best)
}

func (s *Service) see(ctx context.Context, tx *sqldb.Tx, best map[name]*Sighting) error {
	if err := tx.Turn(ctx, turn); err != nil {
		return err
	}
	clean := make(map[name]*Sighting, len(best))
	names := make([]name, 0, len(best))
	for n, v := range best {
		if n.key = cleanKey(n.key); n.key != "" {
			clean[n] = v
			names = append(names, n)
		}
	}
	known, err := s.lookUp(ctx, tx, names)
	if err != nil {
		return err
	}
	now := clock.Micros(s.Clock.Now())
	learned := map[name]found{}
	var fresh []*Product
	var updates [][]any
	var told []*Product // with the price that was said
	for n, v := range clean {
		f, ok := known[n]
		switch {
		case !ok:
			p := &Product{ID: s.IDs.New(), ShopID: n.shop, ExternalID: n.key, Price: -1, Cost: -1, Stock: -1, Active: true, Sighted: true,
				CreatedAt: now, UpdatedAt: now}
			p.sight(v)
			fresh, told = append(fresh, p), append(told, p)
			f = found{p.ID, true, v.At}
		case f.sighted && v.At > f.seenAt:
			p := &Product{ID: f.product, ExternalID: n.key, Price: -1, UpdatedAt: now}
			p.sight(v)
			updates = append(updates, p.sightRow())
			if p.Price >= 0 {
				told = append(told, p)
			}
			f.seenAt = v.At
		}
		learned[n] = f
	}
	if err := saveSighted(ctx, tx, fresh, updates); err != nil {
		return err
	}
	if err := keepPrices(ctx, tx, told, saidBy{kind: ByEvent}, func(p *Product) int64 { return p.SeenAt }); err != nil {
		return err
	}
	tx.OnCommit(func() { s.remember(learned) })
	return nil
}

// sight fills in what a sighting knows.
func (p *Product) sight(v *Sighting) {
	p.SKU, p.Name, p.Brand, p.Category = cleanKey(v.SKU), cut(v.Name, 1000), cut(v.Brand, 500), cut(v.Category, 1000)
	p.URL, p.ImageURL, p.SeenAt = cut(v.URL, 2000), cut(v.ImageURL, 2000), v.At
	if v.Price > 0 && v.Currency != "" {
		p.Price, p.Currency = v.Price, v.Currency
	}
}

// Resolver looks up the products of order lines and gives a function that knows them: by the shop's id, a variant's id, or the SKU; 0 where
// there is none.
func (s *Service) Resolver(ctx context.Context, q sqldb.Q, sightings []Sighting) (func(shop id.ID, key, sku string) id.ID, error) {
	local := map[name]found{}
	var missing []name
	want := func(n name) {
		if n.key == "" || len(n.key) > maxKey {
			return
		}
		if _, ok := local[n]; ok {
			return
		}
		f, ok := s.cached(n)
		if !ok {
			missing = append(missing, n)
		}
		local[n] = f
	}
	for i := range sightings {
		v := &sightings[i]
		want(name{v.ShopID, v.Key})
		if local[name{v.ShopID, v.Key}].product == 0 { // the shop's id is enough where it is known
			want(name{v.ShopID, v.SKU})
		}
	}
	if len(missing) > 0 {
		read, err := s.lookUp(ctx, q, missing)
		if err != nil {
			return nil, err
		}
		for n, f := range read {
			local[n] = f
		}
		if tx, ok := q.(*sqldb.Tx); ok {
			tx.OnCommit(func() { s.remember(read) })
		} else {
			s.remember(read)
		}
	}
	return func(shop id.ID, key, sku string) id.ID {
		if f := local[name{shop, key}]; f.product != 0 {
			return f.product
		}
		return local[name{shop, sku}].product
	}, nil
}
