package ingest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

const (
	maxStep    = 10_000  // events applied in one transaction, about
	maxPending = 120_000 // events that may wait in memory for the warehouse
	// gather is how long events of a slow stream wait for company: a transaction costs the same for one event and for a hundred.
	gather = 150 * time.Millisecond
	// remember is how long a message id is known: a message received again within it is a duplicate.
	remember = 30 * 24 * time.Hour
)

// apply takes parts in order, each list in one transaction, until there are no more.
func (s *Service) apply(ctx context.Context, in <-chan []*part) {
	defer s.running.Done()
	defer close(s.steps)
	defer close(s.over)
	var waiting *apart
	for {
		asked := s.aparts
		if waiting != nil {
			asked = nil
		}
		select {
		case parts, ok := <-in:
			if !ok {
				return
			}
			for n := 0; len(parts) > 0; parts = parts[n:] {
				n = together(parts)
				if !s.applyUntilDone(ctx, parts[:n]) {
					return
				}
			}
		case waiting = <-asked:
		}
		if waiting != nil && s.grant(ctx, waiting) {
			waiting = nil
		}
		if ctx.Err() != nil {
			return
		}
	}
}

func (s *Service) applyUntilDone(ctx context.Context, parts []*part) bool {
	for try := 1; ; try++ {
		st, err := s.applyOnce(ctx, parts)
		if err == nil {
			s.show(parts, st)
			return s.hand(ctx, st)
		}
		if ctx.Err() != nil || s.dead.Load() {
			return false
		}
		s.retryLater(ctx, "apply events", err, try)
		// The answer to a commit may have been lost although it was made; then the decisions at hand are the stored ones.
		if now, err := loadState(ctx, s.DB); err == nil && st != nil && now.seq == st.last {
			s.show(parts, st)
			return s.hand(ctx, st)
		}
		if try%isolateAfter == 0 {
			s.isolate(ctx, parts, err)
		}
	}
}

// hand gives an applied step to the flusher, once there is room.
func (s *Service) hand(ctx context.Context, st *step) bool {
	s.seq = st.last
	s.pending.add(st)
	for i := range st.events {
		s.remember(st.events[i].MessageHash, st.events[i].ReceivedAt)
	}
	if s.crash("apply.committed") != nil {
		return false
	}
	select {
	case s.steps <- st:
	case <-ctx.Done():
		return false
	}
	return s.pending.room(ctx)
}

// applyOnce makes one attempt. The step is given back with an error too, where the transaction was begun.
func (s *Service) applyOnce(ctx context.Context, parts []*part) (*step, error) {
	s.adopt()
	twice, err := s.findDuplicates(ctx, parts)
	if err != nil {
		return nil, err
	}
	w := gatherStep(parts, twice)
	if err := s.crash("apply.begin"); err != nil {
		return nil, err
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := s.decide(ctx, tx, w); err != nil {
			return err
		}
		return s.crash("apply.commit")
	})
	return w.step, err
}

// work is a step in the making.
type work struct {
	*step
	signals  []customer.Signal
	shopping []shopping
	refused  []refused
	settled  []settled
	importID id.ID // whose events these are; 0: nobody will want to take them back
}

// settled is what became of a refused event that was sent again.
type settled struct {
	origin  int64
	outcome string
}

// gatherStep joins the parts without duplicates.
func gatherStep(parts []*part, twice map[int64]bool) *work {
	n := 0
	for _, p := range parts {
		n += len(p.events)
	}
	w := &work{step: &step{first: parts[0].seq, last: parts[len(parts)-1].seq, events: make([]warehouse.Event, 0, n)},
		signals: make([]customer.Signal, 0, n), shopping: make([]shopping, 0, n), importID: parts[0].importID}
	for _, p := range parts {
		i, base := 0, len(w.fates)
		for _, f := range p.fates {
			if f == fateApplied {
				e := &p.events[i]
				if twice != nil && twice[e.EventID] {
					f = fateDuplicate
				} else {
					w.events = append(w.events, *e)
					w.signals = append(w.signals, p.signals[i])
					w.shopping = append(w.shopping, p.shopping[i])
				}
				i++
			}
			switch f {
			case fateApplied:
				w.counts.applied++
			case fateRefused:
				w.counts.refused++
			case fateDuplicate:
				w.counts.duplicates++
			}
			w.fates = append(w.fates, f)
		}
		w.refused = append(w.refused, p.refused...)
		for _, a := range p.again {
			switch w.fates[base+a.index] {
			case fateApplied:
				w.settled = append(w.settled, settled{origin: a.origin, outcome: Applied})
			case fateDuplicate:
				w.settled = append(w.settled, settled{origin: a.origin, outcome: Duplicate})
			}
		}
	}
	return w
}

