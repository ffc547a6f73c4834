package invitation_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

type made struct{ ID, Link string }

func (m made) token() string { return strings.TrimPrefix(m.Link, "/welcome#") }

func invite(c *apitest.Client, email, as string) (m made) {
	c.Post("/api/v1/invitations", map[string]string{"email": email, "role": as}).Want(201, "").Into(&m)
	return m
}

func renew(c *apitest.Client, user string) (m made) {
	c.Post("/api/v1/users/"+user+"/password-link", nil).Want(201, "").Into(&m)
	return m
}

func accept(token string) map[string]string {
	return map[string]string{"token": token, "name": "Bob", "password": "battery staple", "language": "fa"}
}

func TestLinks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		ada, s := h.User(t, role.Owner)
		owner := c.Session(s.Token)
		bob := invite(owner, " Bob@Shop.example", "agent")
		agent, as := h.User(t, role.Agent)
		forgot := renew(owner, agent.ID.String())
		row := func(name string, as *apitest.Client, do string, body any, status int) apitest.Scenario {
			return apitest.Scenario{Name: name, As: as, Do: do, Body: body, Status: status}
		}
		apitest.Run(t, "links", []apitest.Scenario{
			row("an invitation", owner, "POST /api/v1/invitations", `{"email":"eve@shop.example","role":"analyst"}`, 201),
			row("somebody who is here already", owner, "POST /api/v1/invitations", `{"email":"OWNER@shop.example","role":"agent"}`, 409),
			row("no address", owner, "POST /api/v1/invitations", `{"email":"eve@","role":"agent"}`, 422),
			row("no role", owner, "POST /api/v1/invitations", `{"email":"eve@shop.example","role":"king"}`, 422),
			row("an agent invites nobody", c.Session(as.Token), "POST /api/v1/invitations", `{"email":"x@shop.example","role":"owner"}`, 403),
			row("a new password for nobody", owner, "POST /api/v1/users/1/password-link", nil, 404),
			row("what is open, without the links", owner, "GET /api/v1/invitations", nil, 200),
			row("what it is for", c, "POST /api/v1/welcome", map[string]string{"token": bob.token()}, 200),
			row("what the other is for", c, "POST /api/v1/welcome", map[string]string{"token": forgot.token()}, 200),
			row("a made-up link", c, "POST /api/v1/welcome", `{"token":"il_nonsense"}`, 404),
			row("a short password", c, "POST /api/v1/welcome/accept", map[string]string{"token": bob.token(), "name": "Bob", "password": "short"}, 422),
			row("no name", c, "POST /api/v1/welcome/accept", map[string]string{"token": bob.token(), "name": " ", "password": "battery staple"}, 422),
			row("Bob joins", c, "POST /api/v1/welcome/accept", accept(bob.token()), 200),
			row("once", c, "POST /api/v1/welcome/accept", accept(bob.token()), 404),
			row("the agent chooses a password", c, "POST /api/v1/welcome/accept", map[string]string{"token": forgot.token(), "password": "battery staple"}, 200),
			row("his old session is over", c.Session(as.Token), "GET /api/v1/me", nil, 401),
			row("the old password too", c, "POST /api/v1/sessions", map[string]string{"email": agent.Email, "password": accesstest.Password}, 401),
			row("the new one holds", c, "POST /api/v1/sessions", map[string]string{"email": agent.Email, "password": "battery staple"}, 200),
			row("eve's is left", owner, "GET /api/v1/invitations", nil, 200),
			row("what happened", owner, "GET /api/v1/audit?limit=500", nil, 200),
		})
		log := string(owner.Get("/api/v1/audit?limit=500").Body)
		for _, m := range []made{bob, forgot} {
			if strings.Contains(log, m.token()) || strings.Contains(log, m.token()[:12]) {
				t.Error("a token stands in the audit log")
			}
		}
		_ = ada
	})
}

func TestWhoAcceptsIsSignedIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		_, s := h.User(t, role.Owner)
		m := invite(c.Session(s.Token), "bob@shop.example", "agent")
		a := c.Post("/api/v1/welcome/accept", accept(m.token())).Want(200, "")
		bob := c.Session(a.Cookie(httpapi.CookieName))
		var me struct {
			User struct{ Email, Name, Role, Language string }
		}
		bob.Get("/api/v1/me").Into(&me)
		if me.User.Email != "bob@shop.example" || me.User.Name != "Bob" || me.User.Role != "agent" || me.User.Language != "fa" {
			t.Errorf("%+v", me)
		}
		bob.Get("/api/v1/users").Want(403, "role.forbidden")
	})
}

func TestLinksThatAreNoneAnyMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		_, s := h.User(t, role.Owner)
		owner := c.Session(s.Token)
		agent, _ := h.User(t, role.Agent)
		void := func(m made) {
			t.Helper()
			c.Post("/api/v1/welcome", map[string]string{"token": m.token()}).Want(404, "invitation.void")
			c.Post("/api/v1/welcome/accept", accept(m.token())).Want(404, "invitation.void")
			var open struct{ Items []made }
			owner.Get("/api/v1/invitations").Into(&open)
			for _, o := range open.Items {
				if o.ID == m.ID {
					t.Error("a void link is listed")
				}
			}
		}
		patch := func(who, body string) { owner.Do("PATCH", "/api/v1/users/"+who, body).Want(200, "") }

		old := invite(owner, "eve@shop.example", "agent")
		next := invite(owner, "eve@shop.example", "analyst")
		void(old) // a newer one for the same address
		owner.Do("DELETE", "/api/v1/invitations/"+next.ID, nil).Want(204, "")
		owner.Do("DELETE", "/api/v1/invitations/"+next.ID, nil).Want(404, "invitation.missing")
		void(next) // taken back

		late := invite(owner, "late@shop.example", "agent")
		lost := renew(owner, agent.ID.String())
		h.Clock.Advance(24*time.Hour - time.Second)
		c.Post("/api/v1/welcome", map[string]string{"token": lost.token()}).Want(200, "")
		h.Clock.Advance(time.Second)
		void(lost) // too old
		h.Clock.Advance(6 * 24 * time.Hour)
		void(late)

		lost = renew(owner, agent.ID.String())
		patch(agent.ID.String(), `{"password":"owners choice"}`)
		void(lost) // the password was changed meanwhile
		lost = renew(owner, agent.ID.String())
		patch(agent.ID.String(), `{"disabled":true}`)
		void(lost) // the user was switched off
		owner.Post("/api/v1/users/"+agent.ID.String()+"/password-link", nil).Want(409, "invitation.disabled")

		var second struct{ ID string }
		owner.Post("/api/v1/users", `{"email":"two@shop.example","name":"Two","role":"owner","password":"12345678"}`).Into(&second)
		two := c.Session(c.Post("/api/v1/sessions", `{"email":"two@shop.example","password":"12345678"}`).Cookie(httpapi.CookieName))
		byTwo := invite(two, "friend@shop.example", "owner")
		patch(second.ID, `{"role":"manager"}`)
		void(byTwo) // its maker may not invite any more

		m := invite(owner, "zoe@shop.example", "agent")
		owner.Post("/api/v1/users", `{"email":"zoe@shop.example","name":"Zoe","role":"agent","password":"12345678"}`).Want(201, "")
		c.Post("/api/v1/welcome/accept", accept(m.token())).Want(409, "user.email_taken")
	})
}

func TestOneOfManyComesIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		_, c := h.Serve(t, true)
		_, s := h.User(t, role.Owner)
		agent, _ := h.User(t, role.Agent)
		owner := c.Session(s.Token)
		for name, m := range map[string]made{"join": invite(owner, "bob@shop.example", "agent"), "password": renew(owner, agent.ID.String())} {
			got := map[int]int{}
			var mu sync.Mutex
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					status := c.Post("/api/v1/welcome/accept", accept(m.token())).Status
					mu.Lock()
					defer mu.Unlock()
					got[status]++
				})
			}
			wg.Wait()
			if got[200] != 1 || got[404] != 3 {
				t.Errorf("%s: %v", name, got)
			}
		}
	})
}

func TestTriesAreLimited(t *testing.T) {
	h := accesstest.New(t, dbtest.SQLite(t))
	_, c := h.Serve(t, true)
	_, s := h.User(t, role.Owner)
	owner := c.Session(s.Token)
	from := func(ip string) *apitest.Client { return c.With("X-Forwarded-For", ip) }
	for i := range 30 {
		from("203.0.113.1").Post("/api/v1/welcome", map[string]string{"token": fmt.Sprint("il_", i)}).Want(404, "invitation.void")
	}
	m := invite(owner, "bob@shop.example", "agent")
	a := from("203.0.113.1").Post("/api/v1/welcome/accept", accept(m.token())).Want(429, "invitation.limited")
	if a.Header.Get("Retry-After") != "10" {
		t.Errorf("Retry-After %q", a.Header.Get("Retry-After"))
	}
	from("203.0.113.2").Post("/api/v1/welcome/accept", accept(m.token())).Want(200, "")
	for i := range 29 {
		invite(owner, fmt.Sprintf("n%d@shop.example", i), "agent")
	}
	owner.Post("/api/v1/invitations", `{"email":"more@shop.example","role":"agent"}`).Want(429, "invitation.limited")
}
