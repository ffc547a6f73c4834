package consent

import (
	"context"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const sqlInsert = `INSERT INTO consents (customer_id, channel, purpose, granted, at, source_id, proof) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (customer_id, channel, purpose, at) DO UPDATE SET granted = excluded.granted, source_id = excluded.source_id, proof = excluded.proof
	WHERE consents.granted AND NOT excluded.granted`

func insert(ctx context.Context, q sqldb.Q, list []Consent) error {
	rows := make([][]any, len(list))
	for i := range list {
		c := &list[i]
		rows[i] = []any{int64(c.CustomerID), c.Channel, c.Purpose, c.Granted, c.At, int64(c.SourceID), string(c.Proof)}
	}
	if err := q.Many(ctx, sqlInsert, rows); err != nil {
		return fmt.Errorf("insert consents: %w", err)
	}
	return nil
}

const sqlAll = `SELECT customer_id, channel, purpose, granted, at, source_id, proof FROM consents WHERE customer_id = $1
	ORDER BY channel, purpose, at`

func selectAll(ctx context.Context, q sqldb.Q, owner id.ID) ([]Consent, error) {
	rows, err := q.Query(ctx, sqlAll, int64(owner))
	if err != nil {
		return nil, fmt.Errorf("select consents: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Consent
	for rows.Next() {
		var c Consent
		var proof sqldb.RawJSON
		if err := rows.Scan(&c.CustomerID, &c.Channel, &c.Purpose, &c.Granted, &c.At, &c.SourceID, &proof); err != nil {
			return nil, fmt.Errorf("scan consent: %w", err)
		}
		c.Proof = proof
		out = append(out, c)
	}
	return out, rows.Err()
}

// move reads and writes instead of updating, since the customer is what rows are distributed by.
func move(ctx context.Context, tx *sqldb.Tx, from, to id.ID) (int, error) {
	all, err := selectAll(ctx, tx, from)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	for i := range all {
		all[i].CustomerID = to
	}
	if err := insert(ctx, tx, all); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM consents WHERE customer_id = $1`, int64(from)); err != nil {
		return 0, fmt.Errorf("delete moved consents: %w", err)
	}
	return len(all), nil
}

func remove(ctx context.Context, q sqldb.Q, list []Consent) error {
	rows := make([][]any, len(list))
	for i := range list {
		c := &list[i]
		rows[i] = []any{int64(c.CustomerID), c.Channel, c.Purpose, c.At}
	}
	if err := q.Many(ctx, `DELETE FROM consents WHERE customer_id = $1 AND channel = $2 AND purpose = $3 AND at = $4`, rows); err != nil {
		return fmt.Errorf("remove consents: %w", err)
	}
	return nil
}
