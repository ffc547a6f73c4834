package sqldb

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/zeebo/xxh3"
)

// What stands here reads and writes tables whose columns only the database knows, so that everything can move from one engine to the other.

// Kind is what a column holds on both engines.
type Kind byte

// The kinds.
const (
	KindInt   Kind = 'i'
	KindText  Kind = 't'
	KindBool  Kind = 'b'
	KindJSON  Kind = 'j'
	KindBytes Kind = 'x'
)

// Column is a column of a Layout.
type Column struct {
	Name string
	Kind Kind
}

// Layout is a table as it is declared.
type Layout struct {
	Table   string
	Columns []Column
}

var kindNames = map[string]Kind{"bigint": KindInt, "integer": KindInt, "text": KindText, "boolean": KindBool, "jsonb": KindJSON, "bytea": KindBytes, "blob": KindBytes}

var selectLayout = PerEngine{
	SQLite: `SELECT t.name, c.name, LOWER(c.type) FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.name`,
	Postgres: `SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, column_name`,
}

// Layouts gives the tables for which want says yes, with their columns by name.
func (db *DB) Layouts(ctx context.Context, want func(table string) bool) ([]Layout, error) {
	rows, err := db.Query(ctx, selectLayout.For(db))
	if err != nil {
		return nil, fmt.Errorf("list columns: %w", err)
	}
	defer func() { _ = rows.Close() }()
	byName := map[string]int{}
	var out []Layout
	for rows.Next() {
		var table, column, kind string
		if err := rows.Scan(&table, &column, &kind); err != nil {
			return nil, fmt.Errorf("scan column: %w", err)
		}
		if !want(table) {
			continue
		}
		k, ok := kindNames[kind]
		if !ok {
			return nil, fmt.Errorf("column %s of %s is a %s, which cannot be moved to another engine", column, table, kind)
		}
		i, ok := byName[table]
		if !ok {
			i = len(out)
			byName[table] = i
			out = append(out, Layout{Table: table})
		}
		out[i].Columns = append(out[i].Columns, Column{column, k})
	}
	return out, rows.Err()
}

func (l *Layout) names() []string {
	out := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		out[i] = c.Name
	}
	return out
}

func (l *Layout) query() string {
	list := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		list[i] = quoted(c.Name)
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + quoted(l.Table)
}

// ScanRows gives every row of a table: int64, string, bool, JSON as string, []byte or nil for each column. A row is fn's to keep.
func (db *DB) ScanRows(ctx context.Context, l *Layout, fn func(row []any) error) error {
	var err error
	if db.engine == Postgres {
		err = db.scanPostgres(ctx, l, fn)
	} else {
		err = db.scanSQLite(ctx, l, fn)
	}
	if err != nil {
		return fmt.Errorf("read table %s: %w", l.Table, err)
	}
	return nil
}

