package catalog_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/catalog"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

var ctx = role.System(context.Background())

type world struct {
	*catalog.Service
	t  *testing.T
	db *sqldb.DB
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	c := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	return &world{t: t, db: db, Service: catalog.New(catalog.Deps{DB: db, IDs: id.NewSource(c), Clock: c})}
}

func (w *world) see(list ...catalog.Sighting) {
	w.t.Helper()
	if err := w.db.Tx(ctx, func(tx *sqldb.Tx) error { return w.See(ctx, tx, list) }); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) upsert(list ...catalog.Entry) string {
	w.t.Helper()
	var out []catalog.Outcome
	if err := w.db.Tx(ctx, func(tx *sqldb.Tx) (err error) { out, err = w.Upsert(ctx, tx, list); return err }); err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprint(out)
}

func (w *world) resolve(key, sku string) id.ID {
	w.t.Helper()
	find, err := w.Resolver(ctx, w.db, []catalog.Sighting{{ShopID: 1, Key: key, SKU: sku}})
	if err != nil {
		w.t.Fatal(err)
	}
	return find(1, key, sku)
}

func (w *world) get(which id.ID) catalog.Product {
	w.t.Helper()
	p, err := w.Get(ctx, which)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func entry(ext, name string) catalog.Entry {
	return catalog.Entry{ShopID: 1, ExternalID: ext, SKU: "sku-" + ext, Name: name, Price: 1000, Currency: "EUR", Cost: -1, Stock: 5,
		Variants: []catalog.Variant{{ExternalID: ext + "-m", SKU: "sku-" + ext + "-m", Name: "M", Price: 1000, Currency: "EUR", Stock: 2, Options: map[string]any{"Size": "M"}},
			{ExternalID: ext + "-l", SKU: "sku-" + ext + "-l", Name: "L", Price: 1100, Currency: "EUR", Stock: 3}}, HasVariants: true}
}

func TestSightingsAndCatalogue(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.see(catalog.Sighting{ShopID: 1, Key: "p1", Name: "Old", Price: 500, Currency: "EUR", At: 10}, catalog.Sighting{ShopID: 1, Key: "p1", Name: "New", At: 20},
			catalog.Sighting{ShopID: 1, SKU: "only-sku", Name: "By SKU", At: 5}, catalog.Sighting{ShopID: 1}, catalog.Sighting{ShopID: 2, Key: "p1", Name: "Other shop", At: 1})
		p := w.get(w.resolve("p1", ""))
		if p.Name != "New" || !p.Sighted || w.resolve("only-sku", "") == 0 || w.resolve("", "only-sku") == 0 {
			t.Errorf("sighted %+v", p)
		}
		w.see(catalog.Sighting{ShopID: 1, Key: "p1", Name: "Older", At: 15})
		if p := w.get(p.ID); p.Name != "New" {
			t.Errorf("an older sighting that came late wins: %+v", p)
		}
		w.see(catalog.Sighting{ShopID: 1, Key: "p1", Name: "Newest", Price: 700, Currency: "EUR", At: 30})
		if p := w.get(p.ID); p.Name != "Newest" || p.Price != 700 {
			t.Errorf("the newest sighting does not hold: %+v", p)
		}
		if got := w.upsert(entry("p1", "From the catalogue"), entry("p2", "Second")); got != "[2 1]" {
			t.Errorf("outcomes %s", got)
		}
		w.see(catalog.Sighting{ShopID: 1, Key: "p1", Name: "A click", Price: 1, Currency: "EUR", At: 99})
		got := w.get(p.ID)
		if got.Name != "From the catalogue" || got.Sighted || got.Price != 1000 || len(got.Variants) != 2 {
			t.Errorf("a sighting changed a product of the catalogue: %+v", got)
		}
		if w.resolve("p1-m", "") != p.ID || w.resolve("", "sku-p1-l") != p.ID || w.resolve("unknown", "sku-p1") != p.ID || w.resolve("unknown", "") != 0 {
			t.Error("variants and SKUs do not lead to their product")
		}
		if got := w.upsert(entry("p1", "From the catalogue"), entry("p2", "Second")); got != "[0 0]" {
			t.Errorf("the same again: %s", got)
		}
		silent := catalog.Entry{ShopID: 1, ExternalID: "p1", Price: -1, Cost: 300, Stock: -1}
		if w.upsert(silent); w.get(p.ID).Name != "From the catalogue" || w.get(p.ID).Cost != 300 || len(w.get(p.ID).Variants) != 2 {
			t.Errorf("what was not spoken of is gone: %+v", w.get(p.ID))
		}
		fewer := entry("p1", "From the catalogue")
		kept := w.get(p.ID).Variants[0].ID
		fewer.Variants = fewer.Variants[:1]
		if w.upsert(fewer); len(w.get(p.ID).Variants) != 1 || w.get(p.ID).Variants[0].ID != kept {
			t.Errorf("variants %+v", w.get(p.ID).Variants)
		}
		err := db.Tx(ctx, func(tx *sqldb.Tx) error { _, err := w.Upsert(ctx, tx, []catalog.Entry{{ShopID: 1}}); return err })
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("a product without id: %v", err)
		}
	})
}

