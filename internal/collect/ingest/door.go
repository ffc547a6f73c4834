package ingest

import (
	"context"
	"errors"
	"strconv"

	"github.com/tidwall/gjson"

	"rapport/internal/access/apikey"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
)

// Verdict names an event of a request that was refused.
type Verdict struct {
	Index     int
	MessageID string
	Reason    string
}

// Answer says what became of a request.
type Answer struct {
	Accepted int
	Refused  []Verdict
}

// call is one request at a tracking door.
type call struct {
	kind     event.Kind // of a single call; Unknown for a batch
	encoding string     // Content-Encoding
	key      string     // from the header
	queryKey string
	ip       string
}

var (
	errNoKey = errs.New(errs.Unauthorized, "ingest.key_missing", "Send the write key as user name of Basic authentication, or as writeKey in the body.")
	errBusy  = errs.New(errs.RateLimited, "ingest.busy", "More is coming in than can be written at the moment. Send it again later.").After(1)
)

// take judges the events of a body that has been read, keeps them, and answers when they are durable.
func (s *Service) take(ctx context.Context, b *buffers, c *call) (Answer, error) {
	src, err := s.source(ctx, c.key)
	if err != nil && c.key != "" {
		return Answer{}, err
	}
	body, err := b.unpack(c.encoding)
	if err != nil {
		return Answer{}, err
	}
	if c.kind == event.Unknown {
		err = event.ReadBatch(body, &b.request)
	} else {
		err = event.ReadOne(body, c.kind, &b.request)
	}
	if c.key == "" { // who has no key learns nothing of his body
		key := b.request.WriteKey
		if key == "" {
			key = c.queryKey
		}
		var unknown error
		if src, unknown = s.source(ctx, key); unknown != nil {
			return Answer{}, unknown
		}
	}
	if err != nil {
		return Answer{}, err
	}
	return s.keep(ctx, b, &src, c.ip, 0)
}

// source gives the source that a key opens for events.
func (s *Service) source(ctx context.Context, key string) (apikey.Source, error) {
	if key == "" {
		return apikey.Source{}, errNoKey
	}
	src, who, err := s.Keys.ByKey(ctx, key)
	switch {
	case err != nil:
		return src, err
	case !who.May(role.IngestWrite) || src.ID == 0:
		return src, errs.New(errs.Unauthorized, "ingest.key_scope", "This key may not send events; it needs the scope ingest.")
	}
	return src, nil
}

// keep writes the request to the journal, refused events too. importID is that of the import whose events these are, 0: of none.
func (s *Service) keep(ctx context.Context, b *buffers, src *apikey.Source, ip string, importID id.ID) (Answer, error) {
	items := b.request.Items
	if len(items) == 0 {
		return Answer{}, nil
	}
	h := headerOf(src, clock.Micros(s.Clock.Now()))
	keep := s.journal.Append
	if importID != 0 {
		h.Flags, h.ImportID, keep = h.Flags|journal.Imported, importID, s.journal.AppendAlone
	}
	h.SentAt, h.Context = b.request.SentAt, b.request.Context
	if src.Kind == apikey.Browser { // of a server nothing would be learned about the person
		h.IP = event.CutIP(ip)
	}
	raw := journal.AppendHeader(b.raw[:0], &h, len(items))
	rules := s.Names.Rules()
	var out Answer
	for i := range items {
		it := &items[i]
		if it.Refusal == nil {
			it.Refusal = doubt(&it.Event, &h, rules)
		}
		r := journal.Record{Mark: journal.Taken, Kind: byte(it.Kind), Text: it.Text}
		if it.Refusal == nil {
			if it.MessageID == "" {
				r.MessageID = "rapport-" + id.Secret(15) // each is its own event
			}
			out.Accepted++
		} else {
			text := it.Text
			if len(text) > maxKept {
				text = text[:maxKept]
			}
			r = journal.Record{Mark: journal.Refused, Kind: byte(it.Kind), MessageID: short(it.MessageID, 255), Name: short(it.Name, 255), Code: it.Refusal.Code,
				Reason: it.Refusal.Reason, Text: text}
			out.Refused = append(out.Refused, Verdict{Index: i, MessageID: short(it.MessageID, 255), Reason: it.Refusal.Reason})
		}
		raw = journal.AppendRecord(raw, &r)
	}
	b.raw = raw
	err := keep(ctx, raw, len(items))
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		b.raw = nil // the journal may still hold it
		return Answer{}, ctx.Err()
	case errors.Is(err, journal.ErrClosed):
		return Answer{}, errs.New(errs.Unavailable, "ingest.stopping", "The server is stopping. Send it again later.").After(5)
	case sqldb.IsFull(err):
		return Answer{}, errs.New(errs.Unavailable, "ingest.disk_full", "The server's disk is full; nothing was kept. Send it again later.").After(10)
	}
	return Answer{}, errs.New(errs.Unavailable, "ingest.journal", "The event could not be kept at the moment. Send it again later.").After(5)
}

