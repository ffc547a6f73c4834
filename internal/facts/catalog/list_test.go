package catalog_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/catalog"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestLists asks for every filter in every order, with pages that may look at few rows, and compares with a naive answer.
func TestLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		var entries []catalog.Entry
		for i := range 60 {
			e := catalog.Entry{ShopID: id.ID(1 + i%2), ExternalID: fmt.Sprint("P", i), Name: fmt.Sprintf("Thing %c", 'A'+i*7%26), Currency: "EUR", Price: int64(i % 9 * 100),
				Stock: int64(i%4) - 1, Cost: -1, Category: []string{"Home", "Home > Mugs", "Homes", "Cloth > 50%"}[i%4], Brand: []string{"", "Ada", "Mum & Co"}[i%3]}
			if i%11 == 0 {
				e.Price = -1
			}
			entries = append(entries, e)
		}
		w.upsert(entries...)
		yes, no := true, false
		low, high := int64(200), int64(500)
		everything := w.list(catalog.Filter{Limit: 500})
		if len(everything) != 60 {
			t.Fatal(len(everything))
		}
		filters := map[string]struct {
			f    catalog.Filter
			lets func(p *catalog.Product) bool
		}{
			"all":      {catalog.Filter{}, func(*catalog.Product) bool { return true }},
			"shop":     {catalog.Filter{ShopID: 2}, func(p *catalog.Product) bool { return p.ShopID == 2 }},
			"category": {catalog.Filter{Category: "Home"}, func(p *catalog.Product) bool { return p.Category == "Home" || p.Category == "Home > Mugs" }},
			"percent":  {catalog.Filter{Category: "Cloth > 50%"}, func(p *catalog.Product) bool { return p.Category == "Cloth > 50%" }},
			"brand":    {catalog.Filter{Brand: "Ada"}, func(p *catalog.Product) bool { return p.Brand == "Ada" }},
			"in stock": {catalog.Filter{InStock: &yes}, func(p *catalog.Product) bool { return p.Stock > 0 }},
			"sold out": {catalog.Filter{InStock: &no}, func(p *catalog.Product) bool { return p.Stock == 0 }},
			"price":    {catalog.Filter{PriceFrom: &low, PriceTo: &high, Currency: "EUR"}, func(p *catalog.Product) bool { return p.Price >= 200 && p.Price <= 500 }},
			"cheap":    {catalog.Filter{PriceTo: &high}, func(p *catalog.Product) bool { return p.Price >= 0 && p.Price <= 500 }},
			"words":    {catalog.Filter{Query: "thing mum", Active: &yes}, func(p *catalog.Product) bool { return p.Brand == "Mum & Co" }},
			"nothing":  {catalog.Filter{Brand: "ada"}, func(*catalog.Product) bool { return false }},
		}
		keys := map[string]func(a, b *catalog.Product) int{
			"":                  func(a, b *catalog.Product) int { return cmp.Compare(catalog.Fold(a.Name), catalog.Fold(b.Name)) },
			catalog.SortPrice:   func(a, b *catalog.Product) int { return cmp.Compare(a.Price, b.Price) },
			catalog.SortStock:   func(a, b *catalog.Product) int { return cmp.Compare(a.Stock, b.Stock) },
			catalog.SortUpdated: func(a, b *catalog.Product) int { return cmp.Compare(a.UpdatedAt, b.UpdatedAt) },
		}
		for _, lookAt := range []int{3, 4000} {
			w.SetLook(lookAt)
			for name, c := range filters {
				for sort, compare := range keys {
					for _, down := range []bool{false, true} {
						f := c.f
						f.Sort, f.Down, f.Limit = sort, down, 7
						want := slices.DeleteFunc(slices.Clone(everything), func(p catalog.Product) bool { return !c.lets(&p) })
						slices.SortFunc(want, func(a, b catalog.Product) int {
							n := cmp.Or(compare(&a, &b), cmp.Compare(a.ID, b.ID))
							if down {
								return -n
							}
							return n
						})
						if got := w.list(f); ids(got) != ids(want) {
							t.Errorf("look %d, %s by %q, down %v:\ngot  %s\nwant %s", lookAt, name, sort, down, ids(got), ids(want))
						}
					}
				}
			}
		}
		f, err := w.Facets(ctx)
		if err != nil || strings.Join(f.Categories, "|") != "Cloth > 50%|Home|Home > Mugs|Homes" || strings.Join(f.Brands, "|") != "Ada|Mum & Co" || f.Cut {
			t.Errorf("%+v, %v", f, err)
		}
	})
}

