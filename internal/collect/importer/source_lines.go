package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"

	"rapport/internal/base/errs"
)

// lineColumn is the one column of a file that is read line by line.
const lineColumn = "line"

// openAs looks at the head of a stored file of which it is known what it holds; "" leaves that open.
func openAs(kind Kind, path string, mapping map[string]string) (*source, error) {
	if kind != WebLogs {
		return openSource(path, mapping)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() == 0 {
		return nil, errs.New(errs.Invalid, "import.empty", "The file is empty.")
	}
	return &source{path: path, lines: true, header: []string{lineColumn}, line: 1, size: st.Size(), given: mapping}, nil
}

// lineReader gives every line as a row of one cell.
type lineReader struct {
	r    *bufio.Reader
	off  int64
	line int64
}

func (l *lineReader) next() (row, error) {
	var text []byte
	start := l.line
	for {
		part, err := l.r.ReadSlice('\n')
		l.off += int64(len(part))
		if len(text) < maxRow {
			text = append(text, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return row{}, err
		}
		if err != nil && len(text) == 0 {
			return row{}, io.EOF
		}
		break
	}
	l.line++
	r := row{line: start, end: l.off, after: l.line}
	if len(text) >= maxRow {
		r.err = refuse(start, "", string(text[:200]), "The line is longer than 4 MB.")
		return r, nil
	}
	r.cells = []string{string(bytes.TrimRight(text, "\r\n"))}
	return r, nil
}
