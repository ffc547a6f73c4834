package importer

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// Files of the real world are not RFC 4180. This reader takes every delimiter in use, columns set apart by runs of spaces, any line
// ending, quotes in the middle of a cell, and a quote that is never closed: then the row it begins in is refused and reading goes on
// with the next line, so that one bad quote does not swallow the file.

const (
	readBlock  = 1 << 20
	maxRow     = 4 << 20 // bytes of one row
	maxQuoted  = 1 << 20 // bytes of one quoted cell
	spaceDelim = ' '     // runs of spaces
)

// row is one record of a file. Cells share one string.
type row struct {
	line  int64 // of its first character, from 1
	end   int64 // offset of what follows it
	after int64 // line of what follows it
	cells []string
	err   *rowError
	raw   []byte // of JSON: the object
	apart bool   // it did not stand below the row before it in the file, or that was about something else (see gather)
}

// rows gives the records of a file one after another; io.EOF ends them.
type rows interface {
	next() (row, error)
}

type csvReader struct {
	r     io.Reader
	delim byte
	buf   []byte // unread part of the file
	block []byte // backing store of buf
	off   int64  // of buf[0]
	line  int64
	eof   bool
	cells []string
}

func newCSV(r io.Reader, delim byte, off, line int64) *csvReader {
	return &csvReader{r: r, delim: delim, off: off, line: line, block: make([]byte, 0, 2*readBlock)}
}

// fill reads on; false at the end of the file.
func (c *csvReader) fill() (bool, error) {
	if c.eof {
		return false, nil
	}
	if len(c.buf) > 0 && cap(c.block)-len(c.buf) < readBlock {
		c.block = make([]byte, 0, 2*cap(c.block))
	}
	kept := copy(c.block[:cap(c.block)], c.buf)
	n, err := io.ReadFull(c.r, c.block[kept:min(cap(c.block), kept+readBlock)])
	c.buf = c.block[:kept+n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		c.eof, err = true, nil
	}
	return n > 0, err
}

// take removes n bytes from the front.
func (c *csvReader) take(n int) {
	c.off += int64(n)
	c.buf = c.buf[n:]
}

// next gives the next row that is not blank.
func (c *csvReader) next() (row, error) {
	for {
		n, lines, quoted, broken, err := c.measure()
		if err != nil {
			return row{}, err
		}
		if n == 0 && broken == "" {
			return row{}, io.EOF
		}
		line := c.line
		if broken != "" {
			n = c.physical()
			r := row{line: line, err: refuse(line, "", string(c.buf[:min(n, 200)]), "%s", broken)}
			c.take(n)
			c.line++
			r.end, r.after = c.off, c.line
			return r, nil
		}
		text := bytes.TrimRight(c.buf[:n], "\r\n")
		c.line += int64(lines)
		if len(bytes.TrimSpace(text)) == 0 {
			c.take(n)
			continue
		}
		s := string(text)
		c.take(n)
		return row{line: line, end: c.off, after: c.line, cells: c.split(s, quoted)}, nil
	}
}

// physical gives the length of the first line of the buffer with its ending.
func (c *csvReader) physical() int {
	for {
		if i := bytes.IndexByte(c.buf, '\n'); i >= 0 {
			return i + 1
		}
		if more, err := c.fill(); !more || err != nil {
			return len(c.buf)
		}
	}
}

// measure finds the end of the row at the front of the buffer: its length with the line ending, how many lines it has, and whether
// quotes occur. broken says why the row cannot be believed.
func (c *csvReader) measure() (n, lines int, quoted bool, broken string, err error) {
	start := 0
	for {
		i := bytes.IndexByte(c.buf[start:], '\n')
		if i >= 0 {
			i += start
			if bytes.IndexByte(c.buf[:i], '"') < 0 || c.delim == spaceDelim {
				return i + 1, 1, false, "", nil
			}
			return c.measureQuoted()
		}
		start = len(c.buf)
		if start > maxRow {
			return 0, 0, false, "The line is longer than 4 MB.", nil
		}
		more, err := c.fill()
		if err != nil {
			return 0, 0, false, "", err
		}
		if !more {
			if bytes.IndexByte(c.buf, '"') >= 0 && c.delim != spaceDelim {
				return c.measureQuoted()
			}
			return len(c.buf), 1, false, "", nil
		}
	}
}

const brokenQuote = "A quotation mark is opened and never closed."

