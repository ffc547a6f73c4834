// Package event reads tracking calls of the Segment HTTP API, as its own and RudderStack's libraries write them.
//
// A request body becomes a list of items, each with its own verdict: a call that cannot be believed is refused by name (a code
// for programs, a sentence for people) and never spoils its neighbours; only what is no JSON at all, or over the limits of the
// API, fails as a whole. Item texts are what the journal keeps, so everything the stores cannot hold is cleaned out of them here: NUL,
// halves of surrogate pairs, bytes that are not UTF-8 become U+FFFD.
//
// Reading is one pass of a scanner that builds no values (scan.go); properties, traits and context stay text. Pure: no clock, no I/O.
package event

import (
	"bytes"
	"fmt"
	"unsafe"

	"rapport/internal/base/errs"
)

// The limits of the API.
const (
	MaxEvent  = 32 << 10  // bytes of one event
	MaxBody   = 500 << 10 // bytes of a request, unpacked
	MaxEvents = 2500      // in a batch
	maxDepth  = 50        // nested objects and lists in one event
	maxKey    = 255       // bytes of an identifier or a name
)

// Kind is the kind of a call.
type Kind byte

// The kinds. Their numbers are stored.
const (
	Unknown Kind = iota
	Track
	Page
	Screen
	Identify
	Group
	Alias
)

var kindNames = [...]string{"", "track", "page", "screen", "identify", "group", "alias"}

// String gives the name used in the API.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return ""
}

// KindOf reads the name of a kind; Unknown if it is none.
func KindOf(name string) Kind {
	for k := Track; k <= Alias; k++ {
		if kindNames[k] == name {
			return k
		}
	}
	return Unknown
}

// Refusal says why an event is not taken.
type Refusal struct{ Code, Reason string }

// Error gives the reason.
func (r *Refusal) Error() string { return r.Reason }

