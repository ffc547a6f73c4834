// Package shop knows the shops of the deployment: name, domain, zone, currency, language, brand.
//
// It owns the table shops. There is always at least one: EnsureDefault makes it at the first start, with the fixed id 1, so
// that two nodes starting at once make one. What names no shop belongs to it. Shops are few and are kept in memory; ingestion asks for
// them with every batch. A change announces shop.changed {"id": "1"}.
package shop

import (
	"context"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/setting"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Topic is what a change announces.
const Topic = "shop.changed"

// First is the id of the shop that is always there.
const First id.ID = 1

// Shop is one of the merchant's shops.
type Shop struct {
	ID        id.ID     `json:"id"`
	Name      string    `json:"name"`
	Domain    string    `json:"domain" doc:"Host name of its pages; may be empty" example:"shop.example"`
	Zone      string    `json:"zone" doc:"IANA time zone of dates without one" example:"Europe/Berlin"`
	Currency  string    `json:"currency" doc:"Of amounts that name none, ISO 4217" example:"EUR"`
	Language  string    `json:"language" doc:"BCP 47" example:"en"`
	Brand     string    `json:"brand" doc:"How the shop calls itself towards customers; may be empty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Patch changes what is not nil.
type Patch struct {
	Name     *string `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Domain   *string `json:"domain,omitempty" maxLength:"253"`
	Zone     *string `json:"zone,omitempty" example:"Europe/Berlin"`
	Currency *string `json:"currency,omitempty" example:"EUR"`
	Language *string `json:"language,omitempty" example:"en"`
	Brand    *string `json:"brand,omitempty" maxLength:"200"`
}

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Audit *audit.Service
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

func (s Shop) check() error {
	var wrong []errs.Field
	if s.Name == "" {
		wrong = append(wrong, errs.Field{Path: "name", Code: "required", Message: "A shop needs a name."})
	}
	wrong = append(wrong, setting.CheckZone("zone", s.Zone)...)
	wrong = append(wrong, setting.CheckCurrency("currency", s.Currency)...)
	wrong = append(wrong, setting.CheckLanguage("language", s.Language)...)
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "shop.invalid", "The shop has wrong values; errors says where.").With(wrong...)
	}
	return nil
}

// applied gives the shop with the patch laid over it, and what differs by name.
func (p Patch) applied(to Shop) (Shop, map[string]any) {
	diff := map[string]any{}
	for _, f := range []struct {
		name string
		from *string
		to   *string
	}{
		{"name", p.Name, &to.Name}, {"domain", p.Domain, &to.Domain}, {"zone", p.Zone, &to.Zone},
		{"currency", p.Currency, &to.Currency}, {"language", p.Language, &to.Language}, {"brand", p.Brand, &to.Brand},
	} {
		if f.from != nil && sqldb.Clean(*f.from) != *f.to {
			*f.to = sqldb.Clean(*f.from)
			diff[f.name] = *f.to
		}
	}
	return to, diff
}
