package byperson

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"rapport/internal/platform/warehouse"
)

const (
	sqlSeek = `SELECT h.customer_id, h.inv, h.block_id, b.data FROM heads h JOIN blocks b ON b.block_id = h.block_id
		WHERE h.run_id = $1 AND (h.customer_id, h.inv) < ($2, $3) ORDER BY h.customer_id DESC, h.inv DESC, h.block_id DESC LIMIT 1`
	sqlAhead = `SELECT h.customer_id, h.inv, h.block_id, b.data FROM heads h JOIN blocks b ON b.block_id = h.block_id
		WHERE h.run_id = $1 AND (h.customer_id, h.inv, h.block_id) > ($2, $3, $4) ORDER BY h.customer_id, h.inv, h.block_id LIMIT $5`
)

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// cursor walks over the rows of one run, from a place on.
type cursor struct {
	q     queryer
	pack  *packer
	run   *run
	from  key  // rows before it are skipped
	only  bool // rows of from's person alone
	ahead int  // blocks to read at a time

	started, ended bool
	lastHead       [3]int64 // of the last block read
	blocks         [][]byte // packed
	raw            []byte

	k    key
	gone bool
	row  []byte
}

// next steps to the next row; false at the end.
func (c *cursor) next(ctx context.Context) (bool, error) {
	for {
		for len(c.raw) > 0 {
			var err error
			if c.k, c.gone, c.row, c.raw, err = nextRow(c.raw); err != nil {
				return false, fmt.Errorf("run %d: %w", c.run.id, err)
			}
			if c.only && c.k.customer > c.from.customer {
				return false, nil
			}
			if c.from.compare(c.k) <= 0 {
				return true, nil
			}
		}
		if len(c.blocks) == 0 {
			if c.ended {
				return false, nil
			}
			if err := c.load(ctx); err != nil {
				return false, err
			}
			if len(c.blocks) == 0 {
				return false, nil
			}
		}
		var err error
		if c.raw, err = c.pack.unpack(c.blocks[0]); err != nil {
			return false, err
		}
		c.blocks = c.blocks[1:]
	}
}

// load reads the next blocks. The first one is the last that begins before the place.
func (c *cursor) load(ctx context.Context) error {
	if !c.started {
		c.started = true
		c.lastHead = [3]int64{math.MinInt64, 0, 0}
		if c.from.customer != math.MinInt64 {
			n, err := c.fetch(ctx, sqlSeek, c.run.id, c.from.customer, ^c.from.at)
			if err != nil || n > 0 {
				return err
			}
		}
	}
	n, err := c.fetch(ctx, sqlAhead, c.run.id, c.lastHead[0], c.lastHead[1], c.lastHead[2], c.ahead)
	if err == nil && n < c.ahead {
		c.ended = true
	}
	return err
}

func (c *cursor) fetch(ctx context.Context, query string, args ...any) (int, error) {
	rows, err := c.q.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("read blocks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&c.lastHead[0], &c.lastHead[1], &c.lastHead[2], &data); err != nil {
			return 0, fmt.Errorf("read blocks: %w", err)
		}
		c.blocks = append(c.blocks, data)
		n++
	}
	return n, rows.Err()
}

// mergeRows gives the rows of all cursors in order. Cursors go from old to young: of equal rows the youngest is given.
func mergeRows(ctx context.Context, cursors []*cursor, fn func(k key, gone bool, row []byte) error) error {
	var open []*cursor
	for _, c := range cursors {
		ok, err := c.next(ctx)
		if err != nil {
			return err
		}
		if ok {
			open = append(open, c)
		}
	}
	for len(open) > 0 {
		best := open[len(open)-1]
		for i := len(open) - 2; i >= 0; i-- {
			if open[i].k.compare(best.k) < 0 {
				best = open[i]
			}
		}
		k := best.k
		if err := fn(k, best.gone, best.row); err != nil {
			return err
		}
		kept := open[:0]
		for _, c := range open {
			ok := true
			if c.k == k {
				var err error
				if ok, err = c.next(ctx); err != nil {
					return err
				}
			}
			if ok {
				kept = append(kept, c)
			}
		}
		open = kept
	}
	return nil
}

var errEnough = errors.New("enough")

// Person reads a person's events, newest first.
func (s *Store) Person(ctx context.Context, q Query) ([]warehouse.Event, error) {
	v, err := s.View(ctx)
	if err != nil {
		return nil, err
	}
	defer v.Close()
	return v.Person(ctx, q)
}

// View is a state of the store that does not change while it is read.
type View struct {
	s    *Store
	tx   *sql.Tx
	runs []*run
}

// View begins one; Close it soon.
func (s *Store) View(ctx context.Context) (*View, error) {
	tx, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin read: %w", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM state`).Scan(&n); err != nil { // the snapshot begins here
		_ = tx.Rollback()
		return nil, fmt.Errorf("begin read: %w", err)
	}
	return &View{s: s, tx: tx, runs: s.runs}, nil
}

// Close ends the view.
func (v *View) Close() { _ = v.tx.Rollback() }

// Person reads a person's events, newest first.
func (v *View) Person(ctx context.Context, q Query) ([]warehouse.Event, error) {
	from := key{customer: int64(q.Customer), at: math.MaxInt64, event: math.MaxInt64}
	if q.To != 0 {
		from.at = q.To - 1
	}
	if q.Before.Set && q.Before.At <= from.at {
		from.at, from.event = q.Before.At, q.Before.EventID-1
	}
	var cursors []*cursor
	for _, r := range v.runs {
		if r.minAt > from.at || (q.From != 0 && r.maxAt < q.From) || !r.filter.may(from.customer) {
			continue
		}
		cursors = append(cursors, &cursor{q: v.tx, pack: v.s.pack, run: r, from: from, only: true, ahead: 2})
	}
	var out []warehouse.Event
	err := mergeRows(ctx, cursors, func(k key, gone bool, row []byte) error {
		if q.From != 0 && k.at < q.From {
			return errEnough
		}
		if gone {
			return nil
		}
		e, err := decodeRow(row)
		if err != nil {
			return err
		}
		if q.Keep != nil && !q.Keep(&e) {
			return nil
		}
		out = append(out, e)
		if q.Limit > 0 && len(out) >= q.Limit {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return out, nil
}