// Refuse makes a Refusal.
func Refuse(code, format string, args ...any) *Refusal {
	return &Refusal{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// Event is one call. Byte slices are JSON objects within the text it was read from, nil where nothing was said.
type Event struct {
	Kind                                        Kind
	Name                                        string // of a track call the event, of page and screen their name
	MessageID, AnonymousID, UserID              string
	PreviousID, GroupID                         string
	Category                                    string
	Timestamp, SentAt                           int64 // microseconds UTC as the sender's clock says; 0 unsaid
	Archived                                    bool  // Timestamp needs no correction by SentAt
	Properties, Traits, Context, unreadableTime []byte
}

// At gives the time of the event; batchSentAt stands in where the event itself has no sentAt.
func (e *Event) At(batchSentAt, receivedAt int64) int64 {
	sent := e.SentAt
	switch {
	case e.Archived:
		sent = 0
	case sent == 0:
		sent = batchSentAt
	}
	return At(e.Timestamp, sent, receivedAt)
}

// Item is one event of a request with its verdict.
type Item struct {
	Event
	Text    []byte   // storable JSON object; of a refused one the text as it came
	Refusal *Refusal // nil: taken
}

// Request is a request body.
type Request struct {
	WriteKey string
	SentAt   int64  // of the batch
	Context  []byte // of the batch: for events without their own
	Items    []Item
}

// view gives a string without copying; it lives as long as the buffer.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

type reader struct {
	scanner
	text func(inside []byte) string
}

func viewText(inside []byte) string {
	if bytes.IndexByte(inside, '\\') < 0 {
		return view(inside)
	}
	return unquote(inside)
}

var bom = []byte("\xEF\xBB\xBF")

func malformed(r *reader) error {
	return errs.New(errs.Malformed, "ingest.not_json", "The body is not valid JSON: it cannot be read at byte %d.", r.i)
}

// ReadOne reads the body of a single call; the address said its kind. Strings of the result live as long as the body.
func ReadOne(body []byte, kind Kind, into *Request) error {
	body = bytes.TrimPrefix(body, bom)
	if len(body) > MaxEvent {
		return errs.New(errs.Malformed, "ingest.event_too_large", "The event has %d bytes; %d is the most.", len(body), MaxEvent)
	}
	r := reader{scanner: scanner{b: body}, text: viewText}
	if r.next() != '{' {
		return r.notObject()
	}
	into.Items = append(into.Items[:0], Item{})
	if !r.item(&into.Items[0], kind, &into.WriteKey) || r.next() != 0 || r.i < len(body) {
		return malformed(&r)
	}
	return nil
}

func (s *reader) notObject() error {
	if _, ok := s.value(); !ok || s.next() != 0 {
		return malformed(s)
	}
	return errs.New(errs.Malformed, "ingest.not_object", "The body is JSON, but not an object.")
}

// ReadBatch reads the body of a batch. Strings of the result live as long as the body.
func ReadBatch(body []byte, into *Request) error {
	body = bytes.TrimPrefix(body, bom)
	r := reader{scanner: scanner{b: body}, text: viewText}
	if r.next() != '{' {
		return r.notObject()
	}
	into.Items = into.Items[:0]
	found, tooMany := false, false
	ok := r.object(func(key []byte) bool {
		switch string(key) {
		case "batch":
			if r.next() != '[' {
				_, ok := r.value()
				return ok
			}
			found = true
			return r.array(func() bool {
				if len(into.Items) >= MaxEvents {
					tooMany = true
					_, ok := r.value()
					return ok
				}
				into.Items = append(into.Items, Item{})
				return r.item(&into.Items[len(into.Items)-1], Unknown, nil)
			})
		case "writeKey":
			v, ok := r.value()
			into.WriteKey = r.plain(v)
			return ok
		case "sentAt":
			v, ok := r.value()
			into.SentAt, _ = r.instant(v)
			return ok
		case "context":
			r.escapes, r.high = false, 0
			v, ok := r.value()
			if ok && len(v) > 2 && v[0] == '{' && len(v) <= MaxEvent {
				into.Context = v
				if r.dirty(v) {
					into.Context = clean(v)
				}
			}
			return ok
		}
		_, ok := r.value()
		return ok
	})
	switch {
	case !ok || r.next() != 0 || r.i < len(body):
		return malformed(&r)
	case !found:
		return errs.New(errs.Malformed, "ingest.batch_missing", "The body has no list named batch.")
	case tooMany:
		return errs.New(errs.Malformed, "ingest.batch_too_long", "The batch has more than %d events.", MaxEvents)
	}
	return nil
}

// Parse reads an event back from the text of an Item. Its strings are copies; its byte slices lie in text.
func Parse(text []byte, kind Kind) (Event, bool) {
	r := reader{scanner: scanner{b: text}, text: unquote}
	var e Event
	_, ok := r.members(&e, nil)
	e.Kind = kind
	return e, ok
}

// item reads one element of a batch with its verdict. It gives false where the text is not JSON.
func (s *reader) item(it *Item, kind Kind, writeKey *string) bool {
	s.space()
	from := s.i
	s.deepest, s.escapes, s.high, s.huge = 0, false, 0, false
	if s.next() != '{' {
		text, ok := s.value()
		it.Text, it.Refusal = text, Refuse("ingest.not_object", "The event is not a JSON object.")
		return ok
	}
	refusal, ok := s.members(&it.Event, writeKey)
	if !ok {
		return false
	}
	it.Text = s.b[from:s.i]
	if kind != Unknown {
		it.Kind = kind
		if refusal != nil && refusal.Code == "ingest.type" {
			refusal = nil
		}
	}
	it.Refusal = refusal
	s.judge(it)
	if it.Refusal == nil && s.dirty(it.Text) {
		it.Text = clean(it.Text)
		r := reader{scanner: scanner{b: it.Text}, text: viewText}
		kind, name := it.Kind, it.Event
		it.Event = Event{}
		if _, ok := r.members(&it.Event, writeKey); !ok { // cannot happen: clean keeps JSON JSON
			it.Event, it.Refusal = name, Refuse("ingest.encoding", "The event holds text that cannot be stored.")
		}
		it.Kind = kind
	}
	return true
}

// judge completes the verdict.
func (s *reader) judge(it *Item) {
	switch {
	case len(it.Text) > MaxEvent:
		it.Refusal = Refuse("ingest.event_too_large", "The event has %d bytes; %d is the most.", len(it.Text), MaxEvent)
	case s.deepest > maxDepth:
		it.Refusal = Refuse("ingest.too_deep", "The event nests objects or lists %d deep; %d is the most.", s.deepest, maxDepth)
	case it.Refusal != nil:
	case s.huge:
		it.Refusal = Refuse("ingest.number", "The event holds a number that is too large or too small to be kept.")
	case it.Kind == Unknown:
		it.Refusal = Refuse("ingest.type_missing", "type is missing; it must be track, page, screen, identify, group or alias.")
	case it.unreadableTime != nil:
		it.Refusal = Refuse("ingest.timestamp", "timestamp is %s; it must be a time such as 2026-01-31T09:30:00.000Z.", cut(it.unreadableTime))
	case it.Kind == Track && it.Name == "":
		it.Refusal = Refuse("ingest.event_missing", "event is missing; a track call must name what happened.")
	case it.Kind == Track && len(it.Name) > maxKey:
		it.Refusal = Refuse("ingest.event_too_long", "event has %d bytes; %d is the most.", len(it.Name), maxKey)
	case it.Kind == Alias && it.UserID == "":
		it.Refusal = Refuse("ingest.user_missing", "userId is missing; alias says whose the previousId is.")
	case it.Kind == Alias && it.PreviousID == "" && it.AnonymousID == "":
		it.Refusal = Refuse("ingest.previous_missing", "previousId is missing; alias says which id userId replaces.")
	}
}

func cut(b []byte) string {
	if len(b) > 60 {
		return string(bytes.ToValidUTF8(b[:60], nil)) + "..."
	}
	return string(bytes.ToValidUTF8(b, nil))
}
