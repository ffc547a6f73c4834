package importer

import (
	"context"
	"fmt"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Remember keeps what the events of some journal rows of an import did, in the transaction that applied them. It is a chunk like any other.
func (s *Service) Remember(ctx context.Context, tx *sqldb.Tx, which id.ID, rows []warehouse.Row, orders []order.Former, people *customer.Formers) error {
	i, ok, err := selectImport(ctx, tx, which)
	if err != nil || !ok {
		return err
	}
	c := changes{Orders: orders, People: people, Rows: rows}
	body, err := c.pack()
	if err != nil {
		return err
	}
	seq, err := lastChange(ctx, tx, which)
	if err != nil {
		return err
	}
	if err := insertChange(ctx, tx, which, seq+1, clock.Micros(s.Clock.Now()), body); err != nil {
		return err
	}
	i.Notes.Chunks = seq + 1
	return updateNotes(ctx, tx, &i)
}

// journalRows names the journal rows that hold the events of an import and are not taken back yet.
func (s *Service) journalRows(ctx context.Context, i *Import) (map[int64]bool, error) {
	out := map[int64]bool{}
	if !i.Kind.ofEvents() {
		return out, nil
	}
	// What came in before a stop is applied first.
	if err := s.Events.Settle(ctx); err != nil {
		return nil, err
	}
	last, err := lastChange(ctx, s.DB, i.ID)
	for seq := int64(1); seq <= last && err == nil; seq++ {
		var body []byte
		var c changes
		if body, err = selectChange(ctx, s.DB, i.ID, seq); err == nil {
			c, err = unpackChanges(body)
		}
		for _, r := range c.Rows {
			out[r.Seq] = true
		}
	}
	if err != nil {
		return nil, fmt.Errorf("look for the events of an import: %w", err)
	}
	return out, nil
}

// undoEvents takes back the events of a chunk and tells what remains of those of its people. What is read from the warehouse is read first: it takes a connection
// of its own, for which those may be waiting who wait for us.
func (s *Service) undoEvents(ctx context.Context, tx *sqldb.Tx, c *changes, mine map[int64]bool, u *Undo) (map[id.ID]customer.Left, error) {
	events, carts, err := s.Events.Find(ctx, c.Rows)
	if err != nil {
		return nil, err
	}
	left := map[id.ID]customer.Left{}
	if c.People != nil {
		people, err := s.Customers.Concerned(ctx, tx, c.People)
		if err != nil {
			return nil, err
		}
		for _, who := range people {
			if left[who], err = s.Events.Left(ctx, who, func(seq int64) bool { return mine[seq] }, c.Rows[len(c.Rows)-1].Seq); err != nil {
				return nil, err
			}
		}
	}
	u.Removed += events
	return left, s.Events.TakeBack(ctx, tx, c.Rows, carts)
}
