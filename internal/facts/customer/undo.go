package customer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Former is what must be known to take back what a batch did to one customer.
type Former struct {
	ID     id.ID   `json:"i"`
	Before *before `json:"b,omitempty"` // nil: the batch made him
}

// before is what a customer was.
type before struct {
	Shop       id.ID             `json:"s"`
	ExternalID string            `json:"e,omitempty"`
	Traits     json.RawMessage   `json:"t,omitempty"` // empty: his profile stayed what it was
	UpdatedAt  int64             `json:"u,omitempty"`
	Keys       []string          `json:"k,omitempty"` // identity keys that the batch gave him, kind first
	Identities []madeIdentity    `json:"d,omitempty"` // rows of identities that were not there
	Loose      map[string]string `json:"l,omitempty"` // by way of which address something was said: what had been said by then
}

// madeIdentity is the rest of the key of a customer's identity.
type madeIdentity struct {
	Kind  string `json:"k"`
	Value string `json:"v"`
	Via   string `json:"w,omitempty"`
}

// Formers is what must be known to take back what a batch did to customers.
type Formers struct {
	At     int64    `json:"at"` // as of when their records were written
	Made   []id.ID  `json:"made,omitempty"`
	People []Former `json:"people,omitempty"` // that were there before
}

// Kept is a customer whom an undo leaves as he is, and why.
type Kept struct {
	ID     id.ID
	Reason string // gone | changed | joined | active | orders | consents
}

// Undone is what an undo came to.
type Undone struct {
	Removed, Restored int64
	Kept              []Kept
}

// ResolveRemembering is ResolveAnd for who may want to take it back.
func (s *Service) ResolveRemembering(ctx context.Context, tx *sqldb.Tx, signals []Signal, then func(*Resolved) ([]Totals, error)) (Resolved, *Formers, error) {
	b := s.newBatch(tx, signals)
	b.then, b.formers = then, &Formers{At: b.now}
	if len(signals) == 0 {
		r, err := s.ResolveAnd(ctx, tx, signals, then)
		return r, b.formers, err
	}
	if err := b.resolve(ctx); err != nil {
		return Resolved{}, nil, err
	}
	return b.out, b.formers, nil
}

// remembered keeps what people were before the batch is brought into their records. It runs between loadPeople and fold.
func (b *batch) remembered(ctx context.Context) error {
	if b.formers == nil {
		return nil
	}
	b.befores = map[id.ID]*before{}
	var people []id.ID
	for _, p := range b.peoples {
		if p.fresh || p.profile == nil {
			continue
		}
		b.befores[p.id] = &before{Shop: p.profile.shop, ExternalID: p.profile.externalID, Traits: p.profile.layers.appendJSON(nil), UpdatedAt: p.profile.updated}
		people = append(people, p.id)
	}
	rows, err := selectIdentities(ctx, b.tx, people)
	if err != nil {
		return err
	}
	b.had = make(map[identityKey]bool, len(rows))
	for _, r := range rows {
		b.had[identityKey{r.customer, r.kind, r.value, r.via}] = true
	}
	return nil
}

// listFormers writes down whom the batch made and whom it changed.
func (b *batch) listFormers(context.Context) error {
	if b.formers == nil {
		return nil
	}
	for _, k := range b.keyList {
		if k.was.customer == 0 && k.is.customer != 0 {
			if f := b.befores[k.is.customer]; f != nil {
				f.Keys = append(f.Keys, k.name)
			}
		}
	}
	for k := range b.identities {
		if f := b.befores[k.customer]; f != nil && !b.had[k] {
			f.Identities = append(f.Identities, madeIdentity{k.kind, k.value, k.via})
		}
	}
	for _, k := range b.keyed {
		if !k.changed || k.stored == nil {
			continue
		}
		kk := b.keys[k.name]
		if kk == nil {
			continue
		}
		if f := b.befores[kk.is.customer]; f != nil {
			if f.Loose == nil {
				f.Loose = map[string]string{}
			}
			f.Loose[k.name] = string(*k.stored)
		}
	}
	for _, p := range b.peoples {
		switch f := b.befores[p.id]; {
		case p.fresh:
			b.formers.Made = append(b.formers.Made, p.id)
		case f != nil && (p.changed || len(f.Keys)+len(f.Identities)+len(f.Loose) > 0):
			if !p.changed {
				f.Traits = nil
			}
			b.formers.People = append(b.formers.People, Former{p.id, f})
		}
	}
	return nil
}

