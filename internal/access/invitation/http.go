package invitation

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/access/user"
	basepage "rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type output struct{ Body Invitation }

type listOutput struct{ Body basepage.Page[Invitation] }

type welcomeOutput struct{ Body Welcome }

type acceptOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      user.User
}

type one struct {
	ID httpapi.ID `path:"id"`
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	tagged := func(op huma.Operation) huma.Operation {
		op.Tags = []string{"invitation"}
		return op
	}
	huma.Register(api, tagged(httpapi.Op("list-invitations", "GET /api/v1/invitations", "Links that nobody has used yet", role.UserRead)),
		func(ctx context.Context, _ *struct{}) (*listOutput, error) {
			all, err := s.List(ctx)
			return &listOutput{basepage.Page[Invitation]{Items: all}}, err
		})
	huma.Register(api, tagged(httpapi.Secret(httpapi.Status(201, httpapi.Op("create-invitation", "POST /api/v1/invitations",
		"Invite somebody to work here; the link is shown in this answer only", role.UserWrite)))),
		func(ctx context.Context, in *struct{ Body Draft }) (*output, error) {
			v, err := s.Invite(ctx, in.Body)
			return &output{v}, err
		})
	huma.Register(api, tagged(httpapi.Secret(httpapi.Status(201, httpapi.Op("create-password-link", "POST /api/v1/users/{id}/password-link",
		"Let a user choose a new password; the link is shown in this answer only", role.UserWrite)))),
		func(ctx context.Context, in *one) (*output, error) {
			v, err := s.Renew(ctx, in.ID.ID)
			return &output{v}, err
		})
	huma.Register(api, tagged(httpapi.Op("revoke-invitation", "DELETE /api/v1/invitations/{id}", "Take a link back", role.UserWrite)),
		func(ctx context.Context, in *one) (*struct{}, error) {
			return nil, s.Revoke(ctx, in.ID.ID)
		})
	// The token comes in a body, never in an address: addresses are written to logs.
	huma.Register(api, tagged(httpapi.Secret(httpapi.Op("look-at-invitation", "POST /api/v1/welcome", "What a link is for", httpapi.Public))),
		func(ctx context.Context, in *struct {
			Body struct {
				Token string `json:"token" maxLength:"200" doc:"What stands behind the # of the link"`
			}
		}) (*welcomeOutput, error) {
			w, err := s.Look(ctx, in.Body.Token, session.ClientOf(ctx))
			return &welcomeOutput{w}, err
		})
	huma.Register(api, tagged(httpapi.Secret(httpapi.Op("accept-invitation", "POST /api/v1/welcome/accept",
		"Use a link: join or choose a new password, and sign in", httpapi.Public))),
		func(ctx context.Context, in *struct{ Body Acceptance }) (*acceptOutput, error) {
			begun, u, err := s.Accept(ctx, in.Body, session.ClientOf(ctx))
			if err != nil {
				return nil, err
			}
			return &acceptOutput{session.Cookie(ctx, begun), u}, nil
		})
}
