package session_test

import (
	"testing"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

type row struct {
	ID      string
	Current bool
	Device  struct{ Browser, System string }
	IP      string
}

func sessions(c *apitest.Client) []row {
	var out struct{ Items []row }
	c.Get("/api/v1/me/sessions").Into(&out)
	return out.Items
}

func TestWhereOneIsSignedIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		_, os := h.User(t, role.Owner)
		owner := c.Session(os.Token)
		u, _ := h.User(t, role.Agent)
		in := func(agent, ip string) *apitest.Client {
			a := c.With("User-Agent", agent).With("X-Forwarded-For", ip).
				Post("/api/v1/sessions", map[string]string{"email": u.Email, "password": accesstest.Password}).Want(200, "")
			return c.Session(a.Cookie(httpapi.CookieName))
		}
		desk := in("Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0", "203.0.113.1")
		phone := in("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/18.1 Mobile Safari/604", "203.0.113.2")
		third := in("curl/8", "203.0.113.3")
		all := sessions(phone)
		if len(all) != 4 { // with the one that h.User began
			t.Fatalf("%+v", all)
		}
		ids := map[string]string{}
		for _, r := range all {
			ids[r.IP] = r.ID
			if r.Current != (r.IP == "203.0.113.2") || r.Current && (r.Device.Browser != "Safari" || r.Device.System != "iOS") {
				t.Errorf("%+v", r)
			}
		}
		alive := func(who *apitest.Client, want bool) {
			t.Helper()
			if got := who.Get("/api/v1/me").Status == 200; got != want {
				t.Errorf("alive: %v, want %v", got, want)
			}
		}
		// Nobody ends what is not his.
		owner.Do("DELETE", "/api/v1/me/sessions/"+ids["203.0.113.1"], nil).Want(404, "session.missing")
		alive(desk, true)
		phone.Do("DELETE", "/api/v1/me/sessions/"+ids["203.0.113.1"], nil).Want(204, "")
		alive(desk, false)
		// The others, then every one.
		var ended struct{ Ended int }
		a := phone.Do("DELETE", "/api/v1/me/sessions", nil).Into(&ended)
		if ended.Ended != 2 || a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%+v %v", ended, a.Header)
		}
		alive(third, false)
		alive(phone, true)
		a = phone.Do("DELETE", "/api/v1/me/sessions?present=true", nil).Into(&ended)
		if ended.Ended != 1 || a.Cookie(httpapi.CookieName) != "" || a.Header.Get("Set-Cookie") == "" {
			t.Errorf("%+v %v", ended, a.Header)
		}
		alive(phone, false)
		// Who may change users ends theirs.
		desk, phone = in("curl/8", "203.0.113.1"), in("curl/8", "203.0.113.2")
		desk.Do("DELETE", "/api/v1/users/"+u.ID.String()+"/sessions", nil).Want(403, "role.forbidden")
		owner.Do("DELETE", "/api/v1/users/1/sessions", nil).Want(404, "user.missing")
		owner.Do("DELETE", "/api/v1/users/"+u.ID.String()+"/sessions", nil).Into(&ended)
		if ended.Ended != 2 {
			t.Errorf("%+v", ended)
		}
		alive(desk, false)
		alive(phone, false)
		alive(owner, true)
		// A new password leaves none of the old ones in the list.
		in("curl/8", "203.0.113.1")
		owner.Do("PATCH", "/api/v1/users/"+u.ID.String(), `{"password":"owners choice"}`).Want(200, "")
		next := c.Session(c.Post("/api/v1/sessions", map[string]string{"email": u.Email, "password": "owners choice"}).Want(200, "").Cookie(httpapi.CookieName))
		if got := sessions(next); len(got) != 1 || !got[0].Current {
			t.Errorf("%+v", got)
		}
	})
}