// standing is how a stored customer stands, as far as it matters whether he may be taken back.
type standing struct {
	shop       id.ID
	externalID string
	updatedAt  int64
	lastSeen   int64
	session    int64
	merged     id.ID
	identities []storedIdentity
}

// Undo takes back what a batch did to customers, within the caller's transaction, as far as nobody has changed them since. busy names those who have
// something that is kept elsewhere (orders, consents) and why; they stay. Doing it twice changes nothing more.
func (s *Service) Undo(ctx context.Context, tx *sqldb.Tx, f *Formers, busy map[id.ID]string) (Undone, error) {
	var u Undone
	if f == nil || len(f.Made)+len(f.People) == 0 {
		return u, nil
	}
	b := s.newBatch(tx, nil)
	if err := b.lock(ctx); err != nil {
		return u, err
	}
	all := append([]id.ID{}, f.Made...)
	for _, p := range f.People {
		all = append(all, p.ID)
	}
	now, err := selectStandings(ctx, tx, all)
	if err != nil {
		return u, err
	}
	var gone, touched []id.ID
	for _, c := range f.Made {
		st := now[c]
		if reason := st.whyKept(f.At, busy[c]); reason != "" {
			u.Kept = append(u.Kept, Kept{c, reason})
			continue
		}
		gone = append(gone, c)
		u.Removed++
	}
	if err := removeCustomers(ctx, tx, gone, now); err != nil {
		return u, err
	}
	var people []*person
	for _, p := range f.People {
		st := now[p.ID]
		switch {
		case st == nil:
			u.Kept = append(u.Kept, Kept{p.ID, "gone"})
			continue
		case st.merged != 0:
			u.Kept = append(u.Kept, Kept{p.ID, "joined"})
			continue
		case st.updatedAt != f.At && p.Before.Traits != nil:
			u.Kept = append(u.Kept, Kept{p.ID, "changed"})
			continue
		}
		if err := restoreKeys(ctx, tx, p); err != nil {
			return u, err
		}
		touched = append(touched, p.ID)
		u.Restored++
		if p.Before.Traits == nil {
			continue
		}
		l := parseLayers(p.Before.Traits)
		// With the time of before, so that what an earlier batch did to him can be taken back too.
		people = append(people, &person{id: p.ID, profile: &profile{shop: p.Before.Shop, externalID: p.Before.ExternalID, layers: l, shown: l.show(),
			updated: cmp.Or(p.Before.UpdatedAt, clock.Micros(s.Clock.Now()))}})
	}
	if err := updateProfiles(ctx, tx, people); err != nil {
		return u, err
	}
	touched = append(touched, gone...)
	tx.OnCommit(func() { // what is remembered of all these keys is found out anew
		c := &s.cache
		c.keys.clear()
		c.devices.clear()
		c.people.clear()
		c.seen.clear()
		c.committed(b.version)
	})
	if s.Announce == nil || len(touched) == 0 {
		return u, nil
	}
	if err := s.Announce(ctx, tx, TopicChanged, changedPayload(touched, touched)); err != nil {
		return u, fmt.Errorf("announce changed customers: %w", err)
	}
	return u, nil
}

// whyKept tells why a customer whom a batch made is not removed; empty: he is.
func (st *standing) whyKept(at int64, busy string) string {
	switch {
	case st == nil:
		return "gone"
	case st.merged != 0:
		return "joined"
	case st.updatedAt != at:
		return "changed"
	case st.session != 0 || st.lastSeen != 0:
		return "active"
	}
	for _, i := range st.identities {
		if i.kind == KindAnonymous {
			return "active"
		}
	}
	return busy
}
