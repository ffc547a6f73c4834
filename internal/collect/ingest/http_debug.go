package ingest

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/collect/ingest/watch"
	"rapport/internal/platform/httpapi"
)

type refusedRow struct {
	ID        id.ID      `json:"id"`
	EventID   string     `json:"event_id,omitempty" doc:"To be asked for under /events/{id}/trace"`
	At        time.Time  `json:"at" doc:"When it was received"`
	SourceID  id.ID      `json:"source_id"`
	MessageID string     `json:"message_id"`
	Name      string     `json:"name"`
	Code      string     `json:"code"`
	Reason    string     `json:"reason"`
	Body      string     `json:"body" doc:"As it came, cut at 32 KB"`
	Outcome   string     `json:"outcome" enum:",applied,duplicate" doc:"Of sending it again; empty while it stands refused"`
	SettledAt *time.Time `json:"settled_at,omitempty"`
	Again     bool       `json:"again" doc:"It can be sent again"`
}

type reasonRow struct {
	Code   string    `json:"code"`
	Events int64     `json:"events" doc:"Of the newest 20,000 that stand refused"`
	LastAt time.Time `json:"last_at"`
}

type streamRow struct {
	EventID     string    `json:"event_id" doc:"Empty where the event cannot be asked for"`
	At          time.Time `json:"at" doc:"When it happened"`
	ReceivedAt  time.Time `json:"received_at"`
	SourceID    id.ID     `json:"source_id"`
	CustomerID  id.ID     `json:"customer_id" doc:"0 unless it was accepted"`
	Kind        string    `json:"kind"`
	Name        string    `json:"name"`
	MessageID   string    `json:"message_id"`
	AnonymousID string    `json:"anonymous_id"`
	UserID      string    `json:"user_id"`
	Verdict     string    `json:"verdict" enum:"accepted,duplicate,refused"`
	Code        string    `json:"code,omitempty"`
	Reason      string    `json:"reason,omitempty"`
	Again       bool      `json:"again" doc:"It was sent again by people"`
}

type streamBody struct {
	Items   []streamRow `json:"items" nullable:"false" doc:"Newest first"`
	Cursor  string      `json:"cursor" doc:"For the next call; a view that nobody asks for ends after 15 seconds"`
	Missed  int64       `json:"missed" doc:"Passed the filter and were too many to be kept since the last call"`
	Resumed bool        `json:"resumed" doc:"The view had ended: the newest events are given, and what came in between may be missing"`
}

type effectRow struct {
	Kind    string `json:"kind" doc:"order, order_refunded, order_cancelled, products, or cart_ and what was done"`
	Subject string `json:"subject" doc:"The shop's number of the order, or the cart's key"`
	Count   int64  `json:"count" doc:"Lines, refunds or products"`
}

type traceBody struct {
	EventID      string          `json:"event_id"`
	Raw          string          `json:"raw" doc:"As it came, but for what no store can hold"`
	BatchContext json.RawMessage `json:"batch_context,omitempty" doc:"Of the batch it came in, for events without a context of their own"`
	ReceivedAt   time.Time       `json:"received_at"`
	SentAt       *time.Time      `json:"sent_at,omitempty" doc:"Of the batch, by the sender's clock"`
	SourceID     id.ID           `json:"source_id"`
	ShopID       id.ID           `json:"shop_id"`
	Server       bool            `json:"server" doc:"From a server source; else from a browser"`
	IP           string          `json:"ip" doc:"Without its last part"`
	Verdict      string          `json:"verdict" enum:"accepted,waiting,duplicate,refused,undone"`
	Code         string          `json:"code,omitempty"`
	Reason       string          `json:"reason,omitempty"`
	Outcome      string          `json:"outcome" enum:",applied,duplicate" doc:"Of sending a refused event again"`
	SettledAt    *time.Time      `json:"settled_at,omitempty"`
	OriginID     string          `json:"origin_id,omitempty" doc:"The refused event that it was before people sent it again"`
	OriginalID   string          `json:"original_id,omitempty" doc:"Of a duplicate: the event that had come before"`
	Kind         string          `json:"kind"`
	Name         string          `json:"name"`
	SentName     string          `json:"sent_name" doc:"Differs from name where the dictionary renames"`
	MessageID    string          `json:"message_id"`
	AnonymousID  string          `json:"anonymous_id"`
	UserID       string          `json:"user_id"`
	At           *time.Time      `json:"at,omitempty" doc:"When it happened, as worked out"`
	CustomerID   id.ID           `json:"customer_id"`
	SessionID    string          `json:"session_id,omitempty"`
	SessionStart bool            `json:"session_start"`
	Effects      []effectRow     `json:"effects" nullable:"false"`
	Properties   json.RawMessage `json:"properties,omitempty" doc:"As kept"`
	Context      json.RawMessage `json:"context,omitempty" doc:"As kept"`
}

