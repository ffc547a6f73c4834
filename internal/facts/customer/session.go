package customer

// sessionGap ends a session: that long without an event, in microseconds.
const sessionGap = 30 * 60 * 1_000_000

// session is the newest session of a customer.
type session struct {
	id       int64 // event id of its first event; 0: none yet
	from     int64
	until    int64 // newest event
	campaign string
}

// next gives the session that an event belongs to which is not older than those before it.
func (s session) next(at, event int64, campaign string) (session, bool) {
	if s.id == 0 || at-s.until > sessionGap || campaign != "" && campaign != s.campaign {
		return session{id: event, from: at, until: at, campaign: campaign}, true
	}
	s.until = at
	return s, false
}

// holds tells whether an event that comes late lies within the session and does not cut it.
func (s session) holds(at int64, campaign string) bool {
	return s.id != 0 && at >= s.from && at <= s.until && (campaign == "" || campaign == s.campaign)
}
