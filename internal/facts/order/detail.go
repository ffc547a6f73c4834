package order

import (
	"context"
	"slices"

	"rapport/internal/base/id"
)

// Whole is an order with everything about it.
type Whole struct {
	Stored
	Version     string
	TaxIncluded bool    // the total holds the tax without its being added
	Returned    []int64 // of each line, thousandths
	History     []Entry // newest first
}

// Whole gives an order with its history.
func (s *Service) Whole(ctx context.Context, order id.ID) (Whole, error) {
	o, err := s.Get(ctx, order)
	if err != nil {
		return Whole{}, err
	}
	return s.wholeOf(ctx, o)
}

func (s *Service) wholeOf(ctx context.Context, o Stored) (Whole, error) {
	w := Whole{Stored: o}
	r := ref{o.CustomerID, o.ID}
	st := &state{}
	if err := selectStates(ctx, s.DB, map[ref]*state{r: st}); err != nil {
		return w, err
	}
	w.Version = st.version()
	w.TaxIncluded = st.order.Tax != 0 && st.order.Total == parts(st.order.Lines, &st.order, true)
	w.CancelledAt = st.cancelledAt()
	var counted []Refund
	for i := range st.refunds {
		if st.refundCounts(&st.refunds[i]) {
			counted = append(counted, st.refunds[i])
		}
	}
	w.Returned = ReturnedOf(st.order.Lines, counted)
	var err error
	if w.History, err = selectHistory(ctx, s.DB, r); err != nil || len(w.History) >= maxHistory {
		return w, err
	}
	begun := slices.ContainsFunc(w.History, func(e Entry) bool { return e.Kind == EntryCreated })
	if !begun {
		first, err := s.beginning(ctx, &w)
		if err != nil {
			return w, err
		}
		w.History = append(w.History, first)
	}
	return w, nil
}

// beginning tells how an order began that was heard of from an event or a file.
func (s *Service) beginning(ctx context.Context, w *Whole) (Entry, error) {
	e := Entry{At: w.CreatedAt, Kind: EntryCreated, By: By{Via: ViaEvent, SourceID: w.SourceID}}
	for _, h := range w.History { // newest first: the last one found is the oldest
		for _, d := range h.Diff {
			switch d.Field {
			case "source":
				e.By.SourceID, _ = id.Parse(d.From)
			case "status":
				e.Status = d.From
			}
		}
	}
	if e.Status == "" {
		e.Status = w.Status
	}
	name, kind, err := sourceOf(ctx, s.DB, e.By.SourceID)
	if kind == ViaFile {
		e.By.Via = ViaFile
	}
	e.Source = name
	return e, err
}
