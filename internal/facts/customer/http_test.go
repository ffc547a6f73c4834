package customer_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/consent"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// site is the feature behind a real server, with its outbox.
type site struct {
	world
	house  *accesstest.House
	server *httpapi.Server
	client *apitest.Client // the manager's
	anyone *apitest.Client
	outbox *outbox.Service
}

func newSite(t *testing.T, db *sqldb.DB, doorAsks bool) *site {
	t.Helper()
	s := &site{world: world{fixture: *newFixture(t, db)}, house: accesstest.New(t, db)}
	s.outbox = outbox.New(outbox.Deps{DB: db, IDs: s.house.IDs, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	consents := consent.New(consent.Deps{DB: db, Clock: s.house.Clock})
	deps := s.svc.Deps
	deps.IDs, deps.Announce, deps.Audit, deps.Consents = s.house.IDs, s.outbox.Announce, s.house.Audit.Record, consents
	deps.Timeline = []customer.TimelineSource{consents}
	s.svc = customer.New(deps)
	for _, sub := range s.svc.Subscriptions() {
		s.outbox.Subscribe(sub)
	}
	if err := s.outbox.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.outbox.Stop(context.Background()) })
	s.server, s.anyone = s.house.Serve(t, doorAsks, s.svc.Routes)
	return s
}

func (s *site) signIn(t *testing.T) {
	_, session := s.house.User(t, role.Manager)
	s.client = s.anyone.Session(session.Token)
}

func (s *site) settle(t *testing.T) {
	t.Helper()
	if err := s.outbox.Drain(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestAPI(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db, true)
		s.signIn(t)
		for _, line := range []string{
			"0 phone-1 -", `5 phone-1 u1 identify trait:{"email":"mina@shop.example","name":"میناکاظمی","plan":"gold"}`,
			"10 - u2 server email:mina@shop.example", "20 - - server email:guest@shop.example phone:9876543210",
		} {
			if err := s.arrive([]customer.Signal{say(line)}); err != nil {
				t.Fatal(err)
			}
		}
		u1, u2 := s.profile("u1").ID, s.profile("u2").ID
		consents := consent.New(consent.Deps{DB: db})
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := s.svc.SetTotals(ctx, tx, []customer.Totals{{CustomerID: u1, Orders: 2, Spent: 12_50, Refunded: 50, FirstAt: minute(1), LastAt: minute(2)}}); err != nil {
				return err
			}
			return consents.Record(ctx, tx, []consent.Consent{{CustomerID: u1, Channel: "email", Purpose: "marketing", Granted: true, At: minute(7), Proof: []byte(`{"line":7}`)}})
		}); err != nil {
			t.Fatal(err)
		}
		s.settle(t)
		row := func(name, do string, body any, status int) apitest.Scenario {
			return apitest.Scenario{Name: name, As: s.client, Do: do, Body: body, Status: status}
		}
		apitest.Run(t, "customers", []apitest.Scenario{
			row("all, last seen first", "GET /api/v1/customers", nil, 200),
			row("buyers", "GET /api/v1/customers?has_orders=true", nil, 200),
			row("nobody is anonymous", "GET /api/v1/customers?known=false", nil, 200),
			row("by words in Persian, Arabic letters", "GET /api/v1/customers?q="+url.QueryEscape("ميناكا"), nil, 200),
			row("by an address, unverified too", "GET /api/v1/customers?email=MINA@shop.example&sort=created&order=asc", nil, 200),
			row("by user id", "GET /api/v1/customers?external_id=u2", nil, 200),
			row("by device", "GET /api/v1/customers?anonymous_id=phone-1", nil, 200),
			row("by no address at all", "GET /api/v1/customers?email=mina", nil, 200),
			row("unknown order", "GET /api/v1/customers?sort=shoe_size", nil, 422),
			row("foreign cursor", "GET /api/v1/customers?cursor=abc", nil, 400),
			row("a profile", "GET /api/v1/customers/"+u1.String(), nil, 200),
			row("the other one with the address", "GET /api/v1/customers/"+u2.String(), nil, 200),
			row("nobody", "GET /api/v1/customers/1", nil, 404),
			row("timeline", "GET /api/v1/customers/"+u1.String()+"/timeline", nil, 200),
			row("timeline of two kinds", "GET /api/v1/customers/"+u1.String()+"/timeline?kind=consent,identity&limit=2", nil, 200),
			row("timeline of no kind", "GET /api/v1/customers/"+u1.String()+"/timeline?kind=shoes", nil, 422),
			row("somebody new", "POST /api/v1/customers", `{"external_id":"C-7","email":"Hana@Shop.example","name":"田中花子","country":"Japan","attributes":{"points":3}}`, 200),
			row("again, with less", "POST /api/v1/customers", `{"external_id":"C-7","city":"大阪"}`, 200),
			row("wrong values", "POST /api/v1/customers", `{"email":"hana","country":"Atlantis"}`, 422),
			row("named by nothing", "POST /api/v1/customers", `{"name":"Hana"}`, 422),
		})
	})
}

