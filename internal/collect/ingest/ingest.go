// Package ingest takes in events: it answers for them, keeps them, and makes profiles, orders and figures of them.
//
//	request ─► door: verdict on each event ─► journal: one synced row for all that arrive together ─► 200
//	                                             │
//	           journal rows in order ─► parsed side by side ─► duplicates out ─► one transaction: identities, moves, products,
//	           orders, carts, totals, refused events, how far (ingest_state), what was decided (warehouse_queue)
//	                                             │
//	           warehouse_queue ─► warehouse: append, visits ─► queue row gone
//
// Every hand-over is durable and can be repeated: a step is whole journal rows, and its place in ingest_state, in warehouse_queue and in the
// warehouse tells what is still to be done after a crash. Rows hold what came; decisions (whose event, which visit) are kept beside
// them only until the warehouse has them. What the warehouse holds can be made again from the journal (Rebuild).
//
// A message is one event however often it comes: (source, message id) within 30 days of receipt decides. Order of arrival
// decides nothing else: time is the event's own (event.At), and the services below fold by it.
//
// What comes in can be watched (watch), and each event can be asked for: as it came, and what was made of it (Trace). A refused event can be sent
// again when the cause is gone (SendAgain): it goes into the journal once more, as a request of its own that says which event it was, so that what
// follows is the way of any event; its message id keeps it from counting twice, however often it is sent.
//
// Events of an import have journal rows of their own and are applied in steps of their own, which remember what they did (Remember). So they can be taken back, in the
// reverse order (Apart, TakeBack): journal_undone keeps which rows were, and the order to remove their events from the warehouse goes there with the next step, behind
// everything that could still hold them.
//
// Invariants: accepted == applied + refused + duplicates when nothing waits; what was answered with 200 is applied in the end or stands
// in refused_events with a reason. The numbers shown move when the warehouse has the events too.
// Announces nothing itself; customer, order and catalog announce in its transaction.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/collect/ingest/watch"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/disk"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Deps is what the service needs.
type Deps struct {
	DB      *sqldb.DB
	Journal journal.Store // journal.Open beside SQLite, journal.Within on PostgreSQL; the service closes it
	IDs     *id.Source
	Clock   clock.Clock
	Log     *slog.Logger
	Version string

	Keys      Keys
	Customers Customers
	Orders    Orders
	Consents  Consents
	Catalog   Catalog
	Warehouse warehouse.Warehouse
	Names     Names
	// People finds customers by an address or an id, for who watches one person's events.
	People func(ctx context.Context, text string) ([]id.ID, error)
	// Remember keeps what the events of some journal rows of an import did, in the transaction that applied them; nil where none are ever taken back. Carts need
	// nothing: they are folded from operations, which the rows tell.
	Remember func(ctx context.Context, tx *sqldb.Tx, importID id.ID, rows []warehouse.Row, orders []order.Former, people *customer.Formers) error
	// Audit puts it on record when people send refused events again.
	Audit func(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error
	// Reporting gives the one currency and zone of all figures; it must not use the pool.
	Reporting func() (currency string, zone *time.Location)
	// MaxInFlight bounds the bytes of requests that are being read or wait for the journal; beyond it the answer is 429. 0 chooses.
	MaxInFlight int64
	// Disk says when there is no room for more; nil: never.
	Disk *disk.Guard
	// Crash is asked at every hand-over in crash tests; an error stops the service dead at that point. nil in life.
	Crash func(point string) error
}

// Service holds the doors and the applier.
type Service struct {
	Deps
	journal *journal.Journal

	filter    filter // the applier's, as are the next four
	sights    sights
	meanwhile []sighted
	seq       int64
	built     chan *filter

	pending pendingSteps
	flushed atomic.Int64 // the warehouse has the steps up to it, which still stand in its queue; 0: none
	steps   chan *step
	visible tally
	watched watch.Desk
	aparts  chan *apart
	over    chan struct{} // nothing is applied any more

	inFlight atomic.Int64
	dead     atomic.Bool
	started  atomic.Bool
	cancel   context.CancelFunc
	stopRead context.CancelFunc
	running  sync.WaitGroup
}

// tally are the counters shown.
type tally struct {
	mu     sync.Mutex
	counts counts
	seq    int64 // last journal row that is visible everywhere
}

func (t *tally) add(c counts, seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.add(c)
	t.seq = max(t.seq, seq)
}

func (t *tally) get() (counts, int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts, t.seq
}

const defaultInFlight = 64 << 20

// New gives a Service.
func New(d Deps) (*Service, error) {
	if d.MaxInFlight == 0 {
		d.MaxInFlight = defaultInFlight
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	j, err := journal.New(d.Journal, d.Clock, d.Log)
	if err != nil {
		return nil, err
	}
	s := &Service{Deps: d, journal: j, built: make(chan *filter, 1), steps: make(chan *step, 64),
		aparts: make(chan *apart), over: make(chan struct{})}
	s.pending.freed = make(chan struct{}, 1)
	return s, nil
}

var errCrash = errors.New("stopped at a crash point")

// crash lets a test stop everything here.
func (s *Service) crash(point string) error {
	if s.Crash == nil {
		return nil
	}
	if s.dead.Load() {
		return errCrash
	}
	if err := s.Crash(point); err != nil {
		s.dead.Store(true)
		s.cancel()
		return errCrash
	}
	return nil
}

// Start opens the doors and takes up what an earlier run left. Doors answer from its return on; what was left is worked off
// behind them.
func (s *Service) Start(ctx context.Context) error {
	if err := s.Names.Load(ctx); err != nil {
		return err
	}
	st, err := loadState(ctx, s.DB)
	if err != nil {
		return err
	}
	queue, err := listQueue(ctx, s.DB)
	if err != nil {
		return err
	}
	if err := s.journal.Start(ctx); err != nil {
		return err
	}
	if last, _ := s.journal.Last(); last < st.seq {
		s.journal.Stop()
		return fmt.Errorf("the journal ends at row %d, but rows up to %d have been applied: journal.db is older than the database", last, st.seq)
	}
	s.seq = st.seq
	shown, seq := counts{st.applied, st.refused, st.duplicates}, st.seq
	for i, q := range queue {
		shown.add(counts{-q.counts.applied, -q.counts.refused, -q.counts.duplicates})
		if i == 0 {
			seq = q.first - 1
		}
	}
	if have, err := s.Warehouse.Applied(ctx); err != nil || have < seq {
		s.journal.Stop()
		if err != nil {
			return fmt.Errorf("ask the warehouse how far it is: %w", err)
		}
		return errs.New(errs.Conflict, "warehouse.behind", "The warehouse holds batches up to %d of %d: it was taken away, or a rebuild was broken off. "+
			"Run: rapport rebuild warehouse --data DIR", have, seq)
	}
	s.visible.add(shown, seq)
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.cancel = cancel
	reading, stopRead := context.WithCancel(run)
	s.stopRead = stopRead
	s.running.Add(3)
	go s.rebuildFilter(run)
	go s.flush(run)
	go s.takeUp(run, reading, queue)
	s.started.Store(true)
	return nil
}

// takeUp hands over what was left, then lets the applier begin.
func (s *Service) takeUp(run, reading context.Context, queue []queued) {
	defer s.running.Done()
	for try := 1; len(queue) > 0; try++ {
		steps, err := s.recoverQueue(run, queue)
		if err == nil {
			for _, st := range steps {
				s.pending.add(st)
				for i := range st.events {
					s.remember(st.events[i].MessageHash, st.events[i].ReceivedAt)
				}
			}
			for _, st := range steps {
				select {
				case s.steps <- st:
				case <-run.Done():
				}
			}
			break
		}
		if run.Err() != nil {
			break
		}
		s.retryLater(run, "take up what was left", err, try)
	}
	if run.Err() != nil {
		close(s.steps)
		close(s.over)
		return
	}
	parts := make(chan []*part, 1)
	s.running.Add(2)
	go s.read(reading, s.seq, parts)
	go s.apply(run, parts)
	if n, err := countMoves(run, s.DB); err == nil && n > 0 {
		s.nudge()
	}
}

// Stop closes the doors and waits until everything accepted is applied and in the warehouse, or until ctx ends: what is left then is
// taken up at the next start. It closes the journal.
func (s *Service) Stop(ctx context.Context) error {
	if !s.started.Load() {
		return s.Journal.Close()
	}
	s.journal.Stop()
	err := s.Drain(ctx)
	s.stopRead()
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	s.cancel()
	<-done
	return errors.Join(err, s.Journal.Close())
}

// Drain waits until everything accepted so far is visible everywhere.
func (s *Service) Drain(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	want, _ := s.journal.Last()
	for {
		_, seq := s.visible.get()
		if seq >= want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("journal rows %d to %d are still to be applied: %w", seq+1, want, ctx.Err())
		case <-tick.C:
			if s.dead.Load() {
				return errCrash
			}
		}
	}
}

// Status is how far the work is.
type Status struct {
	Accepted, Applied, Refused, Duplicates int64
	Lag                                    time.Duration // age of the oldest event that is not visible yet
	JournalFails                           bool
}

// Status gives the counters.
func (s *Service) Status(ctx context.Context) (Status, error) {
	c, seq := s.visible.get() // before accepted, so that the sum is never ahead of it
	_, accepted := s.journal.Last()
	out := Status{Accepted: accepted, Applied: c.applied, Refused: c.refused, Duplicates: c.duplicates, JournalFails: s.journal.Failing()}
	if c.applied+c.refused+c.duplicates >= accepted {
		return out, nil
	}
	at, err := s.journal.TimeAfter(ctx, seq)
	if err == nil && at != 0 {
		out.Lag = max(0, s.Clock.Now().Sub(clock.FromMicros(at)))
	}
	return out, err
}
