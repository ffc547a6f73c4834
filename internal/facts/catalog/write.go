package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/platform/once"
	"rapport/internal/platform/sqldb"
)

// maxPrice bounds amounts of one product, in minor units; maxVariants its forms.
const (
	maxPrice    = int64(1) << 53
	maxStock    = int64(1_000_000_000)
	maxVariants = 2000
)

// Draft is a product as a program or a person writes it. What is absent stays as it is.
type Draft struct {
	ShopID     id.ID  `json:"shop_id,omitempty" doc:"The key's shop, else the default shop, where absent"`
	ExternalID string `json:"external_id,omitempty" maxLength:"255" doc:"The shop's id of the product; the SKU, else made up, where absent"`
	Said
}

// Patch changes parts of a product.
type Patch struct {
	Version string   `json:"version,omitempty" maxLength:"40" doc:"As read with the product; refused with product.edited where the product is another one by now"`
	Unset   []string `json:"unset,omitempty" nullable:"false" enum:"price,cost,stock" doc:"What is not known any more"`
	Said
}

// Said is what is said about a product.
type Said struct {
	SKU         *string        `json:"sku,omitempty" maxLength:"255"`
	Name        *string        `json:"name,omitempty" maxLength:"1000"`
	Description *string        `json:"description,omitempty" maxLength:"200000" doc:"Text or HTML; what could do harm is taken out"`
	Brand       *string        `json:"brand,omitempty" maxLength:"500"`
	Category    *string        `json:"category,omitempty" maxLength:"1000" example:"Clothing > Hoodies"`
	URL         *string        `json:"url,omitempty" maxLength:"2000"`
	ImageURL    *string        `json:"image_url,omitempty" maxLength:"2000"`
	Price       *money.Wire    `json:"price,omitempty"`
	Cost        *money.Wire    `json:"cost,omitempty"`
	Stock       *int64         `json:"stock,omitempty"`
	Active      *bool          `json:"active,omitempty"`
	Attributes  map[string]any `json:"attributes,omitempty" nullable:"false"`
	Variants    []VariantDraft `json:"variants,omitempty" nullable:"false" doc:"All variants; those known keep their ids"`
}

// VariantDraft is one form of a product.
type VariantDraft struct {
	ExternalID string         `json:"external_id,omitempty" maxLength:"255" doc:"The SKU, else the name, where absent"`
	SKU        string         `json:"sku,omitempty" maxLength:"255"`
	Name       string         `json:"name,omitempty" maxLength:"1000"`
	Price      *money.Wire    `json:"price,omitempty" doc:"The product's where absent"`
	Stock      *int64         `json:"stock,omitempty"`
	ImageURL   string         `json:"image_url,omitempty" maxLength:"2000"`
	Options    map[string]any `json:"options,omitempty" nullable:"false"`
}

type wrong struct{ fields []errs.Field }

func (w *wrong) add(path, code, message string) {
	w.fields = append(w.fields, errs.Field{Path: path, Code: code, Message: message})
}

func (w *wrong) err() error {
	if len(w.fields) == 0 {
		return nil
	}
	return errs.New(errs.Invalid, "product.invalid", "The product cannot be written like this; errors says where.").With(w.fields...)
}

func (w *wrong) amount(path string, m *money.Wire, currency string) int64 {
	if m == nil {
		return -1
	}
	v, err := m.Money()
	switch {
	case !money.ValidCurrency(m.Currency):
		w.add(path+".currency", "currency", "This is no currency code; write one like EUR.")
	case err != nil:
		w.add(path, "amount", "This is no amount; write one like 12.34.")
	case v.Minor < 0 || v.Minor > maxPrice:
		w.add(path, "range", "A price lies between 0 and what anything can cost.")
	case currency != "" && m.Currency != currency:
		w.add(path, "mixed", "A product has one currency, here "+currency+".")
	default:
		return v.Minor
	}
	return -1
}

func (w *wrong) stock(path string, n *int64) int64 {
	if n == nil {
		return -1
	}
	if *n < 0 || *n > maxStock {
		w.add(path, "range", "A stock lies between 0 and a billion.")
		return -1
	}
	return *n
}

// currency finds the currency that is spoken of, "" where none is.
func (d *Said) currency() string {
	for _, m := range []*money.Wire{d.Price, d.Cost} {
		if m != nil {
			return m.Currency
		}
	}
	for i := range d.Variants {
		if m := d.Variants[i].Price; m != nil {
			return m.Currency
		}
	}
	return ""
}

