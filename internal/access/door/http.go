package door

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/access/user"
	"rapport/internal/base/errs"
	"rapport/internal/platform/httpapi"
)

// Authenticate finds out who a request is from: httpapi's hook. A key is sent as Authorization: Bearer KEY; otherwise the session
// cookie counts. The principal's address is the client's, a stranger's too.
func (s *Service) Authenticate(r *http.Request) (context.Context, error) {
	ctx := r.Context()
	ip := httpapi.RequestFrom(ctx).IP
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, key, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return nil, errs.New(errs.Unauthorized, "apikey.scheme", "Send the key as Authorization: Bearer KEY.")
		}
		_, p, err := s.Keys.ByKey(ctx, strings.TrimSpace(key))
		if err != nil {
			return nil, err
		}
		p.IP = ip
		return role.With(ctx, p), nil
	}
	if token := httpapi.SessionToken(r); token != "" {
		p, ok, err := s.Sessions.Authenticate(ctx, token, ip)
		if err != nil {
			return nil, err
		}
		if ok {
			return role.With(ctx, p), nil
		}
	}
	return role.With(ctx, role.Principal{IP: ip}), nil
}

type setUpOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      user.User
}

type neededOutput struct {
	Body struct {
		Needed bool `json:"needed" doc:"There is no user yet"`
	}
}

type meOutput struct{ Body Me }

type userOutput struct{ Body user.User }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	tagged := func(op huma.Operation) huma.Operation {
		op.Tags = []string{"session"}
		return op
	}
	huma.Register(api, tagged(httpapi.Op("get-setup", "GET /api/v1/setup", "Whether the program is to be set up", httpapi.Public)),
		func(ctx context.Context, _ *struct{}) (*neededOutput, error) {
			out := &neededOutput{}
			var err error
			out.Body.Needed, err = s.SetUpNeeded(ctx)
			return out, err
		})
	huma.Register(api, tagged(httpapi.Secret(httpapi.Status(201, httpapi.Op("set-up", "POST /api/v1/setup",
		"Make the owner and the first shop, and sign in; possible once", httpapi.Public)))),
		func(ctx context.Context, in *struct{ Body SetUp }) (*setUpOutput, error) {
			begun, u, err := s.SetUp(ctx, in.Body, session.ClientOf(ctx))
			if err != nil {
				return nil, err
			}
			return &setUpOutput{session.Cookie(ctx, begun), u}, nil
		})
	huma.Register(api, tagged(httpapi.Op("get-me", "GET /api/v1/me", "Who is signed in and what he may do", httpapi.SignedIn)),
		func(ctx context.Context, _ *struct{}) (*meOutput, error) {
			v, err := s.Me(ctx)
			return &meOutput{v}, err
		})
	huma.Register(api, tagged(httpapi.Op("update-me", "PATCH /api/v1/me", "Change one's own name or language", httpapi.SignedIn)),
		func(ctx context.Context, in *struct {
			Body struct {
				Name     *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
				Language *string `json:"language,omitempty" maxLength:"35" example:"en"`
			}
		}) (*userOutput, error) {
			u, err := s.Users.UpdateSelf(ctx, in.Body.Name, in.Body.Language)
			return &userOutput{u}, err
		})
}
