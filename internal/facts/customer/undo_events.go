package customer

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// ofEvents is what a batch of events did beside what it did to customers.
type ofEvents struct {
	Devices []formerDevice `json:"d,omitempty"`
	Said    []formerSaid   `json:"s,omitempty"` // kept of what was said without a user id
}

type formerDevice struct {
	ID      string        `json:"i"`
	Made    id.ID         `json:"m,omitempty"` // the anonymous customer that was made for it
	Added   []formerClaim `json:"a,omitempty"`
	Removed []formerClaim `json:"r,omitempty"`
	Joined  id.ID         `json:"j,omitempty"` // the anonymous customer whom somebody known took in
	Lost    *lostIdentity `json:"l,omitempty"` // of an anonymous customer who became known: the row that named the device
}

type formerClaim struct {
	At       int64  `json:"t"`
	Claimant string `json:"c"`
	Kind     string `json:"k"`
}

func (f formerClaim) claim() claim { return claim{f.At, f.Claimant, f.Kind} }

type formerSaid struct {
	Identity string `json:"i"`
	At       int64  `json:"t"`
	Hash     int64  `json:"h"`
}

type lostIdentity struct {
	Customer id.ID     `json:"c"`
	Row      formerRow `json:"r"`
}

// formerRow is what an identity's row says, in stored form.
type formerRow struct {
	Verified bool  `json:"v"`
	Source   id.ID `json:"s"`
	First    int64 `json:"f"`
	Last     int64 `json:"l"`
}

func storedRow(r identityRow) formerRow   { return formerRow{r.verified, r.source, r.first, r.last} }
func (f formerRow) identity() identityRow { return identityRow{f.Verified, f.Source, f.First, f.Last} }

// spoken is an identity of which something was said again.
type spoken struct {
	madeIdentity
	Was formerRow `json:"b"`
	Is  formerRow `json:"a"`
}

// with gives a row after the like of it was written over it; it does what sqlPutIdentity does.
func (r identityRow) with(o *identityRow) identityRow {
	r.verified = r.verified || o.verified
	if o.first < r.first {
		r.first, r.source = o.first, o.source
	}
	r.last = max(r.last, o.last)
	return r
}

// seen is when a customer was seen before a batch of events and after it.
type seen struct {
	Was storedActivity `json:"w"`
	Is  storedActivity `json:"i"`
}

// storedActivity is an activity in its stored form: first, last, floor, and the newest session.
type storedActivity struct {
	At       [6]int64 `json:"a"`
	Campaign string   `json:"c,omitempty"`
}

func stored(a *activity) storedActivity {
	return storedActivity{[6]int64{a.first, a.last, a.floor, a.session.id, a.session.from, a.session.until}, a.session.campaign}
}

func (s *storedActivity) activity() activity {
	return activity{first: s.At[0], last: s.At[1], floor: s.At[2], session: session{id: s.At[3], from: s.At[4], until: s.At[5], campaign: s.Campaign}}
}

// Left is what remains of a customer's events when those are left out that are taken back.
type Left struct {
	Any         bool
	Since       bool             // some came after what is taken back
	First, Last int64            // Last: of what counts as activity; 0: none
	Devices     map[string]bool  // that those without a user id came from: they go where the device goes
	Named       map[string]int64 // devices that those with a user id came from, and the earliest of each
}

// rememberDevice keeps the row that names an anonymous customer's device: he may become known.
func (b *batch) rememberDevice(r *storedIdentity) {
	if b.formers.Events == nil || r.kind != KindAnonymous || r.via != KindAnonymous+":"+r.value {
		return
	}
	if d := b.devices[r.value]; d != nil {
		d.row = &lostIdentity{r.customer, storedRow(r.identityRow)}
	}
}

// listEvents writes down what else the batch did.
func (b *batch) listEvents() {
	e := b.formers.Events
	if e == nil {
		return
	}
	claims := func(list []claim) (out []formerClaim) {
		for _, c := range list {
			out = append(out, formerClaim{c.at, c.claimant, c.kind})
		}
		return out
	}
	for _, d := range b.devList {
		f := formerDevice{ID: d.id, Added: claims(d.added), Removed: claims(d.removed)}
		if p := b.people[d.is.anonymous]; p != nil && p.fresh && d.was.anonymous == 0 {
			f.Made = p.id
		}
		if len(d.was.claims) == 0 && len(d.is.claims) > 0 {
			if b.living(d.was.anonymous) == d.was.anonymous {
				f.Lost = d.row
			} else {
				f.Joined = d.was.anonymous
			}
		}
		if f.Made != 0 || len(f.Added)+len(f.Removed) > 0 {
			e.Devices = append(e.Devices, f)
		}
	}
	for _, r := range b.loose {
		e.Said = append(e.Said, formerSaid{r.identity, r.at, r.hash})
	}
}

