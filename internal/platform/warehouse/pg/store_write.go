package pg

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

var eventColumns = strings.Fields(strings.NewReplacer(",", " ", `"`, "").Replace(warehouse.EventColumns))

// Append stores a batch exactly once. All events go in before the moves; a move then takes only what came before its own step.
func (w *Warehouse) Append(ctx context.Context, b warehouse.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.makePartitions(ctx, b.Events); err != nil {
		return err
	}
	sources := w.unseen(b.Events)
	err := pgx.BeginFunc(ctx, w.db.Pool(), func(tx pgx.Tx) error {
		var seq int64
		if err := tx.QueryRow(ctx, `SELECT value FROM warehouse_state WHERE name = 'seq' FOR UPDATE`).Scan(&seq); err != nil {
			return err
		}
		if b.Seq <= seq {
			return nil
		}
		events := make([]*warehouse.Event, 0, len(b.Events))
		for i := range b.Events {
			if warehouse.SeqOf(b.Events[i].EventID) > seq {
				events = append(events, &b.Events[i])
			}
		}
		if len(events) > 0 {
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{"events"}, eventColumns, &copier{events: events, i: -1}); err != nil {
				return fmt.Errorf("copy events: %w", err)
			}
		}
		for _, s := range sources {
			if _, err := tx.Exec(ctx, `INSERT INTO event_sources (source_id) VALUES ($1) ON CONFLICT DO NOTHING`, int64(s)); err != nil {
				return fmt.Errorf("write source: %w", err)
			}
		}
		for i := range b.Moves {
			m := &b.Moves[i]
			if (m.Seq != 0 && m.Seq <= seq) || !m.Concerns() {
				continue
			}
			before := warehouse.NewEventID(m.Seq, 0)
			if m.Seq == 0 {
				before = warehouse.NewEventID(seq+1, 0)
			}
			if err := move(ctx, tx, m, before); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE warehouse_state SET value = $1 WHERE name = 'seq'`, b.Seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("append events: %w", err)
	}
	for _, s := range sources {
		w.sources[s] = true
	}
	return nil
}

func (w *Warehouse) unseen(events []warehouse.Event) []id.ID {
	found := map[id.ID]bool{}
	var out []id.ID
	for i := range events {
		if s := events[i].SourceID; !w.sources[s] && !found[s] {
			found[s] = true
			out = append(out, s)
		}
	}
	return out
}

type copier struct {
	events []*warehouse.Event
	i      int
	row    [18]any
}

func (c *copier) Next() bool { c.i++; return c.i < len(c.events) }
func (c *copier) Err() error { return nil }
func (c *copier) Values() ([]any, error) {
	e := c.events[c.i]
	c.row = [18]any{
		e.EventID, int64(e.CustomerID), e.SessionID, e.SessionStart, warehouse.Instant(e.At), warehouse.Instant(e.ReceivedAt),
		warehouse.DayTime(e.Day), int64(e.ShopID), int64(e.SourceID), e.Kind, e.Name, e.Campaign, e.MessageID, e.MessageHash, e.AnonymousID, e.UserID,
		warehouse.Object(e.Properties), warehouse.Object(e.Context),
	}
	return c.row[:], nil
}

// move deletes and inserts; customer_id is never updated.
func move(ctx context.Context, tx pgx.Tx, m *warehouse.Move, before int64) error {
	where, args := `customer_id = $1 AND event_id < $3`, []any{int64(m.From), int64(m.To), before}
	if m.AnonymousID != "" {
		where += ` AND anonymous_id = $4 AND user_id = '' AND "at" >= $5`
		args = append(args, m.AnonymousID, bound(m.FromAt))
		if m.UntilAt != 0 {
			where += ` AND "at" < $6`
			args = append(args, bound(m.UntilAt))
		}
	}
	_, err := tx.Exec(ctx, `WITH gone AS (DELETE FROM events WHERE `+where+` RETURNING *)
		INSERT INTO events (`+warehouse.EventColumns+`)
		SELECT `+strings.Replace(warehouse.EventColumns, "customer_id", "CAST($2 AS BIGINT)", 1)+` FROM gone`, args...)
	if err != nil {
		return fmt.Errorf("give events to another person: %w", err)
	}
	return nil
}

func bound(us int64) time.Time {
	return warehouse.Instant(min(max(us, warehouse.EarliestAt), warehouse.LatestAt+1))
}

// remove deletes the events of one journal row and corrects visits.
func (w *Warehouse) remove(ctx context.Context, r *warehouse.Row) error {
	first, last := r.Bounds()
	return pgx.BeginFunc(ctx, w.db.Pool(), func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `DELETE FROM events WHERE "at" BETWEEN $1 AND $2 AND event_id BETWEEN $3 AND $4 RETURNING event_id, customer_id, "at"`,
			bound(r.FromAt), bound(r.UntilAt), first, last)
		if err != nil {
			return err
		}
		gone, err := warehouse.ScanPlaces(closing{rows})
		if err != nil || len(gone) == 0 {
			return err
		}
		wrong, err := warehouse.Resessioned(ctx, func(ctx context.Context, customer id.ID, q warehouse.PersonQuery) ([]warehouse.Event, error) {
			text, args := personSQL(customer, q)
			rows, err := tx.Query(ctx, text, args...)
			if err != nil {
				return nil, fmt.Errorf("query warehouse: %w", err)
			}
			return warehouse.ScanEvents(closing{rows})
		}, warehouse.SpansOf(gone))
		if err != nil || len(wrong) == 0 {
			return err
		}
		return setSessions(ctx, tx, wrong)
	})
}

// closing gives the rows of a transaction the form of all others.
type closing struct{ pgx.Rows }

func (c closing) Close() error { c.Rows.Close(); return nil }

type executor interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
}

func setSessions(ctx context.Context, q executor, events []warehouse.Event) error {
	n := len(events)
	customers, ids, sessions, starts, ats := make([]int64, n), make([]int64, n), make([]int64, n), make([]bool, n), make([]time.Time, n)
	for i := range events {
		e := &events[i]
		customers[i], ats[i], ids[i], sessions[i], starts[i] = int64(e.CustomerID), warehouse.Instant(e.At), e.EventID, e.SessionID, e.SessionStart
	}
	_, err := q.Exec(ctx, `UPDATE events SET session_id = n.session_id, session_start = n.session_start
		FROM UNNEST(CAST($1 AS BIGINT[]), CAST($2 AS TIMESTAMP[]), CAST($3 AS BIGINT[]), CAST($4 AS BIGINT[]), CAST($5 AS BOOLEAN[]))
			AS n (customer_id, "at", event_id, session_id, session_start)
		WHERE events.customer_id = n.customer_id AND events."at" = n."at" AND events.event_id = n.event_id`, customers, ats, ids, sessions, starts)
	if err != nil {
		return fmt.Errorf("correct visits: %w", err)
	}
	return nil
}

// Months that get a partition of their own: so far back and ahead of now.
const (
	monthsBack  = 60
	monthsAhead = 1
)

// makePartitions makes those that the events need. Rows that already lie in the default partition, from when their month was
// still far, move over; on a crash between two statements the whole month is made again.
func (w *Warehouse) makePartitions(ctx context.Context, events []warehouse.Event) error {
	now := w.clock.Now()
	this := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	first, end := this.AddDate(0, -monthsBack, 0).UnixMicro(), this.AddDate(0, monthsAhead+1, 0).UnixMicro()
	var lastFrom, lastTo int64
	for i := range events {
		at := events[i].At
		if at < first || at >= end || (at >= lastFrom && at < lastTo) {
			continue
		}
		t := warehouse.Instant(at)
		from := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		to := from.AddDate(0, 1, 0)
		lastFrom, lastTo = from.UnixMicro(), to.UnixMicro()
		name := from.Format("events_2006_01")
		if w.months[name] {
			continue
		}
		if err := w.makePartition(ctx, name, from, to); err != nil {
			return fmt.Errorf("make partition %s: %w", name, err)
		}
		w.months[name] = true
	}
	return nil
}

func (w *Warehouse) makePartition(ctx context.Context, name string, from, to time.Time) error {
	return pgx.BeginFunc(ctx, w.db.Pool(), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrateLock); err != nil {
			return err
		}
		var exists bool
		if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, name).Scan(&exists); err != nil || exists {
			return err
		}
		lo, hi := from.Format(time.DateOnly), to.Format(time.DateOnly)
		for _, s := range []string{
			`CREATE TABLE ` + name + ` (LIKE events INCLUDING DEFAULTS)`,
			`WITH gone AS (DELETE FROM events_default WHERE "at" >= '` + lo + `' AND "at" < '` + hi + `' RETURNING *)
				INSERT INTO ` + name + ` (` + warehouse.EventColumns + `) SELECT ` + warehouse.EventColumns + ` FROM gone`,
			`ALTER TABLE events ATTACH PARTITION ` + name + ` FOR VALUES FROM ('` + lo + `') TO ('` + hi + `')`,
		} {
			if _, err := tx.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
}
