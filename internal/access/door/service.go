package door

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/access/session"
	"rapport/internal/access/setting"
	"rapport/internal/access/shop"
	"rapport/internal/access/user"
	"rapport/internal/platform/sqldb"
)

// Service lets people and programs in.
type Service struct{ Deps }

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

// SetUpNeeded reports whether there is no user yet.
func (s *Service) SetUpNeeded(ctx context.Context) (bool, error) {
	exists, err := s.Users.Any(ctx, s.DB)
	return !exists, err
}

// SetUp makes the owner and names the first shop; errs.Conflict ("setup.done") once there is a user.
func (s *Service) SetUp(ctx context.Context, in SetUp, c session.Client) (session.Session, user.User, error) {
	none := session.Session{}
	if needed, err := s.SetUpNeeded(ctx); err != nil || !needed { // spares a stranger's hash; First decides
		if err == nil {
			err = user.ErrSetUp
		}
		return none, user.User{}, err
	}
	owner, err := s.Users.Prepare(ctx, user.Draft{
		Email: in.Email, Name: in.Name, Password: in.Password, Language: in.Language, Role: role.Owner,
	})
	if err != nil {
		return none, owner, err
	}
	ctx = role.With(ctx, role.Principal{Kind: role.KindUser, ID: owner.ID, Name: owner.Name, Role: role.Owner, IP: c.IP})
	var begun session.Session
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := s.Users.First(ctx, tx, owner); err != nil {
			return err
		}
		if _, err := s.Shops.Set(ctx, tx, shop.First, shop.Patch{
			Name: &in.ShopName, Currency: &in.Currency, Zone: &in.Zone, Language: &in.Language,
		}); err != nil {
			return err
		}
		if err := s.Settings.Set(ctx, tx, setting.Patch{Currency: &in.Currency, Zone: &in.Zone, Language: &in.Language}); err != nil {
			return err
		}
		begun, err = s.Sessions.Begin(ctx, tx, owner, c)
		return err
	})
	return begun, owner, err
}

// Me tells the signed-in user about himself.
func (s *Service) Me(ctx context.Context) (Me, error) {
	p, err := role.RequireUser(ctx)
	if err != nil {
		return Me{}, err
	}
	u, err := s.Users.ByID(ctx, s.DB, p.ID)
	if err != nil {
		return Me{}, err
	}
	first, err := s.Shops.Default(ctx)
	if err != nil {
		return Me{}, err
	}
	now := s.Settings.Current()
	return Me{User: u, Permissions: p.Permissions(), Shop: first, Reporting: Reporting{Currency: now.Currency, Zone: now.Zone}, PublicURL: s.PublicURL}, nil
}
