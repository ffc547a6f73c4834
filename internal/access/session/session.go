// Package session owns sign-in: who proved to be whom, and for how long.
//
// A session lives in the table sessions under the SHA-256 of its token; the token itself exists only in the browser's cookie. It slides:
// each use moves its end to 30 days ahead, written at most once an hour. It is over at once, on every node, when it is signed out, when
// the user is disabled, and when his password changes, because each request reads both rows anew. Wrong passwords are
// counted for each network and for each account; who has used up his tries is asked to wait.
//
//	none -- SignIn --> open -- SignOut, End, 30 days unused, disabled, new password --> over
//
// Everybody sees where he is signed in and can end each of these sessions, or all of them; who may change users can end a user's.
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
	ID     id.ID
	Token  string // of a session just begun; otherwise empty
	UserID id.ID
	Epoch  int64
	Begun  time.Time
	Seen   time.Time
	Ends   time.Time
	IP     string
	Agent  string
}

// Row is a session in its owner's list.
type Row struct {
	ID      id.ID     `json:"id"`
	Current bool      `json:"current" doc:"The one that asks"`
	Device  Device    `json:"device"`
	IP      string    `json:"ip" doc:"Of its last use" example:"203.0.113.7"`
	BegunAt time.Time `json:"begun_at"`
	SeenAt  time.Time `json:"last_seen_at" doc:"Its last use, to the hour"`
	EndsAt  time.Time `json:"ends_at" doc:"When it is over unless it is used before"`
}

func (s Session) row(current id.ID) Row {
	return Row{ID: s.ID, Current: s.ID == current, Device: DeviceOf(s.Agent), IP: s.IP, BegunAt: s.Begun, SeenAt: s.Seen, EndsAt: s.Ends}
}
