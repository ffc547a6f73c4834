package duck

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/warehouse"
)

// append writes a batch in one transaction: owners that changed, new events, sources never seen before, and the sequence reached.
func (d *database) append(ctx context.Context, seq int64, events, owners []held, sources []id.ID) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		if err := setOwners(ctx, tx, owners); err != nil {
			return err
		}
		if len(events) > 0 {
			row := make([]driver.Value, 17)
			if err := d.appendRows("events", len(events), func(i int) []driver.Value { return eventRow(events[i], row) }); err != nil {
				return err
			}
		}
		if len(sources) > 0 {
			if err := d.appendRows("event_sources", len(sources), func(i int) []driver.Value { return []driver.Value{int64(sources[i])} }); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE warehouse_state SET value = $1 WHERE name = 'seq'`, seq); err != nil {
			return fmt.Errorf("write sequence: %w", err)
		}
		return nil
	})
}

// eventRow gives the columns of an event, without its context.
func eventRow(h held, row []driver.Value) []driver.Value {
	e := h.event
	row[0], row[1], row[2], row[3] = e.EventID, int64(h.owner), e.SessionID, e.SessionStart
	row[4], row[5], row[6] = warehouse.Instant(e.At), warehouse.Instant(e.ReceivedAt), warehouse.DayTime(e.Day)
	row[7], row[8], row[9], row[10], row[11] = int64(e.ShopID), int64(e.SourceID), e.Kind, e.Name, e.Campaign
	row[12], row[13], row[14], row[15] = e.MessageID, e.MessageHash, e.AnonymousID, e.UserID
	row[16] = warehouse.Object(e.Properties)
	return row
}

func setOwners(ctx context.Context, tx *sql.Tx, events []held) error {
	return update(events, func(h *held) int64 { return h.event.EventID }, func(part []held) error {
		ids, owners := make([]string, len(part)), make([]string, len(part))
		for i := range part {
			ids[i], owners[i] = fmt.Sprint(part[i].event.EventID), part[i].owner.String()
		}
		_, err := tx.ExecContext(ctx, `UPDATE events SET customer_id = n.customer_id
			FROM (SELECT unnest(CAST($3 AS BIGINT[])) AS event_id, unnest(CAST($4 AS BIGINT[])) AS customer_id) n
			WHERE events.event_id BETWEEN $1 AND $2 AND events.event_id = n.event_id`,
			part[0].event.EventID, part[len(part)-1].event.EventID, list(ids), list(owners))
		if err != nil {
			return fmt.Errorf("give events to another person: %w", err)
		}
		return nil
	})
}

// setSessions corrects the visits of events.
func (d *database) setSessions(ctx context.Context, events []warehouse.Event) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		return update(events, func(e *warehouse.Event) int64 { return e.EventID }, func(part []warehouse.Event) error {
			ids, sessions, starts := make([]string, len(part)), make([]string, len(part)), make([]string, len(part))
			for i := range part {
				ids[i], sessions[i], starts[i] = fmt.Sprint(part[i].EventID), fmt.Sprint(part[i].SessionID), fmt.Sprint(part[i].SessionStart)
			}
			_, err := tx.ExecContext(ctx, `UPDATE events SET session_id = n.session_id, session_start = n.session_start
				FROM (SELECT unnest(CAST($3 AS BIGINT[])) AS event_id, unnest(CAST($4 AS BIGINT[])) AS session_id,
					unnest(CAST($5 AS BOOLEAN[])) AS session_start) n
				WHERE events.event_id BETWEEN $1 AND $2 AND events.event_id = n.event_id`,
				part[0].EventID, part[len(part)-1].EventID, list(ids), list(sessions), list(starts))
			if err != nil {
				return fmt.Errorf("correct visits: %w", err)
			}
			return nil
		})
	})
}

// remove deletes the events of a journal row.
func (d *database) remove(ctx context.Context, r *warehouse.Row) error {
	first, last := r.Bounds()
	return d.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM events WHERE event_id BETWEEN $1 AND $2`, first, last); err != nil {
			return fmt.Errorf("remove events: %w", err)
		}
		return nil
	})
}

// list writes a list as text; binding text and casting it is the cheapest way to hand DuckDB many numbers at once.
func list(values []string) string { return "[" + strings.Join(values, ",") + "]" }

// maxClusters bounds how many statements one change of many events becomes.
const maxClusters = 6

// update sorts events by id and calls fn for each cluster of near ones. Ids ascend in the table as it was appended, so a cluster is found in
// few row groups, while one range over old and new events would be a scan.
func update[E any](events []E, idOf func(*E) int64, fn func([]E) error) error {
	if len(events) == 0 {
		return nil
	}
	s := slices.Clone(events)
	slices.SortFunc(s, func(a, b E) int { return cmp.Compare(idOf(&a), idOf(&b)) })
	var cuts []int // before which index
	for i := 1; i < len(s); i++ {
		cuts = append(cuts, i)
	}
	gap := func(i int) int64 { return idOf(&s[i]) - idOf(&s[i-1]) }
	slices.SortFunc(cuts, func(a, b int) int { return cmp.Compare(gap(b), gap(a)) })
	cuts = slices.Clone(cuts[:min(len(cuts), maxClusters-1)])
	cuts = slices.DeleteFunc(cuts, func(i int) bool { return gap(i) < warehouse.NewEventID(2000, 0) })
	slices.Sort(cuts)
	from := 0
	for _, to := range append(cuts, len(s)) {
		if err := fn(s[from:to]); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// upsert replaces the rows of a mirrored table that have one of the keys.
func (d *database) upsert(ctx context.Context, table string, keys []int64, rows [][]any) error {
	i := slices.IndexFunc(warehouse.Mirrors(), func(m warehouse.Mirror) bool { return m.Table == table })
	if i < 0 {
		return fmt.Errorf("table %q is not mirrored", table)
	}
	if len(keys) == 0 {
		return nil
	}
	m := warehouse.Mirrors()[i]
	text := make([]string, len(keys))
	for i, k := range keys {
		text[i] = fmt.Sprint(k)
	}
	return d.inTx(ctx, func(tx *sql.Tx) error {
		// Keys grow with time: between bounds DuckDB need not look into the parts of the table that are older than these rows.
		_, err := tx.ExecContext(ctx, `DELETE FROM `+m.Table+` WHERE `+m.Key+` BETWEEN $2 AND $3 AND `+m.Key+` IN (SELECT unnest(CAST($1 AS BIGINT[])))`,
			list(text), slices.Min(keys), slices.Max(keys))
		if err != nil {
			return fmt.Errorf("replace rows of %s: %w", table, err)
		}
		return d.appendRows(m.Table, len(rows), func(i int) []driver.Value {
			row := make([]driver.Value, len(m.Columns))
			for j := range row {
				row[j] = rows[i][j]
			}
			return row
		})
	})
}
