// Package catalog owns what the shops sell: products and their variants.
//
// A product comes from a catalogue (an import, the API, a connector), or it is only sighted: an event or an order line named it before
// any catalogue did.
//
//	(none) ──event or order line──► sighted ──catalogue──► known
//	   └──────────────catalogue──────────────────────────► known
//
// Sightings fill in what they know, the newest event time winning whatever arrives last, and never touch a known product. A catalogue
// keeps what it does not speak of: an empty text, a number of -1 or a missing list of variants leaves what stands there.
//
// A product is named by the shop's id of it, unique within the shop. Order lines find their product by that id, else by a
// variant's id, else by SKU. Descriptions are kept as harmless HTML (see html.go) and searched as plain text.
//
// Announces product.changed {"ids": ["1"]} for what catalogues change, one record a batch; sightings are not announced.
package catalog

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"rapport/internal/base/id"
)

// TopicChanged is the outbox topic on which changed products are announced.
const TopicChanged = "product.changed"

// maxKey is the longest id or SKU of a product, in bytes; longer ones name nothing.
const maxKey = 255

// Sighting is a product as an event or an order line names it.
type Sighting struct {
	ShopID                                           id.ID
	Key, SKU, Name, Variant, URL, ImageURL, Category string
	Brand, Currency                                  string
	Price                                            int64 // minor units; 0 unknown
	At                                               int64 // event time, microseconds UTC
}

// key is the id that a sighting gives its product: the shop's, else its SKU.
func (s *Sighting) key() string { return cmp.Or(s.Key, s.SKU) }

// Product is a product as it stands.
type Product struct {
	ID                           id.ID
	ShopID                       id.ID
	ExternalID, SKU, Name        string
	Description                  string // harmless HTML
	Brand, Category              string // category path with " > "
	URL, ImageURL                string
	Price                        int64 // minor units; -1 unknown
	Currency                     string
	Cost                         int64 // -1 unknown
	Stock                        int64 // -1 unknown
	Active                       bool
	Sighted                      bool
	Attributes                   map[string]any
	CreatedAt, UpdatedAt, SeenAt int64
	Variants                     []Variant
}

// Variant is one form of a product that can be bought.
type Variant struct {
	ID                    id.ID
	ExternalID, SKU, Name string
	Price                 int64 // -1: the product's
	Currency              string
	Stock                 int64 // -1 unknown
	ImageURL              string
	Options               map[string]any // "Size": "M"
}

// Entry is what a catalogue says about a product. Zero texts and -1 are not spoken of.
type Entry struct {
	ShopID                                                             id.ID
	ExternalID, SKU, Name, Description, Brand, Category, URL, ImageURL string
	Currency                                                           string
	Price, Cost, Stock                                                 int64
	Active                                                             *bool
	Attributes                                                         map[string]any // nil: not spoken of
	Variants                                                           []Variant
	HasVariants                                                        bool
}

// Outcome is what became of one entry.
type Outcome uint8

// The outcomes.
const (
	Unchanged Outcome = iota
	Created
	Updated
)

// merge lays what a catalogue says over the product and tells whether anything differs; description is already harmless.
func (p *Product) merge(e *Entry) bool {
	changed := p.Sighted
	p.Sighted = false
	text := func(to *string, v string) {
		if v != "" && *to != v {
			*to, changed = v, true
		}
	}
	number := func(to *int64, v int64) {
		if v >= 0 && *to != v {
			*to, changed = v, true
		}
	}
	text(&p.SKU, e.SKU)
	text(&p.Name, e.Name)
	text(&p.Description, e.Description)
	text(&p.Brand, e.Brand)
	text(&p.Category, e.Category)
	text(&p.URL, e.URL)
	text(&p.ImageURL, e.ImageURL)
	if e.Price >= 0 {
		text(&p.Currency, e.Currency)
	}
	number(&p.Price, e.Price)
	number(&p.Cost, e.Cost)
	number(&p.Stock, e.Stock)
	if e.Active != nil && p.Active != *e.Active {
		p.Active, changed = *e.Active, true
	}
	if e.Attributes != nil && !sameJSON(p.Attributes, e.Attributes) {
		p.Attributes, changed = e.Attributes, true
	}
	if e.HasVariants && p.mergeVariants(e.Variants) {
		changed = true
	}
	return changed
}

// mergeVariants makes the list of variants that of the catalogue; those known keep their ids.
func (p *Product) mergeVariants(list []Variant) bool {
	old := make(map[string]Variant, len(p.Variants))
	for _, v := range p.Variants {
		old[v.ExternalID] = v
	}
	changed := len(list) != len(p.Variants)
	out := make([]Variant, 0, len(list))
	for _, v := range list {
		have, ok := old[v.ExternalID]
		v.ID = have.ID
		if v.Options == nil {
			v.Options = map[string]any{}
		}
		if !ok || v.SKU != have.SKU || v.Name != have.Name || v.Price != have.Price || v.Currency != have.Currency || v.Stock != have.Stock ||
			v.ImageURL != have.ImageURL || !sameJSON(v.Options, have.Options) {
			changed = true
		}
		out = append(out, v)
	}
	p.Variants = out
	return changed
}

// searchText is what GET /products?q= looks into: folded words of name, numbers, brand, category and description.
func (p *Product) searchText() string {
	parts := []string{p.Name, p.ExternalID, p.SKU, p.Brand, p.Category}
	for i := range p.Variants {
		v := &p.Variants[i]
		parts = append(parts, v.SKU, v.Name)
		for _, k := range slices.Sorted(keysOf(v.Options)) {
			if s, ok := v.Options[k].(string); ok {
				parts = append(parts, s)
			}
		}
	}
	parts = append(parts, PlainText(p.Description))
	s := Fold(strings.Join(parts, " "))
	if len(s) > 4000 {
		s = strings.ToValidUTF8(s[:4000], "")
	}
	return s
}

// Fold brings text into the form in which it is compared: lower case, without accents, widths and doubled spaces.
func Fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			space = b.Len() > 0
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}
