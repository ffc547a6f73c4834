package sqldb

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// What stands here writes rows in PostgreSQL's binary form of COPY without going through values of the driver, which would cost more than
// the rest of moving a row.

const copyHead = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// copyBuffer is how much is gathered before it is sent.
const copyBuffer = 256 << 10

// CopyBinary adds rows to a table of PostgreSQL. next appends one or several rows to b, each begun with CopyRow and followed by its values; it
// appends nothing at the end.
func CopyBinary(ctx context.Context, pool *pgxpool.Pool, table string, columns []string, next func(b []byte) ([]byte, error)) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("get connection: %w", err)
	}
	defer conn.Release()
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quoted(c)
	}
	from := &copyReader{next: next, b: append(make([]byte, 0, copyBuffer+64<<10), copyHead...)}
	_, err = conn.Conn().PgConn().CopyFrom(ctx, from, `COPY `+quoted(table)+` (`+strings.Join(names, ", ")+`) FROM STDIN BINARY`)
	return err
}

type copyReader struct {
	next func(b []byte) ([]byte, error)
	b    []byte
	at   int
	done bool
}

func (r *copyReader) Read(p []byte) (int, error) {
	if r.at == len(r.b) {
		r.b, r.at = r.b[:0], 0
	}
	for !r.done && len(r.b) < copyBuffer && r.at == 0 {
		before := len(r.b)
		var err error
		if r.b, err = r.next(r.b); err != nil {
			return 0, err
		}
		if len(r.b) == before {
			r.b, r.done = append(r.b, 0xff, 0xff), true
		}
	}
	if r.at == len(r.b) {
		return 0, io.EOF
	}
	n := copy(p, r.b[r.at:])
	r.at += n
	return n, nil
}

// CopyRow begins a row of so many columns.
func CopyRow(b []byte, columns int) []byte { return binary.BigEndian.AppendUint16(b, uint16(columns)) }

// CopyNull appends nothing.
func CopyNull(b []byte) []byte { return append(b, 0xff, 0xff, 0xff, 0xff) }

// CopyInt appends a BIGINT.
func CopyInt(b []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(n))
}

// CopyText appends a TEXT or a JSON.
func CopyText[T string | []byte](b []byte, s T) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

// CopyBool appends a BOOLEAN.
func CopyBool(b []byte, v bool) []byte {
	if v {
		return append(b, 0, 0, 0, 1, 1)
	}
	return append(b, 0, 0, 0, 1, 0)
}

// pgEpoch is where PostgreSQL begins to count.
var pgEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// CopyInstant appends a TIMESTAMP, given in microseconds UTC.
func CopyInstant(b []byte, us int64) []byte { return CopyInt(b, us-pgEpoch.UnixMicro()) }

// CopyDay appends a DATE, given in days since 1970.
func CopyDay(b []byte, day int64) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(int32(day-pgEpoch.Unix()/86400)))
}

// RawInstant reads a TIMESTAMP as it comes from PostgreSQL.
func RawInstant(b []byte) int64 { return int64(binary.BigEndian.Uint64(b)) + pgEpoch.UnixMicro() }

// RawDay reads a DATE as it comes from PostgreSQL.
func RawDay(b []byte) int64 {
	return int64(int32(binary.BigEndian.Uint32(b))) + pgEpoch.Unix()/86400
}

// copyValues appends the row of a layout.
func (l *Layout) copyValues(b []byte, row []any) ([]byte, error) {
	b = CopyRow(b, len(row))
	for i, v := range row {
		switch x := v.(type) {
		case nil:
			b = CopyNull(b)
		case int64:
			b = CopyInt(b, x)
		case bool:
			b = CopyBool(b, x)
		case string:
			if l.Columns[i].Kind == KindJSON { // JSONB has the version of its form before it
				b = append(binary.BigEndian.AppendUint32(b, uint32(len(x)+1)), 1)
				b = append(b, x...)
				continue
			}
			b = CopyText(b, x)
		case []byte:
			b = CopyText(b, x)
		default:
			return b, fmt.Errorf("column %s of %s holds a %T", l.Columns[i].Name, l.Table, v)
		}
	}
	return b, nil
}