// Concerned names those of whom Undo wants to know what is left of their events.
func (s *Service) Concerned(ctx context.Context, q sqldb.Q, f *Formers) ([]id.ID, error) {
	out := slices.Clone(f.Made)
	for _, p := range f.People {
		out = append(out, p.ID)
	}
	if f.Events == nil {
		return out, nil
	}
	claimants := map[string][]string{}
	for _, d := range f.Events.Devices {
		if d.Joined != 0 {
			out = append(out, d.Joined)
		}
		for _, c := range slices.Concat(d.Added, d.Removed) {
			kind, value := split(c.Claimant)
			claimants[kind] = append(claimants[kind], value)
		}
	}
	for kind, values := range claimants {
		if err := selectKeys(ctx, q, kind, values, func(_ string, o owned) { out = append(out, o.customer) }); err != nil {
			return nil, err
		}
	}
	merged, err := selectMerged(ctx, q, out)
	if err != nil {
		return nil, err
	}
	out = append(out, merged...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

// retraction takes back what is particular to a batch of events. The order is that of Undo.
type retraction struct {
	*batch
	formers *Formers
	left    map[id.ID]Left
	now     map[id.ID]*standing
	holds   map[id.ID]bool // people who would lose events that stay to a device without them: it keeps what the batch learned of it
}

// whyKept tells why a customer whom the batch made is not removed; empty: he is. A tombstone goes with the events that made it, unless events stay with the one
// who took it in that could have been the tombstone's.
func (r *retraction) whyKept(c id.ID, busy string) string {
	st := r.now[c]
	switch {
	case st == nil:
		return "gone"
	case st.merged != 0:
		if i := r.deviceOf(c); i >= 0 && r.uses(st.merged, r.formers.Events.Devices[i].ID) {
			return "joined"
		}
		return ""
	case st.updatedAt != r.formers.At:
		return "changed"
	case r.left[c].Any:
		return "active"
	}
	return busy
}

// uses tells whether events of a customer stay that are his because of a device.
func (r *retraction) uses(c id.ID, device string) bool {
	l, known := r.left[c]
	return !known || l.Devices[device]
}

func (r *retraction) deviceOf(made id.ID) int {
	return slices.IndexFunc(r.formers.Events.Devices, func(d formerDevice) bool { return d.Made == made })
}

// retract takes back claims on devices, what was said there, and when people were seen.
func (r *retraction) retract(ctx context.Context, gone []id.ID, kept []Kept) error {
	var said, keys [][]any
	for _, s := range r.formers.Events.Said {
		said = append(said, []any{s.Identity, s.At, s.Hash})
	}
	for _, c := range gone {
		if i := r.deviceOf(c); i >= 0 && r.now[c].merged != 0 {
			keys = append(keys, []any{r.formers.Events.Devices[i].ID, KindAnonymous, int64(r.now[c].merged)})
		}
	}
	if err := r.tx.Many(ctx, sqlDeleteSaid, said); err != nil {
		return fmt.Errorf("take back loose traits: %w", err)
	}
	if err := r.tx.Many(ctx, sqlDeleteKey, keys); err != nil {
		return fmt.Errorf("take back identity keys: %w", err)
	}
	if err := r.claims(ctx); err != nil {
		return err
	}
	update := updates{}
	var rows [][]any
	for _, p := range r.formers.People {
		st := r.now[p.ID]
		l := r.left[p.ID]
		if st == nil || st.merged != 0 {
			continue
		}
		if p.Before.Seen != nil {
			update.person(&person{id: p.ID, was: st.seen, is: p.Before.Seen.back(st.seen, &l)}, 0)
		}
		for _, w := range p.Before.Spoken {
			k := madeIdentity{w.Kind, w.Value, w.Via}
			if !l.Since && slices.ContainsFunc(st.identities, func(i storedIdentity) bool {
				return madeIdentity{i.kind, i.value, i.via} == k && i.identityRow == w.Is.identity()
			}) {
				row := w.Was.identity()
				rows = append(rows, identityArgs(identityKey{p.ID, w.Kind, w.Value, w.Via}, &row))
			}
		}
	}
	for _, k := range kept {
		if st := r.now[k.ID]; st != nil && st.merged == 0 {
			l := r.left[k.ID]
			is := activity{first: cmp.Or(l.First, st.seen.first), last: l.Last, floor: l.First}
			if l.Any {
				is.session = st.seen.session
				is.session.campaign = unsure
			}
			update.person(&person{id: k.ID, was: st.seen, is: is}, 0)
		}
	}
	if err := r.tx.Many(ctx, sqlResetIdentity, rows); err != nil {
		return fmt.Errorf("take back identities: %w", err)
	}
	return update.run(ctx, r.tx)
}

// back gives when a customer was seen without the batch: what it was before, unless something else was seen since.
func (s *seen) back(now activity, l *Left) activity {
	was, is := s.Was.activity(), s.Is.activity()
	out := now
	if now.first == is.first {
		out.first = earlier(was.first, l.First)
	}
	if now.floor == is.floor {
		out.floor = earlier(was.floor, l.First)
	}
	if now.last == is.last {
		out.last = max(was.last, l.Last)
	}
	switch {
	case now.session == is.session && !l.Since:
		out.session = was.session
	case now.session.id != 0 && now.session.from <= is.session.until+sessionGap:
		out.session.campaign = unsure
	}
	return out
}

// claims takes claims back, and gives back those that they made needless, where no event that stays would change hands by it.
func (r *retraction) claims(ctx context.Context) error {
	r.holds = map[id.ID]bool{}
	r.svc.cache.forgetAll() // it knows nothing of what was removed just now
	for _, f := range r.formers.Events.Devices {
		if len(f.Added)+len(f.Removed) > 0 {
			r.device(f.ID)
		}
		for _, c := range slices.Concat(f.Added, f.Removed) {
			r.key(c.Claimant)
		}
	}
	if err := r.load(ctx); err != nil {
		return err
	}
	owner := func(claimant string) id.ID { return r.keys[claimant].was.customer }
	for _, f := range r.formers.Events.Devices {
		d := r.devices[f.ID]
		if d == nil {
			continue
		}
		is := slices.Clone(d.was.claims)
		for _, c := range f.Added {
			is = slices.DeleteFunc(is, func(x claim) bool { return x == c.claim() })
		}
		if len(f.Added) > 0 && len(is) == len(d.was.claims) { // done before
			continue
		}
		for _, c := range f.Removed {
			is, _, _ = addClaim(is, c.claim())
		}
		for _, c := range f.Added { // one of his own that was needless beside it
			if at, ok := r.left[owner(c.Claimant)].Named[d.id]; ok {
				is, _, _ = addClaim(is, claim{at, c.Claimant, claimSoft})
			}
		}
		var losers []id.ID
		differences(stretches(d.was.claims, d.was.anonymous, owner), stretches(is, d.was.anonymous, owner), func(_, _ int64, was, _ id.ID) { losers = append(losers, was) })
		stay := false
		for _, c := range losers {
			if c != 0 && r.uses(c, d.id) {
				stay, r.holds[c] = true, true
			}
		}
		if stay {
			continue
		}
		without := func(a, b []claim) []claim {
			return slices.DeleteFunc(slices.Clone(a), func(c claim) bool { return slices.Contains(b, c) })
		}
		d.is.claims, d.added, d.removed = is, without(is, d.was.claims), without(d.was.claims, is)
	}
	return r.writeClaims(ctx)
}

// staysActive tells whether what the batch made of a customer who was there before carries what he did since: he became known by it, or it gave him a device.
func (r *retraction) staysActive(p *Former) bool {
	return r.holds[p.ID] || r.left[p.ID].Since && slices.ContainsFunc(p.Before.Keys, isUser)
}

// joined names visitors who stay joined with the one who took them in: he has events that were theirs, or may have been.
func (r *retraction) joined() (out []Kept) {
	for _, f := range r.formers.Events.Devices {
		st := r.now[f.Joined]
		if f.Joined != 0 && st != nil && st.merged != 0 && r.uses(st.merged, f.ID) {
			out = append(out, Kept{f.Joined, "joined"})
		}
	}
	return out
}

// needless gives the identities that the batch made and that nothing rests on since.
func (r *retraction) needless(p *Former) []madeIdentity {
	if slices.ContainsFunc(p.Before.Keys, isUser) { // he is nobody known again
		return p.Before.Identities
	}
	return slices.DeleteFunc(slices.Clone(p.Before.Identities), func(i madeIdentity) bool { return i.Kind == KindAnonymous && r.left[p.ID].Named[i.Value] != 0 })
}

// giveBack puts back the rows that named the device of an anonymous customer who became known.
func (r *retraction) giveBack(ctx context.Context, c id.ID) error {
	var rows [][]any
	for _, f := range r.formers.Events.Devices {
		if l := f.Lost; l != nil && l.Customer == c {
			row := l.Row.identity()
			rows = append(rows, identityArgs(identityKey{c, KindAnonymous, f.ID, KindAnonymous + ":" + f.ID}, &row))
		}
	}
	if err := r.tx.Many(ctx, sqlPutIdentity, rows); err != nil {
		return fmt.Errorf("give back identities: %w", err)
	}
	return nil
}
