package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"rapport/internal/base/errs"
)

// source is a stored file: its form, its columns, and how to read it from a place.
type source struct {
	path     string
	json     bool
	lines    bool // every line is a row of one cell
	document bool // JSON, but not one object a line
	delim    byte
	header   []string
	start    int64 // offset of the first row
	line     int64 // its number
	size     int64
	given    map[string]string
}

// openSource looks at the head of a stored file, which is UTF-8.
func openSource(path string, mapping map[string]string) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open import file: %w", err)
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("open import file: %w", err)
	}
	s := &source{path: path, size: st.Size(), given: mapping}
	head := make([]byte, 64<<10)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read import file: %w", err)
	}
	head = head[:n]
	text := bytes.TrimSpace(head)
	if len(text) == 0 {
		return nil, errs.New(errs.Invalid, "import.empty", "The file is empty.")
	}
	if n := bytes.Count(head, []byte{0}); n > 0 && n*100 > len(head) {
		return nil, errs.New(errs.Invalid, "import.foreign", "The file is no text: it cannot be read as CSV or JSON.")
	}
	if text[0] == '{' || text[0] == '[' {
		return s, s.openJSON(text)
	}
	s.delim = sniff(head)
	if d := mapping["delimiter"]; d != "" {
		s.delim = d[0]
		if d == "tab" || d == `\t` {
			s.delim = '\t'
		}
	}
	c := newCSV(bytes.NewReader(head), s.delim, 0, 1)
	r, err := c.next()
	if err != nil || r.err != nil {
		return nil, errs.New(errs.Invalid, "import.header", "The first line of the file could not be read as a header of columns.")
	}
	if len(r.cells) > maxColumns {
		return nil, errs.New(errs.Invalid, "import.columns", "The first line of the file has %d columns; %d is the most. Is the separator right?", len(r.cells), maxColumns)
	}
	s.header, s.start, s.line = slices.Clone(r.cells), r.end, c.line
	for i := range s.header {
		s.header[i] = strings.Clone(s.header[i])
	}
	if mapping["header"] == "none" {
		s.start, s.line = 0, 1
		for i := range s.header {
			s.header[i] = "Column " + strconv.Itoa(i+1)
		}
	}
	return s, nil
}

func (s *source) openJSON(head []byte) error {
	s.json, s.line = true, 1
	first, _, _ := bytes.Cut(head, []byte("\n"))
	s.document = head[0] == '[' || !gjson.ValidBytes(first) || int64(len(head)) == s.size && bytes.IndexByte(head, '\n') < 0 && gjson.GetBytes(head, "products").IsArray()
	if v := gjson.ParseBytes(first); !s.document && s.size < 1<<30 {
		for _, list := range []string{"products", "customers", "orders"} {
			if v.Get(list).IsArray() {
				s.document = true
			}
		}
	}
	src, err := s.rows(0, 1)
	if err != nil {
		return err
	}
	defer src.close()
	names := map[string]bool{}
	for range 2000 {
		v, _, err := src.json.value()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errs.New(errs.Invalid, "import.json", "The file could not be read as JSON: %v.", err)
		}
		flatten(gjson.ParseBytes(v), "", func(name string, _ gjson.Result) { names[name] = true })
	}
	if len(names) == 0 {
		return errs.New(errs.Invalid, "import.json", "The file holds no JSON objects.")
	}
	s.header = slices.Sorted(maps.Keys(names))
	return nil
}

// flatten names the fields of an object, those of objects within it as "outer.inner".
func flatten(v gjson.Result, prefix string, fn func(string, gjson.Result)) {
	v.ForEach(func(k, x gjson.Result) bool {
		if x.IsObject() && prefix == "" {
			flatten(x, k.Str+".", fn)
		} else {
			fn(prefix+k.Str, x)
		}
		return true
	})
}

// openRows is a file being read.
type openRows struct {
	rows
	json *jsonReader
	file *os.File
}

func (o *openRows) close() { _ = o.file.Close() }

