package duck

import (
	"context"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/byperson"
)

// plan is what a batch means for the files: its events with their owners, and the stored events that change hands.
type plan struct {
	seq    int64 // what the activity file has reached
	events []held
	moved  map[int64]*held // stored events, by event id
}

// held is an event and who owns it in the end. The event itself is left as it came, since a batch may be given again.
type held struct {
	event *warehouse.Event
	owner id.ID
}

// plan plays the moves of the steps that the activity file does not have, over its rows and over the events of the batch.
func (w *Warehouse) plan(ctx context.Context, b warehouse.Batch, seq int64) (*plan, error) {
	p := &plan{seq: seq, moved: map[int64]*held{}}
	p.events = make([]held, 0, len(b.Events))
	for i := range b.Events {
		if e := &b.Events[i]; warehouse.SeqOf(e.EventID) > seq {
			p.events = append(p.events, held{e, e.CustomerID})
		}
	}
	moves := b.Moves[:0:0]
	from := map[id.ID]bool{}
	for _, m := range b.Moves {
		if (m.Seq == 0 || m.Seq > seq) && m.Concerns() {
			moves = append(moves, m)
			from[m.From] = true
		}
	}
	if len(moves) == 0 {
		return p, nil
	}
	view, err := w.activity.View(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	owned := map[id.ID][]*held{} // of the batch, by those who may lose some
	for i := range p.events {
		if h := &p.events[i]; from[h.owner] {
			owned[h.owner] = append(owned[h.owner], h)
		}
	}
	hands := map[id.ID][]*held{} // moved events by their present owner
	for _, m := range moves {
		if err := p.move(ctx, view, m, owned, hands, from); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *plan) move(ctx context.Context, view *byperson.View, m warehouse.Move, owned, hands map[id.ID][]*held, from map[id.ID]bool) error {
	q := byperson.Query{Customer: m.From, Keep: m.Takes}
	if m.AnonymousID != "" {
		q.From, q.To = m.FromAt, m.UntilAt
	}
	stored, err := view.Person(ctx, q)
	if err != nil {
		return err
	}
	for i := range stored {
		if _, ok := p.moved[stored[i].EventID]; !ok { // else an earlier move has it, and hands knows where it is
			h := &held{&stored[i], m.To}
			p.moved[h.event.EventID] = h
			hands[m.To] = append(hands[m.To], h)
		}
	}
	kept := hands[m.From][:0]
	for _, h := range hands[m.From] {
		if h.owner == m.From && m.Takes(h.event) {
			h.owner = m.To
			hands[m.To] = append(hands[m.To], h)
			continue
		}
		kept = append(kept, h)
	}
	hands[m.From] = kept
	rest := owned[m.From][:0]
	for _, h := range owned[m.From] {
		if warehouse.SeqOf(h.event.EventID) < m.Seq && m.Takes(h.event) {
			h.owner = m.To
			if from[m.To] {
				owned[m.To] = append(owned[m.To], h)
			}
			continue
		}
		rest = append(rest, h)
	}
	owned[m.From] = rest
	return nil
}

// fresh gives the events that DuckDB does not have.
func (p *plan) fresh(reached int64) []held {
	if reached <= p.seq {
		return p.events
	}
	var out []held
	for _, h := range p.events {
		if warehouse.SeqOf(h.event.EventID) > reached {
			out = append(out, h)
		}
	}
	return out
}

// owners gives the events that DuckDB has, with who owns them now.
func (p *plan) owners(reached int64) []held {
	var out []held
	for _, h := range p.moved {
		if h.owner != h.event.CustomerID {
			out = append(out, *h)
		}
	}
	for _, h := range p.events { // only after a crash between the files
		if warehouse.SeqOf(h.event.EventID) <= reached {
			out = append(out, h)
		}
	}
	return out
}

// rows gives the changes of the activity file.
func (p *plan) rows() []byperson.Row {
	rows := make([]byperson.Row, 0, len(p.events)+2*len(p.moved))
	for _, h := range p.moved {
		if h.owner == h.event.CustomerID {
			continue
		}
		rows = append(rows, byperson.Row{Event: h.event, Customer: h.event.CustomerID, Gone: true}, byperson.Row{Event: h.event, Customer: h.owner})
	}
	for _, h := range p.events {
		rows = append(rows, byperson.Row{Event: h.event, Customer: h.owner})
	}
	return rows
}
