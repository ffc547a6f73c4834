package rate

import (
	"context"
	"fmt"
	"io"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
	"rapport/internal/platform/snapshot"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	Clock clock.Clock
	Audit *audit.Service
	// Reporting gives the reporting currency; setting.Service has it.
	Reporting func() (currency string, zone *time.Location)
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

// Service keeps the rates.
type Service struct {
	Deps
	books *snapshot.Of[book]
}

// New gives a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, books: snapshot.New(d.Clock, func(ctx context.Context, q sqldb.Q, old book) (book, error) {
		version, err := newest(ctx, q)
		if err != nil || (old.reporting != nil && old.version == version) {
			return old, err
		}
		return load(ctx, q)
	})}
}

// ForDay gives the newest rate of a currency on or before a day, in units of the reporting currency times money.RateScale, from memory; ok is
// false where none is known. The reporting currency's own is always 1.
func (s *Service) ForDay(ctx context.Context, q sqldb.Q, currency string, day int64) (rate int64, ok bool, err error) {
	reporting, _ := s.Reporting()
	if currency == reporting {
		return money.RateScale, true, nil
	}
	b, err := s.books.Get(ctx, q)
	if err != nil {
		return 0, false, err
	}
	rate, ok = b.find(reporting, currency, day)
	return rate, ok, nil
}

// Refresh has the rates read again at the next question: for who must not act on what another node has changed a moment ago.
func (s *Service) Refresh() { s.books.Forget() }

// List gives the rates for the present reporting currency, newest day first; currency "" means all.
func (s *Service) List(ctx context.Context, currency string, limit int, cursor string) (page.Page[Row], error) {
	if err := role.Require(ctx, role.RateRead); err != nil {
		return page.Page[Row]{}, err
	}
	var before struct {
		day      int64
		currency string
	}
	set, err := page.Decode(cursor, &before.day, &before.currency)
	if err != nil {
		return page.Page[Row]{}, err
	}
	if !set {
		before.day = 1 << 40
	}
	limit = page.Limit(limit, 100)
	reporting, _ := s.Reporting()
	rates, err := list(ctx, s.DB, reporting, currency, Rate{Day: before.day, Currency: before.currency}, limit+1)
	if err != nil {
		return page.Page[Row]{}, err
	}
	rows := make([]Row, len(rates))
	for i, r := range rates {
		rows[i] = Row{Currency: r.Currency, Day: clock.DayString(r.Day), Rate: decimal(r.Rate), Source: r.Source}
	}
	return page.Cut(rows, limit, func(r Row) string {
		day, _ := clock.ParseDay(r.Day) // written two lines above
		return page.Encode(day, r.Currency)
	}), nil
}

// Put sets rates given in a request: by hand from a user, by API from a key. It gives the number of rates that are new or changed.
func (s *Service) Put(ctx context.Context, rows []Row) (int, error) {
	if err := role.Require(ctx, role.RateWrite); err != nil {
		return 0, err
	}
	reporting, _ := s.Reporting()
	source := ByHand
	if role.From(ctx).Kind == role.KindKey {
		source = FromAPI
	}
	rates := make([]Rate, len(rows))
	var wrong []errs.Field
	for i, r := range rows {
		rate, faults := r.read(fmt.Sprintf("items[%d]", i), reporting)
		rates[i] = rate
		wrong = append(wrong, faults...)
	}
	if len(wrong) > 0 {
		return 0, invalid(wrong)
	}
	return s.set(ctx, reporting, source, rates)
}

// PutFile sets the rates of a CSV file (see parseFile), all or none.
func (s *Service) PutFile(ctx context.Context, file io.Reader) (int, error) {
	if err := role.Require(ctx, role.RateWrite); err != nil {
		return 0, err
	}
	reporting, _ := s.Reporting()
	rates, err := parseFile(file, reporting)
	if err != nil {
		return 0, err
	}
	return s.set(ctx, reporting, FromFile, rates)
}

// set stores what differs and announces for each currency from which day on.
func (s *Service) set(ctx context.Context, reporting, source string, rates []Rate) (int, error) {
	changed := 0
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		old, err := load(ctx, tx)
		if err != nil {
			return err
		}
		var fresh []Rate
		from := map[string]int64{}
		var order []string
		for _, r := range last(rates) {
			if old.has(reporting, r) {
				continue
			}
			fresh = append(fresh, r)
			first, seen := from[r.Currency]
			if !seen {
				order = append(order, r.Currency)
			}
			if !seen || r.Day < first {
				from[r.Currency] = r.Day
			}
		}
		changed = len(fresh)
		if changed == 0 {
			return nil
		}
		// Greater than any before, also where another node's clock is ahead: by it the nodes see that there is something new.
		version := max(clock.Micros(s.Clock.Now()), old.version+1)
		if err := upsert(ctx, tx, reporting, source, version, fresh); err != nil {
			return err
		}
		tx.OnCommit(s.books.Forget)
		for _, currency := range order {
			if err := s.Announce(ctx, tx, Topic, Changed{currency, from[currency]}); err != nil {
				return err
			}
		}
		return s.Audit.Record(ctx, tx, Topic, "rate:"+reporting, map[string]any{"count": changed, "currencies": order, "source": source})
	})
	return changed, err
}

// last keeps of several rates for one currency and day the last.
func last(rates []Rate) []Rate {
	type key struct {
		currency string
		day      int64
	}
	at := map[key]int{}
	var out []Rate
	for _, r := range rates {
		k := key{r.Currency, r.Day}
		if i, ok := at[k]; ok {
			out[i] = r
			continue
		}
		at[k] = len(out)
		out = append(out, r)
	}
	return out
}