// rows reads the file from an offset, which must be where a row begins.
func (s *source) rows(off, line int64) (*openRows, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, fmt.Errorf("open import file: %w", err)
	}
	if _, err := f.Seek(off, io.SeekStart); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("read import file: %w", err)
	}
	if s.lines {
		return &openRows{rows: &lineReader{r: bufio.NewReaderSize(f, 1<<20), off: off, line: line}, file: f}, nil
	}
	if !s.json {
		return &openRows{rows: newCSV(f, s.delim, off, line), file: f}, nil
	}
	j := &jsonReader{src: s, off: off, line: line - 1}
	if s.document {
		j.dec = json.NewDecoder(f)
	} else {
		j.lines = bufio.NewReaderSize(f, 1<<20)
	}
	return &openRows{rows: j, json: j, file: f}, nil
}

// jsonReader reads objects, one a line or the elements of the first list of a document.
type jsonReader struct {
	src    *source
	lines  *bufio.Reader
	dec    *json.Decoder
	within bool
	off    int64
	line   int64
	index  map[string]int
}

// value gives the next object.
func (j *jsonReader) value() (json.RawMessage, *rowError, error) {
	if j.dec != nil {
		v, err := j.element()
		return v, nil, err
	}
	for {
		b, err := j.lines.ReadBytes('\n')
		j.off += int64(len(b))
		j.line++
		if t := bytes.TrimSpace(b); len(t) > 0 {
			if len(t) > maxRow {
				return nil, refuse(j.line, "", string(t[:200]), "The line is longer than 4 MB."), nil
			}
			if !gjson.ValidBytes(t) || t[0] != '{' {
				return nil, refuse(j.line, "", string(t[:min(len(t), 300)]), "It is not a JSON object."), nil
			}
			return t, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
}

func (j *jsonReader) element() (json.RawMessage, error) {
	for !j.within {
		t, err := j.dec.Token()
		if err != nil {
			return nil, err
		}
		if d, ok := t.(json.Delim); ok && d == '[' {
			j.within = true
		}
	}
	if !j.dec.More() {
		return nil, io.EOF
	}
	var v json.RawMessage
	err := j.dec.Decode(&v)
	j.off = j.dec.InputOffset()
	j.line++
	return v, err
}

func (j *jsonReader) next() (row, error) {
	v, bad, err := j.value()
	if err != nil {
		return row{}, err
	}
	r := row{line: j.line, end: j.off, after: j.line + 1, err: bad}
	if bad != nil {
		return r, nil
	}
	if j.index == nil {
		j.index = make(map[string]int, len(j.src.header))
		for i, h := range j.src.header {
			j.index[h] = i
		}
	}
	r.raw = v
	r.cells = make([]string, len(j.src.header))
	flatten(gjson.ParseBytes(v), "", func(name string, x gjson.Result) {
		i, ok := j.index[name]
		switch {
		case !ok || x.Type == gjson.Null:
		case x.Type == gjson.String:
			r.cells[i] = strings.TrimSpace(x.Str)
		default:
			r.cells[i] = x.Raw
		}
	})
	return r, nil
}

// profile is what must be known of a whole file before its first row can be understood.
type profile struct {
	order        dayOrder
	commaDecimal bool
	invoices     map[string]int32 // order lines: rows of each invoice
}

// sampleRows is how many rows decide how amounts are written; dates that leave day and month open are looked for in the whole file.
const sampleRows = 5000

// profileOf reads as much of the file as it takes.
func (s *source) profileOf(kind Kind, cols *columns, stop func() error) (profile, error) {
	var p profile
	switch strings.ToLower(s.given["date_format"]) {
	case "":
	case "dmy", "d/m/y":
		p.order = dayFirst
	case "mdy", "m/d/y":
		p.order = monthFirst
	case "ymd", "iso":
	default:
		return p, errs.New(errs.Invalid, "import.date_format", "date_format is %q; it must be dmy, mdy or ymd.", s.given["date_format"])
	}
	p.commaDecimal = s.given["decimal"] == "comma" || s.given["decimal"] == ","
	src, err := s.rows(s.start, s.line)
	if err != nil {
		return p, err
	}
	defer src.close()
	var dateColumns, moneyColumns []int
	for _, f := range []string{"date", "time", "updated_at", "created_at", "cancelled_at", "refunded_at", "consent_at", "birthday"} {
		if i := cols.index(f); i >= 0 {
			dateColumns = append(dateColumns, i)
		}
	}
	for _, f := range []string{"total", "price", "discount", "tax", "shipping", "cost", "refunded"} {
		if i := cols.index(f); i >= 0 {
			moneyColumns = append(moneyColumns, i)
		}
	}
	if kind == OrderLines {
		p.invoices = map[string]int32{}
	}
	invoice := cols.index("order_id")
	slashes, example, column := false, "", ""
	conflict := false
	for n := 0; n < sampleRows || kind == OrderLines || slashes && p.order == unknownOrder; n++ {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return p, fmt.Errorf("read import file: %w", err)
		}
		if n%10_000 == 0 {
			if err := stop(); err != nil {
				return p, err
			}
		}
		if r.err != nil || len(r.cells) > len(cols.header) && strings.Join(r.cells[len(cols.header):], "") != "" {
			continue
		}
		if kind == OrderLines {
			if k := key(cell(r.cells, invoice)); k != "" {
				if c, ok := p.invoices[k]; ok {
					p.invoices[k] = c + 1
				} else {
					p.invoices[strings.Clone(k)] = 1
				}
			}
		}
		if s.given["date_format"] == "" {
			for _, i := range dateColumns {
				v := cell(r.cells, i)
				slash, order := slashDate(v)
				if !slash {
					continue
				}
				if !slashes {
					slashes, example, column = true, strings.Clone(v), cols.header[i]
				}
				if order != unknownOrder && p.order == unknownOrder {
					p.order = order
				} else if order != unknownOrder && order != p.order {
					conflict = true
				}
			}
		}
		if n < sampleRows && s.given["decimal"] == "" && !p.commaDecimal {
			for _, i := range moneyColumns {
				p.commaDecimal = p.commaDecimal || decimalComma(cell(r.cells, i))
			}
		}
	}
	if slashes && p.order == unknownOrder || conflict {
		what := "could be day/month or month/day"
		if conflict {
			what = "are written day first in some rows and month first in others"
		}
		return p, errs.New(errs.Invalid, "import.date_ambiguous",
			"The dates in column %s (such as %s) %s, and nothing in the file settles it. Give date_format=dmy or date_format=mdy in the mapping.", column, example, what)
	}
	return p, nil
}

// zoneOf gives the zone of times without one.
func zoneOf(name string) (*time.Location, error) {
	z, err := time.LoadLocation(name)
	if err != nil {
		return nil, errs.New(errs.Invalid, "import.zone", "There is no time zone %q; write it like Europe/London.", name)
	}
	return z, nil
}

// maxColumns bounds what a header may ask us to keep in mind.
const maxColumns = 2000

// foreign tells what a file is that is none of the kinds that are read here, by its first bytes as they came: bringing them into UTF-8 would
// make others of them.
func foreign(head []byte) error {
	for _, f := range []struct{ magic, what string }{
		{"PK\x03\x04", "a spreadsheet (XLSX, ODS) or a ZIP archive. Save the sheet as CSV, or unpack the archive"},
		{"\xD0\xCF\x11\xE0", "an old Excel file. Save the sheet as CSV"}, {"%PDF-", "a PDF. Export the data as CSV"},
		{"\x89PNG", "a picture"}, {"\xFF\xD8\xFF", "a picture"}, {"GIF8", "a picture"}, {"SQLite format 3", "a database. Export a table as CSV"},
		{"PAR1", "a Parquet file. Export it as CSV or JSONL"}, {"7z\xBC\xAF", "a 7z archive. Unpack it first"}, {"Rar!", "a RAR archive. Unpack it first"},
		{"\xFD7zXZ", "packed with xz. Unpack it first, or use gzip"}, {"\x28\xB5\x2F\xFD", "packed with zstd. Unpack it first, or use gzip"},
	} {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return errs.New(errs.Invalid, "import.foreign", "The file is no CSV or JSON file: it looks like %s.", f.what)
		}
	}
	return nil
}
