package warehouse

import (
	"cmp"
	"context"
	"slices"

	"rapport/internal/base/id"
)

// The first and the last instant that events may have: the years 1 and 9999.
const (
	EarliestAt = -62135596800_000_000
	LatestAt   = 253402300799_999_999
)

// Reader reads a person's events, newest first.
type Reader func(ctx context.Context, customer id.ID, q PersonQuery) ([]Event, error)

const (
	backPage = 32
	backMax  = 20_000 // events read back in search of the beginning of a visit; a visit longer than this is taken to begin there
)

// Resessioned works out the visits of the spans and gives the events whose stored visit is wrong, with the right one.
//
// What lies before a span is taken to be right. The walk begins with the visit that the span's first event may continue, and ends after the
// span at the first pause, or at the first event whose stored visit is the one worked out: from there on nothing can differ.
func Resessioned(ctx context.Context, read Reader, spans []PersonSpan) ([]Event, error) {
	var out []Event
	for person := range chunkBy(joinSpans(spans), func(a, b PersonSpan) bool { return a.CustomerID == b.CustomerID }) {
		w := walker{read: read, customer: person[0].CustomerID, right: map[int64]*Event{}}
		for _, s := range person {
			if err := w.span(ctx, s); err != nil {
				return nil, err
			}
		}
		for _, e := range w.right {
			out = append(out, *e)
		}
	}
	slices.SortFunc(out, func(a, b Event) int { return cmp.Compare(a.EventID, b.EventID) })
	return out, nil
}

// joinSpans sorts by person and joins what is so near that it shares visits.
func joinSpans(spans []PersonSpan) []PersonSpan {
	s := slices.Clone(spans)
	for i := range s {
		if s[i].UntilAt <= 0 || s[i].UntilAt > LatestAt { // no end was named
			s[i].UntilAt = LatestAt
		}
		s[i].FromAt = max(s[i].FromAt, EarliestAt)
	}
	slices.SortFunc(s, func(a, b PersonSpan) int {
		return cmp.Or(cmp.Compare(a.CustomerID, b.CustomerID), cmp.Compare(a.FromAt, b.FromAt))
	})
	var out []PersonSpan
	for _, x := range s {
		if n := len(out) - 1; n >= 0 && out[n].CustomerID == x.CustomerID && x.FromAt-2*SessionGap <= out[n].UntilAt {
			out[n].UntilAt = max(out[n].UntilAt, x.UntilAt)
			continue
		}
		out = append(out, x)
	}
	return out
}

// walker works on one person. Right holds what was corrected so far, since later spans must see it.
type walker struct {
	read     Reader
	customer id.ID
	right    map[int64]*Event
}

func (w *walker) events(ctx context.Context, q PersonQuery) ([]Event, error) {
	events, err := w.read(ctx, w.customer, q)
	for i := range events {
		if e, ok := w.right[events[i].EventID]; ok {
			events[i].SessionID, events[i].SessionStart = e.SessionID, e.SessionStart
		}
	}
	return events, err
}

func (w *walker) span(ctx context.Context, s PersonSpan) error {
	state, err := w.before(ctx, s.FromAt)
	if err != nil {
		return err
	}
	from, to, stretch := s.FromAt, min(s.UntilAt+SessionGap, LatestAt)+1, int64(4*SessionGap)
	for {
		events, err := w.events(ctx, PersonQuery{From: from, To: to})
		if err != nil {
			return err
		}
		if w.walk(&state, events, s.UntilAt) || to > LatestAt || !state.begun || to-1-state.at > SessionGap {
			return nil
		}
		from, to = to, min(to+stretch, LatestAt+1)
		stretch *= 2
	}
}

// walk goes over a stretch of events and reports whether, after the instant, stored and right visits agree.
func (w *walker) walk(state *Sessions, events []Event, after int64) (agree bool) {
	byID := make(map[int64]*Event, len(events))
	steps := stepsOf(events, byID)
	for i := range steps {
		session, start := state.Next(&steps[i])
		e := byID[steps[i].EventID]
		same := e.SessionID == session && e.SessionStart == start
		if same && e.At > after {
			return true
		}
		if !same {
			e.SessionID, e.SessionStart = session, start
			w.right[e.EventID] = e
		}
	}
	return false
}

func stepsOf(events []Event, byID map[int64]*Event) []Step {
	steps := make([]Step, 0, len(events))
	for i := range events {
		e := &events[i]
		if e.SessionID == 0 {
			continue
		}
		byID[e.EventID] = e
		steps = append(steps, Step{EventID: e.EventID, At: e.At, MessageHash: e.MessageHash, Campaign: e.Campaign, SessionID: e.SessionID, Start: e.SessionStart})
	}
	SortSteps(steps)
	return steps
}

// before gives the state in which the walk stands just before an instant: that of the visit that may still go on there.
func (w *walker) before(ctx context.Context, at int64) (Sessions, error) {
	var all []Event
	place, limit := Place{At: at, EventID: 0, Set: true}, backPage
	for {
		events, err := w.events(ctx, PersonQuery{Before: place, Limit: limit})
		if err != nil {
			return Sessions{}, err
		}
		all = append(all, events...)
		end := len(events) < limit
		steps := stepsOf(all, map[int64]*Event{})
		if len(steps) > 0 && at-steps[len(steps)-1].At > SessionGap {
			return Sessions{}, nil
		}
		// The newest stored beginning counts once everything of its instant is read, since events of one instant have an order of their own.
		for i := len(steps) - 1; i >= 0; i-- {
			if steps[i].Start && (end || all[len(all)-1].At < steps[i].At) {
				return replay(steps[i:]), nil
			}
		}
		if end || len(all) >= backMax {
			return replay(steps), nil
		}
		last := all[len(all)-1]
		place, limit = Place{At: last.At, EventID: last.EventID, Set: true}, limit*4
	}
}

// replay walks over steps that are right and begin with the beginning of a visit.
func replay(steps []Step) Sessions {
	var state Sessions
	for i := range steps {
		state.Next(&steps[i])
	}
	if len(steps) > 0 { // where the true beginning is too far away
		state.session = steps[len(steps)-1].SessionID
	}
	return state
}

// chunkBy cuts a list between neighbours that do not belong together.
func chunkBy(spans []PersonSpan, together func(a, b PersonSpan) bool) func(yield func([]PersonSpan) bool) {
	return func(yield func([]PersonSpan) bool) {
		for len(spans) > 0 {
			n := 1
			for n < len(spans) && together(spans[n-1], spans[n]) {
				n++
			}
			if !yield(spans[:n]) {
				return
			}
			spans = spans[n:]
		}
	}
}
