package importer

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/zeebo/xxh3"
)

// A shop writes its orders in the order of time, so that a customer's lie far apart. Applied so, every chunk would find nearly all of its
// customers written by an earlier one, and write them once more. A big file is therefore dealt out first: the rows of one buyer go to
// one of several heaps, which are then read one after the other. How a row is dealt depends on the file alone, so an import that
// goes on after a crash meets the same rows in the same order.
const (
	heapBytes = 2 << 20 // a chunk of narrow rows
	maxHeaps  = 128     // open files
)

// gathered gives the rows of a file heap by heap. Within a heap they come in the order of the file.
type gathered struct {
	heaps   []*os.File
	size    int64 // of the file, as far as it was given out: progress
	in      *bufio.Reader
	lengths []int
	buf     []byte
}

// heapsFor gives how many heaps a file of so many bytes is dealt to; one means that it is read as it lies.
func heapsFor(size int64) int {
	per := int64(heapBytes)
	if chunkOverride > 0 {
		per = 40 * chunkOverride
	}
	return int(min(1+size/per, maxHeaps))
}

// gather deals out the rows of src, which begins at offset start.
func gather(src rows, cols *columns, start int64, n int, dir string, stop func() error) (*gathered, error) {
	g := &gathered{size: start}
	out := make([]*bufio.Writer, n)
	for i := range out {
		f, err := os.CreateTemp(dir, ".heap-*")
		if err != nil {
			g.close()
			return nil, fmt.Errorf("gather rows: %w", err)
		}
		g.heaps = append(g.heaps, f)
		// Nobody else needs its name, and so a crash leaves nothing behind. Where an open file cannot be removed, close does.
		_ = os.Remove(f.Name())
		out[i] = bufio.NewWriterSize(f, 64<<10)
	}
	d := dealer{cols: cols, n: uint64(n), order: cols.index("order_id"), user: cols.index("customer_id"), email: cols.index("email"), phone: cols.index("phone")}
	var buf []byte
	last := start
	for k := 0; ; k++ {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && k%10_000 == 0 {
			err = stop()
		}
		if err != nil {
			g.close()
			return nil, fmt.Errorf("gather rows: %w", err)
		}
		heap, begins := d.deal(&r)
		buf = appendRow(buf[:0], &r, r.end-last, begins)
		last = r.end
		if _, err := out[heap].Write(buf); err != nil {
			g.close()
			return nil, fmt.Errorf("gather rows: %w", err)
		}
	}
	for i, w := range out {
		err := w.Flush()
		if err == nil {
			_, err = g.heaps[i].Seek(0, io.SeekStart)
		}
		if err != nil {
			g.close()
			return nil, fmt.Errorf("gather rows: %w", err)
		}
	}
	return g, nil
}

// dealer says to which heap a row goes.
type dealer struct {
	cols                      *columns
	n                         uint64
	order, user, email, phone int
	last                      string // number of the order before
	heap                      int
}

// deal gives the heap; begins is false for a row that goes on with the order of the row before it.
func (d *dealer) deal(r *row) (heap int, begins bool) {
	if r.err != nil {
		d.last = ""
		return 0, true
	}
	ext := key(cell(r.cells, d.order))
	if ext != "" && ext == d.last {
		return d.heap, false
	}
	d.last = strings.Clone(ext)
	var h uint64
	if user := key(cell(r.cells, d.user)); user != "" {
		h = xxh3.HashString(user)
	} else if email := cell(r.cells, d.email); email != "" {
		h = xxh3.HashString(strings.ToLower(email))
	} else if phone := cell(r.cells, d.phone); phone != "" {
		h = xxh3.HashString(phone)
	} else if ext != "" {
		h = xxh3.HashString(ext)
	} else {
		k := rowKey(r.cells, 0)
		h = k.Lo
	}
	d.heap = int(h % d.n)
	return d.heap, true
}

// appendRow writes a row: its line, how many lines and bytes it takes, whether it begins an order, then its cells or what is wrong with it.
func appendRow(b []byte, r *row, size int64, begins bool) []byte {
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	b = binary.AppendUvarint(b, uint64(r.line))
	b = binary.AppendUvarint(b, uint64(r.after-r.line))
	b = binary.AppendUvarint(b, uint64(size))
	flags := byte(0)
	if begins {
		flags |= 1
	}
	if r.err != nil {
		b = append(b, flags|2)
		b = binary.AppendUvarint(b, uint64(r.err.line))
		text(r.err.column)
		text(r.err.reason)
		text(r.err.value)
		return b
	}
	b = append(b, flags)
	b = binary.AppendUvarint(b, uint64(len(r.cells)))
	for _, c := range r.cells {
		b = binary.AppendUvarint(b, uint64(len(c)))
	}
	for _, c := range r.cells {
		b = append(b, c...)
	}
	return b
}

func (g *gathered) next() (row, error) {
	for {
		if g.in == nil {
			if len(g.heaps) == 0 {
				return row{}, io.EOF
			}
			g.in = bufio.NewReaderSize(g.heaps[0], 256<<10)
		}
		r, err := g.read()
		if !errors.Is(err, io.EOF) {
			return r, err
		}
		discard(g.heaps[0])
		g.heaps, g.in = g.heaps[1:], nil
	}
}

// read gives the next row of the heap that is open, io.EOF at its end.
func (g *gathered) read() (row, error) {
	line, err := binary.ReadUvarint(g.in)
	if err != nil {
		return row{}, err
	}
	bad := func(e error) bool {
		if e != nil && err == nil {
			err = fmt.Errorf("read gathered rows: %w", io.ErrUnexpectedEOF)
		}
		return err != nil
	}
	number := func() int {
		n, e := binary.ReadUvarint(g.in)
		bad(e)
		return int(n)
	}
	text := func(n int) string {
		if err != nil {
			return ""
		}
		if n < 0 || n > 2*maxRow {
			bad(io.ErrUnexpectedEOF)
			return ""
		}
		if cap(g.buf) < n {
			g.buf = make([]byte, n)
		}
		_, e := io.ReadFull(g.in, g.buf[:n])
		bad(e)
		if err != nil {
			return ""
		}
		return string(g.buf[:n])
	}
	r := row{line: int64(line)}
	r.after = r.line + int64(number())
	g.size += int64(number())
	r.end = g.size
	flags, e := g.in.ReadByte()
	if bad(e) {
		return r, err
	}
	r.apart = flags&1 != 0
	if flags&2 != 0 {
		r.err = &rowError{line: int64(number())}
		r.err.column, r.err.reason, r.err.value = text(number()), text(number()), text(number())
		return r, err
	}
	n := number()
	g.lengths = g.lengths[:0]
	total := 0
	for range n {
		g.lengths = append(g.lengths, number())
		total += g.lengths[len(g.lengths)-1]
		if err != nil {
			return r, err
		}
	}
	all := text(total)
	if err != nil {
		return r, err
	}
	r.cells = make([]string, n)
	for i, n := range g.lengths {
		r.cells[i], all = all[:n], all[n:]
	}
	return r, err
}

func (g *gathered) close() {
	for _, f := range g.heaps {
		discard(f)
	}
	g.heaps = nil
}

func discard(f *os.File) {
	_ = f.Close()
	_ = os.Remove(f.Name())
}
