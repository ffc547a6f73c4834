// Package duck is the embedded warehouse: DuckDB for reports and, beside it, activity.db for one person's events (see byperson).
//
// What DuckDB can and cannot do decided the rules (STORAGE 1 and 9): facts are appended and rarely changed; no index, no primary key, no
// upsert; the schema is made at start-up only and then checkpointed; instants are TIMESTAMP in UTC, never TIMESTAMPTZ.
//
// The two files cannot commit together. Each therefore holds its own sequence number, written in the same transaction as its data, and DuckDB always
// goes first: a batch that only DuckDB has is completed from the activity file's older state, in which the rows to move are still where
// they were. Applied is the smaller number. An event is taken once because its id tells the journal row it came in.
//
// What no report asks for is not written twice: the context of an event (page, browser, locale: more than half of its bytes) is in the activity
// file alone. A report that wants a part of it gets a column of its own, filled by a rebuild from the journal.
//
// One process holds both files; a second one is refused by DuckDB's lock.
package duck

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
	"rapport/internal/platform/warehouse/byperson"
)

// Config says where the files are and how much they may use.
type Config struct {
	Dir         string // holds events.duckdb, activity.db and tmp/
	MemoryLimit string // of DuckDB, "1GB" by default
	Threads     int    // min(number of processors, 4) by default
	Log         *slog.Logger
}

// Warehouse implements warehouse.Warehouse.
type Warehouse struct {
	log      *slog.Logger
	db       *database
	activity *byperson.Store
	heavy    chan struct{} // one token for each report that runs
	path     string        // of DuckDB's file
	file     *os.File      // the same, once an image was taken; closing it would give up DuckDB's lock, so it is closed last

	mu      sync.Mutex // one writer
	sources map[id.ID]bool
}

var _ warehouse.Warehouse = (*Warehouse)(nil)

// reports is how many heavy reports run at a time; each may use the whole memory limit for a while.
const reports = 2

// Open opens or makes the files.
func Open(ctx context.Context, c Config) (*Warehouse, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	db, err := openDatabase(ctx, c)
	if err != nil {
		return nil, err
	}
	activity, err := byperson.Open(ctx, activityPath(c.Dir), c.Log)
	if err != nil {
		_ = db.close()
		return nil, err
	}
	w := &Warehouse{log: c.Log, db: db, activity: activity, heavy: make(chan struct{}, reports), path: filepath.Join(c.Dir, fileName)}
	if w.sources, err = db.sources(ctx); err != nil {
		_ = w.Close()
		return nil, err
	}
	return w, nil
}

// Engine names it.
func (w *Warehouse) Engine() string { return "duckdb" }

// Mirrors is true: DuckDB cannot see the operational tables.
func (w *Warehouse) Mirrors() bool { return true }

// Applied gives the sequence that both files have reached.
func (w *Warehouse) Applied(ctx context.Context) (int64, error) {
	seq, err := w.db.applied(ctx)
	return min(seq, w.activity.Applied()), err
}

// Append stores a batch exactly once.
func (w *Warehouse) Append(ctx context.Context, b warehouse.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	reports, err := w.db.applied(ctx)
	if err != nil {
		return err
	}
	persons := w.activity.Applied()
	if b.Seq <= min(reports, persons) {
		return nil
	}
	p, err := w.plan(ctx, b, persons)
	if err != nil {
		return err
	}
	if b.Seq > reports {
		if err := w.db.append(ctx, b.Seq, p.fresh(reports), p.owners(reports), w.unseen(p.events)); err != nil {
			return err
		}
		for i := range p.events {
			w.sources[p.events[i].event.SourceID] = true
		}
	}
	return w.activity.Append(ctx, b.Seq, p.rows())
}

func (w *Warehouse) unseen(events []held) []id.ID {
	found := map[id.ID]bool{}
	var out []id.ID
	for i := range events {
		if s := events[i].event.SourceID; !w.sources[s] && !found[s] {
			found[s] = true
			out = append(out, s)
		}
	}
	return out
}

// Resession works out visits again and corrects both files. DuckDB goes first, so that what it lacks after a crash is found again.
func (w *Warehouse) Resession(ctx context.Context, spans []warehouse.PersonSpan) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.resession(ctx, spans)
}

func (w *Warehouse) resession(ctx context.Context, spans []warehouse.PersonSpan) error {
	view, err := w.activity.View(ctx)
	if err != nil {
		return err
	}
	wrong, err := warehouse.Resessioned(ctx, func(ctx context.Context, customer id.ID, q warehouse.PersonQuery) ([]warehouse.Event, error) {
		return view.Person(ctx, query(customer, q))
	}, spans)
	view.Close()
	if err != nil || len(wrong) == 0 {
		return err
	}
	if err := w.db.setSessions(ctx, wrong); err != nil {
		return err
	}
	rows := make([]byperson.Row, len(wrong))
	for i := range wrong {
		rows[i] = byperson.Row{Event: &wrong[i], Customer: wrong[i].CustomerID}
	}
	return w.activity.Append(ctx, 0, rows)
}

