package ingest

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
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
	// remember is how long a message id is known: a message received again within it is a duplicate.
	remember = 30 * 24 * time.Hour
)

// read turns the journal into parts, ahead of the applier.
func (s *Service) read(ctx context.Context, after int64, out chan<- []*part) {
	defer s.running.Done()
	defer close(out)
	for try := 0; ctx.Err() == nil; {
		rows, err := s.journal.Read(ctx, after, maxStep)
		if err == nil && len(rows) == 0 {
			select {
			case <-s.journal.Wake():
			case <-ctx.Done():
			}
			continue
		}
		var parts []*part
		if err == nil {
			parts, err = s.parse(rows)
		}
		if err != nil {
			try++
			s.retryLater(ctx, "read journal", err, try)
			continue
		}
		try = 0
		after = rows[len(rows)-1].Seq
		select {
		case out <- parts:
		case <-ctx.Done():
		}
	}
}

// parse reads rows side by side and keeps their order.
func (s *Service) parse(rows []journal.Row) ([]*part, error) {
	parts := make([]*part, len(rows))
	errs := make([]error, len(rows))
	_, zone := s.Reporting()
	var next sync.Mutex
	at := 0
	work := func() {
		p := parser{zone: zone}
		for {
			next.Lock()
			i := at
			at++
			next.Unlock()
			if i >= len(rows) {
				return
			}
			block, err := s.journal.Unpack(nil, rows[i].Body)
			if err == nil {
				parts[i], err = p.row(rows[i].Seq, block, rows[i].Events)
			}
			if err != nil {
				errs[i] = fmt.Errorf("journal row %d: %w", rows[i].Seq, err)
			}
		}
	}
	var g sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rows)) - 1 {
		g.Go(work)
	}
	work()
	g.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// apply takes parts in order, each list in one transaction, until there are no more.
func (s *Service) apply(ctx context.Context, in <-chan []*part) {
	defer s.running.Done()
	defer close(s.steps)
	for parts := range in {
		if !s.applyUntilDone(ctx, parts) {
			return
		}
	}
}

