package byperson

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
)

// mergeLoop clears what a crash left behind, then merges whenever a group of runs is due.
func (s *Store) mergeLoop(ctx context.Context) {
	defer close(s.done)
	err := s.clear(ctx)
	for {
		if err == nil {
			err = s.mergeDue(ctx, math.MinInt64)
		}
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("activity store cannot merge", "error", err)
		}
		s.mu.Lock()
		s.failed, err = err, nil
		s.merged.Broadcast()
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		}
	}
}

// mergeDue merges until nothing is due among the runs that are younger than an age.
func (s *Store) mergeDue(ctx context.Context, than int64) error {
	for ctx.Err() == nil {
		s.mu.RLock()
		runs := s.runs
		s.mu.RUnlock()
		i := 0
		for i < len(runs) && runs[i].age <= than {
			i++
		}
		lo, hi := due(runs[i:])
		if lo == hi {
			return nil
		}
		if err := s.merge(ctx, runs[i+lo:i+hi], i+lo == 0); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// merge makes one run of neighbouring ones. Between two portions it lets smaller merges pass, so that a long one does not let
// fresh runs pile up.
func (s *Store) merge(ctx context.Context, group []*run, oldest bool) error {
	s.mu.Lock()
	s.lastID++
	id := s.lastID
	s.mu.Unlock()
	var sum int64
	for _, r := range group {
		sum += r.events
	}
	level := levelOf(sum)
	w := newRunWriter(s.pack, id, level >= bigLevel)
	young := group[len(group)-1]
	// Not live yet: a crash from here on leaves blocks that clear knows by this row.
	if err := s.inTx(ctx, func(tx *sql.Tx) error { return insertRun(ctx, tx, &run{id: id, age: young.age}, false) }); err != nil {
		return err
	}
	portion := func() error {
		if err := s.inTx(ctx, func(tx *sql.Tx) error { return w.save(ctx, tx) }); err != nil {
			return err
		}
		return s.mergeDue(ctx, young.age)
	}
	var cursors []*cursor
	for _, r := range group {
		cursors = append(cursors, &cursor{q: s.read, pack: s.pack, run: r, from: key{customer: math.MinInt64}, ahead: 32})
	}
	err := mergeRows(ctx, cursors, func(k key, gone bool, row []byte) error {
		if gone && oldest {
			return nil // nothing older is left that it could hide
		}
		w.add(k, row)
		if w.waiting >= chunkBytes {
			return portion()
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.cut()
	merged := w.finish(young.age)
	return s.swap(ctx, w, group, merged)
}

// swap makes the merged run visible in place of its parts, in one transaction, and clears the parts away afterwards.
func (s *Store) swap(ctx context.Context, w *runWriter, group []*run, merged *run) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin swap: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := w.save(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM runs WHERE run_id = $1`, merged.id); err != nil {
		return fmt.Errorf("swap runs: %w", err)
	}
	if err := insertRun(ctx, tx, merged, true); err != nil {
		return err
	}
	for _, r := range group {
		if _, err := tx.ExecContext(ctx, `UPDATE runs SET live = 0, filter = x'' WHERE run_id = $1`, r.id); err != nil {
			return fmt.Errorf("retire run: %w", err)
		}
	}
	s.mu.Lock()
	at := slices.Index(s.runs, group[0])
	if at < 0 { // Reset came between: what was written so far belongs to nobody
		s.mu.Unlock()
		_ = tx.Rollback()
		w.ready = nil
		if err := s.inTx(ctx, func(tx *sql.Tx) error { return insertRun(ctx, tx, &run{id: merged.id, events: 1}, false) }); err != nil {
			return err
		}
		return s.clear(ctx)
	}
	err = tx.Commit()
	if err == nil {
		s.runs = slices.Replace(slices.Clone(s.runs), at, at+len(group), merged)
		s.merged.Broadcast()
	}
	s.mu.Unlock()
	if err != nil {
		return fmt.Errorf("commit swap: %w", err)
	}
	return s.clear(ctx)
}

// clear removes blocks of runs that are not live: merged ones, and those of a merge that was cut short.
func (s *Store) clear(ctx context.Context) error {
	for {
		var id int64
		err := s.write.QueryRowContext(ctx, `SELECT COALESCE(MIN(run_id), 0) FROM runs WHERE live = 0 AND events > 0`).Scan(&id)
		if err != nil || id == 0 {
			return err
		}
		for more := true; more; {
			err := s.inTx(ctx, func(tx *sql.Tx) error {
				const some = `SELECT block_id FROM heads WHERE run_id = $1 ORDER BY customer_id, inv, block_id LIMIT 2000`
				if _, err := tx.ExecContext(ctx, `DELETE FROM blocks WHERE block_id IN (`+some+`)`, id); err != nil {
					return err
				}
				res, err := tx.ExecContext(ctx, `DELETE FROM heads WHERE (run_id, customer_id, inv, block_id) IN
					(SELECT run_id, customer_id, inv, block_id FROM heads WHERE run_id = $1 ORDER BY customer_id, inv, block_id LIMIT 2000)`, id)
				if err != nil {
					return err
				}
				n, err := res.RowsAffected()
				more = n == 2000
				if err == nil && !more {
					_, err = tx.ExecContext(ctx, `DELETE FROM runs WHERE run_id = $1`, id)
				}
				return err
			})
			if err != nil {
				return fmt.Errorf("clear run: %w", err)
			}
		}
	}
}

func (s *Store) inTx(ctx context.Context, fn func(tx *sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}
