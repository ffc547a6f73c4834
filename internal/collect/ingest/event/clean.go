package event

import (
	"bytes"
	"unicode/utf8"
)

const replacement = "\\ufffd"

// dirty tells whether text that the scanner passed holds what the stores cannot keep.
func (s *scanner) dirty(text []byte) bool {
	return s.escapes || s.high >= utf8.RuneSelf && !utf8.Valid(text)
}

// clean gives valid JSON in which every text can be kept: no NUL, no half of a surrogate pair, valid UTF-8. What cannot be kept
// becomes U+FFFD.
func clean(text []byte) []byte {
	out := make([]byte, 0, len(text)+16)
	for i := 0; i < len(text); {
		if text[i] != '\\' || i+1 >= len(text) {
			out = append(out, text[i])
			i++
			continue
		}
		if text[i+1] != 'u' {
			out = append(out, text[i], text[i+1])
			i += 2
			continue
		}
		n, ok := hex4(text, i+2)
		low := rune(0)
		if i+8 <= len(text) && text[i+6] == '\\' && text[i+7] == 'u' {
			low, _ = hex4(text, i+8)
		}
		switch {
		case !ok, n == 0, n >= 0xDC00 && n < 0xE000, n >= 0xD800 && n < 0xDC00 && (low < 0xDC00 || low >= 0xE000):
			out = append(out, replacement...)
		case n >= 0xD800 && n < 0xDC00:
			out = append(out, text[i:i+12]...)
			i += 6
		default:
			out = append(out, text[i:i+6]...)
		}
		i += 6
	}
	if utf8.Valid(out) {
		return out
	}
	return bytes.ToValidUTF8(out, []byte("\uFFFD"))
}

// unquote gives the text of a JSON string's inside. It allocates once, and gives fallbacks for nothing: the scanner has passed
// it, and clean has made it storable.
func unquote(inside []byte) string {
	at := bytes.IndexByte(inside, '\\')
	if at < 0 {
		return string(inside)
	}
	out := make([]byte, 0, len(inside))
	out = append(out, inside[:at]...)
	for i := at; i < len(inside); {
		c := inside[i]
		if c != '\\' || i+1 >= len(inside) {
			out = append(out, c)
			i++
			continue
		}
		i += 2
		switch inside[i-1] {
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			n, _ := hex4(inside, i)
			i += 4
			if n >= 0xD800 && n < 0xDC00 && i+6 <= len(inside) {
				low, _ := hex4(inside, i+2)
				if low >= 0xDC00 && low < 0xE000 {
					n = (n-0xD800)<<10 + (low - 0xDC00) + 0x10000
					i += 6
				}
			}
			if n == 0 {
				n = utf8.RuneError
			}
			out = utf8.AppendRune(out, n)
		default:
			out = append(out, inside[i-1])
		}
	}
	return string(out)
}
