package ingest

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// step is what is applied in one transaction and handed to the warehouse as one: whole journal rows.
type step struct {
	first, last int64 // journal rows
	fates       []byte
	events      []warehouse.Event // those with fateApplied, in order
	moves       []warehouse.Move
	spans       []warehouse.PersonSpan
	gone        []warehouse.Row // taken back: their events are removed after everything else
	counts      counts
}

// counts is what a step adds to the counters.
type counts struct{ applied, refused, duplicates int64 }

func (c *counts) add(o counts) {
	c.applied += o.applied
	c.refused += o.refused
	c.duplicates += o.duplicates
}

// The decisions of a step are kept as one zstd frame over
//
//	version  byte 1
//	records  count, then for each record of the rows, in order, a byte: its fate, plus 4 where it starts a visit, plus 8
//	         where it belongs to a visit that another event started; after an applied one the customer, then (with 8) how far
//	         back the event that started the visit lies
//	moves    count, then from, to, device, e-mail, from time, until time
//	spans    count, then customer, from time, until time
//	gone     count, then journal row, from time, until time; may be missing where it would be none
//
// where numbers are varints and texts a length and their bytes.
const (
	decisionVersion = 1
	startsVisit     = 4
	withinVisit     = 8
	fateMask        = 3
)

var (
	decisionEncoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	decisionDecoder, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	errDecisions       = errors.New("decisions of a step are broken")
)

func (s *step) encode() []byte {
	b := make([]byte, 1, len(s.fates)*14+64)
	b[0] = decisionVersion
	b = binary.AppendVarint(b, int64(len(s.fates)))
	i := 0
	for _, f := range s.fates {
		if f != fateApplied {
			b = append(b, f)
			continue
		}
		e := &s.events[i]
		i++
		switch {
		case e.SessionStart:
			f |= startsVisit
		case e.SessionID != 0:
			f |= withinVisit
		}
		b = append(b, f)
		b = binary.AppendVarint(b, int64(e.CustomerID))
		if f&withinVisit != 0 {
			b = binary.AppendVarint(b, e.EventID-e.SessionID)
		}
	}
	text := func(t string) { b = append(binary.AppendVarint(b, int64(len(t))), t...) }
	b = binary.AppendVarint(b, int64(len(s.moves)))
	for _, m := range s.moves {
		b = binary.AppendVarint(binary.AppendVarint(b, int64(m.From)), int64(m.To))
		text(m.AnonymousID)
		text(m.Email)
		b = binary.AppendVarint(binary.AppendVarint(b, m.FromAt), m.UntilAt)
	}
	b = binary.AppendVarint(b, int64(len(s.spans)))
	for _, p := range s.spans {
		b = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(b, int64(p.CustomerID)), p.FromAt), p.UntilAt)
	}
	if len(s.gone) > 0 {
		b = binary.AppendVarint(b, int64(len(s.gone)))
		for _, r := range s.gone {
			b = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(b, r.Seq), r.FromAt), r.UntilAt)
		}
	}
	return decisionEncoder.EncodeAll(b, nil)
}

// restore makes a step again from its rows, as parsed, and its decisions.
func restore(q *queued, parts []*part, decisions []byte) (*step, error) {
	raw, err := decisionDecoder.DecodeAll(decisions, nil)
	if err != nil {
		return nil, fmt.Errorf("unpack decisions: %w", err)
	}
	if len(raw) == 0 || raw[0] != decisionVersion {
		return nil, errDecisions
	}
	c := &reader{b: raw[1:]}
	s := &step{first: q.first, last: q.last, counts: q.counts}
	all := c.number()
	var n int64
	for _, p := range parts {
		i := 0
		for _, was := range p.fates {
			var e *warehouse.Event
			if was == fateApplied {
				e = &p.events[i]
				i++
			}
			n++
			tag := c.byte()
			s.fates = append(s.fates, tag&fateMask)
			if tag&fateMask != fateApplied {
				continue
			}
			customer, back := id.ID(c.number()), int64(0)
			if tag&withinVisit != 0 {
				back = c.number()
			}
			if e == nil { // erased since
				continue
			}
			e.CustomerID = customer
			switch {
			case tag&startsVisit != 0:
				e.SessionID, e.SessionStart = e.EventID, true
			case tag&withinVisit != 0:
				e.SessionID = e.EventID - back
			}
			s.events = append(s.events, *e)
		}
	}
	if n != all {
		return nil, fmt.Errorf("%w: %d records, %d decisions", errDecisions, n, all)
	}
	for range c.number() {
		m := warehouse.Move{Seq: s.first, From: id.ID(c.number()), To: id.ID(c.number()), AnonymousID: c.text(), Email: c.text()}
		m.FromAt, m.UntilAt = c.number(), c.number()
		if s.moves = append(s.moves, m); c.bad {
			break
		}
	}
	for range c.number() {
		p := warehouse.PersonSpan{CustomerID: id.ID(c.number())}
		p.FromAt, p.UntilAt = c.number(), c.number()
		if s.spans = append(s.spans, p); c.bad {
			break
		}
	}
	if len(c.b) > 0 {
		for range c.number() {
			if s.gone = append(s.gone, warehouse.Row{Seq: c.number(), FromAt: c.number(), UntilAt: c.number()}); c.bad {
				break
			}
		}
	}
	if c.bad || len(c.b) != 0 {
		return nil, errDecisions
	}
	return s, nil
}

type reader struct {
	b   []byte
	bad bool
}

func (r *reader) number() int64 {
	n, k := binary.Varint(r.b)
	if k <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[k:]
	return n
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	x := r.b[0]
	r.b = r.b[1:]
	return x
}

func (r *reader) text() string {
	n := r.number()
	if n < 0 || n > int64(len(r.b)) {
		r.bad = true
		return ""
	}
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}