// decide does all that one step means in the operational store, in the caller's transaction.
func (s *Service) decide(ctx context.Context, tx *sqldb.Tx, w *work) error {
	w.moves, w.spans, w.gone = w.moves[:0], w.spans[:0], w.gone[:0]
	customers, orders := s.Customers, s.Orders
	var remember *remembering
	if w.importID != 0 && s.Remember != nil {
		remember = &remembering{Customers: customers, Orders: orders}
		customers, orders = remember, remember
	}
	_, err := customers.ResolveAnd(ctx, tx, w.signals, func(r *customer.Resolved) ([]customer.Totals, error) {
		for i, v := range r.Verdicts {
			e := &w.events[i]
			e.CustomerID, e.SessionID, e.SessionStart = v.CustomerID, v.SessionID, v.SessionStart
		}
		// Nobody else changes identities until this transaction ends: all moves made before ours are visible.
		if err := s.follow(ctx, tx, w); err != nil {
			return nil, err
		}
		w.follow(r)
		totals := map[id.ID]order.Totals{}
		if err := s.move(ctx, tx, r, totals); err != nil {
			return nil, err
		}
		if err := s.shop(ctx, tx, w, orders, totals); err != nil {
			return nil, err
		}
		return sums(totals), nil
	})
	if err != nil {
		return fmt.Errorf("apply events: %w", err)
	}
	if remember != nil {
		if err := s.Remember(ctx, tx, w.importID, w.rows(), remember.orders, remember.people); err != nil {
			return err
		}
	}
	if err := s.Names.Learn(ctx, tx, w.events); err != nil {
		return err
	}
	if err := saveRefused(ctx, tx, s.IDs, w.refused); err != nil {
		return err
	}
	if err := settle(ctx, tx, w.settled, clock.Micros(s.Clock.Now())); err != nil {
		return err
	}
	if seq := s.flushed.Load(); seq > 0 {
		if err := dequeue(ctx, tx, seq); err != nil {
			return err
		}
	}
	q := queued{first: w.first, last: w.last, counts: w.counts, decisions: w.encode()}
	if err := enqueue(ctx, tx, &q); err != nil {
		return err
	}
	return advanceState(ctx, tx, w.first-1, w.last, w.counts)
}

// follow adds to a step what changed hands.
func (s *step) follow(r *customer.Resolved) {
	for _, m := range r.Moves {
		s.moves = append(s.moves, warehouse.Move{Seq: s.first, From: m.From, To: m.To, AnonymousID: m.AnonymousID, Email: m.Email,
			FromAt: m.FromAt, UntilAt: m.UntilAt})
	}
	for _, p := range r.Resession {
		s.spans = append(s.spans, warehouse.PersonSpan{CustomerID: p.CustomerID, FromAt: p.FromAt, UntilAt: p.UntilAt})
	}
}

// follow adds to the step what others let change hands since the last one.
func (s *Service) follow(ctx context.Context, tx *sqldb.Tx, w *work) error {
	waiting, err := takeMoves(ctx, tx)
	if err != nil {
		return err
	}
	for _, b := range waiting {
		m, err := restore(&queued{first: w.first, last: w.last}, nil, b)
		if err != nil {
			return err
		}
		w.moves, w.spans, w.gone = append(w.moves, m.moves...), append(w.spans, m.spans...), append(w.gone, m.gone...)
	}
	return nil
}

// Moved lets the warehouse follow when something else than an event, an import say, made customers change hands. Orders and consents are the
// caller's. It belongs into the transaction of that change.
func (s *Service) Moved(ctx context.Context, tx *sqldb.Tx, r customer.Resolved) error {
	var st step
	st.follow(&r)
	if len(st.moves)+len(st.spans) == 0 {
		return nil
	}
	if err := saveMoves(ctx, tx, s.IDs.New(), st.encode()); err != nil {
		return err
	}
	tx.OnCommit(s.nudge)
	return nil
}

// Follow makes everything stored follow customers who changed hands outside of events: orders, consents, totals and the warehouse.
func (s *Service) Follow(ctx context.Context, tx *sqldb.Tx, r customer.Resolved) error {
	totals := map[id.ID]order.Totals{}
	if err := s.move(ctx, tx, &r, totals); err != nil {
		return err
	}
	if err := s.Customers.SetTotals(ctx, tx, sums(totals)); err != nil {
		return fmt.Errorf("set totals: %w", err)
	}
	return s.Moved(ctx, tx, r)
}