func TestMatrix(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db, false)
		apitest.Matrix(t, s.server.API(), s.house.Callers(t, s.anyone), map[string]string{
			"sign-out": "it ends the caller's session",
			"sign-in":  "its refusal of a wrong password is a 401 to everybody",
		})
	})
}

// TestFound looks for people by what people type.
func TestFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s := newSite(t, db, true)
		people := map[string]string{"fa": "مریم محمدی", "ja": "山田太郎", "ml": "മോഹൻലാൽ", "hi": "हिन्दी कुमारी", "am": "ፀሐይ ዓለሙ", "de": "Jürgen Weiß"}
		i := int64(0)
		for user, name := range people {
			sig := say(fmt.Sprintf("%d - %s server", i, user))
			sig.Traits = fmt.Appendf(nil, `{"name":%q,"email":"%s.person@mail.example","phone":"+91987654321%d"}`, name, user, i)
			i++
			if err := s.arrive([]customer.Signal{sig}); err != nil {
				t.Fatal(err)
			}
		}
		s.settle(t)
		find := func(q string) []string {
			t.Helper()
			p, err := s.svc.List(system, customer.Filter{Query: q, Sort: "name", Ascending: true})
			if err != nil {
				t.Fatal(err)
			}
			out := []string{}
			for _, c := range p.Items {
				out = append(out, c.ExternalID)
			}
			return out
		}
		phone := s.profile("ja").Phone
		for q, want := range map[string][]string{
			"محم": {"fa"}, "田太": {"ja"}, "മോഹ": {"ml"}, "हिंदी": {"hi"}, "ጸሀይ": {"am"}, "jurg": {"de"}, "weiss jürgen": {"de"},
			"de.person@mail.exa": {"de"}, "DE.Person@mail.example": {"de"}, phone: {"ja"}, "0" + phone[3:]: {"ja"}, "person@mail": {"am", "de", "fa", "hi", "ja", "ml"},
			"de": {"de"}, "nobody at all": {}, `"*'`: {},
		} {
			got := find(q)
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("%q finds %v, want %v", q, got, want)
			}
		}
		// A new name replaces the old one; who is absorbed is found no more.
		sig := say("99 - de server")
		sig.Traits = []byte(`{"name":"Georg Schwarz"}`)
		if err := s.arrive([]customer.Signal{sig}); err != nil {
			t.Fatal(err)
		}
		s.settle(t)
		if got := find("jurgen"); len(got) != 0 {
			t.Errorf("the old name still finds %v", got)
		}
		if got := find("schwarz"); !slices.Equal(got, []string{"de"}) {
			t.Errorf("the new name finds %v", got)
		}
	})
}

// TestPaging walks every list in every order and direction, under every filter: each customer comes once, in order.
func TestPaging(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := emptied(t, db)
		r := rand.New(rand.NewPCG(3, 4))
		var signals []customer.Signal
		for i := range 60 {
			s := say(fmt.Sprintf("%d d%d -", r.IntN(9), i))
			if i%3 == 0 {
				s.UserID, s.Traits = fmt.Sprint("u", i), fmt.Appendf(nil, `{"name":"%c"}`, 'a'+rune(r.IntN(5)))
			}
			signals = append(signals, s)
		}
		if err := w.arrive(signals); err != nil {
			t.Fatal(err)
		}
		var totals []customer.Totals
		for i := 0; i < len(w.rows); i += 2 {
			totals = append(totals, customer.Totals{CustomerID: w.rows[i].owner, Orders: int64(r.IntN(3)), Spent: int64(r.IntN(4))})
		}
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error { return w.svc.SetTotals(ctx, tx, totals) }); err != nil {
			t.Fatal(err)
		}
		yes, no := true, false
		for _, sort := range []string{"", "last_seen", "name", "spent", "orders", "created"} {
			for _, ascending := range []bool{true, false} {
				for _, known := range []*bool{nil, &yes, &no} {
					for _, buyers := range []*bool{nil, &yes, &no} {
						f := customer.Filter{Sort: sort, Ascending: ascending, Known: known, HasOrders: buyers}
						all := pages(t, w.svc, f, 500)
						if got := pages(t, w.svc, f, 7); !slices.Equal(got, all) {
							t.Fatalf("%+v: pages of 7 give %d customers, one page %d", f, len(got), len(all))
						}
						if known == nil && buyers == nil && len(all) != 60 {
							t.Fatalf("%+v: %d customers", f, len(all))
						}
					}
				}
			}
		}
	})
}

