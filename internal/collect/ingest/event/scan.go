package event

import (
	"encoding/binary"
	"math/bits"
)

// The scanner checks JSON and cuts it into parts in one pass, without building values: of an event of 1 KB most is kept as it
// came. It never recurses, so that depth costs a byte a level and no stack.

type scanner struct {
	b       []byte
	i       int
	stack   []byte // open containers: '{' or '['
	deepest int
	huge    bool // a number that no double holds was seen
	high    byte // 0x80 where a string has a byte beyond ASCII: UTF-8 must be checked
	escapes bool // a \u escape was seen that may name NUL or half of a surrogate pair
}

// ones has one in each of its bytes.
const ones = 0x0101010101010101

// stop marks the bytes that end a run of plain characters in a string.
var stop = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = true
	}
	t['"'], t['\\'] = true, true
	return t
}()

func (s *scanner) space() {
	for s.i < len(s.b) {
		switch s.b[s.i] {
		case ' ', '\n', '\t', '\r':
			s.i++
		default:
			return
		}
	}
}

// next gives the byte after white space, 0 at the end.
func (s *scanner) next() byte {
	if s.i < len(s.b) {
		if c := s.b[s.i]; c > ' ' {
			return c
		}
	}
	s.space()
	if s.i < len(s.b) {
		return s.b[s.i]
	}
	return 0
}

// quoted passes a string; s.i stands on its opening quote. It gives what is between the quotes.
func (s *scanner) quoted() ([]byte, bool) {
	s.i++
	from := s.i
	b := s.b
	var high uint64
	for i := from; i < len(b); {
		if len(b)-i >= 8 { // eight bytes at a time: which are quotes, backslashes or control characters
			x := binary.LittleEndian.Uint64(b[i:])
			q, e := x^ones*'"', x^ones*'\\'
			found := ((q-ones)&^q | (e-ones)&^e | (x-ones*0x20)&^x) & (ones << 7)
			if found == 0 {
				high |= x
				i += 8
				continue
			}
			n := bits.TrailingZeros64(found) &^ 7 // the lowest one is sure
			high |= x & (1<<n - 1)
			i += n / 8
		}
		c := b[i]
		if !stop[c] {
			high |= uint64(c)
			i++
			continue
		}
		switch {
		case c == '"':
			s.i = i + 1
			if high&(ones<<7) != 0 {
				s.high |= 0x80
			}
			return b[from:i], true
		case c < 0x20 || i+1 >= len(b):
			s.i = i
			return nil, false
		}
		switch b[i+1] {
		case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			i += 2
		case 'u':
			n, ok := hex4(b, i+2)
			if !ok {
				s.i = i
				return nil, false
			}
			if n == 0 || n >= 0xD800 && n < 0xE000 {
				s.escapes = true
			}
			i += 6
		default:
			s.i = i
			return nil, false
		}
	}
	s.i = len(b)
	return nil, false
}

func hex4(b []byte, i int) (rune, bool) {
	if i+4 > len(b) {
		return 0, false
	}
	var n rune
	for _, c := range b[i : i+4] {
		n <<= 4
		switch {
		case c >= '0' && c <= '9':
			n |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			n |= rune(c - 'a' + 10)
		case c >= 'A' && c <= 'F':
			n |= rune(c - 'A' + 10)
		default:
			return 0, false
		}
	}
	return n, true
}

// number passes a number. One whose size no double can hold is remembered: the stores would choke on it.
func (s *scanner) number() bool {
	b, i := s.b, s.i
	digits := func() int {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i - from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := 1
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		whole = digits()
	}
	ok := whole > 0
	if ok && i < len(b) && b[i] == '.' {
		i++
		ok = digits() > 0
	}
	if ok && i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		for i < len(b)-1 && b[i] == '0' && b[i+1] >= '0' && b[i+1] <= '9' {
			i++
		}
		from := i
		n := digits()
		ok = n > 0
		s.huge = s.huge || n > 3 || n == 3 && (b[from] > '2' || whole > 8) || n == 2 && whole > 200
	}
	s.huge = s.huge || whole > 300
	s.i = i
	return ok
}

func (s *scanner) word(w string) bool {
	if len(s.b)-s.i < len(w) || string(s.b[s.i:s.i+len(w)]) != w {
		return false
	}
	s.i += len(w)
	return true
}

// key passes `"name":` and gives the name, with its escapes.
func (s *scanner) key() ([]byte, bool) {
	if s.next() != '"' {
		return nil, false
	}
	k, ok := s.quoted()
	if !ok || s.next() != ':' {
		return nil, false
	}
	s.i++
	return k, true
}

// value passes one value of any kind and gives its text.
func (s *scanner) value() ([]byte, bool) {
	s.space()
	from := s.i
	base := len(s.stack)
	for {
		ok := false
		switch c := s.next(); c {
		case '{', '[':
			s.i++
			s.stack = append(s.stack, c)
			s.deepest = max(s.deepest, len(s.stack))
			if s.next() != c+2 { // '{'+2 == '}', '['+2 == ']'

				if c == '{' {
					if _, ok := s.key(); !ok {
						return nil, false
					}
				}
				continue
			}
			s.i++
			s.stack = s.stack[:len(s.stack)-1]
			ok = true
		case '"':
			_, ok = s.quoted()
		case 't':
			ok = s.word("true")
		case 'f':
			ok = s.word("false")
		case 'n':
			ok = s.word("null")
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			ok = s.number()
		}
		if !ok {
			return nil, false
		}
		more, ok := s.after(base)
		if !ok {
			return nil, false
		}
		if !more {
			return s.b[from:s.i], true
		}
	}
}

// after passes commas and ends of containers behind a value until another value must follow (more) or the outermost one has
// ended.
func (s *scanner) after(base int) (more, ok bool) {
	for len(s.stack) > base {
		open := s.stack[len(s.stack)-1]
		switch c := s.next(); {
		case c == ',':
			s.i++
			if open == '{' {
				_, ok := s.key()
				return true, ok
			}
			return true, true
		case c == open+2:
			s.i++
			s.stack = s.stack[:len(s.stack)-1]
		default:
			return false, false
		}
	}
	return false, true
}

// object calls each with every member of the object at the place. The value must be passed by each, with s.value or the like.
func (s *scanner) object(each func(key []byte) bool) bool {
	if s.next() != '{' {
		return false
	}
	s.i++
	if s.next() == '}' {
		s.i++
		return true
	}
	for {
		k, ok := s.key()
		if !ok || !each(k) {
			return false
		}
		switch s.next() {
		case ',':
			s.i++
		case '}':
			s.i++
			return true
		default:
			return false
		}
	}
}

// array calls each for every element of the array at the place.
func (s *scanner) array(each func() bool) bool {
	if s.next() != '[' {
		return false
	}
	s.i++
	if s.next() == ']' {
		s.i++
		return true
	}
	for {
		if !each() {
			return false
		}
		switch s.next() {
		case ',':
			s.i++
		case ']':
			s.i++
			return true
		default:
			return false
		}
	}
}
