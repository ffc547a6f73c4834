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

var keyColumns = []string{"value", "kind", "customer_id", "at", "holder"}

const sqlUpdateKey = `UPDATE identity_keys SET customer_id = $1, at = $2, holder = $3 WHERE value = $4 AND kind = $5`

func (b *batch) writeKeys(ctx context.Context) error {
	var insert, update [][]any
	put := func(kind, value string, was, is owned) {
		switch {
		case is == was || is.customer == 0:
		case was.customer == 0:
			insert = append(insert, []any{value, kind, int64(is.customer), is.at, is.holder})
		default:
			update = append(update, []any{int64(is.customer), is.at, is.holder, value, kind})
		}
	}
	for _, k := range b.keyList {
		kind, value := split(k.name)
		put(kind, value, k.was, k.is)
	}
	for _, d := range b.devList {
		put(KindAnonymous, d.id, owned{customer: d.was.anonymous}, owned{customer: d.is.anonymous})
	}
	if err := b.tx.InsertMany(ctx, "identity_keys", keyColumns, insert); err != nil {
		return fmt.Errorf("insert identity keys: %w", err)
	}
	if err := b.tx.Many(ctx, sqlUpdateKey, update); err != nil {
		return fmt.Errorf("update identity keys: %w", err)
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
	if err := b.tx.InsertMany(ctx, "identity_claims", []string{"anonymous_id", "at", "claimant", "kind"}, add); err != nil {
		return fmt.Errorf("insert claims: %w", err)
	}
	return nil
}

// The columns of a record in the order of profileArgs, activityArgs and those that begin at nothing.
var customerColumns = []string{
	"shop_id", "external_id", "name", "first_name", "last_name", "name_sort", "email", "phone", "gender", "birthday",
	"language", "zone", "country", "city", "attributes", "traits", "known", "updated_at", "list_group", "customer_id",
	"first_seen_at", "last_seen_at", "events_from", "session_id", "session_at", "session_until", "session_campaign",
	"created_at", "orders", "total_spent", "total_refunded", "unconverted", "first_order_at", "last_order_at", "merged_into",
}

const sqlUpdateProfile = `UPDATE customers SET shop_id = $1, external_id = $2, name = $3, first_name = $4, last_name = $5, name_sort = $6,
	email = $7, phone = $8, gender = $9, birthday = $10, language = $11, zone = $12, country = $13, city = $14, attributes = $15,
	traits = $16, known = $17, updated_at = $18, list_group = $19 WHERE customer_id = $20`

const sqlUpdateActivity = `UPDATE customers SET first_seen_at = $1, last_seen_at = $2, events_from = $3, session_id = $4, session_at = $5,
	session_until = $6, session_campaign = $7 WHERE customer_id = $8`

// The values of list_group.
const (
	groupAnonymous = int64(1)
	groupKnown     = int64(2)
)

func profileArgs(p *person, now int64) []any {
	pr := p.profile
	n := &pr.shown
	known := pr.externalID != "" || n.email != "" || n.phone != ""
	group := groupAnonymous
	if known {
		group = groupKnown
	}
	return append(make([]any, 0, len(customerColumns)), int64(pr.shop), pr.externalID, n.name, n.first, n.last, sortKey(n.name, n.email), n.email, n.phone,
		n.gender, n.birthday, n.language, n.zone, n.country, n.city, string(n.attributes), string(pr.layers.appendJSON(nil)), known, now, group, int64(p.id))
}

func activityArgs(args []any, p *person) []any {
	s := p.is.session
	return append(args, p.is.first, p.is.last, p.is.floor, s.id, s.from, s.until, s.campaign)
}

var zero any = int64(0)

func (b *batch) writePeople(ctx context.Context) error {
	var insert, active [][]any
	var update []*person
	for _, p := range b.peoples {
		switch {
		case p.fresh:
			insert = append(insert, append(activityArgs(profileArgs(p, b.now), p), p.profile.created, zero, zero, zero, zero, zero, zero, zero))
			continue
		case p.changed:
			update = append(update, p)
		}
		if p.is != p.was {
			active = append(active, append(activityArgs(make([]any, 0, 8), p), int64(p.id)))
		}
	}
	if err := b.tx.InsertMany(ctx, "customers", customerColumns, insert); err != nil {
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
		rows[i] = profileArgs(p, now)
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
		stones = append(stones, []any{int64(a.to), b.now, int64(a.from)})
		again = append(again, []any{int64(a.to), int64(a.from)})
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
		{`UPDATE customers SET merged_into = $1, updated_at = $2, list_group = 0 WHERE customer_id = $3`, stones},
		{`UPDATE customers SET merged_into = $1 WHERE merged_into = $2 AND merged_into <> 0`, again},
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

const sqlSetTotals = `UPDATE customers SET orders = $1, total_spent = $2, total_refunded = $3, unconverted = $4, first_order_at = $5,
	last_order_at = $6 WHERE customer_id = $7`

func setTotals(ctx context.Context, q sqldb.Q, totals []Totals) error {
	rows := make([][]any, len(totals))
	for i, t := range totals {
		rows[i] = []any{t.Orders, t.Spent, t.Refunded, t.Unconverted, t.FirstAt, t.LastAt, int64(t.CustomerID)}
	}
	if err := q.Many(ctx, sqlSetTotals, rows); err != nil {
		return fmt.Errorf("write totals of customers: %w", err)
	}
	return nil
}
