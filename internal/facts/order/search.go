package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/base/id"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/search"
	"rapport/internal/platform/sqldb"
)

// Index is where orders are found in the middle of their number.
var Index = search.Index{Table: "search_orders", Key: "order_id"}

// indexChunk bounds how many orders are written into the index in one transaction, so that others get their turn to write.
const indexChunk = 2000

// maxFound bounds how many customers and products a search for orders follows.
const (
	maxBuyers   = 10
	maxProducts = 3
)

// Names finds what an order is also known by. Each gives ids, the best first; a nil one finds nothing.
type Names struct {
	Customers func(ctx context.Context, q string, limit int) ([]id.ID, error)
	Products  func(ctx context.Context, q string, limit int) ([]id.ID, error)
}

// Search gives orders by what people know of them: any part of the number, the buyer's name, address or telephone number, the name of a product.
// The number comes first, then the buyer, then the product; each newest first. Names are followed when asked for, so that nothing is to be
// written anew for a million orders when a customer changes his.
func (s *Service) Search(ctx context.Context, q string, limit int) ([]Stored, error) {
	if err := role.Require(ctx, role.OrderRead); err != nil {
		return nil, err
	}
	if q = strings.TrimSpace(q); q == "" {
		return []Stored{}, nil
	}
	out := found{limit: limit, seen: map[id.ID]bool{}}
	add := func(f Filter) error {
		f.Limit = limit
		p, err := s.List(ctx, f)
		out.add(p.Items)
		return err
	}
	if err := add(Filter{Query: q}); err != nil {
		return nil, err
	}
	if !out.full() {
		within, err := s.byWords(ctx, q, limit)
		if err != nil {
			return nil, err
		}
		out.add(within)
	}
	for _, n := range []struct {
		find   func(context.Context, string, int) ([]id.ID, error)
		most   int
		filter func(id.ID) Filter
	}{
		{s.Names.Customers, maxBuyers, func(c id.ID) Filter { return Filter{CustomerID: c} }},
		{s.Names.Products, maxProducts, func(p id.ID) Filter { return Filter{ProductID: p} }},
	} {
		if n.find == nil || out.full() {
			continue
		}
		named, err := n.find(ctx, q, n.most)
		if err != nil {
			return nil, err
		}
		for _, one := range named {
			if out.full() {
				break
			}
			if err := add(n.filter(one)); err != nil {
				return nil, err
			}
		}
	}
	return out.orders, nil
}

func (s *Service) byWords(ctx context.Context, q string, limit int) ([]Stored, error) {
	ids, err := Index.Newest(ctx, s.DB, search.Parse(q), 0, limit)
	if err != nil {
		return nil, err
	}
	places := make([]ranking, len(ids))
	for i, o := range ids {
		places[i].id = o
	}
	return selectInOrder(ctx, s.DB, places)
}

// found collects orders, each once.
type found struct {
	limit  int
	seen   map[id.ID]bool
	orders []Stored
}

func (f *found) full() bool { return len(f.orders) >= f.limit }

func (f *found) add(orders []Stored) {
	for _, o := range orders {
		if !f.full() && !f.seen[o.ID] {
			f.seen[o.ID] = true
			f.orders = append(f.orders, o)
		}
	}
}

// describe puts new orders into the index, and takes those out that were taken back. It reads what they are now, so it may be repeated.
func (s *Service) describe(ctx context.Context, records []outbox.Record) error {
	var ids []id.ID
	for _, r := range records {
		var changed []Changed
		if err := json.Unmarshal(r.Payload, &changed); err != nil {
			return fmt.Errorf("read announcement %d: %w", r.ID, err)
		}
		for _, c := range changed {
			ids = append(ids, c.OrderID)
		}
	}
	slices.Sort(ids)
	return sqldb.Chunks(slices.Compact(ids), indexChunk, func(part []id.ID) error { return s.index(ctx, part) })
}

// index describes orders anew. A plain number costs no write.
func (s *Service) index(ctx context.Context, ids []id.ID) error {
	numbers, err := selectNumbers(ctx, s.DB, ids)
	if err != nil {
		return err
	}
	var docs []search.Doc
	for _, o := range ids {
		number, there := numbers[o]
		if words := numberWords(number); len(words) > 0 || !there {
			docs = append(docs, search.Doc{ID: o, Words: words})
		}
	}
	if len(docs) == 0 {
		return nil
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error { return Index.Put(ctx, tx, docs) })
}

// Reindex describes every order anew; it may be stopped and begun again.
func (s *Service) Reindex(ctx context.Context) error {
	for after := id.ID(0); ; {
		ids, err := s.EveryID(ctx, after, indexChunk)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := s.index(ctx, ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

// numberWords gives the words by which a number is found: its parts, and the digits in it. None for a plain number, even with a # before
// it, which is found by how it begins.
func numberWords(number string) []string {
	words := search.Words(number)
	if len(words) == 0 || len(words) == 1 && strings.Trim(words[0], "0123456789") == "" {
		return nil
	}
	digits := strings.FieldsFunc(search.Fold(number), func(r rune) bool { return r < '0' || r > '9' })
	return search.Join(words, digits)
}