// headerOf says what is known of a source's request.
func headerOf(src *apikey.Source, receivedAt int64) journal.Header {
	h := journal.Header{SourceID: src.ID, ShopID: src.ShopID, Currency: src.ShopCurrency, ReceivedAt: receivedAt}
	if src.Kind != apikey.Browser {
		h.Flags |= journal.Server
	}
	if src.TrustedOrders {
		h.Flags |= journal.Trusted
	}
	return h
}

// doubt looks at what the form alone does not tell: whether the event names anybody, whether its name is welcome, and whether an order can be
// believed.
func doubt(e *event.Event, h *journal.Header, rules *dictionary.Rules) *event.Refusal {
	if e.AnonymousID == "" && e.UserID == "" && (h.Flags&journal.Server == 0 || !namesPerson(e)) {
		return event.Refuse("ingest.nobody", "The event names nobody: it needs userId or anonymousId.")
	}
	if e.Kind != event.Track {
		return nil
	}
	name := e.Name
	if rules != nil {
		blocked, target := rules.Look(name, h.ReceivedAt)
		if blocked {
			return event.Refuse("ingest.blocked", "The event %q is blocked in the event dictionary of the shop.", name)
		}
		if target != "" {
			name = target
		}
	}
	if !order.Concerns(name) {
		return nil
	}
	_, err := order.FromEvent(order.Event{ShopID: h.ShopID, SourceID: h.SourceID, Name: name, At: h.CameAt(), MessageID: "?", AnonymousID: e.AnonymousID,
		UserID: e.UserID, Currency: h.Currency, Properties: e.Properties})
	if err == nil {
		return nil
	}
	if x := errs.As(err); x != nil {
		return &event.Refusal{Code: x.Code, Reason: x.Message}
	}
	return &event.Refusal{Code: "order.invalid", Reason: err.Error()}
}

// namesPerson tells whether an event without ids says by e-mail or phone whose it is.
func namesPerson(e *event.Event) bool {
	for _, at := range []struct {
		part []byte
		path string
	}{{e.Traits, "email"}, {e.Traits, "phone"}, {e.Context, "traits.email"}, {e.Context, "traits.phone"}, {e.Properties, "email"}} {
		if len(at.part) > 2 && gjson.GetBytes(at.part, at.path).String() != "" {
			return true
		}
	}
	return false
}

// reserve takes room for a request of size bytes (-1: unknown); give it back with release.
func (s *Service) reserve(size int64) (int64, bool) {
	if size < 0 || size > event.MaxBody {
		size = event.MaxBody
	}
	size += 4096
	if s.inFlight.Add(size) > s.MaxInFlight {
		s.inFlight.Add(-size)
		return 0, false
	}
	return size, true
}

func (s *Service) release(size int64) { s.inFlight.Add(-size) }

// append writes the answer as JSON; encoding/json would cost more than reading the event did.
func (a *Answer) append(b []byte) []byte {
	b = append(b, `{"success":true,"accepted":`...)
	b = strconv.AppendInt(b, int64(a.Accepted), 10)
	b = append(b, `,"refused":[`...)
	for i, v := range a.Refused {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"index":`...)
		b = strconv.AppendInt(b, int64(v.Index), 10)
		b = append(b, `,"message_id":`...)
		b = event.AppendQuoted(b, sqldb.Clean(v.MessageID))
		b = append(b, `,"reason":`...)
		b = append(event.AppendQuoted(b, sqldb.Clean(v.Reason)), '}')
	}
	return append(b, "]}\n"...)
}
