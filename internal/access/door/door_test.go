package door_test

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

const setUp = `{"email":"Ada@Shop.example ","name":"Ada","password":"correct horse","shop_name":"Corner","currency":"INR","zone":"Asia/Kolkata","language":"ml"}`

func signIn(email, password string) map[string]string {
	return map[string]string{"email": email, "password": password}
}

// TestFirstDay walks through everything that the first owner does.
func TestFirstDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, stranger := h.Serve(t, true)
		row := func(name string, as *apitest.Client, do string, body any, status int) apitest.Scenario {
			return apitest.Scenario{Name: name, As: as, Do: do, Body: body, Status: status}
		}
		apitest.Run(t, "setup", []apitest.Scenario{
			row("nobody is there yet", stranger, "GET /api/v1/setup", nil, 200),
			row("wrong values", stranger, "POST /api/v1/setup",
				`{"email":"ada","name":" ","password":"correct horse","shop_name":"x","currency":"rupee","zone":"Kolkata","language":"ml"}`, 422),
			row("wrong zone", stranger, "POST /api/v1/setup", strings.Replace(setUp, "Asia/Kolkata", "Kolkata", 1), 422),
			row("still nobody", stranger, "GET /api/v1/setup", nil, 200),
			row("the owner comes", stranger, "POST /api/v1/setup", setUp, 201),
			row("only once", stranger, "POST /api/v1/setup", setUp, 409),
			row("no more need", stranger, "GET /api/v1/setup", nil, 200),
			row("a stranger is nobody", stranger, "GET /api/v1/me", nil, 401),
			row("wrong password", stranger, "POST /api/v1/sessions", signIn("ada@shop.example", "wrong horse"), 401),
			row("unknown address", stranger, "POST /api/v1/sessions", signIn("bob@shop.example", "wrong horse"), 401),
			row("signed in", stranger, "POST /api/v1/sessions", signIn(" ADA@shop.example", "correct horse"), 200),
		})
		token := stranger.Post("/api/v1/sessions", signIn("ada@shop.example", "correct horse")).Want(200, "").Cookie(httpapi.CookieName)
		ada := stranger.Session(token)
		ids := func(path string) string { // of the newest
			var out struct{ Items []struct{ ID string } }
			ada.Get(path).Into(&out)
			return out.Items[len(out.Items)-1].ID
		}
		adaID := ids("/api/v1/users")
		apitest.Run(t, "people", []apitest.Scenario{
			row("who am I", ada, "GET /api/v1/me", nil, 200),
			row("another name", ada, "PATCH /api/v1/me", `{"name":"Ada L.","language":"fa"}`, 200),
			row("no language", ada, "PATCH /api/v1/me", `{"language":"Persian!"}`, 422),
			row("a colleague", ada, "POST /api/v1/users", `{"email":"bob@shop.example","name":"Bob","role":"agent","password":"12345678"}`, 201),
			row("the address is taken", ada, "POST /api/v1/users", `{"email":"BOB@shop.example","name":"Bob 2","role":"agent","password":"12345678"}`, 409),
			row("short password", ada, "POST /api/v1/users", `{"email":"eve@shop.example","name":"Eve","role":"agent","password":"1234567"}`, 422),
			row("no such role", ada, "POST /api/v1/users", `{"email":"eve@shop.example","name":"Eve","role":"king","password":"12345678"}`, 422),
			row("all", ada, "GET /api/v1/users", nil, 200),
			row("the last owner stays owner", ada, "PATCH /api/v1/users/"+adaID, `{"role":"manager"}`, 409),
			row("the last owner stays enabled", ada, "PATCH /api/v1/users/"+adaID, `{"disabled":true}`, 409),
			row("nobody", ada, "PATCH /api/v1/users/1", `{"role":"manager"}`, 404),
			row("own password, wrong", ada, "POST /api/v1/me/password", `{"current":"wrong horse","password":"another horse"}`, 422),
		})
		apitest.Run(t, "keys", []apitest.Scenario{
			row("a key for the shop's server", ada, "POST /api/v1/keys", `{"name":"shop","scope":"ingest"}`, 201),
			row("a key for its pages", ada, "POST /api/v1/keys", `{"name":"pages","scope":"ingest","browser":true,"shop_id":"1"}`, 201),
			row("public keys cannot read", ada, "POST /api/v1/keys", `{"name":"pages","scope":"read","browser":true}`, 422),
			row("no such shop", ada, "POST /api/v1/keys", `{"name":"shop","scope":"ingest","shop_id":"7"}`, 404),
			row("a key that reads", ada, "POST /api/v1/keys", `{"name":"figures","scope":"read"}`, 201),
			row("keys", ada, "GET /api/v1/keys", nil, 200),
			row("no such key", ada, "DELETE /api/v1/keys/7", nil, 404),
			row("sources", ada, "GET /api/v1/sources", nil, 200),
		})
		apitest.Run(t, "things", []apitest.Scenario{
			row("pages are to be believed", ada, "PATCH /api/v1/sources/"+ids("/api/v1/sources"), `{"trusted_orders":true}`, 200),
			row("no such source", ada, "PATCH /api/v1/sources/7", `{"trusted_orders":true}`, 404),
			row("the shop", ada, "GET /api/v1/shops/1", nil, 200),
			row("its domain", ada, "PATCH /api/v1/shops/1", `{"domain":"corner.example","brand":"The Corner"}`, 200),
			row("no such zone", ada, "PATCH /api/v1/shops/1", `{"zone":"Nowhere/City"}`, 422),
			row("another shop", ada, "POST /api/v1/shops", `{"name":"Market","currency":"EUR"}`, 201),
			row("shops", ada, "GET /api/v1/shops", nil, 200),
			row("settings", ada, "GET /api/v1/settings", nil, 200),
			row("another zone", ada, "PATCH /api/v1/settings", `{"zone":"Europe/Berlin"}`, 200),
			row("no such currency", ada, "PATCH /api/v1/settings", `{"currency":"euro"}`, 422),
		})
		apitest.Run(t, "audit", []apitest.Scenario{
			row("what happened", ada, "GET /api/v1/audit?limit=500", nil, 200),
			row("one action", ada, "GET /api/v1/audit?action=shop.created", nil, 200),
			row("one subject, one a page", ada, "GET /api/v1/audit?subject=shop:1&limit=1", nil, 200),
			row("a wrong cursor", ada, "GET /api/v1/audit?cursor=x", nil, 400),
		})
		var out strings.Builder
		for _, a := range h.Announced() {
			fmt.Fprintln(&out, a.Topic, apitest.Redact(a.Payload))
		}
		apitest.Golden(t, "announced", []byte(out.String()))
	})
}