func pages(t *testing.T, s *customer.Service, f customer.Filter, limit int) []id.ID {
	t.Helper()
	f.Limit = limit
	var out []id.ID
	for {
		p, err := s.List(system, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Items {
			if f.Known != nil && c.Known != *f.Known || f.HasOrders != nil && (c.Orders > 0) != *f.HasOrders || slices.Contains(out, c.ID) {
				t.Fatalf("%+v gives %+v", f, c)
			}
			out = append(out, c.ID)
		}
		if f.Cursor = p.NextCursor; f.Cursor == "" {
			return out
		}
	}
}

// TestNarrowedLists: every filter in every order gives whom a look at each customer gives, also where a page may look at few of them.
func TestNarrowedLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		crowd(t, db, 300)
		if _, err := db.Exec(ctx, `UPDATE customers SET country = 'FR', city = 'Paris' WHERE customer_id % 7 = 0`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(ctx, `UPDATE customers SET last_order_at = first_seen_at WHERE orders > 0`); err != nil {
			t.Fatal(err)
		}
		s := newBenchService(db)
		list := func(f customer.Filter) (all []customer.Customer, partial int) {
			for pages := 0; ; pages++ {
				p, err := s.List(system, f)
				if err != nil || pages > 400 {
					t.Fatalf("%+v: page %d: %v", f, pages, err)
				}
				all = append(all, p.Items...)
				if p.Partial {
					partial++
				}
				if f.Cursor = p.NextCursor; f.Cursor == "" {
					return all, partial
				}
			}
		}
		everybody, _ := list(customer.Filter{Limit: 500})
		if len(everybody) != 300 {
			t.Fatal(len(everybody))
		}
		yes, no := true, false
		low, high, middle := int64(20_000), int64(70_000), everybody[150].LastSeenAt
		for _, lookAt := range []int{5, 10_000} {
			s.SetLook(lookAt)
			for _, f := range []customer.Filter{
				{Country: "FR"}, {City: "paris"}, {Language: "en", HasOrders: &no}, {SeenFrom: middle}, {SeenTo: middle, Known: &no}, {SpentFrom: &low, SpentTo: &high},
				{SpentTo: &low, Country: "FR", HasOrders: &yes}, {Country: "XX"}, {SeenFrom: middle, SpentFrom: &low, Known: &yes},
			} {
				for _, sort := range []string{"", "name", "spent", "orders", "created"} {
					for _, up := range []bool{true, false} {
						f.Sort, f.Ascending, f.Limit = "", false, 500
						g := f
						g.Sort, g.Ascending, g.Limit = sort, up, 11
						ordered, _ := list(customer.Filter{Sort: sort, Ascending: up, Limit: 500})
						var want, got []id.ID
						for _, c := range ordered {
							if (f.Country == "" || c.Country == f.Country) && (f.City == "" || c.City == "Paris") && (f.Language == "" || c.Language == "en") &&
								(f.Known == nil || *f.Known == c.Known) && (f.HasOrders == nil || *f.HasOrders == (c.Orders > 0)) &&
								(f.SeenFrom == 0 || c.LastSeenAt >= f.SeenFrom) && (f.SeenTo == 0 || c.LastSeenAt < f.SeenTo) &&
								(f.SpentFrom == nil || c.Spent >= *f.SpentFrom) && (f.SpentTo == nil || c.Spent <= *f.SpentTo) {
								want = append(want, c.ID)
							}
						}
						found, _ := list(g)
						for _, c := range found {
							got = append(got, c.ID)
						}
						if !slices.Equal(got, want) {
							t.Errorf("look %d, %+v:\ngot  %v\nwant %v", lookAt, g, got, want)
						}
					}
				}
			}
			if _, partial := list(customer.Filter{Country: "XX", Limit: 11}); (partial > 0) != (lookAt == 5) {
				t.Errorf("look %d: %d pages ended early", lookAt, partial)
			}
		}
	})
}
