package importer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"rapport/internal/facts/catalog"
)

// productRows makes products of rows. A platform spreads one product over rows in its own way, and not always over neighbouring ones, so the whole
// catalogue is read before the first product is handed over.
type productRows struct {
	*builder
	head     map[string]int // folded heading -> column
	read     func(*row) *rowError
	products []*product
	by       map[string]*product // by id, and by the ways in which rows name their parent
	last     *product            // Vendure: rows without a name belong to the one before
	children map[string]*product // Magento: simple products by SKU, which a configurable one may claim
	orphans  []orphan            // WooCommerce: variations that stand before their parent
}

type product struct {
	catalog.Entry
	rows, line, end int64
	claimed         bool // is a variant of another one
}

type orphan struct {
	parent string
	v      catalog.Variant
	r      row
}

func newProductRows(b *builder) *productRows {
	p := &productRows{builder: b, head: map[string]int{}, by: map[string]*product{}, children: map[string]*product{}}
	for i, h := range b.cols.header {
		if _, ok := p.head[heading(h)]; !ok {
			p.head[heading(h)] = i
		}
	}
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { _, ok := p.head[n]; return !ok })
	}
	switch {
	case has("handle", "variants"):
		p.read = p.shopifyJSON
	case has("handle", "option1value"), has("handle", "variantprice"):
		p.read = p.shopify
	case has("slug", "optiongroups"):
		p.read = p.vendure
	case has("type", "regularprice", "parent"):
		p.read = p.woo
	case has("posttitle", "regularprice"):
		p.read = p.wooOld
	case has("postparent", "regularprice"):
		p.read = p.wooVariation
	case has("sku", "name", "producttype"), has("sku", "name", "attributeset"), has("sku", "name", "attributesetcode"):
		p.read = p.magento
	default:
		p.read = p.generic
	}
	return p
}

// get gives the first filled cell among columns with these folded headings.
func (p *productRows) get(r *row, names ...string) string {
	for _, n := range names {
		if i, ok := p.head[n]; ok {
			if v := cell(r.cells, i); v != "" {
				return v
			}
		}
	}
	return ""
}

func (p *productRows) add(r *row) error {
	bad := r.err
	if bad == nil {
		bad = p.read(r)
	}
	if bad != nil {
		p.refuse(bad, r.end, r.after)
	}
	return nil
}

func (p *productRows) flush() error {
	for _, o := range p.orphans {
		parent := p.by[o.parent]
		if parent == nil {
			parent = p.product(&o.r, strings.TrimPrefix(o.parent, "id:")) // its parent comes from another file
		}
		parent.Variants, parent.HasVariants = append(parent.Variants, o.v), true
		parent.rows++
	}
	for _, x := range p.products {
		if x.claimed {
			p.cur.rows += x.rows
			continue
		}
		p.cur.entries = append(p.cur.entries, x.Entry)
		if err := p.finish(x.rows, x.line, x.end); err != nil {
			return err
		}
	}
	return nil
}

// product finds or begins the product with an id.
func (p *productRows) product(r *row, ext string) *product {
	x := p.by["id:"+ext]
	if x == nil {
		x = &product{Entry: catalog.Entry{ShopID: p.im.ShopID, ExternalID: ext, Price: -1, Cost: -1, Stock: -1}}
		p.by["id:"+ext] = x
		p.products = append(p.products, x)
	}
	x.line, x.end = max(x.line, r.after), max(x.end, r.end)
	return x
}

// price reads the first filled cell as money; -1 where there is none.
func (p *productRows) price(r *row, names ...string) (int64, *rowError) {
	s := p.get(r, names...)
	if s == "" {
		return -1, nil
	}
	n, err := p.money.parse(s, digitsOf(p.code))
	if err != nil || n < 0 || n > maxAmount {
		return -1, refuse(r.line, names[0], s, "It is not a price.")
	}
	return n, nil
}

// stock reads pieces; -1 where unknown. Fractions are cut off.
func (p *productRows) stock(r *row, names ...string) int64 {
	s := p.get(r, names...)
	n, err := p.money.parse(s, 0)
	if s == "" || err != nil {
		return -1
	}
	return max(0, n)
}

func (p *productRows) flag(r *row, names ...string) *bool {
	yes, ok := truth(p.get(r, names...))
	if !ok {
		return nil
	}
	return &yes
}

func attributes(pairs ...string) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

func withTags(m map[string]any, tags string) map[string]any {
	if t := list(tags); len(t) > 0 {
		if m == nil {
			m = map[string]any{}
		}
		m["tags"] = t
	}
	return m
}