// nudge brings about a step without events, which takes along the moves that wait.
func (s *Service) nudge() {
	go func() {
		raw := journal.AppendHeader(nil, &journal.Header{ReceivedAt: clock.Micros(s.Clock.Now())}, 0)
		if err := s.journal.Append(context.Background(), raw, 0); err != nil {
			s.Log.Warn("moved customers wait for the next event", "error", err)
		}
	}()
}

// move lets orders and consents that are stored change hands.
func (s *Service) move(ctx context.Context, tx *sqldb.Tx, r *customer.Resolved, totals map[id.ID]order.Totals) error {
	for _, m := range r.Moves {
		var t order.Touched
		var err error
		if m.Email != "" && m.AnonymousID == "" {
			t, err = s.Orders.MoveByEmail(ctx, tx, m.From, m.To, m.Email)
		} else {
			t, err = s.Orders.Move(ctx, tx, m.From, m.To, m.AnonymousID, m.FromAt, m.UntilAt)
		}
		if err != nil {
			return fmt.Errorf("move orders: %w", err)
		}
		order.Keep(totals, t.Totals)
		if m.Email == "" && m.AnonymousID == "" {
			if err := s.Consents.Move(ctx, tx, m.From, m.To); err != nil {
				return fmt.Errorf("move consents: %w", err)
			}
		}
	}
	return nil
}

// shop keeps what the step says about products, orders and carts.
func (s *Service) shop(ctx context.Context, tx *sqldb.Tx, w *work, orders Orders, totals map[id.ID]order.Totals) error {
	var seen []catalog.Sighting
	var changes []order.Change
	var carts []order.CartOp
	for i := range w.shopping {
		sh := &w.shopping[i]
		if len(sh.seen) == 0 && len(sh.parsed.Changes) == 0 && len(sh.parsed.Carts) == 0 {
			continue
		}
		sh.parsed.SetCustomer(w.events[i].CustomerID)
		for j := range sh.seen {
			if s.sights.news(&sh.seen[j]) {
				seen = append(seen, sh.seen[j])
			}
		}
		changes = append(changes, sh.parsed.Changes...)
		carts = append(carts, sh.parsed.Carts...)
	}
	if len(seen) > 0 {
		if err := s.Catalog.See(ctx, tx, seen); err != nil {
			return fmt.Errorf("see products: %w", err)
		}
		tx.OnCommit(func() { s.sights.keep(seen) })
	}
	if len(changes) > 0 {
		find, err := s.Catalog.Resolver(ctx, tx, lineSightings(changes))
		if err != nil {
			return fmt.Errorf("find products: %w", err)
		}
		for i := range changes {
			changes[i].SetProducts(find)
		}
		t, err := orders.Apply(ctx, tx, changes)
		if err != nil {
			return fmt.Errorf("apply orders: %w", err)
		}
		order.Keep(totals, t.Totals)
	}
	if len(carts) > 0 {
		if err := s.Orders.ApplyCarts(ctx, tx, carts); err != nil {
			return fmt.Errorf("apply carts: %w", err)
		}
	}
	return nil
}

func lineSightings(changes []order.Change) []catalog.Sighting {
	var out []catalog.Sighting
	for i := range changes {
		o := changes[i].Order
		if o == nil {
			continue
		}
		for j := range o.Lines {
			if l := &o.Lines[j]; l.ProductKey != "" || l.SKU != "" {
				out = append(out, catalog.Sighting{ShopID: changes[i].ShopID, Key: l.ProductKey, SKU: l.SKU, Name: l.Name, At: o.ContentAt})
			}
		}
	}
	return out
}

// sums gives totals in the order of customers.
func sums(totals map[id.ID]order.Totals) []customer.Totals {
	out := make([]customer.Totals, 0, len(totals))
	for _, who := range slices.Sorted(maps.Keys(totals)) {
		out = append(out, customer.Totals(totals[who]))
	}
	return out
}

// retryLater waits longer after each failure; what failed is in the journal and is not lost.
func (s *Service) retryLater(ctx context.Context, what string, err error, try int) {
	if ctx.Err() != nil || s.dead.Load() {
		return
	}
	if try == 1 || try%10 == 0 {
		s.Log.Error("events wait in the journal", "step", what, "error", err, "attempt", try)
	}
	wait := min(5*time.Second, 50*time.Millisecond<<min(try-1, 7))
	select {
	case <-ctx.Done():
	case <-time.After(wait):
	}
}
