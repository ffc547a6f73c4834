package catalog

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// turn: two batches must not both find a product missing.
const turn = 7205759403792793602

const chunk = 200

const productColumns = `product_id, shop_id, external_id, sku, name, name_sort, search_text, description, brand, category, url, image_url, price,
	currency, cost, stock, active, sighted, seen_at, attributes, created_at, updated_at`

const readColumns = `product_id, shop_id, external_id, sku, name, description, brand, category, url, image_url, price, currency, cost, stock,
	active, sighted, seen_at, attributes, created_at, updated_at`

func scanProduct(row interface{ Scan(...any) error }) (*Product, error) {
	var p Product
	var attrs sqldb.JSON
	err := row.Scan(&p.ID, &p.ShopID, &p.ExternalID, &p.SKU, &p.Name, &p.Description, &p.Brand, &p.Category, &p.URL, &p.ImageURL, &p.Price,
		&p.Currency, &p.Cost, &p.Stock, &p.Active, &p.Sighted, &p.SeenAt, &attrs, &p.CreatedAt, &p.UpdatedAt)
	p.Attributes = attrs
	return &p, err
}

func readProducts(ctx context.Context, q sqldb.Q, query string, args ...any) ([]*Product, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select products: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []*Product
	for rows.Next() {
		p, err := scanProduct(rows)
		if err != nil {
			return nil, fmt.Errorf("scan product: %w", err)
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

// byShop calls fn with the keys of each shop, part by part.
// filled repeats the last key up to one of a few lengths, so that few different statements are prepared.
func filled(keys []string) []string {
	size := 1
	for size < len(keys) {
		size *= 4
	}
	out := make([]string, 0, size)
	out = append(out, keys...)
	for len(out) < size {
		out = append(out, keys[len(keys)-1])
	}
	return out
}

func byShop(names []name, fn func(shop id.ID, keys []string) error) error {
	shops := map[id.ID][]string{}
	seen := map[name]bool{}
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			shops[n.shop] = append(shops[n.shop], n.key)
		}
	}
	for shop, keys := range shops {
		if err := sqldb.Chunks(keys, chunk, func(part []string) error { return fn(shop, filled(part)) }); err != nil {
			return err
		}
	}
	return nil
}

func shopArgs(shop id.ID, keys []string) []any {
	return append(append(make([]any, 0, len(keys)+1), int64(shop)), sqldb.Args(keys)...)
}

func selectByName(ctx context.Context, q sqldb.Q, names []name) (map[name]*Product, error) {
	out := map[name]*Product{}
	err := byShop(names, func(shop id.ID, keys []string) error {
		products, err := readProducts(ctx, q, `SELECT `+readColumns+` FROM products WHERE shop_id = $1 AND external_id IN (`+sqldb.Marks(2, len(keys))+`)`,
			shopArgs(shop, keys)...)
		if err != nil {
			return err
		}
		for _, p := range products {
			out[name{shop, p.ExternalID}] = p
		}
		return withVariants(ctx, q, products)
	})
	return out, err
}

func withVariants(ctx context.Context, q sqldb.Q, products []*Product) error {
	of := make(map[id.ID]*Product, len(products))
	ids := make([]any, 0, len(products))
	for _, p := range products {
		of[p.ID] = p
		ids = append(ids, int64(p.ID))
	}
	return sqldb.Chunks(ids, chunk, func(part []any) error {
		rows, err := q.Query(ctx, `SELECT variant_id, product_id, external_id, sku, name, price, currency, stock, image_url, attributes
			FROM variants WHERE product_id IN (`+sqldb.Marks(1, len(part))+`) ORDER BY product_id, variant_id`, part...)
		if err != nil {
			return fmt.Errorf("select variants: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var v Variant
			var product id.ID
			var options sqldb.JSON
			if err := rows.Scan(&v.ID, &product, &v.ExternalID, &v.SKU, &v.Name, &v.Price, &v.Currency, &v.Stock, &v.ImageURL, &options); err != nil {
				return fmt.Errorf("scan variant: %w", err)
			}
			v.Options = options
			of[product].Variants = append(of[product].Variants, v)
		}
		return rows.Err()
	})
}

func selectOne(ctx context.Context, q sqldb.Q, product id.ID) (Product, bool, error) {
	p, err := scanProduct(q.Row(ctx, `SELECT `+readColumns+` FROM products WHERE product_id = $1`, int64(product)))
	if errors.Is(err, sqldb.ErrNoRows) {
		return Product{}, false, nil
	}
	if err != nil {
		return Product{}, false, fmt.Errorf("select product: %w", err)
	}
	err = withVariants(ctx, q, []*Product{p})
	return *p, true, err
}

// lookUp finds names among the shop's ids of products, then of variants, then among SKUs; a catalogue's product before a sighted one.
func (s *Service) lookUp(ctx context.Context, q sqldb.Q, names []name) (map[name]found, error) {
	out := map[name]found{}
	err := byShop(names, func(shop id.ID, keys []string) error {
		in, args := `IN (`+sqldb.Marks(2, len(keys))+`)`, shopArgs(shop, keys)
		for _, query := range []string{
			`SELECT external_id, product_id, sighted, seen_at FROM products WHERE shop_id = $1 AND external_id ` + in,
			`SELECT v.external_id, p.product_id, p.sighted, p.seen_at FROM variants v JOIN products p ON p.product_id = v.product_id
				WHERE p.shop_id = $1 AND v.external_id ` + in,
			`SELECT sku, product_id, sighted, seen_at FROM products WHERE shop_id = $1 AND sku ` + in + ` ORDER BY sighted, product_id`,
			`SELECT v.sku, p.product_id, p.sighted, p.seen_at FROM variants v JOIN products p ON p.product_id = v.product_id
				WHERE p.shop_id = $1 AND v.sku ` + in + ` ORDER BY p.product_id`,
		} {
			if err := readFound(ctx, q, shop, query, args, out); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func readFound(ctx context.Context, q sqldb.Q, shop id.ID, query string, args []any, out map[name]found) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("look up products: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		n := name{shop: shop}
		var f found
		if err := rows.Scan(&n.key, &f.product, &f.sighted, &f.seenAt); err != nil {
			return fmt.Errorf("scan product: %w", err)
		}
		if have, ok := out[n]; !ok || have.sighted && !f.sighted {
			out[n] = f
		}
	}
	return rows.Err()
}

func (p *Product) row() []any {
	return []any{int64(p.ID), int64(p.ShopID), p.ExternalID, p.SKU, p.Name, sortName(p.Name), p.searchText(), p.Description, p.Brand, p.Category,
		p.URL, p.ImageURL, p.Price, p.Currency, p.Cost, p.Stock, p.Active, p.Sighted, p.SeenAt, sqldb.JSON(p.Attributes), p.CreatedAt, p.UpdatedAt}
}

func (p *Product) sightRow() []any {
	return []any{int64(p.ID), p.SKU, p.Name, sortName(p.Name), p.searchText(), p.Brand, p.Category, p.URL, p.ImageURL, p.Price, p.Currency, p.SeenAt, p.UpdatedAt}
}

const sqlInsertProduct = `INSERT INTO products (` + productColumns + `) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22)`

const sqlUpdateProduct = `UPDATE products SET shop_id = $2, external_id = $3, sku = $4, name = $5, name_sort = $6, search_text = $7, description = $8,
	brand = $9, category = $10, url = $11, image_url = $12, price = $13, currency = $14, cost = $15, stock = $16, active = $17, sighted = $18,
	seen_at = $19, attributes = $20, created_at = $21, updated_at = $22 WHERE product_id = $1`

// An empty text of a newer sighting does not take away what an older one knew.
const sqlUpdateSighted = `UPDATE products SET sku = CASE WHEN $2 = '' THEN sku ELSE $2 END, name = CASE WHEN $3 = '' THEN name ELSE $3 END,
	name_sort = CASE WHEN $3 = '' THEN name_sort ELSE $4 END, search_text = CASE WHEN $3 = '' THEN search_text ELSE $5 END,
	brand = CASE WHEN $6 = '' THEN brand ELSE $6 END, category = CASE WHEN $7 = '' THEN category ELSE $7 END,
	url = CASE WHEN $8 = '' THEN url ELSE $8 END, image_url = CASE WHEN $9 = '' THEN image_url ELSE $9 END,
	price = CASE WHEN $10 < 0 THEN price ELSE $10 END, currency = CASE WHEN $10 < 0 THEN currency ELSE $11 END,
	seen_at = $12, updated_at = $13 WHERE product_id = $1 AND sighted AND seen_at < $12`

func saveSighted(ctx context.Context, tx *sqldb.Tx, fresh []*Product, updates [][]any) error {
	rows := make([][]any, len(fresh))
	for i, p := range fresh {
		rows[i] = p.row()
	}
	if err := tx.Many(ctx, sqlInsertProduct, rows); err != nil {
		return fmt.Errorf("insert sighted products: %w", err)
	}
	if err := tx.Many(ctx, sqlUpdateSighted, updates); err != nil {
		return fmt.Errorf("update sighted products: %w", err)
	}
	return nil
}

func saveProducts(ctx context.Context, tx *sqldb.Tx, products []*Product, isNew map[*Product]bool) error {
	var inserts, updates, deletes, variants [][]any
	for _, p := range products {
		if isNew[p] {
			inserts = append(inserts, p.row())
		} else {
			updates = append(updates, p.row())
			deletes = append(deletes, []any{int64(p.ID)})
		}
		for i := range p.Variants {
			v := &p.Variants[i]
			variants = append(variants, []any{int64(v.ID), int64(p.ID), v.ExternalID, v.SKU, v.Name, v.Price, v.Currency, v.Stock, v.ImageURL,
				sqldb.JSON(v.Options), p.UpdatedAt})
		}
	}
	for _, w := range []struct {
		what, query string
		rows        [][]any
	}{
		{"insert products", sqlInsertProduct, inserts},
		{"update products", sqlUpdateProduct, updates},
		{"delete variants", `DELETE FROM variants WHERE product_id = $1`, deletes},
		{"insert variants", `INSERT INTO variants (variant_id, product_id, external_id, sku, name, price, currency, stock, image_url, attributes, updated_at)
			VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`, variants},
	} {
		if err := tx.Many(ctx, w.query, w.rows); err != nil {
			return fmt.Errorf("%s: %w", w.what, err)
		}
	}
	return nil
}
