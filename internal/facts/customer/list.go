package customer

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/base/address"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/keyset"
	"rapport/internal/platform/search"
)

// Index is where customers are found by their words.
var Index = search.Index{Table: "customer_search", Key: "customer_id"}

// maxFound bounds what a search looks at: of more, the newest customers.
const maxFound = 500

// Filter says which customers a list holds and in which order. The zero value is all of them, last seen first.
type Filter struct {
	Query                          string // words, part of them, an address or a number
	Email, ExternalID, AnonymousID string // exactly; also an address that only a browser gave
	Known, HasOrders               *bool
	Country, Language              string // as profiles keep them
	City                           string
	SeenFrom, SeenTo               int64  // last active at or after, and before; microseconds UTC
	SpentFrom, SpentTo             *int64 // minor units of the reporting currency; both ends belong to it
	Sort                           string // last_seen (default), name, spent, orders, created
	Ascending                      bool
	Limit                          int
	Cursor                         string
}

// Customer is a row of a list.
type Customer struct {
	ID                             id.ID
	ShopID                         id.ID
	ExternalID, Name, Email, Phone string
	Known                          bool
	Orders, Spent                  int64
	FirstSeenAt, LastSeenAt        int64
	FirstOrderAt, LastOrderAt      int64
	Country, City, Language        string
	nameSort                       string
}

// place is where a row stands in the order of a list.
type place struct {
	text   string
	number int64
	id     id.ID
}

func (c *Customer) place(sort string) place {
	p := place{id: c.ID}
	switch sort {
	case "name":
		p.text = c.nameSort
	case "spent":
		p.number = c.Spent
	case "orders":
		p.number = c.Orders
	case "created":
		p.number = c.FirstSeenAt
	default:
		p.number = c.LastSeenAt
	}
	return p
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.text, q.text), cmp.Compare(p.number, q.number), cmp.Compare(p.id, q.id))
}

func (p place) cursor() string { return page.Encode(p.text, p.number, p.id) }

// List gives one page of customers. Tombstones are left out.
func (s *Service) List(ctx context.Context, f Filter) (page.Page[Customer], error) {
	if err := role.Require(ctx, role.CustomerRead); err != nil {
		return page.Page[Customer]{}, err
	}
	limit := page.Limit(f.Limit, 50)
	var after place
	more, err := page.Decode(f.Cursor, &after.text, &after.number, &after.id)
	if err != nil {
		return page.Page[Customer]{}, err
	}
	var rows []Customer
	var stop keyset.Place
	if f.Query != "" || f.Email != "" || f.ExternalID != "" || f.AnonymousID != "" {
		rows, err = s.find(ctx, f)
	} else {
		rows, stop, err = s.scan(ctx, f, after, more, limit+1)
	}
	if err != nil {
		return page.Page[Customer]{}, err
	}
	slices.SortFunc(rows, func(a, b Customer) int { return f.order(a.place(f.Sort), b.place(f.Sort)) })
	if more {
		i, _ := slices.BinarySearchFunc(rows, after, func(c Customer, p place) int {
			return cmp.Or(f.order(c.place(f.Sort), p), -1) // the first that comes after the place
		})
		rows = rows[i:]
	}
	p := page.Cut(rows[:min(len(rows), limit+1)], limit, func(c Customer) string { return c.place(f.Sort).cursor() })
	if p.NextCursor == "" && stop != nil {
		p.NextCursor, p.Partial = f.placeOf(stop).cursor(), true
	}
	return p, nil
}

// placeOf gives the place that the columns of the list's order name.
func (f *Filter) placeOf(columns keyset.Place) place {
	var p place
	switch v := columns[0].(type) {
	case string:
		p.text = v
	case int64:
		p.number = v
	}
	n, _ := columns[1].(int64)
	p.id = id.ID(n)
	return p
}

func (f *Filter) order(a, b place) int {
	if f.Ascending {
		return a.compare(b)
	}
	return b.compare(a)
}

// groups gives the values of list_group that a filter lets through.
func (f *Filter) groups() []int64 {
	switch {
	case f.Known == nil:
		return []int64{groupAnonymous, groupKnown}
	case *f.Known:
		return []int64{groupKnown}
	}
	return []int64{groupAnonymous}
}