func (db *DB) scanPostgres(ctx context.Context, l *Layout, fn func(row []any) error) error {
	rows, err := db.pool.Query(ctx, l.query())
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		raw := rows.RawValues()
		fields := rows.FieldDescriptions()
		row := make([]any, len(raw))
		for i, b := range raw {
			if b == nil {
				continue
			}
			if kind := l.Columns[i].Kind; fields[i].Format == pgx.TextFormatCode && kind != KindText && kind != KindJSON {
				return fmt.Errorf("column %s comes as text", l.Columns[i].Name)
			}
			switch l.Columns[i].Kind {
			case KindInt:
				switch len(b) {
				case 8:
					row[i] = int64(binary.BigEndian.Uint64(b))
				case 4:
					row[i] = int64(int32(binary.BigEndian.Uint32(b)))
				default:
					return fmt.Errorf("a number of %d bytes in %s", len(b), l.Columns[i].Name)
				}
			case KindText:
				row[i] = string(b)
			case KindBool:
				row[i] = b[0] != 0
			case KindJSON:
				if fields[i].Format != pgx.TextFormatCode {
					b = b[1:] // the version of its form
				}
				row[i] = string(b)
			default:
				row[i] = append([]byte{}, b...)
			}
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// SumRows counts every row of a table into a sum.
func (db *DB) SumRows(ctx context.Context, l *Layout, s *Sum) error {
	if db.engine != Postgres {
		return db.ScanRows(ctx, l, func(row []any) error { return s.Add(l, row) })
	}
	// The bytes are summed up as they come, in the form in which Add writes values.
	rows, err := db.pool.Query(ctx, l.query())
	if err != nil {
		return fmt.Errorf("read table %s: %w", l.Table, err)
	}
	defer rows.Close()
	fields := rows.FieldDescriptions()
	for rows.Next() {
		b := s.buf[:0]
		for i, raw := range rows.RawValues() {
			if b, err = l.Columns[i].sum(b, raw, fields[i].Format); err != nil {
				return fmt.Errorf("column %s of %s: %w", l.Columns[i].Name, l.Table, err)
			}
		}
		s.buf = b
		s.AddBytes(b)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read table %s: %w", l.Table, err)
	}
	return nil
}

// sum appends a value of PostgreSQL as Add would.
func (c *Column) sum(b, raw []byte, format int16) ([]byte, error) {
	if raw == nil {
		return append(b, 0), nil
	}
	if format == pgx.TextFormatCode && c.Kind != KindText && c.Kind != KindJSON {
		return b, errors.New("it comes as text")
	}
	switch c.Kind {
	case KindInt:
		switch len(raw) {
		case 8:
			return append(append(b, 1), raw...), nil
		case 4:
			return binary.BigEndian.AppendUint64(append(b, 1), uint64(int64(int32(binary.BigEndian.Uint32(raw))))), nil
		}
		return b, fmt.Errorf("a number of %d bytes", len(raw))
	case KindBool:
		return append(b, 2, raw[0]), nil
	case KindJSON:
		if format != pgx.TextFormatCode {
			raw = raw[1:] // the version of its form
		}
		plain, err := canonical(string(raw))
		if err != nil {
			return b, err
		}
		return append(binary.AppendUvarint(append(b, 3), uint64(len(plain))), plain...), nil
	case KindText:
		return append(binary.AppendUvarint(append(b, 3), uint64(len(raw))), raw...), nil
	}
	return append(binary.AppendUvarint(append(b, 4), uint64(len(raw))), raw...), nil
}

// scanSQLite goes around database/sql, whose conversions would cost more than reading does.
func (db *DB) scanSQLite(ctx context.Context, l *Layout, fn func(row []any) error) error {
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(raw any) error {
		c, ok := raw.(*liteConn)
		if !ok {
			return fmt.Errorf("no SQLite connection but %T", raw)
		}
		rows, err := c.sqliteConn.QueryContext(ctx, l.query(), nil)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		into := make([]driver.Value, len(l.Columns))
		for {
			if err := rows.Next(into); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
			row := make([]any, len(into))
			for i, v := range into {
				if row[i], err = l.Columns[i].value(v); err != nil {
					return err
				}
			}
			if err := fn(row); err != nil {
				return err
			}
		}
	})
}

// value gives a SQLite value the type that its column has.
func (c *Column) value(v driver.Value) (any, error) {
	switch x := v.(type) {
	case nil:
		return nil, nil
	case int64:
		if c.Kind == KindBool {
			return x != 0, nil
		}
		if c.Kind == KindInt {
			return x, nil
		}
	case bool:
		if c.Kind == KindBool {
			return x, nil
		}
	case string:
		if c.Kind == KindBytes {
			return []byte(x), nil
		}
		if c.Kind == KindText || c.Kind == KindJSON {
			return x, nil
		}
	case []byte:
		if c.Kind == KindBytes {
			return append([]byte{}, x...), nil
		}
		if c.Kind == KindText || c.Kind == KindJSON {
			return string(x), nil
		}
	case time.Time:
		return x.UnixMicro(), nil
	}
	return nil, fmt.Errorf("column %s holds a %T", c.Name, v)
}

const loadGroup = 4000 // rows of one transaction on SQLite

// LoadRows replaces the content of a table by the rows that next gives; nil is the end.
func (db *DB) LoadRows(ctx context.Context, l *Layout, next func() ([]any, error)) error {
	if _, err := db.Exec(ctx, `DELETE FROM `+quoted(l.Table)); err != nil {
		return fmt.Errorf("empty table %s: %w", l.Table, err)
	}
	var err error
	if db.engine == Postgres {
		err = CopyBinary(ctx, db.pool, l.Table, l.names(), func(b []byte) ([]byte, error) {
			row, err := next()
			if err != nil || row == nil {
				return b, err
			}
			return l.copyValues(b, row)
		})
	} else {
		err = db.loadSQLite(ctx, l, next)
	}
	if err != nil {
		return fmt.Errorf("fill table %s: %w", l.Table, err)
	}
	return nil
}

func (db *DB) loadSQLite(ctx context.Context, l *Layout, next func() ([]any, error)) error {
	rows := make([][]any, 0, loadGroup)
	for {
		row, err := next()
		if err != nil {
			return err
		}
		if row != nil {
			rows = append(rows, row)
		}
		if len(rows) == loadGroup || (row == nil && len(rows) > 0) {
			if err := db.InsertMany(ctx, l.Table, l.names(), rows); err != nil {
				return err
			}
			rows = rows[:0]
		}
		if row == nil {
			return nil
		}
	}
}

// Sum is what two tables with the same rows have in common, in whatever order they lie.
type Sum struct {
	Rows   int64
	Lo, Hi uint64
	buf    []byte
}

// Same compares two sums.
func (s *Sum) Same(o *Sum) bool { return s.Rows == o.Rows && s.Lo == o.Lo && s.Hi == o.Hi }

// Add counts a row in. JSON counts by what it means, since PostgreSQL writes it anew.
func (s *Sum) Add(l *Layout, row []any) error {
	b := s.buf[:0]
	for i, v := range row {
		switch x := v.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, 1), uint64(x))
		case bool:
			if b = append(b, 2, 0); x {
				b[len(b)-1] = 1
			}
		case string:
			if l.Columns[i].Kind == KindJSON {
				plain, err := canonical(x)
				if err != nil {
					return fmt.Errorf("column %s of %s: %w", l.Columns[i].Name, l.Table, err)
				}
				x = plain
			}
			b = append(binary.AppendUvarint(append(b, 3), uint64(len(x))), x...)
		case []byte:
			b = append(binary.AppendUvarint(append(b, 4), uint64(len(x))), x...)
		default:
			return fmt.Errorf("column %s of %s holds a %T", l.Columns[i].Name, l.Table, v)
		}
	}
	s.buf = b
	s.AddBytes(b)
	return nil
}

// AddBytes counts a row in that was written as bytes.
func (s *Sum) AddBytes(b []byte) {
	h := xxh3.Hash128(b)
	s.Rows++
	s.Lo += h.Lo
	s.Hi += h.Hi
}

// canonical writes JSON with sorted keys and plain numbers.
func canonical(text string) (string, error) {
	if text == "{}" || text == "[]" {
		return text, nil
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("read JSON: %w", err)
	}
	b, err := json.Marshal(plainNumbers(v))
	return string(b), err
}

func plainNumbers(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = plainNumbers(x[k])
		}
	case []any:
		for i := range x {
			x[i] = plainNumbers(x[i])
		}
	case json.Number:
		if len(x) < 18 && strings.Trim(string(x), "123456789") == "" {
			return "number " + string(x) // what the general case below would make of it
		}
		if len(x) < 40 && !strings.ContainsAny(string(x), "eE") || len(x) < 10 {
			if r, ok := new(big.Rat).SetString(string(x)); ok {
				return "number " + r.RatString()
			}
		}
	}
	return v
}
