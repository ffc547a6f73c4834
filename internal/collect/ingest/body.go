package ingest

import (
	"bytes"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"rapport/internal/base/errs"
	"rapport/internal/collect/ingest/event"
)

// buffers lends the memory in which a request is read, unpacked and written for the journal.
type buffers struct {
	body, plain, raw []byte
	request          event.Request
	zip              *gzip.Reader
	in               bytes.Reader
}

var lent = sync.Pool{New: func() any { return &buffers{} }}

func borrow() *buffers { return lent.Get().(*buffers) }

func (b *buffers) giveBack() {
	if cap(b.body) > 2*event.MaxBody || cap(b.raw) > 4*event.MaxBody { // of an unusual request
		return
	}
	clear(b.request.Items)
	b.request = event.Request{Items: b.request.Items[:0]}
	lent.Put(b)
}

var errTooLarge = errs.New(errs.Malformed, "ingest.body_too_large", "The request has more than %d bytes unpacked; send smaller batches.", event.MaxBody)

// read reads a body that is announced to have size bytes (-1: not announced).
func (b *buffers) read(from io.Reader, size int64) error {
	if size > event.MaxBody {
		return errTooLarge
	}
	var err error
	b.body, err = readAll(b.body[:0], from, int(size))
	return err
}

// readAll reads at most MaxBody bytes.
func readAll(dst []byte, from io.Reader, size int) ([]byte, error) {
	if size > cap(dst) {
		dst = make([]byte, 0, size+512)
	}
	for {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := from.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > event.MaxBody:
			return dst, errTooLarge
		case err == io.EOF && size > 0 && len(dst) < size, errors.Is(err, io.ErrUnexpectedEOF):
			return dst, errs.New(errs.Malformed, "ingest.body_incomplete", "The request ended before its announced length.")
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, errs.New(errs.Malformed, "ingest.body_unreadable", "The request could not be read to its end.").Because(err)
		}
	}
}

// unpack gives the JSON of the body. Whether it is packed is told by its first bytes and the Content-Encoding, never by the
// Content-Type, which some libraries set wrongly.
func (b *buffers) unpack(encoding string) ([]byte, error) {
	packed := len(b.body) > 1 && b.body[0] == 0x1f && b.body[1] == 0x8b
	switch {
	case packed:
	case encoding == "" || encoding == "identity" || looksPlain(b.body):
		return b.body, nil
	case encoding == "gzip" || encoding == "x-gzip":
		return nil, errs.New(errs.Malformed, "ingest.gzip", "The body is said to be gzip, but it is not.")
	default:
		return nil, errs.New(errs.Malformed, "ingest.encoding", "The body has the encoding %q; send plain JSON or gzip.", encoding)
	}
	b.in.Reset(b.body)
	var err error
	if b.zip == nil {
		b.zip, err = gzip.NewReader(&b.in)
	} else {
		err = b.zip.Reset(&b.in)
	}
	if err == nil {
		b.plain, err = readAll(b.plain[:0], b.zip, 0)
	}
	if err == errTooLarge {
		return nil, err
	}
	if err != nil {
		return nil, errs.New(errs.Malformed, "ingest.gzip", "The gzip body is damaged or ends too early.").Because(err)
	}
	return b.plain, nil
}

func looksPlain(body []byte) bool {
	t := bytes.TrimLeft(body, " \t\r\n\xEF\xBB\xBF")
	return len(t) == 0 || t[0] == '{' || t[0] == '['
}
