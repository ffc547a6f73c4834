package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/klauspost/compress/zstd"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Undo is what the undoing of an import came to, or has come to so far.
//
// What a chunk did is kept in its transaction: the ids of what it made, with a mark of how it left them, and the rows of what it found. So the
// import reads nothing more than it does anyway where everything is new, and writes a few bytes an order. The undoing goes through the chunks from the
// last to the first; each is taken back and forgotten in one transaction, so that it goes on where it was after a stop. What
// somebody changed since stays as it is, and so does a customer who has done something since.
type Undo struct {
	Removed  int64            `json:"removed"`
	Restored int64            `json:"restored" doc:"Got back what they had"`
	Kept     int64            `json:"kept" doc:"Could not be undone"`
	Reasons  map[string]int64 `json:"reasons,omitempty" doc:"Why, and how many: changed, gone, joined, active, orders, consents"`
	Examples []UndoKept       `json:"examples,omitempty" doc:"The first of them"`
}

// UndoKept is something that could not be undone.
type UndoKept struct {
	What   string `json:"what" enum:"order,customer,product"`
	ID     id.ID  `json:"id"`
	Reason string `json:"reason"`
}

const undoExamples = 20

// changes is what one chunk did.
type changes struct {
	Orders   []order.Former    `json:"orders,omitempty"`
	Made     []byte            `json:"made,omitempty"` // orders that were made: packed ids and marks
	People   *customer.Formers `json:"people,omitempty"`
	Products []catalog.Former  `json:"products,omitempty"`
	Rows     []warehouse.Row   `json:"rows,omitempty"` // of the journal, where it is a chunk of events
}

// undoable tells whether it is kept what the import changed.
func (i *Import) undoable() bool {
	switch i.Status {
	case Done, Failed, Cancelled:
		return i.Notes.Chunks > 0 && !i.DryRun
	}
	return false
}

var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
)

// pack writes changes in their stored form: zstd over JSON, orders that were made as varints.
func (c *changes) pack() ([]byte, error) {
	out := changes{People: c.People, Products: c.Products, Rows: c.Rows}
	last := id.ID(0)
	slices.SortFunc(c.Orders, func(a, b order.Former) int { return int(max(-1, min(1, a.OrderID-b.OrderID))) })
	for _, f := range c.Orders {
		if f.Before != nil || f.Left != nil {
			out.Orders = append(out.Orders, f)
			continue
		}
		out.Made = appendMade(out.Made, f.OrderID-last, f.Mark)
		last = f.OrderID
	}
	text, err := json.Marshal(&out)
	if err != nil {
		return nil, fmt.Errorf("keep what an import changed: %w", err)
	}
	return packer.EncodeAll(text, nil), nil
}

func unpackChanges(body []byte) (changes, error) {
	var c changes
	text, err := unpacker.DecodeAll(body, nil)
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err == nil {
		err = readMade(c.Made, &c.Orders)
	}
	if err != nil {
		return c, fmt.Errorf("read what an import changed: %w", err)
	}
	return c, nil
}

// Undo takes back what an import did. It comes back at once; the worker does it.
func (s *Service) Undo(ctx context.Context, which id.ID) (Import, error) {
	if err := role.Require(ctx, role.ImportRun); err != nil {
		return Import{}, err
	}
	i, err := s.Get(ctx, which)
	if err != nil {
		return i, err
	}
	switch {
	case i.DryRun:
		return i, errs.New(errs.Conflict, "import.undo_nothing", "The import was only tried; there is nothing to take back.")
	case i.undoable():
		if kept, err := countChanges(ctx, s.DB, which); err != nil {
			return i, err
		} else if kept == 0 {
			return i, errs.New(errs.Conflict, "import.undo_late", "What was there before is kept for 30 days; that time is over.")
		} else if kept < i.Notes.Chunks {
			return i, errs.New(errs.Conflict, "import.undo_late", "What was there before is kept for 30 days; for a part of this import that time is over.")
		}
	}
	if i.Status == Done && i.Notes.Chunks == 0 && i.Kind.ofEvents() && i.Created > 0 {
		return i, errs.New(errs.Conflict, "import.undo_events", "A version of Rapport imported these events that did not keep what must be known to take them back.")
	}
	if i.Status == Done && i.Notes.Chunks == 0 {
		return i, errs.New(errs.Conflict, "import.undo_nothing", "The import changed nothing; there is nothing to take back.")
	}
	i, err = s.change(ctx, which, Undoing, "import.undo_started", Done, Failed, Cancelled)
	if err == nil {
		s.nudge()
	}
	return i, err
}

// takeBack undoes an import, chunk by chunk from the last to the first.
func (s *Service) takeBack(ctx context.Context, i *Import) error {
	mine, err := s.journalRows(ctx, i)
	if err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil // goes on at the next start
		}
		more, err := s.takeBackOne(context.WithoutCancel(ctx), i, mine)
		if err != nil {
			return err
		}
		if !more {
			s.clean(i) // there where the import had not come to its end
			return nil
		}
	}
}

