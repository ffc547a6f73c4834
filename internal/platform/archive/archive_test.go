package archive_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"rapport/internal/base/errs"
	"rapport/internal/platform/archive"
)

var head = archive.Head{Program: "1.2.3", At: time.Date(2026, 11, 25, 1, 2, 3, 4000, time.UTC), Engine: "embedded", Schema: 7}

// shelf keeps what it is given.
type shelf struct {
	names []string
	files map[string]*bytes.Buffer
}

func (s *shelf) Open(name string) (io.WriteCloser, error) {
	if s.files == nil {
		s.files = map[string]*bytes.Buffer{}
	}
	s.names = append(s.names, name)
	s.files[name] = &bytes.Buffer{}
	return closer{s.files[name]}, nil
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }

func noise(n int, seed uint64) []byte {
	r := rand.NewChaCha8([32]byte{byte(seed)})
	b := make([]byte, n)
	_, _ = r.Read(b)
	return b
}

// sample gives an archive and what is in it.
func sample(t testing.TB) ([]byte, map[string][]byte) {
	t.Helper()
	content := map[string][]byte{"a.db": noise(300_000, 1), "deep/er/b": []byte(strings.Repeat("text ", 20_000)), "empty": nil,
		"streamed": noise(4<<20+99, 2), "streamed empty": nil}
	var out bytes.Buffer
	a, err := archive.NewWriter(&out, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.db", "deep/er/b", "empty"} {
		if err := a.Add(name, int64(len(content[name])), func(w io.Writer) error { _, err := w.Write(content[name]); return err }); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"streamed", "streamed empty"} {
		err := a.Stream(name, func(w io.Writer) error {
			for b := content[name]; len(b) > 0; b = b[min(len(b), 77_777):] {
				if _, err := w.Write(b[:min(len(b), 77_777)]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	a.Count("events", 42)
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), content
}

func TestRoundTrip(t *testing.T) {
	file, content := sample(t)
	s := &shelf{}
	h, foot, err := archive.Read(bytes.NewReader(file), s)
	if err != nil {
		t.Fatal(err)
	}
	want := head
	want.Form = archive.Form
	if diff := cmp.Diff(want, h); diff != "" {
		t.Error(diff)
	}
	if foot.Figures["events"] != 42 || len(foot.Files) != len(content) {
		t.Errorf("%+v", foot)
	}
	if diff := cmp.Diff([]string{"a.db", "deep/er/b", "empty", "streamed", "streamed empty"}, s.names); diff != "" {
		t.Error(diff)
	}
	for name, b := range content {
		if !bytes.Equal(b, s.files[name].Bytes()) {
			t.Errorf("%s has %d bytes, want %d", name, s.files[name].Len(), len(b))
		}
	}
	if h, err := archive.ReadHead(bytes.NewReader(file)); err != nil || h.Program != "1.2.3" {
		t.Errorf("%+v %v", h, err)
	}
}

// TestDamage: whatever is cut off or changed is noticed, and said as what it is.
func TestDamage(t *testing.T) {
	file, _ := sample(t)
	try := func(name string, b []byte) {
		t.Helper()
		_, _, err := archive.Read(bytes.NewReader(b), nil)
		if e := errs.As(err); e == nil || (e.Code != "backup.damaged" && e.Code != "backup.unknown" && e.Code != "backup.newer") {
			t.Errorf("%s: %v", name, err)
		}
	}
	chance := rand.New(rand.NewPCG(7, 7))
	for range 60 {
		n := chance.IntN(len(file))
		try(fmt.Sprintf("cut at %d of %d", n, len(file)), file[:n])
	}
	for n := range 40 {
		try(fmt.Sprintf("%d bytes short", n+1), file[:len(file)-n-1])
	}
	for range 100 {
		b := bytes.Clone(file)
		at, bit := chance.IntN(len(b)), chance.IntN(8)
		b[at] ^= 1 << bit
		try(fmt.Sprintf("bit %d of byte %d", bit, at), b)
	}
	for range 20 {
		b := bytes.Clone(file)
		at := chance.IntN(len(b) - 4096)
		clear(b[at : at+4096])
		try(fmt.Sprintf("a hole at %d", at), b)
	}
	try("something behind it", append(bytes.Clone(file), "more"...))
	try("nothing", nil)
	try("text", []byte("this is no backup at all"))
}

// TestForgery makes archives by hand that say one thing and hold another.
func TestForgery(t *testing.T) {
	make := func(fn func(a *archive.Writer)) []byte {
		var out bytes.Buffer
		a, err := archive.NewWriter(&out, head)
		if err != nil {
			t.Fatal(err)
		}
		fn(a)
		_ = a.Close()
		return out.Bytes()
	}
	add := func(a *archive.Writer, name, text string) error {
		return a.Add(name, int64(len(text)), func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
	}
	for _, bad := range []string{"../up", "/rooted", "a//b", "a/../../b"} {
		make(func(a *archive.Writer) {
			if add(a, bad, "x") == nil {
				t.Errorf("%q was written", bad)
			}
		})
	}
	make(func(a *archive.Writer) {
		if err := a.Add("short", 10, func(w io.Writer) error { _, err := w.Write([]byte("five")); return err }); err == nil {
			t.Error("a file with fewer bytes than announced was written")
		}
	})
	make(func(a *archive.Writer) {
		if err := a.Add("long", 2, func(w io.Writer) error { _, err := w.Write([]byte("five")); return err }); err == nil {
			t.Error("a file with more bytes than announced was written")
		}
	})
	zip, _ := zstd.NewWriter(nil)
	for name, plain := range map[string][]byte{"no tar": []byte("plain text"), "nothing in it": nil} {
		if _, err := archive.ReadHead(bytes.NewReader(zip.EncodeAll(plain, nil))); errs.As(err) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSinkFails: a full disk is the disk's fault, not the archive's.
func TestSinkFails(t *testing.T) {
	file, _ := sample(t)
	_, _, err := archive.Read(bytes.NewReader(file), failing{})
	if !errors.Is(err, errRoom) || errs.As(err) != nil {
		t.Errorf("got %v", err)
	}
}

var errRoom = errors.New("no room")

type failing struct{}

func (failing) Open(string) (io.WriteCloser, error) { return failing{}, nil }
func (failing) Write([]byte) (int, error)           { return 0, errRoom }
func (failing) Close() error                        { return nil }

// FuzzRead: no input makes it panic, run away or hand out a name that leads outside.
func FuzzRead(f *testing.F) {
	var out bytes.Buffer
	a, err := archive.NewWriter(&out, head)
	if err != nil {
		f.Fatal(err)
	}
	_ = a.Add("x/y", 3, func(w io.Writer) error { _, err := w.Write([]byte("abc")); return err })
	_ = a.Stream("s", func(w io.Writer) error { _, err := w.Write([]byte("defg")); return err })
	_ = a.Close()
	plain, _ := zstd.NewReader(nil)
	tar, err := plain.DecodeAll(out.Bytes(), nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tar)
	f.Add(tar[:1024])
	f.Add([]byte{})
	zip, _ := zstd.NewWriter(nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &shelf{}
		_, foot, err := archive.Read(bytes.NewReader(zip.EncodeAll(b, nil)), s) // inside the compression, where the checksum does not help
		for _, name := range s.names {
			if strings.HasPrefix(name, "/") || strings.Contains("/"+name+"/", "/../") {
				t.Fatalf("%q leads outside", name)
			}
		}
		if err != nil {
			return
		}
		if len(foot.Files) != len(s.names) {
			t.Fatalf("%d files, the foot says %d", len(s.names), len(foot.Files))
		}
	})
}