func TestSearch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		blue := entry("b", "Blaue Hose 100% Wolle")
		blue.Description = "<p>Aus <b>Über</b>see</p>"
		w.upsert(blue, entry("g", "Grüne Hose"), entry("c", "CAFÉ crème"))
		for q, want := range map[string]string{"hose": "b g", "HOSE grune": "g", "cafe": "c", "sku-g": "g", "100%": "b", "%": "b", "_": "", "ubersee": "b", "hose xyz": "", "": "b c g"} {
			p, err := w.List(ctx, catalog.Filter{Query: q})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range p.Items {
				got = append(got, x.ExternalID)
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q finds %v, want %s", q, got, want)
			}
		}
		var list []catalog.Entry
		for i := range 30 {
			list = append(list, entry(fmt.Sprint("many", i), fmt.Sprint("Many ", i/3)))
		}
		w.upsert(list...)
		seen, cursor := map[id.ID]bool{}, ""
		for {
			p, err := w.List(ctx, catalog.Filter{Query: "many", Limit: 4, Cursor: cursor})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range p.Items {
				seen[x.ID] = true
			}
			if cursor = p.NextCursor; cursor == "" {
				break
			}
		}
		if len(seen) != 30 {
			t.Errorf("paging gives %d of 30", len(seen))
		}
		if _, err := w.List(context.Background(), catalog.Filter{}); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("a stranger sees products: %v", err)
		}
	})
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"plain & simple":                         "plain &amp; simple",
		"<p class=x>a<br/>b":                     "<p>a<br>b</p>",
		"<script>alert('<p>')</script>x":         "x",
		"<b><i>x</b>y":                           "<b><i>x</i></b>y",
		"<a href='javascript:x'>link</a>":        "link",
		"<img src=x onerror='a>b'>y":             "y",
		"<!-- <script> -->z":                     "z",
		"a < b":                                  "a &lt; b",
		"&lt;script&gt;":                         "&lt;script&gt;",
		"<scr<script>ipt>alert(1)</script>":      "ipt&gt;alert(1)",
		"<style>p{}</style><svg><p>no</p></svg>": "",
		"<p>&bull; one</p>":                      "<p>• one</p>",
	} {
		if got := catalog.Harmless(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if got := catalog.PlainText("<ul><li>one</li><li>t<b>w</b>o</li></ul>"); got != "one two" {
		t.Errorf("plain text %q", got)
	}
}

// What is kept can hold nothing but the named elements, and keeping it again changes nothing.
func FuzzHarmless(f *testing.F) {
	for _, s := range []string{"<p>x</p>", "<scr<script>ipt>", "<a b='>'>c", "<!--", "</", "<p", "&lt;b&gt;", "<script><!--</script>-->"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkHarmless(t, s) })
}

func TestHarmlessAlways(t *testing.T) {
	part := rapid.SampledFrom([]string{"<p>", "</p>", "<script>", "</script>", "<", ">", "\"", "'", "&lt;", "onclick=", "<b", "/", "x", "<!--", "-->", "<img src=", " "})
	rapid.Check(t, func(t *rapid.T) { checkHarmless(t, strings.Join(rapid.SliceOfN(part, 0, 12).Draw(t, "parts"), "")) })
}

func checkHarmless(t interface{ Fatalf(string, ...any) }, s string) {
	out := catalog.Harmless(s)
	for rest := out; ; {
		i := strings.IndexByte(rest, '<')
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], '>')
		if end < 0 {
			t.Fatalf("%q became %q: an open tag", s, out)
		}
		for _, c := range strings.TrimPrefix(rest[i+1:i+end], "/") {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				t.Fatalf("%q became %q: a tag with more than a name", s, out)
			}
		}
		if strings.Contains(rest[i:i+end], "script") {
			t.Fatalf("%q became %q", s, out)
		}
		rest = rest[i+end:]
	}
	if again := catalog.Harmless(out); again != out {
		t.Fatalf("%q became %q, then %q", s, out, again)
	}
}
