package customer

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"rapport/internal/base/id"
)

const dayLength = 24 * 3600 * 1_000_000

// identityKey is the key of a row of customer_identities.
type identityKey struct {
	customer         id.ID
	kind, value, via string
}

type identityRow struct {
	verified    bool
	source      id.ID
	first, last int64
}

// days says when an identity was seen: its first moment and the beginning of its last day.
type days struct{ first, last int64 }

func dayOf(at int64) int64 {
	d := at - at%dayLength
	if at < 0 && d != at {
		d -= dayLength
	}
	return d
}

// noteIdentities keeps what a signal says about who somebody is, also what binds nobody.
func (b *batch) noteIdentities(sig *Signal, r *reading) {
	at := clampAt(sig.At)
	switch {
	case r.user != nil:
		c := r.user.is.customer
		_, value := split(r.user.name)
		_, user := split(value)
		b.note(identityKey{c, KindExternal, user, ""}, sig, at, true)
		if r.device != nil {
			b.note(identityKey{c, KindAnonymous, r.device.id, ""}, sig, at, sig.Identify || sig.Server)
		}
		if p := ident(sig.PreviousID); p != "" {
			b.note(identityKey{c, KindAnonymous, p, ""}, sig, at, true)
		}
		b.noteAddresses(c, "", sig, r, at)
	case r.guest != nil:
		c, via := r.guest.is.customer, r.guest.name
		b.noteAddresses(c, via, sig, r, at)
		if r.device != nil {
			b.note(identityKey{c, KindAnonymous, r.device.id, via}, sig, at, true)
		}
	case r.device != nil:
		via := KindAnonymous + ":" + r.device.id
		if len(r.device.is.claims) == 0 {
			b.note(identityKey{r.person.id, KindAnonymous, r.device.id, via}, sig, at, true)
		}
		b.noteAddresses(r.person.id, via, sig, r, at)
	}
}

func (b *batch) noteAddresses(c id.ID, via string, sig *Signal, r *reading, at int64) {
	if r.email != "" {
		b.note(identityKey{c, KindEmail, r.email, via}, sig, at, sig.Server)
	}
	if r.phone != "" {
		b.note(identityKey{c, KindPhone, r.phone, via}, sig, at, sig.Server)
	}
}

func (b *batch) note(k identityKey, sig *Signal, at int64, verified bool) {
	h := k.hash(verified)
	if d, ok := b.svc.cache.seen.get(h); ok && d.first <= at && d.last >= dayOf(at) {
		return
	}
	row := b.identities[k]
	if row == nil {
		b.identities[k] = &identityRow{verified: verified, source: sig.SourceID, first: at, last: dayOf(at)}
		return
	}
	row.verified = row.verified || verified
	if at < row.first || at == row.first && sig.SourceID < row.source {
		row.first, row.source = at, sig.SourceID
	}
	row.last = max(row.last, dayOf(at))
}

func (k identityKey) hash(verified bool) uint64 {
	var space [96]byte
	b := binary.LittleEndian.AppendUint64(space[:0], uint64(k.customer))
	if verified {
		b = append(b, 1)
	}
	b = append(append(append(append(append(b, k.kind...), 0), k.value...), 0), k.via...)
	return xxh3.Hash(b)
}
