package ingest

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/collect/ingest/watch"
	"rapport/internal/platform/warehouse"
)

// What becomes of a refused event that is sent again.
const (
	Applied   = "applied"
	Duplicate = "duplicate"
)

// maxShown is how many events of one step are put before those who look: more than anybody can see at once.
const maxShown = 2000

// show puts a step before those who look. While nobody does it costs one load a step.
func (s *Service) show(parts []*part, st *step) {
	if s.watched.Idle() {
		return
	}
	entries := make([]watch.Entry, 0, min(len(st.fates), maxShown))
	at, applied := 0, 0
	for _, p := range parts {
		own := 0
		for range p.fates {
			fate := st.fates[at]
			at++
			if fate != fateApplied && fate != fateDuplicate {
				continue
			}
			e, verdict := &p.events[own], watch.Duplicate
			own++
			if fate == fateApplied {
				e, verdict = &st.events[applied], watch.Accepted
				applied++
			}
			if len(st.fates)-at < maxShown { // the newest ones
				entries = append(entries, entryOf(e, verdict))
			}
		}
		for _, r := range p.refused[max(0, len(p.refused)-maxShown):] {
			entries = append(entries, entryOfRefused(&r))
		}
	}
	slices.SortStableFunc(entries, func(a, b watch.Entry) int { return cmp.Compare(a.EventID, b.EventID) })
	s.watched.Show(entries, s.Clock.Now())
}

// entryOf copies what is shown of an event: its own texts may be parts of far larger ones.
func entryOf(e *warehouse.Event, verdict string) watch.Entry {
	return watch.Entry{EventID: e.EventID, At: e.At, ReceivedAt: e.ReceivedAt, SourceID: e.SourceID, CustomerID: e.CustomerID, Kind: e.Kind,
		Name: strings.Clone(e.Name), MessageID: strings.Clone(e.MessageID), AnonymousID: strings.Clone(e.AnonymousID), UserID: strings.Clone(e.UserID),
		Email: strings.Clone(short(gjson.GetBytes(e.Properties, "email").Str, 320)), Verdict: verdict}
}

// entryOfRefused reads what a refused event says of itself, as far as it can be read.
func entryOfRefused(r *refused) watch.Entry {
	out := watch.Entry{EventID: r.eventID, At: r.at, ReceivedAt: r.at, SourceID: r.sourceID, Name: strings.Clone(r.name), MessageID: strings.Clone(r.messageID),
		Verdict: watch.Refused, Code: r.code, Reason: strings.Clone(r.reason), Again: r.origin != 0}
	about(&out, r.body)
	return out
}

func about(out *watch.Entry, body []byte) {
	e, ok := event.Parse(body, event.Unknown)
	if !ok {
		return
	}
	out.Kind = gjson.GetBytes(body, "type").Str
	out.AnonymousID, out.UserID = strings.Clone(short(e.AnonymousID, 255)), strings.Clone(short(e.UserID, 255))
	for _, at := range []string{"traits.email", "context.traits.email", "properties.email"} {
		if v := gjson.GetBytes(body, at).Str; v != "" {
			out.Email = strings.Clone(short(v, 320))
			return
		}
	}
}

// Stream is what is new for one who looks.
type Stream struct {
	Entries []watch.Entry // newest first
	Cursor  string        // for the next call
	Missed  int64         // that passed the filter but were too many to be kept
	Resumed bool          // the view had ended and was opened again: what came meanwhile is not known here
}

const (
	backfill     = 50
	backfillSpan = 30 * time.Minute
)