// variantName writes option values as "M / Red".
func variantName(options map[string]any, order []string) string {
	var parts []string
	for _, k := range order {
		if v, ok := options[k].(string); ok && v != "" {
			parts = append(parts, v)
		}
	}
	return strings.Join(parts, " / ")
}

func firstOf(s, separators string) string {
	if i := strings.IndexAny(s, separators); i >= 0 {
		return strings.TrimSpace(s[:i])
	}
	return strings.TrimSpace(s)
}

// shopify reads Shopify's product export: rows with one handle are one product; those after the first bring variants and pictures.
func (p *productRows) shopify(r *row) *rowError {
	handle := p.get(r, "handle")
	if handle == "" {
		return refuse(r.line, "Handle", "", "The row has no handle.")
	}
	price, bad := p.price(r, "variantprice")
	if bad != nil {
		return bad
	}
	cost, bad := p.price(r, "costperitem")
	if bad != nil {
		return bad
	}
	x := p.product(r, handle)
	x.rows++
	if t := p.get(r, "title"); t != "" {
		x.Name, x.Description, x.Brand = t, p.get(r, "bodyhtml"), p.get(r, "vendor")
		x.Category = p.get(r, "type", "productcategory")
		x.Active = p.flag(r, "published")
		x.Attributes = withTags(attributes("google_category", p.get(r, "googleshoppinggoogleproductcategory"), "seo_title", p.get(r, "seotitle"),
			"option1", p.get(r, "option1name"), "option2", p.get(r, "option2name"), "option3", p.get(r, "option3name")), p.get(r, "tags"))
	}
	if x.ImageURL == "" {
		x.ImageURL = p.get(r, "imagesrc")
	}
	if price < 0 {
		return nil // a row that only brings another picture
	}
	v := catalog.Variant{SKU: key(p.get(r, "variantsku")), Price: price, Currency: p.code, Stock: p.stock(r, "variantinventoryqty"),
		ImageURL: p.get(r, "variantimage"), Options: map[string]any{}}
	var order []string
	for _, n := range [...]string{"1", "2", "3"} {
		value := p.get(r, "option"+n+"value")
		name, _ := x.Attributes["option"+n].(string)
		if name = cmp.Or(name, "Option "+n); value != "" && value != "Default Title" {
			v.Options[name] = value
			order = append(order, name)
		}
	}
	v.Name = variantName(v.Options, order)
	v.ExternalID = cmp.Or(v.SKU, v.Name, "default")
	p.variant(x, v, cost)
	return nil
}

// variant adds a variant; the product's own price is that of its cheapest one and its stock the sum.
func (p *productRows) variant(x *product, v catalog.Variant, cost int64) {
	for i := range x.Variants {
		if x.Variants[i].ExternalID == v.ExternalID && v.Name != "" { // two forms under one SKU
			v.ExternalID += " " + v.Name
			break
		}
	}
	x.Variants, x.HasVariants = append(x.Variants, v), true
	x.Currency = p.code
	if v.Price >= 0 && (x.Price < 0 || v.Price < x.Price) {
		x.Price = v.Price
	}
	if v.Stock >= 0 {
		x.Stock = max(0, x.Stock) + v.Stock
	}
	if x.SKU == "" {
		x.SKU = v.SKU
	}
	if cost >= 0 && x.Cost < 0 {
		x.Cost = cost
	}
}

// shopifyJSON reads a product of Shopify's API or products.json.
func (p *productRows) shopifyJSON(r *row) *rowError {
	ext := cmp.Or(key(p.get(r, "id")), p.get(r, "handle"))
	if ext == "" {
		return refuse(r.line, "id", "", "The product has neither id nor handle.")
	}
	x := p.product(r, ext)
	x.rows++
	x.Name, x.Description, x.Brand, x.Category = p.get(r, "title"), p.get(r, "bodyhtml"), p.get(r, "vendor"), p.get(r, "producttype")
	tags := p.get(r, "tags")
	if g := gjson.Parse(tags); g.IsArray() {
		var t []string
		for _, v := range g.Array() {
			t = append(t, v.String())
		}
		tags = strings.Join(t, ",")
	}
	x.Attributes = withTags(attributes("handle", p.get(r, "handle")), tags)
	x.ImageURL = cmp.Or(gjson.Get(p.get(r, "images"), "0.src").String(), gjson.Get(p.get(r, "image"), "src").String())
	for _, g := range gjson.Parse(p.get(r, "variants")).Array() {
		price, err := p.money.parse(g.Get("price").String(), digitsOf(p.code))
		if err != nil || price < 0 {
			return refuse(r.line, "variants", g.Get("price").String(), "It is not a price.")
		}
		v := catalog.Variant{ExternalID: g.Get("id").String(), SKU: g.Get("sku").String(), Name: g.Get("title").String(), Price: price, Currency: p.code,
			Stock: -1, Options: map[string]any{}, ImageURL: g.Get("featured_image.src").String()}
		if n := g.Get("inventory_quantity"); n.Exists() {
			v.Stock = max(0, n.Int())
		}
		for i, o := range gjson.Parse(p.get(r, "options")).Array() {
			if value := g.Get("option" + strconv.Itoa(i+1)).String(); value != "" && value != "Default Title" {
				v.Options[o.Get("name").String()] = value
			}
		}
		if v.Name == "Default Title" {
			v.Name = ""
		}
		v.ExternalID = cmp.Or(v.ExternalID, v.SKU, v.Name, "default")
		p.variant(x, v, -1)
	}
	return nil
}

