package customer_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
	"rapport/internal/platform/warehouse"
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

// world is one store in which signals arrive, with the warehouse's rows.
type world struct {
	fixture
	events []warehouse.Event
	// for the story of a failure
	spans   []customer.PersonSpan
	batches []int
}

// arrive resolves one batch and does with the rows what the warehouse does.
func (w *world) arrive(signals []customer.Signal) error {
	var out customer.Resolved
	if err := w.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var err error
		out, err = w.svc.Resolve(ctx, tx, signals)
		return err
	}); err != nil {
		return err
	}
	for _, m := range out.Moves {
		for i := range w.rows {
			if r := &w.rows[i]; r.owner == m.From && covers(m, r.sig) {
				r.owner = m.To
			}
		}
		for i := range w.events {
			e := &w.events[i]
			wm := warehouse.Move{From: m.From, To: m.To, AnonymousID: m.AnonymousID, Email: m.Email, FromAt: m.FromAt, UntilAt: m.UntilAt}
			if e.CustomerID == m.From && wm.Concerns() && wm.Takes(e) {
				e.CustomerID = m.To
			}
		}
	}
	for i, s := range signals {
		v := out.Verdicts[i]
		w.rows = append(w.rows, row{s, v.CustomerID})
		if s.EventID != 0 {
			w.events = append(w.events, warehouse.Event{EventID: s.EventID, CustomerID: v.CustomerID, SessionID: v.SessionID,
				SessionStart: v.SessionStart, At: s.At, Campaign: s.Campaign, AnonymousID: s.AnonymousID, UserID: s.UserID, MessageHash: s.MessageHash})
		}
	}
	w.spans, w.batches = append(w.spans, out.Resession...), append(w.batches, len(signals))
	spans := make([]warehouse.PersonSpan, len(out.Resession))
	for i, s := range out.Resession {
		spans[i] = warehouse.PersonSpan{CustomerID: s.CustomerID, FromAt: s.FromAt, UntilAt: s.UntilAt}
	}
	wrong, err := warehouse.Resessioned(ctx, w.read, spans)
	if err != nil {
		return err
	}
	for _, e := range wrong {
		for i := range w.events {
			if w.events[i].EventID == e.EventID {
				w.events[i].SessionID, w.events[i].SessionStart = e.SessionID, e.SessionStart
			}
		}
	}
	return nil
}

func (w *world) read(_ context.Context, c id.ID, q warehouse.PersonQuery) ([]warehouse.Event, error) {
	var out []warehouse.Event
	for _, e := range w.events {
		if e.CustomerID != c || q.From != 0 && e.At < q.From || q.To != 0 && e.At >= q.To {
			continue
		}
		if q.Before.Set && (e.At > q.Before.At || e.At == q.Before.At && e.EventID >= q.Before.EventID) {
			continue
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b warehouse.Event) int {
		return -cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.EventID, b.EventID))
	})
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, nil
}

var own = []string{"customers", "identity_keys", "identity_claims", "customer_identities", "loose_traits", "identity_state", "consents"}

