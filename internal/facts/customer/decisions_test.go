package customer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// say is a signal in one line: `12 d u` is an event at minute 12 on device d with user id u; "-" stands for none. Words after it:
// identify, server, alias:ID, email:E, phone:P, trait:JSON.
func say(line string) customer.Signal {
	f := strings.Fields(line)
	s := customer.Signal{ShopID: 1, SourceID: 9}
	var m int64
	if _, err := fmt.Sscan(f[0], &m); err != nil {
		panic(err)
	}
	s.At, s.EventID, s.MessageHash, s.Activity = minute(m), m+1, m+1, true
	if f[1] != "-" {
		s.AnonymousID = f[1]
	}
	if f[2] != "-" {
		s.UserID = f[2]
	}
	for _, w := range f[3:] {
		k, v, _ := strings.Cut(w, ":")
		switch k {
		case "identify":
			s.Identify = true
		case "server":
			s.Server = true
		case "shop2":
			s.ShopID = 2
		case "alias":
			s.PreviousID, s.Identify = v, true
		case "email":
			s.Email = v
		case "phone":
			s.Phone = v
		case "trait":
			s.Traits = []byte(v)
		default:
			panic(w)
		}
	}
	return s
}

// TestDecisions reads like the table of who is who: lines are said in order of arrival, each a batch of its own, and then in the opposite
// order and all at once; want names the owner of each line's event by a letter.
func TestDecisions(t *testing.T) {
	for _, c := range []struct {
		situation string
		said      []string
		want      string // owner of each line, the same letter for the same person
	}{
		{"an anonymous id of which nobody is known is an anonymous customer", []string{"1 d -", "2 d -", "3 e -"}, "AAB"},
		{"identify takes the unclaimed history and what follows", []string{"1 d -", "5 d u identify", "9 d -"}, "AAA"},
		{"somebody else identifies on the device: what follows is hers, nothing moves", []string{"1 d -", "5 d u identify", "6 d -", "8 d w identify", "9 d -"}, "AAABB"},
		{"the first comes back", []string{"5 d u identify", "8 d w identify", "9 d -", "10 d u identify", "11 d -"}, "ABBAA"},
		{"events with a user id are his whatever the device", []string{"5 d u identify", "8 d w identify", "9 d u", "10 d -"}, "ABAB"},
		{"both ids without identify claim once, at the earliest", []string{"5 d u", "3 d -", "7 d w identify", "8 d u", "9 d -"}, "AABAB"},
		{"a user id is unique per shop", []string{"1 d u identify", "2 e u identify", "3 f u identify shop2"}, "AAB"},
		{"a late claim splits an old stretch", []string{"5 d u identify", "9 d -", "20 d -", "7 d w identify", "15 d u identify"}, "ABABA"},
		{"a late first claim takes the unclaimed history", []string{"1 d -", "9 d u identify", "10 d -", "5 d w identify"}, "ABBA"},
		{"an address from a server joins its owner", []string{"1 - u server email:a@x.example", "2 - - server email:a@x.example"}, "AA"},
		{"a guest is the customer who signs up later", []string{"1 - - server email:a@x.example", "2 - u server email:a@x.example"}, "AA"},
		{"two guests with one address are one", []string{"1 - - server email:a@x.example", "2 - - server email:A@X.example"}, "AA"},
		{"two users with one address are never joined", []string{"1 - u server email:a@x.example", "2 - w server email:a@x.example"}, "AB"},
		{"their guest is the user's of the earliest evidence", []string{"5 - w server email:a@x.example", "9 - - server email:a@x.example", "1 - u server email:a@x.example"}, "ABB"},
		{"an address from a browser joins nobody", []string{"1 - u server email:a@x.example", "2 d - email:a@x.example", "3 e - email:a@x.example"}, "ABC"},
		{"an address from a server on a device is a claim", []string{"1 d -", "2 d - server email:a@x.example", "3 - u server email:a@x.example", "4 d -"}, "AAAA"},
		{"a phone number joins as an address does", []string{"1 - u server phone:9876543210", "2 - - server phone:+919876543210"}, "AA"},
		{"a phone number follows the address it came with", []string{"1 - - server email:a@x.example phone:9876543210", "2 - - server phone:9876543210", "3 - u server email:a@x.example"}, "AAA"},
		{"an alias binds an anonymous id", []string{"1 d -", "2 - u alias:d", "3 d -"}, "AAA"},
		{"an alias of two known people joins nobody", []string{"1 - u identify", "2 - w alias:u", "3 - u"}, "ABA"},
		{"shops do not share user ids, but an address is a candidate only", []string{"1 - u server email:a@x.example", "2 - u server shop2 email:a@x.example"}, "AB"},
	} {
		t.Run(c.situation, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				said := make([]customer.Signal, len(c.said))
				for i, line := range c.said {
					said[i] = say(line)
				}
				for _, order := range []string{"as said", "the other way round", "at once"} {
					w := emptied(t, db)
					batches := [][]customer.Signal{}
					for _, s := range said {
						batches = append(batches, []customer.Signal{s})
					}
					switch order {
					case "the other way round":
						slices.Reverse(batches)
					case "at once":
						batches = [][]customer.Signal{said}
					}
					for _, b := range batches {
						if err := w.arrive(b); err != nil {
							t.Fatal(err)
						}
					}
					if got := w.letters(said); got != c.want {
						t.Errorf("%s: %s, want %s", order, got, c.want)
					}
				}
			})
		})
	}
}