// vendure reads Vendure's import format: a row without a name is one more variant of the product above it.
func (p *productRows) vendure(r *row) *rowError {
	price, bad := p.price(r, "price")
	if bad != nil {
		return bad
	}
	x := p.last
	if name := p.get(r, "name"); name != "" {
		slug := cmp.Or(p.get(r, "slug"), strings.ReplaceAll(strings.ToLower(name), " ", "-"))
		x = p.product(r, slug)
		p.last = x
		x.Name, x.Description = name, p.get(r, "description")
		var categories, facets []string
		for f := range strings.SplitSeq(p.get(r, "facets"), "|") {
			k, v, _ := strings.Cut(f, ":")
			switch strings.ToLower(strings.TrimSpace(k)) {
			case "category":
				categories = append(categories, strings.TrimSpace(v))
			case "brand":
				x.Brand = strings.TrimSpace(v)
			case "":
			default:
				facets = append(facets, strings.TrimSpace(f))
			}
		}
		x.Category = strings.Join(categories, " > ")
		x.ImageURL = firstOf(p.get(r, "assets"), "|")
		x.Attributes = withTags(attributes("option_groups", p.get(r, "optiongroups")), strings.Join(facets, ","))
	}
	if x == nil {
		return refuse(r.line, "name", "", "The first row has no name.")
	}
	x.rows++
	x.line, x.end = r.after, r.end
	v := catalog.Variant{SKU: p.get(r, "sku"), Price: price, Currency: p.code, Stock: p.stock(r, "stockonhand"), Options: map[string]any{},
		ImageURL: firstOf(p.get(r, "variantassets"), "|")}
	groups, _ := x.Attributes["option_groups"].(string)
	names := strings.Split(groups, "|")
	if values := p.get(r, "optionvalues"); values != "" {
		for i, value := range strings.Split(values, "|") {
			if i < len(names) {
				v.Options[strings.TrimSpace(names[i])] = strings.TrimSpace(value)
			}
		}
		v.Name = strings.ReplaceAll(values, "|", " / ")
	}
	v.ExternalID = cmp.Or(v.SKU, v.Name, "default")
	p.variant(x, v, -1)
	return nil
}

// generic reads one product a row from whatever columns could be told.
func (p *productRows) generic(r *row) *rowError {
	f := func(name string) string { return p.field(r, name) }
	ext := cmp.Or(key(f("product_id")), key(f("sku")), f("name"))
	if ext == "" {
		return refuse(r.line, "", "", "The row names no product.")
	}
	code, bad := p.currencyOf(r)
	if bad != nil {
		return bad
	}
	price, hasPrice, bad := p.amount(r, "price", code)
	if bad != nil {
		return bad
	}
	cost, hasCost, bad := p.amount(r, "cost", code)
	if bad != nil {
		return bad
	}
	x := p.product(r, ext)
	x.rows++
	x.SKU, x.Name, x.Description, x.Brand, x.Category = key(f("sku")), f("name"), f("description"), f("brand"), f("category")
	x.URL, x.ImageURL, x.Currency = f("url"), f("image"), code
	if hasPrice && price >= 0 {
		x.Price = price
	}
	if hasCost && cost >= 0 {
		x.Cost = cost
	}
	if n, err := p.money.parse(f("stock"), 0); err == nil {
		x.Stock = max(0, n)
	}
	if yes, ok := truth(f("active")); ok {
		x.Active = &yes
	}
	attrs := map[string]any{}
	for i, h := range p.cols.header {
		if v := cell(r.cells, i); v != "" && !p.cols.used[i] && snake(h) != "" {
			attrs[snake(h)] = cutText(v, 4000)
		}
	}
	x.Attributes = attrs
	return nil
}
