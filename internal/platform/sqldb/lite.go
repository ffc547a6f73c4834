package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"strings"

	"modernc.org/sqlite"
)

// maxStatements bounds the prepared statements that one SQLite connection keeps, maxCachedText the length of one.
const (
	maxStatements = 200
	maxCachedText = 32 << 10
)

// liteConnector opens SQLite connections that keep their prepared statements: parsing and planning a statement costs many times what
// running it for one row does.
type liteConnector struct{ driver.Connector }

func newLiteConnector(dsn string) (driver.Connector, error) {
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return liteConnector{c}, nil
}

// Connect opens a connection.
func (c liteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	full, ok := inner.(sqliteConn)
	if !ok {
		return nil, errors.New("the SQLite driver lacks what Rapport needs of it")
	}
	return &liteConn{sqliteConn: full, kept: map[string]*liteStmt{}}, nil
}

// sqliteConn is what database/sql uses of the driver's connection.
type sqliteConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is what the driver's statement can do.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// liteConn is a connection with its statements. database/sql uses a connection from one goroutine at a time.
type liteConn struct {
	sqliteConn
	kept map[string]*liteStmt
}

// liteStmt is a prepared statement that returns to its connection when it is closed.
type liteStmt struct {
	sqliteStmt
	conn *liteConn
	text string
	busy bool
	keep bool
}

// statement gives the prepared form of a query, or nil when the query is none to keep (a script, a PRAGMA, DDL).
func (c *liteConn) statement(ctx context.Context, query string) (*liteStmt, error) {
	kept := c.kept[query]
	if kept != nil && !kept.busy {
		kept.busy = true
		return kept, nil
	}
	if kept == nil && !keepable(query) {
		return nil, nil
	}
	inner, err := c.sqliteConn.PrepareContext(ctx, anonymous(query))
	if err != nil {
		return nil, err
	}
	full, ok := inner.(sqliteStmt)
	if !ok {
		_ = inner.Close()
		return nil, errors.New("the SQLite driver's statements lack what Rapport needs of them")
	}
	s := &liteStmt{sqliteStmt: full, conn: c, text: query, busy: true}
	if kept == nil { // else rows of the kept one are still open; this one is closed after its use
		c.makeRoom()
		s.keep = true
		c.kept[query] = s
	}
	return s, nil
}

func (c *liteConn) makeRoom() {
	for text, s := range c.kept { // in no order: as good as any while hot statements come back at once
		if len(c.kept) < maxStatements {
			return
		}
		if !s.busy {
			_ = s.sqliteStmt.Close()
			delete(c.kept, text)
		}
	}
}

// Close gives the statement back.
func (s *liteStmt) Close() error {
	s.busy = false
	if s.keep {
		return nil
	}
	return s.sqliteStmt.Close()
}

// ExecContext runs the statement to its end: interrupting a write would cost a goroutine each time and ends the transaction.
func (s *liteStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.sqliteStmt.ExecContext(context.WithoutCancel(ctx), args)
}

// PrepareContext satisfies database/sql.
func (c *liteConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.PrepareContext(ctx, query)
	}
	return s, nil
}

// ExecContext satisfies database/sql.
func (c *liteConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	r, err := s.ExecContext(ctx, args)
	return r, errors.Join(err, s.Close())
}

// QueryContext satisfies database/sql.
func (c *liteConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	full, ok := rows.(sqliteRows)
	if !ok {
		return nil, errors.Join(errors.New("the SQLite driver's rows lack what Rapport needs of them"), rows.Close(), s.Close())
	}
	return &liteRows{full, s}, nil
}

// Close ends the connection.
func (c *liteConn) Close() error {
	for text, s := range c.kept {
		_ = s.sqliteStmt.Close()
		delete(c.kept, text)
	}
	return c.sqliteConn.Close()
}

// sqliteRows is what database/sql asks the driver's rows for.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeNullable
	ColumnTypeScanType(index int) reflect.Type
}

// liteRows frees their statement at their end.
type liteRows struct {
	sqliteRows
	s *liteStmt
}

// Close satisfies database/sql.
func (r *liteRows) Close() error { return errors.Join(r.sqliteRows.Close(), r.s.Close()) }

// keepable tells statements that come again: a single SELECT, INSERT, UPDATE, DELETE or WITH.
func keepable(query string) bool {
	q := strings.TrimSpace(query)
	for strings.HasPrefix(q, "--") { // a name of the statement, as generated code has it
		_, rest, _ := strings.Cut(q, "\n")
		q = strings.TrimSpace(rest)
	}
	if len(query) > maxCachedText || strings.Contains(strings.TrimRight(q, "; \n\t"), ";") {
		return false
	}
	word, _, _ := strings.Cut(q, " ")
	word, _, _ = strings.Cut(word, "\n")
	switch strings.ToUpper(word) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return true
	}
	return false
}

// anonymous writes $1, $2, $3 as ?, ?, ? where each stands once and in this order, as in most inserts: the driver asks
// SQLite for the name of every named parameter of every row, which costs more than binding it.
func anonymous(query string) string {
	if !strings.Contains(query, "$1") || strings.ContainsAny(query, "?\"`[") || strings.Contains(query, "--") || strings.Contains(query, "/*") {
		return query
	}
	var b strings.Builder
	next, quoted := 1, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '$' || quoted {
			b.WriteByte(c)
			continue
		}
		n, j := 0, i+1
		for j < len(query) && query[j] >= '0' && query[j] <= '9' {
			n = n*10 + int(query[j]-'0')
			j++
		}
		if n != next {
			return query
		}
		next++
		b.WriteByte('?')
		i = j - 1
	}
	return b.String()
}