func TestMatrix(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		s, c := h.Serve(t, false)
		apitest.Matrix(t, s.API(), h.Callers(t, c), map[string]string{
			"sign-out": "it ends the caller's session",
			"sign-in":  "its refusal of a wrong password is a 401 to everybody; tried in TestFirstDay",
		})
	})
}

func TestTwoSetUpsMakeOneOwner(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		var mu sync.Mutex
		got := map[int]int{}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				a := c.Post("/api/v1/setup", strings.Replace(setUp, "Ada@", fmt.Sprintf("ada%d@", i), 1))
				mu.Lock()
				defer mu.Unlock()
				got[a.Status]++
			})
		}
		wg.Wait()
		if got[201] != 1 || got[409] != 3 {
			t.Errorf("%v", got)
		}
	})
}

func TestTwoOwnersCannotDemoteEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		ada, s := h.User(t, role.Owner)
		owner := c.Session(s.Token)
		var bob struct{ ID string }
		owner.Post("/api/v1/users", `{"email":"bob@shop.example","name":"Bob","role":"owner","password":"12345678"}`).Into(&bob)
		statuses := make(chan int, 2)
		for _, who := range []string{ada.ID.String(), bob.ID} {
			go func() { statuses <- owner.Do("PATCH", "/api/v1/users/"+who, `{"role":"analyst"}`).Status }()
		}
		a, b := <-statuses, <-statuses
		if n, err := h.Users.List(role.System(t.Context())); err != nil || (n[0].Role != role.Owner && n[1].Role != role.Owner) {
			t.Errorf("no owner is left: %d %d %v", a, b, err)
		}
	})
}

func cookie(a apitest.Answer) *http.Cookie {
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if c.Name == httpapi.CookieName || c.Name == httpapi.SecureCookieName {
			return c
		}
	}
	return &http.Cookie{}
}

