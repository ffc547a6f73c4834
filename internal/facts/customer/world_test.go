package customer_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

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
			w.events = append(w.events, warehouse.Event{
				EventID: s.EventID, CustomerID: v.CustomerID, SessionID: v.SessionID,
				SessionStart: v.SessionStart, At: s.At, Campaign: s.Campaign, AnonymousID: s.AnonymousID, UserID: s.UserID, MessageHash: s.MessageHash,
			})
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
