package customer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

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
	Seen       *seen             `json:"n,omitempty"` // of events: when he was seen
	Spoken     []spoken          `json:"p,omitempty"` // of events: rows of identities that were there and say more now
}

// any tells whether the batch changed more of him than when he was seen.
func (f *before) any() bool { return f.Traits != nil || len(f.Keys)+len(f.Identities)+len(f.Loose) > 0 }

// madeIdentity is the rest of the key of a customer's identity.
type madeIdentity struct {
	Kind  string `json:"k"`
	Value string `json:"v"`
	Via   string `json:"w,omitempty"`
}

// Formers is what must be known to take back what a batch did to customers.
type Formers struct {
	At     int64     `json:"at"` // as of when their records were written
	Made   []id.ID   `json:"made,omitempty"`
	People []Former  `json:"people,omitempty"` // that were there before
	Events *ofEvents `json:"events,omitempty"`
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
	if slices.ContainsFunc(signals, func(s Signal) bool { return s.EventID != 0 }) {
		b.formers.Events = &ofEvents{}
	}
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
		if p.fresh || p.profile == nil && b.formers.Events == nil {
			continue
		}
		f := &before{}
		if p.profile != nil {
			f.Shop, f.ExternalID, f.Traits, f.UpdatedAt = p.profile.shop, p.profile.externalID, p.profile.layers.appendJSON(nil), p.profile.updated
		}
		b.befores[p.id] = f
		people = append(people, p.id)
	}
	rows, err := selectIdentities(ctx, b.tx, people)
	if err != nil {
		return err
	}
	b.had = make(map[identityKey]identityRow, len(rows))
	for _, r := range rows {
		b.had[identityKey{r.customer, r.kind, r.value, r.via}] = r.identityRow
		b.rememberDevice(&r)
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
	for k, row := range b.identities {
		f := b.befores[k.customer]
		if f == nil {
			continue
		}
		was, had := b.had[k]
		if !had {
			f.Identities = append(f.Identities, madeIdentity{k.kind, k.value, k.via})
		} else if is := was.with(row); b.formers.Events != nil && is != was {
			f.Spoken = append(f.Spoken, spoken{madeIdentity{k.kind, k.value, k.via}, storedRow(was), storedRow(is)})
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
		f := b.befores[p.id]
		if p.fresh {
			b.formers.Made = append(b.formers.Made, p.id)
			continue
		}
		if f == nil {
			continue
		}
		if !p.changed {
			f.Traits = nil
		}
		if b.formers.Events != nil && p.is != p.was {
			f.Seen = &seen{stored(&p.was), stored(&p.is)}
		}
		if f.any() || f.Seen != nil || len(f.Spoken) > 0 {
			b.formers.People = append(b.formers.People, Former{p.id, f})
		}
	}
	b.listEvents()
	return nil
}

// standing is how a stored customer stands, as far as it matters whether he may be taken back.
type standing struct {
	shop       id.ID
	externalID string
	updatedAt  int64
	seen       activity
	merged     id.ID
	identities []storedIdentity
}

// Undo takes back what a batch did to customers, within the caller's transaction, as far as nobody has changed them since. busy names those who have
// something that is kept elsewhere (orders, consents) and why; they stay. left tells what remains of the events of those whom
// Concerned names, where the batch was one of events; of who is not in it, all stays. Doing it twice changes nothing more.
func (s *Service) Undo(ctx context.Context, tx *sqldb.Tx, f *Formers, busy map[id.ID]string, left map[id.ID]Left) (Undone, error) {
	var u Undone
	if f == nil || len(f.Made)+len(f.People) == 0 && f.Events == nil {
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
	if f.Events != nil {
		for _, d := range f.Events.Devices {
			all = append(all, d.Joined)
		}
	}
	now, err := selectStandings(ctx, tx, all)
	if err != nil {
		return u, err
	}
	events := retraction{batch: b, formers: f, left: left, now: now}
	var gone, touched []id.ID
	for _, c := range f.Made {
		st := now[c]
		reason := st.whyKept(f.At, busy[c])
		if f.Events != nil {
			reason = events.whyKept(c, busy[c])
		}
		if reason != "" {
			u.Kept = append(u.Kept, Kept{c, reason})
			continue
		}
		gone = append(gone, c)
		if st.merged == 0 {
			u.Removed++
		}
	}
	if err := removeCustomers(ctx, tx, gone, now); err != nil {
		return u, err
	}
	if f.Events != nil {
		if err := events.retract(ctx, gone, u.Kept); err != nil {
			return u, err
		}
		u.Kept = append(u.Kept, events.joined()...)
	}
	var people []*person
	for _, p := range f.People {
		st := now[p.ID]
		switch {
		case !p.Before.any(): // he was only seen, and when is put right
			if st != nil {
				touched = append(touched, p.ID)
			}
			continue
		case st == nil:
			u.Kept = append(u.Kept, Kept{p.ID, "gone"})
			continue
		case st.merged != 0:
			u.Kept = append(u.Kept, Kept{p.ID, "joined"})
			continue
		case f.Events != nil && events.staysActive(&p):
			u.Kept = append(u.Kept, Kept{p.ID, "active"})
			continue
		case st.updatedAt != f.At && p.Before.Traits != nil:
			u.Kept = append(u.Kept, Kept{p.ID, "changed"})
			continue
		}
		if f.Events != nil {
			p.Before.Identities = events.needless(&p)
			if err := events.giveBack(ctx, p.ID); err != nil {
				return u, err
			}
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
		s.cache.forgetAll()
		s.cache.committed(b.version)
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
	case st.seen.session.id != 0 || st.seen.last != 0:
		return "active"
	}
	for _, i := range st.identities {
		if i.kind == KindAnonymous {
			return "active"
		}
	}
	return busy
}
