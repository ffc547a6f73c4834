package report

import (
	"cmp"
	"context"

	"rapport/internal/base/id"
	"rapport/internal/base/money"
)

// Product is how well one product sold.
type Product struct {
	ProductID id.ID      `json:"product_id" doc:"0 where the catalogue does not know it"`
	Name      string     `json:"name"`
	SKU       string     `json:"sku"`
	ImageURL  string     `json:"image_url,omitempty"`
	Quantity  float64    `json:"quantity"`
	Revenue   money.Wire `json:"revenue" doc:"Of its lines, after discounts, before refunds"`
}

const topProducts = 10

// topProducts gives the products with the highest revenue. Known ones are named by the catalogue, others by their lines.
func (s *Service) topProducts(ctx context.Context, p Period, foreign bool) ([]Product, error) {
	sums, err := s.selectTop(ctx, p, foreign, topProducts)
	if err != nil {
		return nil, err
	}
	var ids []id.ID
	for _, t := range sums {
		if t.product != 0 {
			ids = append(ids, t.product)
		}
	}
	known, err := selectProducts(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	spoken, err := s.lineText(ctx, sums, known)
	if err != nil {
		return nil, err
	}
	currency, _ := s.Reporting()
	out := make([]Product, len(sums))
	for i, t := range sums {
		k, said := known[t.product], spoken[textKey{t.product, t.sku}]
		out[i] = Product{ProductID: t.product, Name: cmp.Or(k.name, t.name, said.name, t.sku), SKU: cmp.Or(k.sku, t.sku, said.sku), ImageURL: k.image,
			Quantity: float64(t.quantity) / 1000, Revenue: money.New(t.revenue, currency).Wire()}
	}
	return out, nil
}

// textKey is a product, or a SKU that no product has.
type textKey struct {
	product id.ID
	sku     string
}

// lineText gives what lines call the products that the catalogue gives no name.
func (s *Service) lineText(ctx context.Context, sums []productSum, known map[id.ID]product) (map[textKey]productSum, error) {
	var products []id.ID
	var skus []string
	for _, t := range sums {
		switch {
		case t.product != 0 && known[t.product].name == "":
			products = append(products, t.product)
		case t.product == 0 && t.sku != "":
			skus = append(skus, t.sku)
		}
	}
	found, err := s.selectLineText(ctx, products, skus)
	if err != nil {
		return nil, err
	}
	out := map[textKey]productSum{}
	for _, f := range found {
		k := textKey{f.product, f.sku}
		if f.product != 0 {
			k.sku = ""
		}
		out[k] = f
	}
	return out, nil
}
