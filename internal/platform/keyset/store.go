package keyset

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"rapport/internal/platform/sqldb"
)

// Read gives the next rows of a list, at most Limit. stop is set where the page looked at all that it may and is not full: the list goes
// on behind it.
func Read[T any](ctx context.Context, db sqldb.Q, q *Query, scan func(*sql.Rows) (T, error)) (rows []T, stop Place, err error) {
	if stop, err = End(ctx, db, q); err != nil {
		return nil, nil, err
	}
	rows, err = Until(ctx, db, q, stop, scan)
	if len(rows) >= q.Limit {
		stop = nil
	}
	return rows, stop, err
}

// End finds the place at which the look of a page ends, by the index alone; nil where nothing bounds it, or the rest of the list is shorter.
func End(ctx context.Context, db sqldb.Q, q *Query) (Place, error) {
	if !q.bounded() {
		return nil, nil
	}
	t := textFor(db.Engine())
	t.WriteString("SELECT ")
	for i, c := range q.By {
		if i > 0 {
			t.WriteString(", ")
		}
		t.WriteString(c)
	}
	t.from(q)
	t.order(q)
	t.WriteString(" LIMIT 1 OFFSET " + t.add(int64(q.Look-1))) // over index entries, and never more than Look of them
	stop := make(Place, len(q.By))
	into := make([]any, len(q.By))
	for i := range stop {
		into[i] = &stop[i]
	}
	err := db.Row(ctx, t.String(), t.args...).Scan(into...)
	if errors.Is(err, sqldb.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("bound a page of %s: %w", q.From, err)
	}
	return stop, nil
}

// Until gives the next rows of a list that do not stand behind a place; nil: there is none.
func Until[T any](ctx context.Context, db sqldb.Q, q *Query, last Place, scan func(*sql.Rows) (T, error)) ([]T, error) {
	query, args := q.page(db.Engine(), last)
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read a page of %s: %w", q.From, err)
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("read a row of %s: %w", q.From, err)
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

func (q *Query) page(e sqldb.Engine, last Place) (string, []any) {
	t := textFor(e)
	t.WriteString("SELECT " + q.Columns)
	t.from(q)
	if last != nil {
		t.beyond(q, last, false)
	}
	for _, c := range q.filter {
		t.condition(c)
	}
	t.order(q)
	t.WriteString(" LIMIT " + t.add(int64(q.Limit)))
	return t.String(), t.args
}

func (t *text) from(q *Query) {
	t.WriteString(" FROM " + q.From + " WHERE TRUE")
	for _, c := range q.path {
		if len(q.After) > 0 && c.side == map[bool]byte{true: '<', false: '>'}[q.Down] {
			c.text = "+" + c.text // the page begins further on; of two bounds on one side an engine may seek by the wrong one, and walk
		}
		t.condition(c)
	}
	if len(q.After) > 0 {
		t.beyond(q, q.After, true)
	}
}

// Text gives the statement of a page and its arguments, unbounded: for the warehouse, and for tests that look at how an engine would go about it.
func (q *Query) Text(e sqldb.Engine) (string, []any) { return q.page(e, nil) }
