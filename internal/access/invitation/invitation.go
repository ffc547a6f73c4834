// Package invitation lets people in by links: a new colleague, who chooses his name and password himself, and somebody who has forgotten
// his password. Whoever may change users makes a link and hands it over in the way that suits him; Rapport sends nothing itself.
//
// It owns the table invitations. A link is good once and for a while (see lifetimes). It carries 256 random bits behind a "#", which a
// browser keeps to itself, so that no server, proxy or log on the way sees them; the table holds their SHA-256. The link is in the answer
// that made it and nowhere else.
//
//	made -- Accept --> used         gone from the table, kept in the audit log
//	     -- Revoke, a newer link for the same person --> taken back
//	     -- its time is over, its maker was disabled or may no longer change users,
//	        the password it is about was changed meanwhile --> void
//
// Invariants: there is at most one link of a kind for one address; of two who use a link at the same moment one comes in; links that are
// unknown, used, taken back or void are answered alike. Tries are counted for each network and makings for each user.
// Nothing is announced from here.
package invitation

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// The kinds of links.
const (
	Join     = "join"     // to become a user
	Password = "password" // to choose a new password
)

var lifetimes = map[string]time.Duration{Join: 7 * 24 * time.Hour, Password: 24 * time.Hour}

// The tries of a network and the links that one user makes: so many at once, then one every so often.
const (
	networkTries = 30
	networkEvery = 10 * time.Second
	makerLinks   = 30
	makerEvery   = 20 * time.Second
)

// page is where the web app takes a link up.
const page = "/welcome#"

// Invitation is a link that was not used yet.
type Invitation struct {
	ID         id.ID     `json:"id"`
	Kind       string    `json:"kind" enum:"join,password"`
	Email      string    `json:"email"`
	Name       string    `json:"name,omitempty" doc:"Of the user whose password it is about"`
	Role       string    `json:"role" enum:"owner,manager,marketer,agent,sales,analyst"`
	UserID     id.ID     `json:"user_id" doc:"Whose password it is about; 0 for somebody who is to join"`
	MadeBy     id.ID     `json:"made_by" doc:"0: the operator on the command line"`
	MadeByName string    `json:"made_by_name"`
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	Link       string    `json:"link,omitempty" doc:"To be put behind the address of this Rapport. It is in the answer that made it and never again."`

	epoch int64
}

// Draft says who is to join as what.
type Draft struct {
	Email string `json:"email" format:"email" maxLength:"254"`
	Role  string `json:"role" enum:"owner,manager,marketer,agent,sales,analyst"`
}

// Welcome is what somebody with a link is told before he uses it.
type Welcome struct {
	Kind      string    `json:"kind" enum:"join,password"`
	Email     string    `json:"email" doc:"With which he will sign in"`
	Name      string    `json:"name" doc:"Of the user whose password it is about"`
	Role      string    `json:"role" enum:"owner,manager,marketer,agent,sales,analyst"`
	Language  string    `json:"language" doc:"Of the user or of the settings"`
	ShopName  string    `json:"shop_name"`
	From      string    `json:"from" doc:"Who made the link; empty for the operator"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Acceptance is what he says.
type Acceptance struct {
	Token    string `json:"token" maxLength:"200" doc:"What stands behind the # of the link"`
	Name     string `json:"name,omitempty" maxLength:"200" doc:"Of who joins"`
	Password string `json:"password" minLength:"8" maxLength:"200"`
	Language string `json:"language,omitempty" maxLength:"35" doc:"Of who joins" example:"en"`
}

// errVoid does not say which of these it was: a stranger must not learn what links there are or were.
var errVoid = errs.New(errs.NotFound, "invitation.void",
	"This link is not valid (any more): it was used already, was taken back, or is too old. Ask for another.")

func hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
