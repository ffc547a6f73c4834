package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"strings"
	"time"
)

// pieceSize is how much of a file of unknown size becomes one entry.
const pieceSize = 4 << 20

// Writer makes an archive. It is not safe for concurrent use.
type Writer struct {
	zip  *frames
	tar  *tar.Writer
	head Head
	foot Foot
}

// NewWriter begins an archive on w. Form is filled in.
func NewWriter(w io.Writer, h Head) (*Writer, error) {
	zip, err := newFrames(w)
	if err != nil {
		return nil, err
	}
	h.Form = Form
	a := &Writer{zip: zip, tar: tar.NewWriter(zip), head: h, foot: Foot{Figures: map[string]int64{}}}
	return a, a.json(headName, h)
}

// Count adds a figure to the foot.
func (a *Writer) Count(name string, n int64) { a.foot.Figures[name] = n }

// Add writes a file of size bytes, which fn must write to w exactly.
func (a *Writer) Add(name string, size int64, fn func(w io.Writer) error) error {
	if err := a.begin(dataDir+name, size); err != nil {
		return err
	}
	sum := sha256.New()
	if err := fn(io.MultiWriter(a.tar, sum)); err != nil {
		if errors.Is(err, tar.ErrWriteTooLong) {
			err = fmt.Errorf("the file has more than %d bytes", size)
		}
		return fmt.Errorf("back up %s: %w", name, err)
	}
	if err := a.tar.Flush(); err != nil { // says so where bytes are missing
		return fmt.Errorf("back up %s: %w", name, err)
	}
	a.foot.Files = append(a.foot.Files, File{name, size, hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// Stream writes a file whose size is not known yet.
func (a *Writer) Stream(name string, fn func(w io.Writer) error) error {
	p := &pieces{a: a, name: name, sum: sha256.New(), buf: make([]byte, 0, pieceSize)}
	if err := fn(p); err != nil {
		return fmt.Errorf("back up %s: %w", name, err)
	}
	if err := p.cut(); err != nil {
		return err
	}
	a.foot.Files = append(a.foot.Files, File{name, p.size, hex.EncodeToString(p.sum.Sum(nil))})
	return nil
}

type pieces struct {
	a    *Writer
	name string
	n    int
	size int64
	buf  []byte
	sum  hash.Hash
}

func (p *pieces) Write(b []byte) (int, error) {
	_, _ = p.sum.Write(b)
	p.size += int64(len(b))
	return gather(&p.buf, b, p.cut)
}

// gather appends to a buffer as much as it has room for, calls full, which must empty it, and so on.
func gather(buf *[]byte, b []byte, full func() error) (int, error) {
	all := len(b)
	for len(b) > 0 {
		n := min(len(b), cap(*buf)-len(*buf))
		*buf = append(*buf, b[:n]...)
		b = b[n:]
		if len(*buf) == cap(*buf) {
			if err := full(); err != nil {
				return 0, err
			}
		}
	}
	return all, nil
}

// cut writes what has been gathered; the first piece is written even if it is empty.
func (p *pieces) cut() error {
	if len(p.buf) == 0 && p.n > 0 {
		return nil
	}
	p.n++
	if err := p.a.begin(fmt.Sprintf("%s%s.%06d", dataDir, p.name, p.n), int64(len(p.buf))); err != nil {
		return err
	}
	_, err := p.a.tar.Write(p.buf)
	p.buf = p.buf[:0]
	return err
}

func (a *Writer) begin(name string, size int64) error {
	if path.Clean(name) != name || strings.HasPrefix(name, "/") {
		return fmt.Errorf("%q is no name for a file of a backup", name)
	}
	err := a.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Size: size, Mode: 0o600, ModTime: a.head.At.Truncate(time.Second), Format: tar.FormatPAX})
	if err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

func (a *Writer) json(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := a.begin(name, int64(len(b)+1)); err != nil {
		return err
	}
	if _, err := a.tar.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

// Close writes the foot; only then is the archive whole.
func (a *Writer) Close() error {
	if err := a.json(footName, a.foot); err != nil {
		return errors.Join(err, a.zip.Close())
	}
	if err := errors.Join(a.tar.Close(), a.zip.Close()); err != nil {
		return fmt.Errorf("write backup: %w", err)
	}
	return nil
}

// Abort ends an archive that is not to become whole.
func (a *Writer) Abort() { _ = a.zip.Close() }

// Foot gives what Close has written.
func (a *Writer) Foot() Foot { return a.foot }
