package customer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"rapport/internal/access/role"
	"rapport/internal/base/address"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/once"
	"rapport/internal/platform/sqldb"
)

// Draft is a customer as another system knows him. What is empty stays as it is.
type Draft struct {
	ShopID                                 id.ID // 0: the default shop
	ExternalID, Email, Phone               string
	Name, FirstName, LastName              string
	Gender, Birthday, Language, Zone, City string
	Country                                string
	Attributes                             map[string]any
}

// Put writes a customer by his external id within the shop, else by his e-mail address or phone number, and gives his profile. Saying
// the same again changes nothing but its time.
func (s *Service) Put(ctx context.Context, d Draft) (Profile, error) {
	if err := role.Require(ctx, role.CustomerWrite); err != nil {
		return Profile{}, err
	}
	sig, err := s.signalOf(ctx, d)
	if err != nil {
		return Profile{}, err
	}
	var c id.ID
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		out, err := s.Resolve(ctx, tx, []Signal{sig})
		if err != nil {
			return err
		}
		c = out.Verdicts[0].CustomerID
		once.Made(ctx, "/api/v1/customers/"+c.String())
		if s.Follow != nil && len(out.Moves)+len(out.Resession) > 0 {
			if err := s.Follow(ctx, tx, out); err != nil {
				return err
			}
		}
		if s.Audit == nil {
			return nil
		}
		return s.Audit(ctx, tx, "customer.written", "customer:"+c.String(), map[string]any{"external_id": d.ExternalID, "shop_id": sig.ShopID})
	})
	if err != nil {
		return Profile{}, err
	}
	return s.Get(ctx, c)
}

func (s *Service) signalOf(ctx context.Context, d Draft) (Signal, error) {
	sig := Signal{ShopID: d.ShopID, SourceID: role.From(ctx).SourceID, Server: true, At: clock.Micros(s.Clock.Now()), UserID: d.ExternalID}
	if sig.ShopID == 0 && s.DefaultShop != nil {
		shop, err := s.DefaultShop(ctx)
		if err != nil {
			return sig, fmt.Errorf("find default shop: %w", err)
		}
		sig.ShopID = shop
	}
	region := ""
	if s.Region != nil {
		region = s.Region(sig.ShopID)
	}
	var bad []errs.Field
	check := func(path, value string, form func(string) (string, bool)) {
		if _, ok := form(value); value != "" && !ok {
			bad = append(bad, errs.Field{Path: path, Code: "invalid", Message: "This cannot be read."})
		}
	}
	check("email", d.Email, address.Email)
	check("phone", d.Phone, func(v string) (string, bool) { return address.Phone(v, region) })
	check("country", d.Country, address.Country)
	check("birthday", d.Birthday, address.Birthday)
	check("language", d.Language, address.Language)
	check("zone", d.Zone, address.Zone)
	if d.ExternalID == "" && d.Email == "" && d.Phone == "" {
		bad = append(bad, errs.Field{Path: "external_id", Code: "required", Message: "Give an external id, an e-mail address or a phone number."})
	}
	if len(d.ExternalID) > maxID {
		bad = append(bad, errs.Field{Path: "external_id", Code: "too_long", Message: fmt.Sprintf("At most %d bytes.", maxID)})
	}
	if len(bad) > 0 {
		return sig, errs.New(errs.Invalid, "customer.invalid", "The customer cannot be written as he stands.").With(bad...)
	}
	traits := maps.Clone(d.Attributes)
	if traits == nil {
		traits = map[string]any{}
	}
	for name, value := range map[string]string{
		"email": d.Email, "phone": d.Phone, "name": d.Name, "first_name": d.FirstName, "last_name": d.LastName,
		"gender": d.Gender, "birthday": d.Birthday, "language": d.Language, "timezone": d.Zone, "city": d.City, "country": d.Country,
	} {
		if value != "" {
			traits[name] = value
		}
	}
	var err error
	if sig.Traits, err = json.Marshal(traits); err != nil {
		return sig, fmt.Errorf("write traits: %w", err)
	}
	return sig, nil
}
