package order

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/zeebo/xxh3"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Former is what must be known to take back what a batch did to one order.
type Former struct {
	OrderID id.ID           `json:"o"`
	Mark    uint32          `json:"m"`           // how the batch left it
	Left    *Left           `json:"l,omitempty"` // of an order that was there before, or of which no file speaks
	Before  json.RawMessage `json:"b,omitempty"` // its rows before; empty: the batch created it
}

// Left is what else is known of how a batch left an order that was there before.
type Left struct {
	CustomerID id.ID `json:"c"`
	SourceID   id.ID `json:"s"`
	ContentAt  int64 `json:"a"`
}

// Kept is something that an undo leaves as it is, and why.
type Kept struct {
	ID     id.ID
	Reason string // gone | changed
}

// Undone is what an undo came to. The caller passes Touched.Totals on to the customers, as with Apply.
type Undone struct {
	Touched
	Removed, Restored int64
	Kept              []Kept
}

// Remember asks ApplyKnown to give Formers, so that what it does can be taken back.
func (k *Known) Remember() { k.remember = true }

// ApplyRemembering is Apply that gives Formers.
func (s *Service) ApplyRemembering(ctx context.Context, tx *sqldb.Tx, changes []Change) (Touched, error) {
	known, err := s.Look(ctx, tx, changes)
	if err != nil {
		return Touched{}, err
	}
	known.Remember()
	return s.ApplyKnown(ctx, tx, changes, known)
}

// UndoCarts takes operations out of the carts that they are in, within the caller's transaction. Each names the customer who has it by now. What has gone into
// the snapshot of a very long cart stays.
func (s *Service) UndoCarts(ctx context.Context, tx *sqldb.Tx, ops []CartOp) error {
	var owners []id.ID
	for i := range ops {
		owners = append(owners, ops[i].CustomerID)
	}
	slices.Sort(owners)
	carts, err := loadCarts(ctx, tx, slices.Compact(owners))
	if err != nil {
		return err
	}
	for i := range ops {
		c := carts.of[ops[i].CustomerID][storedKey(ops[i].ShopID, ops[i].CartKey)]
		if c == nil {
			continue
		}
		if at, found := slices.BinarySearchFunc(c.ops, ops[i].Op, compareOps); found {
			c.ops, c.dirty = slices.Delete(c.ops, at, at+1), true
			carts.touch(c.CustomerID)
		}
	}
	return carts.save(ctx, tx)
}

// markOf says in short how an order was left: the last thing that a file said about it, its refunds, and whether it was called off.
func markOf(fileHash string, refunds int, status string) uint32 {
	m := uint32(xxh3.HashString(fileHash))<<8 | uint32(min(refunds, 127))<<1
	if status == StatusCancelled {
		m |= 1
	}
	return m
}

// rememberRows keeps the rows of the orders that the batch is about to change.
func (b *batch) rememberRows(ctx context.Context) error {
	var refs []ref
	for _, e := range b.order {
		if e.known && e.state != nil {
			refs = append(refs, e.was)
		}
	}
	var err error
	b.images, err = selectImages(ctx, b.tx, refs)
	return err
}

// formers gives what must be known of every order that the batch changed.
func (b *batch) formers() ([]Former, error) {
	out := make([]Former, 0, len(b.out.Orders))
	for _, e := range b.order {
		st := e.state
		if st == nil || !e.changed {
			continue
		}
		f := Former{OrderID: st.id, Mark: markOf(st.fileHash, len(st.refunds), st.status())}
		if e.known || st.fileHash == "" {
			f.Left = &Left{st.customer, st.order.SourceID, st.order.ContentAt}
		}
		if e.known {
			text, err := json.Marshal(b.images[e.was.order])
			if err != nil {
				return nil, err
			}
			f.Before = text
		}
		out = append(out, f)
	}
	return out, nil
}

// Undo takes back what a batch did to orders, within the caller's transaction, as far as nobody has changed them since. source is where the batch
// came from. Doing it twice changes nothing more.
func (s *Service) Undo(ctx context.Context, tx *sqldb.Tx, source id.ID, formers []Former) (Undone, error) {
	var u Undone
	if len(formers) == 0 {
		return u, nil
	}
	if err := tx.Turn(ctx, turn); err != nil {
		return u, err
	}
	now, err := selectFates(ctx, tx, formers)
	if err != nil {
		return u, err
	}
	var gone []fate
	var back []image
	for i := range formers {
		f := &formers[i]
		n, ok := now[f.OrderID]
		switch {
		case !ok:
			u.Kept = append(u.Kept, Kept{f.OrderID, "gone"})
		case !n.asLeft(f, source):
			u.Kept = append(u.Kept, Kept{f.OrderID, "changed"})
		case f.Before == nil:
			gone = append(gone, n)
			u.Removed++
			u.Orders = append(u.Orders, Changed{CustomerID: n.customer, OrderID: n.order})
		default:
			im, err := readImage(f.Before)
			if err != nil {
				return u, err
			}
			im.was = n.ref
			if n.customer != f.Left.CustomerID {
				im.owner = n.customer // it has changed hands since, and stays there
			}
			back = append(back, im)
			u.Restored++
			c := Changed{CustomerID: im.owner, OrderID: n.order}
			if im.owner != n.customer {
				c.From = n.customer
			}
			u.Orders = append(u.Orders, c)
		}
	}
	if err := removeOrders(ctx, tx, gone); err != nil {
		return u, err
	}
	if err := restoreOrders(ctx, tx, back); err != nil {
		return u, err
	}
	if len(u.Orders) == 0 {
		return u, nil
	}
	if u.Totals, err = totalsOf(ctx, tx, u.Orders); err != nil {
		return u, err
	}
	return u, s.announce(ctx, tx, u.Orders)
}

// fate is how a stored order stands, as far as it matters whether somebody changed it.
type fate struct {
	ref
	key          orderKey
	source       id.ID
	contentAt    int64
	status, hash string
	refunds      int
}

func (n *fate) asLeft(f *Former, source id.ID) bool {
	if markOf(n.hash, n.refunds, n.status) != f.Mark {
		return false
	}
	if f.Left == nil {
		return n.source == source || n.status == StatusPending
	}
	return n.source == f.Left.SourceID && n.contentAt == f.Left.ContentAt
}
