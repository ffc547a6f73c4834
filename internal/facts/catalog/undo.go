package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Former is what must be known to take back what a batch did to one product.
type Former struct {
	ID     id.ID           `json:"i"`
	At     int64           `json:"a"`           // as of when it was written
	Before json.RawMessage `json:"b,omitempty"` // what it was; empty: the batch made it
}

// Kept is a product that an undo leaves as it is, and why.
type Kept struct {
	ID     id.ID
	Reason string // gone | changed
}

// Undone is what an undo came to.
type Undone struct {
	Removed, Restored int64
	Kept              []Kept
}

// former is what a product was before a batch, as JSON, for who may want to take it back.
func (p *Product) former() (json.RawMessage, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("keep what a product was: %w", err)
	}
	return b, nil
}

// UpsertRemembering is Upsert for who may want to take it back.
func (s *Service) UpsertRemembering(ctx context.Context, tx *sqldb.Tx, entries []Entry) ([]Outcome, []Former, error) {
	r := remembered{}
	out, err := s.upsert(ctx, tx, entries, r)
	if err != nil {
		return nil, nil, err
	}
	formers := make([]Former, 0, len(r))
	for p, text := range r {
		formers = append(formers, Former{ID: p.ID, At: p.UpdatedAt, Before: text})
	}
	slices.SortFunc(formers, func(a, b Former) int { return cmp.Compare(a.ID, b.ID) })
	return out, formers, nil
}

// remembered holds what the products of a batch were; nil remembers nothing.
type remembered map[*Product]json.RawMessage

// before keeps what a product is, if it was not kept yet; forget drops it, where nothing became of the change.
func (r remembered) before(p *Product, isNew bool) (fresh bool, err error) {
	if r == nil {
		return false, nil
	}
	if _, ok := r[p]; ok {
		return false, nil
	}
	if isNew {
		r[p] = nil
		return true, nil
	}
	r[p], err = p.former()
	return true, err
}

// Undo takes back what a batch did to products, within the caller's transaction, as far as nobody has changed them since. Order lines and clicks
// that named them stay. Doing it twice changes nothing more.
func (s *Service) Undo(ctx context.Context, tx *sqldb.Tx, formers []Former) (Undone, error) {
	var u Undone
	if len(formers) == 0 {
		return u, nil
	}
	if err := tx.Turn(ctx, turn); err != nil {
		return u, err
	}
	at := make(map[id.ID]int64, len(formers))
	if err := selectWritten(ctx, tx, formers, at); err != nil {
		return u, err
	}
	var gone, touched []id.ID
	var back []*Product
	for i := range formers {
		f := &formers[i]
		when, ok := at[f.ID]
		switch {
		case !ok:
			u.Kept = append(u.Kept, Kept{f.ID, "gone"})
			continue
		case when != f.At:
			u.Kept = append(u.Kept, Kept{f.ID, "changed"})
			continue
		case f.Before == nil:
			gone = append(gone, f.ID)
			u.Removed++
		default:
			var p Product
			if err := json.Unmarshal(f.Before, &p); err != nil {
				return u, fmt.Errorf("read what a product was: %w", err)
			}
			// It keeps the time of before, so that what an earlier batch did to it can be taken back too.
			back = append(back, &p)
			u.Restored++
		}
		touched = append(touched, f.ID)
	}
	if err := removeProducts(ctx, tx, gone); err != nil {
		return u, err
	}
	if err := saveProducts(ctx, tx, back, map[*Product]bool{}); err != nil {
		return u, err
	}
	now := clock.Micros(s.Clock.Now())
	if err := keepPrices(ctx, tx, back, sayer(ctx), func(*Product) int64 { return now }); err != nil {
		return u, err
	}
	tx.OnCommit(s.forget)
	if s.Announce == nil || len(touched) == 0 {
		return u, nil
	}
	if err := s.Announce(ctx, tx, TopicChanged, map[string]any{"ids": touched}); err != nil {
		return u, fmt.Errorf("announce changed products: %w", err)
	}
	return u, nil
}