func (w *world) list(f catalog.Filter) (all []catalog.Product) {
	w.t.Helper()
	for pages := 0; ; pages++ {
		p, err := w.List(ctx, f)
		if err != nil || pages > 100 {
			w.t.Fatalf("%+v: page %d: %v", f, pages, err)
		}
		all = append(all, p.Items...)
		if f.Cursor = p.NextCursor; f.Cursor == "" {
			return all
		}
	}
}

func ids(list []catalog.Product) string {
	var out []string
	for _, p := range list {
		out = append(out, p.ExternalID)
	}
	return strings.Join(out, " ")
}

// TestPrices: every change of a price is kept once, with who said it and when; what says nothing new adds nothing.
func TestPrices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		tell := func(by func() error) {
			t.Helper()
			if err := by(); err != nil {
				t.Fatal(err)
			}
		}
		say := func(kind, who string, price int64, variants ...catalog.Variant) func() error {
			return func() error {
				return db.Tx(ctx, func(tx *sqldb.Tx) error {
					c := ctx
					switch kind {
					case catalog.ByImport:
						c = catalog.SaidBy(ctx, kind, who)
					case catalog.ByUser:
						c = role.With(ctx, role.Principal{Kind: role.KindUser, Name: who})
					}
					_, err := w.Upsert(c, tx, []catalog.Entry{{ShopID: 1, ExternalID: "P", Name: "Mug", Price: price, Currency: "EUR", Cost: -1, Stock: -1,
						Variants: variants, HasVariants: variants != nil}})
					return err
				})
			}
		}
		w.see(catalog.Sighting{ShopID: 1, Key: "P", Name: "Mug", Price: 900, Currency: "EUR", At: 1000}, catalog.Sighting{ShopID: 1, Key: "Q", At: 1000})
		w.see(catalog.Sighting{ShopID: 1, Key: "P", Price: 900, Currency: "EUR", At: 2000}) // the same price again
		w.see(catalog.Sighting{ShopID: 1, Key: "P", Price: 950, Currency: "EUR", At: 3000})
		tell(say(catalog.ByImport, "shop.csv", 1000))
		tell(say(catalog.ByImport, "shop.csv", 1000))
		w.Clock.(*clock.Fake).Advance(time.Minute)
		tell(say(catalog.ByUser, "Ada", 1100, catalog.Variant{ExternalID: "S", Name: "Small", Price: 800, Stock: -1}))
		w.see(catalog.Sighting{ShopID: 1, Key: "P", Price: 1, Currency: "EUR", At: 9_999_999_999_999_999}) // a known product's price is the catalogue's
		got, err := w.Prices(ctx, w.resolve("P", ""))
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, p := range got {
			lines = append(lines, fmt.Sprint(p.Variant, " ", p.Price, p.Currency, " ", p.SaidBy, " ", p.Who))
		}
		want := " 1100EUR user Ada|Small 800EUR user Ada| 1000EUR import shop.csv| 950EUR event | 900EUR event "
		if strings.Join(lines, "|") != want {
			t.Errorf("got  %s\nwant %s", strings.Join(lines, "|"), want)
		}
		if got, err := w.Prices(ctx, w.resolve("Q", "")); err != nil || len(got) != 0 {
			t.Errorf("a product without a price: %v, %v", got, err)
		}
		if _, err := w.Prices(ctx, 77); err == nil {
			t.Error("prices of a product that is not there")
		}
	})
}
