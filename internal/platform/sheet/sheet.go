// Package sheet writes tables as files that spreadsheets open: CSV and XLSX, row by row, so that a table of any length needs little memory.
//
// Text that a spreadsheet would take for a formula (it begins with = + - @ or a tab) is disarmed in CSV by an apostrophe, since whoever
// writes an order's name must not run anything on the desk of who opens the list. XLSX says of each cell whether it is text, so there it stays as
// it is. Numbers are numbers in both. Instants are written by ISO 8601 in the zone they carry.
//
// A sheet of XLSX holds 1,048,576 rows; what follows goes on in the next one, under the same heading. Rows of XLSX wait in a file that
// disappears until the last is known, since the format puts their number first. Nothing is announced here.
package sheet

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Number is a decimal number as text: exact in CSV, and in XLSX as exact as a spreadsheet's numbers are.
type Number string

// Writer takes the rows of a table. A cell is nil, a string, a bool, an int64, a float64, a Number or a time.Time. Close writes what is
// still missing; without it the file is not whole.
type Writer interface {
	Row(cells []any) error
	Close() error
}

// The formats.
const (
	CSV  = "csv"
	XLSX = "xlsx"
)

// ContentType gives the media type of a format.
func ContentType(format string) string {
	if format == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// New begins a file with a heading. name is the name of XLSX's first sheet; mark puts a byte order mark before CSV, without which Excel
// takes it for another encoding.
func New(w io.Writer, format, name string, heading []string, mark bool) (Writer, error) {
	switch format {
	case XLSX:
		return newBook(w, name, heading)
	case CSV:
	default:
		return nil, fmt.Errorf("no format %q", format)
	}
	if mark {
		if _, err := io.WriteString(w, "\uFEFF"); err != nil {
			return nil, err
		}
	}
	c := &plain{out: csv.NewWriter(w)}
	return c, c.out.Write(heading)
}

type plain struct {
	out  *csv.Writer
	line []string
}

func (p *plain) Row(cells []any) error {
	p.line = p.line[:0]
	for _, c := range cells {
		p.line = append(p.line, text(c))
	}
	return p.out.Write(p.line)
}

func (p *plain) Close() error {
	p.out.Flush()
	return p.out.Error()
}

func text(c any) string {
	switch v := c.(type) {
	case nil:
		return ""
	case string:
		return disarm(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case Number:
		return string(v)
	case time.Time:
		return instant(v)
	}
	return disarm(fmt.Sprint(c))
}

func instant(t time.Time) string { return t.Format("2006-01-02T15:04:05Z07:00") }

// disarm keeps a spreadsheet from taking text for a formula, also behind spaces, which some cut off.
func disarm(s string) string {
	if t := strings.TrimLeft(s, " \u00a0\ufeff"); t != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(t)[0]) {
		return "'" + s
	}
	return s
}