// lets tells whether a filter lets a customer through.
func (f *Filter) lets(c *Customer) bool {
	return (f.Known == nil || *f.Known == c.Known) && (f.HasOrders == nil || *f.HasOrders == (c.Orders > 0)) &&
		(f.Country == "" || f.Country == c.Country) && (f.Language == "" || f.Language == c.Language) &&
		(f.City == "" || strings.EqualFold(f.City, c.City)) &&
		(f.SeenFrom == 0 || c.LastSeenAt >= f.SeenFrom) && (f.SeenTo == 0 || c.LastSeenAt < f.SeenTo) &&
		(f.SpentFrom == nil || c.Spent >= *f.SpentFrom) && (f.SpentTo == nil || c.Spent <= *f.SpentTo)
}

// maxFew is how many buyers (or others) are read whole rather than looked for in the order of a list, where they may be far apart.
const maxFew = 2000

// look is how many rows of each group a page looks at where what it is asked for is rare. See platform/keyset.
const look = 4_000

// scan reads the next rows of every group from the index of the order; the page is among them. stop is where it looked no further: what
// stands behind it is left to the next page.
func (s *Service) scan(ctx context.Context, f Filter, after place, more bool, limit int) (out []Customer, stop keyset.Place, err error) {
	var queries []*keyset.Query
	for _, g := range f.groups() {
		if f.HasOrders != nil && f.Sort != "orders" {
			few, all, err := selectFew(ctx, s.DB, g, *f.HasOrders, maxFew)
			if err != nil {
				return nil, nil, err
			}
			if all {
				out = append(out, slices.DeleteFunc(few, func(c Customer) bool { return !f.lets(&c) })...)
				continue
			}
		}
		q := f.query(g, after, more, limit)
		q.Look = s.look
		queries = append(queries, q)
		end, err := keyset.End(ctx, s.DB, q)
		if err != nil {
			return nil, nil, err
		}
		if end != nil && (stop == nil || f.order(f.placeOf(end), f.placeOf(stop)) < 0) {
			stop = end
		}
	}
	for _, q := range queries {
		rows, err := keyset.Until(ctx, s.DB, q, stop, scanCustomer)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, rows...)
	}
	if stop != nil {
		last := f.placeOf(stop)
		out = slices.DeleteFunc(out, func(c Customer) bool { return f.order(c.place(f.Sort), last) > 0 })
	}
	return out, stop, nil
}

// find reads everybody who is named by an identifier or found by words.
func (s *Service) find(ctx context.Context, f Filter) ([]Customer, error) {
	var sets [][]id.ID
	exact := func(kind, value string) error {
		found, err := selectByIdentity(ctx, s.DB, kind, value, maxFound)
		sets = append(sets, found)
		return err
	}
	if f.Email != "" {
		e, ok := address.Email(f.Email)
		if !ok {
			return nil, nil
		}
		if err := exact(KindEmail, e); err != nil {
			return nil, err
		}
	}
	if f.ExternalID != "" {
		if err := exact(KindExternal, f.ExternalID); err != nil {
			return nil, err
		}
	}
	if f.AnonymousID != "" {
		if err := exact(KindAnonymous, f.AnonymousID); err != nil {
			return nil, err
		}
	}
	if q := strings.TrimSpace(f.Query); q != "" {
		found, err := s.search(ctx, q)
		if err != nil {
			return nil, err
		}
		sets = append(sets, found)
	}
	both := sets[0]
	for _, set := range sets[1:] {
		both = slices.DeleteFunc(slices.Clone(both), func(c id.ID) bool { return !slices.Contains(set, c) })
	}
	rows, err := selectCustomers(ctx, s.DB, both)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(c Customer) bool { return !f.lets(&c) }), nil
}

// search gives who is found by words, and whom an identifier names that was typed whole.
func (s *Service) search(ctx context.Context, q string) ([]id.ID, error) {
	found, err := Index.Newest(ctx, s.DB, search.Parse(q), 0, maxFound)
	if err == nil && len(found) == 0 && strings.Contains(q, "@") { // not the beginning of an address, so perhaps parts of one
		found, err = Index.Newest(ctx, s.DB, search.Parse(strings.ReplaceAll(q, "@", " ")), 0, maxFound)
	}
	if err != nil {
		return nil, err
	}
	kinds := map[string]string{KindExternal: q, KindAnonymous: q}
	if e, ok := address.Email(q); ok {
		kinds[KindEmail] = e
	}
	for kind, value := range kinds {
		if len(value) > maxID {
			continue
		}
		more, err := selectByIdentity(ctx, s.DB, kind, value, maxFound)
		if err != nil {
			return nil, err
		}
		found = append(found, more...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

var errNoCustomer = errs.New(errs.NotFound, "customer.not_found", "There is no such customer.")
