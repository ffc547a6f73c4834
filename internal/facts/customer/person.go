package customer

import (
	"cmp"
	"context"
	"slices"

	"rapport/internal/base/id"
	"rapport/internal/platform/search"
)

// activity is when a customer was seen.
type activity struct {
	first, last int64 // last: of what counts as activity, 0: never
	floor       int64 // none of his events is older; unlike first it also bounds what others had to give him
	session     session
}

// unsure marks a session whose beginning or campaign is not known any more, because something came late; its events are given out
// to be worked out anew until a new session begins.
const unsure = "\x01"

func (a *activity) see(at int64, active bool) {
	a.first, a.floor = earlier(a.first, at), earlier(a.floor, at)
	if active && (a.last == 0 || at > a.last) {
		a.last = at
	}
}

// earlier gives the earlier of two times of which 0 says never.
func earlier(x, y int64) int64 {
	if x == 0 || y != 0 && y < x {
		return y
	}
	return x
}

// join takes over when somebody was seen who is the same person.
func (a *activity) join(b *activity) {
	a.first, a.floor = earlier(a.first, b.first), earlier(a.floor, b.floor)
	if a.last == 0 || b.last != 0 && b.last > a.last {
		a.last = b.last
	}
}

// profile is the rest of a customer's record, read only where it is needed.
type profile struct {
	shop       id.ID
	externalID string
	layers     layers
	shown      shown
	created    int64
	updated    int64 // as it is stored
	// as they are stored
	storedShop       id.ID
	storedExternalID string
}

// person is a customer in a batch.
type person struct {
	id           id.ID
	fresh        bool // not stored yet
	was, is      activity
	profile      *profile
	wantsProfile bool
	changed      bool    // the profile is not what it was
	reshown      bool    // nor is what is shown of it
	described    bool    // nor are the words by which he is found
	totals       *Totals // new ones, nil while they are what they were
}

func (b *batch) addPerson(c id.ID) *person {
	if p := b.people[c]; p != nil {
		return p
	}
	p := &person{id: c}
	b.people[c] = p
	b.peoples = append(b.peoples, p)
	return p
}

// loadPeople reads the records of everybody concerned.
func (b *batch) loadPeople(ctx context.Context) error {
	b.claimRecords()
	for _, a := range b.absorbs {
		b.addPerson(a.from).wantsProfile = true
		b.addPerson(a.to).wantsProfile = true
	}
	for c := range b.partial {
		b.addPerson(c).wantsProfile = true
	}
	slices.SortFunc(b.peoples, func(x, y *person) int { return cmp.Compare(x.id, y.id) })
	if err := b.loadActivity(ctx); err != nil {
		return err
	}
	return b.loadProfiles(ctx)
}

// claimRecords marks who becomes known by a user id in this batch.
func (b *batch) claimRecords() {
	for _, k := range b.keyList {
		if isUser(k.name) && k.was.customer == 0 && k.spoken {
			b.addPerson(k.is.customer).wantsProfile = true
		}
	}
}

// fold brings the batch into the records of the people it concerns.
func (b *batch) fold(ctx context.Context) error {
	b.join()
	for _, k := range b.keyList {
		if isUser(k.name) && k.was.customer == 0 && k.spoken {
			b.identify(k)
		}
	}
	for i := range b.signals {
		sig, r := &b.signals[i], &b.readings[i]
		p := r.person
		if p == nil {
			continue
		}
		if p.fresh && p.profile.shop == 0 {
			p.profile.shop = sig.ShopID
		}
		p.is.see(clampAt(sig.At), sig.Activity)
		b.noteIdentities(sig, r)
		if len(r.said) == 0 {
			continue
		}
		if err := b.foldTraits(ctx, sig, r); err != nil {
			return err
		}
	}
	b.foldSessions()
	for _, p := range b.peoples {
		if p.changed {
			p.reshow()
		}
	}
	return nil
}

