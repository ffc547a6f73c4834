// Package keyset reads one page of a list that may have millions of rows, in a time that does not depend on how many there are.
//
// A list is read in the order of an index. Conditions that the index itself answers (Path) cost nothing; others (Filter) are looked at
// row by row, and rare ones could make a page look at the whole table. So a page looks at no more than Look rows: before rows
// are read, the place at which the look must end is found by walking the index alone. A page that comes to it before it is full is
// given as it is, together with that place, and the next page goes on from there: the list says that it has not seen all yet, and
// nothing is skipped.
//
//	index:  ●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●●
//	        after ─►│◄──────── Look rows ────────►│◄─ stop: the next page begins here
//	                  ○      ○              ○        what the filters let through: a page, full or not
//
// Placeholders in conditions are written "?" and numbered here. Nothing is announced here.
package keyset

import (
	"strconv"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Place is where a row stands in the order of a list: the values of Query.By.
type Place []any

// IDs makes ids of the values at some positions, as cursors write them.
func (p Place) IDs(positions ...int) Place {
	for _, i := range positions {
		if i < len(p) {
			if n, ok := p[i].(int64); ok {
				p[i] = id.ID(n)
			}
		}
	}
	return p
}

// Query says what one page is read from. By names the columns of the order; the last ones make it unique.
type Query struct {
	Columns, From string
	By            []string
	Down          bool
	After         Place // the page begins behind it; empty: at the beginning
	Limit         int
	Look          int // rows looked at, at most; 0 where Path leaves few
	path, filter  []condition
}

type condition struct {
	text string
	args []any
	side byte // of a bound of the order's first column: '>' or '<'
}

// Path adds a condition that the index of the order answers.
func (q *Query) Path(text string, args ...any) {
	q.path = append(q.path, condition{text: text, args: args})
}

// Bound adds a bound of the order's first column: compare is one of > >= < <=.
func (q *Query) Bound(compare string, v any) {
	q.path = append(q.path, condition{q.By[0] + " " + compare + " ?", []any{v}, compare[0]})
}

// Filter adds a condition that is looked at row by row.
func (q *Query) Filter(text string, args ...any) {
	q.filter = append(q.filter, condition{text: text, args: args})
}

// bounded tells whether a page could have to look at many rows.
func (q *Query) bounded() bool { return q.Look > 0 && len(q.filter) > 0 }

// text collects SQL and its arguments.
type text struct {
	strings.Builder
	args   []any
	binary string // what SQLite needs behind a value of a place
}

// textFor begins a statement. SQLite seeks a place in an index only by those of its columns that have a collation, and a row's own id
// has none: without one for the value it would walk through all rows that are equal but for the id.
func textFor(e sqldb.Engine) text {
	if e == sqldb.SQLite {
		return text{binary: " COLLATE BINARY"}
	}
	return text{}
}

func (t *text) add(v any) string {
	t.args = append(t.args, v)
	return "$" + strconv.Itoa(len(t.args))
}

// condition writes a condition with its placeholders numbered.
func (t *text) condition(c condition) {
	t.WriteString(" AND ")
	parts := strings.Split(c.text, "?")
	for i, p := range parts {
		t.WriteString(p)
		if i < len(parts)-1 {
			t.WriteString(t.add(c.args[i]))
		}
	}
}

// beyond writes that a row stands behind a place, or not behind it.
func (t *text) beyond(q *Query, at Place, behind bool) {
	than := map[bool]string{true: " < ", false: " > "}[q.Down]
	if !behind {
		than = map[bool]string{true: " >= ", false: " <= "}[q.Down]
	}
	marks := make([]string, len(at))
	for i, v := range at {
		marks[i] = t.add(v) + t.binary
	}
	t.WriteString(" AND (" + strings.Join(q.By, ", ") + ")" + than + "(" + strings.Join(marks, ", ") + ")")
}

func (t *text) order(q *Query) {
	dir := ""
	if q.Down {
		dir = " DESC"
	}
	t.WriteString(" ORDER BY " + strings.Join(q.By, dir+", ") + dir)
}