// Watch gives what came since the cursor, which holds the key of a view; without one it opens a view and gives the newest that came before.
func (s *Service) Watch(ctx context.Context, f watch.Filter, cursor string) (Stream, error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return Stream{}, err
	}
	var customers []id.ID
	if f.Person = strings.TrimSpace(f.Person); f.Person != "" && s.People != nil {
		var err error
		if customers, err = s.People(ctx, f.Person); err != nil {
			return Stream{}, err
		}
	}
	var key string
	if _, err := page.Decode(cursor, &key); err != nil {
		return Stream{}, err
	}
	now := s.Clock.Now()
	if had, ok := s.watched.Filter(key); ok && had == f {
		if entries, missed, ok := s.watched.Next(key, customers, now); ok {
			slices.Reverse(entries)
			return Stream{Entries: entries, Cursor: cursor, Missed: missed}, nil
		}
	}
	key, err := s.watched.Open(f, customers, now)
	if err != nil {
		return Stream{}, err
	}
	out := Stream{Cursor: page.Encode(key), Resumed: cursor != ""}
	out.Entries, err = s.newest(ctx, f, customers, now)
	return out, err
}

// newest gives what came shortly before somebody looks, from what is stored. Duplicates leave nothing behind.
func (s *Service) newest(ctx context.Context, f watch.Filter, customers []id.ID, now time.Time) ([]watch.Entry, error) {
	var out []watch.Entry
	take := func(e watch.Entry) {
		if f.Takes(&e, customers) {
			out = append(out, e)
		}
	}
	if f.Verdict == "" || f.Verdict == watch.Accepted {
		// Person may be a message id; customers are looked up by their own access path below.
		q := warehouse.EventQuery{MessageID: f.Person, From: clock.Micros(now.Add(-backfillSpan)), Limit: 4 * backfill}
		found, err := s.Warehouse.Events(ctx, q)
		for _, c := range customers[:min(len(customers), 5)] {
			some, e := s.Warehouse.Person(ctx, c, warehouse.PersonQuery{Limit: backfill})
			if e != nil {
				err = e
			}
			found = append(found, some...)
		}
		if err != nil {
			return nil, err
		}
		for i := range found {
			take(entryOf(&found[i], watch.Accepted))
		}
	}
	if f.Verdict == "" || f.Verdict == watch.Refused {
		rows, err := listRefused(ctx, s.DB, RefusedFilter{SourceID: f.SourceID, Open: true}, math.MaxInt64, math.MaxInt64, 4*backfill)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			r := &rows[i]
			e := watch.Entry{EventID: r.EventID, At: r.At, ReceivedAt: r.At, SourceID: r.SourceID, Name: r.Name, MessageID: r.MessageID,
				Verdict: watch.Refused, Code: r.Code, Reason: r.Reason}
			about(&e, []byte(r.Body))
			take(e)
		}
	}
	slices.SortFunc(out, func(a, b watch.Entry) int {
		return cmp.Or(cmp.Compare(b.ReceivedAt, a.ReceivedAt), cmp.Compare(b.EventID, a.EventID))
	})
	return out[:min(len(out), backfill)], nil
}

// RefusedEvents lists what was refused, newest first.
func (s *Service) RefusedEvents(ctx context.Context, f RefusedFilter, limit int, cursor string) (page.Page[RefusedEvent], error) {
	var none page.Page[RefusedEvent]
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return none, err
	}
	at, before := int64(math.MaxInt64), int64(math.MaxInt64)
	if _, err := page.Decode(cursor, &at, &before); err != nil {
		return none, err
	}
	limit = page.Limit(limit, 50)
	rows, err := listRefused(ctx, s.DB, f, at, before, limit+1)
	if err != nil {
		return none, err
	}
	return page.Cut(rows, limit, func(r RefusedEvent) string { return page.Encode(r.At, int64(r.ID)) }), nil
}

// newestReasons is how many refused events RefusedReasons looks at, so that it costs the same however many there are.
const newestReasons = 20_000

// RefusedReasons counts why events stand refused, of the newest ones.
func (s *Service) RefusedReasons(ctx context.Context) ([]RefusedReason, error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return nil, err
	}
	return countReasons(ctx, s.DB, newestReasons)
}
