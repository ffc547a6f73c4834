package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"rapport/internal/base/id"
)

// groupParams is how many parameters a statement for several rows has at most on SQLite. Measured: between 200 and 1,000 it makes no difference.
const groupParams = 400

// Many runs one statement for many rows. On PostgreSQL the rows are pipelined; on SQLite an INSERT with one VALUES tuple takes many rows at a
// time, so a row may count on what earlier rows of the call did only through ON CONFLICT.
func (tx *Tx) Many(ctx context.Context, query string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if tx.db.engine == Postgres {
		return tx.pipeline(ctx, query, rows)
	}
	return tx.lite(func(c *liteConn) error { return c.many(ctx, query, rows) })
}

// lite lends the SQLite connection behind the transaction.
func (tx *Tx) lite(fn func(c *liteConn) error) error {
	return tx.conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*liteConn)
		if !ok {
			return fmt.Errorf("no SQLite connection but %T", driverConn)
		}
		return fn(c)
	})
}

// InsertMany adds rows to a table, all or none, in the fastest way an engine has: COPY on PostgreSQL, many rows a statement on SQLite. A
// broken key is an error; for ON CONFLICT use Many. Names are written into the statement: never take them from outside.
func (tx *Tx) InsertMany(ctx context.Context, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if tx.db.engine == SQLite {
		return tx.lite(func(c *liteConn) error { return c.insert(ctx, table, columns, rows) })
	}
	return tx.Pgx(func(conn *pgx.Conn) error {
		_, err := conn.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) { return plain(rows[i]) }))
		return err
	})
}

// InsertMany adds rows in a transaction of its own.
func (db *DB) InsertMany(ctx context.Context, table string, columns []string, rows [][]any) error {
	return db.Tx(ctx, func(tx *Tx) error { return tx.InsertMany(ctx, table, columns, rows) })
}

// InsertMany adds rows to a table inside a transaction; see Tx.InsertMany.
func InsertMany(ctx context.Context, tx *Tx, table string, columns []string, rows [][]any) error {
	return tx.InsertMany(ctx, table, columns, rows)
}

// many runs a statement for each row, several rows at a time where it is an insert that can take them.
func (c *liteConn) many(ctx context.Context, query string, rows [][]any) error {
	width := len(rows[0])
	group := 1
	if width > 0 {
		group = max(1, groupParams/width)
	}
	grouped := ""
	if group > 1 && len(rows) >= group {
		grouped = widen(anonymous(query), group)
	}
	if grouped != "" {
		whole := len(rows) / group * group
		if err := c.each(ctx, grouped, group, rows[:whole], nil); err != nil {
			return err
		}
		rows = rows[whole:]
	}
	return c.each(ctx, query, 1, rows, nil)
}

// literalFrom is how many rows make it worth while to look for columns that say the same in all of them.
const literalFrom = 1000

// insert adds rows, several a statement. The statement fails as it stands, since the transaction is over then anyway: that spares SQLite
// a journal for each. What is nothing in every row of a big call is written into the statement and not bound: in a wide row that is
// most of it.
func (c *liteConn) insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	width := len(columns)
	if len(rows[0]) != width {
		return fmt.Errorf("a row of %s has %d values for %d columns", table, len(rows[0]), width)
	}
	var skip []bool
	tuple := "(" + strings.Repeat("?,", width-1) + "?)"
	if len(rows) >= literalFrom {
		tuple, skip = withLiterals(rows)
	}
	bound := strings.Count(tuple, "?")
	into := "INSERT OR FAIL INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES "
	group := max(1, groupParams/max(1, bound))
	whole := len(rows) / group * group
	if err := c.each(ctx, into+strings.Repeat(tuple+",", group-1)+tuple, group, rows[:whole], skip); err != nil {
		return err
	}
	return c.each(ctx, into+tuple, 1, rows[whole:], skip)
}

// withLiterals gives a tuple of marks and literals, and which columns the literals stand for.
func withLiterals(rows [][]any) (tuple string, skip []bool) {
	skip = make([]bool, len(rows[0]))
	var b strings.Builder
	for i, v := range rows[0] {
		b.WriteByte("(,"[min(i, 1)])
		text := literal(v)
		skip[i] = text != ""
		for _, r := range rows {
			if !skip[i] {
				break
			}
			skip[i] = len(r) == len(skip) && r[i] == v
		}
		if skip[i] {
			b.WriteString(text)
		} else {
			b.WriteByte('?')
		}
	}
	b.WriteByte(')')
	return b.String(), skip
}

