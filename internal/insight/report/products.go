package report

import (
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
func (s *Service) topProducts(ctx context.Context, p Period) ([]Product, error) {
	sums, err := s.selectTop(ctx, p, topProducts)
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
	currency, _ := s.Reporting()
	out := make([]Product, len(sums))
	for i, t := range sums {
		out[i] = Product{ProductID: t.product, Name: t.name, SKU: t.sku, Quantity: float64(t.quantity) / 1000, Revenue: money.New(t.revenue, currency).Wire()}
		if k, ok := known[t.product]; ok {
			out[i].ImageURL = k.image
			if k.name != "" {
				out[i].Name = k.name
			}
		}
		if out[i].Name == "" {
			out[i].Name = t.sku
		}
	}
	return out, nil
}