func (s *Service) applyUntilDone(ctx context.Context, parts []*part) bool {
	for try := 1; ; try++ {
		st, err := s.applyOnce(ctx, parts)
		if err == nil {
			return s.hand(ctx, st)
		}
		if ctx.Err() != nil || s.dead.Load() {
			return false
		}
		s.retryLater(ctx, "apply events", err, try)
		// The answer to a commit may have been lost although it was made; then the decisions at hand are the stored ones.
		if now, err := loadState(ctx, s.DB); err == nil && st != nil && now.seq == st.last {
			return s.hand(ctx, st)
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
}

// gatherStep joins the parts without duplicates.
func gatherStep(parts []*part, twice map[int64]bool) *work {
	n := 0
	for _, p := range parts {
		n += len(p.events)
	}
	w := &work{step: &step{first: parts[0].seq, last: parts[len(parts)-1].seq, events: make([]warehouse.Event, 0, n)},
		signals: make([]customer.Signal, 0, n), shopping: make([]shopping, 0, n)}
	for _, p := range parts {
		i := 0
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
	}
	return w
}

// decide does all that one step means in the operational store, in the caller's transaction.
func (s *Service) decide(ctx context.Context, tx *sqldb.Tx, w *work) error {
	totals := map[id.ID]order.Totals{}
	w.moves, w.spans = w.moves[:0], w.spans[:0]
	if len(w.signals) > 0 {
		r, err := s.Customers.Resolve(ctx, tx, w.signals)
		if err != nil {
			return fmt.Errorf("resolve identities: %w", err)
		}
		for i, v := range r.Verdicts {
			e := &w.events[i]
			e.CustomerID, e.SessionID, e.SessionStart = v.CustomerID, v.SessionID, v.SessionStart
		}
		if err := s.move(ctx, tx, w, &r, totals); err != nil {
			return err
		}
		if err := s.shop(ctx, tx, w, totals); err != nil {
			return err
		}
	}
	if err := s.setTotals(ctx, tx, totals); err != nil {
		return err
	}
	if err := saveRefused(ctx, tx, s.IDs, w.refused); err != nil {
		return err
	}
	q := queued{first: w.first, last: w.last, counts: w.counts, decisions: w.encode()}
	if err := enqueue(ctx, tx, &q); err != nil {
		return err
	}
	return advanceState(ctx, tx, w.first-1, w.last, w.counts)
}

// move lets what is stored change hands.
func (s *Service) move(ctx context.Context, tx *sqldb.Tx, w *work, r *customer.Resolved, totals map[id.ID]order.Totals) error {
	for _, m := range r.Moves {
		w.moves = append(w.moves, warehouse.Move{Seq: w.first, From: m.From, To: m.To, AnonymousID: m.AnonymousID, Email: m.Email,
			FromAt: m.FromAt, UntilAt: m.UntilAt})
		if m.Email == "" {
			t, err := s.Orders.Move(ctx, tx, m.From, m.To, m.AnonymousID, m.FromAt, m.UntilAt)
			if err != nil {
				return fmt.Errorf("move orders: %w", err)
			}
			keepTotals(totals, t.Totals)
		}
		if m.Email == "" && m.AnonymousID == "" {
			if err := s.Consents.Move(ctx, tx, m.From, m.To); err != nil {
				return fmt.Errorf("move consents: %w", err)
			}
		}
	}
	for _, p := range r.Resession {
		w.spans = append(w.spans, warehouse.PersonSpan{CustomerID: p.CustomerID, FromAt: p.FromAt, UntilAt: p.UntilAt})
	}
	return nil
}

// shop keeps what the step says about products, orders and carts.
func (s *Service) shop(ctx context.Context, tx *sqldb.Tx, w *work, totals map[id.ID]order.Totals) error {
	var seen []catalog.Sighting
	var changes []order.Change
	var carts []order.CartOp
	for i := range w.shopping {
		sh := &w.shopping[i]
		if len(sh.seen) == 0 && len(sh.parsed.Changes) == 0 && len(sh.parsed.Carts) == 0 {
			continue
		}
		sh.parsed.SetCustomer(w.events[i].CustomerID)
		seen = append(seen, sh.seen...)
		changes = append(changes, sh.parsed.Changes...)
		carts = append(carts, sh.parsed.Carts...)
	}
	if len(seen) > 0 {
		if err := s.Catalog.See(ctx, tx, seen); err != nil {
			return fmt.Errorf("see products: %w", err)
		}
	}
	if len(changes) > 0 {
		find, err := s.Catalog.Resolver(ctx, tx, lineSightings(changes))
		if err != nil {
			return fmt.Errorf("find products: %w", err)
		}
		for i := range changes {
			changes[i].SetProducts(find)
		}
		t, err := s.Orders.Apply(ctx, tx, changes)
		if err != nil {
			return fmt.Errorf("apply orders: %w", err)
		}
		keepTotals(totals, t.Totals)
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

func keepTotals(all map[id.ID]order.Totals, some []order.Totals) {
	for _, t := range some {
		all[t.CustomerID] = t
	}
}

func (s *Service) setTotals(ctx context.Context, tx *sqldb.Tx, totals map[id.ID]order.Totals) error {
	if len(totals) == 0 {
		return nil
	}
	out := make([]customer.Totals, 0, len(totals))
	for _, t := range totals {
		out = append(out, customer.Totals(t))
	}
	slices.SortFunc(out, func(a, b customer.Totals) int { return int(a.CustomerID - b.CustomerID) })
	if err := s.Customers.SetTotals(ctx, tx, out); err != nil {
		return fmt.Errorf("set totals: %w", err)
	}
	return nil
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

// findDuplicates gives the ids of events that came before, in this step or an earlier one; nil where there are none.
func (s *Service) findDuplicates(ctx context.Context, parts []*part) (map[int64]bool, error) {
	suspects := map[int64][]*warehouse.Event{}
	since := clock.Micros(s.Clock.Now())
	fresh := map[int64]*warehouse.Event{}
	for _, p := range parts {
		for i := range p.events {
			e := &p.events[i]
			since = min(since, e.ReceivedAt)
			if s.filter.maybe(e.MessageHash) {
				suspects[e.MessageHash] = append(suspects[e.MessageHash], e)
			} else if first, again := fresh[e.MessageHash]; again {
				suspects[e.MessageHash] = append(suspects[e.MessageHash], e)
				_ = first
			} else {
				fresh[e.MessageHash] = e
			}
		}
	}
	if len(suspects) == 0 {
		return nil, nil
	}
	return s.judge(ctx, suspects, fresh, since-int64(remember/time.Microsecond))
}

// judge compares suspects word for word: with each other, with what waits for the warehouse, and with what is in it.
func (s *Service) judge(ctx context.Context, suspects map[int64][]*warehouse.Event, fresh map[int64]*warehouse.Event, since int64) (map[int64]bool, error) {
	type message struct {
		source id.ID
		id     string
	}
	have := map[message]bool{}
	for h := range suspects {
		if e := fresh[h]; e != nil {
			have[message{e.SourceID, e.MessageID}] = true
		}
	}
	s.pending.each(func(e *warehouse.Event) {
		if _, ok := suspects[e.MessageHash]; ok && e.ReceivedAt >= since {
			have[message{e.SourceID, e.MessageID}] = true
		}
	})
	hashes := make([]int64, 0, len(suspects))
	for h := range suspects {
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	known, err := s.Warehouse.Known(ctx, hashes, since)
	if err != nil {
		return nil, fmt.Errorf("look for duplicates: %w", err)
	}
	for _, k := range known {
		have[message{k.SourceID, k.MessageID}] = true
	}
	var out map[int64]bool
	for _, h := range hashes {
		for _, e := range suspects[h] { // in order of arrival: the first one stays
			m := message{e.SourceID, e.MessageID}
			if have[m] {
				if out == nil {
					out = map[int64]bool{}
				}
				out[e.EventID] = true
			}
			have[m] = true
		}
	}
	return out, nil
}
