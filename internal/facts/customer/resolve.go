package customer

import (
	"context"
	"slices"

	"rapport/internal/base/address"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// owned is an identity key as it is stored.
type owned struct {
	customer id.ID
	evidence
}

// key is an identity key in a batch: what it was and what the batch makes of it.
type key struct {
	name    string // kind first
	was, is owned
	spoken  bool // the batch has evidence for it; keys are also here because others point at them
}

type keyName struct{ kind, value string }

// deviceState is what is known of an anonymous id.
type deviceState struct {
	claims    []claim
	anonymous id.ID // its anonymous customer, while nobody has claimed it
}

type device struct {
	id             string
	was, is        deviceState
	added, removed []claim
	row            *lostIdentity // names the device of an anonymous customer, where somebody wants to know
}

// reading is a signal in normal form.
type reading struct {
	user   *key
	guest  *key // a verified address of a signal without user id
	device *device
	said   []said
	email  string
	phone  string
	person *person
}

// batch is the state of one Resolve.
type batch struct {
	svc      *Service
	tx       *sqldb.Tx
	signals  []Signal
	readings []reading
	now      int64
	version  int64

	keys    map[string]*key
	keyList []*key // in order of appearance
	devices map[string]*device
	devList []*device
	// how much of the lists is loaded
	keysLoaded, devLoaded int
	unsure                []*device // were read, and their claimants not yet
	people                map[id.ID]*person
	peoples               []*person
	absorbed              map[id.ID]id.ID // -> who took him in
	absorbs               []absorption
	takeover              []takeover
	partial               map[id.ID]bool // gave or got a part: loose traits must be worked out anew
	loose                 []looseRow
	keyed                 map[string]*keyedLayer
	forgotten             []keyName       // see forget
	moved                 map[string]bool // devices of which stretches changed hands

	identities map[identityKey]*identityRow
	then       func(*Resolved) ([]Totals, error)
	others     []Totals // of people who are not in the batch
	out        Resolved
	formers    *Formers // wanted: what must be known to take it back, see undo.go
	befores    map[id.ID]*before
	had        map[identityKey]identityRow // their identities
}

// absorption is a customer who is somebody else entirely.
type absorption struct {
	from, to id.ID
	key      string // identity key of a guest; of an anonymous customer his device's
}

// takeover is an address that goes from one known person to another.
type takeover struct {
	key      *key
	from, to id.ID
}

func (s *Service) newBatch(tx *sqldb.Tx, signals []Signal) *batch {
	return &batch{
		svc: s, tx: tx, signals: signals, now: clock.Micros(s.Clock.Now()), readings: make([]reading, len(signals)),
		keys: make(map[string]*key, len(signals)/2), devices: make(map[string]*device, len(signals)/2),
		people: make(map[id.ID]*person, len(signals)/2), absorbed: map[id.ID]id.ID{}, partial: map[id.ID]bool{},
		identities: map[identityKey]*identityRow{}, keyed: map[string]*keyedLayer{}, moved: map[string]bool{},
		out: Resolved{Verdicts: make([]Verdict, len(signals))},
	}
}

// resolve is the whole of Resolve in order.
func (b *batch) resolve(ctx context.Context) error {
	steps := []func(context.Context) error{
		b.lock, b.read, b.load, b.weigh, b.settle, b.compare, b.judge, b.loadPeople, b.remembered, b.fold, b.sum, b.write, b.workOutLoose, b.listFormers, b.finish,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// read brings every signal into normal form and collects the keys and devices that it names.
func (b *batch) read(context.Context) error {
	for i := range b.signals {
		sig, r := &b.signals[i], &b.readings[i]
		if user := ident(sig.UserID); user != "" {
			r.user = b.key(userKey(sig.ShopID, user))
		}
		if d := ident(sig.AnonymousID); d != "" {
			r.device = b.device(d)
		}
		if p := ident(sig.PreviousID); p != "" && r.user != nil {
			b.device(p)
		}
		b.readAddresses(sig, r)
		if !sig.Server {
			continue
		}
		if r.email != "" {
			r.guest = b.key(KindEmail + ":" + r.email)
		}
		if r.phone != "" {
			k := b.key(KindPhone + ":" + r.phone)
			if r.guest == nil {
				r.guest = k
			}
		}
	}
	return nil
}

func (b *batch) readAddresses(sig *Signal, r *reading) {
	if len(sig.Traits) == 0 && sig.Email == "" && sig.Phone == "" {
		return
	}
	region := ""
	if b.svc.Region != nil {
		region = b.svc.Region(sig.ShopID)
	}
	r.said = readTraits(sig.Traits, region)
	for _, s := range r.said {
		switch s.name {
		case traitEmail:
			r.email = s.text
		case traitPhone:
			r.phone = s.text
		}
	}
	if r.email == "" && sig.Email != "" {
		if e, ok := address.Email(sig.Email); ok {
			r.email = e
			r.said = append(r.said, said{name: traitEmail, value: quote(e), text: e})
		}
	}
	if r.phone == "" && sig.Phone != "" {
		if p, ok := address.Phone(sig.Phone, region); ok {
			r.phone = p
			r.said = append(r.said, said{name: traitPhone, value: quote(p), text: p})
		}
	}
}

// ident gives an identifier as it can be stored, "" where it can be none.
func ident(s string) string {
	if s == "" || len(s) > maxID {
		return ""
	}
	return sqldb.Clean(s)
}

func (b *batch) key(name string) *key {
	k := b.keys[name]
	if k == nil {
		k = &key{name: name}
		b.keys[name] = k
		b.keyList = append(b.keyList, k)
	}
	return k
}

func (b *batch) device(anonymous string) *device {
	d := b.devices[anonymous]
	if d == nil {
		d = &device{id: anonymous}
		b.devices[anonymous] = d
		b.devList = append(b.devList, d)
	}
	return d
}

// weigh adds what the batch says about addresses and devices to what was known. Nothing here depends on order.
func (b *batch) weigh(context.Context) error {
	for i := range b.signals {
		sig, r := &b.signals[i], &b.readings[i]
		at := clampAt(sig.At)
		holder := ""
		if r.user != nil {
			holder = r.user.name
			if r.user.was.customer == 0 {
				r.user.offer(evidence{"", at})
			}
		}
		if r.guest != nil {
			if r.email != "" {
				b.keys[KindEmail+":"+r.email].offer(evidence{holder, at})
			}
			if r.phone != "" {
				h := holder
				if h == "" && r.email != "" {
					h = KindEmail + ":" + r.email
				}
				b.keys[KindPhone+":"+r.phone].offer(evidence{h, at})
			}
		}
		switch {
		case r.device == nil:
		case r.user != nil && sig.Identify:
			r.device.claim(claim{at, holder, claimIdentify})
		case r.user != nil:
			r.device.claim(claim{at, holder, claimSoft})
		case r.guest != nil:
			r.device.claim(claim{at, r.guest.name, claimIdentify})
		}
		if p := ident(sig.PreviousID); p != "" && r.user != nil {
			b.devices[p].claim(claim{at, holder, claimAlias})
		}
	}
	return nil
}

func (k *key) offer(e evidence) {
	if !k.named() || e.betterThan(k.is.evidence) {
		k.is.evidence = e
	}
	k.spoken = true
}

func (d *device) claim(c claim) {
	claims, removed, changed := addClaim(d.is.claims, c)
	if !changed {
		return
	}
	d.is.claims = claims
	d.added = append(d.added, c)
	if removed == nil {
		return
	}
	if i := slices.Index(d.added, *removed); i >= 0 {
		d.added = slices.Delete(d.added, i, i+1)
	} else {
		d.removed = append(d.removed, *removed)
	}
}

// settle decides which customer every key belongs to. New persons take over the record of the guest or anonymous visitor that they
// turn out to be, so that nothing need be moved.
func (b *batch) settle(context.Context) error {
	taken := map[id.ID]bool{}
	for _, k := range b.keyList {
		if k.was.customer == 0 || k.was.holder != "" || !isUser(k.is.holder) || isUser(k.name) {
			continue
		}
		if u := b.keys[k.is.holder]; u.is.customer == 0 && !taken[k.was.customer] {
			u.is.customer, taken[k.was.customer] = k.was.customer, true
		}
	}
	for _, d := range b.devList {
		if d.was.anonymous == 0 || len(d.was.claims) > 0 || len(d.is.claims) == 0 || taken[d.was.anonymous] {
			continue
		}
		first := b.keys[claimantAt(d.is.claims, minAt)]
		if first.is.customer == 0 && (isUser(first.name) || first.is.holder == "") {
			first.is.customer, taken[d.was.anonymous] = d.was.anonymous, true
		}
	}
	for _, users := range []bool{true, false} {
		for _, k := range b.keyList {
			if isUser(k.name) == users && k.is.customer == 0 && k.named() && (users || k.is.holder == "") {
				k.is.customer = b.newCustomer()
			}
		}
	}
	// Addresses of others follow their holders, e-mail first since phones follow e-mail.
	for _, prefix := range []string{KindEmail, KindPhone} {
		for _, k := range b.keyList {
			if kind, _ := split(k.name); kind != prefix || k.is.holder == "" || !k.named() {
				continue
			}
			h := b.keys[k.is.holder]
			if h == nil {
				continue // not of this batch, so it is where it was
			}
			k.is.customer = h.is.customer
			if k.was.customer == 0 || k.was.customer == k.is.customer || b.absorbed[k.was.customer] == k.is.customer {
				continue
			}
			if k.was.holder == "" {
				b.absorb(absorption{k.was.customer, k.is.customer, k.name})
			} else {
				b.takeover = append(b.takeover, takeover{k, k.was.customer, k.is.customer})
			}
		}
	}
	return nil
}

// named tells whether the batch, or anything before it, has evidence for the key.
func (k *key) named() bool { return k.spoken || k.was.customer != 0 }

func (b *batch) absorb(a absorption) {
	if _, done := b.absorbed[a.from]; done || a.from == a.to {
		return
	}
	b.absorbed[a.from] = a.to
	b.absorbs = append(b.absorbs, a)
}

func (b *batch) newCustomer() id.ID {
	p := b.addPerson(b.svc.IDs.New())
	p.fresh, p.changed, p.profile = true, true, &profile{created: b.now}
	return p.id
}

// living gives the customer that c is by the end of the batch.
func (b *batch) living(c id.ID) id.ID {
	if to, ok := b.absorbed[c]; ok {
		return to
	}
	return c
}

// compare works out which stored rows change hands.
func (b *batch) compare(ctx context.Context) error {
	if err := b.loadTakeovers(ctx); err != nil {
		return err
	}
	was := func(claimant string) id.ID { return b.keys[claimant].was.customer }
	is := func(claimant string) id.ID { return b.keys[claimant].is.customer }
	for _, d := range b.devList {
		if len(d.is.claims) == 0 {
			continue
		}
		if len(d.was.claims) == 0 && d.was.anonymous != 0 {
			first := is(claimantAt(d.is.claims, minAt))
			d.is.anonymous = first
			b.absorb(absorption{d.was.anonymous, first, KindAnonymous + ":" + d.id})
		}
	}
	for _, d := range b.devList {
		if len(d.is.claims) == 0 || len(d.was.claims) == 0 && d.was.anonymous == 0 || len(d.added)+len(d.removed)+len(b.takeover) == 0 {
			continue
		}
		before := stretches(d.was.claims, d.was.anonymous, was)
		after := stretches(d.is.claims, 0, is)
		differences(before, after, func(from, until int64, was, is id.ID) {
			if b.absorbed[was] == is {
				return // goes with everything else of his
			}
			b.out.Moves = append(b.out.Moves, Move{From: was, To: is, AnonymousID: d.id, FromAt: from, UntilAt: until})
			b.partial[b.living(was)], b.partial[is], b.moved[d.id] = true, true, true
		})
	}
	for _, t := range b.takeover {
		b.partial[t.from], b.partial[t.to] = true, true
		if kind, value := split(t.key.name); kind == KindEmail {
			b.out.Moves = append(b.out.Moves, Move{From: t.from, To: t.to, Email: value, FromAt: minAt, UntilAt: maxAt + 1})
		}
	}
	for _, a := range b.absorbs {
		b.out.Moves = append(b.out.Moves, Move{From: a.from, To: a.to, FromAt: minAt, UntilAt: maxAt + 1})
	}
	return nil
}

// judge gives every signal its customer.
func (b *batch) judge(context.Context) error {
	for i := range b.signals {
		sig, r := &b.signals[i], &b.readings[i]
		var c id.ID
		switch {
		case r.user != nil:
			c = r.user.is.customer
		case r.device != nil:
			d := r.device
			if len(d.is.claims) > 0 {
				c = b.keys[claimantAt(d.is.claims, clampAt(sig.At))].is.customer
				break
			}
			if d.is.anonymous == 0 {
				d.is.anonymous = b.newCustomer()
			}
			c = d.is.anonymous
		case r.guest != nil:
			c = r.guest.is.customer
		default:
			continue
		}
		b.out.Verdicts[i].CustomerID = c
		p := b.people[c]
		if p == nil {
			p = b.addPerson(c)
		}
		r.person = p
		if len(r.said) > 0 {
			p.wantsProfile = true
		}
	}
	return nil
}
