package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/keyset"
	"rapport/internal/platform/sqldb"
)

var escapeLike = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// sortColumns are the columns that lists are sorted by; each has an index.
var sortColumns = map[string]string{"": "name_sort", SortName: "name_sort", SortPrice: "price", SortStock: "stock", SortUpdated: "updated_at"}

func (f *Filter) query(limit int) *keyset.Query {
	column := sortColumns[f.Sort]
	q := &keyset.Query{Columns: readColumns, From: "products", By: []string{column, "product_id"}, Down: f.Down, Limit: limit}
	among := func(of, compare string, v any) {
		if of == column {
			q.Bound(compare, v)
		} else {
			q.Filter("+"+of+" "+compare+" ?", v)
		}
	}
	if f.ShopID != 0 {
		q.Filter("+shop_id = ?", int64(f.ShopID))
	}
	if f.Category != "" {
		q.Filter(`(category || '' = ? OR category || '' LIKE ? ESCAPE '\')`, f.Category, escapeLike.Replace(f.Category)+" > %")
	}
	if f.Brand != "" {
		q.Filter("brand || '' = ?", f.Brand)
	}
	if f.InStock != nil && *f.InStock {
		among("stock", ">", int64(0))
	} else if f.InStock != nil {
		among("stock", "=", int64(0))
	}
	if f.Active != nil {
		q.Filter("active = ?", *f.Active)
	}
	if f.Currency != "" {
		q.Filter("currency = ?", f.Currency)
	}
	if f.PriceFrom != nil {
		among("price", ">=", max(0, *f.PriceFrom))
	}
	if f.PriceTo != nil {
		among("price", ">=", int64(0)) // -1 is no price
		among("price", "<=", *f.PriceTo)
	}
	words := strings.Fields(Fold(f.Query))
	for _, w := range words[:min(len(words), 10)] {
		q.Filter(`search_text LIKE ? ESCAPE '\'`, "%"+escapeLike.Replace(w)+"%")
	}
	return q
}

func scanRow(rows *sql.Rows) (Product, error) {
	p, err := scanProduct(rows)
	return *p, err
}

// selectNext gives the next value of a column in order, by its index: one step for each value, however many rows have it.
func selectNext(ctx context.Context, q sqldb.Q, column, last string) (string, bool, error) {
	var v sql.NullString
	err := q.Row(ctx, `SELECT MIN(`+column+`) FROM products WHERE `+column+` > $1`, last).Scan(&v)
	if err != nil {
		return "", false, fmt.Errorf("list values of %s: %w", column, err)
	}
	return v.String, v.Valid, nil
}

// lastPrice is the newest kept price of a product or a variant.
type lastPrice struct {
	price    int64
	currency string
	at       int64
}

type priced struct{ product, variant id.ID }

func selectLastPrices(ctx context.Context, q sqldb.Q, products []id.ID) (map[priced]lastPrice, error) {
	out := map[priced]lastPrice{}
	err := sqldb.Chunks(products, chunk, func(part []id.ID) error {
		args := make([]any, len(part))
		for i, p := range part {
			args[i] = int64(p)
		}
		rows, err := q.Query(ctx, `SELECT product_id, variant_id, price, currency, at FROM product_prices WHERE product_id IN (`+
			sqldb.Marks(1, len(args))+`) ORDER BY product_id, variant_id, at`, args...)
		if err != nil {
			return fmt.Errorf("select kept prices: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var k priced
			var p lastPrice
			if err := rows.Scan(&k.product, &k.variant, &p.price, &p.currency, &p.at); err != nil {
				return fmt.Errorf("scan kept price: %w", err)
			}
			out[k] = p
		}
		return rows.Err()
	})
	return out, err
}

func insertPrices(ctx context.Context, tx *sqldb.Tx, rows [][]any) error {
	if err := tx.Many(ctx, `INSERT INTO product_prices (product_id, variant_id, at, price, currency, said_by, who) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (product_id, variant_id, at) DO UPDATE SET price = EXCLUDED.price, currency = EXCLUDED.currency, said_by = EXCLUDED.said_by,
		who = EXCLUDED.who`, rows); err != nil {
		return fmt.Errorf("keep prices: %w", err)
	}
	return nil
}

func selectPrices(ctx context.Context, q sqldb.Q, product id.ID, limit int) ([]PriceChange, error) {
	rows, err := q.Query(ctx, `SELECT h.variant_id, COALESCE(v.name, ''), COALESCE(v.sku, ''), h.at, h.price, h.currency, h.said_by, h.who
		FROM product_prices h LEFT JOIN variants v ON v.variant_id = h.variant_id
		WHERE h.product_id = $1 ORDER BY h.at DESC, h.variant_id LIMIT $2`, int64(product), int64(limit))
	if err != nil {
		return nil, fmt.Errorf("list prices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []PriceChange
	for rows.Next() {
		var p PriceChange
		var name, sku string
		if err := rows.Scan(&p.VariantID, &name, &sku, &p.At, &p.Price, &p.Currency, &p.SaidBy, &p.Who); err != nil {
			return nil, fmt.Errorf("scan price: %w", err)
		}
		if p.Variant = name; name == "" {
			p.Variant = sku
		}
		out = append(out, p)
	}
	return out, rows.Err()
}
