package ingest

import (
	"context"
	"errors"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/collect/ingest/watch"
	"rapport/internal/platform/warehouse"
)

// Waiting is the verdict of an event that is on its way: accepted, and not yet in the warehouse.
const Waiting = "waiting"

// Undone is the verdict of an event that was taken back with the import that brought it.
const Undone = "undone"

// Trace is an event as it came, and what was made of it.
type Trace struct {
	EventID                int64
	Raw                    []byte // as it came, but cleaned of what no store can hold; of a refused one cut at 32 KB
	ReceivedAt, SentAt     int64
	SourceID, ShopID       id.ID
	Server                 bool
	IP                     string // cut
	BatchContext           []byte
	Verdict, Code, Reason  string
	Outcome                string // of a refused one that was sent again
	SettledAt              int64
	OriginID               int64 // the refused event that it was, 0: none
	SentName, Name, Kind   string
	MessageID              string
	AnonymousID, UserID    string
	At                     int64
	CustomerID             id.ID
	SessionID              int64
	SessionStart           bool
	OriginalID             int64 // of a duplicate: the event that came first; 0 where it cannot be told
	Effects                []Effect
	Properties, Background []byte // as kept: properties or traits, and context
}

// Effect is something that an event says about orders, carts and products.
type Effect struct {
	Kind    string // order | order_refunded | order_cancelled | products | cart_<operation>
	Subject string // the shop's number of the order, or the cart's key
	Count   int64  // lines of the order or cart, products seen
}

// errNoEvent is what Trace gives for an id that no event has.
var errNoEvent = errs.New(errs.NotFound, "ingest.event_missing", "There is no such event in the journal.")

var errErased = errs.New(errs.NotFound, "ingest.event_erased", "This event was erased at the wish of the person.")

// Trace finds an event in the journal and what became of it.
func (s *Service) Trace(ctx context.Context, eventID int64) (Trace, error) {
	var out Trace
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return out, err
	}
	h, r, err := s.recordOf(ctx, eventID)
	if err != nil {
		return out, err
	}
	out = Trace{EventID: eventID, Raw: r.Text, ReceivedAt: h.ReceivedAt, SentAt: h.SentAt, SourceID: h.SourceID, ShopID: h.ShopID,
		Server: h.Flags&journal.Server != 0, IP: h.IP, BatchContext: h.Context, OriginID: h.OriginID}
	refused, err := refusedByEvent(ctx, s.DB, eventID)
	if err != nil {
		return out, err
	}
	if len(refused) > 0 || r.Mark == journal.Refused {
		out.Verdict, out.Code, out.Reason = watch.Refused, r.Code, r.Reason
		out.Kind, out.Name, out.SentName, out.MessageID = event.Kind(r.Kind).String(), r.Name, r.Name, r.MessageID
		if e, ok := event.Parse(r.Text, event.Kind(r.Kind)); ok {
			out.AnonymousID, out.UserID = e.AnonymousID, e.UserID
		}
		for _, f := range refused {
			out.Code, out.Reason, out.Outcome, out.SettledAt, out.Name, out.MessageID = f.Code, f.Reason, f.Outcome, f.SettledAt, f.Name, f.MessageID
		}
		return out, nil
	}
	_, zone := s.Reporting()
	p := parser{zone: zone, rules: s.Names.Rules()}
	var part part
	p.event(&part, eventID, h, r)
	if len(part.events) == 0 { // refused while it was read, and its row is gone
		if len(part.refused) > 0 {
			out.Verdict, out.Code, out.Reason, out.Name = watch.Refused, part.refused[0].code, part.refused[0].reason, part.refused[0].name
		}
		return out, nil
	}
	w := &part.events[0]
	out.Kind, out.Name, out.MessageID, out.AnonymousID, out.UserID, out.At = w.Kind, w.Name, w.MessageID, w.AnonymousID, w.UserID, w.At
	out.Properties, out.Background = w.Properties, w.Context
	if out.SentName = w.Name; event.Kind(r.Kind) == event.Track {
		if e, ok := event.Parse(r.Text, event.Track); ok {
			out.SentName = e.Name
		}
	}
	out.Effects = part.shopping[0].effects()
	return out, s.fateOf(ctx, &out, w)
}

