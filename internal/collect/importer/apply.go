package importer

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"rapport/internal/base/id"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
)

type counts struct{ created, updated, unchanged int64 }

// facts stores what a chunk says, within its transaction.
func (s *Service) facts(ctx context.Context, tx *sqldb.Tx, i *Import, b *batch) (counts, error) {
	var n counts
	known, err := s.Orders.Look(ctx, tx, b.changes)
	if err != nil {
		return n, fmt.Errorf("find orders: %w", err)
	}
	b.dropSaid(known)
	known.Remember()
	n.unchanged = b.said
	before := s.IDs.New() // ids grow: what is made after it is new
	r, formers, err := s.Customers.ResolveRemembering(ctx, tx, b.signals, func(r *customer.Resolved) ([]customer.Totals, error) {
		totals := map[id.ID]order.Totals{}
		if err := s.move(ctx, tx, r, totals); err != nil {
			return nil, err
		}
		if err := s.orders(ctx, tx, b, known, r.Verdicts, totals, &n); err != nil {
			return nil, err
		}
		list := make([]customer.Totals, 0, len(totals))
		for _, who := range slices.Sorted(maps.Keys(totals)) {
			list = append(list, customer.Totals(totals[who]))
		}
		return list, nil
	})
	if err != nil {
		return n, fmt.Errorf("find out who the rows are about: %w", err)
	}
	if formers != nil && len(formers.Made)+len(formers.People) > 0 {
		b.did.People = formers
	}
	if err := s.people(ctx, tx, b, &r, before, i.Kind == Customers, &n); err != nil {
		return n, err
	}
	if len(b.entries) > 0 {
		outcomes, products, err := s.Catalog.UpsertRemembering(catalog.SaidBy(ctx, catalog.ByImport, i.Name), tx, b.entries)
		if err != nil {
			return n, fmt.Errorf("import products: %w", err)
		}
		b.entryOutcomes, b.did.Products = outcomes, products
		for _, o := range outcomes {
			n.count(o == catalog.Created, o == catalog.Updated)
		}
	}
	return n, nil
}

// dropSaid leaves out orders of which the file said the same before, and the buyers whom then nothing is about.
func (b *batch) dropSaid(known *order.Known) {
	if len(b.changes) == 0 {
		return
	}
	used := make([]bool, len(b.signals))
	changes, of := b.changes[:0], b.signalOf[:0]
	for k := range b.changes {
		if known.Said(&b.changes[k]) {
			b.said++
			continue
		}
		changes, of = append(changes, b.changes[k]), append(of, b.signalOf[k])
		if s := b.signalOf[k]; s >= 0 {
			used[s] = true
		}
	}
	if len(changes) == len(b.changes) {
		return
	}
	b.changes, b.signalOf = changes, of
	if len(changes) == 0 {
		b.sightings = nil
	}
	at := make([]int32, len(b.signals))
	signals := b.signals[:0]
	for k, keep := range used {
		at[k] = int32(len(signals))
		if keep {
			signals = append(signals, b.signals[k])
		}
	}
	b.signals = signals
	for k, s := range of {
		if s >= 0 {
			of[k] = at[s]
		}
	}
}

func (n *counts) count(created, updated bool) {
	switch {
	case created:
		n.created++
	case updated:
		n.updated++
	default:
		n.unchanged++
	}
}

// people counts customers and keeps what the rows say about consents.
func (s *Service) people(ctx context.Context, tx *sqldb.Tx, b *batch, r *customer.Resolved, before id.ID, counted bool, n *counts) error {
	if counted {
		touched := make(map[id.ID]bool, len(r.Touched))
		for _, c := range r.Touched {
			touched[c] = true
		}
		fresh := map[id.ID]bool{}
		for _, v := range r.Verdicts {
			isNew := v.CustomerID > before && !fresh[v.CustomerID]
			fresh[v.CustomerID] = true
			n.count(isNew, touched[v.CustomerID])
			b.people = append(b.people, v.CustomerID)
			b.peopleNew, b.peopleChanged = append(b.peopleNew, isNew), append(b.peopleChanged, touched[v.CustomerID])
		}
	}
	if len(b.consents) > 0 && s.RecordConsents != nil {
		for k := range b.consents {
			b.consents[k].CustomerID = r.Verdicts[b.consents[k].signal].CustomerID
		}
		if err := s.RecordConsents(ctx, tx, b.consents); err != nil {
			return fmt.Errorf("record consents: %w", err)
		}
	}
	return nil
}

// move lets what was stored earlier follow where the rows show that two were one.
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
		if m.Email == "" && m.AnonymousID == "" && s.MoveConsents != nil {
			if err := s.MoveConsents(ctx, tx, m.From, m.To); err != nil {
				return fmt.Errorf("move consents: %w", err)
			}
		}
	}
	if s.Moved != nil && len(r.Moves)+len(r.Resession) > 0 {
		if err := s.Moved(ctx, tx, *r); err != nil {
			return fmt.Errorf("let the warehouse follow: %w", err)
		}
	}
	return nil
}

func (s *Service) orders(ctx context.Context, tx *sqldb.Tx, b *batch, known *order.Known, verdicts []customer.Verdict, totals map[id.ID]order.Totals, n *counts) error {
	if len(b.changes) == 0 {
		return nil
	}
	for k := range b.changes {
		if o := b.changes[k].Order; o != nil && b.signalOf[k] >= 0 {
			o.CustomerID = verdicts[b.signalOf[k]].CustomerID
		}
	}
	if len(b.sightings) > 0 {
		if err := s.Catalog.See(ctx, tx, b.sightings); err != nil {
			return fmt.Errorf("see products: %w", err)
		}
		find, err := s.Catalog.Resolver(ctx, tx, b.sightings)
		if err != nil {
			return fmt.Errorf("find products: %w", err)
		}
		for k := range b.changes {
			b.changes[k].SetProducts(find)
		}
	}
	t, err := s.Orders.ApplyKnown(ctx, tx, b.changes, known)
	if err != nil {
		return fmt.Errorf("import orders: %w", err)
	}
	order.Keep(totals, t.Totals)
	b.orderOutcomes, b.did.Orders = t.Outcomes, t.Formers
	for _, o := range t.Outcomes {
		n.count(o == order.Created, o == order.Updated)
	}
	return nil
}
