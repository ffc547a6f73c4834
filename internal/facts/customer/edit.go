package customer

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/once"
	"rapport/internal/platform/sqldb"
)

// Patch changes parts of a customer. An absent field stays, an empty one is taken away; so is an attribute that is null.
type Patch struct {
	Version    string         `json:"version,omitempty" maxLength:"40" doc:"As read with the customer; refused with customer.edited where his profile is another one by now"`
	ExternalID *string        `json:"external_id,omitempty" maxLength:"500" doc:"Can be given once, to somebody who has none"`
	Email      *string        `json:"email,omitempty" maxLength:"1000"`
	Phone      *string        `json:"phone,omitempty" maxLength:"200"`
	Name       *string        `json:"name,omitempty" maxLength:"1000"`
	FirstName  *string        `json:"first_name,omitempty" maxLength:"1000"`
	LastName   *string        `json:"last_name,omitempty" maxLength:"1000"`
	Gender     *string        `json:"gender,omitempty" maxLength:"100"`
	Birthday   *string        `json:"birthday,omitempty" maxLength:"40"`
	Language   *string        `json:"language,omitempty" maxLength:"35"`
	Zone       *string        `json:"zone,omitempty" maxLength:"64"`
	Country    *string        `json:"country,omitempty" maxLength:"100"`
	City       *string        `json:"city,omitempty" maxLength:"1000"`
	Attributes map[string]any `json:"attributes,omitempty" nullable:"false" doc:"Those named change, the others stay"`
}

// Version names a profile as it stands; it is another one as soon as something that people edit is.
func (p *Profile) Version() string {
	b, _ := json.Marshal([]any{p.ExternalID, p.Email, p.Phone, p.Name, p.FirstName, p.LastName, p.Gender, p.Birthday, p.Language, p.Zone, p.Country, p.City,
		cleanJSON(string(p.Attributes))}) // texts never fail
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Edit changes parts of a customer's profile. Who he is does not change by it, except that somebody without an external id may be given one.
func (s *Service) Edit(ctx context.Context, c id.ID, d *Patch) (Profile, error) {
	if err := role.Require(ctx, role.CustomerWrite); err != nil {
		return Profile{}, err
	}
	var who Who
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		var ok bool
		var err error
		if who, ok, err = s.Who(ctx, tx, c); err != nil {
			return err
		}
		if !ok {
			return errs.New(errs.NotFound, "customer.not_found", "There is no customer %s.", c)
		}
		p, err := selectProfile(ctx, tx, who.ID)
		if err != nil {
			return err
		}
		if d.Version != "" && d.Version != p.Version() {
			return errs.New(errs.Conflict, "customer.edited", "Somebody else changed this profile since you opened it. Look at it as it is now, then change it again.")
		}
		signals, err := s.editSignals(ctx, tx, &p, d)
		if err != nil || len(signals) == 0 {
			return err
		}
		out, err := s.Resolve(ctx, tx, signals)
		if err != nil {
			return err
		}
		who.ID = out.Verdicts[len(signals)-1].CustomerID
		if s.Follow != nil && len(out.Moves)+len(out.Resession) > 0 {
			if err := s.Follow(ctx, tx, out); err != nil {
				return err
			}
		}
		once.Made(ctx, "/api/v1/customers/"+who.ID.String())
		if s.Audit == nil {
			return nil
		}
		return s.Audit(ctx, tx, "customer.edited", "customer:"+who.ID.String(), nil)
	})
	if err != nil {
		return Profile{}, err
	}
	return s.Get(ctx, who.ID)
}

