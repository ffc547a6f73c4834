package customer

import (
	"context"
	"slices"

	"rapport/internal/base/id"
)

// load reads everything that is known of the keys and devices of the batch, and of those these point at.
func (b *batch) load(ctx context.Context) error {
	if err := b.loadDevices(ctx); err != nil {
		return err
	}
	return b.loadKeys(ctx)
}

// loadDevices reads the devices that were added since it ran last, and adds the keys of their claimants.
func (b *batch) loadDevices(ctx context.Context) error {
	c := &b.svc.cache
	var want []string
	by := map[string]*device{}
	for _, d := range b.devList[b.devLoaded:] {
		if st, ok := c.devices.get(d.id); ok {
			d.was = st
			continue
		}
		by[d.id] = d
		want = append(want, d.id)
	}
	if err := selectClaims(ctx, b.tx, want, func(anonymous string, cl claim) {
		d := by[anonymous]
		d.was.claims = append(d.was.claims, cl)
	}); err != nil {
		return err
	}
	if err := selectKeys(ctx, b.tx, KindAnonymous, want, func(value string, o owned) { by[value].was.anonymous = o.customer }); err != nil {
		return err
	}
	for _, d := range b.devList[b.devLoaded:] {
		d.is = d.was
		for _, cl := range d.was.claims {
			b.key(cl.claimant)
		}
	}
	for _, name := range want {
		b.unsure = append(b.unsure, by[name])
	}
	b.devLoaded = len(b.devList)
	return nil
}

// loadKeys reads the keys that were added since it ran last, and those of their holders.
func (b *batch) loadKeys(ctx context.Context) error {
	for b.keysLoaded < len(b.keyList) {
		c := &b.svc.cache
		fresh := b.keyList[b.keysLoaded:]
		b.keysLoaded = len(b.keyList)
		want := map[string][]string{}
		for _, k := range fresh {
			if o, ok := c.keys.get(k.name); ok {
				k.was = o
				continue
			}
			kind, value := split(k.name)
			want[kind] = append(want[kind], value)
		}
		for kind, values := range want {
			if err := selectKeys(ctx, b.tx, kind, values, func(value string, o owned) { b.keys[kind+":"+value].was = o }); err != nil {
				return err
			}
		}
		for _, k := range fresh {
			k.is = k.was
			if k.was.holder != "" {
				b.key(k.was.holder)
			}
		}
	}
	// A claim whose claimant is nobody must not be, and counts for nothing: a batch that stopped at it would come again for ever.
	for _, d := range b.unsure {
		d.was.claims = slices.DeleteFunc(d.was.claims, func(c claim) bool { return b.keys[c.claimant].was.customer == 0 })
		d.is = d.was
	}
	b.unsure = nil
	return nil
}

// loadTakeovers adds the devices that an address which changes hands has claimed.
func (b *batch) loadTakeovers(ctx context.Context) error {
	for _, t := range b.takeover {
		rows, err := selectIdentities(ctx, b.tx, []id.ID{t.from})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if r.via == t.key.name && r.kind == KindAnonymous {
				b.device(r.value)
			}
		}
	}
	if err := b.loadDevices(ctx); err != nil {
		return err
	}
	return b.loadKeys(ctx)
}

func (b *batch) loadActivity(ctx context.Context) error {
	c := &b.svc.cache
	var want []id.ID
	for _, p := range b.peoples {
		if p.fresh {
			continue
		}
		if a, ok := c.people.get(p.id); ok {
			p.was, p.is = a, a
			continue
		}
		want = append(want, p.id)
	}
	return selectActivity(ctx, b.tx, want, func(c id.ID, a activity) {
		p := b.people[c]
		p.was, p.is = a, a
	})
}

func (b *batch) loadProfiles(ctx context.Context) error {
	var want []id.ID
	for _, p := range b.peoples {
		if p.wantsProfile && p.profile == nil {
			want = append(want, p.id)
		}
	}
	return selectProfiles(ctx, b.tx, want, func(c id.ID, pr *profile) { b.people[c].profile = pr })
}
