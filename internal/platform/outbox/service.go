package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const (
	batchSize    = 500
	pollEvery    = time.Second            // for what other programs announce; commits of this one wake the readers
	pollAlone    = 30 * time.Second       // on SQLite there is no other
	unsettledMin = 5 * time.Millisecond   // first pause when a record waits for an older transaction
	unsettledMax = 200 * time.Millisecond //
	retryMin     = 100 * time.Millisecond
	retryMax     = time.Minute
	cleanEvery   = 5 * time.Second
	leadEvery    = 2 * time.Second
)

// Deps is what the outbox needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Log   *slog.Logger
}

// Service is the outbox.
type Service struct {
	db    *sqldb.DB
	ids   *id.Source
	clock clock.Clock
	log   *slog.Logger

	idMu   sync.Mutex
	lastID int64 // 0: the floor is not read yet

	mu      sync.Mutex
	readers []*reader
	changed chan struct{} // closed and replaced whenever a cursor moves
	running bool
	cancel  context.CancelFunc
	done    chan struct{}
}

// New makes an outbox that is not started.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	return &Service{db: d.DB, ids: d.IDs, clock: d.Clock, log: d.Log, changed: make(chan struct{})}
}

// Announce writes a record in the caller's transaction; payload is encoded as JSON. Subscribers hear it after the commit.
func (s *Service) Announce(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error {
	body, ok := payload.(json.RawMessage) // a long list that its owner has written himself
	if !ok {
		var err error
		if body, err = json.Marshal(payload); err != nil {
			return fmt.Errorf("encode %s: %w", topic, err)
		}
	}
	next, err := s.nextID(ctx, tx)
	if err != nil {
		return err
	}
	at := clock.Micros(s.clock.Now())
	if _, err := tx.Exec(ctx, insertRecord.For(tx), next, topic, string(body), at); err != nil {
		return fmt.Errorf("announce %s: %w", topic, err)
	}
	tx.OnCommit(s.wakeAll)
	return nil
}

// nextID gives ids that rise even when the machine's clock was set back since the last start.
func (s *Service) nextID(ctx context.Context, tx *sqldb.Tx) (int64, error) {
	s.idMu.Lock()
	defer s.idMu.Unlock()
	if s.lastID == 0 {
		low, err := floor(ctx, tx)
		if err != nil {
			return 0, err
		}
		s.lastID = max(low, 1)
	}
	s.lastID = max(int64(s.ids.New()), s.lastID+1)
	return s.lastID, nil
}

// Subscribe adds a subscriber. Call it before Start.
func (s *Service) Subscribe(sub Subscriber) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		panic("outbox: Subscribe after Start: " + sub.Name)
	}
	topics := map[string]bool{}
	for _, t := range sub.Topics {
		topics[t] = true
	}
	s.readers = append(s.readers, &reader{s: s, sub: sub, topics: topics, wake: make(chan struct{}, 1)})
}

// Start begins to serve the subscribers and returns.
func (s *Service) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running {
		return errors.New("outbox is already started")
	}
	run, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.running, s.cancel, s.done = true, cancel, make(chan struct{})
	if s.db.Engine() == sqldb.SQLite {
		if err := s.adopt(ctx); err != nil {
			cancel()
			s.running = false
			return err
		}
		go func() {
			defer close(s.done)
			s.serve(run)
		}()
		return nil
	}
	go func() {
		defer close(s.done)
		s.leadAndServe(run)
	}()
	return nil
}

// Stop ends the subscribers after the batch each is at, or cancels them when ctx ends first.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	if !s.running {
		s.mu.Unlock()
		return nil
	}
	cancel, done := s.cancel, s.done
	s.mu.Unlock()
	cancel()
	select {
	case <-done:
	case <-ctx.Done():
		return fmt.Errorf("stop outbox: %w", ctx.Err())
	}
	s.mu.Lock()
	s.running = false
	s.mu.Unlock()
	return nil
}

