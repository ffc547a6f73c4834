// Package session owns sign-in: who proved to be whom, and for how long.
//
// A session lives in the table sessions under the SHA-256 of its token; the token itself exists only in the browser's cookie. It slides:
// each use moves its end to 30 days ahead, written at most once an hour. It is over at once, on every node, when it is signed out, when
// the user is disabled, and when his password changes, because each request reads both rows anew. Wrong passwords are
// counted for each network and for each account; who has used up his tries is asked to wait.
//
//	none -- SignIn --> open -- SignOut, 30 days unused, disabled, new password --> over
//
// Invariants: an unknown address, a disabled user and a wrong password are answered alike and take the same time.
// Nothing is announced from here.
package session

import (
	"time"

	"rapport/internal/base/id"
)

// Life is how long a session lasts without being used; slideEvery how often its use is written.
const (
	Life       = 30 * 24 * time.Hour
	slideEvery = time.Hour
)

// The tries of a network and of an account: so many at once, then one every so often.
const (
	networkTries = 30
	networkEvery = 10 * time.Second
	accountTries = 10
	accountEvery = 30 * time.Second
)

// Session is one signed-in browser.
type Session struct {
	Token  string // of a session just begun; otherwise empty
	UserID id.ID
	Epoch  int64
	Begun  time.Time
	Seen   time.Time
	Ends   time.Time
	IP     string
	Agent  string
}
