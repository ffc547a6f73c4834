package ingest

import (
	"context"
	"errors"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// remembering is how a step of imported events is applied: as all others, and what it does is kept.
type remembering struct {
	Customers
	Orders
	orders []order.Former
	people *customer.Formers
}

// ResolveAnd remembers what is done to customers.
func (r *remembering) ResolveAnd(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, error) {
	out, formers, err := r.Customers.ResolveRemembering(ctx, tx, signals, then)
	r.people = formers
	return out, err
}

// Apply remembers what is done to orders.
func (r *remembering) Apply(ctx context.Context, tx *sqldb.Tx, changes []order.Change) (order.Touched, error) {
	t, err := r.Orders.ApplyRemembering(ctx, tx, changes)
	r.orders = append(r.orders, t.Formers...)
	return t, err
}

// rows names the step's journal rows and when the events lie that were taken from them.
func (w *work) rows() []warehouse.Row {
	var out []warehouse.Row
	for seq := w.first; seq <= w.last; seq++ {
		out = append(out, warehouse.Row{Seq: seq, FromAt: warehouse.LatestAt, UntilAt: warehouse.EarliestAt}) // none
	}
	for i := range w.events {
		e := &w.events[i]
		r := &out[warehouse.SeqOf(e.EventID)-w.first]
		r.FromAt, r.UntilAt = min(r.FromAt, e.At), max(r.UntilAt, e.At)
	}
	return out
}

// together tells how many of the parts make one step: events of an import are applied apart from all others.
func together(parts []*part) int {
	n := 1
	for n < len(parts) && parts[n].importID == parts[0].importID {
		n++
	}
	return n
}

// apart is a wish to change what is stored while nothing is being applied.
type apart struct {
	fn   func(tx *sqldb.Tx) error
	done chan error
}

var errStopped = errors.New("events are not applied any more")

// Apart runs fn in a transaction at a moment when the warehouse has everything that was applied and everything that changed hands, so that what fn reads there
// is how things stand. Nothing is applied meanwhile.
func (s *Service) Apart(ctx context.Context, fn func(tx *sqldb.Tx) error) error {
	a := &apart{fn: fn, done: make(chan error, 1)}
	select {
	case s.aparts <- a:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.over:
		return errStopped
	}
	select {
	case err := <-a.done:
		return err
	case <-s.over:
	}
	select {
	case err := <-a.done:
		return err
	default:
		return errStopped
	}
}

// grant does what was wished for, and is false where it must wait for a step that takes along what changed hands.
func (s *Service) grant(ctx context.Context, a *apart) bool {
	if !s.pending.rest(ctx) {
		return false
	}
	n, err := countMoves(ctx, s.DB)
	if err == nil && n > 0 {
		s.nudge()
		return false
	}
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := a.fn(tx); err != nil {
				return err
			}
			return s.crash("apart.commit")
		})
	}
	if err == nil {
		err = s.crash("apart.committed")
	}
	a.done <- err
	return true
}

// Find tells how many events of an import's rows the warehouse has, and what they did to carts. It belongs into Apart, before anything is locked: it reads by
// connections of its own.
func (s *Service) Find(ctx context.Context, rows []warehouse.Row) (events int64, carts []order.CartOp, err error) {
	for i := range rows {
		owners, err := s.ownersOf(ctx, &rows[i])
		if err != nil {
			return 0, nil, err
		}
		events += int64(len(owners))
		parts, err := s.partsOf(ctx, rows[i].Seq, rows[i].Seq)
		if err != nil {
			return 0, nil, err
		}
		for k := range parts[0].events {
			parsed := parts[0].shopping[k].parsed
			if owner := owners[parts[0].events[k].EventID]; owner != 0 && len(parsed.Carts) > 0 {
				parsed.SetCustomer(owner)
				carts = append(carts, parsed.Carts...)
			}
		}
	}
	return events, carts, nil
}

// TakeBack takes the events of an import's rows back: out of carts (as found) and refused events at once, and out of the warehouse with the next step. Customers
// and orders are the caller's. It belongs into Apart.
func (s *Service) TakeBack(ctx context.Context, tx *sqldb.Tx, rows []warehouse.Row, carts []order.CartOp) error {
	for i := range rows {
		if err := takeBackRow(ctx, tx, &rows[i]); err != nil {
			return err
		}
	}
	if err := s.Orders.UndoCarts(ctx, tx, carts); err != nil {
		return err
	}
	st := step{gone: rows}
	if err := saveMoves(ctx, tx, s.IDs.New(), st.encode()); err != nil {
		return err
	}
	tx.OnCommit(s.nudge)
	return nil
}

// leftPage is how many events of one person are read at a time.
const leftPage = 5000

// Left tells what remains of a customer's events without those of some journal rows. Since counts from behind a row.
func (s *Service) Left(ctx context.Context, who id.ID, without func(seq int64) bool, behind int64) (customer.Left, error) {
	out := customer.Left{Devices: map[string]bool{}, Named: map[string]int64{}}
	q := warehouse.PersonQuery{Limit: leftPage}
	for {
		events, err := s.Warehouse.Person(ctx, who, q)
		if err != nil {
			return out, err
		}
		for i := range events {
			e := &events[i]
			seq := warehouse.SeqOf(e.EventID)
			if without(seq) {
				continue
			}
			out.Any, out.Since = true, out.Since || seq > behind
			switch { // newest first: the earliest stays
			case e.AnonymousID == "":
			case e.UserID == "":
				out.Devices[e.AnonymousID] = true
			default:
				out.Named[e.AnonymousID] = e.At
			}
			if out.First = e.At; out.Last == 0 && e.SessionID != 0 {
				out.Last = e.At
			}
		}
		if len(events) < leftPage {
			return out, nil
		}
		last := &events[len(events)-1]
		q.Before = warehouse.Place{At: last.At, EventID: last.EventID, Set: true}
	}
}
