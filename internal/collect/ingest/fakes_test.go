package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"rapport/internal/access/apikey"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/journal"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

var ctx = context.Background()

// The parts below stand in where a test is about the way of the events alone. What they become is tested with the real ones
// in real_test.go.

// keys knows "server", "browser" and "trusted".
type keys struct{}

func (keys) ByKey(_ context.Context, key string) (apikey.Source, role.Principal, error) {
	s := apikey.Source{ShopID: 1, Scope: role.ScopeIngest, ShopCurrency: "EUR"}
	switch key {
	case "server":
		s.ID, s.Kind = 11, apikey.Server
	case "browser":
		s.ID, s.Kind = 12, apikey.Browser
	case "trusted":
		s.ID, s.Kind, s.TrustedOrders = 13, apikey.Browser, true
	default:
		return s, role.Principal{}, errs.New(errs.Unauthorized, "apikey.unknown", "This API key is unknown or was revoked.")
	}
	return s, role.Principal{Kind: role.KindKey, Scope: role.ScopeIngest}, nil
}

// nobody gives every device and user an id of its own and moves nothing.
type nobody struct{}

func (nobody) ResolveAnd(_ context.Context, _ *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, error) {
	out := customer.Resolved{Verdicts: make([]customer.Verdict, len(signals))}
	for i, s := range signals {
		h := fnv.New64a()
		_, _ = h.Write([]byte(s.UserID + "\x00" + s.AnonymousID))
		out.Verdicts[i] = customer.Verdict{CustomerID: id.ID(h.Sum64() >> 2), SessionID: s.EventID, SessionStart: true}
	}
	if then != nil {
		if _, err := then(&out); err != nil {
			return out, err
		}
	}
	return out, nil
}

func (n nobody) ResolveRemembering(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, *customer.Formers, error) {
	r, err := n.ResolveAnd(ctx, tx, signals, then)
	return r, nil, err
}

func (nobody) SetTotals(context.Context, *sqldb.Tx, []customer.Totals) error { return nil }

// noOrders keeps the changes it is given.
type noOrders struct {
	mu      sync.Mutex
	changes []order.Change
}

func (n *noOrders) Apply(_ context.Context, _ *sqldb.Tx, c []order.Change) (order.Touched, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.changes = append(n.changes, c...)
	return order.Touched{}, nil
}
func (n *noOrders) ApplyRemembering(ctx context.Context, tx *sqldb.Tx, c []order.Change) (order.Touched, error) {
	return n.Apply(ctx, tx, c)
}
func (n *noOrders) UndoCarts(context.Context, *sqldb.Tx, []order.CartOp) error  { return nil }
func (n *noOrders) ApplyCarts(context.Context, *sqldb.Tx, []order.CartOp) error { return nil }
func (n *noOrders) Move(context.Context, *sqldb.Tx, id.ID, id.ID, string, int64, int64) (order.Touched, error) {
	return order.Touched{}, nil
}

func (n *noOrders) MoveByEmail(context.Context, *sqldb.Tx, id.ID, id.ID, string) (order.Touched, error) {
	return order.Touched{}, nil
}

type noConsents struct{}

func (noConsents) Move(context.Context, *sqldb.Tx, id.ID, id.ID) error { return nil }

type noCatalog struct{}

func (noCatalog) See(context.Context, *sqldb.Tx, []catalog.Sighting) error { return nil }
func (noCatalog) Resolver(context.Context, sqldb.Q, []catalog.Sighting) (func(id.ID, string, string) id.ID, error) {
	return func(id.ID, string, string) id.ID { return 0 }, nil
}

func noAudit(context.Context, sqldb.Q, string, string, map[string]any) error { return nil }

// shelf is a warehouse in memory that keeps its promises and can be made to fail. It outlives the service, as a disk does.
type shelf struct {
	mu      sync.Mutex
	seq     int64
	events  []warehouse.Event
	fail    error
	asked   int
	appends int
}

