package user

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

type output struct{ Body User }

type listOutput struct{ Body page.Page[User] }

// RoleRow is a role and what it may do.
type RoleRow struct {
	Role        role.Role `json:"role" enum:"owner,manager,marketer,agent,sales,analyst"`
	Permissions []string  `json:"permissions" nullable:"false"`
}

type rolesOutput struct{ Body page.Page[RoleRow] }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-roles", "GET /api/v1/roles", "What each role may do", role.UserRead),
		func(ctx context.Context, _ *struct{}) (*rolesOutput, error) {
			if err := role.Require(ctx, role.UserRead); err != nil {
				return nil, err
			}
			out := &rolesOutput{}
			for _, r := range role.Roles() {
				out.Body.Items = append(out.Body.Items, RoleRow{r, role.Principal{Kind: role.KindUser, Role: r}.Permissions()})
			}
			return out, nil
		})
	huma.Register(api, httpapi.Op("list-users", "GET /api/v1/users", "Who works here", role.UserRead),
		func(ctx context.Context, _ *struct{}) (*listOutput, error) {
			all, err := s.List(ctx)
			return &listOutput{page.Page[User]{Items: all}}, err
		})
	huma.Register(api, httpapi.Status(201, httpapi.Op("create-user", "POST /api/v1/users", "Add a user", role.UserWrite)),
		func(ctx context.Context, in *struct{ Body Draft }) (*output, error) {
			u, err := s.Create(ctx, in.Body)
			return &output{u}, err
		})
	huma.Register(api, httpapi.Op("update-user", "PATCH /api/v1/users/{id}", "Change, disable or enable a user", role.UserWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body Patch
		}) (*output, error) {
			u, err := s.Update(ctx, in.ID.ID, in.Body)
			return &output{u}, err
		})
}