// fateOf asks the warehouse what became of an event that was taken.
func (s *Service) fateOf(ctx context.Context, out *Trace, w *warehouse.Event) error {
	// Usually it is where its own time says; a message that came twice with two times is looked for everywhere.
	for _, q := range []warehouse.EventQuery{{MessageID: w.MessageID, From: w.At, To: w.At + 1, Limit: 10}, {MessageID: w.MessageID, Limit: 10}} {
		found, err := s.Warehouse.Events(ctx, q)
		if err != nil {
			return err
		}
		for i := range found {
			f := &found[i]
			switch {
			case f.SourceID != w.SourceID:
			case f.EventID == w.EventID:
				out.Verdict, out.CustomerID, out.SessionID, out.SessionStart = watch.Accepted, f.CustomerID, f.SessionID, f.SessionStart
				out.OriginalID = 0
				return nil
			default:
				out.OriginalID = f.EventID
			}
		}
		if out.OriginalID != 0 {
			break
		}
	}
	out.Verdict = watch.Duplicate
	if _, seq := s.visible.get(); warehouse.SeqOf(w.EventID) > seq {
		out.Verdict, out.OriginalID = Waiting, 0
		return nil
	}
	undone, err := isUndone(ctx, s.DB, warehouse.SeqOf(w.EventID))
	if err != nil {
		return err
	}
	if undone {
		out.Verdict, out.OriginalID = Undone, 0
	}
	out.Effects = nil
	return nil
}

var errFound = errors.New("found")

// recordOf reads one record of the journal.
func (s *Service) recordOf(ctx context.Context, eventID int64) (*journal.Header, *journal.Record, error) {
	seq := warehouse.SeqOf(eventID)
	if eventID <= 0 || seq <= 0 {
		return nil, nil, errNoEvent
	}
	rows, err := s.journal.Read(ctx, seq-1, 1)
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 || rows[0].Seq != seq {
		return nil, nil, errNoEvent
	}
	block, err := s.journal.Unpack(nil, rows[0].Body)
	if err != nil {
		return nil, nil, err
	}
	var h journal.Header
	var r journal.Record
	err = journal.Walk(block, func(index int, header *journal.Header, record *journal.Record) error {
		if warehouse.NewEventID(seq, index) != eventID {
			return nil
		}
		h, r = *header, *record
		return errFound
	})
	switch {
	case err == nil:
		return nil, nil, errNoEvent
	case !errors.Is(err, errFound):
		return nil, nil, err
	case r.Mark == journal.Erased:
		return nil, nil, errErased
	}
	return &h, &r, nil
}

// effects says in short what an event is about.
func (s *shopping) effects() []Effect {
	var out []Effect
	for i := range s.parsed.Changes {
		c := &s.parsed.Changes[i]
		switch {
		case c.Cancel != nil:
			out = append(out, Effect{Kind: "order_cancelled", Subject: c.ExternalID})
		case len(c.Refunds) > 0:
			out = append(out, Effect{Kind: "order_refunded", Subject: c.ExternalID, Count: int64(len(c.Refunds))})
		case c.Order != nil:
			out = append(out, Effect{Kind: "order", Subject: c.ExternalID, Count: int64(len(c.Order.Lines))})
		}
	}
	for i := range s.parsed.Carts {
		c := &s.parsed.Carts[i]
		if c.CartKey == "" { // an order without a cart
			continue
		}
		out = append(out, Effect{Kind: "cart_" + strings.ReplaceAll(c.Kind, " ", "_"), Subject: c.CartKey, Count: int64(len(c.Lines))})
	}
	if n := len(s.seen); n > 0 {
		out = append(out, Effect{Kind: "products", Count: int64(n)})
	}
	return out
}
