package archive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"

	"rapport/internal/base/errs"
)

// maxNote bounds head and foot.
const maxNote = 64 << 20

// Sink takes the files of an archive in order. Open is called once for each; what it gives is closed at the file's end.
type Sink interface {
	Open(name string) (io.WriteCloser, error)
}

// ReadHead gives the head alone, which tells whether this program can do anything with the file.
func ReadHead(r io.Reader) (Head, error) {
	s, err := open(r)
	if err != nil {
		return Head{}, err
	}
	defer s.zip.Close()
	return s.head, nil
}

// Read goes through an archive to its end and hands its files to sink, nil to look only. An error that is the file's own has the code
// backup.damaged, backup.unknown or backup.newer; whatever sink was given then counts for nothing.
func Read(r io.Reader, sink Sink) (Head, Foot, error) {
	s, err := open(r)
	if err != nil {
		return Head{}, Foot{}, err
	}
	defer s.zip.Close()
	s.sink = sink
	err = s.all()
	return s.head, s.foot, errors.Join(err, s.end(err != nil))
}

type source struct {
	zip  *zstd.Decoder
	tar  *tar.Reader
	sink Sink
	head Head
	foot Foot
	seen []File

	name string // of the file that is being put together
	out  io.WriteCloser
	size int64
	sum  hash.Hash
	n    int // pieces of it; 0: it is whole
}

func open(r io.Reader) (*source, error) {
	// What is not zstd at all is somebody's other file; say so rather than speak of damage.
	magic := make([]byte, 4)
	n, err := io.ReadFull(r, magic)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, damaged(err, "The backup cannot be read: %s.", plain(err))
	}
	if !bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return nil, errs.New(errs.Invalid, "backup.unknown", "The file is not a backup of Rapport.")
	}
	zip, err := zstd.NewReader(io.MultiReader(bytes.NewReader(magic[:n]), r), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return nil, damaged(err, "The backup cannot be read: %s.", plain(err))
	}
	s := &source{zip: zip, tar: tar.NewReader(zip)}
	if err := s.readHead(); err != nil {
		zip.Close()
		return nil, err
	}
	return s, nil
}

func (s *source) readHead() error {
	h, err := s.tar.Next()
	if err != nil {
		return damaged(err, "The backup is damaged at its beginning: %s.", plain(err))
	}
	if h.Name != headName {
		return errs.New(errs.Invalid, "backup.unknown", "The file is an archive, but not a backup of Rapport.")
	}
	if err := s.note(&s.head); err != nil {
		return err
	}
	if s.head.Form > Form {
		return errs.New(errs.Conflict, "backup.newer", "Rapport %s has made this backup, and this program (which knows form %d, not %d) cannot read it. Use that version or a newer one.",
			s.head.Program, Form, s.head.Form)
	}
	return nil
}

func (s *source) note(into any) error {
	b, err := io.ReadAll(io.LimitReader(s.tar, maxNote))
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		return damaged(err, "The backup is damaged: %s.", plain(err))
	}
	return nil
}

func (s *source) all() error {
	for {
		h, err := s.tar.Next()
		switch {
		case errors.Is(err, io.EOF):
			return damaged(nil, "The backup is not whole: its end is missing. It was cut off while it was written or copied.")
		case err != nil:
			return damaged(err, "The backup is damaged after %s: %s.", s.last(), plain(err))
		case h.Name == footName:
			return s.finish()
		}
		if err := s.entry(h); err != nil {
			return err
		}
	}
}

func (s *source) last() string {
	if s.name == "" {
		return "its head"
	}
	return s.name
}

func (s *source) entry(h *tar.Header) error {
	name, ok := strings.CutPrefix(h.Name, dataDir)
	if !ok || h.Typeflag != tar.TypeReg || !filepath.IsLocal(name) || strings.Contains(name, `\`) {
		return damaged(nil, "The backup is damaged: it holds %q, which no backup has.", h.Name)
	}
	base, piece := cutPiece(name)
	if piece == 0 || piece == 1 {
		if err := s.begin(base, piece); err != nil {
			return err
		}
	} else if base != s.name || piece != s.n+1 {
		return damaged(nil, "The backup is damaged: %s follows %s.", name, s.last())
	}
	s.n = piece
	from := io.TeeReader(s.tar, s.sum)
	n, err := copyTo(s.out, from)
	s.size += n
	return s.explain(name, err)
}

// errSink marks a fault of the one who takes the files.
type errSink struct{ error }

func (e errSink) Unwrap() error { return e.error }

func (s *source) explain(name string, err error) error {
	var sink errSink
	switch {
	case err == nil:
		return nil
	case errors.As(err, &sink):
		return sink.error
	}
	return damaged(err, "The backup is damaged in %s: %s.", name, plain(err))
}

func copyTo(w io.Writer, r io.Reader) (int64, error) {
	if w == nil {
		w = io.Discard
	}
	buf := make([]byte, 256<<10)
	var all int64
	for {
		n, err := r.Read(buf)
		if n > 0 {
			all += int64(n)
			if _, werr := w.Write(buf[:n]); werr != nil {
				return all, errSink{werr}
			}
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

// cutPiece takes name.000001 apart; 0 for a file that is whole.
func cutPiece(name string) (string, int) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name)-i != 7 {
		return name, 0
	}
	n := 0
	for _, c := range name[i+1:] {
		if c < '0' || c > '9' {
			return name, 0
		}
		n = n*10 + int(c-'0')
	}
	return name[:i], n
}

func (s *source) begin(name string, piece int) error {
	if err := s.end(false); err != nil {
		return err
	}
	s.name, s.size, s.sum, s.n = name, 0, sha256.New(), piece
	if s.sink == nil {
		return nil
	}
	var err error
	s.out, err = s.sink.Open(name)
	return err
}

// end closes the file at hand and notes what was read of it.
func (s *source) end(failed bool) error {
	if s.sum == nil {
		return nil
	}
	s.seen = append(s.seen, File{s.name, s.size, hex.EncodeToString(s.sum.Sum(nil))})
	s.sum = nil
	if s.out == nil {
		return nil
	}
	err := s.out.Close()
	s.out = nil
	if failed {
		return nil
	}
	return err
}

// finish compares what was read with what the foot says.
func (s *source) finish() error {
	if err := s.end(false); err != nil {
		return err
	}
	if err := s.note(&s.foot); err != nil {
		return err
	}
	for i, want := range s.foot.Files {
		if i >= len(s.seen) {
			return damaged(nil, "The backup is damaged: %s is missing.", want.Name)
		}
		if got := s.seen[i]; got != want {
			return damaged(nil, "The backup is damaged: %s does not have the checksum that it had when it was backed up.", want.Name)
		}
	}
	if len(s.seen) != len(s.foot.Files) {
		return damaged(nil, "The backup is damaged: it holds files that nobody put there.")
	}
	if _, err := s.tar.Next(); !errors.Is(err, io.EOF) {
		return damaged(err, "The backup is damaged: it goes on after its end.")
	}
	if _, err := io.Copy(io.Discard, s.zip); err != nil { // the frame's own checksum stands at its end
		return damaged(err, "The backup is damaged at its end: %s.", plain(err))
	}
	return nil
}