func emptied(t *testing.T, db *sqldb.DB) *world {
	for _, table := range own {
		if _, err := db.Exec(ctx, "DELETE FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
	return &world{fixture: *newFixture(t, db)}
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

// story tells in which order what arrived.
func (w *world) story() string {
	var b strings.Builder
	for _, r := range w.rows {
		s := r.sig
		fmt.Fprintf(&b, "\n%3d min %3d device %q user %q previous %q email %q phone %q campaign %q server %v identify %v traits %s -> %d", s.EventID,
			(s.At-minute(0))/60_000_000, s.AnonymousID, s.UserID, s.PreviousID, s.Email, s.Phone, s.Campaign, s.Server, s.Identify, s.Traits, r.owner)
	}
	return b.String() + "\nspans " + fmt.Sprint(w.spans) + fmt.Sprint(w.batches)
}

// labels names every customer by the person of the model that his rows belong to.
func (w *world) labels(m model) map[id.ID]string {
	out := map[id.ID]string{}
	for _, r := range w.rows {
		out[r.owner] = m.owner(r.sig)
	}
	return out
}

func (w *world) differs(m model) string {
	label := w.labels(m)
	byLabel := map[string]id.ID{}
	for c, l := range label {
		if other, ok := byLabel[l]; ok && other != c {
			return fmt.Sprintf("%s is two customers, %d and %d", l, c, other)
		}
		byLabel[l] = c
	}
	for _, r := range w.rows {
		if label[r.owner] != m.owner(r.sig) {
			return fmt.Sprintf("customer %d has rows of %q and %q (%+v)", r.owner, label[r.owner], m.owner(r.sig), r.sig)
		}
	}
	if d := w.sessionsDiffer(); d != "" {
		return d
	}
	return w.profilesDiffer(m, label)
}

func (w *world) sessionsDiffer() string {
	byPerson := map[id.ID][]warehouse.Step{}
	for _, e := range w.events {
		byPerson[e.CustomerID] = append(byPerson[e.CustomerID],
			warehouse.Step{EventID: e.EventID, At: e.At, MessageHash: e.MessageHash, Campaign: e.Campaign, SessionID: e.SessionID, Start: e.SessionStart})
	}
	for c, steps := range byPerson {
		warehouse.SortSteps(steps)
		var walk warehouse.Sessions
		for i := range steps {
			if session, start := walk.Next(&steps[i]); session != steps[i].SessionID || start != steps[i].Start {
				return fmt.Sprintf("customer %d: event %d is in visit %d (start %v), should be %d (%v)", c, steps[i].EventID,
					steps[i].SessionID, steps[i].Start, session, start)
			}
		}
	}
	return ""
}

func (w *world) profilesDiffer(m model, label map[id.ID]string) string {
	want, got := map[string]map[string]string{}, map[string]map[string]string{}
	for _, s := range m {
		if who := m.owner(s); who != "" && want[who] == nil {
			want[who] = m.traits(who)
		}
	}
	rows, err := w.db.Query(ctx, `SELECT customer_id, name, email, phone, city, attributes FROM customers WHERE merged_into = 0`)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c id.ID
		var name, email, phone, city string
		var attributes sqldb.JSON
		if err := rows.Scan(&c, &name, &email, &phone, &city, &attributes); err != nil {
			return err.Error()
		}
		t := map[string]string{}
		for k, v := range map[string]string{"name": name, "email": email, "phone": phone, "city": city} {
			if v != "" {
				t[k] = `"` + v + `"`
			}
		}
		for k, v := range attributes {
			t[k] = fmt.Sprintf("%q", v)
		}
		if label[c] == "" {
			if len(t) > 0 {
				return fmt.Sprintf("customer %d owns nothing and has traits %v", c, t)
			}
			continue
		}
		got[label[c]] = t
	}
	if d := gocmp.Diff(want, got); d != "" {
		return "traits (-want +got):\n" + d
	}
	return w.identitiesDiffer(m, label)
}

func (w *world) identitiesDiffer(m model, label map[id.ID]string) string {
	sets := map[string]map[string]bool{}
	rows, err := w.db.Query(ctx, `SELECT customer_id, kind, value, verified FROM customer_identities`)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c id.ID
		var kind, value string
		var verified bool
		if err := rows.Scan(&c, &kind, &value, &verified); err != nil {
			return err.Error()
		}
		l := label[c]
		if l == "" {
			l = fmt.Sprint("nobody ", c)
		}
		if sets[l] == nil {
			sets[l] = map[string]bool{}
		}
		k := kind + " " + value
		sets[l][k] = sets[l][k] || verified || kind == "anonymous_id"
	}
	got := map[string][]string{}
	for l, set := range sets {
		for _, k := range slices.Sorted(maps.Keys(set)) {
			got[l] = append(got[l], fmt.Sprint(k, " ", set[k]))
		}
		slices.Sort(got[l])
	}
	want := m.identities()
	for l := range want { // a guest whose every row is somebody else's by the device has a record nobody can name
		if !slices.Contains(slices.Collect(maps.Values(label)), l) {
			delete(want, l)
		}
	}
	for l := range got {
		if strings.HasPrefix(l, "nobody") {
			delete(got, l)
		}
	}
	if d := gocmp.Diff(want, got); d != "" {
		return "identities (-want +got):\n" + d
	}
	return ""
}
