package demo

import (
	"bytes"
	"iter"
)

// Batch is the body of one POST /v1/batch.
type Batch struct {
	Server bool   // the shop's own word; otherwise from browsers
	Events int    //
	Body   []byte // the receiver may keep it
	LastID string // message id of its last event
	Done   int    // visits of the schedule written so far
	Of     int    // visits in all
}

// The most that goes into one batch: what Segment allows is 500 KB.
const batchBytes = 440_000

// Batches gives the whole history in order of time, in batches of at most size events. Memory: the schedule, twelve bytes a visit.
func (s *Shop) Batches(size int) iter.Seq[Batch] { return s.batches(size, nil) }

func (s *Shop) batches(size int, note func(Fact)) iter.Seq[Batch] {
	return func(yield func(Batch) bool) {
		var kinds [2]packer
		on, done, all := true, 0, s.schedule()
		flush := func(p *packer, server bool) {
			if p.events > 0 && on {
				b := p.batch(server)
				b.Done, b.Of = done, len(all)
				on = yield(b)
			}
		}
		w := newScribe(s, func(server bool, event []byte) {
			p := &kinds[0]
			if server {
				p = &kinds[1]
			}
			if p.events >= size || p.events > 0 && len(p.body)+len(event) > batchBytes {
				flush(p, server)
			}
			p.add(event)
		})
		w.note = note
		for i, v := range all {
			done = i
			if w.write(v); !on {
				return
			}
		}
		done = len(all)
		flush(&kinds[0], false)
		flush(&kinds[1], true)
	}
}

// packer collects events into the body of a batch.
type packer struct {
	body   []byte
	events int
	last   string
}

func (p *packer) add(event []byte) {
	if p.events == 0 {
		p.body = append(make([]byte, 0, 64<<10), `{"batch":[`...)
	} else {
		p.body = append(p.body, ',')
	}
	p.body = append(p.body, event...)
	p.events++
	p.last = messageID(event)
}

func (p *packer) batch(server bool) Batch {
	b := Batch{Server: server, Events: p.events, Body: append(p.body, `]}`...), LastID: p.last}
	*p = packer{}
	return b
}

// Facts goes through the history and tells every movement of money, in order of time.
func (s *Shop) Facts(fn func(Fact)) {
	w := newScribe(s, func(bool, []byte) {})
	w.note = fn
	for _, v := range s.schedule() {
		if v.kind >= toOrder {
			w.write(v)
		}
	}
}

// messageID finds the message id of an event that a scribe wrote.
func messageID(event []byte) string {
	const mark = `"messageId":"`
	i := bytes.Index(event, []byte(mark)) + len(mark)
	return string(event[i : i+bytes.IndexByte(event[i:], '"')])
}
