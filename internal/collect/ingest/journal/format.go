package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"rapport/internal/base/id"
)

// A row's body is one zstd frame over a block:
//
//	block   = version requests
//	version = byte 1
//	request = header record*            as many records as the header says
//	header  = source shop flags currency received sent ip context [event received] [import] count
//	                                    in brackets, with the flag Again: which event is sent again and when it first came; with the flag
//	                                    Imported: which import brings the events
//	record  = 'e' kind message-id text  an event; message-id only where the sender gave none
//	        | 'r' message-id name code reason text
//	        | 'R' kind message-id name code reason text
//	        | 'x'                       an event that was erased
//
// Whole numbers are varints (received and sent in microseconds UTC), texts a length and their bytes, kind one byte. The index of a record in
// its block, together with the row's sequence, is the id of the event; erasure therefore leaves a mark in place of a record.

const version = 1

// Flags of a Header.
const (
	Server   = 1 << iota // from a server source; else from a browser
	Trusted              // money from this source counts
	Again                // an event that was refused is sent again by people
	Imported             // the events of a file; their row holds nothing else
)

// Header is what is known of a request. The source's nature is kept as it was at the receipt.
type Header struct {
	SourceID, ShopID   id.ID
	Flags              int64
	Currency           string // of the shop
	ReceivedAt, SentAt int64  // SentAt: of the whole batch; 0 unsaid
	IP                 string // of the sender, cut
	Context            []byte // of the whole batch, a JSON object or nothing
	OriginID           int64  // with Again: the event that was refused
	OriginAt           int64  // with Again: when it was received
	ImportID           id.ID  // with Imported

	first int // index of its first record in the block
}

// The marks of records.
const (
	Taken   = 'e'
	Refused = 'r'
	Erased  = 'x'
)

// refusedKind is how a refused record of known kind is written; read, its mark is Refused.
const refusedKind = 'R'

// CameAt is when the events of the request first came, by which their senders' clocks are put right.
func (h *Header) CameAt() int64 {
	if h.Flags&Again != 0 {
		return h.OriginAt
	}
	return h.ReceivedAt
}

// Record is one event of a request.
type Record struct {
	Mark      byte
	Kind      byte   // of a refused one 0 where it is not known
	MessageID string // of a taken one only where the sender gave none
	Text      []byte
	Name      string // of a refused one, as are the next
	Code      string
	Reason    string
}

// AppendHeader begins a request of n records.
func AppendHeader(b []byte, h *Header, n int) []byte {
	b = binary.AppendVarint(b, int64(h.SourceID))
	b = binary.AppendVarint(b, int64(h.ShopID))
	b = binary.AppendVarint(b, h.Flags)
	b = appendText(b, h.Currency)
	b = binary.AppendVarint(b, h.ReceivedAt)
	b = binary.AppendVarint(b, h.SentAt)
	b = appendText(b, h.IP)
	b = appendText(b, h.Context)
	if h.Flags&Again != 0 {
		b = binary.AppendVarint(binary.AppendVarint(b, h.OriginID), h.OriginAt)
	}
	if h.Flags&Imported != 0 {
		b = binary.AppendVarint(b, int64(h.ImportID))
	}
	return binary.AppendVarint(b, int64(n))
}

// AppendRecord adds a record.
func AppendRecord(b []byte, r *Record) []byte {
	if r.Mark == Refused && r.Kind != 0 {
		b = append(b, refusedKind, r.Kind)
	} else {
		b = append(b, r.Mark)
	}
	switch r.Mark {
	case Taken:
		b = append(b, r.Kind)
		b = appendText(b, r.MessageID)
		b = appendText(b, r.Text)
	case Refused:
		b = appendText(b, r.MessageID)
		b = appendText(b, r.Name)
		b = appendText(b, r.Code)
		b = appendText(b, r.Reason)
		b = appendText(b, r.Text)
	}
	return b
}

func appendText[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

var errBroken = errors.New("journal block is broken")

type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) number() int64 {
	n, k := binary.Varint(c.b)
	if k <= 0 {
		c.bad = true
		return 0
	}
	c.b = c.b[k:]
	return n
}

func (c *cursor) bytes() []byte {
	n, k := binary.Uvarint(c.b)
	if k <= 0 || n > math.MaxInt32 || int(n) > len(c.b)-k {
		c.bad = true
		return nil
	}
	out := c.b[k : k+int(n) : k+int(n)]
	c.b = c.b[k+int(n):]
	return out
}

func (c *cursor) byte() byte {
	if len(c.b) == 0 {
		c.bad = true
		return 0
	}
	x := c.b[0]
	c.b = c.b[1:]
	return x
}

// Walk calls fn for every record of a block with its index. The record's Text and the header's Context lie in block; header and record are
// good only until fn returns, their texts for good.
func Walk(block []byte, fn func(index int, h *Header, r *Record) error) error {
	c := cursor{b: block}
	if v := c.byte(); v != version {
		return fmt.Errorf("%w: version %d is not known", errBroken, v)
	}
	var h Header
	var r Record
	for index := 0; len(c.b) > 0; {
		h.SourceID, h.ShopID, h.Flags = id.ID(c.number()), id.ID(c.number()), c.number()
		h.Currency = string(c.bytes())
		h.ReceivedAt, h.SentAt = c.number(), c.number()
		h.IP = string(c.bytes())
		h.Context = c.bytes()
		h.OriginID, h.OriginAt = 0, 0
		if h.Flags&Again != 0 {
			h.OriginID, h.OriginAt = c.number(), c.number()
		}
		if h.ImportID = 0; h.Flags&Imported != 0 {
			h.ImportID = id.ID(c.number())
		}
		h.first = index
		for n := c.number(); n > 0 && !c.bad; n-- {
			r = Record{Mark: c.byte()}
			switch r.Mark {
			case Taken:
				r.Kind = c.byte()
				r.MessageID = string(c.bytes())
				r.Text = c.bytes()
			case Refused, refusedKind:
				if r.Mark == refusedKind {
					r.Mark, r.Kind = Refused, c.byte()
				}
				r.MessageID, r.Name = string(c.bytes()), string(c.bytes())
				r.Code, r.Reason = string(c.bytes()), string(c.bytes())
				r.Text = c.bytes()
			case Erased:
			default:
				c.bad = true
			}
			if c.bad {
				break
			}
			if err := fn(index, &h, &r); err != nil {
				return err
			}
			index++
		}
		if c.bad {
			return errBroken
		}
	}
	return nil
}

// Erase gives the block without the records that match; their place stays, so that the ids of the others stay. It reports whether
// anything was left out.
func Erase(block []byte, match func(index int, h *Header, r *Record) bool) ([]byte, bool, error) {
	type request struct {
		h       Header
		records []Record
	}
	var all []request
	erased := false
	err := Walk(block, func(index int, h *Header, r *Record) error {
		if index == h.first {
			all = append(all, request{h: *h})
		}
		keep := *r
		if match(index, h, r) {
			erased = true
			keep = Record{Mark: Erased}
		}
		now := &all[len(all)-1]
		now.records = append(now.records, keep)
		return nil
	})
	if err != nil || !erased {
		return block, false, err
	}
	out := []byte{version}
	for i := range all {
		out = AppendHeader(out, &all[i].h, len(all[i].records))
		for j := range all[i].records {
			out = AppendRecord(out, &all[i].records[j])
		}
	}
	return out, true, nil
}
