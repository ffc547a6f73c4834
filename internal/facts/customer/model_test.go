package customer_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// model is the naive truth: everything ever said, in no order, and functions over it that say who is who.
type model []customer.Signal

func user(s customer.Signal) string { return fmt.Sprintf("external_id:%d:%s", s.ShopID, s.UserID) }

// guest is the address that a signal without user id is known by.
func guest(s customer.Signal) string {
	switch {
	case !s.Server || s.UserID != "":
		return ""
	case s.Email != "":
		return "email:" + s.Email
	case s.Phone != "":
		return "phone:" + s.Phone
	}
	return ""
}

type modelClaim struct {
	at  int64
	who string
}

func (m model) claims(device string) []modelClaim {
	var out []modelClaim
	soft := map[string]int64{}
	for _, s := range m {
		if s.PreviousID == device && s.UserID != "" {
			out = append(out, modelClaim{s.At, user(s)})
		}
		if s.AnonymousID != device {
			continue
		}
		switch {
		case s.UserID != "":
			if s.Identify {
				out = append(out, modelClaim{s.At, user(s)})
			}
			if at, ok := soft[user(s)]; !ok || s.At < at {
				soft[user(s)] = s.At
			}
		case guest(s) != "":
			out = append(out, modelClaim{s.At, guest(s)})
		}
	}
	for who, at := range soft {
		out = append(out, modelClaim{at, who})
	}
	slices.SortFunc(out, func(a, b modelClaim) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.who, b.who)) })
	return out
}

// person gives who stands behind an identity key.
func (m model) person(key string) string {
	kind, value, _ := strings.Cut(key, ":")
	if kind == "external_id" {
		return key
	}
	best, link := modelClaim{}, modelClaim{}
	for _, s := range m {
		if !s.Server || kind == "email" && s.Email != value || kind == "phone" && s.Phone != value {
			continue
		}
		switch {
		case s.UserID != "":
			if best.who == "" || s.At < best.at || s.At == best.at && user(s) < best.who {
				best = modelClaim{s.At, user(s)}
			}
		case kind == "phone" && s.Email != "":
			if l := (modelClaim{s.At, "email:" + s.Email}); link.who == "" || l.at < link.at || l.at == link.at && l.who < link.who {
				link = l
			}
		}
	}
	switch {
	case best.who != "":
		return best.who
	case link.who != "":
		return m.person(link.who)
	}
	return "guest " + key
}

func (m model) owner(s customer.Signal) string {
	switch {
	case s.UserID != "":
		return user(s)
	case s.AnonymousID != "":
		claims := m.claims(s.AnonymousID)
		if len(claims) == 0 {
			return "device " + s.AnonymousID
		}
		at := max(s.At, claims[0].at)
		i := sort.Search(len(claims), func(i int) bool { return claims[i].at > at })
		return m.person(claims[i-1].who)
	case guest(s) != "":
		return m.person(guest(s))
	}
	return ""
}

type value struct {
	rank int64
	json string
}

// traits gives the best of what was said by everything that is a person's.
func (m model) traits(who string) map[string]string {
	best := map[string]value{}
	put := func(name string, rank int64, js string) {
		if v, ok := best[name]; !ok || rank > v.rank || rank == v.rank && js > v.json {
			best[name] = value{rank, js}
		}
	}
	for _, s := range m {
		if m.owner(s) != who {
			continue
		}
		rank := s.At
		if s.Server {
			rank += 1 << 60
		}
		if s.Email != "" {
			put("email", rank, `"`+s.Email+`"`)
		}
		if s.Phone != "" {
			put("phone", rank, `"`+s.Phone+`"`)
		}
		var t map[string]json.RawMessage
		_ = json.Unmarshal(s.Traits, &t)
		for k, v := range t {
			put(k, s.At, string(v))
		}
	}
	out := map[string]string{}
	for k, v := range best {
		out[k] = v.json
	}
	return out
}