// letters names the owners of the signals in order.
func (w *world) letters(said []customer.Signal) string {
	letter := map[string]byte{}
	var out []byte
	for _, s := range said {
		for _, r := range w.rows {
			if r.sig.At != s.At {
				continue
			}
			k := r.owner.String()
			if letter[k] == 0 {
				letter[k] = byte('A' + len(letter))
			}
			out = append(out, letter[k])
		}
	}
	return string(out)
}

func (w *world) profile(user string) customer.Profile {
	w.t.Helper()
	p, err := w.svc.List(system, customer.Filter{ExternalID: user})
	if err != nil || len(p.Items) != 1 {
		w.t.Fatalf("customer %s: %v, %v", user, p.Items, err)
	}
	out, err := w.svc.Get(system, p.Items[0].ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestCandidates(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		for _, c := range []struct {
			name string
			said []string
			want map[string][]string // of each user: reason, value and e-mail of the other
		}{
			{
				"two users with one verified address",
				[]string{"1 - u server email:a@x.example", "2 - w server email:a@x.example"},
				map[string][]string{"u": {"email a@x.example"}, "w": {"email a@x.example"}},
			},
			{
				"an unverified address that somebody owns",
				[]string{"1 - u server email:a@x.example", "2 d w email:a@x.example"},
				map[string][]string{"u": {"email a@x.example"}, "w": {"email a@x.example"}},
			},
			{
				"unverified on both sides is none",
				[]string{"1 d u email:a@x.example", "2 e w email:a@x.example"},
				map[string][]string{"u": {}, "w": {}},
			},
			{
				"an alias of two known people",
				[]string{"1 - u identify", "2 - w alias:u"},
				map[string][]string{"u": {"alias u"}, "w": {"alias u"}},
			},
			{"an alias that binds a device is none", []string{"1 u -", "2 - w alias:u"}, map[string][]string{"w": {}}},
		} {
			w := emptied(t, db)
			for _, line := range c.said {
				if err := w.arrive([]customer.Signal{say(line)}); err != nil {
					t.Fatal(err)
				}
			}
			got := map[string][]string{}
			for user := range c.want {
				got[user] = []string{}
				for _, x := range w.profile(user).Candidates {
					got[user] = append(got[user], x.Reason+" "+x.Value)
				}
			}
			if d := gocmp.Diff(c.want, got); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
		}
	})
}

func TestTombstone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		for _, line := range []string{"1 - u identify", "2 d -", "3 d - trait:{\"name\":\"Ann\"}", "4 d u identify"} {
			if err := w.arrive([]customer.Signal{say(line)}); err != nil {
				t.Fatal(err)
			}
		}
		living := w.profile("u")
		var gone customer.Profile
		rows, err := db.Query(ctx, `SELECT customer_id FROM customers WHERE merged_into <> 0`)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for rows.Next() {
			var c int64
			if err := rows.Scan(&c); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, c)
		}
		_ = rows.Close()
		if len(ids) != 1 {
			t.Fatalf("tombstones %v", ids)
		}
		if gone, err = w.svc.Get(system, id.ID(ids[0])); err != nil {
			t.Fatal(err)
		}
		if gone.ID != living.ID || gone.MergedInto != living.ID || gone.Name != "Ann" || living.MergedInto != 0 {
			t.Errorf("a tombstone shows %+v, living is %+v", gone, living)
		}
	})
}

func TestProfile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		big := `{"note":"` + strings.Repeat("x", 9000) + `"}`
		for _, s := range []customer.Signal{
			say(`5 - u server trait:{"email":"New@X.example","firstName":"太郎","lastName":"山田","phone":"098765-43210","birthday":"1990-04-01T00:00:00Z","gender":"F","locale":"fa_ir","timezone":"Asia/Tehran","address":{"city":"Pune","country":"India"},"plan":"gold","$set":1}`),
			say(`3 - u server trait:{"email":"old@x.example","plan":"free","colour":"red"}`),
			say(`4 - u server trait:{"email":"nonsense","birthday":"soon","nul":"a\u0000b","half":"\ud800"}`),
			say(`6 - u server trait:{"colour":null}`),
			say("7 - u server trait:" + big),
		} {
			if err := w.arrive([]customer.Signal{s}); err != nil {
				t.Fatal(err)
			}
		}
		p := w.profile("u")
		got := []string{p.Email, p.Name, p.FirstName, p.Phone, p.Birthday, p.Gender, p.Language, p.Zone, p.City, p.Country}
		want := []string{"new@x.example", "山田太郎", "太郎", "+919876543210", "1990-04-01", "female", "fa-IR", "Asia/Tehran", "Pune", "IN"}
		if d := gocmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		var attributes sqldb.JSON
		if err := attributes.Scan([]byte(p.Attributes)); err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(sqldb.JSON{
			"address": map[string]any{"city": "Pune", "country": "India"}, "plan": "gold", "invalid_email": "nonsense",
			"invalid_birthday": "soon", "nul": "a\uFFFDb", "half": "\uFFFD",
		}, attributes); d != "" {
			t.Error(d)
		}
	})
}