func (w *wrong) variants(list []VariantDraft, currency string) []Variant {
	if len(list) > maxVariants {
		w.add("variants", "too_many", "A product has at most "+strconv.Itoa(maxVariants)+" variants.")
		return nil
	}
	out := make([]Variant, len(list))
	seen := map[string]bool{}
	for i := range list {
		d := &list[i]
		at := fmt.Sprintf("variants[%d].", i)
		v := Variant{ExternalID: cleanKey(cmp.Or(d.ExternalID, d.SKU, d.Name)), SKU: cleanKey(d.SKU), Name: cut(strings.TrimSpace(d.Name), 1000),
			Price: w.amount(at+"price", d.Price, currency), Stock: w.stock(at+"stock", d.Stock), ImageURL: cut(d.ImageURL, 2000), Options: cleanMap(d.Options)}
		if v.Price >= 0 {
			v.Currency = currency
		}
		if v.ExternalID == "" {
			w.add(at+"name", "required", "A variant needs a name or a SKU.")
		} else if seen[v.ExternalID] {
			w.add(at+"sku", "twice", "Two variants cannot have the same id or SKU.")
		}
		seen[v.ExternalID] = true
		out[i] = v
	}
	return out
}

func cleanMap(m map[string]any) map[string]any {
	out, _ := cleanAny(m).(map[string]any)
	return out
}

func cleanAny(v any) any {
	switch x := v.(type) {
	case string:
		return sqldb.Clean(x)
	case []any:
		for i := range x {
			x[i] = cleanAny(x[i])
		}
	case map[string]any:
		if x == nil {
			return x
		}
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[sqldb.Clean(k)] = cleanAny(e)
		}
		return out
	}
	return v
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// entry makes what a catalogue would say of a draft.
func (s *Service) entry(ctx context.Context, d *Draft) (Entry, error) {
	var w wrong
	e := Entry{SKU: textOf(d.SKU), Name: textOf(d.Name), Description: textOf(d.Description), Brand: textOf(d.Brand), Category: textOf(d.Category), URL: textOf(d.URL),
		ImageURL: textOf(d.ImageURL), Active: d.Active, Currency: d.currency(), Attributes: cleanMap(d.Attributes)}
	e.Price, e.Cost, e.Stock = w.amount("price", d.Price, e.Currency), w.amount("cost", d.Cost, e.Currency), w.stock("stock", d.Stock)
	if d.Variants != nil {
		e.Variants, e.HasVariants = w.variants(d.Variants, e.Currency), true
	}
	e.ExternalID = cleanKey(cmp.Or(d.ExternalID, e.SKU))
	if e.ExternalID == "" {
		if strings.TrimSpace(e.Name) == "" {
			w.add("name", "required", "A product needs a name.")
		}
		e.ExternalID = "H-" + strings.ToUpper(strconv.FormatInt(int64(s.IDs.New()), 36)) // written by hand: the shop has no id for it
	}
	if err := w.err(); err != nil {
		return e, err
	}
	want := d.ShopID
	if want == 0 {
		want = role.From(ctx).ShopID
	}
	var err error
	e.ShopID, err = s.Shop(ctx, want)
	return e, err
}

// Put writes a product by the shop's id of it.
func (s *Service) Put(ctx context.Context, d *Draft) (Product, Outcome, error) {
	list, err := s.PutMany(ctx, []*Draft{d})
	if err == nil {
		err = list[0].Err
	}
	if err != nil {
		return Product{}, 0, err
	}
	p, err := s.Get(ctx, list[0].ID)
	return p, list[0].Outcome, err
}

// Written is what became of one product of many.
type Written struct {
	ID         id.ID
	ExternalID string
	Outcome    Outcome
	Err        error
}

// PutMany writes products in one transaction; one that cannot be written does not keep the others from being.
func (s *Service) PutMany(ctx context.Context, drafts []*Draft) ([]Written, error) {
	if err := role.Require(ctx, role.CatalogWrite); err != nil {
		return nil, err
	}
	out := make([]Written, len(drafts))
	var entries []Entry
	var at []int
	for i, d := range drafts {
		e, err := s.entry(ctx, d)
		if err != nil && errs.As(err) == nil {
			return nil, err
		}
		if out[i].ExternalID, out[i].Err = e.ExternalID, err; err == nil {
			entries, at = append(entries, e), append(at, i)
		}
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		outcomes, err := s.Upsert(ctx, tx, entries)
		if err != nil {
			return err
		}
		names := make([]name, len(entries))
		for i := range entries {
			names[i] = name{entries[i].ShopID, entries[i].ExternalID}
		}
		have, err := selectByName(ctx, tx, names)
		if err != nil {
			return err
		}
		for i, k := range at {
			out[k].Outcome, out[k].ID = outcomes[i], have[names[i]].ID
			if len(drafts) == 1 {
				once.Made(ctx, "/api/v1/products/"+out[k].ID.String())
			}
		}
		return nil
	})
	return out, err
}

