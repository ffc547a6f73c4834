package order

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const historyColumns = `customer_id, order_id, history_id, at, kind, via, source_id, user_id, actor, status, text, changes`

// keepHistory lets the history of orders that change hands follow, and adds to it.
func (w *writes) keepHistory(ctx context.Context, tx *sqldb.Tx) error {
	if len(w.moveHistory) > 0 {
		if err := tx.Many(ctx, `INSERT INTO order_history (`+historyColumns+`)
			SELECT CAST($3 AS BIGINT), order_id, history_id, at, kind, via, source_id, user_id, actor, status, text, changes
			FROM order_history WHERE customer_id = $1 AND order_id = $2`, w.moveHistory); err != nil {
			return fmt.Errorf("move order history: %w", err)
		}
		gone := make([]ref, len(w.moveHistory))
		for i, m := range w.moveHistory {
			gone[i] = ref{id.ID(m[0].(int64)), id.ID(m[1].(int64))}
		}
		if err := deleteRefs(ctx, tx, "order_history", gone); err != nil {
			return err
		}
	}
	return insertMany(ctx, tx, "order_history", historyColumns, w.insertHistory)
}

// maxHistory is how much of an order's history is shown, the newest first.
const maxHistory = 200

func selectHistory(ctx context.Context, q sqldb.Q, r ref) ([]Entry, error) {
	rows, err := q.Query(ctx, `SELECT h.history_id, h.at, h.kind, h.via, h.source_id, h.user_id, h.actor, h.status, h.text, h.changes, COALESCE(s.name, '')
		FROM order_history h LEFT JOIN sources s ON s.source_id = h.source_id
		WHERE h.customer_id = $1 AND h.order_id = $2 ORDER BY h.history_id DESC LIMIT $3`, int64(r.customer), int64(r.order), int64(maxHistory))
	if err != nil {
		return nil, fmt.Errorf("select order history: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Entry
	for rows.Next() {
		var e Entry
		var changes sqldb.RawJSON
		if err := rows.Scan(&e.ID, &e.At, &e.Kind, &e.By.Via, &e.By.SourceID, &e.By.UserID, &e.By.Name, &e.Status, &e.Text, &changes, &e.Source); err != nil {
			return nil, fmt.Errorf("scan order history: %w", err)
		}
		if err := json.Unmarshal(changes, &e.Diff); err != nil {
			return nil, fmt.Errorf("read order history: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

// sourceOf tells the name and kind of a source, both empty where it is not known.
func sourceOf(ctx context.Context, q sqldb.Q, source id.ID) (name, kind string, err error) {
	err = q.Row(ctx, `SELECT name, kind FROM sources WHERE source_id = $1`, int64(source)).Scan(&name, &kind)
	if errors.Is(err, sqldb.ErrNoRows) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("select source: %w", err)
	}
	return name, kind, nil
}

// refOf finds an order by its id.
func refOf(ctx context.Context, q sqldb.Q, order id.ID) (ref, orderKey, bool, error) {
	r, k := ref{order: order}, orderKey{}
	err := q.Row(ctx, `SELECT customer_id, shop_id, external_id FROM orders WHERE order_id = $1`, int64(order)).Scan(&r.customer, &k.shop, &k.ext)
	if errors.Is(err, sqldb.ErrNoRows) {
		return r, k, false, nil
	}
	if err != nil {
		return r, k, false, fmt.Errorf("find order: %w", err)
	}
	return r, k, true, nil
}
