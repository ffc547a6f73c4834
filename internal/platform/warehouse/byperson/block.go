package byperson

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// A row: uvarint length of the rest, then person, at (zigzag), event id, flags, and unless it is gone the rest of the event. Numbers are
// absolute, so that a merge copies rows without looking inside.
const (
	flagGone  = 1
	flagStart = 2
	flagVisit = 4 // belongs to a visit
)

var errBroken = errors.New("activity block is damaged")

var kinds = []string{"", "track", "page", "screen", "identify", "group", "alias"}

func kindCode(kind string) byte {
	for i := 1; i < len(kinds); i++ {
		if kinds[i] == kind {
			return byte(i)
		}
	}
	return 0
}

func appendRow(b []byte, r *Row, scratch []byte) (grown, scratchOut []byte) {
	e := r.Event
	s := scratch[:0]
	s = binary.AppendUvarint(s, uint64(r.Customer))
	s = binary.AppendVarint(s, e.At)
	s = binary.AppendUvarint(s, uint64(e.EventID))
	switch {
	case r.Gone:
		s = append(s, flagGone)
	default:
		flags := byte(0)
		if e.SessionStart {
			flags |= flagStart
		}
		if e.SessionID != 0 {
			flags |= flagVisit
		}
		s = append(s, flags)
		if e.SessionID != 0 {
			s = binary.AppendVarint(s, e.EventID-e.SessionID)
		}
		s = binary.AppendVarint(s, e.ReceivedAt-e.At)
		s = binary.AppendVarint(s, e.Day)
		s = binary.AppendUvarint(s, uint64(e.ShopID))
		s = binary.AppendUvarint(s, uint64(e.SourceID))
		code := kindCode(e.Kind)
		s = append(s, code)
		if code == 0 {
			s = appendText(s, e.Kind)
		}
		s = appendText(s, e.Name)
		s = appendText(s, e.Campaign)
		s = appendText(s, e.MessageID)
		s = appendText(s, e.AnonymousID)
		s = appendText(s, e.UserID)
		s = appendText(s, e.Properties)
		s = appendText(s, e.Context)
	}
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...), s
}

func appendText[T string | []byte](b []byte, s T) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

// nextRow cuts the first row off a block: its key, its flags and its bytes with the length.
func nextRow(b []byte) (k key, gone bool, row, rest []byte, err error) {
	n, w := binary.Uvarint(b)
	if w <= 0 || n > uint64(len(b)-w) {
		return k, false, nil, nil, errBroken
	}
	row, rest = b[:w+int(n)], b[w+int(n):]
	d := decoder{b: row[w:]}
	k.customer, k.at, k.event = int64(d.uvarint()), d.varint(), int64(d.uvarint())
	gone = d.byte()&flagGone != 0
	return k, gone, row, rest, d.err
}

func decodeRow(row []byte) (warehouse.Event, error) {
	d := decoder{b: row}
	d.uvarint()
	var e warehouse.Event
	e.CustomerID, e.At, e.EventID = id.ID(d.uvarint()), d.varint(), int64(d.uvarint())
	flags := d.byte()
	if flags&flagGone != 0 {
		return e, d.err
	}
	e.SessionStart = flags&flagStart != 0
	if flags&flagVisit != 0 {
		e.SessionID = e.EventID - d.varint()
	}
	e.ReceivedAt = e.At + d.varint()
	e.Day = d.varint()
	e.ShopID, e.SourceID = id.ID(d.uvarint()), id.ID(d.uvarint())
	if code := int(d.byte()); code > 0 && code < len(kinds) {
		e.Kind = kinds[code]
	} else {
		e.Kind = string(d.text())
	}
	e.Name, e.Campaign, e.MessageID = string(d.text()), string(d.text()), string(d.text())
	e.AnonymousID, e.UserID = string(d.text()), string(d.text())
	e.Properties, e.Context = append([]byte(nil), d.text()...), append([]byte(nil), d.text()...)
	e.MessageHash = warehouse.MessageHash(e.SourceID, e.MessageID)
	return e, d.err
}

type decoder struct {
	b   []byte
	err error
}

func (d *decoder) uvarint() uint64 {
	v, w := binary.Uvarint(d.b)
	if w <= 0 {
		d.err = errBroken
		return 0
	}
	d.b = d.b[w:]
	return v
}

func (d *decoder) varint() int64 {
	v, w := binary.Varint(d.b)
	if w <= 0 {
		d.err = errBroken
		return 0
	}
	d.b = d.b[w:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.err = errBroken
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) text() []byte {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.err = errBroken
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

// The first byte of a stored block tells how it is packed.
const (
	packS2   = 1 // fast, for what is soon rewritten
	packZstd = 2 // tight
)

type packer struct {
	zip   *zstd.Encoder
	unzip *zstd.Decoder
}

func newPacker() (*packer, error) {
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	return &packer{zip, unzip}, nil
}

func (p *packer) pack(raw []byte, tight bool) []byte {
	if tight {
		return p.zip.EncodeAll(raw, append(make([]byte, 0, len(raw)/3), packZstd))
	}
	out := make([]byte, 1+s2.MaxEncodedLen(len(raw)))
	out[0] = packS2
	return out[:1+len(s2.Encode(out[1:], raw))]
}

func (p *packer) unpack(stored []byte) ([]byte, error) {
	if len(stored) == 0 {
		return nil, errBroken
	}
	var raw []byte
	var err error
	switch stored[0] {
	case packS2:
		raw, err = s2.Decode(nil, stored[1:])
	case packZstd:
		raw, err = p.unzip.DecodeAll(stored[1:], nil)
	default:
		return nil, errBroken
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	return raw, nil
}

func (p *packer) close() {
	_ = p.zip.Close()
	p.unzip.Close()
}