type resendBody struct {
	IDs      []id.ID `json:"ids,omitempty" maxItems:"500" doc:"Which; or all with a code"`
	Code     string  `json:"code,omitempty" maxLength:"100"`
	Name     string  `json:"name,omitempty" maxLength:"255" doc:"With code: only of this name"`
	SourceID id.ID   `json:"source_id,omitempty" doc:"With code: only from this source"`
	Cursor   string  `json:"cursor,omitempty" doc:"With code: where the last call stopped"`
}

type resentBody struct {
	Sent       int64  `json:"sent" doc:"On their way; the list says what became of them"`
	Refused    int64  `json:"refused" doc:"Still refused"`
	Skipped    int64  `json:"skipped" doc:"Taken in the meantime, erased, or too old to be sent again"`
	NextCursor string `json:"next_cursor" doc:"Empty when all were tried"`
}

// debugRoutes adds what lets people see what comes in, why something was refused, and mend it.
func (s *Service) debugRoutes(api huma.API) {
	huma.Register(api, httpapi.Op("list-refused-events", "GET /api/v1/refused-events", "List events that were refused, newest first", role.ActivityRead),
		func(ctx context.Context, in *struct {
			Code     string     `query:"code"`
			Name     string     `query:"name"`
			SourceID httpapi.ID `query:"source_id"`
			Open     bool       `query:"open" doc:"Only those that still stand refused"`
			Limit    int        `query:"limit" minimum:"0" maximum:"500"`
			Cursor   string     `query:"cursor"`
		}) (*body[page.Page[refusedRow]], error) {
			p, err := s.RefusedEvents(ctx, RefusedFilter{Code: in.Code, Name: in.Name, SourceID: in.SourceID.ID, Open: in.Open}, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			out := page.Page[refusedRow]{Items: make([]refusedRow, len(p.Items)), NextCursor: p.NextCursor}
			for i, e := range p.Items {
				out.Items[i] = refusedRow{e.ID, eventID(e.EventID), clock.FromMicros(e.At), e.SourceID, e.MessageID, e.Name, e.Code, e.Reason, e.Body,
					e.Outcome, instant(e.SettledAt), e.EventID != 0 && e.Outcome == ""}
			}
			return &body[page.Page[refusedRow]]{out}, nil
		})
	huma.Register(api, httpapi.Op("list-refused-reasons", "GET /api/v1/refused-events/reasons", "Why events stand refused", role.ActivityRead),
		func(ctx context.Context, _ *struct{}) (*body[page.Page[reasonRow]], error) {
			list, err := s.RefusedReasons(ctx)
			if err != nil {
				return nil, err
			}
			out := page.Page[reasonRow]{Items: make([]reasonRow, len(list))}
			for i, r := range list {
				out.Items[i] = reasonRow{r.Code, r.Events, clock.FromMicros(r.LastAt)}
			}
			return &body[page.Page[reasonRow]]{out}, nil
		})
	huma.Register(api, httpapi.Op("send-refused-events-again", "POST /api/v1/refused-events/again", "Send refused events again, after a fix", role.ActivityWrite),
		func(ctx context.Context, in *struct{ Body resendBody }) (*body[resentBody], error) {
			r, err := s.SendAgain(ctx, Resend{IDs: in.Body.IDs, Filter: RefusedFilter{Code: in.Body.Code, Name: in.Body.Name, SourceID: in.Body.SourceID},
				Cursor: in.Body.Cursor})
			return &body[resentBody]{resentBody{r.Sent, r.Refused, r.Skipped, r.Cursor}}, err
		})
	huma.Register(api, httpapi.Op("watch-events", "GET /api/v1/event-stream", "What came in since the last call", role.ActivityRead),
		func(ctx context.Context, in *struct {
			Name     string     `query:"name" maxLength:"255" doc:"Part of it, or a kind"`
			Person   string     `query:"person" maxLength:"320" doc:"E-mail address, user id, device, message id or customer id"`
			SourceID httpapi.ID `query:"source_id"`
			Verdict  string     `query:"verdict" enum:"accepted,duplicate,refused"`
			Cursor   string     `query:"cursor" doc:"Without it the newest events are given"`
		}) (*body[streamBody], error) {
			st, err := s.Watch(ctx, watch.Filter{Name: in.Name, Person: in.Person, SourceID: in.SourceID.ID, Verdict: in.Verdict}, in.Cursor)
			if err != nil {
				return nil, err
			}
			out := streamBody{Items: make([]streamRow, len(st.Entries)), Cursor: st.Cursor, Missed: st.Missed, Resumed: st.Resumed}
			for i, e := range st.Entries {
				out.Items[i] = streamRow{eventID(e.EventID), clock.FromMicros(e.At), clock.FromMicros(e.ReceivedAt), e.SourceID, e.CustomerID, e.Kind, e.Name,
					e.MessageID, e.AnonymousID, e.UserID, e.Verdict, e.Code, e.Reason, e.Again}
			}
			return &body[streamBody]{out}, nil
		})
	huma.Register(api, httpapi.Op("trace-event", "GET /api/v1/events/{id}/trace", "An event as it came and what was made of it", role.ActivityRead),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"30" example:"e1048576"`
		}) (*body[traceBody], error) {
			if err := role.Require(ctx, role.ActivityRead); err != nil {
				return nil, err
			}
			n, err := strconv.ParseInt(strings.TrimPrefix(in.ID, "e"), 10, 64)
			if err != nil {
				return nil, errs.New(errs.NotFound, "ingest.event_missing", "%q is not the id of an event.", in.ID)
			}
			t, err := s.Trace(ctx, n)
			if err != nil {
				return nil, err
			}
			return &body[traceBody]{t.shape()}, nil
		})
}

func (t *Trace) shape() traceBody {
	out := traceBody{EventID: eventID(t.EventID), Raw: string(t.Raw), BatchContext: object(t.BatchContext), ReceivedAt: clock.FromMicros(t.ReceivedAt),
		SentAt: instant(t.SentAt), SourceID: t.SourceID, ShopID: t.ShopID, Server: t.Server, IP: t.IP, Verdict: t.Verdict, Code: t.Code, Reason: t.Reason,
		Outcome: t.Outcome, SettledAt: instant(t.SettledAt), OriginID: eventID(t.OriginID), OriginalID: eventID(t.OriginalID), Kind: t.Kind, Name: t.Name,
		SentName: t.SentName, MessageID: t.MessageID, AnonymousID: t.AnonymousID, UserID: t.UserID, At: instant(t.At), CustomerID: t.CustomerID,
		SessionID: eventID(t.SessionID), SessionStart: t.SessionStart, Effects: []effectRow{}, Properties: object(t.Properties), Context: object(t.Background)}
	for _, e := range t.Effects {
		out.Effects = append(out.Effects, effectRow(e))
	}
	return out
}

func eventID(n int64) string {
	if n == 0 {
		return ""
	}
	return "e" + strconv.FormatInt(n, 10)
}

func instant(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := clock.FromMicros(us)
	return &t
}

// object gives what can stand in an answer as it is.
func object(b []byte) json.RawMessage {
	if len(b) <= 2 || !json.Valid(b) {
		return nil
	}
	return b
}