// Remove takes events away. DuckDB goes last: while it has them, a repetition finds what is to be done, in the other file too.
func (w *Warehouse) Remove(ctx context.Context, rows []warehouse.Row) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range rows {
		gone, err := w.db.eventsOf(ctx, &rows[i])
		if err != nil {
			return err
		}
		if len(gone) == 0 {
			continue
		}
		hide := make([]byperson.Row, len(gone))
		for k := range gone {
			hide[k] = byperson.Row{Event: &gone[k], Customer: gone[k].CustomerID, Gone: true}
		}
		if err := w.activity.Append(ctx, 0, hide); err != nil {
			return err
		}
		if err := w.resession(ctx, warehouse.SpansOf(gone)); err != nil {
			return err
		}
		if err := w.db.remove(ctx, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// Person reads one person's events.
func (w *Warehouse) Person(ctx context.Context, customer id.ID, q warehouse.PersonQuery) ([]warehouse.Event, error) {
	return w.activity.Person(ctx, query(customer, q))
}

func query(customer id.ID, q warehouse.PersonQuery) byperson.Query {
	out := byperson.Query{Customer: customer, Before: q.Before, From: q.From, To: q.To, Limit: q.Limit}
	if len(q.Kinds) > 0 || q.Name != "" {
		out.Keep = q.Matches
	}
	return out
}

// Events reads everybody's events; those of one person come from his own store.
func (w *Warehouse) Events(ctx context.Context, q warehouse.EventQuery) ([]warehouse.Event, error) {
	if q.CustomerID != 0 {
		out := byperson.Query{Customer: q.CustomerID, Before: q.Before, From: q.From, To: q.To, Limit: q.Limit}
		if q.MessageID != "" || q.Name != "" || q.Kind != "" {
			out.Keep = q.Matches
		}
		return w.activity.Person(ctx, out)
	}
	events, err := w.db.events(ctx, q)
	if err != nil || len(events) == 0 {
		return events, err
	}
	return events, w.addContexts(ctx, events)
}

// addContexts takes the contexts of events from the activity file, which alone has them. An event that is being written at this moment, and
// is in one file only, stays without.
func (w *Warehouse) addContexts(ctx context.Context, events []warehouse.Event) error {
	view, err := w.activity.View(ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	for i := range events {
		e := &events[i]
		found, err := view.Person(ctx, byperson.Query{Customer: e.CustomerID, From: e.At, Limit: 1,
			Before: warehouse.Place{At: e.At, EventID: e.EventID + 1, Set: true}})
		if err != nil {
			return err
		}
		if len(found) > 0 && found[0].EventID == e.EventID {
			e.Context = found[0].Context
		}
	}
	return nil
}

// Known gives the stored messages with one of the hashes.
func (w *Warehouse) Known(ctx context.Context, hashes []int64, receivedSince int64) ([]warehouse.Seen, error) {
	return w.db.known(ctx, hashes, receivedSince)
}

// Hashes gives the hashes of all messages received since.
func (w *Warehouse) Hashes(ctx context.Context, receivedSince int64, fn func([]int64) error) error {
	return w.db.hashes(ctx, receivedSince, fn)
}

// Upsert replaces mirrored rows.
func (w *Warehouse) Upsert(ctx context.Context, table string, keys []int64, rows [][]any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.db.upsert(ctx, table, keys, rows)
}

// Query runs a report when fewer than two others run.
func (w *Warehouse) Query(ctx context.Context, text string, args ...any) (warehouse.Rows, error) {
	select {
	case w.heavy <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	rows, err := w.db.query(ctx, text, args...)
	if err != nil {
		<-w.heavy
		return nil, err
	}
	return &gated{Rows: rows, free: sync.OnceFunc(func() { <-w.heavy })}, nil
}

// Peek reads without waiting for reports.
func (w *Warehouse) Peek(ctx context.Context, text string, args ...any) (warehouse.Rows, error) {
	return w.db.query(ctx, text, args...)
}

type gated struct {
	warehouse.Rows
	free func()
}

func (g *gated) Close() error {
	defer g.free()
	return g.Rows.Close()
}

// Reset forgets everything. The activity file goes first: while DuckDB still has its rows, Applied already says that nothing is stored.
func (w *Warehouse) Reset(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.activity.Reset(ctx); err != nil {
		return err
	}
	w.sources = map[id.ID]bool{}
	return w.db.reset(ctx)
}

// Idle gives back memory.
func (w *Warehouse) Idle(ctx context.Context) { w.activity.Idle(ctx) }

// Close ends everything; a log that DuckDB has not merged yet is merged now.
func (w *Warehouse) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	err := w.activity.Close()
	if e := w.db.close(); err == nil {
		err = e
	}
	if w.file != nil {
		_ = w.file.Close()
	}
	return err
}
