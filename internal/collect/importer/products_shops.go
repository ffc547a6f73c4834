package importer

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"rapport/internal/base/money"
	"rapport/internal/facts/catalog"
)

func digitsOf(code string) int { return money.Digits(code) }

// woo reads WooCommerce's own export: variations name their parent by "id:44" or by its SKU.
func (p *productRows) woo(r *row) *rowError {
	price, bad := p.price(r, "saleprice", "regularprice")
	if bad != nil {
		return bad
	}
	kind := p.get(r, "type")
	if strings.HasPrefix(kind, "variation") || p.get(r, "parent") != "" { // older exports call variations simple
		v := catalog.Variant{ExternalID: cmp.Or(p.get(r, "id"), p.get(r, "sku")), SKU: p.get(r, "sku"), Price: price, Currency: p.code,
			Stock: p.stock(r, "stock"), ImageURL: firstOf(p.get(r, "images"), ","), Options: map[string]any{}}
		var order []string
		for _, n := range [...]string{"1", "2", "3", "4", "5"} {
			name, value := p.get(r, "attribute"+n+"name"), p.get(r, "attribute"+n+"values")
			if name != "" && value != "" {
				v.Options[name] = value
				order = append(order, name)
			}
		}
		v.Name = cmp.Or(variantName(v.Options, order), p.get(r, "name"))
		return p.wooChild(r, p.get(r, "parent"), v)
	}
	ext := cmp.Or(p.get(r, "id"), p.get(r, "sku"))
	if ext == "" {
		return refuse(r.line, "ID", "", "The product has neither id nor SKU.")
	}
	x := p.product(r, ext)
	x.rows++
	x.SKU, x.Name, x.Brand = p.get(r, "sku"), p.get(r, "name"), p.get(r, "brands")
	x.Description = cmp.Or(p.get(r, "description"), p.get(r, "shortdescription"))
	x.Category = firstOf(p.get(r, "categories"), ",")
	x.ImageURL, x.URL = firstOf(p.get(r, "images"), ","), p.get(r, "externalurl")
	x.Price, x.Currency = price, p.code
	x.Stock = p.stock(r, "stock")
	x.Active = p.flag(r, "published")
	x.Attributes = withTags(attributes("type", kind, "regular_price", p.get(r, "regularprice"), "grouped", p.get(r, "groupedproducts")), p.get(r, "tags"))
	if x.SKU != "" {
		p.by["sku:"+x.SKU] = x
	}
	return nil
}

// wooChild puts a variation to its parent, now or when the whole file is read.
func (p *productRows) wooChild(r *row, parent string, v catalog.Variant) *rowError {
	if parent == "" || v.ExternalID == "" {
		return refuse(r.line, "Parent", parent, "The variation names no parent, or has neither id nor SKU.")
	}
	if !strings.HasPrefix(parent, "id:") {
		parent = "sku:" + parent
	}
	x := p.by[parent]
	if x == nil {
		p.orphans = append(p.orphans, orphan{parent: parent, v: v, r: row{line: r.line, end: r.end, after: r.after}})
		return nil
	}
	x.rows++
	x.line, x.end = max(x.line, r.after), max(x.end, r.end)
	sku := x.SKU
	p.variant(x, v, -1)
	x.SKU = sku
	return nil
}

// wooOld reads the export of the CSV Import Suite, which older shops have.
func (p *productRows) wooOld(r *row) *rowError {
	price, bad := p.price(r, "saleprice", "regularprice")
	if bad != nil {
		return bad
	}
	ext := cmp.Or(p.get(r, "id"), p.get(r, "sku"), p.get(r, "postname"))
	if ext == "" {
		return refuse(r.line, "ID", "", "The product has neither id nor SKU.")
	}
	x := p.product(r, ext)
	x.rows++
	x.SKU, x.Name = p.get(r, "sku"), p.get(r, "posttitle")
	x.Description = cmp.Or(p.get(r, "postcontent"), p.get(r, "postexcerpt"))
	x.Category = strings.ReplaceAll(p.get(r, "taxproductcat"), "|", " > ")
	x.ImageURL, x.URL = firstOf(p.get(r, "images"), "|"), p.get(r, "producturl")
	x.Price, x.Currency, x.Stock = price, p.code, p.stock(r, "stock")
	x.Active = p.flag(r, "poststatus")
	x.Attributes = withTags(attributes("slug", p.get(r, "postname"), "type", p.get(r, "taxproducttype")), p.get(r, "taxproducttag"))
	return nil
}