func TestCookie(t *testing.T) {
	h := accesstest.New(t, dbtest.SQLite(t))
	_, c := h.Serve(t, true)
	u, _ := h.User(t, role.Agent)
	in := signIn(u.Email, accesstest.Password)
	plain := cookie(c.Post("/api/v1/sessions", in).Want(200, ""))
	if !plain.HttpOnly || plain.SameSite != http.SameSiteLaxMode || plain.Path != "/" || plain.Secure || plain.MaxAge != 30*24*3600 || len(plain.Value) < 40 {
		t.Errorf("%+v", plain)
	}
	secure := cookie(c.With("X-Forwarded-Proto", "https").Post("/api/v1/sessions", in).Want(200, ""))
	if !secure.Secure || !strings.HasPrefix(secure.Name, "__Host-") || secure.Path != "/" || secure.Domain != "" || secure.Value == plain.Value {
		t.Errorf("%+v", secure)
	}
	out := c.Session(plain.Value).Do("DELETE", "/api/v1/sessions/current", nil).Want(204, "")
	if gone := cookie(out); gone.MaxAge != -1 || gone.Value != "" {
		t.Errorf("%+v", gone)
	}
	c.Session(plain.Value).Get("/api/v1/me").Want(401, "role.sign_in")
	https := c.With("X-Forwarded-Proto", "https")
	https.With("Cookie", secure.Name+"="+secure.Value).Get("/api/v1/me").Want(200, "")
	https.Session(secure.Value).Get("/api/v1/me").Want(401, "role.sign_in") // a name that a page of another host could have set
	c.With("Cookie", secure.Name+"="+secure.Value).Get("/api/v1/me").Want(401, "role.sign_in")
	c.Session(plain.Value).Do("DELETE", "/api/v1/sessions/current", nil).Want(204, "")
	c.Session(plain.Value).Post("/api/v1/sessions", in).Want(200, "") // a dead cookie does not lock anybody out
}

// From plain HTTP to HTTPS and back, with the cookies that a browser keeps meanwhile: who is signed in by one stays so there, has to sign in by the
// other, and can.
func TestCookiesAcrossASwitch(t *testing.T) {
	h := accesstest.New(t, dbtest.SQLite(t))
	_, c := h.Serve(t, true)
	u, _ := h.User(t, role.Agent)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	by := func(scheme string) (*url.URL, *apitest.Client) {
		at := &url.URL{Scheme: scheme, Host: "crm.shop.example", Path: "/"}
		client := c.With("X-Forwarded-Proto", scheme)
		var all []string
		for _, one := range jar.Cookies(at) {
			all = append(all, one.Name+"="+one.Value)
		}
		if len(all) > 0 {
			client = client.With("Cookie", strings.Join(all, "; "))
		}
		return at, client
	}
	for i, scheme := range []string{"http", "https", "http", "https"} {
		at, client := by(scheme)
		if want := map[bool]int{true: 401, false: 200}[i < 2]; client.Get("/api/v1/me").Status != want {
			t.Errorf("%d, %s: not %d", i, scheme, want)
		}
		a := client.Post("/api/v1/sessions", signIn(u.Email, accesstest.Password)).Want(200, "")
		jar.SetCookies(at, (&http.Response{Header: a.Header}).Cookies())
		_, client = by(scheme)
		client.Get("/api/v1/me").Want(200, "")
	}
	at, client := by("https")
	out := client.Do("DELETE", "/api/v1/sessions/current", nil).Want(204, "")
	jar.SetCookies(at, (&http.Response{Header: out.Header}).Cookies())
	_, client = by("https")
	client.Get("/api/v1/me").Want(401, "role.sign_in")
}

func TestForeignPagesCannotUseTheCookie(t *testing.T) {
	h := accesstest.New(t, dbtest.SQLite(t))
	_, c := h.Serve(t, true)
	_, s := h.User(t, role.Owner)
	owner := c.Session(s.Token)
	a := owner.With("Sec-Fetch-Site", "cross-site").Do("PATCH", "/api/v1/settings", `{"zone":"UTC"}`).Want(403, "request.cross_origin")
	if csp := a.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("policy %q", csp)
	}
	owner.With("Origin", "https://evil.example").Do("DELETE", "/api/v1/keys/1", nil).Want(403, "request.cross_origin")
	c.With("Sec-Fetch-Site", "cross-site").Post("/api/v1/sessions", signIn("a@b.example", "x")).Want(403, "request.cross_origin")
}

func TestSignInIsLimited(t *testing.T) {
	h := accesstest.New(t, dbtest.SQLite(t))
	_, c := h.Serve(t, true)
	u, _ := h.User(t, role.Agent)
	wrong := signIn(u.Email, "wrong horse")
	from := func(ip string) *apitest.Client { return c.With("X-Forwarded-For", ip) }
	for range 10 {
		from("203.0.113.1").Post("/api/v1/sessions", wrong).Want(401, "session.wrong")
	}
	a := from("203.0.113.1").Post("/api/v1/sessions", wrong).Want(429, "session.limited")
	if a.Header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	// The account is limited from everywhere, also for the right password; other accounts are not.
	from("203.0.113.2").Post("/api/v1/sessions", signIn(u.Email, accesstest.Password)).Want(429, "session.limited")
	from("203.0.113.2").Post("/api/v1/sessions", signIn("x@shop.example", "wrong")).Want(401, "session.wrong")
	h.Clock.Advance(30 * time.Second)
	from("203.0.113.2").Post("/api/v1/sessions", signIn(u.Email, accesstest.Password)).Want(200, "")
	// A network is limited across accounts; of IPv6 the first half of the address counts.
	for i := range 30 {
		from(fmt.Sprintf("2001:db8::%d", i+1)).Post("/api/v1/sessions", signIn(fmt.Sprintf("n%d@shop.example", i), "wrong")).Want(401, "session.wrong")
	}
	from("2001:db8::ffff").Post("/api/v1/sessions", signIn("n99@shop.example", "wrong")).Want(429, "session.limited")
	from("2001:db8:0:1::1").Post("/api/v1/sessions", signIn("n99@shop.example", "wrong")).Want(401, "session.wrong")
}

func TestSessionsEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		_, os := h.User(t, role.Owner)
		owner := c.Session(os.Token)
		u, s := h.User(t, role.Agent)
		agent := c.Session(s.Token)
		alive := func(who *apitest.Client, want bool) {
			t.Helper()
			if got := who.Get("/api/v1/me").Status == 200; got != want {
				t.Errorf("alive: %v, want %v", got, want)
			}
		}
		patch := func(body string) { owner.Do("PATCH", "/api/v1/users/"+u.ID.String(), body).Want(200, "") }
		alive(agent, true)
		// A role counts from the next request on.
		agent.Get("/api/v1/audit").Want(403, "role.forbidden")
		patch(`{"role":"manager"}`)
		agent.Get("/api/v1/audit").Want(200, "")
		// Disabled: over at once, and it cannot be begun.
		patch(`{"disabled":true}`)
		alive(agent, false)
		c.Post("/api/v1/sessions", signIn(u.Email, accesstest.Password)).Want(401, "session.wrong")
		patch(`{"disabled":false}`)
		alive(agent, true)
		// One's own new password ends the others and begins another here.
		other := c.Session(c.Post("/api/v1/sessions", signIn(u.Email, accesstest.Password)).Want(200, "").Cookie(httpapi.CookieName))
		alive(other, true)
		next := c.Session(agent.Post("/api/v1/me/password", `{"current":"correct horse","password":"another horse"}`).Want(204, "").Cookie(httpapi.CookieName))
		alive(other, false)
		alive(agent, false)
		alive(next, true)
		c.Post("/api/v1/sessions", signIn(u.Email, accesstest.Password)).Want(401, "session.wrong")
		// So does one that the owner gives.
		patch(`{"password":"owners choice"}`)
		alive(next, false)
		last := c.Session(c.Post("/api/v1/sessions", signIn(u.Email, "owners choice")).Want(200, "").Cookie(httpapi.CookieName))
		// Used now and then it goes on for ever, unused it ends after 30 days.
		for range 4 {
			h.Clock.Advance(session.Life - time.Hour)
			alive(last, true)
		}
		h.Clock.Advance(session.Life)
		alive(last, false)
	})
}

func TestKeysOpenAndClose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		_, s := h.User(t, role.Owner)
		owner := c.Session(s.Token)
		read, browser, write := h.Key(t, role.ScopeRead, false), h.Key(t, role.ScopeIngest, true), h.Key(t, role.ScopeWrite, false)
		c.Bearer(read.Public).Get("/api/v1/shops").Want(200, "")
		c.Bearer(write.Public).Get("/api/v1/keys").Want(403, "role.forbidden")
		c.Bearer(browser.Public).Get("/api/v1/shops").Want(403, "role.forbidden")
		c.Bearer(read.Public).Get("/api/v1/me").Want(403, "role.forbidden")
		c.Bearer("rk_nonsense").Get("/api/v1/shops").Want(401, "apikey.unknown")
		c.Bearer("").Get("/api/v1/setup").Want(401, "apikey.unknown")
		c.With("Authorization", "Basic eDp5").Get("/api/v1/shops").Want(401, "apikey.scheme")
		// A cookie beside a key does not lend it anything.
		owner.Bearer(read.Public).Get("/api/v1/users").Want(403, "role.forbidden")
		owner.Do("DELETE", "/api/v1/keys/"+read.ID.String(), nil).Want(204, "")
		owner.Do("DELETE", "/api/v1/keys/"+read.ID.String(), nil).Want(204, "")
		c.Bearer(read.Public).Get("/api/v1/shops").Want(401, "apikey.unknown")
		var all struct {
			Items []struct{ Name, Key, Prefix string }
		}
		owner.Get("/api/v1/keys").Into(&all)
		for _, k := range all.Items {
			if (k.Key != "") != strings.HasPrefix(k.Prefix, "pk_") || (k.Key != "" && k.Key != browser.Public) {
				t.Errorf("%+v", k)
			}
		}
	})
}
