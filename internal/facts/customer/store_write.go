package customer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// write stores what the batch has made of keys, devices and people.
func (b *batch) write(ctx context.Context) error {
	steps := []func(context.Context) error{b.writeKeys, b.writeClaims, b.writePeople, b.writeIdentities, b.writeTakeovers, b.writeAbsorbed, b.writeLoose}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

const sqlInsertKey = `INSERT INTO identity_keys (value, kind, customer_id, at, holder) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (value, kind) DO UPDATE SET customer_id = excluded.customer_id, at = excluded.at, holder = excluded.holder`

func (b *batch) writeKeys(ctx context.Context) error {
	var rows [][]any
	for _, k := range b.keyList {
		if k.is != k.was && k.is.customer != 0 {
			kind, value := split(k.name)
			rows = append(rows, []any{value, kind, int64(k.is.customer), k.is.at, k.is.holder})
		}
	}
	for _, d := range b.devList {
		if d.is.anonymous != d.was.anonymous && d.is.anonymous != 0 {
			rows = append(rows, []any{d.id, KindAnonymous, int64(d.is.anonymous), int64(0), ""})
		}
	}
	if err := b.tx.Many(ctx, sqlInsertKey, rows); err != nil {
		return fmt.Errorf("write identity keys: %w", err)
	}
	return nil
}

func (b *batch) writeClaims(ctx context.Context) error {
	var add, remove [][]any
	for _, d := range b.devList {
		for _, c := range d.added {
			add = append(add, []any{d.id, c.at, c.claimant, c.kind})
		}
		for _, c := range d.removed {
			remove = append(remove, []any{d.id, c.at, c.claimant, c.kind})
		}
	}
	if err := b.tx.Many(ctx, `DELETE FROM identity_claims WHERE anonymous_id = $1 AND at = $2 AND claimant = $3 AND kind = $4`, remove); err != nil {
		return fmt.Errorf("remove claims: %w", err)
	}
	if err := b.tx.Many(ctx, `INSERT INTO identity_claims (anonymous_id, at, claimant, kind) VALUES ($1, $2, $3, $4)`, add); err != nil {
		return fmt.Errorf("insert claims: %w", err)
	}
	return nil
}

const sqlInsertCustomer = `INSERT INTO customers (customer_id, shop_id, external_id, name, first_name, last_name, name_sort, email, phone,
	gender, birthday, language, zone, country, city, attributes, traits, known, created_at, updated_at, first_seen_at, last_seen_at, events_from,
	orders, total_spent, total_refunded, unconverted, first_order_at, last_order_at, session_id, session_at, session_until, session_campaign, list_group, merged_into)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23,
	0, 0, 0, 0, 0, 0, $24, $25, $26, $27, CASE WHEN $18 THEN 3 ELSE 1 END, 0)`

const sqlUpdateProfile = `UPDATE customers SET shop_id = $2, external_id = $3, name = $4, first_name = $5, last_name = $6, name_sort = $7,
	email = $8, phone = $9, gender = $10, birthday = $11, language = $12, zone = $13, country = $14, city = $15, attributes = $16,
	traits = $17, known = $18, updated_at = $19,
	list_group = CASE WHEN $18 THEN 3 ELSE 1 END + CASE WHEN orders > 0 THEN 1 ELSE 0 END WHERE customer_id = $1`

const sqlUpdateActivity = `UPDATE customers SET first_seen_at = $2, last_seen_at = $3, events_from = $4, session_id = $5, session_at = $6,
	session_until = $7, session_campaign = $8 WHERE customer_id = $1`

func profileArgs(p *person) []any {
	pr := p.profile
	n := &pr.shown
	known := pr.externalID != "" || n.email != "" || n.phone != ""
	return []any{int64(p.id), int64(pr.shop), pr.externalID, n.name, n.first, n.last, sortKey(n.name, n.email), n.email, n.phone, n.gender,
		n.birthday, n.language, n.zone, n.country, n.city, string(n.attributes), string(pr.layers.appendJSON(nil)), known}
}

func activityArgs(p *person) []any {
	s := p.is.session
	return []any{p.is.first, p.is.last, p.is.floor, s.id, s.from, s.until, s.campaign}
}

func (b *batch) writePeople(ctx context.Context) error {
	var insert, active [][]any
	var update []*person
	for _, p := range b.peoples {
		switch {
		case p.fresh:
			insert = append(insert, append(append(profileArgs(p), p.profile.created, b.now), activityArgs(p)...))
			continue
		case p.changed:
			update = append(update, p)
		}
		if p.is != p.was {
			active = append(active, append([]any{int64(p.id)}, activityArgs(p)...))
		}
	}
	if err := b.tx.Many(ctx, sqlInsertCustomer, insert); err != nil {
		return fmt.Errorf("insert customers: %w", err)
	}
	if err := updateProfiles(ctx, b.tx, update, b.now); err != nil {
		return err
	}
	if err := b.tx.Many(ctx, sqlUpdateActivity, active); err != nil {
		return fmt.Errorf("update activity of customers: %w", err)
	}
	return nil
}

func updateProfiles(ctx context.Context, q sqldb.Q, people []*person, now int64) error {
	rows := make([][]any, len(people))
	for i, p := range people {
		rows[i] = append(profileArgs(p), now)
	}
	if err := q.Many(ctx, sqlUpdateProfile, rows); err != nil {
		return fmt.Errorf("update profiles: %w", err)
	}
	return nil
}

const sqlPutIdentity = `INSERT INTO customer_identities (customer_id, kind, value, via, verified, source_id, first_at, last_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (customer_id, kind, value, via) DO UPDATE SET
	verified = customer_identities.verified OR excluded.verified,
	source_id = CASE WHEN excluded.first_at < customer_identities.first_at THEN excluded.source_id ELSE customer_identities.source_id END,
	first_at = CASE WHEN excluded.first_at < customer_identities.first_at THEN excluded.first_at ELSE customer_identities.first_at END,
	last_at = CASE WHEN excluded.last_at > customer_identities.last_at THEN excluded.last_at ELSE customer_identities.last_at END`

func identityArgs(k identityKey, r *identityRow) []any {
	return []any{int64(k.customer), k.kind, k.value, k.via, r.verified, int64(r.source), r.first, r.last}
}

func (b *batch) writeIdentities(ctx context.Context) error {
	rows := make([][]any, 0, len(b.identities))
	for k, r := range b.identities {
		rows = append(rows, identityArgs(k, r))
	}
	// In order of the key: neighbours lie on one page.
	slices.SortFunc(rows, func(x, y []any) int {
		if x[0].(int64) != y[0].(int64) {
			return int(min(max(x[0].(int64)-y[0].(int64), -1), 1))
		}
		return strings.Compare(x[1].(string)+x[2].(string)+x[3].(string), y[1].(string)+y[2].(string)+y[3].(string))
	})
	if err := b.tx.Many(ctx, sqlPutIdentity, rows); err != nil {
		return fmt.Errorf("write identities: %w", err)
	}
	var gone [][]any
	for _, d := range b.devList { // an anonymous record that became its claimant's: he keeps the device by his claim
		if len(d.was.claims) == 0 && d.was.anonymous != 0 && len(d.is.claims) > 0 && b.living(d.was.anonymous) == d.was.anonymous {
			gone = append(gone, []any{int64(d.was.anonymous), KindAnonymous, d.id, KindAnonymous + ":" + d.id})
		}
	}
	if err := b.tx.Many(ctx, sqlDeleteIdentity, gone); err != nil {
		return fmt.Errorf("take identities: %w", err)
	}
	return nil
}

const sqlDeleteIdentity = `DELETE FROM customer_identities WHERE customer_id = $1 AND kind = $2 AND value = $3 AND via = $4`

// writeTakeovers moves what came with an address to its new owner, phone numbers that follow the address too.
func (b *batch) writeTakeovers(ctx context.Context) error {
	for _, t := range b.takeover {
		rows, err := selectIdentities(ctx, b.tx, []id.ID{t.from})
		if err != nil {
			return err
		}
		var put, gone, keys [][]any
		for _, r := range rows {
			if r.via != t.key.name {
				continue
			}
			put = append(put, identityArgs(identityKey{t.to, r.kind, r.value, r.via}, &r.identityRow))
			gone = append(gone, []any{int64(r.customer), r.kind, r.value, r.via})
			if r.kind == KindPhone {
				keys = append(keys, []any{r.value, int64(t.to), t.key.name})
				b.dropKeys = append(b.dropKeys, KindPhone+":"+r.value)
			}
		}
		if err := b.tx.Many(ctx, sqlPutIdentity, put); err != nil {
			return fmt.Errorf("give identities: %w", err)
		}
		if err := b.tx.Many(ctx, sqlDeleteIdentity, gone); err != nil {
			return fmt.Errorf("take identities: %w", err)
		}
		if err := b.tx.Many(ctx, `UPDATE identity_keys SET customer_id = $2 WHERE value = $1 AND kind = 'phone' AND holder = $3`, keys); err != nil {
			return fmt.Errorf("give phone numbers: %w", err)
		}
	}
	return nil
}

// writeAbsorbed leaves a tombstone of everybody who is somebody else, and gives his keys and identities to that person.
func (b *batch) writeAbsorbed(ctx context.Context) error {
	if len(b.absorbs) == 0 {
		return nil
	}
	from := make([]id.ID, len(b.absorbs))
	var stones, again, put, gone, keys [][]any
	for i, a := range b.absorbs {
		from[i] = a.from
		stones = append(stones, []any{int64(a.from), int64(a.to), b.now})
		again = append(again, []any{int64(a.from), int64(a.to)})
	}
	rows, err := selectIdentities(ctx, b.tx, from)
	if err != nil {
		return err
	}
	for _, r := range rows {
		to := b.absorbed[r.customer]
		gone = append(gone, []any{int64(r.customer)})
		keys = append(keys, []any{r.value, r.kind, int64(r.customer), int64(to)})
		b.dropKeys = append(b.dropKeys, r.kind+":"+r.value)
		if r.kind == KindAnonymous && r.via == KindAnonymous+":"+r.value {
			continue // his device has claimants now, who keep it themselves
		}
		put = append(put, identityArgs(identityKey{to, r.kind, r.value, r.via}, &r.identityRow))
	}
	for _, w := range []struct {
		stmt string
		rows [][]any
	}{
		{`UPDATE customers SET merged_into = $2, updated_at = $3, list_group = 0 WHERE customer_id = $1`, stones},
		{`UPDATE customers SET merged_into = $2 WHERE merged_into = $1 AND merged_into <> 0`, again},
		{sqlPutIdentity, put},
		{`DELETE FROM customer_identities WHERE customer_id = $1`, gone},
		{`UPDATE identity_keys SET customer_id = $4 WHERE value = $1 AND kind = $2 AND customer_id = $3`, keys},
	} {
		if err := b.tx.Many(ctx, w.stmt, w.rows); err != nil {
			return fmt.Errorf("absorb customers: %w", err)
		}
	}
	return nil
}

const sqlPutLoose = `INSERT INTO loose_traits (identity, at, hash, verified, source_id, shop_id, traits) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (identity, at, hash) DO UPDATE SET traits = excluded.traits`

func (b *batch) writeLoose(ctx context.Context) error {
	var rows [][]any
	for _, r := range b.loose {
		rows = append(rows, []any{r.identity, r.at, r.hash, r.verified, int64(r.source), int64(r.shop), string(r.layer.appendJSON(nil))})
	}
	for _, k := range b.keyed {
		if k.changed {
			rows = append(rows, []any{k.name, int64(0), int64(0), true, int64(0), int64(0), string(k.layer.appendJSON(nil))})
		}
	}
	if err := b.tx.Many(ctx, sqlPutLoose, rows); err != nil {
		return fmt.Errorf("write loose traits: %w", err)
	}
	return nil
}

// replaceVia puts addresses that came by way of one device anew for the people given.
func replaceVia(ctx context.Context, q sqldb.Q, via string, people map[id.ID]bool, fresh map[identityKey]*identityRow) error {
	var gone, put [][]any
	for c := range people {
		gone = append(gone, []any{int64(c), via})
	}
	for k, r := range fresh {
		put = append(put, identityArgs(k, r))
	}
	if err := q.Many(ctx, `DELETE FROM customer_identities WHERE customer_id = $1 AND via = $2 AND kind IN ('email', 'phone')`, gone); err != nil {
		return fmt.Errorf("take identities of a device: %w", err)
	}
	if err := q.Many(ctx, sqlPutIdentity, put); err != nil {
		return fmt.Errorf("give identities of a device: %w", err)
	}
	return nil
}

const sqlSetTotals = `UPDATE customers SET orders = $2, total_spent = $3, total_refunded = $4, unconverted = $5, first_order_at = $6,
	last_order_at = $7, list_group = CASE WHEN list_group = 0 THEN 0 ELSE (list_group - 1) / 2 * 2 + 1 + CASE WHEN $2 > 0 THEN 1 ELSE 0 END END
	WHERE customer_id = $1`

func setTotals(ctx context.Context, q sqldb.Q, totals []Totals) error {
	rows := make([][]any, len(totals))
	for i, t := range totals {
		rows[i] = []any{int64(t.CustomerID), t.Orders, t.Spent, t.Refunded, t.Unconverted, t.FirstAt, t.LastAt}
	}
	if err := q.Many(ctx, sqlSetTotals, rows); err != nil {
		return fmt.Errorf("write totals of customers: %w", err)
	}
	return nil
}