// identify gives a record its user id. What a guest's record held becomes loose: it goes with his address.
func (b *batch) identify(k *key) {
	p := b.people[k.is.customer]
	_, value := split(k.name)
	_, user := split(value)
	p.profile.externalID = user
	p.changed, p.described = true, true
	if p.fresh || len(p.profile.layers.own) == 0 {
		return
	}
	for _, g := range b.keyList { // rare: only guests come here
		if g.was.customer == p.id && g.was.holder == "" && !isUser(g.name) {
			b.keyedLayer(g.name).fresh(p.profile.layers.own)
			break
		}
	}
	p.profile.layers.loose.merge(p.profile.layers.own)
	p.profile.layers.own = nil
}

// join brings absorbed records into those that took them in, and marks the sessions of those who gave or got a part.
func (b *batch) join() {
	for _, m := range b.out.Moves {
		if m.AnonymousID != "" {
			b.part(m)
		}
	}
	for _, a := range b.absorbs {
		from, to := b.people[a.from], b.people[a.to]
		to.is.session = b.joinSessions(to, from)
		to.is.join(&from.was)
		if len(from.profile.layers.own) > 0 {
			b.keyedLayer(a.key).fresh(from.profile.layers.own)
			to.profile.layers.loose.merge(from.profile.layers.own)
		}
		to.profile.layers.loose.merge(from.profile.layers.loose)
		to.changed, to.described = true, true
		if to.profile.shop == 0 {
			to.profile.shop = from.profile.shop
		}
	}
}

// part makes unsure what is known of the visits of two people of whom one gives a part of his events to the other.
func (b *batch) part(m Move) {
	giver, rest, to := b.people[m.From], b.people[b.living(m.From)], b.people[m.To]
	if giver == nil {
		giver = rest
	}
	had := giver.was.session
	from, until := max(m.FromAt, giver.was.floor), min(m.UntilAt-1, had.until)
	if had.id == 0 || from > until {
		return
	}
	for _, p := range []*person{giver, rest, to} {
		p.is.session.campaign = unsure
	}
	if s := &to.is.session; s.id == 0 {
		s.id, s.from, s.until = had.id, from, until
	} else {
		s.until = max(s.until, until)
	}
	to.is.floor = earlier(to.is.floor, from)
	b.respan(rest.id, from, until+1)
	b.respan(to.id, from, until+1)
}

// joinSessions gives the newest session of two records that become one, and asks for the time of the absorbed one to be worked out anew.
func (b *batch) joinSessions(to, from *person) session {
	s, t := to.is.session, from.is.session
	switch {
	case t.id == 0:
		return s
	case s.id == 0:
		return t
	}
	if one, ok := oneSession(to, from); ok {
		// To its very end: events of this batch that lie in it have its id already, and would end the walk before those that have not.
		b.respan(to.id, from.is.floor, one.until+1)
		return one
	}
	b.respan(to.id, from.is.floor, t.until+1)
	if t.until > s.until {
		s, t = t, s
	}
	if t.until >= s.from-sessionGap {
		s.campaign = unsure
	}
	return s
}

// oneSession gives the session that those of two records are together, where that is certain: the later one lies within reach of the earlier
// one, names no campaign of its own, and has nothing before it that could lie before the earlier one or cut it. It is the way of most people who
// say on a second device who they are.
func oneSession(x, y *person) (session, bool) {
	if x.is.session.from > y.is.session.from {
		x, y = y, x
	}
	a, b := x.is.session, y.is.session
	if a.campaign == unsure || b.campaign == unsure || a.from == b.from || b.from > a.until+sessionGap || y.is.floor < b.from ||
		b.campaign != "" && b.campaign != a.campaign {
		return session{}, false
	}
	a.until = max(a.until, b.until)
	return a, true
}

func (b *batch) respan(c id.ID, from, until int64) {
	b.out.Resession = append(b.out.Resession, PersonSpan{c, max(from, minAt), min(until, maxAt+1)})
}

