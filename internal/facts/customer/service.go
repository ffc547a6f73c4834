package customer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"rapport/internal/access/export"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Log   *slog.Logger
	// Reporting gives the one currency and zone of all figures; it must not use the pool.
	Reporting func() (currency string, zone *time.Location)
	// Exports takes lists out as files; nil in tests that need none.
	Exports *export.Service
	// Region gives the country ("IN", "DE") whose phone numbers a shop's customers write without prefix, "" where unknown; it
	// must not use the pool.
	Region func(shop id.ID) string
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
	// Follow makes stored rows follow what Resolve has found out, orders and events say; nil where there are none. Ingest and imports do
	// that themselves, this is for customers written through the API.
	Follow func(ctx context.Context, tx *sqldb.Tx, r Resolved) error
	// DefaultShop gives the shop of a customer written without one.
	DefaultShop func(ctx context.Context) (id.ID, error)
	// Audit puts a change on record.
	Audit func(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error
	// Consents shows in the profile what a customer allows; nil leaves it out.
	Consents Consents
	// Timeline holds the other features' parts of the timeline.
	Timeline []TimelineSource
}

// Service holds the use cases.
type Service struct {
	Deps
	cache cache
	look  int // how many rows a page of a list looks at
}

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d, look: look} }

// Resolve finds out whom every signal belongs to, keeps what the signals say about these people and tells which stored rows
// must change hands. All within the caller's transaction; the same signals again change nothing.
func (s *Service) Resolve(ctx context.Context, tx *sqldb.Tx, signals []Signal) (Resolved, error) {
	return s.ResolveAnd(ctx, tx, signals, nil)
}

// ResolveAnd is Resolve for who then writes orders of these people: then is called when it is known who everybody is, before the
// records of customers are written, and gives the new sums of whom it concerns. So each record is written once.
func (s *Service) ResolveAnd(ctx context.Context, tx *sqldb.Tx, signals []Signal, then func(*Resolved) ([]Totals, error)) (Resolved, error) {
	b := s.newBatch(tx, signals)
	b.then = then
	if len(signals) == 0 {
		if err := b.sum(ctx); err != nil {
			return Resolved{}, err
		}
		return b.out, setTotals(ctx, tx, b.others)
	}
	if err := b.resolve(ctx); err != nil {
		return Resolved{}, err
	}
	return b.out, nil
}

// sum asks the caller for what orders come to now.
func (b *batch) sum(context.Context) error {
	if b.then == nil {
		return nil
	}
	totals, err := b.then(&b.out)
	if err != nil {
		return err
	}
	for i := range totals {
		if p := b.people[totals[i].CustomerID]; p != nil {
			p.totals = &totals[i]
		} else {
			b.others = append(b.others, totals[i])
		}
	}
	return nil
}

// SetTotals keeps the sums of orders with their customers.
func (s *Service) SetTotals(ctx context.Context, tx *sqldb.Tx, totals []Totals) error {
	return setTotals(ctx, tx, totals)
}

// finish names everybody whose record is another one, and has the batch remembered when it is committed.
func (b *batch) finish(ctx context.Context) error {
	var described []id.ID
	for _, p := range b.peoples {
		_, gone := b.absorbed[p.id]
		if p.fresh || p.changed || gone || p.is != p.was {
			b.out.Touched = append(b.out.Touched, p.id)
		}
		if p.described || gone {
			described = append(described, p.id)
		}
	}
	if b.svc.Announce != nil && len(b.out.Touched) > 0 {
		if err := b.svc.Announce(ctx, b.tx, TopicChanged, changedPayload(b.out.Touched, described)); err != nil {
			return fmt.Errorf("announce changed customers: %w", err)
		}
	}
	b.tx.OnCommit(b.remember)
	return nil
}

// changedPayload writes {"ids": [...], "described": [...]}: who is not what he was, and whose words to be found by are others.
func changedPayload(touched, described []id.ID) json.RawMessage {
	b := make(json.RawMessage, 0, 32+22*(len(touched)+len(described)))
	list := func(list []id.ID) {
		for i, c := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, '"')
			b = strconv.AppendInt(b, int64(c), 10)
			b = append(b, '"')
		}
	}
	b = append(b, `{"ids":[`...)
	list(touched)
	b = append(b, `],"described":[`...)
	list(described)
	return append(b, `]}`...)
}

// remember brings what the batch has stored into the cache. Batches of one service run one after the other up to here, except that
// another program may have come between on PostgreSQL: the version tells.
func (b *batch) remember() {
	c := &b.svc.cache
	for _, k := range b.keyList {
		if k.is.customer != 0 {
			c.keys.put(k.name, k.is)
		}
	}
	for _, k := range b.forgotten {
		c.forget(k.kind, k.value)
	}
	for _, d := range b.devList {
		c.devices.put(d.id, d.is)
	}
	for _, p := range b.peoples {
		if _, gone := b.absorbed[p.id]; !gone {
			c.people.put(p.id, p.is)
		}
	}
	if len(b.moved)+len(b.takeover) > 0 {
		c.seen.clear() // rows were taken away from people who may get them again
	} else {
		for k, r := range b.identities {
			c.seen.put(k.hash(r.verified), days{r.first, r.last})
		}
	}
	for name := range b.absorbed {
		c.people.drop(name)
	}
	c.committed(b.version)
}
