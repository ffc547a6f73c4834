package dictionary

import (
	"encoding/json"
	"hash/maphash"
	"strings"
)

// The types of values, as JSON has them.
const (
	text = iota
	number
	boolean
	object
	list
	null
)

var typeNames = [...]string{"text", "number", "boolean", "object", "list", "null"}

var seed = maphash.MakeSeed()

// eachMember calls fn with the members of a JSON object, which is known to be valid: name as written between its quotes, type and text of the value.
func eachMember(b []byte, fn func(name []byte, kind byte, value []byte)) {
	i := skipSpace(b, 0)
	if i >= len(b) || b[i] != '{' {
		return
	}
	for i++; ; i++ {
		if i = skipSpace(b, i); i >= len(b) || b[i] != '"' {
			return
		}
		end := endOfText(b, i)
		name := b[i+1 : end-1]
		if i = skipSpace(b, end); i >= len(b) || b[i] != ':' {
			return
		}
		i = skipSpace(b, i+1)
		kind, end := valueAt(b, i)
		if end <= i {
			return
		}
		fn(name, kind, b[i:end])
		if i = skipSpace(b, end); i >= len(b) || b[i] != ',' {
			return
		}
	}
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && b[i] <= ' ' {
		i++
	}
	return i
}

// endOfText gives the place after the string that begins at i.
func endOfText(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// valueAt gives type and end of the value at i.
func valueAt(b []byte, i int) (byte, int) {
	if i >= len(b) {
		return null, i
	}
	switch b[i] {
	case '"':
		return text, endOfText(b, i)
	case '{':
		return object, endOfNest(b, i)
	case '[':
		return list, endOfNest(b, i)
	case 't', 'f':
		return boolean, endOfWord(b, i)
	case 'n':
		return null, endOfWord(b, i)
	}
	return number, endOfWord(b, i)
}

func endOfWord(b []byte, i int) int {
	for i < len(b) && b[i] > ' ' && b[i] != ',' && b[i] != '}' && b[i] != ']' {
		i++
	}
	return i
}

func endOfNest(b []byte, i int) int {
	for depth := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i = endOfText(b, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

// shapeOf gives the same number for objects with the same names and types in the same order. Names of most events are one of a few such lists, so a
// known number means that there is nothing to learn.
func shapeOf(b []byte) uint64 {
	h := uint64(14695981039346656037)
	eachMember(b, func(name []byte, kind byte, _ []byte) {
		h = (h ^ maphash.Bytes(seed, name) ^ uint64(kind)) * 1099511628211
	})
	return h
}

// plainName gives the name of a member without the escapes of JSON.
func plainName(raw []byte) string {
	s := string(raw)
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out string
	if json.Unmarshal([]byte(`"`+s+`"`), &out) != nil {
		return s
	}
	return out
}
