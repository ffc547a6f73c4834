package customer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
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
	byText(insert, 0)
	if err := b.tx.InsertMany(ctx, "identity_keys", keyColumns, insert); err != nil {
		return fmt.Errorf("insert identity keys: %w", err)
	}
	if err := b.tx.Many(ctx, sqlUpdateKey, update); err != nil {
		return fmt.Errorf("update identity keys: %w", err)
	}
	return nil
}

// byText sorts rows by a column of text that leads their key: neighbours lie on one page.
func byText(rows [][]any, column int) {
	slices.SortFunc(rows, func(x, y []any) int { return cmp.Compare(x[column].(string), y[column].(string)) })
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

// partOf is a group of columns that change together. A row is updated with exactly the parts that are others: SQLite writes every index
// anew whose columns a statement names, changed or not, and a customer has many.
type partOf uint8

const (
	partTraits partOf = 1 << iota // what the profile was made of
	partShown                     // what of it is shown, searched and sorted
	partFirst
	partLast
	partSession
	partTotals // whole
	partAdded  // to be added to the totals that are stored
)

// columnsOf gives the assignments of each part; a ? stands for the arguments that changes of it bring along.
var columnsOf = []struct {
	part partOf
	set  string
}{
	{partTraits, "traits = ?, updated_at = ?"},
	{partShown, "shop_id = ?, external_id = ?, name = ?, first_name = ?, last_name = ?, name_sort = ?, email = ?, phone = ?, gender = ?, birthday = ?, " +
		"language = ?, zone = ?, country = ?, city = ?, attributes = ?, known = ?, list_group = ?"},
	{partFirst, "first_seen_at = ?"},
	{partLast, "last_seen_at = ?"},
	{partSession, "events_from = ?, session_id = ?, session_at = ?, session_until = ?, session_campaign = ?"},
	{partTotals, "orders = ?, total_spent = ?, total_refunded = ?, unconverted = ?, first_order_at = ?, last_order_at = ?"},
	{partAdded, "orders = orders + ?, total_spent = total_spent + ?, total_refunded = total_refunded + ?, unconverted = unconverted + ?, " +
		"first_order_at = CASE WHEN first_order_at = 0 OR first_order_at > ? THEN ? ELSE first_order_at END, " +
		"last_order_at = CASE WHEN last_order_at < ? THEN ? ELSE last_order_at END"},
}

// updateText gives the statement that updates these parts of a customer.
func updateText(parts partOf) string {
	var b strings.Builder
	b.WriteString("UPDATE customers SET ")
	n := 0
	for _, c := range columnsOf {
		if parts&c.part == 0 {
			continue
		}
		if n > 0 {
			b.WriteString(", ")
		}
		for _, r := range c.set {
			if r == '?' {
				n++
				b.WriteByte('$')
				b.WriteString(strconv.Itoa(n))
				continue
			}
			b.WriteRune(r)
		}
	}
	b.WriteString(" WHERE customer_id = $")
	b.WriteString(strconv.Itoa(n + 1))
	return b.String()
}

// updates collects rows by the parts that they change.
type updates map[partOf][][]any

func (u updates) run(ctx context.Context, q sqldb.Q) error {
	for _, parts := range slices.Sorted(maps.Keys(u)) {
		if err := q.Many(ctx, updateText(parts), u[parts]); err != nil {
			return fmt.Errorf("update customers: %w", err)
		}
	}
	return nil
}

// The values of list_group.
const (
	groupAnonymous = int64(1)
	groupKnown     = int64(2)
)

// shownArgs gives the values of partShown.
func shownArgs(args []any, p *person) []any {
	pr := p.profile
	n := &pr.shown
	known := pr.externalID != "" || n.email != "" || n.phone != ""
	group := groupAnonymous
	if known {
		group = groupKnown
	}
	return append(args, int64(pr.shop), pr.externalID, n.name, n.first, n.last, sortKey(n.name, n.email), n.email, n.phone,
		n.gender, n.birthday, n.language, n.zone, n.country, n.city, string(n.attributes), known, group)
}

func sessionArgs(args []any, a *activity) []any {
	s := &a.session
	return append(args, a.floor, s.id, s.from, s.until, s.campaign)
}

func totalsArgs(args []any, t *Totals) []any {
	args = append(args, t.Orders, t.Spent, t.Refunded, t.Unconverted)
	if t.Added {
		// Without an order there is no first one: the comparison with the end of time changes nothing.
		first := t.FirstAt
		if first == 0 {
			return append(args, int64(math.MaxInt64), int64(0), int64(0), int64(0))
		}
		return append(args, first, first, t.LastAt, t.LastAt)
	}
	return append(args, t.FirstAt, t.LastAt)
}

// customerColumns is in the order of shownArgs, sessionArgs and what insertArgs puts between.
var customerColumns = []string{
	"shop_id", "external_id", "name", "first_name", "last_name", "name_sort", "email", "phone", "gender", "birthday",
	"language", "zone", "country", "city", "attributes", "known", "list_group",
	"events_from", "session_id", "session_at", "session_until", "session_campaign",
	"traits", "updated_at", "first_seen_at", "last_seen_at", "customer_id", "created_at", "merged_into",
	"orders", "total_spent", "total_refunded", "unconverted", "first_order_at", "last_order_at",
}

func insertArgs(p *person, now int64) []any {
	args := shownArgs(make([]any, 0, len(customerColumns)), p)
	args = sessionArgs(args, &p.is)
	args = append(args, string(p.profile.layers.appendJSON(nil)), now, p.is.first, p.is.last, int64(p.id), p.profile.created, int64(0))
	var t Totals
	if p.totals != nil {
		t = *p.totals
		t.Added = false // to nothing
	}
	return totalsArgs(args, &t)
}

// person adds what of a stored person is another now.
func (u updates) person(p *person, now int64) {
	var parts partOf
	var args []any
	if p.changed {
		parts |= partTraits
		args = append(args, string(p.profile.layers.appendJSON(nil)), now)
		if p.reshown {
			parts |= partShown
			args = shownArgs(args, p)
		}
	}
	if p.is.first != p.was.first {
		parts |= partFirst
		args = append(args, p.is.first)
	}
	if p.is.last != p.was.last {
		parts |= partLast
		args = append(args, p.is.last)
	}
	if p.is.floor != p.was.floor || p.is.session != p.was.session {
		parts |= partSession
		args = sessionArgs(args, &p.is)
	}
	if p.totals != nil {
		parts |= partTotals
		if p.totals.Added {
			parts ^= partTotals | partAdded
		}
		args = totalsArgs(args, p.totals)
	}
	if parts != 0 {
		u[parts] = append(u[parts], append(args, int64(p.id)))
	}
}

func (b *batch) writePeople(ctx context.Context) error {
	var insert [][]any
	update := updates{}
	for _, p := range b.peoples {
		if p.fresh {
			insert = append(insert, insertArgs(p, b.now))
			continue
		}
		update.person(p, b.now)
	}
	if err := b.tx.InsertMany(ctx, "customers", customerColumns, insert); err != nil {
		return fmt.Errorf("insert customers: %w", err)
	}
	if err := update.run(ctx, b.tx); err != nil {
		return err
	}
	return setTotals(ctx, b.tx, b.others)
}

// updateProfiles writes profiles alone, each as of its own time.
func updateProfiles(ctx context.Context, q sqldb.Q, people []*person) error {
	update := updates{}
	for _, p := range people {
		args := append(make([]any, 0, 20), string(p.profile.layers.appendJSON(nil)), p.profile.updated)
		update[partTraits|partShown] = append(update[partTraits|partShown], append(shownArgs(args, p), int64(p.id)))
	}
	return update.run(ctx, q)
}

const sqlPutIdentity = `INSERT INTO customer_identities (customer_id, kind, value, via, verified, source_id, first_at, last_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
	ON CONFLICT (customer_id, kind, value, via) DO UPDATE SET
	verified = customer_identities.verified OR excluded.verified,
	source_id = CASE WHEN excluded.first_at < customer_identities.first_at THEN excluded.source_id ELSE customer_identities.source_id END,
	first_at = CASE WHEN excluded.first_at < customer_identities.first_at THEN excluded.first_at ELSE customer_identities.first_at END,
	last_at = CASE WHEN excluded.last_at > customer_identities.last_at THEN excluded.last_at ELSE customer_identities.last_at END`

var identityColumns = []string{"customer_id", "kind", "value", "via", "verified", "source_id", "first_at", "last_at"}

func identityArgs(k identityKey, r *identityRow) []any {
	return []any{int64(k.customer), k.kind, k.value, k.via, r.verified, int64(r.source), r.first, r.last}
}

func (b *batch) writeIdentities(ctx context.Context) error {
	// In order of the key: neighbours lie on one page.
	keys := slices.SortedFunc(maps.Keys(b.identities), func(x, y identityKey) int {
		if x.customer != y.customer { // mostly; Or would compare the texts too
			return cmp.Compare(x.customer, y.customer)
		}
		return cmp.Or(cmp.Compare(x.kind, y.kind), cmp.Compare(x.value, y.value), cmp.Compare(x.via, y.via))
	})
	var insert, put [][]any
	for _, k := range keys {
		row := identityArgs(k, b.identities[k])
		if p := b.people[k.customer]; p != nil && p.fresh {
			insert = append(insert, row)
		} else {
			put = append(put, row)
		}
	}
	if err := b.tx.InsertMany(ctx, "customer_identities", identityColumns, insert); err != nil {
		return fmt.Errorf("insert identities: %w", err)
	}
	if err := b.tx.Many(ctx, sqlPutIdentity, put); err != nil {
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
				b.forget(KindPhone, r.value)
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

// forget drops what is remembered of a key that was written past the batch: at once, since the batch itself may ask for it again, and once
// more when it is committed, since the batch may have read it before.
func (b *batch) forget(kind, value string) {
	b.forgotten = append(b.forgotten, keyName{kind, value})
	b.svc.cache.forget(kind, value)
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
		b.forget(r.kind, r.value)
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

func setTotals(ctx context.Context, q sqldb.Q, totals []Totals) error {
	update := updates{}
	for i := range totals {
		t, part := &totals[i], partTotals
		if t.Added {
			part = partAdded
		}
		update[part] = append(update[part], append(totalsArgs(nil, t), int64(t.CustomerID)))
	}
	return update.run(ctx, q)
}
