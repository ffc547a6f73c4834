package byperson

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"rapport/internal/platform/sqldb"
)

// schemaVersion is raised when the layout of the file changes; an older file is built anew from the journal.
const schemaVersion = 1

// heads says with which row each block begins; inv is ^at, so that a person's newest rows come first.
const schema = `
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs (run_id INTEGER PRIMARY KEY, age INTEGER NOT NULL, live INTEGER NOT NULL, events INTEGER NOT NULL,
	min_at INTEGER NOT NULL, max_at INTEGER NOT NULL, filter BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS heads (run_id INTEGER NOT NULL, customer_id INTEGER NOT NULL, inv INTEGER NOT NULL, block_id INTEGER NOT NULL,
	PRIMARY KEY (run_id, customer_id, inv, block_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks (block_id INTEGER PRIMARY KEY, data BLOB NOT NULL);`

// run is a sorted, immutable list of rows. Runs with a higher age are younger.
type run struct {
	id, age, events int64
	minAt, maxAt    int64
	filter          filter
}

// Store is the file. Safe for concurrent use.
type Store struct {
	log   *slog.Logger
	write *sql.DB
	read  *sql.DB
	pack  *packer

	// mu guards the list of runs and the commits that change it, so that a reader's snapshot fits its list. Where both are needed,
	// the writing connection is taken before mu.
	mu      sync.RWMutex
	runs    []*run // from old to young
	applied int64
	lastID  int64

	wake   chan struct{}
	merged *sync.Cond // on mu, after every merge
	failed error      // of the last merge
	stop   context.CancelFunc
	done   chan struct{}
}

// Open opens or makes the file and starts merging beside the work.
func Open(ctx context.Context, path string, log *slog.Logger) (*Store, error) {
	// Blocks of about 4 KB lie in pages of their own anyway; larger pages keep their chains short.
	write, err := sql.Open("sqlite", strings.Replace(sqldb.SQLiteDSN(path, false), "?", "?_pragma=page_size(8192)&", 1)+"&_pragma=cache_size(-6000)")
	if err != nil {
		return nil, fmt.Errorf("open activity store: %w", err)
	}
	write.SetMaxOpenConns(1)
	s := &Store{log: log, write: write, wake: make(chan struct{}, 1), done: make(chan struct{})}
	s.merged = sync.NewCond(&s.mu)
	if s.pack, err = newPacker(); err == nil {
		err = s.prepare(ctx)
	}
	if err == nil {
		s.read, err = sql.Open("sqlite", sqldb.SQLiteDSN(path, true)+"&_pragma=cache_size(-2000)")
	}
	if err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("open activity store %s: %w", path, err)
	}
	s.read.SetMaxOpenConns(4)
	s.read.SetMaxIdleConns(4)
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.mergeLoop(run)
	s.nudge()
	return s, nil
}

func (s *Store) prepare(ctx context.Context) error {
	var version int
	if err := s.write.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version != 0 && version != schemaVersion {
		return fmt.Errorf("its layout is version %d, this program knows %d: remove the file and run \"rapport rebuild warehouse\"", version, schemaVersion)
	}
	if _, err := s.write.ExecContext(ctx, schema+fmt.Sprintf(`PRAGMA user_version = %d`, schemaVersion)); err != nil {
		return err
	}
	err := s.write.QueryRowContext(ctx, `SELECT value FROM state WHERE name = 'seq'`).Scan(&s.applied)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	// A merge that was cut short left a run without events; with one it counts as retired and is cleared away.
	if _, err := s.write.ExecContext(ctx, `UPDATE runs SET events = 1 WHERE live = 0 AND events = 0`); err != nil {
		return err
	}
	return s.loadRuns(ctx)
}

func (s *Store) loadRuns(ctx context.Context) error {
	rows, err := s.write.QueryContext(ctx, `SELECT run_id, age, live, events, min_at, max_at, filter FROM runs ORDER BY age`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	s.runs = nil
	for rows.Next() {
		r := &run{}
		var live bool
		if err := rows.Scan(&r.id, &r.age, &live, &r.events, &r.minAt, &r.maxAt, (*[]byte)(&r.filter)); err != nil {
			return err
		}
		s.lastID = max(s.lastID, r.id, r.age)
		if live {
			s.runs = append(s.runs, r)
		}
	}
	return rows.Err()
}

// Applied gives the sequence of the last append that is stored for good.
func (s *Store) Applied() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.applied
}

// Append stores rows and the sequence they reach in one transaction. Of two rows with the same person, time and event the later in the list
// counts. A seq of 0 leaves the sequence alone (corrections).
func (s *Store) Append(ctx context.Context, seq int64, rows []Row) error {
	type place struct {
		key key
		row int
	}
	order := make([]place, len(rows))
	for i := range order {
		order[i] = place{rows[i].key(), i}
	}
	slices.SortFunc(order, func(a, b place) int { return cmp.Or(a.key.compare(b.key), cmp.Compare(a.row, b.row)) })
	if err := s.room(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	runID := s.lastID + 1
	s.lastID = runID
	s.mu.Unlock()
	w := newRunWriter(s.pack, runID, false)
	var buf, scratch []byte
	for i, p := range order {
		if i+1 < len(order) && p.key == order[i+1].key {
			continue
		}
		buf, scratch = appendRow(buf[:0], &rows[p.row], scratch)
		w.add(p.key, buf)
	}
	w.cut()
	r := w.finish(runID)

	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin append: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if r.events > 0 {
		if err := w.save(ctx, tx); err != nil {
			return err
		}
		if err := insertRun(ctx, tx, r, true); err != nil {
			return err
		}
	}
	if seq > 0 {
		if _, err := tx.ExecContext(ctx, `INSERT INTO state (name, value) VALUES ('seq', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, seq); err != nil {
			return fmt.Errorf("write sequence: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit append: %w", err)
	}
	if r.events > 0 {
		s.runs = append(s.runs, r)
	}
	s.applied = max(s.applied, seq)
	s.nudge()
	return nil
}

func (s *Store) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// room waits while there are too many runs, so that reading stays quick under any load.
func (s *Store) room(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.runs) >= maxRuns && s.failed == nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.merged.Wait()
	}
	return s.failed
}

// Reset forgets everything.
func (s *Store) Reset(ctx context.Context) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin reset: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, q := range []string{`DELETE FROM state`, `DELETE FROM runs`, `DELETE FROM heads`, `DELETE FROM blocks`} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("reset activity store: %w", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit reset: %w", err)
	}
	s.runs, s.applied = nil, 0
	return nil
}

// Idle gives back what the page caches hold.
func (s *Store) Idle(ctx context.Context) {
	_, _ = s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(PASSIVE); PRAGMA shrink_memory`)
}

// Close ends a merge in progress (it begins again at the next opening) and closes the file.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	err := errors.Join(s.read.Close(), s.write.Close())
	s.pack.close()
	return err
}

func insertRun(ctx context.Context, tx *sql.Tx, r *run, live bool) error {
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO runs (run_id, age, live, events, min_at, max_at, filter) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		r.id, r.age, live, r.events, r.minAt, r.maxAt, append([]byte{}, r.filter...))
	if err != nil {
		return fmt.Errorf("write run: %w", err)
	}
	return nil
}
