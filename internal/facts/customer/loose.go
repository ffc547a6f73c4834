package customer

import (
	"context"

	"github.com/zeebo/xxh3"

	"rapport/internal/base/id"
)

// looseRow is what one signal without a user id said on a device. It is kept, because the device's time may change hands.
type looseRow struct {
	identity     string
	at, hash     int64
	verified     bool
	source, shop id.ID
	layer        layer
}

func newLooseRow(identity string, at int64, sig *Signal, l layer) looseRow {
	r := looseRow{identity: identity, at: at, verified: sig.Server, source: sig.SourceID, shop: sig.ShopID, layer: l}
	r.hash = int64(xxh3.Hash(l.appendJSON(nil)) >> 1)
	return r
}

// keyedLayer is what was said by way of an address about a person who is known otherwise. It goes where the address goes.
type keyedLayer struct {
	name            string
	loaded, changed bool
	layer           layer
	stored          *[]byte // what was stored before, where somebody wants to know
}

func (b *batch) keyedLayer(name string) *keyedLayer {
	k := b.keyed[name]
	if k == nil {
		k = &keyedLayer{name: name}
		b.keyed[name] = k
	}
	return k
}

// fresh begins a layer with what a guest's own record held; nothing can be stored under the name yet.
func (k *keyedLayer) fresh(l layer) {
	k.loaded, k.changed = true, true
	k.layer.merge(l)
}

func (b *batch) loadKeyed(ctx context.Context, k *keyedLayer) error {
	if k.loaded {
		return nil
	}
	k.loaded = true
	rows, err := selectLoose(ctx, b.tx, k.name)
	if err != nil {
		return err
	}
	for _, r := range rows {
		k.layer.merge(r.layer)
	}
	if b.formers != nil {
		was := k.layer.appendJSON(nil)
		k.stored = &was
	}
	return nil
}

// workOutLoose makes the loose traits anew of everybody who gave or got a part of what was said without user id. It runs when all else is
// written, and so reads everything from the store.
func (b *batch) workOutLoose(ctx context.Context) error {
	for c := range b.partial {
		p := b.people[c]
		rows, err := b.looseOf(ctx, c)
		if err != nil {
			return err
		}
		var l layer
		for _, r := range rows {
			l.merge(r.layer)
		}
		l.bound()
		if sameLayer(l, p.profile.layers.loose) {
			continue
		}
		p.profile.layers.loose = l
		p.changed = true
		p.reshow()
		p.profile.updated = b.now
		if err := updateProfiles(ctx, b.tx, []*person{p}); err != nil {
			return err
		}
	}
	return b.workOutIdentities(ctx)
}

func sameLayer(a, b layer) bool {
	if len(a) != len(b) {
		return false
	}
	for k, t := range a {
		if b[k] != t {
			return false
		}
	}
	return true
}

// looseOf gives everything said without user id that is a customer's at present.
func (b *batch) looseOf(ctx context.Context, c id.ID) ([]looseRow, error) {
	own, err := selectIdentities(ctx, b.tx, []id.ID{c})
	if err != nil {
		return nil, err
	}
	var out []looseRow
	done := map[string]bool{}
	for _, i := range own {
		name := i.kind + ":" + i.value
		if i.kind == KindExternal || done[name] {
			continue
		}
		done[name] = true
		rows, err := selectLoose(ctx, b.tx, name)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			owner, err := b.ownerOf(ctx, i.kind, i.value, r.at)
			if err != nil {
				return nil, err
			}
			if owner == c {
				out = append(out, r)
			}
		}
	}
	return out, nil
}

// ownerOf gives the customer to whom something said at t by way of a device or an address belongs.
func (b *batch) ownerOf(ctx context.Context, kind, value string, t int64) (id.ID, error) {
	if kind != KindAnonymous {
		k := b.key(kind + ":" + value)
		if err := b.loadKeys(ctx); err != nil {
			return 0, err
		}
		return k.is.customer, nil
	}
	d := b.device(value)
	if err := b.load(ctx); err != nil {
		return 0, err
	}
	if len(d.is.claims) == 0 {
		return d.is.anonymous, nil
	}
	return b.keys[claimantAt(d.is.claims, t)].is.customer, nil
}

// workOutIdentities gives the unverified addresses that were said on moved devices to the owners of the moments at which they were said.
func (b *batch) workOutIdentities(ctx context.Context) error {
	for d := range b.moved {
		via := KindAnonymous + ":" + d
		rows, err := selectLoose(ctx, b.tx, via)
		if err != nil {
			return err
		}
		fresh := map[identityKey]*identityRow{}
		for _, r := range rows {
			owner, err := b.ownerOf(ctx, KindAnonymous, d, r.at)
			if err != nil {
				return err
			}
			if r.verified {
				continue // bound to its address, not to the device
			}
			for name, kind := range map[string]string{traitEmail: KindEmail, traitPhone: KindPhone} {
				t, ok := r.layer[name]
				if !ok || len(t.value) < 3 || t.value[0] != '"' {
					continue
				}
				k := identityKey{owner, kind, unquote(t.value), via}
				row := fresh[k]
				if row == nil {
					fresh[k] = &identityRow{source: r.source, first: r.at, last: dayOf(r.at)}
					continue
				}
				if r.at < row.first {
					row.first, row.source = r.at, r.source
				}
				row.last = max(row.last, dayOf(r.at))
			}
		}
		if err := replaceVia(ctx, b.tx, via, b.partial, fresh); err != nil {
			return err
		}
	}
	return nil
}
