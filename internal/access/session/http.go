package session

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/access/user"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// Cookie gives the cookie that carries a session; an empty token takes it away.
func Cookie(ctx context.Context, s Session) http.Cookie {
	https := httpapi.RequestFrom(ctx).HTTPS
	c := http.Cookie{
		Name: httpapi.SessionCookie(https), Value: s.Token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: https, MaxAge: int(Life.Seconds()),
	}
	if s.Token == "" {
		c.MaxAge = -1
	}
	return c
}

// ClientOf gives the browser that a request comes from.
func ClientOf(ctx context.Context) Client {
	r := httpapi.RequestFrom(ctx)
	return Client{IP: r.IP, Agent: r.Agent}
}

type signInInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254" example:"owner@shop.example"`
		Password string `json:"password" maxLength:"800"`
	}
}

type signInOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      user.User
}

type cookieOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

type listOutput struct{ Body page.Page[Row] }

type endedOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"` // only where the present session ended too
	Body      ended
}

type ended struct {
	Ended int64 `json:"ended" doc:"How many sessions ended"`
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	tagged := func(op huma.Operation) huma.Operation {
		op.Tags = []string{"session"}
		return op
	}
	huma.Register(api, tagged(httpapi.Secret(httpapi.Op("sign-in", "POST /api/v1/sessions", "Sign in: sets the session cookie", httpapi.Public))),
		func(ctx context.Context, in *signInInput) (*signInOutput, error) {
			begun, u, err := s.SignIn(ctx, in.Body.Email, in.Body.Password, ClientOf(ctx))
			if err != nil {
				return nil, err
			}
			return &signInOutput{Cookie(ctx, begun), u}, nil
		})
	// Public, since a session that is over must be able to lose its cookie too.
	huma.Register(api, tagged(httpapi.Op("sign-out", "DELETE /api/v1/sessions/current", "Sign out", httpapi.Public)),
		func(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
			if token := httpapi.RequestFrom(ctx).Token; token != "" {
				if err := s.SignOut(ctx, token); err != nil {
					return nil, err
				}
			}
			return &cookieOutput{Cookie(ctx, Session{})}, nil
		})
	s.lists(api, tagged)
	huma.Register(api, tagged(httpapi.Secret(httpapi.Op("change-password", "POST /api/v1/me/password",
		"Change one's own password; ends one's other sessions", httpapi.SignedIn))),
		func(ctx context.Context, in *struct {
			Body struct {
				Current string `json:"current" maxLength:"800"`
				New     string `json:"password" minLength:"8" maxLength:"200"`
			}
		}) (*cookieOutput, error) {
			begun, err := s.ChangePassword(ctx, in.Body.Current, in.Body.New, ClientOf(ctx))
			if err != nil {
				return nil, err
			}
			return &cookieOutput{Cookie(ctx, begun)}, nil
		})
}

// lists adds what concerns all sessions of somebody.
func (s *Service) lists(api huma.API, tagged func(huma.Operation) huma.Operation) {
	huma.Register(api, tagged(httpapi.Op("list-own-sessions", "GET /api/v1/me/sessions", "Where one is signed in", httpapi.SignedIn)),
		func(ctx context.Context, _ *struct{}) (*listOutput, error) {
			all, err := s.Own(ctx)
			return &listOutput{page.Page[Row]{Items: all}}, err
		})
	huma.Register(api, tagged(httpapi.Op("end-own-session", "DELETE /api/v1/me/sessions/{id}", "End one of one's own sessions", httpapi.SignedIn)),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		}) (*struct{}, error) {
			return nil, s.End(ctx, in.ID.ID)
		})
	huma.Register(api, tagged(httpapi.Op("end-own-sessions", "DELETE /api/v1/me/sessions", "End one's other sessions, or all of them", httpapi.SignedIn)),
		func(ctx context.Context, in *struct {
			Present bool `query:"present" doc:"The present one too: signs out everywhere"`
		}) (*endedOutput, error) {
			n, err := s.EndOwn(ctx, in.Present)
			out := &endedOutput{Body: ended{n}}
			if err == nil && in.Present {
				out.SetCookie = []http.Cookie{Cookie(ctx, Session{})}
			}
			return out, err
		})
	huma.Register(api, tagged(httpapi.Op("end-user-sessions", "DELETE /api/v1/users/{id}/sessions", "End every session of a user", role.UserWrite)),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		}) (*endedOutput, error) {
			n, err := s.EndOf(ctx, in.ID.ID)
			return &endedOutput{Body: ended{n}}, err
		})
}