// editSignals says what a patch changes the way everything is said about people: by an identifier that is the customer's own.
func (s *Service) editSignals(ctx context.Context, tx *sqldb.Tx, p *Profile, d *Patch) ([]Signal, error) {
	draft := Draft{ShopID: p.ShopID, ExternalID: p.ExternalID, Attributes: map[string]any{}}
	traits := map[string]any{}
	for k, v := range d.Attributes {
		traits[k] = v
	}
	for _, f := range [...]struct {
		name, was string
		v         *string
		to        *string
	}{
		{traitEmail, p.Email, d.Email, &draft.Email}, {traitPhone, p.Phone, d.Phone, &draft.Phone}, {traitName, p.Name, d.Name, &draft.Name},
		{traitFirst, p.FirstName, d.FirstName, &draft.FirstName}, {traitLast, p.LastName, d.LastName, &draft.LastName},
		{traitGender, p.Gender, d.Gender, &draft.Gender}, {traitBirthday, p.Birthday, d.Birthday, &draft.Birthday},
		{traitLanguage, p.Language, d.Language, &draft.Language}, {traitZone, p.Zone, d.Zone, &draft.Zone}, {traitCountry, p.Country, d.Country, &draft.Country},
		{traitCity, p.City, d.City, &draft.City},
	} {
		if f.v != nil && *f.v != f.was {
			*f.to, traits[f.name] = *f.v, *f.v
			if *f.v == "" {
				traits[f.name] = nil
			}
		}
	}
	if d.ExternalID != nil && *d.ExternalID != p.ExternalID {
		if p.ExternalID != "" {
			return nil, refuseEdit("external_id", "fixed", "His number in the shop cannot be changed; it is what the shop knows him by.")
		}
		draft.ExternalID = *d.ExternalID
	}
	if len(traits) == 0 && draft.ExternalID == p.ExternalID {
		return nil, nil
	}
	check := draft
	if check.ExternalID == "" && check.Email == "" && check.Phone == "" {
		check.ExternalID = "known otherwise"
	}
	sig, err := s.signalOf(ctx, check)
	if err != nil {
		return nil, err
	}
	if sig.Traits, err = json.Marshal(traits); err != nil {
		return nil, fmt.Errorf("write traits: %w", err)
	}
	sig.UserID, sig.At = draft.ExternalID, max(clock.Micros(s.Clock.Now()), p.CreatedAt)
	if p.ExternalID != "" {
		return []Signal{sig}, nil
	}
	own, err := selectIdentities(ctx, tx, []id.ID{p.ID})
	if err != nil {
		return nil, err
	}
	anchor := Signal{ShopID: sig.ShopID, SourceID: sig.SourceID, Server: true, At: sig.At, UserID: draft.ExternalID}
	for _, kind := range []string{KindEmail, KindPhone, KindAnonymous} {
		for _, i := range own {
			if i.kind != kind || !i.verified && kind != KindAnonymous {
				continue
			}
			switch kind {
			case KindEmail:
				anchor.Email = i.value
			case KindPhone:
				anchor.Phone = i.value
			default:
				anchor.AnonymousID, anchor.Identify = i.value, draft.ExternalID != ""
			}
			return s.anchored(anchor, sig, traits)
		}
	}
	return s.anchored(anchor, sig, traits)
}

// anchored joins what names a customer without external id with what is said about him.
func (s *Service) anchored(anchor, sig Signal, traits map[string]any) ([]Signal, error) {
	if sig.UserID != "" { // from now on his number names him
		return []Signal{anchor, sig}, nil
	}
	_, email := traits[traitEmail]
	_, phone := traits[traitPhone]
	switch {
	case email && anchor.Phone == "":
		return nil, refuseEdit("email", "anchor", "He is known by nothing else than this. Give him a customer number too, then it can be changed.")
	case phone && anchor.Email == "":
		return nil, refuseEdit("phone", "anchor", "He is known by nothing else than this. Give him a customer number too, then it can be changed.")
	}
	sig.Email, sig.Phone, sig.AnonymousID = anchor.Email, anchor.Phone, anchor.AnonymousID
	return []Signal{sig}, nil
}

func refuseEdit(path, code, message string) error {
	return errs.New(errs.Invalid, "customer.invalid", "The customer cannot be written as he stands.").With(errs.Field{Path: path, Code: code, Message: message})
}

// PutMany writes customers in one transaction; one who cannot be written does not keep the others from being.
func (s *Service) PutMany(ctx context.Context, drafts []Draft) ([]PutResult, error) {
	if err := role.Require(ctx, role.CustomerWrite); err != nil {
		return nil, err
	}
	out := make([]PutResult, len(drafts))
	var signals []Signal
	var at []int
	for i, d := range drafts {
		sig, err := s.signalOf(ctx, d)
		if err != nil {
			if errs.As(err) == nil {
				return nil, err
			}
			out[i].Err = err
			continue
		}
		sig.At += int64(i) // of two that name one person the later line holds
		signals, at = append(signals, sig), append(at, i)
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		before := s.IDs.New() // ids grow: who is made after it is new
		r, err := s.Resolve(ctx, tx, signals)
		if err != nil {
			return err
		}
		touched := make(map[id.ID]bool, len(r.Touched))
		for _, c := range r.Touched {
			touched[c] = true
		}
		fresh := map[id.ID]bool{}
		for k, v := range r.Verdicts {
			made := v.CustomerID > before && !fresh[v.CustomerID]
			fresh[v.CustomerID] = true
			out[at[k]] = PutResult{ID: v.CustomerID, Created: made, Updated: !made && touched[v.CustomerID]}
		}
		if s.Follow != nil && len(r.Moves)+len(r.Resession) > 0 {
			if err := s.Follow(ctx, tx, r); err != nil {
				return err
			}
		}
		if s.Audit == nil || len(signals) == 0 {
			return nil
		}
		return s.Audit(ctx, tx, "customer.written", "customers", map[string]any{"count": len(signals)})
	})
	return out, err
}

// PutResult is what became of one customer of many.
type PutResult struct {
	ID               id.ID
	Created, Updated bool
	Err              error
}
