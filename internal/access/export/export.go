// Package export takes lists out of the program as files: one mechanism for every list.
//
// A list says what its columns are and how its next page is read (List); here pages are turned into CSV or XLSX and sent while they are
// read. So the rows are those of the list with the same filters, in the same order, whatever their number, and memory holds one page. Each
// page is a short reading of its own: no transaction stays open that writers, or the log of SQLite, would have to wait for. A row that changes its
// place while the file is written can therefore be missing or stand twice, as it would for who pages through the list by hand.
//
//	asked ─► permission ─► first page (errors are still answers) ─► audit: begun ─► rows ... ─► audit: ended, with their number
//	                                                                                  └─ who stops reading ends it
//
// Personal data leaves here: the audit says who took what, by which filters, before the first row is sent. A file that could not be
// finished is cut off, so that the receiver sees that it is not whole. Nothing is announced from here.
package export

import (
	"time"

	"rapport/internal/base/money"
)

// Column is a column of a list. Cell gives nil, a string, a bool, an int64, a float64, a time, or a money.Wire, which becomes two columns:
// the number, and beside it the currency.
type Column[Row any] struct {
	Key   string
	Money bool
	Cell  func(*Row) any
}

// Choice is what is asked for beside the list's own filters.
type Choice struct {
	Format  string `query:"format" enum:"csv,xlsx" default:"csv"`
	Columns string `query:"columns" maxLength:"1000" doc:"Names of columns, separated by commas, in the order wanted; all where absent"`
	BOM     string `query:"bom" enum:"true,false" doc:"Whether CSV begins with a byte order mark, which Excel needs; false where absent"`

	asked string // the question as it came, for the audit
}

// Chosen lets inputs that embed a Choice be asked for it.
func (c *Choice) Chosen() *Choice { return c }

// plain gives what a cell holds in a file: amounts apart from their currency, instants in the reporting zone.
func plain(v any, zone *time.Location) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.In(zone)
	case *time.Time:
		if v == nil {
			return nil
		}
		return v.In(zone)
	}
	return v
}

func amount(v any) (number, currency string, ok bool) {
	switch v := v.(type) {
	case money.Wire:
		return v.Amount, v.Currency, true
	case *money.Wire:
		if v != nil {
			return v.Amount, v.Currency, true
		}
	}
	return "", "", false
}
