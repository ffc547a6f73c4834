// Package shop knows the shops of the deployment: name, domain, zone, currency, language, brand.
//
// It owns the table shops. There is always at least one: EnsureDefault makes it at the first start, with the fixed id 1, so
// that two nodes starting at once make one. What names no shop belongs to it. Shops are few and are kept in memory; ingestion asks for
// them with every batch. A change announces shop.changed {"id": "1"}.
package shop

import (
	"time"

	"rapport/internal/base/id"
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
