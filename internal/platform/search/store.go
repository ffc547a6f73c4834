package search

import (
	"context"
	"fmt"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Index names a full-text table: its name and the name of its key on PostgreSQL (on SQLite the key is the rowid).
type Index struct{ Table, Key string }

// Doc is a thing and the words by which it is found; without words it is taken out of the index.
type Doc struct {
	ID    id.ID
	Words []string
}

// Put stores things anew.
func (x Index) Put(ctx context.Context, q sqldb.Q, docs []Doc) error {
	if len(docs) == 0 {
		return nil
	}
	var gone, put [][]any
	for _, d := range docs {
		gone = append(gone, []any{int64(d.ID)})
		if len(d.Words) > 0 {
			put = append(put, []any{int64(d.ID), x.text(q, d.Words)})
		}
	}
	if err := q.Many(ctx, x.per(`DELETE FROM %t WHERE rowid = $1`, `DELETE FROM %t WHERE %k = $1`).For(q), gone); err != nil {
		return fmt.Errorf("delete from %s: %w", x.Table, err)
	}
	if err := q.Many(ctx, x.per(`INSERT INTO %t (rowid, tokens) VALUES ($1, $2)`,
		`INSERT INTO %t (%k, tokens) VALUES ($1, CAST($2 AS TSVECTOR))`).For(q), put); err != nil {
		return fmt.Errorf("insert into %s: %w", x.Table, err)
	}
	return nil
}

// walked is how many of the newest things PostgreSQL looks at one by one.
const walked = 10_000

const (
	sqlNewestLite = `SELECT rowid FROM %t WHERE %t MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3`
	sqlWalk       = `WITH newest AS MATERIALIZED (SELECT %k, tokens FROM %t WHERE %k < $2 ORDER BY %k DESC LIMIT $4)
		SELECT %k FROM newest WHERE tokens @@ CAST($1 AS TSQUERY) ORDER BY %k DESC LIMIT $3`
	sqlGather = `WITH found AS MATERIALIZED (SELECT %k FROM %t WHERE tokens @@ CAST($1 AS TSQUERY) AND %k < $2)
		SELECT %k FROM found ORDER BY %k DESC LIMIT $3`
)

// Newest gives the ids of what a query finds, the greatest first, below an id where one is given.
//
// SQLite's index gives them in this order and stops. PostgreSQL's gives all that match, which is too much for a single letter, and left to
// itself it walks through the whole table for a rare word; so it looks at the newest things first, and only where they are not enough,
// which tells that the words are rare, gathers by the index.
func (x Index) Newest(ctx context.Context, q sqldb.Q, query Query, below id.ID, limit int) ([]id.ID, error) {
	if query.Empty() {
		return nil, nil
	}
	if below == 0 {
		below = 1<<63 - 1
	}
	if q.Engine() == sqldb.SQLite {
		return x.ids(ctx, q, sqlNewestLite, query.fts5(), int64(below), limit)
	}
	found, err := x.ids(ctx, q, sqlWalk, query.tsquery(), int64(below), limit, walked)
	if err != nil || len(found) == limit {
		return found, err
	}
	return x.ids(ctx, q, sqlGather, query.tsquery(), int64(below), limit)
}

func (x Index) ids(ctx context.Context, q sqldb.Q, query string, args ...any) ([]id.ID, error) {
	rows, err := q.Query(ctx, x.named(query), args...)
	if err != nil {
		return nil, fmt.Errorf("search in %s: %w", x.Table, err)
	}
	defer func() { _ = rows.Close() }()
	var out []id.ID
	for rows.Next() {
		var c id.ID
		if err := rows.Scan(&c); err != nil {
			return nil, fmt.Errorf("scan found id: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

func (x Index) named(query string) string {
	return strings.NewReplacer("%t", x.Table, "%k", x.Key).Replace(query)
}

func (x Index) per(lite, pg string) sqldb.PerEngine {
	return sqldb.PerEngine{SQLite: x.named(lite), Postgres: x.named(pg)}
}

func (x Index) text(q sqldb.Q, words []string) string {
	if q.Engine() == sqldb.SQLite {
		return strings.Join(words, " ")
	}
	return `'` + strings.Join(words, `' '`) + `'`
}