func (s *Service) takeBackOne(ctx context.Context, i *Import, mine map[int64]bool) (more bool, err error) {
	run := s.DB.Tx
	if i.Kind.ofEvents() {
		if err := s.Events.Settle(ctx); err != nil { // the events of the last chunk are gone everywhere
			return false, err
		}
		run = s.Events.Apart
	}
	err = run(ctx, func(tx *sqldb.Tx) error {
		seq, body, ok, err := selectLastChange(ctx, tx, i.ID)
		if err != nil {
			return err
		}
		next := *i
		next.UpdatedAt = clock.Micros(s.Clock.Now())
		if !ok {
			next.Status, next.Notes.Chunks = Undone, 0
			if err := updateUndo(ctx, tx, &next); err != nil {
				return err
			}
			*i = next
			return s.audit(ctx, tx, "import.undone", i)
		}
		more = true
		c, err := unpackChanges(body)
		if err != nil {
			return err
		}
		u, err := s.undoChunk(ctx, tx, i, &c, mine)
		if err != nil {
			return err
		}
		next.Notes.Undo, next.Notes.Chunks = i.Notes.Undo.plus(u), seq-1
		if err := deleteChange(ctx, tx, i.ID, seq); err != nil {
			return err
		}
		if err := updateUndo(ctx, tx, &next); err != nil {
			return err
		}
		*i = next
		return nil
	})
	return more, err
}

func (u *Undo) plus(v *Undo) *Undo {
	if u == nil {
		return v
	}
	out := Undo{Removed: u.Removed + v.Removed, Restored: u.Restored + v.Restored, Kept: u.Kept + v.Kept, Reasons: addSkipped(u.Reasons, v.Reasons)}
	out.Examples = append(slices.Clone(u.Examples), v.Examples...)
	out.Examples = out.Examples[:min(len(out.Examples), undoExamples)]
	return &out
}

func (u *Undo) keep(what string, which id.ID, reason string) {
	u.Kept++
	if u.Reasons == nil {
		u.Reasons = map[string]int64{}
	}
	u.Reasons[reason]++
	if len(u.Examples) < undoExamples {
		u.Examples = append(u.Examples, UndoKept{what, which, reason})
	}
}

// undoChunk takes back what one chunk did: its orders first, so that their buyers may go after them. mine are the journal rows of the import.
func (s *Service) undoChunk(ctx context.Context, tx *sqldb.Tx, i *Import, c *changes, mine map[int64]bool) (*Undo, error) {
	u := &Undo{}
	var left map[id.ID]customer.Left
	if len(c.Rows) > 0 {
		var err error
		if left, err = s.undoEvents(ctx, tx, c, mine, u); err != nil {
			return nil, fmt.Errorf("take back events: %w", err)
		}
	}
	o, err := s.Orders.Undo(ctx, tx, i.SourceID, c.Orders)
	if err != nil {
		return nil, fmt.Errorf("take back orders: %w", err)
	}
	u.Removed, u.Restored = u.Removed+o.Removed, o.Restored
	for _, k := range o.Kept {
		u.keep("order", k.ID, k.Reason)
	}
	totals := make([]customer.Totals, len(o.Totals))
	for k := range o.Totals {
		totals[k] = customer.Totals(o.Totals[k])
	}
	if err := s.Customers.SetTotals(ctx, tx, totals); err != nil {
		return nil, err
	}
	if c.People != nil {
		busy, err := s.busy(ctx, tx, i, c.People)
		if err != nil {
			return nil, err
		}
		p, err := s.Customers.Undo(ctx, tx, c.People, busy, left)
		if err != nil {
			return nil, fmt.Errorf("take back customers: %w", err)
		}
		u.Removed, u.Restored = u.Removed+p.Removed, u.Restored+p.Restored
		for _, k := range p.Kept {
			u.keep("customer", k.ID, k.Reason)
		}
	}
	p, err := s.Catalog.Undo(ctx, tx, c.Products)
	if err != nil {
		return nil, fmt.Errorf("take back products: %w", err)
	}
	u.Removed, u.Restored = u.Removed+p.Removed, u.Restored+p.Restored
	for _, k := range p.Kept {
		u.keep("product", k.ID, k.Reason)
	}
	return u, nil
}

// busy names customers who have orders, or consents that somebody else recorded.
func (s *Service) busy(ctx context.Context, tx *sqldb.Tx, i *Import, f *customer.Formers) (map[id.ID]string, error) {
	busy := map[id.ID]string{}
	if s.UndoConsents != nil {
		people := slices.Clone(f.Made)
		for _, p := range f.People {
			if f.Events != nil {
				break // events record no consents
			}
			people = append(people, p.ID)
		}
		others, err := s.UndoConsents(ctx, tx, people, i.ID)
		if err != nil {
			return nil, fmt.Errorf("take back consents: %w", err)
		}
		for c := range others {
			busy[c] = "consents"
		}
	}
	owners, err := s.Orders.Owners(ctx, tx, f.Made)
	for c := range owners {
		busy[c] = "orders"
	}
	return busy, err
}

func (c *changes) any() bool { return c.People != nil || len(c.Orders) > 0 || len(c.Products) > 0 }

// resumeUndo goes on with the undoing of an import, where it is one.
func (s *Service) resumeUndo(ctx context.Context, which id.ID) error {
	i, ok, err := selectImport(ctx, s.DB, which)
	if err != nil || !ok || i.Status != Undoing {
		return err
	}
	err = s.takeBack(ctx, &i)
	if err == nil || sqldb.IsGone(err) || sqldb.IsFull(err) {
		return err
	}
	s.Log.ErrorContext(ctx, "undoing an import failed", "import", which.String(), "error", err)
	_, err = updateStatus(ctx, s.DB, which, Undoing, "Something went wrong in the program while the import was taken back; the log tells more. It is tried again within the hour.",
		clock.Micros(s.Clock.Now()), Undoing)
	return err
}