func TestBoundedProfile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		for i := range 30 {
			s := say(fmt.Sprintf("%d - u server", i))
			var b strings.Builder
			for k := range 20 {
				fmt.Fprintf(&b, `,"key%03d":%d`, i*20+k, k)
			}
			s.Traits = []byte("{" + b.String()[1:] + `,"email":"a@x.example"}`)
			if err := w.arrive([]customer.Signal{s}); err != nil {
				t.Fatal(err)
			}
		}
		p := w.profile("u")
		var attributes sqldb.JSON
		if err := attributes.Scan([]byte(p.Attributes)); err != nil {
			t.Fatal(err)
		}
		if len(attributes) > 200 || attributes["key599"] == nil || p.Email != "a@x.example" {
			t.Errorf("%d attributes, the newest is %v", len(attributes), attributes["key599"])
		}
	})
}

// TestRace has two programs resolve the same new people at once: each person must come out once.
func TestRace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		one, two := newFixture(t, db), newFixture(t, db)
		done := make(chan error, 2)
		run := func(f *fixture, user string) {
			for i := range int64(20) {
				err := db.Tx(ctx, func(tx *sqldb.Tx) error {
					_, err := f.svc.Resolve(ctx, tx, []customer.Signal{
						say(fmt.Sprintf("%d d%d - server email:p%d@x.example", i+1, i, i)), say(fmt.Sprintf("%d d%d %s%d identify", i+2, i, user, i)),
						say(fmt.Sprintf("%d d%d both%d identify server email:p%d@x.example", i+3, i, i, i)),
					})
					return err
				})
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}
		go run(one, "one")
		go run(two, "two")
		for range 2 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		var people, keys int
		if err := db.Row(ctx, `SELECT COUNT(*) FROM customers WHERE merged_into = 0`).Scan(&people); err != nil {
			t.Fatal(err)
		}
		if err := db.Row(ctx, `SELECT COUNT(DISTINCT customer_id) FROM identity_keys WHERE kind = 'external_id'`).Scan(&keys); err != nil {
			t.Fatal(err)
		}
		if people != 60 || keys != 60 {
			t.Errorf("%d people and %d owners of user ids, want 60", people, keys)
		}
	})
}

// TestSaidAgain: an unverified number of a device's past goes to whoever owns that past, and is still noted when its former owner says it
// again.
func TestSaidAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		for _, line := range []string{
			"50 d u identify", "5 d - phone:9876543210", "31 d - server email:guest@x.example", "129 d - phone:9876543210",
		} {
			if err := w.arrive([]customer.Signal{say(line)}); err != nil {
				t.Fatal(err)
			}
		}
		has := func(p customer.Profile) bool {
			return slices.ContainsFunc(p.Identities, func(i customer.Identity) bool { return i.Kind == customer.KindPhone && !i.Verified })
		}
		guest, err := w.svc.List(system, customer.Filter{Email: "guest@x.example"})
		if err != nil || len(guest.Items) != 1 {
			t.Fatal(guest, err)
		}
		g, err := w.svc.Get(system, guest.Items[0].ID)
		if err != nil || !has(g) || !has(w.profile("u")) {
			t.Errorf("the guest has the number: %v; the user: %v; %v", has(g), has(w.profile("u")), err)
		}
	})
}

// TestGuestBecomesUser: where a batch makes a guest somebody else and also gives that person a part of another device, everything the guest
// said on a device of his is still found, by whatever address of his the device was claimed.
func TestGuestBecomesUser(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		for _, batch := range [][]string{
			{
				`1 d1 - server phone:9876543210 trait:{"city":"Pune"}`, "2 - - server email:guest@x.example phone:9876543210", "30 d1 u",
				"10 d2 other", "30 d2 u identify",
			},
			{"20 d2 u server identify email:guest@x.example"},
		} {
			var signals []customer.Signal
			for _, line := range batch {
				signals = append(signals, say(line))
			}
			if err := w.arrive(signals); err != nil {
				t.Fatal(err)
			}
		}
		if p := w.profile("u"); p.City != "Pune" {
			t.Errorf("the city is %q", p.City)
		}
	})
}

// TestVisitOfTwoDevices: where the visits of two devices become one in a batch that brings an event of the same moment, every event of
// both is in that visit.
func TestVisitOfTwoDevices(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		for i, batch := range [][]string{{"0 d1 -", "5 d2 u"}, {"5 d1 u"}} {
			var signals []customer.Signal
			for j, line := range batch {
				s := say(line)
				s.Activity, s.EventID = true, int64(3-2*i+j)
				signals = append(signals, s)
			}
			if err := w.arrive(signals); err != nil {
				t.Fatal(err)
			}
		}
		if d := w.sessionsDiffer(); d != "" {
			t.Error(d)
		}
	})
}
