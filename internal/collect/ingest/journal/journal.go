// Package journal keeps what came in, before anything is done with it: an answer of 200 means that it is written here and synced.
//
// Requests that arrive together share one row, one compressed block and one commit, so that the cost of a sync is shared by
// all of them; the one who waits is answered when his row is durable. Rows are numbered without gaps in order of commit; the number
// and the index within the row are the identity of an event for ever. Embedded the journal is a file of its own, journal.db, so that events
// never queue behind the shop's other writes; on PostgreSQL it is the local table journal of the same database.
//
// Life of a row: written, applied (ingest_state says how far), kept. Rows are not deleted: the warehouse can be rebuilt from them.
// They can be rewritten without a person's events (Erase).
//
// Invariants: a row is whole or absent; accepted is the number of events of all rows up to and including it, refused ones too.
// When the disk is full or the database away, Append fails, and works again when the cause is gone.
// Nothing is announced from here.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/zstd"

	"rapport/internal/base/clock"
)

// writeTime bounds a commit; a database that hangs must not hold those who wait for ever.
const writeTime = 20 * time.Second

const (
	maxBlock = 2 << 20  // bytes of requests that share a row
	ownPack  = 64 << 10 // from this size on a block is compressed while the one before is being committed
	maxBatch = 1 << 20  // events in a row: their index has 20 bits
)

// ErrClosed is what Append gives after Stop.
var ErrClosed = errors.New("journal is closed")

// Row is a stored block.
type Row struct {
	Seq      int64
	At       int64 // of the commit, microseconds UTC
	Events   int64
	Accepted int64 // events of all rows up to this one
	Body     []byte
}

// Journal is the door to the store: it gathers, compresses and commits.
type Journal struct {
	store Store
	clock clock.Clock
	log   *slog.Logger

	in       chan *entry
	held     *entry // the gatherer's: came while another block was being made, and goes alone
	blocks   chan *block
	stopping chan struct{}
	closed   chan struct{} // everything taken is answered
	stopOnce sync.Once
	done     sync.WaitGroup

	seq      atomic.Int64
	accepted atomic.Int64
	failing  atomic.Bool
	wake     chan struct{}
	encoder  *zstd.Encoder
	decoder  *zstd.Decoder
}

type entry struct {
	raw    []byte
	events int
	alone  bool // shares its row with nobody
	done   chan error
}

type block struct {
	entries []*entry
	raw     []byte // until it is compressed
	body    []byte
	events  int64
}

// New gives a journal over a store. Call Start.
func New(store Store, c clock.Clock, log *slog.Logger) (*Journal, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(true),
		zstd.WithWindowSize(256<<10))
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<30))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	return &Journal{store: store, clock: c, log: log, in: make(chan *entry, 1024), blocks: make(chan *block), stopping: make(chan struct{}), closed: make(chan struct{}),
		wake: make(chan struct{}, 1), encoder: enc, decoder: dec}, nil
}

// Start reads how far the journal goes and begins to take requests.
func (j *Journal) Start(ctx context.Context) error {
	if err := j.Refresh(ctx); err != nil {
		return err
	}
	j.done.Add(2)
	go j.gather()
	go j.commit()
	return nil
}

// Refresh reads the counters of the store.
func (j *Journal) Refresh(ctx context.Context) error {
	seq, accepted, err := j.store.Last(ctx)
	if err != nil {
		return err
	}
	j.seq.Store(seq)
	j.accepted.Store(accepted)
	return nil
}

// Stop answers what waits and closes. Nothing may be appended afterwards.
func (j *Journal) Stop() {
	j.stopOnce.Do(func() {
		close(j.stopping)
		j.done.Wait()
		close(j.closed)
	})
}

// Last gives the newest durable row and the number of events up to it.
func (j *Journal) Last() (seq, accepted int64) { return j.seq.Load(), j.accepted.Load() }

// Failing tells whether the newest commit failed.
func (j *Journal) Failing() bool { return j.failing.Load() }

// Wake is signalled after each commit.
func (j *Journal) Wake() <-chan struct{} { return j.wake }

// Append stores a request (header and records) durably and returns when it is. The bytes must not change until then; when ctx
// ends earlier the request may still be stored, and raw must be left alone for good.
func (j *Journal) Append(ctx context.Context, raw []byte, events int) error {
	return j.append(ctx, &entry{raw: raw, events: events, done: make(chan error, 1)})
}

// AppendAlone is Append into a row that holds nothing else.
func (j *Journal) AppendAlone(ctx context.Context, raw []byte, events int) error {
	return j.append(ctx, &entry{raw: raw, events: events, alone: true, done: make(chan error, 1)})
}

func (j *Journal) append(ctx context.Context, e *entry) error {
	select {
	case <-j.stopping:
		return ErrClosed
	case j.in <- e:
	}
	select {
	case err := <-e.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-j.closed:
	}
	select {
	case err := <-e.done:
		return err
	default:
		return ErrClosed
	}
}

