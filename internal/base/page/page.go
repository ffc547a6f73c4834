// Package page holds keyset paging: a cursor is the sort key of the last row seen, opaque to the client.
//
// Lists never count and never skip rows by number: the next page is "after this key", which costs the same on page one
// and on page ten thousand, and neither repeats nor loses a row that stays where it is while others come and go.
package page

import (
	"encoding/base64"
	"encoding/json"

	"rapport/internal/base/errs"
)

// MaxLimit is the largest page a client may ask for.
const MaxLimit = 500

// Page is one page of a list. NextCursor is empty on the last page.
type Page[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor" doc:"Opaque; empty on the last page"`
	// Partial says that the page ended where a page may look no further, before it was full.
	Partial bool `json:"partial,omitempty" doc:"True where the rows asked for are rare and this page has looked at as many others as it may: it is shorter than asked for, perhaps empty, and next_cursor goes on from there"`
}

// Encode packs sort-key values into a cursor.
func Encode(keys ...any) string {
	b, err := json.Marshal(keys)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Decode unpacks a cursor into pointers of the same number and types. An empty cursor leaves them alone and reports false.
func Decode(cursor string, into ...any) (bool, error) {
	if cursor == "" {
		return false, nil
	}
	bad := errs.New(errs.Malformed, "page.cursor", "The cursor is not one that this list gave out; start again without it.")
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return false, bad
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil || len(raw) != len(into) {
		return false, bad
	}
	for i := range raw {
		if err := json.Unmarshal(raw[i], into[i]); err != nil {
			return false, bad
		}
	}
	return true, nil
}

// Limit brings a wanted page size into 1..MaxLimit; zero gives def.
func Limit(want, def int) int {
	switch {
	case want <= 0:
		return def
	case want > MaxLimit:
		return MaxLimit
	}
	return want
}

// Cut makes a Page of rows that were read with limit+1, so that no count is needed to know whether more follow.
func Cut[T any](rows []T, limit int, cursor func(T) string) Page[T] {
	if rows == nil {
		rows = []T{}
	}
	if len(rows) <= limit {
		return Page[T]{Items: rows}
	}
	rows = rows[:limit]
	return Page[T]{Items: rows, NextCursor: cursor(rows[limit-1])}
}

// CutAt is Cut for a list that looks at a bounded number of rows: stop, where it is not empty, is the place at which the look ended before
// the page was full.
func CutAt[T any](rows []T, limit int, cursor func(T) string, stop []any) Page[T] {
	p := Cut(rows, limit, cursor)
	if p.NextCursor == "" && len(stop) > 0 {
		p.NextCursor, p.Partial = Encode(stop...), true
	}
	return p
}

// Map gives a page of other things, in the same place of the list.
func Map[T, U any](p Page[T], shape func(*T) U) Page[U] {
	out := Page[U]{Items: make([]U, len(p.Items)), NextCursor: p.NextCursor, Partial: p.Partial}
	for i := range p.Items {
		out.Items[i] = shape(&p.Items[i])
	}
	return out
}
