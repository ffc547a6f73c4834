package order

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// rowsOf are the stored rows of one order, table by table, in the order of the columns below. The names of the columns stand beside them, so that rows
// that were kept by an older program can still be put back.
type rowsOf map[string]tableRows

type tableRows struct {
	Columns string  `json:"c"`
	Rows    [][]any `json:"r"`
}

// image is rowsOf on its way back.
type image struct {
	was   ref   // as it stands now
	owner id.ID // whose it is to be
	rows  rowsOf
}

var imageTables = []struct{ table, columns string }{
	{"orders", orderColumns}, {"order_lines", lineColumns}, {"refunds", refundColumns},
}

// booleans are columns that SQLite may give as numbers.
var booleans = map[string]bool{"confirmed": true, "test": true, "whole": true}

func selectImages(ctx context.Context, q sqldb.Q, refs []ref) (map[id.ID]rowsOf, error) {
	out := make(map[id.ID]rowsOf, len(refs))
	for _, r := range refs {
		out[r.order] = rowsOf{}
	}
	for _, t := range imageTables {
		names := columnNames(t.columns)
		err := padded(refs, func(part []ref) error {
			rows, err := q.Query(ctx, `SELECT `+t.columns+` FROM `+t.table+` WHERE (customer_id, order_id) IN `+pairs(len(part)), refArgs(part)...)
			if err != nil {
				return fmt.Errorf("select rows of %s: %w", t.table, err)
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				values := make([]any, len(names))
				into := make([]any, len(names))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return fmt.Errorf("scan row of %s: %w", t.table, err)
				}
				for i, v := range values {
					values[i] = plainValue(names[i], v)
				}
				order, _ := values[1].(int64)
				kept := out[id.ID(order)][t.table]
				kept.Columns = t.columns
				kept.Rows = append(kept.Rows, values)
				out[id.ID(order)][t.table] = kept
			}
			return rows.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plainValue gives what a driver read as a value that JSON keeps.
func plainValue(column string, v any) any {
	switch x := v.(type) {
	case []byte:
		return string(x)
	case int64:
		if booleans[column] {
			return x != 0
		}
	}
	return v
}

func columnNames(columns string) []string {
	return strings.Fields(strings.ReplaceAll(columns, ",", " "))
}

// readImage reads rows that formers has written.
func readImage(text []byte) (image, error) {
	var im image
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&im.rows); err != nil {
		return im, fmt.Errorf("read rows of an order: %w", err)
	}
	for _, t := range im.rows {
		for _, row := range t.Rows {
			for i, v := range row {
				if n, ok := v.(json.Number); ok {
					k, err := n.Int64()
					if err != nil {
						return im, fmt.Errorf("read rows of an order: %w", err)
					}
					row[i] = k
				}
			}
		}
	}
	if o := im.rows["orders"].Rows; len(o) == 1 {
		owner, _ := o[0][0].(int64)
		im.owner = id.ID(owner)
	}
	return im, nil
}

func selectFates(ctx context.Context, q sqldb.Q, formers []Former) (map[id.ID]fate, error) {
	out := make(map[id.ID]fate, len(formers))
	ids := make([]id.ID, len(formers))
	for i := range formers {
		ids[i] = formers[i].OrderID
	}
	byShop := map[id.ID][]string{}
	byKey := map[orderKey]id.ID{}
	var refs []ref
	err := padded(ids, func(part []id.ID) error {
		rows, err := q.Query(ctx, `SELECT customer_id, order_id, shop_id, external_id, source_id, content_at, status FROM orders
			WHERE order_id IN (`+sqldb.Marks(1, len(part))+`)`, sqldb.Args(part)...)
		if err != nil {
			return fmt.Errorf("select orders to undo: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var f fate
			if err := rows.Scan(&f.customer, &f.order, &f.key.shop, &f.key.ext, &f.source, &f.contentAt, &f.status); err != nil {
				return fmt.Errorf("scan order to undo: %w", err)
			}
			if _, again := out[f.order]; again {
				continue
			}
			out[f.order] = f
			refs = append(refs, f.ref)
			byKey[f.key] = f.order
			byShop[f.key.shop] = append(byShop[f.key.shop], f.key.ext)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	for shop, exts := range byShop {
		if err := selectKeys(ctx, q, shop, exts, func(ext string, _ ref, hash string) {
			order := byKey[orderKey{shop, ext}]
			f := out[order]
			f.hash = hash
			out[order] = f
		}); err != nil {
			return nil, err
		}
	}
	return out, countRefunds(ctx, q, refs, out)
}

func countRefunds(ctx context.Context, q sqldb.Q, refs []ref, into map[id.ID]fate) error {
	return padded(refs, func(part []ref) error {
		rows, err := q.Query(ctx, `SELECT order_id, COUNT(*) FROM refunds WHERE (customer_id, order_id) IN `+pairs(len(part))+` GROUP BY order_id`, refArgs(part)...)
		if err != nil {
			return fmt.Errorf("count refunds: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var order id.ID
			var n int
			if err := rows.Scan(&order, &n); err != nil {
				return fmt.Errorf("scan count of refunds: %w", err)
			}
			f := into[order]
			f.refunds = n
			into[order] = f
		}
		return rows.Err()
	})
}

func removeOrders(ctx context.Context, tx *sqldb.Tx, gone []fate) error {
	refs := make([]ref, len(gone))
	keys := make([][]any, len(gone))
	for i := range gone {
		refs[i] = gone[i].ref
		keys[i] = []any{int64(gone[i].key.shop), gone[i].key.ext}
	}
	for _, table := range []string{"order_lines", "refunds", "order_history", "orders"} {
		if err := deleteRefs(ctx, tx, table, refs); err != nil {
			return err
		}
	}
	if err := tx.Many(ctx, `DELETE FROM order_keys WHERE shop_id = $1 AND external_id = $2`, keys); err != nil {
		return fmt.Errorf("delete order keys: %w", err)
	}
	return nil
}

// restoreOrders puts rows back. What a file said last is forgotten with it, so that the same file can say it again.
func restoreOrders(ctx context.Context, tx *sqldb.Tx, back []image) error {
	for i := range back {
		im := &back[i]
		for _, table := range []string{"order_lines", "refunds", "orders"} {
			if err := deleteRefs(ctx, tx, table, []ref{im.was}); err != nil {
				return err
			}
		}
		for _, t := range imageTables {
			kept := im.rows[t.table]
			for _, row := range kept.Rows {
				row[0] = int64(im.owner)
			}
			if len(kept.Rows) == 0 {
				continue
			}
			if err := insertMany(ctx, tx, t.table, kept.Columns, kept.Rows); err != nil {
				return err
			}
		}
		row := im.rows["orders"].Rows
		if len(row) != 1 {
			continue
		}
		if _, err := tx.Exec(ctx, `UPDATE order_keys SET customer_id = $3, content_hash = '' WHERE shop_id = $1 AND external_id = $2`, row[0][2], row[0][3], int64(im.owner)); err != nil {
			return fmt.Errorf("restore order key: %w", err)
		}
	}
	return nil
}

// Owners tells which of some customers have an order or a cart.
func (s *Service) Owners(ctx context.Context, q sqldb.Q, people []id.ID) (map[id.ID]bool, error) {
	out := map[id.ID]bool{}
	for _, table := range []string{"orders", "carts"} {
		err := padded(people, func(part []id.ID) error {
			rows, err := q.Query(ctx, `SELECT DISTINCT customer_id FROM `+table+` WHERE customer_id IN (`+sqldb.Marks(1, len(part))+`)`, sqldb.Args(part)...)
			if err != nil {
				return fmt.Errorf("select owners of %s: %w", table, err)
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var c id.ID
				if err := rows.Scan(&c); err != nil {
					return fmt.Errorf("scan owner: %w", err)
				}
				out[c] = true
			}
			return rows.Err()
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
