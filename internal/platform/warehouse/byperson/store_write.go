package byperson

import (
	"context"
	"database/sql"
	"fmt"
	"math"
)

// runWriter cuts sorted rows into packed blocks and keeps what is known of the run.
type runWriter struct {
	pack    *packer
	runID   int64
	tight   bool
	buf     []byte
	first   key
	ready   []readyBlock
	waiting int // bytes in ready
	last    int64
	persons []int64
	events  int64
	minAt   int64
	maxAt   int64
}

type readyBlock struct {
	first key
	data  []byte
}

func newRunWriter(p *packer, runID int64, tight bool) *runWriter {
	return &runWriter{pack: p, runID: runID, tight: tight, minAt: math.MaxInt64, maxAt: math.MinInt64, last: math.MinInt64}
}

func (w *runWriter) add(k key, row []byte) {
	if len(w.buf) == 0 {
		w.first = k
	}
	w.buf = append(w.buf, row...)
	w.events++
	w.minAt, w.maxAt = min(w.minAt, k.at), max(w.maxAt, k.at)
	if k.customer != w.last {
		w.last = k.customer
		w.persons = append(w.persons, k.customer)
	}
	if len(w.buf) >= blockSize {
		w.cut()
	}
}

func (w *runWriter) cut() {
	if len(w.buf) == 0 {
		return
	}
	b := readyBlock{w.first, w.pack.pack(w.buf, w.tight)}
	w.ready = append(w.ready, b)
	w.waiting += len(b.data)
	w.buf = w.buf[:0]
}

func (w *runWriter) finish(age int64) *run {
	r := &run{id: w.runID, age: age, events: w.events, minAt: w.minAt, maxAt: w.maxAt, filter: newFilter(w.persons)}
	w.persons = nil
	return r
}

// save writes the blocks that are ready.
func (w *runWriter) save(ctx context.Context, tx *sql.Tx) error {
	block, err := tx.PrepareContext(ctx, `INSERT INTO blocks (data) VALUES ($1)`)
	if err != nil {
		return fmt.Errorf("prepare block: %w", err)
	}
	defer func() { _ = block.Close() }()
	head, err := tx.PrepareContext(ctx, `INSERT INTO heads (run_id, customer_id, inv, block_id) VALUES ($1, $2, $3, $4)`)
	if err != nil {
		return fmt.Errorf("prepare head: %w", err)
	}
	defer func() { _ = head.Close() }()
	for _, b := range w.ready {
		res, err := block.ExecContext(ctx, b.data)
		if err != nil {
			return fmt.Errorf("write block: %w", err)
		}
		n, err := res.LastInsertId()
		if err != nil {
			return fmt.Errorf("write block: %w", err)
		}
		if _, err := head.ExecContext(ctx, w.runID, b.first.customer, ^b.first.at, n); err != nil {
			return fmt.Errorf("write head: %w", err)
		}
	}
	w.ready, w.waiting = w.ready[:0], 0
	return nil
}
