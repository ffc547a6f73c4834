package rate

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"rapport/internal/base/errs"
)

// maxFaults bounds how many faults of a file are told at once; maxRates the rows of a file.
const (
	maxFaults = 100
	maxRates  = 1_000_000
)

var columns = []string{"day", "currency", "rate"}

// parseFile reads a CSV file with the columns day, currency and rate in any order (others are ignored), separated by comma,
// semicolon or tab, in UTF-8. Where the separator is not a comma a decimal comma is understood. Faults are named by line.
func parseFile(r io.Reader, reporting string) ([]Rate, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read rate file: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	first, _, _ := bytes.Cut(data, []byte("\n"))
	c := csv.NewReader(bytes.NewReader(data))
	c.FieldsPerRecord = -1
	c.ReuseRecord = true
	c.TrimLeadingSpace = true
	for _, sep := range []rune{';', '\t'} {
		if bytes.ContainsRune(first, sep) {
			c.Comma = sep
			break
		}
	}
	at, err := header(c)
	if err != nil {
		return nil, err
	}
	var out []Rate
	var wrong []errs.Field
	for len(wrong) < maxFaults {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadable(err)
		}
		if len(out) == maxRates {
			return nil, errs.New(errs.TooLarge, "rate.too_many", "The file has more than %d rates; cut it in pieces.", maxRates)
		}
		line, _ := c.FieldPos(0)
		cell := func(column int) string {
			if i := at[column]; i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		row := Row{Day: cell(0), Currency: strings.ToUpper(cell(1)), Rate: cell(2)}
		if c.Comma != ',' && !strings.Contains(row.Rate, ".") {
			row.Rate = strings.Replace(row.Rate, ",", ".", 1)
		}
		rate, faults := row.read(fmt.Sprintf("line %d", line), reporting)
		wrong = append(wrong, faults...)
		out = append(out, rate)
	}
	if len(wrong) > 0 {
		return nil, invalid(wrong)
	}
	return out, nil
}

func header(c *csv.Reader) ([]int, error) {
	names, err := c.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, unreadable(err)
	}
	at := make([]int, len(columns))
	for i, want := range columns {
		at[i] = slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), want) })
		if at[i] < 0 {
			return nil, errs.New(errs.Invalid, "rate.columns", "The file has no column %q. Its first line must name the columns day, currency and rate.", want)
		}
	}
	return at, nil
}

func unreadable(err error) error {
	return errs.New(errs.Invalid, "rate.unreadable", "The file cannot be read as CSV: %v.", err)
}

func invalid(wrong []errs.Field) error {
	return errs.New(errs.Invalid, "rate.invalid", "Some rates are wrong; nothing was changed. errors says which.").With(wrong...)
}
