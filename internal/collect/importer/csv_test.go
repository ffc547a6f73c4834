package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"
)

// readCSV gives the rows as "line: cells" and errors as "line! reason".
func readCSV(t testing.TB, s string, delim byte) []string {
	t.Helper()
	r := newCSV(strings.NewReader(s), delim, 0, 1)
	var out []string
	last := int64(0)
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			if last > int64(len(s)) {
				t.Fatalf("read to %d of %d", last, len(s))
			}
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.end <= last {
			t.Fatalf("row at line %d ends at %d, the one before at %d", rec.line, rec.end, last)
		}
		last = rec.end
		if rec.err != nil {
			out = append(out, fmt.Sprintf("%d! %s", rec.line, rec.err.reason))
			continue
		}
		out = append(out, fmt.Sprintf("%d: %s", rec.line, strings.Join(rec.cells, "|")))
	}
}

func TestCSV(t *testing.T) {
	for name, c := range map[string]struct {
		in    string
		delim byte
		want  []string
	}{
		"plain":                       {"a,b\n1,2\n", ',', []string{"1: a|b", "2: 1|2"}},
		"no newline at the end":       {"a,b\n1,2", ',', []string{"1: a|b", "2: 1|2"}},
		"crlf and blank lines":        {"a,b\r\n\r\n  \r\n1,2\r\n", ',', []string{"1: a|b", "4: 1|2"}},
		"blanks around cells":         {" a , b \n", ',', []string{"1: a|b"}},
		"quotes":                      {"\"a,1\",\"b \"\"x\"\"\"\n", ',', []string{"1: a,1|b \"x\""}},
		"a line break in a cell":      {"\"a\nb\",2\n3,4\n", ',', []string{"1: a\nb|2", "3: 3|4"}},
		"a quote within a cell":       {"5\" pipe,2\n\"5\" pipe\",3\n", ',', []string{"1: 5\" pipe|2", "2: 5\" pipe|3"}},
		"a quote that never closes":   {"1,\"abc\n2,x\n3,y\n", ',', []string{"1! " + brokenQuote, "2: 2|x", "3: 3|y"}},
		"one that a later row closes": {"1,\"abc,5\n2,\"def\",6\n3,y,7\n", ',', []string{"1! " + brokenQuote, "2: 2|def|6", "3: 3|y|7"}},
		"blank before a quote":        {"1, \"a,b\"\n", ',', []string{"1: 1|a,b"}},
		"blank after a quote":         {"\"a,b\"  ,\"c\" \n", ',', []string{"1: a,b|c"}},
		"runs of spaces":              {" id  date\n  1   2\n", ' ', []string{"1: id|date", "2: 1|2"}},
		"empty cells":                 {",,\n\"\",,\"\"\n", ',', []string{"1: ||", "2: ||"}},
		"a zero byte":                 {"a\x00b,1\n", ',', []string{"1: a\x00b|1"}},
		"nothing":                     {"", ',', nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, readCSV(t, c.in, c.delim)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSniff(t *testing.T) {
	for in, want := range map[string]byte{"a,b\n1,2\n": ',', "a;b\n1,5;2\n2,5;3\n": ';', "a\tb\n1\t2\n": '\t', "a|b|c\n1|2|3\n": '|', "id  date\n1   2\n": ' ', "alone\n1\n": ',',
		"Name;Total\n\"Smith, J\";1,50\n\"Doe, A\";2,50\n": ';'} {
		if got := sniff([]byte(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Whatever is well-formed is read as encoding/csv reads it, however the file arrives.
func TestCSVAgreesWithTheStandard(t *testing.T) {
	cell := rapid.StringOfN(rapid.SampledFrom([]rune("ab1,;\"\n ü")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(2, 4).Draw(t, "width")
		var want [][]string
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		for range rapid.IntRange(1, 5).Draw(t, "rows") {
			rec := []string{"x"}
			for range width - 1 {
				rec = append(rec, cell.Draw(t, "cell"))
			}
			_ = w.Write(rec)
			for i := range rec {
				rec[i] = strings.TrimSpace(rec[i])
			}
			want = append(want, rec)
		}
		w.Flush()
		// A quote within a cell followed by a line break looks like an opening quote that was a mistake; such cells are refused.
		r := newCSV(iotest.OneByteReader(bytes.NewReader(buf.Bytes())), ',', 0, 1)
		for n := 0; ; n++ {
			rec, err := r.next()
			if errors.Is(err, io.EOF) {
				if n != len(want) {
					t.Fatalf("%d rows, want %d", n, len(want))
				}
				return
			}
			if rec.err != nil {
				t.Fatalf("refused: %s", rec.err.reason)
			}
			if !slices.Equal(rec.cells, want[n]) {
				t.Fatalf("row %d is %q, want %q", n, rec.cells, want[n])
			}
		}
	})
}

func TestToUTF8(t *testing.T) {
	text := "name;city\nJosé;Düsseldorf\n"
	encode := func(e interface{ Bytes([]byte) ([]byte, error) }) []byte {
		b, err := e.Bytes([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		want string
	}{
		"utf-8":                   {[]byte(text), "utf-8"},
		"utf-8 with a mark":       {append([]byte("\ufeff"), text...), "utf-8"},
		"utf-16 with a mark":      {encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), "utf-16le"},
		"utf-16 without a mark":   {encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()), "utf-16le"},
		"utf-16 big endian":       {encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()), "utf-16be"},
		"utf-16be without a mark": {encode(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()), "utf-16be"},
		"windows-1252":            {encode(charmap.Windows1252.NewEncoder()), "windows-1252"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data")
			if err := os.WriteFile(path, c.in, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := toUTF8(path)
			if err != nil || got != c.want {
				t.Fatalf("%s, %v; want %s", got, err, c.want)
			}
			b, err := os.ReadFile(path)
			if err != nil || string(b) != text {
				t.Errorf("became %q, %v", b, err)
			}
		})
	}
	t.Run("a character across two reads", func(t *testing.T) {
		s := strings.Repeat("a", 256<<10-1) + "ü" + strings.Repeat("€", 200_000)
		for _, r := range []io.Reader{strings.NewReader(s), iotest.HalfReader(strings.NewReader(s))} {
			if ok, err := validUTF8(r); !ok || err != nil {
				t.Errorf("valid text is refused: %v", err)
			}
		}
		if ok, _ := validUTF8(strings.NewReader(s[:len(s)-1])); ok {
			t.Error("half a character at the end is accepted")
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\n", "a,\"b\"\"\",c\r\n", "\"\"\"", "a;\"b\nc\";d\n\"x", "\x00,\xff\n", " , ,\n\n\"a\"b,c\n"} {
		f.Add(s, byte(','))
		f.Add(s, byte(';'))
		f.Add(s, byte(' '))
	}
	f.Fuzz(func(t *testing.T, s string, delim byte) {
		if delim == '"' || delim == '\n' || delim == '\r' {
			return
		}
		lines := 0
		for range readCSV(t, s, delim) {
			lines++
		}
		if lines > strings.Count(s, "\n")+1 {
			t.Fatalf("%d rows of %d lines", lines, strings.Count(s, "\n")+1)
		}
	})
}