// leadAndServe serves the subscribers whenever this program holds the lock.
func (s *Service) leadAndServe(ctx context.Context) {
	for ctx.Err() == nil {
		conn, err := lead(ctx, s.db)
		if err != nil || conn == nil {
			if err != nil && ctx.Err() == nil {
				s.log.Warn("outbox cannot ask for the lead, will try again", "error", err)
			}
			pause(ctx, leadEvery)
			continue
		}
		if err := s.adopt(ctx); err != nil {
			if ctx.Err() == nil {
				s.log.Warn("outbox cannot read its cursors, will try again", "error", err)
			}
			_ = resign(context.WithoutCancel(ctx), conn)
			pause(ctx, leadEvery)
			continue
		}
		term, end := context.WithCancel(ctx)
		go func() { // a lost connection is a lost lock
			defer end()
			for pause(term, leadEvery) {
				if !stillLeads(term, conn) {
					return
				}
			}
		}()
		s.serve(term)
		end()
		_ = resign(context.WithoutCancel(ctx), conn)
	}
}

// adopt reads the cursors, makes those of new subscribers and drops those of subscribers that are no more.
func (s *Service) adopt(ctx context.Context) error {
	have, err := cursors(ctx, s.db)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		for _, r := range s.readers {
			p, ok := have[r.sub.Name]
			r.mu.Lock()
			r.at, r.saved = p, p
			r.mu.Unlock()
			delete(have, r.sub.Name)
			if !ok {
				if err := saveCursor(ctx, tx, r.sub.Name, p); err != nil {
					return err
				}
			}
		}
		for name := range have {
			if err := dropCursor(ctx, tx, name); err != nil {
				return err
			}
		}
		return nil
	})
}

// serve runs every reader and the cleaner until ctx ends.
func (s *Service) serve(ctx context.Context) {
	var wg sync.WaitGroup
	for _, r := range s.readers {
		wg.Go(func() { r.run(ctx) })
	}
	wg.Go(func() {
		for pause(ctx, cleanEvery) {
			if _, err := s.clean(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("outbox cannot delete heard records, will try again", "error", err)
			}
		}
	})
	wg.Wait()
	_, err := s.clean(context.WithoutCancel(ctx))
	if err != nil {
		s.log.Warn("outbox cannot delete heard records, will try at the next start", "error", err)
	}
}

// clean saves cursors that moved over records nobody asked for and deletes what everyone has heard.
func (s *Service) clean(ctx context.Context) (int64, error) {
	if len(s.readers) == 0 {
		return 0, nil
	}
	var deleted int64
	lowest := s.readers[0].place()
	for _, r := range s.readers {
		p := r.place()
		if p.before(lowest) {
			lowest = p
		}
	}
	p, err := newest(ctx, s.db)
	if err != nil || p == (place{}) {
		return 0, err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.Tx) error {
		for _, r := range s.readers {
			if err := r.save(ctx, tx); err != nil {
				return err
			}
		}
		var err error
		deleted, err = deleteHeard(ctx, tx, lowest)
		return err
	})
	return deleted, err
}

// Drain waits until all subscribers have heard everything that is announced, including what hearing it announced.
func (s *Service) Drain(ctx context.Context) error {
	for {
		target, err := newest(ctx, s.db)
		if err != nil {
			return err
		}
		changed := s.progress()
		behind, err := s.behind(ctx, target)
		if err != nil || !behind {
			return err
		}
		s.wakeAll()
		select {
		case <-ctx.Done():
			return fmt.Errorf("drain outbox: %w", ctx.Err())
		case <-changed:
		case <-time.After(unsettledMax): // another program may be the one that serves
		}
	}
}

func (s *Service) behind(ctx context.Context, target place) (bool, error) {
	if target == (place{}) {
		return false, nil
	}
	stored, err := cursors(ctx, s.db)
	if err != nil {
		return false, err
	}
	for _, r := range s.readers {
		if r.place().before(target) && stored[r.sub.Name].before(target) {
			return true, nil
		}
	}
	return false, nil
}

// Status tells how far each subscriber is.
func (s *Service) Status(ctx context.Context) ([]Status, error) {
	stored, err := cursors(ctx, s.db)
	if err != nil {
		return nil, err
	}
	out := make([]Status, 0, len(s.readers))
	for _, r := range s.readers {
		p := r.place()
		if p.before(stored[r.sub.Name]) {
			p = stored[r.sub.Name]
		}
		n, err := countAfter(ctx, s.db, p)
		if err != nil {
			return nil, fmt.Errorf("count outbox: %w", err)
		}
		out = append(out, Status{Name: r.sub.Name, Behind: n, Error: r.failure()})
	}
	return out, nil
}

func (s *Service) wakeAll() {
	for _, r := range s.readers {
		select {
		case r.wake <- struct{}{}:
		default: // it is awake already
		}
	}
}

func (s *Service) progress() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *Service) progressed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// pause waits and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
