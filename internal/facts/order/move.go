package order

import (
	"context"
	"strings"

	"rapport/internal/base/address"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Move gives orders and carts of one customer to another, as an identity change asks. With an anonymous id only what came
// from that device without a user id and with an event time in [fromAt, untilAt) moves; without one, everything does.
func (s *Service) Move(ctx context.Context, tx *sqldb.Tx, from, to id.ID, anonymousID string, fromAt, untilAt int64) (Touched, error) {
	if from == to || from == 0 {
		return Touched{}, nil
	}
	if err := tx.Turn(ctx, turn); err != nil {
		return Touched{}, err
	}
	refs, err := selectMovable(ctx, tx, from, anonymousID, fromAt, untilAt)
	if err != nil {
		return Touched{}, err
	}
	b, err := s.give(ctx, tx, refs, to)
	if err != nil {
		return Touched{}, err
	}
	if err := moveCarts(ctx, tx, from, to, anonymousID, fromAt, untilAt); err != nil {
		return Touched{}, err
	}
	return b.finish(ctx)
}

// MoveByEmail gives a guest's orders, those that carry the e-mail address and no user id, from one customer to another. Both the
// address as given and its normal form are compared without regard to case.
func (s *Service) MoveByEmail(ctx context.Context, tx *sqldb.Tx, from, to id.ID, email string) (Touched, error) {
	if from == to || from == 0 || email == "" {
		return Touched{}, nil
	}
	if err := tx.Turn(ctx, turn); err != nil {
		return Touched{}, err
	}
	refs, err := selectGuest(ctx, tx, from, email)
	if err != nil {
		return Touched{}, err
	}
	b, err := s.give(ctx, tx, refs, to)
	if err != nil {
		return Touched{}, err
	}
	return b.finish(ctx)
}

// give makes to the owner of some orders.
func (s *Service) give(ctx context.Context, tx *sqldb.Tx, refs []ref, to id.ID) (*batch, error) {
	b := &batch{svc: s, tx: tx, now: clock.Micros(s.Clock.Now())}
	b.currency, b.zone = s.Reporting()
	need := make(map[ref]*state, len(refs))
	for _, r := range refs {
		st := &state{exists: true}
		need[r] = st
		b.order = append(b.order, &entry{was: r, known: true, changed: true, state: st})
	}
	if err := selectStates(ctx, tx, need); err != nil {
		return nil, err
	}
	for _, e := range b.order {
		e.key = orderKey{e.state.order.ShopID, e.state.order.ExternalID}
		e.state.customer = to
	}
	if err := b.keepHashes(ctx); err != nil {
		return nil, err
	}
	if err := b.write(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// keepHashes reads the file hashes of the orders of a batch, which are written back with their keys.
func (b *batch) keepHashes(ctx context.Context) error {
	byShop := map[id.ID][]string{}
	states := map[orderKey]*entry{}
	for _, e := range b.order {
		byShop[e.key.shop] = append(byShop[e.key.shop], e.key.ext)
		states[e.key] = e
	}
	for shop, exts := range byShop {
		if err := selectKeys(ctx, b.tx, shop, exts, func(ext string, _ ref, hash string) {
			e := states[orderKey{shop, ext}]
			e.hash, e.state.fileHash = hash, hash
		}); err != nil {
			return err
		}
	}
	return nil
}

func sameEmail(given, email string) bool {
	norm, _ := address.Email(given)
	return norm == email || strings.EqualFold(given, email)
}

// moveCarts splits the carts of from by device and time, and folds both sides anew.
func moveCarts(ctx context.Context, tx *sqldb.Tx, from, to id.ID, anonymousID string, fromAt, untilAt int64) error {
	carts, err := loadCarts(ctx, tx, []id.ID{from})
	if err != nil {
		return err
	}
	var gone []CartOp
	for _, c := range carts.of[from] {
		stay := c.ops[:0:0]
		for _, op := range c.ops {
			if anonymousID == "" || op.AnonymousID == anonymousID && op.UserID == "" && op.At >= fromAt && op.At < untilAt {
				gone = append(gone, CartOp{ShopID: c.ShopID, CustomerID: to, CartKey: c.Key, Op: op})
			} else {
				stay = append(stay, op)
			}
		}
		if len(stay) != len(c.ops) {
			c.ops, c.dirty = stay, true
			carts.touch(from)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := carts.save(ctx, tx); err != nil {
		return err
	}
	return applyCarts(ctx, tx, gone)
}
