package journal

import (
	"context"
	"fmt"

	"rapport/internal/platform/sqldb"
)

// Store keeps rows. One implementation serves both engines; conformance_test.go says what it promises.
type Store interface {
	// Last gives the newest row's sequence and its count of accepted events; zeros while there is none.
	Last(ctx context.Context) (seq, accepted int64, err error)
	// Append writes a row durably; a sequence that is taken is an error.
	Append(ctx context.Context, r Row) error
	// Read gives rows after a sequence, in order, at least one if there is one, until they hold maxEvents.
	Read(ctx context.Context, after int64, maxEvents int64) ([]Row, error)
	// TimeAfter gives the time of the first row after a sequence, 0 where there is none.
	TimeAfter(ctx context.Context, seq int64) (int64, error)
	// Rewrite replaces the body of a row.
	Rewrite(ctx context.Context, seq int64, body []byte) error
	Close() error
}

type store struct {
	db  *sqldb.DB
	own bool // the database is the journal's alone
}

const createJournal = `CREATE TABLE IF NOT EXISTS journal (
    seq      INTEGER NOT NULL PRIMARY KEY,
    at       BIGINT  NOT NULL,
    events   BIGINT  NOT NULL,
    accepted BIGINT  NOT NULL,
    body     BYTEA   NOT NULL
)`

// Open gives the store in a SQLite file of its own.
func Open(ctx context.Context, path string) (Store, error) {
	db, err := sqldb.Open(ctx, sqldb.Config{Path: path, MaxConns: 2})
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	if _, err := db.Exec(ctx, createJournal); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("create journal: %w", err)
	}
	return &store{db: db, own: true}, nil
}

// Within gives the store in the table journal of a PostgreSQL database.
func Within(db *sqldb.DB) Store { return &store{db: db} }

func (s *store) Close() error {
	if s.own {
		return s.db.Close()
	}
	return nil
}

const selectLast = `SELECT seq, accepted FROM journal ORDER BY seq DESC LIMIT 1`

func (s *store) Last(ctx context.Context) (seq, accepted int64, err error) {
	err = s.db.Row(ctx, selectLast).Scan(&seq, &accepted)
	if err == sqldb.ErrNoRows {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("select last journal row: %w", err)
	}
	return seq, accepted, nil
}

const insertRow = `INSERT INTO journal (seq, at, events, accepted, body) VALUES ($1, $2, $3, $4, $5)`

func (s *store) Append(ctx context.Context, r Row) error {
	if _, err := s.db.Exec(ctx, insertRow, r.Seq, r.At, r.Events, r.Accepted, r.Body); err != nil {
		return fmt.Errorf("insert journal row: %w", err)
	}
	return nil
}

const selectRows = `SELECT seq, at, events, accepted, body FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2`

func (s *store) Read(ctx context.Context, after int64, maxEvents int64) ([]Row, error) {
	var out []Row
	var sum int64
	for limit := 8; ; limit = 64 {
		n, err := s.read(ctx, after, limit, maxEvents, &out, &sum)
		if err != nil {
			return nil, err
		}
		if n < limit || sum >= maxEvents {
			return out, nil
		}
		after = out[len(out)-1].Seq
	}
}

func (s *store) read(ctx context.Context, after int64, limit int, maxEvents int64, out *[]Row, sum *int64) (n int, err error) {
	rows, err := s.db.Query(ctx, selectRows, after, limit)
	if err != nil {
		return 0, fmt.Errorf("select journal rows: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r Row
		if err := rows.Scan(&r.Seq, &r.At, &r.Events, &r.Accepted, &r.Body); err != nil {
			return 0, fmt.Errorf("scan journal row: %w", err)
		}
		*out = append(*out, r)
		*sum += r.Events
		if n++; *sum >= maxEvents {
			break
		}
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("read journal rows: %w", err)
	}
	return n, nil
}

const selectTime = `SELECT at FROM journal WHERE seq > $1 ORDER BY seq LIMIT 1`

func (s *store) TimeAfter(ctx context.Context, seq int64) (at int64, err error) {
	err = s.db.Row(ctx, selectTime, seq).Scan(&at)
	if err == sqldb.ErrNoRows {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("select journal time: %w", err)
	}
	return at, nil
}

const updateBody = `UPDATE journal SET body = $2 WHERE seq = $1`

func (s *store) Rewrite(ctx context.Context, seq int64, body []byte) error {
	if _, err := s.db.Exec(ctx, updateBody, seq, body); err != nil {
		return fmt.Errorf("rewrite journal row: %w", err)
	}
	return nil
}