// Edit changes parts of a product; what was changed by somebody else meanwhile is not overwritten where the patch carries the version that it
// is based on.
func (s *Service) Edit(ctx context.Context, product id.ID, d *Patch) (Product, error) {
	if err := role.Require(ctx, role.CatalogWrite); err != nil {
		return Product{}, err
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Turn(ctx, turn); err != nil {
			return err
		}
		p, ok, err := selectOne(ctx, tx, product)
		switch {
		case err != nil:
			return err
		case !ok:
			return errs.New(errs.NotFound, "product.not_found", "There is no product %s.", product)
		case d.Version != "" && d.Version != p.Version():
			return errs.New(errs.Conflict, "product.edited", "Somebody else changed this product since you opened it. Look at it as it is now, then change it again.")
		}
		was := p.Version()
		if err := p.patch(d); err != nil {
			return err
		}
		if p.Version() == was {
			return nil
		}
		return s.save(ctx, tx, &p)
	})
	if err != nil {
		return Product{}, err
	}
	return s.Get(ctx, product)
}

// patch lays what is said over the product; an empty text takes away what stood there.
func (p *Product) patch(d *Patch) error {
	var w wrong
	currency := cmp.Or(d.currency(), p.Currency)
	if p.Currency != "" && currency != p.Currency && d.Price == nil {
		w.add("price", "mixed", "The product is priced in "+p.Currency+"; give its price in the new currency too.")
	}
	for _, f := range [...]struct {
		to   *string
		v    *string
		most int
	}{{&p.Name, d.Name, 1000}, {&p.Brand, d.Brand, 500}, {&p.Category, d.Category, 1000}, {&p.URL, d.URL, 2000}, {&p.ImageURL, d.ImageURL, 2000}} {
		if f.v != nil {
			*f.to = strings.TrimSpace(cut(*f.v, f.most))
		}
	}
	if d.SKU != nil {
		p.SKU = cleanKey(*d.SKU)
	}
	if p.Name == "" && p.SKU == "" {
		w.add("name", "required", "A product needs a name.")
	}
	if d.Description != nil {
		p.Description = Harmless(cut(*d.Description, 200_000))
	}
	if d.Price != nil {
		p.Price = w.amount("price", d.Price, currency)
	}
	if d.Cost != nil {
		p.Cost = w.amount("cost", d.Cost, currency)
	} else if p.Cost >= 0 && currency != p.Currency {
		p.Cost = -1 // it was in the currency that is given up
	}
	p.Currency = currency
	if d.Stock != nil {
		p.Stock = w.stock("stock", d.Stock)
	}
	for _, f := range d.Unset {
		*map[string]*int64{"price": &p.Price, "cost": &p.Cost, "stock": &p.Stock}[f] = -1
	}
	if d.Active != nil {
		p.Active = *d.Active
	}
	if d.Attributes != nil {
		p.Attributes = cleanMap(d.Attributes)
	}
	if d.Variants != nil {
		p.mergeVariants(w.variants(d.Variants, currency))
	}
	p.Sighted = false
	return w.err()
}

// save stores one product that a person or a program changed.
func (s *Service) save(ctx context.Context, tx *sqldb.Tx, p *Product) error {
	p.UpdatedAt = max(clock.Micros(s.Clock.Now()), p.UpdatedAt+1)
	for i := range p.Variants {
		if p.Variants[i].ID == 0 {
			p.Variants[i].ID = s.IDs.New()
		}
	}
	list := []*Product{p}
	if err := saveProducts(ctx, tx, list, nil); err != nil {
		return err
	}
	if err := keepPrices(ctx, tx, list, sayer(ctx), func(p *Product) int64 { return p.UpdatedAt }); err != nil {
		return err
	}
	tx.OnCommit(s.forget)
	if s.Announce == nil {
		return nil
	}
	if err := s.Announce(ctx, tx, TopicChanged, map[string]any{"ids": []id.ID{p.ID}}); err != nil {
		return fmt.Errorf("announce changed product: %w", err)
	}
	return nil
}

// Version names a product as it stands; it is another one as soon as something that people edit is.
func (p *Product) Version() string {
	b, _ := json.Marshal([]any{p.SKU, p.Name, p.Description, p.Brand, p.Category, p.URL, p.ImageURL, p.Price, p.Currency, p.Cost, p.Stock, p.Active, p.Sighted,
		p.Attributes, p.Variants}) // plain values never fail
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