// gather makes blocks of what arrives while the block before is being committed: a small one grows until the committer is free for it, so one
// request alone waits for nobody and many share a sync.
func (j *Journal) gather() {
	defer j.done.Done()
	defer close(j.blocks)
	buf, other := make([]byte, 0, 256<<10), make([]byte, 0, 256<<10)
	for {
		first := j.held
		if j.held = nil; first == nil {
			select {
			case first = <-j.in:
			default:
				select {
				case first = <-j.in:
				case <-j.stopping:
					j.refuseRest()
					return
				}
			}
		}
		b := &block{raw: append(buf[:0], version)}
		b.add(first)
		for j.grow(b) {
		}
		// The committer is done with the block before this one, so its bytes may be written over.
		buf, other = other, b.raw
		if cap(buf) > 4*maxBlock {
			buf = make([]byte, 0, 256<<10)
		}
	}
}

func (b *block) add(e *entry) {
	b.entries = append(b.entries, e)
	b.events += int64(e.events)
	b.raw = append(b.raw, e.raw...)
}

// grow adds a request to the block or hands it to the committer; then it is false.
func (j *Journal) grow(b *block) bool {
	full := len(b.raw) >= maxBlock || b.events >= maxBatch-4096 || b.entries[0].alone
	if !full {
		select {
		case e := <-j.in:
			full = !j.join(b, e)
			if !full {
				return true
			}
		default:
		}
	}
	if full || len(b.raw) >= ownPack {
		j.pack(b)
		j.blocks <- b
		return false
	}
	select {
	case e := <-j.in:
		if j.join(b, e) {
			return true
		}
		j.blocks <- b
	case j.blocks <- b:
	}
	return false
}

// join adds a request that shares its row, and holds any other back.
func (j *Journal) join(b *block, e *entry) bool {
	if e.alone {
		j.held = e
		return false
	}
	b.add(e)
	return true
}

// pack compresses a block. The gatherer does it for large blocks and the committer for small ones; a block is in one hand at a time.
func (j *Journal) pack(b *block) {
	b.body = j.encoder.EncodeAll(b.raw, make([]byte, 0, len(b.raw)/4+64))
}

// refuseRest answers those who came too late.
func (j *Journal) refuseRest() {
	for {
		select {
		case e := <-j.in:
			e.done <- ErrClosed
		default:
			return
		}
	}
}

func (j *Journal) commit() {
	defer j.done.Done()
	for b := range j.blocks {
		if b.body == nil {
			j.pack(b)
		}
		err := j.write(b)
		if was := j.failing.Swap(err != nil); err != nil && !was {
			j.log.Error("journal cannot be written, events are refused until it can", "error", err)
		} else if err == nil && was {
			j.log.Info("journal can be written again")
		}
		for _, e := range b.entries {
			e.done <- err
		}
		if err == nil {
			select {
			case j.wake <- struct{}{}:
			default:
			}
		}
	}
}

func (j *Journal) write(b *block) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime)
	defer cancel()
	if j.failing.Load() { // the failed commit may have been stored after all, if only its answer was lost
		if err := j.Refresh(ctx); err != nil {
			return err
		}
	}
	row := Row{Seq: j.seq.Load() + 1, At: clock.Micros(j.clock.Now()), Events: b.events, Accepted: j.accepted.Load() + b.events, Body: b.body}
	if err := j.store.Append(ctx, row); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	j.seq.Store(row.Seq)
	j.accepted.Store(row.Accepted)
	return nil
}

// Read gives rows after seq in order: at least one if there is one, then more until they hold maxEvents.
func (j *Journal) Read(ctx context.Context, after int64, maxEvents int64) ([]Row, error) {
	return j.store.Read(ctx, after, maxEvents)
}

// TimeAfter gives the time of the first row after seq, 0 where there is none.
func (j *Journal) TimeAfter(ctx context.Context, seq int64) (int64, error) {
	return j.store.TimeAfter(ctx, seq)
}

// Unpack gives the block of a row. It appends to dst.
func (j *Journal) Unpack(dst []byte, body []byte) ([]byte, error) {
	out, err := j.decoder.DecodeAll(body, dst)
	if err != nil {
		return nil, fmt.Errorf("unpack journal row: %w", err)
	}
	return out, nil
}

// Erase rewrites the row seq without the records that match.
func (j *Journal) Erase(ctx context.Context, seq int64, match func(index int, h *Header, r *Record) bool) error {
	rows, err := j.store.Read(ctx, seq-1, 1)
	if err != nil || len(rows) == 0 || rows[0].Seq != seq {
		return err
	}
	raw, err := j.Unpack(nil, rows[0].Body)
	if err != nil {
		return err
	}
	out, changed, err := Erase(raw, match)
	if err != nil || !changed {
		return err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("make compressor: %w", err)
	}
	return j.store.Rewrite(ctx, seq, enc.EncodeAll(out, nil))
}
