package sqldb

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// JSON is the value of a JSONB column.
type JSON map[string]any

// Value writes the column; nil becomes {}.
func (j JSON) Value() (driver.Value, error) { return j.text() }

func (j JSON) text() (string, error) {
	if j == nil {
		return "{}", nil
	}
	b, err := json.Marshal(map[string]any(j))
	return string(b), err
}

// Scan reads the column.
func (j *JSON) Scan(src any) error {
	var b []byte
	switch v := src.(type) {
	case nil:
		*j = nil
		return nil
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("scan JSON from %T", src)
	}
	return json.Unmarshal(b, (*map[string]any)(j))
}

// RawJSON is the text of a JSONB column, object or array, not decoded.
type RawJSON []byte

// Value writes the column; nil becomes {}.
func (j RawJSON) Value() (driver.Value, error) { return j.text() }

func (j RawJSON) text() (string, error) {
	if len(j) == 0 {
		return "{}", nil
	}
	return string(j), nil
}

// Scan reads the column.
func (j *RawJSON) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*j = nil
	case string:
		*j = RawJSON(v)
	case []byte:
		*j = append(RawJSON(nil), v...)
	default:
		return fmt.Errorf("scan JSON from %T", src)
	}
	return nil
}

// MarshalJSON passes the text on.
func (j RawJSON) MarshalJSON() ([]byte, error) {
	if len(j) == 0 {
		return []byte("{}"), nil
	}
	return j, nil
}

// Clean makes text storable on every engine: valid UTF-8, no NUL. What cannot be kept becomes U+FFFD.
func Clean(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Marks writes n placeholders from $first on: "$3,$4,$5". For IN lists and VALUES.
func Marks(first, n int) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	return b.String()
}

// Tuples writes rows of placeholders for a multi-row VALUES: "($1,$2),($3,$4)".
func Tuples(rows, columns int) string {
	var b strings.Builder
	for i := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		b.WriteString(Marks(1+i*columns, columns))
		b.WriteByte(')')
	}
	return b.String()
}

// Chunks calls fn with runs of at most n items, so that a list of any length fits the engines' limits on parameters.
func Chunks[T any](items []T, n int, fn func([]T) error) error {
	for len(items) > 0 {
		k := min(n, len(items))
		if err := fn(items[:k]); err != nil {
			return err
		}
		items = items[k:]
	}
	return nil
}

// Args turns a typed slice into arguments.
func Args[T any](items []T) []any {
	out := make([]any, len(items))
	for i, v := range items {
		out[i] = v
	}
	return out
}
