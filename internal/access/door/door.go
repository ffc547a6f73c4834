// Package door is where people and programs come in: it finds out who a request is from, answers "who am I?", and lets the very
// first person set the program up.
//
// It owns no table; it joins what user, session, apikey, shop and setting own. Set-up makes the owner, names the first shop, sets
// the reporting currency and zone and signs the owner in, in one transaction; it is possible only while there is no user, and of two people
// who try at the same moment one becomes the owner and the other is told so.
//
//	no user -- SetUp (or `rapport user add`) --> set up, for good
//
// A request with a key that is unknown is refused at once. A cookie whose session is over makes a stranger, not an error, since
// otherwise nobody could sign in again with it. Nothing is announced from here beyond what the packages below announce.
package door

import (
	"rapport/internal/access/apikey"
	"rapport/internal/access/session"
	"rapport/internal/access/setting"
	"rapport/internal/access/shop"
	"rapport/internal/access/user"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB       *sqldb.DB
	Users    *user.Service
	Sessions *session.Service
	Keys     *apikey.Service
	Shops    *shop.Service
	Settings *setting.Service
	// PublicURL is the address people use, like https://crm.shop.example; "" where it is not set.
	PublicURL string
}

// SetUp is what the first person says.
type SetUp struct {
	Email    string `json:"email" format:"email" maxLength:"254"`
	Name     string `json:"name" minLength:"1" maxLength:"200"`
	Password string `json:"password" minLength:"8" maxLength:"200"`
	ShopName string `json:"shop_name" minLength:"1" maxLength:"200"`
	Currency string `json:"currency" doc:"Of the shop and of all reports, ISO 4217" example:"EUR"`
	Zone     string `json:"zone" doc:"Of the shop and of all reports, IANA" example:"Europe/Berlin"`
	Language string `json:"language" doc:"Of the owner, the shop and the program, BCP 47" example:"en"`
}

// Me is who is signed in, what he may do and where he is.
type Me struct {
	User        user.User `json:"user"`
	Permissions []string  `json:"permissions"`
	Shop        shop.Shop `json:"shop" doc:"The first shop"`
	Reporting   Reporting `json:"reporting"`
	PublicURL   string    `json:"public_url" doc:"Address for links and snippets; empty: that of the page" example:"https://crm.shop.example"`
}

// Reporting is the one currency and zone of all figures.
type Reporting struct {
	Currency string `json:"currency" example:"EUR"`
	Zone     string `json:"zone" example:"Europe/Berlin"`
}
