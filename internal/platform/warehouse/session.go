package warehouse

import (
	"cmp"
	"slices"
)

// SessionGap is how long a visit outlives its last event, in microseconds: 30 minutes.
const SessionGap = 30 * 60 * 1_000_000

// StartsSession is the one rule of visits: an event starts one if more than SessionGap passed since the event before, or if it
// names a campaign other than the one that the visit began with.
func StartsSession(previousAt, at int64, sessionCampaign, campaign string) bool {
	return at-previousAt > SessionGap || (campaign != "" && campaign != sessionCampaign)
}

// Step is what the rule needs of an event.
type Step struct {
	EventID, At, MessageHash int64
	Campaign                 string
	SessionID                int64 // as stored, then as worked out
	Start                    bool
}

// SortSteps puts steps into the order in which visits are worked out. Events of the same instant are ordered by their message, so that
// arrival does not matter.
func SortSteps(s []Step) {
	slices.SortFunc(s, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.MessageHash, b.MessageHash), cmp.Compare(a.EventID, b.EventID))
	})
}

// Sessions walks over a person's steps and sets session and start of each. The zero value is "before his first event".
type Sessions struct {
	begun    bool
	at       int64
	session  int64
	campaign string
}

// Next gives the session of the next step and whether it starts it.
func (w *Sessions) Next(s *Step) (session int64, start bool) {
	start = !w.begun || StartsSession(w.at, s.At, w.campaign, s.Campaign)
	if start {
		w.begun, w.session, w.campaign = true, s.EventID, s.Campaign
	}
	w.at = s.At
	return w.session, start
}
