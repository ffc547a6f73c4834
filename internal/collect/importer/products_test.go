package importer_test

import (
	"encoding/csv"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"rapport/internal/collect/importer"
	"rapport/internal/facts/catalog"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// distinct counts the different values of a column, and the rows in which another one is filled.
func distinct(t *testing.T, path, column, filled string) (values, rows int64) {
	t.Helper()
	f, err := os.Open(testdata(t, path))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	// The standard reader knows no blanks behind a closing quote.
	r := csv.NewReader(strings.NewReader(regexp.MustCompile(`" +(,|\n)`).ReplaceAllString(string(raw), `"$1`)))
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	head, err := r.Read()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) int {
		for i, h := range head {
			if strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")) == name {
				return i
			}
		}
		t.Fatalf("%s has no column %s", path, name)
		return 0
	}
	c, g := at(column), at(filled)
	seen := map[string]bool{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return int64(len(seen)), rows
		}
		if err != nil {
			t.Fatal(err)
		}
		if v := strings.TrimSpace(rec[c]); v != "" {
			seen[v] = true
		}
		if strings.TrimSpace(rec[g]) != "" {
			rows++
		}
	}
}

func (w *world) product(query string) catalog.Product {
	w.t.Helper()
	p, err := w.catalog.List(ctx, catalog.Filter{Query: query})
	if err != nil || len(p.Items) == 0 {
		w.t.Fatalf("%d products for %q, %v", len(p.Items), query, err)
	}
	one, err := w.catalog.Get(ctx, p.Items[0].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return one
}

func TestCatalogues(t *testing.T) {
	for name, c := range map[string]struct {
		file, id, variant string
		check             func(*testing.T, *world)
	}{
		"shopify": {"catalog/shopify/jewelery.csv", "Handle", "Variant Price", func(t *testing.T, w *world) {
			p := w.product("anchor bracelet")
			if p.Name != "Anchor Bracelet Mens" || len(p.Variants) != 2 || p.Variants[0].Options["Color"] != "Gold" || p.Price != 5500 || p.Brand != "Company 123" ||
				p.Variants[0].Price != 6999 || p.Stock != 1 || !strings.HasPrefix(p.ImageURL, "https://burst.shopifycdn.com/") {
				t.Errorf("got %+v", p)
			}
		}},
		"vendure": {"catalog/vendure/products.csv", "slug", "sku", func(t *testing.T, w *world) {
			p := w.product("laptop 13")
			if p.Name != "Laptop" || len(p.Variants) != 4 || p.Variants[0].Options["RAM"] != "8GB" || p.Brand != "Apple" || p.Category != "Electronics > Computers" || p.Price != 129900 {
				t.Errorf("got %+v", p)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			products, variants := distinct(t, c.file, c.id, c.variant)
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				w := newWorld(t, db)
				i := w.done(importer.Request{Kind: importer.Products}, openData(t, c.file))
				if i.Created != products || i.Refused != 0 {
					t.Errorf("%s, want %d products\n%s", counts(i), products, w.refused(i.ID))
				}
				if n := w.number(`SELECT COUNT(*) FROM variants`); n != variants {
					t.Errorf("%d variants, want %d", n, variants)
				}
				c.check(t, w)
				before := w.content()
				if i := w.done(importer.Request{Kind: importer.Products}, openData(t, c.file)); i.Created+i.Updated != 0 || w.content() != before {
					t.Errorf("a second import: %s", counts(i))
				}
			})
		})
	}
	t.Run("woocommerce", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t))
		i := w.done(importer.Request{Kind: importer.Products}, openData(t, "catalog/woocommerce/sample_products.csv"))
		all, _ := distinct(t, "catalog/woocommerce/sample_products.csv", "ID", "Parent")
		if n := w.number(`SELECT (SELECT COUNT(*) FROM products) + (SELECT COUNT(*) FROM variants)`); n != all || i.Refused != 0 {
			t.Errorf("%d products and variants, want %d; %s\n%s", n, all, counts(i), w.refused(i.ID))
		}
		p := w.product("v-neck t-shirt")
		if p.ExternalID != "44" || p.SKU != "woo-vneck-tee" || p.Category != "Clothing > Tshirts" || len(p.Variants) != 3 || p.Variants[0].Options["Color"] == nil || p.Price <= 0 {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("woocommerce of 2015, variations in a file of their own", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t))
		w.done(importer.Request{Kind: importer.Products}, openData(t, "catalog/woocommerce/2015-dummy-products.csv"))
		i := w.done(importer.Request{Kind: importer.Products}, openData(t, "catalog/woocommerce/2015-dummy-variations.csv"))
		if i.Created != 0 || i.Refused != 0 {
			t.Errorf("variations: %s\n%s", counts(i), w.refused(i.ID))
		}
		if p := w.product("ship your idea"); len(p.Variants) != 2 || p.Variants[0].Options["color"] == nil {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("magento", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t))
		i := w.done(importer.Request{Kind: importer.Products}, openData(t, "catalog/magento/ConfigurableSampleData/products.csv"))
		all, _ := distinct(t, "catalog/magento/ConfigurableSampleData/products.csv", "sku", "configurable_variations")
		if n := w.number(`SELECT (SELECT COUNT(*) FROM products) + (SELECT COUNT(*) FROM variants)`); n != all || i.Refused != 0 {
			t.Errorf("%d products and variants, want %d; %s\n%s", n, all, counts(i), w.refused(i.ID))
		}
		p := w.product("chaz kangeroo hoodie")
		if p.ExternalID != "MH01" || len(p.Variants) != 15 || p.Variants[0].Price != 5200 || p.Category != "Men > Tops > Hoodies & Sweatshirts" ||
			!strings.Contains(p.Description, "<p>Ideal for cold-weather training") || strings.Contains(p.Description, "&amp;bull;") {
			t.Errorf("got %+v", p)
		}
		w.done(importer.Request{Kind: importer.Products}, openData(t, "catalog/magento/CatalogSampleData/SimpleProduct/products_gear_bags.csv"))
		if p := w.product("joust duffle"); p.Price != 3400 || p.Stock != 100 || p.Category != "Gear > Bags" {
			t.Errorf("got %+v", p)
		}
	})
	t.Run("shopify json", func(t *testing.T) {
		w := newWorld(t, dbtest.SQLite(t))
		doc := `{"products": [{"id": 632910392, "title": "IPod", "handle": "ipod", "body_html": "<p onclick=x>It's <script>alert(1)</script>small</p>", "vendor": "Apple",
			"product_type": "Players", "tags": ["music", "old"], "options": [{"name": "Color"}], "images": [{"src": "https://example.com/i.png"}],
			"variants": [{"id": 1, "sku": "P", "title": "Pink", "price": "199.00", "option1": "Pink"}, {"id": 2, "sku": "R", "title": "Red", "price": "189.00", "option1": "Red"}]},
			{"id": 2, "title": "Case", "variants": [{"id": 3, "title": "Default Title", "price": "5.00", "option1": "Default Title"}], "options": [{"name": "Title"}]}]}`
		w.expect(w.done(importer.Request{Kind: importer.Products, Name: "products.json"}, strings.NewReader(doc)), "2 rows: 2 created, 0 updated, 0 unchanged, 0 refused")
		p := w.product("ipod")
		if p.Price != 18900 || len(p.Variants) != 2 || p.Description != "<p>It&#39;s small</p>" || p.Variants[1].Options["Color"] != "Red" {
			t.Errorf("got %+v", p)
		}
	})
}
