package customer

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/tidwall/gjson"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// chunk is the size of key lists. One size, the last chunk filled up with repeats, keeps the number of different statements small.
const chunk = 250

func padded[T any](items []T, fn func([]T) error) error {
	for len(items) > 0 {
		size := chunk
		if len(items) <= 25 {
			size = 25
		}
		part := items[:min(size, len(items))]
		items = items[len(part):]
		if len(part) < size {
			full := make([]T, size)
			copy(full, part)
			for i := len(part); i < size; i++ {
				full[i] = part[0]
			}
			part = full
		}
		if err := fn(part); err != nil {
			return err
		}
	}
	return nil
}

// each reads rows for a list of any length; the query has one %s, for the list's placeholders, which follow those of first.
func each[T any](ctx context.Context, q sqldb.Q, query string, first []any, items []T, scan func(*sql.Rows) error) error {
	return padded(items, func(part []T) error {
		args := make([]any, 0, len(first)+len(part))
		args = append(append(args, first...), sqldb.Args(part)...)
		rows, err := q.Query(ctx, fmt.Sprintf(query, sqldb.Marks(1+len(first), len(part))), args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := scan(rows); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}

func ids(list []id.ID) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}

// turn lets one batch of identities run at a time.
const turn = 7283001

const sqlVersion = `SELECT version FROM identity_state WHERE name = 'identity'`

// lock waits for its turn and forgets what is remembered if somebody else was at work since.
func (b *batch) lock(ctx context.Context) error {
	if err := b.tx.Turn(ctx, turn); err != nil {
		return err
	}
	err := b.tx.Row(ctx, sqlVersion).Scan(&b.version)
	if err != nil && err != sqldb.ErrNoRows {
		return fmt.Errorf("read version of identities: %w", err)
	}
	b.svc.cache.begin(b.version)
	b.version++
	_, err = b.tx.Exec(ctx, `INSERT INTO identity_state (name, version) VALUES ('identity', $1)
		ON CONFLICT (name) DO UPDATE SET version = excluded.version`, b.version)
	if err != nil {
		return fmt.Errorf("write version of identities: %w", err)
	}
	return nil
}

const sqlKeys = `SELECT value, customer_id, at, holder FROM identity_keys WHERE kind = $1 AND value IN (%s)`

func selectKeys(ctx context.Context, q sqldb.Q, kind string, values []string, fn func(value string, o owned)) error {
	err := each(ctx, q, sqlKeys, []any{kind}, values, func(rows *sql.Rows) error {
		var value string
		var o owned
		if err := rows.Scan(&value, &o.customer, &o.at, &o.holder); err != nil {
			return err
		}
		fn(value, o)
		return nil
	})
	if err != nil {
		return fmt.Errorf("select identity keys: %w", err)
	}
	return nil
}

const sqlClaims = `SELECT anonymous_id, at, claimant, kind FROM identity_claims WHERE anonymous_id IN (%s)
	ORDER BY anonymous_id, at, claimant, kind`

func selectClaims(ctx context.Context, q sqldb.Q, devices []string, fn func(anonymous string, c claim)) error {
	err := each(ctx, q, sqlClaims, nil, devices, func(rows *sql.Rows) error {
		var d string
		var c claim
		if err := rows.Scan(&d, &c.at, &c.claimant, &c.kind); err != nil {
			return err
		}
		fn(d, c)
		return nil
	})
	if err != nil {
		return fmt.Errorf("select claims: %w", err)
	}
	return nil
}

const sqlActivity = `SELECT customer_id, first_seen_at, last_seen_at, events_from, session_id, session_at, session_until, session_campaign
	FROM customers WHERE customer_id IN (%s)`

func selectActivity(ctx context.Context, q sqldb.Q, people []id.ID, fn func(id.ID, activity)) error {
	err := each(ctx, q, sqlActivity, nil, ids(people), func(rows *sql.Rows) error {
		var c id.ID
		var a activity
		s := &a.session
		if err := rows.Scan(&c, &a.first, &a.last, &a.floor, &s.id, &s.from, &s.until, &s.campaign); err != nil {
			return err
		}
		fn(c, a)
		return nil
	})
	if err != nil {
		return fmt.Errorf("select activity of customers: %w", err)
	}
	return nil
}

const sqlProfiles = `SELECT customer_id, shop_id, external_id, traits, created_at, updated_at FROM customers WHERE customer_id IN (%s)`

func selectProfiles(ctx context.Context, q sqldb.Q, people []id.ID, fn func(id.ID, *profile)) error {
	err := each(ctx, q, sqlProfiles, nil, ids(people), func(rows *sql.Rows) error {
		var c id.ID
		var traits sqldb.RawJSON
		p := &profile{}
		if err := rows.Scan(&c, &p.shop, &p.externalID, &traits, &p.created, &p.updated); err != nil {
			return err
		}
		p.storedShop, p.storedExternalID = p.shop, p.externalID
		p.layers = parseLayers(traits)
		p.shown = p.layers.show()
		fn(c, p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("select profiles: %w", err)
	}
	return nil
}

// storedIdentity is a row of customer_identities.
type storedIdentity struct {
	customer id.ID
	identityRow
	kind, value, via string
}

const sqlIdentities = `SELECT customer_id, kind, value, via, verified, source_id, first_at, last_at
	FROM customer_identities WHERE customer_id IN (%s) ORDER BY customer_id, kind, value, via`

func selectIdentities(ctx context.Context, q sqldb.Q, people []id.ID) ([]storedIdentity, error) {
	var out []storedIdentity
	err := each(ctx, q, sqlIdentities, nil, ids(people), func(rows *sql.Rows) error {
		var i storedIdentity
		if err := rows.Scan(&i.customer, &i.kind, &i.value, &i.via, &i.verified, &i.source, &i.first, &i.last); err != nil {
			return err
		}
		out = append(out, i)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select identities: %w", err)
	}
	return out, nil
}

const sqlLoose = `SELECT at, hash, verified, source_id, shop_id, traits FROM loose_traits WHERE identity = $1 ORDER BY at, hash`

func selectLoose(ctx context.Context, q sqldb.Q, name string) ([]looseRow, error) {
	rows, err := q.Query(ctx, sqlLoose, name)
	if err != nil {
		return nil, fmt.Errorf("select loose traits: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []looseRow
	for rows.Next() {
		r := looseRow{identity: name}
		var traits sqldb.RawJSON
		if err := rows.Scan(&r.at, &r.hash, &r.verified, &r.source, &r.shop, &traits); err != nil {
			return nil, fmt.Errorf("scan loose traits: %w", err)
		}
		r.layer = parseLayer(gjson.ParseBytes(traits))
		out = append(out, r)
	}
	return out, rows.Err()
}

func unquote(value string) string { return gjson.Parse(value).Str }