func (w *shelf) Engine() string { return "duckdb" }
func (w *shelf) Append(_ context.Context, b warehouse.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.appends++
	if w.fail != nil {
		return w.fail
	}
	for _, e := range b.Events {
		if warehouse.SeqOf(e.EventID) > w.seq {
			w.events = append(w.events, e)
		}
	}
	w.seq = max(w.seq, b.Seq)
	return nil
}
func (w *shelf) Applied(context.Context) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seq, nil
}
func (w *shelf) Remove(_ context.Context, rows []warehouse.Row) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range rows {
		w.events = slices.DeleteFunc(w.events, func(e warehouse.Event) bool { return warehouse.SeqOf(e.EventID) == r.Seq })
	}
	return nil
}
func (w *shelf) Resession(context.Context, []warehouse.PersonSpan) error { return nil }
func (w *shelf) Person(context.Context, id.ID, warehouse.PersonQuery) ([]warehouse.Event, error) {
	return nil, errors.New("not asked here")
}
func (w *shelf) Events(context.Context, warehouse.EventQuery) ([]warehouse.Event, error) {
	return nil, errors.New("not asked here")
}
func (w *shelf) Known(_ context.Context, hashes []int64, since int64) ([]warehouse.Seen, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	want := map[int64]bool{}
	for _, h := range hashes {
		want[h] = true
	}
	var out []warehouse.Seen
	for _, e := range w.events {
		if want[e.MessageHash] && e.ReceivedAt >= since {
			out = append(out, warehouse.Seen{MessageHash: e.MessageHash, SourceID: e.SourceID, MessageID: e.MessageID})
		}
	}
	return out, nil
}
func (w *shelf) Hashes(_ context.Context, since int64, fn func([]int64) error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.ReceivedAt >= since {
			if err := fn([]int64{e.MessageHash}); err != nil {
				return err
			}
		}
	}
	return nil
}
func (w *shelf) Upsert(context.Context, string, []int64, [][]any) error { return nil }
func (w *shelf) Mirrors() bool                                          { return false }
func (w *shelf) Query(context.Context, string, ...any) (warehouse.Rows, error) {
	return nil, errors.New("not asked here")
}
func (w *shelf) Peek(context.Context, string, ...any) (warehouse.Rows, error) {
	return nil, errors.New("not asked here")
}
func (w *shelf) Reset(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq, w.events = 0, nil
	return nil
}
func (w *shelf) Idle(context.Context) {}
func (w *shelf) Close() error         { return nil }

func (w *shelf) all() []warehouse.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]warehouse.Event(nil), w.events...)
}

// bench is a service with its surroundings, which survive the service.
type rig struct {
	db     *sqldb.DB
	dir    string
	clock  *clock.Fake
	shelf  *shelf
	orders *noOrders
	names  *dictionary.Service // of the service made last
	crash  func(string) error
}

func newRig(t testing.TB, db *sqldb.DB) *rig {
	return &rig{db: db, dir: t.TempDir(), clock: clock.NewFake(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)), shelf: &shelf{}, orders: &noOrders{}}
}

func (r *rig) store(t testing.TB) journal.Store {
	t.Helper()
	if r.db.Engine() == sqldb.Postgres {
		return journal.Within(r.db)
	}
	s, err := journal.Open(ctx, filepath.Join(r.dir, "journal.db"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (r *rig) open(t testing.TB) *Service {
	t.Helper()
	s := r.make(t)
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	return s
}

// make gives a service that is not started.
func (r *rig) make(t testing.TB) *Service {
	t.Helper()
	ids := id.NewSource(r.clock)
	reporting := func() (string, *time.Location) { return "EUR", time.UTC }
	r.names = dictionary.New(dictionary.Deps{DB: r.db, IDs: ids, Clock: r.clock, Warehouse: r.shelf, Reporting: reporting, Audit: noAudit})
	s, err := New(Deps{DB: r.db, Journal: r.store(t), IDs: ids, Clock: r.clock, Log: slog.New(slog.DiscardHandler),
		Version: "test", Keys: keys{}, Customers: nobody{}, Orders: r.orders, Consents: noConsents{}, Catalog: noCatalog{}, Warehouse: r.shelf,
		Names: r.names, Audit: noAudit, Reporting: reporting, Crash: r.crash})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func stop(t testing.TB, s *Service) {
	t.Helper()
	c, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := s.Stop(c); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func drain(t testing.TB, s *Service) {
	t.Helper()
	c, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := s.Drain(c); err != nil {
		t.Fatal(err)
	}
}

func status(t testing.TB, s *Service) Status {
	t.Helper()
	st, err := s.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func asJSON(t testing.TB, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return m
}