// literal writes what stands for nothing; "" for anything else, since every other value would make a statement of its own.
func literal(v any) string {
	switch x := v.(type) {
	case int64:
		if x == 0 {
			return "0"
		}
	case bool:
		if x {
			return "1"
		}
		return "0"
	case string:
		if x == "" || x == "{}" || x == "[]" {
			return "'" + x + "'"
		}
	case nil:
		return "NULL"
	}
	return ""
}

// each runs a statement that takes n rows at a time, without the values of the columns in skip. len(rows) is a multiple of n.
func (c *liteConn) each(ctx context.Context, text string, n int, rows [][]any, skip []bool) (err error) {
	if len(rows) == 0 {
		return nil
	}
	s, err := c.statement(ctx, text)
	if err != nil {
		return err
	}
	if s == nil {
		return fmt.Errorf("not a statement for many rows: %.40s", text)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	width := len(rows[0])
	args := make([]driver.NamedValue, 0, n*width)
	for ; len(rows) > 0; rows = rows[n:] {
		args = args[:0]
		for _, row := range rows[:n] {
			if len(row) != width {
				return fmt.Errorf("a row has %d values, the first has %d", len(row), width)
			}
			for i, v := range row {
				if skip != nil && skip[i] {
					continue
				}
				value, err := bindable(v)
				if err != nil {
					return err
				}
				args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: value})
			}
		}
		if _, err := s.ExecContext(ctx, args); err != nil {
			return err
		}
	}
	return nil
}

// widen repeats the one VALUES tuple of an insert, or gives "" when the statement is not of that form. Its marks are all "?".
func widen(query string, rows int) string {
	if strings.Contains(query, "$") || strings.Contains(strings.ToUpper(query), "SELECT") {
		return ""
	}
	at := strings.Index(query, "VALUES")
	if at < 0 || !strings.HasPrefix(strings.TrimSpace(query), "INSERT") {
		return ""
	}
	open := at + strings.IndexByte(query[at:], '(')
	if open < at || strings.TrimSpace(query[at+len("VALUES"):open]) != "" {
		return ""
	}
	depth, quoted := 0, false
	for i := open; i < len(query); i++ {
		switch c := query[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth > 0 {
				continue
			}
			tuple, rest := query[open:i+1], query[i+1:]
			if strings.Contains(rest, "?") || strings.HasPrefix(strings.TrimSpace(rest), ",") {
				return ""
			}
			return query[:open] + strings.Repeat(tuple+",", rows-1) + tuple + rest
		}
	}
	return ""
}

// bindable turns an argument into what the driver takes, as database/sql does, which Many goes around.
func bindable(v any) (driver.Value, error) {
	switch x := v.(type) {
	case nil, int64, string, bool, float64, []byte:
		return x, nil
	case id.ID:
		return int64(x), nil
	case int:
		return int64(x), nil
	case interface{ text() (string, error) }:
		return x.text()
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

func (tx *Tx) pipeline(ctx context.Context, query string, rows [][]any) error {
	return tx.Pgx(func(conn *pgx.Conn) error {
		batch := &pgx.Batch{}
		for _, r := range rows {
			args, err := plain(r)
			if err != nil {
				return err
			}
			batch.Queue(query, args...)
		}
		return conn.SendBatch(ctx, batch).Close()
	})
}

// plain turns our own values into the driver's, because the pipeline and COPY go around database/sql.
func plain(row []any) ([]any, error) {
	out := make([]any, len(row))
	for i, v := range row {
		switch x := v.(type) {
		case interface{ text() (string, error) }:
			s, err := x.text()
			if err != nil {
				return nil, err
			}
			out[i] = s
		case id.ID:
			out[i] = int64(x)
		default:
			out[i] = v
		}
	}
	return out, nil
}

// Pgx lends the PostgreSQL connection behind the transaction, for what database/sql has no words for (COPY, jobs). An error on SQLite.
func (tx *Tx) Pgx(fn func(conn *pgx.Conn) error) error {
	return tx.conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("no PostgreSQL connection but %T", driverConn)
		}
		return fn(c.Conn())
	})
}
