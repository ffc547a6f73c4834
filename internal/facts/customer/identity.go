package customer

import (
	"cmp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"rapport/internal/base/id"
)

// The kinds of identity keys.
const (
	KindExternal  = "external_id"
	KindAnonymous = "anonymous_id"
	KindEmail     = "email"
	KindPhone     = "phone"
)

// Event times outside these years are brought to their edge, so that every engine can hold the ends of a Move.
const (
	minAt = -62135596800000000 // year 1
	maxAt = 253402300799999999 // year 9999
)

// maxID is the longest identifier that is believed; a longer one is no identifier, since no index could hold it.
const maxID = 500

// The kinds of claims.
const (
	claimIdentify = "identify"
	claimAlias    = "alias"
	claimSoft     = "soft" // both ids on another event
)

// A claimant and a holder are written as identity keys, kind first: "external_id:1:42", "email:a@b".
func userKey(shop id.ID, user string) string {
	b := make([]byte, 0, len(KindExternal)+22+len(user))
	b = append(b, KindExternal...)
	b = append(b, ':')
	b = strconv.AppendInt(b, int64(shop), 10)
	b = append(b, ':')
	return string(append(b, user...))
}

func isUser(key string) bool { return strings.HasPrefix(key, KindExternal+":") }

// split gives kind and value of an identity key.
func split(key string) (kind, value string) {
	kind, value, _ = strings.Cut(key, ":")
	return kind, value
}

// claim says that a person was at a device.
type claim struct {
	at             int64
	claimant, kind string
}

func compareClaims(a, b claim) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.claimant, b.claimant), cmp.Compare(a.kind, b.kind))
}

// addClaim gives the claims with one more, in order, in a slice of its own. A claimant's soft claim stands for the earliest event with both
// ids: there is one at most, and none where he has identified by then.
func addClaim(claims []claim, c claim) (out []claim, removed *claim, changed bool) {
	for i := range claims {
		old := claims[i]
		if old.claimant != c.claimant {
			continue
		}
		switch {
		case c.kind == claimSoft && old.kind != claimAlias && old.at <= c.at:
			return claims, nil, false
		case old.kind == claimSoft && c.kind != claimAlias && old.at >= c.at:
			removed = &old
		}
	}
	i, have := slices.BinarySearchFunc(claims, c, compareClaims)
	if have {
		return claims, nil, false
	}
	out = make([]claim, 0, len(claims)+1)
	out = append(append(append(out, claims[:i]...), c), claims[i:]...)
	if removed != nil {
		out = slices.DeleteFunc(out, func(x claim) bool { return x == *removed })
	}
	return out, removed, true
}

// claimantAt gives who owns what happened anonymously at t: the newest claim at or before it, else the first claim. Of several
// at one moment the one with the greatest key. "" without claims.
func claimantAt(claims []claim, t int64) string {
	if len(claims) == 0 {
		return ""
	}
	if t < claims[0].at {
		t = claims[0].at
	}
	i := sort.Search(len(claims), func(i int) bool { return claims[i].at > t })
	return claims[i-1].claimant
}

// stretch is a time in which a device's anonymous events belong to one customer: [from, until).
type stretch struct {
	from, until int64
	owner       id.ID
}

// stretches cuts all time by the owner of a device. Without claims all of it is the anonymous customer's.
func stretches(claims []claim, anonymous id.ID, person func(claimant string) id.ID) []stretch {
	if len(claims) == 0 {
		return []stretch{{minAt, maxAt + 1, anonymous}}
	}
	out := make([]stretch, 0, 4)
	for i := range claims {
		if i+1 < len(claims) && claims[i+1].at == claims[i].at {
			continue // the last of one moment holds
		}
		from := claims[i].at
		if len(out) == 0 {
			from = minAt
		}
		owner := person(claims[i].claimant)
		if n := len(out); n > 0 {
			if out[n-1].owner == owner {
				continue
			}
			out[n-1].until = from
		}
		out = append(out, stretch{from, maxAt + 1, owner})
	}
	return out
}

// differences calls fn for every stretch of time whose owner is another one after than before.
func differences(before, after []stretch, fn func(from, until int64, was, is id.ID)) {
	i, j := 0, 0
	for i < len(before) && j < len(after) {
		from, until := max(before[i].from, after[j].from), min(before[i].until, after[j].until)
		if from < until && before[i].owner != after[j].owner {
			fn(from, until, before[i].owner, after[j].owner)
		}
		if before[i].until == until {
			i++
		}
		if after[j].until == until {
			j++
		}
	}
}

// evidence says whose an e-mail address or phone number is.
type evidence struct {
	holder string // key of a user, of an e-mail address that came together with a phone number, or "" for a guest
	at     int64
}

// class sorts evidence: a user is better than a guest; a phone number given with an e-mail address follows that address.
func (e evidence) class() int {
	switch {
	case e.holder == "":
		return 2
	case isUser(e.holder):
		return 0
	}
	return 1
}

// betterThan tells whether e decides and not f: the better class, then the earlier.
func (e evidence) betterThan(f evidence) bool {
	return cmp.Or(cmp.Compare(e.class(), f.class()), cmp.Compare(e.at, f.at), cmp.Compare(e.holder, f.holder)) < 0
}

func clampAt(at int64) int64 { return min(max(at, minAt), maxAt) }
