package ingest

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// maxAgain is how many events one call sends again; who has more calls again with the cursor.
const maxAgain = 500

// Resend chooses refused events: those named, or all with one reason.
type Resend struct {
	IDs    []id.ID
	Filter RefusedFilter // where IDs is empty; its Code must be given
	Cursor string
}

// Resent is what a call did.
type Resent struct {
	Sent    int64 // on their way now; the list says what became of them
	Refused int64 // still refused, for the reason that now stands with them
	Skipped int64 // taken in the meantime, erased, or refused by a version that did not keep what is needed
	Cursor  string
}

// SendAgain judges refused events anew and lets those that can be believed now go the way of any event, once however often it is called. They
// happened when they happened: their time is worked out as at the first receipt.
func (s *Service) SendAgain(ctx context.Context, q Resend) (Resent, error) {
	var out Resent
	if err := role.Require(ctx, role.ActivityWrite); err != nil {
		return out, err
	}
	rows, cursor, err := s.chosen(ctx, q)
	if err != nil {
		return out, err
	}
	out.Cursor = cursor
	if err := s.Disk.Room(); err != nil {
		return out, err
	}
	journalRows := map[int64][]RefusedEvent{}
	var order []int64
	for _, r := range rows {
		if r.EventID == 0 || r.Outcome == Applied {
			out.Skipped++
			continue
		}
		seq := warehouse.SeqOf(r.EventID)
		if journalRows[seq] == nil {
			order = append(order, seq)
		}
		journalRows[seq] = append(journalRows[seq], r)
	}
	for _, seq := range order {
		if err := s.sendRow(ctx, seq, journalRows[seq], &out); err != nil {
			return out, err
		}
	}
	if q.Cursor == "" || len(rows) > 0 {
		err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
			return s.Audit(ctx, tx, "refused_events.sent_again", "refused_events:"+q.Filter.Code, map[string]any{"events": len(rows), "sent": out.Sent,
				"refused": out.Refused, "code": q.Filter.Code, "name": q.Filter.Name})
		})
	}
	return out, err
}

// chosen gives a portion of the refused events that are meant.
func (s *Service) chosen(ctx context.Context, q Resend) ([]RefusedEvent, string, error) {
	if len(q.IDs) > maxAgain {
		return nil, "", errs.New(errs.Invalid, "ingest.again_many", "Name at most %d events, or a reason.", maxAgain)
	}
	if len(q.IDs) > 0 {
		rows, err := refusedByID(ctx, s.DB, q.IDs)
		return rows, "", err
	}
	if q.Filter.Code == "" {
		return nil, "", errs.New(errs.Invalid, "ingest.again_which", "Name the events, or the code of their reason.").
			With(errs.Field{Path: "code", Code: "required", Message: "Which reason?"})
	}
	at, before := int64(math.MaxInt64), int64(math.MaxInt64)
	if _, err := page.Decode(q.Cursor, &at, &before); err != nil {
		return nil, "", err
	}
	q.Filter.Open = true
	rows, err := listRefused(ctx, s.DB, q.Filter, at, before, maxAgain+1)
	if err != nil {
		return nil, "", err
	}
	p := page.Cut(rows, maxAgain, func(r RefusedEvent) string { return page.Encode(r.At, int64(r.ID)) })
	return p.Items, p.NextCursor, nil
}

// sendRow sends the events of one journal row.
func (s *Service) sendRow(ctx context.Context, seq int64, events []RefusedEvent, out *Resent) error {
	rows, err := s.journal.Read(ctx, seq-1, 1)
	if err != nil {
		return err
	}
	if len(rows) == 0 || rows[0].Seq != seq {
		out.Skipped += int64(len(events))
		return nil
	}
	block, err := s.journal.Unpack(nil, rows[0].Body)
	if err != nil {
		return err
	}
	want := map[int64]bool{}
	for _, r := range events {
		want[r.EventID] = true
	}
	now := clock.Micros(s.Clock.Now())
	var raw []byte
	sent := 0
	type verdict struct {
		event int64
		*event.Refusal
	}
	var refused []verdict
	err = journal.Walk(block, func(index int, h *journal.Header, r *journal.Record) error {
		eventID := warehouse.NewEventID(seq, index)
		if !want[eventID] {
			return nil
		}
		if r.Mark == journal.Erased {
			out.Skipped++
			return nil
		}
		header := *h
		header.Flags = header.Flags&^journal.Imported | journal.Again
		header.OriginID, header.OriginAt, header.ReceivedAt = eventID, h.CameAt(), now
		record, refusal := judgeAgain(&header, r, s.Names)
		if refusal != nil {
			refused = append(refused, verdict{eventID, refusal})
			return nil
		}
		raw = journal.AppendRecord(journal.AppendHeader(raw, &header, 1), record)
		sent++
		return nil
	})
	if err != nil {
		return fmt.Errorf("journal row %d: %w", seq, err)
	}
	if sent > 0 {
		if err := s.journal.Append(ctx, raw, sent); err != nil {
			return errs.New(errs.Unavailable, "ingest.journal", "The events could not be kept at the moment. Send them again later.").Because(err).After(5)
		}
		out.Sent += int64(sent)
	}
	out.Refused += int64(len(refused))
	if len(refused) == 0 {
		return nil
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		for _, v := range refused {
			if err := keepRefused(ctx, tx, v.event, v.Code, v.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

// judgeAgain reads a record as the door would today.
func judgeAgain(h *journal.Header, r *journal.Record, names Names) (*journal.Record, *event.Refusal) {
	kind := event.Kind(r.Kind)
	var request event.Request
	var err error
	if kind != event.Unknown {
		err = event.ReadOne(r.Text, kind, &request)
	} else {
		err = event.ReadBatch(append(append([]byte(`{"batch":[`), r.Text...), "]}"...), &request)
	}
	if err != nil || len(request.Items) != 1 {
		reason := "The event cannot be read."
		if x := errs.As(err); x != nil {
			reason = x.Message
		}
		return nil, &event.Refusal{Code: "ingest.not_json", Reason: reason}
	}
	it := &request.Items[0]
	if it.Refusal == nil {
		it.Refusal = doubt(&it.Event, h, names.Rules())
	}
	if it.Refusal != nil {
		return nil, it.Refusal
	}
	out := journal.Record{Mark: journal.Taken, Kind: byte(it.Kind), Text: it.Text, MessageID: r.MessageID}
	switch {
	case it.MessageID != "":
		out.MessageID = ""
	case r.Mark == journal.Refused: // a name that is the same each time, so that it is one event
		out.MessageID = "rapport-again-" + strconv.FormatInt(h.OriginID, 10)
	}
	return &out, nil
}