// identities gives what is shown of who somebody is: "kind value verified".
func (m model) identities() map[string][]string {
	verified := map[string]map[string]bool{}
	put := func(who, kind, value string, ok bool) {
		if verified[who] == nil {
			verified[who] = map[string]bool{}
		}
		k := kind + " " + value
		verified[who][k] = verified[who][k] || ok
	}
	for _, s := range m {
		who := m.owner(s)
		switch g := guest(s); {
		case s.UserID != "":
			put(who, "external_id", s.UserID, true)
			if s.PreviousID != "" {
				put(who, "anonymous_id", s.PreviousID, true)
			}
			if s.AnonymousID != "" {
				put(who, "anonymous_id", s.AnonymousID, true)
			}
		case g != "":
			who = m.person(g)
			if s.AnonymousID != "" {
				put(who, "anonymous_id", s.AnonymousID, true)
			}
		case s.AnonymousID != "" && len(m.claims(s.AnonymousID)) == 0:
			put(who, "anonymous_id", s.AnonymousID, true)
		}
		if who != "" && s.Email != "" {
			put(who, "email", s.Email, s.Server)
		}
		if who != "" && s.Phone != "" {
			put(who, "phone", s.Phone, s.Server)
		}
	}
	out := map[string][]string{}
	for who, set := range verified {
		for k, ok := range set {
			if strings.HasPrefix(k, "anonymous_id") {
				ok = true // whether it was claimed by word or by deed is of no interest
			}
			out[who] = append(out[who], fmt.Sprint(k, " ", ok))
		}
		slices.Sort(out[who])
	}
	return out
}

func drawSignals(t *rapid.T) model {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	n := rapid.IntRange(1, 14).Draw(t, "n")
	var out model
	for i := range n {
		s := customer.Signal{
			ShopID: id.ID(rapid.IntRange(1, 2).Draw(t, "shop")), SourceID: 3, Server: rapid.Bool().Draw(t, "server"),
			At:      minute(int64(rapid.SampledFrom([]int{0, 5, 10, 20, 29, 31, 50, 100, 129}).Draw(t, "minute"))),
			EventID: int64(i + 1), Activity: true,
			AnonymousID: pick("device", "", "d1", "d1", "d2"), UserID: pick("user", "", "", "u1", "u2", "u3"),
			Campaign: pick("campaign", "", "", "", "c", "k"),
			Email:    pick("email", "", "", "a@x.example", "b@x.example"), Phone: pick("phone", "", "", "", "+919876543210"),
		}
		if s.AnonymousID == "" && s.UserID == "" {
			s.Phone = "" // who has given nothing but a number cannot be taken apart again; see TestPhones
			if s.Email == "" || !s.Server {
				s.AnonymousID = "d3"
			} else {
				s.EventID = 0 // a record: events always carry an id
			}
		}
		s.Identify = rapid.Bool().Draw(t, "identify")
		if s.UserID != "" && s.Identify && rapid.Bool().Draw(t, "alias") {
			s.PreviousID = pick("previous", "d1", "d2", "u1")
		}
		if rapid.Bool().Draw(t, "traits") {
			s.Traits = fmt.Appendf(nil, `{%q:"%d"}`, pick("trait", "plan", "name", "city"), i)
		}
		out = append(out, s)
	}
	return out
}

// deal gives the signals in another order, cut into batches.
func deal(t *rapid.T, m model) [][]customer.Signal {
	order := rapid.Permutation(m).Draw(t, "order")
	var out [][]customer.Signal
	for len(order) > 0 {
		n := rapid.IntRange(1, len(order)).Draw(t, "batch")
		out = append(out, order[:n])
		order = order[n:]
	}
	return out
}

// TestOrderDoesNotMatter holds Resolve against the model: whatever order signals arrive in and however they are cut into batches, the
// same people own the same rows, have the same traits, keys and identities, and the same visits.
func TestOrderDoesNotMatter(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		rapid.Check(t, func(r *rapid.T) {
			m := drawSignals(r)
			w := emptied(t, db)
			for _, batch := range deal(r, m) {
				if err := w.arrive(batch); err != nil {
					r.Fatal(err)
				}
			}
			if diff := w.differs(m); diff != "" {
				r.Fatal(diff + w.story())
			}
			if rapid.Bool().Draw(r, "again") { // everything once more changes nothing
				before := w.rows
				w.rows, w.events = nil, nil
				if err := w.arrive(m); err != nil {
					r.Fatal(err)
				}
				_ = before
				if diff := w.profilesDiffer(m, w.labels(m)); diff != "" {
					r.Fatal("after a repeat: " + diff)
				}
			}
		})
	})
}
