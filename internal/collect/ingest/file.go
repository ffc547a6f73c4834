package ingest

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/access/apikey"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/platform/warehouse"
)

// Opinion is what the door would say to a call of a file.
type Opinion struct {
	Refused string // why it would be refused; empty: taken
	Known   bool   // it came before
}

// JudgeFile tells what would become of calls from a file, and keeps nothing. Each has a messageId. What other programs are sending at this moment may
// not be known yet; whoever asks after Drain is told exactly.
func (s *Service) JudgeFile(ctx context.Context, src *apikey.Source, calls [][]byte) ([]Opinion, error) {
	out := make([]Opinion, len(calls))
	now := clock.Micros(s.Clock.Now())
	h := headerOf(src, now)
	hashes := make([]int64, 0, len(calls))
	messages := make([]string, len(calls))
	b := borrow()
	defer b.giveBack()
	for i, c := range calls {
		if len(c) > event.MaxEvent {
			out[i].Refused = fmt.Sprintf("The event has %d bytes; %d is the most.", len(c), event.MaxEvent)
			continue
		}
		if err := b.file(calls[i : i+1]); err != nil {
			return nil, err
		}
		it := &b.request.Items[0]
		if it.Refusal == nil {
			it.Refusal = doubt(&it.Event, &h, s.Names.Rules())
		}
		if it.Refusal != nil {
			out[i].Refused = it.Refusal.Reason
			continue
		}
		messages[i] = string([]byte(it.MessageID))
		hashes = append(hashes, warehouse.MessageHash(src.ID, it.MessageID))
	}
	if len(hashes) == 0 {
		return out, nil
	}
	known, err := s.Warehouse.Known(ctx, hashes, now-int64(remember.Microseconds()))
	if err != nil {
		return nil, fmt.Errorf("look for events that came before: %w", err)
	}
	have := map[string]bool{}
	for _, k := range known {
		if k.SourceID == src.ID {
			have[k.MessageID] = true
		}
	}
	for i, m := range messages {
		if m == "" {
			continue
		}
		out[i].Known, have[m] = have[m], true
	}
	return out, nil
}

// file puts calls into the form of a request.
func (b *buffers) file(calls [][]byte) error {
	b.body = append(b.body[:0], `{"batch":[`...)
	for i, c := range calls {
		if i > 0 {
			b.body = append(b.body, ',')
		}
		b.body = append(b.body, c...)
	}
	b.body = append(b.body, "]}"...)
	b.request.SentAt, b.request.Context = 0, nil
	if err := event.ReadBatch(b.body, &b.request); err != nil {
		return err
	}
	if len(b.request.Items) != len(calls) {
		return errors.New("calls of a file were read as another number of events")
	}
	return nil
}

// KeepFile puts calls from a file into the journal and waits until they are visible everywhere, so that a big file does not run ahead of
// what others send meanwhile. Keeping the same calls again changes nothing.
func (s *Service) KeepFile(ctx context.Context, src *apikey.Source, importID id.ID, calls [][]byte) error {
	for len(calls) > 0 {
		n, size := 0, 0
		for n < len(calls) && n < event.MaxEvents && (n == 0 || size+len(calls[n]) < event.MaxBody-1024) {
			size += len(calls[n]) + 1
			n++
		}
		if err := s.keepPart(ctx, src, importID, calls[:n]); err != nil {
			return err
		}
		calls = calls[n:]
	}
	return s.Drain(ctx)
}

func (s *Service) keepPart(ctx context.Context, src *apikey.Source, importID id.ID, calls [][]byte) error {
	if s.Disk != nil {
		if err := s.Disk.Room(); err != nil {
			return err
		}
	}
	b := borrow()
	defer b.giveBack()
	if err := b.file(calls); err != nil {
		return errs.New(errs.Invalid, "import.event", "The events could not be read: %v.", err)
	}
	// Whoever cancels an import may want to undo it at once: then it must be known what came in.
	_, err := s.keep(context.WithoutCancel(ctx), b, src, "", importID)
	return err
}
