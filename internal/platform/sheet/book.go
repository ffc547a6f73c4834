package sheet

import (
	"archive/zip"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// What a sheet and a cell of XLSX hold.
const (
	maxRows = excelize.TotalRows
	maxCell = 32_767
)

type book struct {
	out     io.Writer
	file    *excelize.File
	stream  *excelize.StreamWriter
	name    string
	heading []any
	sheets  int
	row     int
	rows    int // of a sheet, at most
	cells   []any
}

func newBook(w io.Writer, name string, heading []string) (*book, error) {
	b := &book{out: w, file: excelize.NewFile(), name: name, rows: maxRows}
	for _, h := range heading {
		b.heading = append(b.heading, h)
	}
	return b, b.next()
}

// next begins a sheet.
func (b *book) next() error {
	if b.stream != nil {
		if err := b.stream.Flush(); err != nil {
			return fmt.Errorf("finish a sheet: %w", err)
		}
	}
	b.sheets++
	name := b.name
	if b.sheets == 1 {
		if err := b.file.SetSheetName("Sheet1", name); err != nil {
			return fmt.Errorf("name a sheet: %w", err)
		}
	} else {
		name = b.name + " " + strconv.Itoa(b.sheets)
		if _, err := b.file.NewSheet(name); err != nil {
			return fmt.Errorf("begin a sheet: %w", err)
		}
	}
	var err error
	if b.stream, err = b.file.NewStreamWriter(name); err != nil {
		return fmt.Errorf("begin a sheet: %w", err)
	}
	if err := b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return fmt.Errorf("keep the heading in sight: %w", err)
	}
	b.row = 1
	return b.put(b.heading)
}

func (b *book) put(cells []any) error {
	if err := b.stream.SetRow("A"+strconv.Itoa(b.row), cells); err != nil {
		return fmt.Errorf("write row %d: %w", b.row, err)
	}
	b.row++
	return nil
}

func (b *book) Row(cells []any) error {
	if b.row > b.rows {
		if err := b.next(); err != nil {
			return err
		}
	}
	b.cells = b.cells[:0]
	for _, c := range cells {
		b.cells = append(b.cells, cell(c))
	}
	return b.put(b.cells)
}

func cell(c any) any {
	switch v := c.(type) {
	case string:
		return legal(v)
	case Number:
		if f, err := strconv.ParseFloat(string(v), 64); err == nil && math.Abs(f) < 1e15 {
			return f
		}
		return string(v) // longer than a spreadsheet's numbers are exact
	case time.Time:
		return instant(v)
	}
	return c
}

// legal leaves out what XML cannot hold, and cuts what no cell can.
func legal(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xfffe || r == 0xffff || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if len(s) <= maxCell {
		return s
	}
	return strings.ToValidUTF8(s[:maxCell], "")
}

// Close writes the file. It goes straight to where it is wanted: the library would collect all of it in memory first.
func (b *book) Close() error {
	defer func() { _ = b.file.Close() }()
	if err := b.stream.Flush(); err != nil {
		return fmt.Errorf("finish a sheet: %w", err)
	}
	z := zip.NewWriter(b.out)
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return z })
	if err := b.file.Write(io.Discard); err != nil {
		return fmt.Errorf("write a workbook: %w", err)
	}
	return nil
}

// Abandon gives back what an unfinished workbook holds.
func (b *book) Abandon() { _ = b.file.Close() }
