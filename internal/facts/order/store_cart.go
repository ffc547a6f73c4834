package order

import (
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// ApplyCarts folds operations into the carts they name, within the caller's transaction. Every operation must have an owner;
// those without one are left out.
func (s *Service) ApplyCarts(ctx context.Context, tx *sqldb.Tx, ops []CartOp) error {
	return applyCarts(ctx, tx, ops)
}

func applyCarts(ctx context.Context, tx *sqldb.Tx, ops []CartOp) error {
	var ids []id.ID
	seen := map[id.ID]bool{}
	for i := range ops {
		if c := ops[i].CustomerID; c != 0 && !seen[c] {
			seen[c] = true
			ids = append(ids, c)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	carts, err := loadCarts(ctx, tx, ids)
	if err != nil {
		return err
	}
	for i := range ops {
		if ops[i].CustomerID != 0 {
			carts.add(&ops[i])
		}
	}
	return carts.save(ctx, tx)
}

// cartSet is every cart of some customers.
type cartSet struct {
	of      map[id.ID]map[string]*Cart // by customer and stored key
	touched map[id.ID]bool
	stored  map[*Cart]string // signature of the cart as stored, to find what changed
}

func (s *cartSet) touch(c id.ID) { s.touched[c] = true }

func (s *cartSet) add(op *CartOp) {
	k := storedKey(op.ShopID, op.CartKey)
	c := s.of[op.CustomerID][k]
	if c == nil {
		c = &Cart{CustomerID: op.CustomerID, ShopID: op.ShopID, Key: op.CartKey}
		if s.of[op.CustomerID] == nil {
			s.of[op.CustomerID] = map[string]*Cart{}
		}
		s.of[op.CustomerID][k] = c
	}
	if c.addOps(op.Op) {
		s.touch(op.CustomerID)
	}
}

func loadCarts(ctx context.Context, q sqldb.Q, ids []id.ID) (*cartSet, error) {
	set := &cartSet{of: map[id.ID]map[string]*Cart{}, touched: map[id.ID]bool{}, stored: map[*Cart]string{}}
	err := padded(ids, func(part []id.ID) error {
		rows, err := q.Query(ctx, `SELECT customer_id, cart_key, shop_id, status, updated_at, value, ops FROM carts
			WHERE customer_id IN (`+sqldb.Marks(1, len(part))+`)`, sqldb.Args(part)...)
		if err != nil {
			return fmt.Errorf("select carts: %w", err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			c := &Cart{}
			var k string
			var ops sqldb.RawJSON
			if err := rows.Scan(&c.CustomerID, &k, &c.ShopID, &c.Status, &c.UpdatedAt, &c.Value, &ops); err != nil {
				return fmt.Errorf("scan cart: %w", err)
			}
			if err := json.Unmarshal(ops, &c.ops); err != nil {
				return fmt.Errorf("read operations of cart %s of customer %s: %w", k, c.CustomerID, err)
			}
			c.Key = shownKey(k)
			if set.of[c.CustomerID] == nil {
				set.of[c.CustomerID] = map[string]*Cart{}
			}
			set.of[c.CustomerID][k] = c
			set.stored[c] = signature(c)
		}
		return rows.Err()
	})
	return set, err
}

// signature tells whether an order without a cart changed a cart whose own operations stayed.
func signature(c *Cart) string { return fmt.Sprintf("%s %d %d", c.Status, c.UpdatedAt, c.Value) }

// save folds and writes the carts of touched customers that are not what they were.
func (s *cartSet) save(ctx context.Context, tx *sqldb.Tx) error {
	var upserts, deletes [][]any
	for customer := range s.touched {
		orders := map[id.ID][]Op{}
		for _, c := range s.of[customer] {
			if c.Key == wholeCart {
				orders[c.ShopID] = c.ops
			}
		}
		for k, c := range s.of[customer] {
			if len(c.ops) == 0 {
				deletes = append(deletes, []any{int64(customer), k})
				continue
			}
			if c.Key == wholeCart {
				c.fold(nil)
				c.Status = cartNone
			} else {
				c.fold(orders[c.ShopID])
			}
			if !c.dirty && s.stored[c] == signature(c) {
				continue
			}
			row, err := cartRow(k, c)
			if err != nil {
				return err
			}
			upserts = append(upserts, row)
		}
	}
	if err := tx.Many(ctx, `DELETE FROM carts WHERE customer_id = $1 AND cart_key = $2`, deletes); err != nil {
		return fmt.Errorf("delete carts: %w", err)
	}
	if err := tx.Many(ctx, sqlUpsertCart, upserts); err != nil {
		return fmt.Errorf("upsert carts: %w", err)
	}
	return nil
}

const sqlUpsertCart = `INSERT INTO carts (customer_id, cart_key, shop_id, status, currency, value, items, lines, ops, checkout_step,
	started_at, updated_at, rested, ordered_value) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
	ON CONFLICT (customer_id, cart_key) DO UPDATE SET status = EXCLUDED.status, currency = EXCLUDED.currency, value = EXCLUDED.value,
	items = EXCLUDED.items, lines = EXCLUDED.lines, ops = EXCLUDED.ops, checkout_step = EXCLUDED.checkout_step,
	started_at = EXCLUDED.started_at, updated_at = EXCLUDED.updated_at, rested = EXCLUDED.rested, ordered_value = EXCLUDED.ordered_value`

func cartRow(k string, c *Cart) ([]any, error) {
	lines, err := json.Marshal(c.Lines)
	if err != nil {
		return nil, fmt.Errorf("write cart lines: %w", err)
	}
	if c.Lines == nil {
		lines = []byte("[]")
	}
	ops, err := json.Marshal(c.ops)
	if err != nil {
		return nil, fmt.Errorf("write cart operations: %w", err)
	}
	return []any{int64(c.CustomerID), k, int64(c.ShopID), c.Status, c.Currency, c.Value, c.Items, string(lines), string(ops),
		c.CheckoutStep, c.StartedAt, c.UpdatedAt, c.Rested, c.OrderedValue}, nil
}