func (b *batch) foldTraits(ctx context.Context, sig *Signal, r *reading) error {
	p := r.person
	at := clampAt(sig.At)
	given := make(layer, len(r.said))
	for _, s := range r.said {
		rank := at
		if sig.Server && (s.name == traitEmail || s.name == traitPhone) {
			rank += verifiedRank
		}
		given.put(s.name, trait{rank, s.value})
	}
	into := &p.profile.layers.own
	switch {
	case r.user != nil:
	case r.device != nil:
		into = &p.profile.layers.loose
		b.loose = append(b.loose, newLooseRow(KindAnonymous+":"+r.device.id, at, sig, given))
	default:
		root := r.guest
		if h := root.is.holder; h != "" && !isUser(h) {
			root = b.keys[h]
		}
		if root.is.holder != "" {
			into = &p.profile.layers.loose
			k := b.keyedLayer(root.name)
			if err := b.loadKeyed(ctx, k); err != nil {
				return err
			}
			k.changed = k.layer.merge(given) || k.changed
		}
	}
	if into.merge(given) {
		into.bound()
		p.changed = true
	}
	return nil
}

// reshow works out the columns of a profile and whether the words by which it is found are others.
func (p *person) reshow() {
	old := p.profile.shown
	p.profile.shown = p.profile.layers.show()
	n := &p.profile.shown
	p.reshown = p.reshown || !old.equal(n) || p.profile.shop != p.profile.storedShop || p.profile.externalID != p.profile.storedExternalID
	if old.name != n.name || old.email != n.email || old.phone != n.phone || old.city != n.city {
		p.described = true
	}
}

// sortKey is what lists of customers are sorted by: the name, else the address; nameless ones come last.
func sortKey(name, email string) string {
	if k := search.SortKey(name); k != "" {
		return k
	}
	if email != "" {
		return email
	}
	return "\U0010FFFD"
}

// foldSessions gives every event its session. Events of one person are taken in order of time.
func (b *batch) foldSessions() {
	order := make([]int32, 0, len(b.signals))
	for i := range b.signals {
		if b.signals[i].Activity && b.signals[i].EventID != 0 && b.readings[i].person != nil {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(x, y int32) int {
		s, t := &b.signals[x], &b.signals[y]
		return cmp.Or(cmp.Compare(b.readings[x].person.id, b.readings[y].person.id), cmp.Compare(s.At, t.At),
			cmp.Compare(s.MessageHash, t.MessageHash), cmp.Compare(s.EventID, t.EventID))
	})
	var of *person
	var was, late session // the newest before the batch; one of events older than it
	for _, i := range order {
		sig, p := &b.signals[i], b.readings[i].person
		if p != of {
			of, was, late = p, p.is.session, session{}
		}
		at, v := clampAt(sig.At), &b.out.Verdicts[i]
		s := &p.is.session
		if was.id != 0 && s.id == was.id && s.campaign != unsure &&
			(at == was.from || at == was.until && sig.Campaign != "" && sig.Campaign != s.campaign) {
			s.campaign = unsure // which of two events of one moment comes first is not known here any more
		}
		switch {
		case s.id != 0 && s.campaign == unsure && at >= s.from-sessionGap && at <= s.until+sessionGap:
			s.from, s.until, v.SessionID = min(s.from, at), max(s.until, at), s.id
			b.respan(p.id, at, at+1)
		case s.id == 0 || at > s.until || at == s.until && !s.holds(at, sig.Campaign):
			next, began := s.next(at, sig.EventID, sig.Campaign)
			*s, v.SessionID, v.SessionStart = next, next.id, began
		case s.holds(at, sig.Campaign):
			v.SessionID = s.id
		default:
			next, began := late.next(at, sig.EventID, sig.Campaign)
			late, v.SessionID, v.SessionStart = next, next.id, began
			b.respan(p.id, at, at+1)
			if at >= s.from-sessionGap {
				s.campaign = unsure
				b.respan(p.id, at, s.until+1)
			}
		}
	}
	b.out.Resession = joinSpans(b.out.Resession)
}

// joinSpans brings spans into order and joins those of one person that touch or lie within a day of each other.
func joinSpans(spans []PersonSpan) []PersonSpan {
	const near = 24 * 3600 * 1_000_000
	slices.SortFunc(spans, func(x, y PersonSpan) int {
		return cmp.Or(cmp.Compare(x.CustomerID, y.CustomerID), cmp.Compare(x.FromAt, y.FromAt))
	})
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && out[n-1].CustomerID == s.CustomerID && s.FromAt <= out[n-1].UntilAt+near {
			out[n-1].UntilAt = max(out[n-1].UntilAt, s.UntilAt)
			continue
		}
		out = append(out, s)
	}
	return out
}