func (c *csvReader) measureQuoted() (n, lines int, quoted bool, broken string, err error) {
	lines = 1
	cellStart, inQuotes, stray, began := true, false, false, 0
	for i := 0; ; i++ {
		if i+1 >= len(c.buf) { // one byte of foresight
			if _, err := c.fill(); err != nil {
				return 0, 0, false, "", err
			}
		}
		if i >= len(c.buf) {
			if inQuotes {
				return 0, 0, false, brokenQuote, nil
			}
			return i, lines, true, "", nil
		}
		b := c.buf[i]
		if inQuotes {
			switch {
			case b == '\n':
				lines++
				if stray || i-began > maxQuoted {
					// A quote within the cell that ends nothing, and then a new line: the opening one was a mistake.
					return 0, 0, false, brokenQuote, nil
				}
			case b == '"' && i+1 < len(c.buf) && c.buf[i+1] == '"':
				i++
			case b == '"' && c.closes(i+1):
				inQuotes = false
			case b == '"':
				if lines > 1 {
					return 0, 0, false, brokenQuote, nil
				}
				stray = true
			}
			continue
		}
		switch {
		case b == '\n':
			return i + 1, lines, true, "", nil
		case b == '"' && cellStart:
			inQuotes, began, stray, cellStart = true, i, false, false
		case b == c.delim:
			cellStart = true
		case b != ' ':
			cellStart = false
		}
		if i > maxRow {
			return 0, 0, false, "The row is longer than 4 MB.", nil
		}
	}
}

// closes tells whether a cell ends at i of the buffer, behind its closing quote: blanks may stand before the delimiter, as in tables that
// somebody aligned.
func (c *csvReader) closes(i int) bool {
	for {
		for ; i < len(c.buf); i++ {
			if b := c.buf[i]; b != ' ' || b == c.delim {
				return b == c.delim || b == '\n' || b == '\r'
			}
		}
		if more, err := c.fill(); !more || err != nil {
			return true
		}
	}
}

// split cuts a row, whose line ending is gone, into cells; the slice is used again for the next row.
func (c *csvReader) split(s string, quoted bool) []string {
	cells := c.cells[:0]
	switch {
	case c.delim == spaceDelim:
		for f := range strings.FieldsSeq(s) {
			cells = append(cells, f)
		}
	case !quoted:
		for {
			i := strings.IndexByte(s, c.delim)
			if i < 0 {
				cells = append(cells, trim(s))
				break
			}
			cells = append(cells, trim(s[:i]))
			s = s[i+1:]
		}
	default:
		for done := false; !done; {
			var cell string
			cell, s, done = c.cell(s)
			cells = append(cells, cell)
		}
	}
	c.cells = cells
	return cells
}

// trim takes blanks off a cell; most have none.
func trim(s string) string {
	if s == "" || s[0] > ' ' && s[len(s)-1] > ' ' {
		return s
	}
	return strings.TrimSpace(s)
}

// cell reads the first cell of s.
func (c *csvReader) cell(s string) (cell, rest string, last bool) {
	t := strings.TrimLeft(s, " ")
	if !strings.HasPrefix(t, `"`) {
		i := strings.IndexByte(s, c.delim)
		if i < 0 {
			return trim(s), "", true
		}
		return trim(s[:i]), s[i+1:], false
	}
	t = t[1:]
	var b strings.Builder
	plain := true // no character was left out so far: the cell is a part of t
	for i := 0; i < len(t); i++ {
		if t[i] != '"' {
			if !plain {
				b.WriteByte(t[i])
			}
			continue
		}
		switch {
		case i+1 < len(t) && t[i+1] == '"':
			if plain {
				b.WriteString(t[:i])
				plain = false
			}
			b.WriteByte('"')
			i++
		case i+1 == len(t) || t[i+1] == c.delim || t[i+1] == ' ' && c.endsCell(t[i+1:]):
			out := b.String()
			if plain {
				out = t[:i]
			}
			next := strings.IndexByte(t[i+1:], c.delim)
			if next < 0 {
				return trim(out), "", true
			}
			return trim(out), t[i+1+next+1:], false
		default:
			if !plain {
				b.WriteByte('"')
			}
		}
	}
	if plain {
		return trim(t), "", true
	}
	return trim(b.String()), "", true
}

// endsCell tells whether nothing but blanks stands before the next delimiter.
func (c *csvReader) endsCell(s string) bool {
	s = strings.TrimLeft(s, " ")
	return s == "" || s[0] == c.delim
}

// sniff chooses the delimiter from the first lines of a file: the one that cuts most lines into the same number of cells.
func sniff(head []byte) byte {
	best, bestScore := byte(0), 0
	for _, d := range []byte{',', ';', '\t', '|'} {
		r := newCSV(bytes.NewReader(head), d, 0, 1)
		counts := map[int]int{}
		for range 50 {
			rec, err := r.next()
			if err != nil {
				break
			}
			if rec.err == nil {
				counts[len(rec.cells)]++
			}
		}
		for cells, n := range counts {
			if score := n*100 + min(cells, 99); cells > 1 && score > bestScore {
				best, bestScore = d, score
			}
		}
	}
	if best != 0 {
		return best
	}
	if first, _, _ := bytes.Cut(head, []byte("\n")); len(bytes.Fields(first)) > 1 {
		return spaceDelim
	}
	return ','
}
