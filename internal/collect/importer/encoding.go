package importer

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf8BOM may stand at the start of a file.
var utf8BOM = []byte{0xEF, 0xBB, 0xBF}

// toUTF8 makes the file at path one of UTF-8 without a byte order mark, in place, and names the encoding it had. UTF-16 is known by its mark or by the
// zero bytes of its ASCII characters; what is no valid UTF-8 as a whole is taken as Windows-1252, which holds Latin-1.
func toUTF8(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open import file: %w", err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", fmt.Errorf("read import file: %w", err)
	}
	head = head[:n]
	var from encoding.Encoding
	name := "utf-8"
	skip := int64(0)
	switch little, big := utf16Likely(head); {
	case bytes.HasPrefix(head, utf8BOM):
		skip = 3
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), little:
		name, from = "utf-16le", unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}), big:
		name, from = "utf-16be", unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	}
	if from == nil {
		if _, err := f.Seek(skip, io.SeekStart); err != nil {
			return "", fmt.Errorf("read import file: %w", err)
		}
		ok, err := validUTF8(f)
		if err != nil {
			return "", fmt.Errorf("read import file: %w", err)
		}
		if ok && skip == 0 {
			return name, nil
		}
		if !ok {
			name, from = "windows-1252", charmap.Windows1252
		}
	}
	if _, err := f.Seek(skip, io.SeekStart); err != nil {
		return "", fmt.Errorf("read import file: %w", err)
	}
	var r io.Reader = f
	if from != nil {
		r = transform.NewReader(f, from.NewDecoder())
	}
	return name, replaceFile(path, r)
}

// utf16Likely looks at the zero bytes of the first characters of a file without a mark.
func utf16Likely(head []byte) (little, big bool) {
	if len(head) < 4 {
		return false, false
	}
	even, odd := 0, 0
	for i, c := range head {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	pairs := len(head) / 2
	return odd*10 > pairs*6 && even*10 < pairs, even*10 > pairs*6 && odd*10 < pairs
}

func validUTF8(r io.Reader) (bool, error) {
	buf := make([]byte, 256<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		b := buf[:kept+n]
		for len(b) > 0 {
			c, size := utf8.DecodeRune(b)
			if c == utf8.RuneError && size == 1 {
				if !utf8.FullRune(b) && err == nil {
					break // the rest of the character comes with the next read
				}
				return false, nil
			}
			// Runs of ASCII are most of every file.
			b = b[size:]
			for len(b) > 0 && b[0] < utf8.RuneSelf {
				b = b[1:]
			}
		}
		kept = copy(buf, b)
		if err == io.EOF {
			return kept == 0, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// replaceFile writes r beside path and puts it in its place.
func replaceFile(path string, r io.Reader) error {
	tmp, err := os.Create(path + ".utf8")
	if err != nil {
		return fmt.Errorf("convert import file: %w", err)
	}
	w := bufio.NewWriterSize(tmp, 256<<10)
	_, err = io.Copy(w, r)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = tmp.Sync()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return fmt.Errorf("convert import file: %w", err)
	}
	return nil
}
