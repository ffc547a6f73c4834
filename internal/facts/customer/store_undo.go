package customer

import (
	"context"
	"database/sql"
	"fmt"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const sqlStandings = `SELECT customer_id, shop_id, external_id, updated_at, merged_into, first_seen_at, last_seen_at, events_from,
	session_id, session_at, session_until, session_campaign FROM customers WHERE customer_id IN (%s)`

func selectStandings(ctx context.Context, q sqldb.Q, people []id.ID) (map[id.ID]*standing, error) {
	out := make(map[id.ID]*standing, len(people))
	err := each(ctx, q, sqlStandings, nil, ids(people), func(rows *sql.Rows) error {
		var c id.ID
		var st standing
		a := &st.seen
		if err := rows.Scan(&c, &st.shop, &st.externalID, &st.updatedAt, &st.merged, &a.first, &a.last, &a.floor, &a.session.id, &a.session.from, &a.session.until,
			&a.session.campaign); err != nil {
			return err
		}
		out[c] = &st
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select customers to undo: %w", err)
	}
	identities, err := selectIdentities(ctx, q, people)
	if err != nil {
		return nil, err
	}
	for _, i := range identities {
		if st := out[i.customer]; st != nil {
			st.identities = append(st.identities, i)
		}
	}
	return out, nil
}

// selectMerged names those who took some of the people in.
func selectMerged(ctx context.Context, q sqldb.Q, people []id.ID) (out []id.ID, err error) {
	err = each(ctx, q, `SELECT merged_into FROM customers WHERE merged_into <> 0 AND customer_id IN (%s)`, nil, ids(people), func(rows *sql.Rows) error {
		var c id.ID
		err := rows.Scan(&c)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("select who took customers in: %w", err)
	}
	return out, nil
}

const (
	sqlDeleteSaid    = `DELETE FROM loose_traits WHERE identity = $1 AND at = $2 AND hash = $3`
	sqlResetIdentity = `UPDATE customer_identities SET verified = $5, source_id = $6, first_at = $7, last_at = $8
		WHERE customer_id = $1 AND kind = $2 AND value = $3 AND via = $4`
)

const sqlDeleteKey = `DELETE FROM identity_keys WHERE value = $1 AND kind = $2 AND customer_id = $3`

// removeCustomers deletes records and what names them.
func removeCustomers(ctx context.Context, tx *sqldb.Tx, gone []id.ID, now map[id.ID]*standing) error {
	var keys, loose, people, claims [][]any
	for _, c := range gone {
		st := now[c]
		people = append(people, []any{int64(c)})
		if st.externalID != "" {
			kind, value := split(userKey(st.shop, st.externalID))
			keys = append(keys, []any{value, kind, int64(c)})
		}
		for _, i := range st.identities {
			if i.kind == KindExternal {
				continue
			}
			keys = append(keys, []any{i.value, i.kind, int64(c)})
			if i.kind == KindAnonymous { // no claim may stay whose claimant is nobody
				if st.externalID != "" {
					kind, value := split(userKey(st.shop, st.externalID))
					claims = append(claims, []any{i.value, kind + ":" + value, kind, value, int64(c)})
				}
				for _, a := range st.identities {
					if a.kind == KindEmail || a.kind == KindPhone {
						claims = append(claims, []any{i.value, a.kind + ":" + a.value, a.kind, a.value, int64(c)})
					}
				}
			}
			if i.via != "" {
				loose = append(loose, []any{i.kind + ":" + i.value})
			}
		}
	}
	for _, w := range []struct {
		stmt string
		rows [][]any
	}{
		{`DELETE FROM identity_claims WHERE anonymous_id = $1 AND claimant = $2
			AND EXISTS (SELECT 1 FROM identity_keys WHERE kind = $3 AND value = $4 AND customer_id = $5)`, claims}, // else another has the address by now
		{sqlDeleteKey, keys},
		{`DELETE FROM loose_traits WHERE identity = $1`, loose},
		{`DELETE FROM customer_identities WHERE customer_id = $1`, people},
		{`DELETE FROM customers WHERE customer_id = $1`, people},
	} {
		if err := tx.Many(ctx, w.stmt, w.rows); err != nil {
			return fmt.Errorf("remove customers: %w", err)
		}
	}
	return nil
}

// restoreKeys takes from a customer the keys that a batch gave him, and puts back what had been said by way of his addresses.
func restoreKeys(ctx context.Context, tx *sqldb.Tx, f Former) error {
	for _, name := range f.Before.Keys {
		kind, value := split(name)
		if _, err := tx.Exec(ctx, sqlDeleteKey, value, kind, int64(f.ID)); err != nil {
			return fmt.Errorf("take back identity key: %w", err)
		}
	}
	for _, i := range f.Before.Identities {
		if _, err := tx.Exec(ctx, sqlDeleteIdentity, int64(f.ID), i.Kind, i.Value, i.Via); err != nil {
			return fmt.Errorf("take back identity: %w", err)
		}
	}
	for name, text := range f.Before.Loose {
		var err error
		if text == "{}" {
			_, err = tx.Exec(ctx, `DELETE FROM loose_traits WHERE identity = $1 AND at = 0 AND hash = 0`, name)
		} else {
			_, err = tx.Exec(ctx, `UPDATE loose_traits SET traits = $2 WHERE identity = $1 AND at = 0 AND hash = 0`, name, text)
		}
		if err != nil {
			return fmt.Errorf("take back loose traits: %w", err)
		}
	}
	return nil
}