// wooVariation reads that suite's file of variations.
func (p *productRows) wooVariation(r *row) *rowError {
	price, bad := p.price(r, "saleprice", "regularprice")
	if bad != nil {
		return bad
	}
	v := catalog.Variant{ExternalID: cmp.Or(p.get(r, "id"), p.get(r, "sku")), SKU: p.get(r, "sku"), Price: price, Currency: p.code,
		Stock: p.stock(r, "stock"), ImageURL: firstOf(p.get(r, "images"), "|"), Options: map[string]any{}}
	var order []string
	for _, h := range slices.Sorted(maps.Keys(p.head)) {
		name, ok := strings.CutPrefix(h, "metaattribute")
		if value := cell(r.cells, p.head[h]); ok && value != "" {
			name = strings.TrimPrefix(name, "pa")
			v.Options[name] = value
			order = append(order, name)
		}
	}
	v.Name = variantName(v.Options, order)
	parent := p.get(r, "postparent")
	if parent != "" {
		parent = "id:" + parent
	}
	return p.wooChild(r, cmp.Or(parent, p.get(r, "parentsku")), v)
}

// magento reads Magento's export and sample data: a configurable product lists its variants, which are rows of their own before it.
func (p *productRows) magento(r *row) *rowError {
	sku := p.get(r, "sku")
	if sku == "" {
		return refuse(r.line, "sku", "", "The product has no SKU.")
	}
	price, bad := p.price(r, "specialprice", "price")
	if bad != nil {
		return bad
	}
	if view := p.get(r, "storeviewcode"); view != "" && p.by["id:"+sku] != nil {
		p.by["id:"+sku].rows++ // a translation of a product that stands above
		return nil
	}
	x := p.product(r, sku)
	x.rows++
	x.SKU, x.Name = sku, p.get(r, "name")
	x.Description = cmp.Or(p.get(r, "description"), p.get(r, "shortdescription"))
	x.Category = magentoCategory(cmp.Or(p.get(r, "categories"), p.get(r, "category")))
	x.ImageURL, x.URL = firstOf(p.get(r, "baseimage", "image"), "\n"), p.get(r, "urlkey")
	x.Price, x.Currency, x.Stock = price, p.code, p.stock(r, "qty")
	x.Active = p.flag(r, "productonline", "status")
	more := map[string]string{}
	for pair := range strings.SplitSeq(p.get(r, "additionalattributes"), ",") {
		if k, v, ok := strings.Cut(pair, "="); ok && k != "has_options" && k != "required_options" {
			more[k] = v
		}
	}
	x.Attributes = attributes("type", p.get(r, "producttype"), "attribute_set", p.get(r, "attributesetcode", "attributeset"))
	for _, k := range slices.Sorted(maps.Keys(more)) {
		if x.Attributes == nil {
			x.Attributes = map[string]any{}
		}
		x.Attributes[k] = strings.Split(more[k], "|")
	}
	p.children[sku] = x
	for variation := range strings.SplitSeq(p.get(r, "configurablevariations"), "|") {
		p.magentoVariant(x, variation)
	}
	return nil
}

// magentoVariant reads "sku=MH01-XS-Black,size=XS,color=Black".
func (p *productRows) magentoVariant(x *product, text string) {
	v := catalog.Variant{Price: -1, Stock: -1, Currency: p.code, Options: map[string]any{}}
	var order []string
	for pair := range strings.SplitSeq(text, ",") {
		k, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok:
		case strings.TrimSpace(k) == "sku":
			v.SKU = strings.TrimSpace(value)
		default:
			v.Options[strings.TrimSpace(k)] = strings.TrimSpace(value)
			order = append(order, strings.TrimSpace(k))
		}
	}
	if v.SKU == "" {
		return
	}
	v.ExternalID, v.Name = v.SKU, variantName(v.Options, order)
	if child := p.children[v.SKU]; child != nil {
		child.claimed = true
		v.Price, v.Stock, v.ImageURL = child.Price, child.Stock, child.ImageURL
		if x.ImageURL == "" {
			x.ImageURL = child.ImageURL
		}
	}
	sku := x.SKU
	p.variant(x, v, -1)
	x.SKU = sku
}

// magentoCategory takes the first and longest path: "Default Category/Men/Tops,Default Category/Collections".
func magentoCategory(s string) string {
	best := ""
	for path := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' }) {
		path = strings.TrimPrefix(strings.TrimSpace(path), "Default Category/")
		if path == "Default Category" {
			continue
		}
		if strings.Count(path, "/") > strings.Count(best, "/") || best == "" {
			best = path
		}
	}
	return strings.Join(strings.FieldsFunc(best, func(r rune) bool { return r == '/' || r == '\n' }), " > ")
}
