package dictionary

import (
	"context"
	"fmt"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const (
	upsertName = `INSERT INTO event_names (name_id, kind, name, fold, events, first_at, last_at, overflow, expected, description, owner)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (name_id) DO UPDATE SET events = event_names.events + EXCLUDED.events,
first_at = CASE WHEN event_names.first_at = 0 OR EXCLUDED.first_at < event_names.first_at THEN EXCLUDED.first_at ELSE event_names.first_at END,
last_at = CASE WHEN EXCLUDED.last_at > event_names.last_at THEN EXCLUDED.last_at ELSE event_names.last_at END,
overflow = event_names.overflow OR EXCLUDED.overflow`
	upsertDay = `INSERT INTO event_days (name_id, day, source_id, events) VALUES ($1, $2, $3, $4)
ON CONFLICT (name_id, day, source_id) DO UPDATE SET events = event_days.events + EXCLUDED.events`
	upsertProperty = `INSERT INTO event_properties (name_id, property, type, first_at, last_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (name_id, property, type) DO UPDATE SET
last_at = CASE WHEN EXCLUDED.last_at > event_properties.last_at THEN EXCLUDED.last_at ELSE event_properties.last_at END`
)

func saveTallies(ctx context.Context, q sqldb.Q, tallies []*tally) error {
	names := make([][]any, 0, len(tallies))
	var days, properties [][]any
	for _, t := range tallies {
		of := int64(t.known.id)
		names = append(names, []any{of, t.kind, t.name, foldOf(t.name), t.events, t.first, t.last, t.overflow, "", "", ""})
		for _, d := range t.days {
			days = append(days, []any{of, d.day, int64(d.source), d.events})
		}
		for p, n := range t.news {
			properties = append(properties, []any{of, p.property, typeNames[p.kind], n.first, n.last})
		}
	}
	if err := q.Many(ctx, upsertName, names); err != nil {
		return fmt.Errorf("upsert event names: %w", err)
	}
	if err := q.Many(ctx, upsertDay, days); err != nil {
		return fmt.Errorf("upsert event days: %w", err)
	}
	if len(properties) == 0 {
		return nil
	}
	if err := q.Many(ctx, upsertProperty, properties); err != nil {
		return fmt.Errorf("upsert event properties: %w", err)
	}
	return nil
}

const (
	selectKnown    = `SELECT name_id, kind, name, overflow FROM event_names`
	countKept      = `SELECT COUNT(*) FROM event_properties`
	selectLastSeen = `SELECT property, type, last_at FROM event_properties WHERE name_id = $1`
)

func loadKnown(ctx context.Context, q sqldb.Q) (map[entry]*known, error) {
	rows, err := q.Query(ctx, selectKnown)
	if err != nil {
		return nil, fmt.Errorf("select event names: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[entry]*known{}
	for rows.Next() {
		var e entry
		k := &known{}
		if err := rows.Scan((*int64)(&k.id), &e.kind, &e.name, &k.overflow); err != nil {
			return nil, fmt.Errorf("scan event name: %w", err)
		}
		out[e] = k
	}
	return out, rows.Err()
}

func countProperties(ctx context.Context, q sqldb.Q) (n int, err error) {
	if err := q.Row(ctx, countKept).Scan(&n); err != nil {
		return 0, fmt.Errorf("count event properties: %w", err)
	}
	return n, nil
}

func loadLastSeen(ctx context.Context, q sqldb.Q, name id.ID) (map[string]*[len(typeNames)]int64, error) {
	rows, err := q.Query(ctx, selectLastSeen, int64(name))
	if err != nil {
		return nil, fmt.Errorf("select properties of event: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]*[len(typeNames)]int64{}
	for rows.Next() {
		var property, kind string
		var at int64
		if err := rows.Scan(&property, &kind, &at); err != nil {
			return nil, fmt.Errorf("scan property of event: %w", err)
		}
		if out[property] == nil {
			out[property] = new([len(typeNames)]int64)
		}
		for i, n := range typeNames {
			if n == kind {
				out[property][i] = at
			}
		}
	}
	return out, rows.Err()
}

const selectNames = `SELECT name_id, kind, name, fold, events, first_at, last_at, overflow, expected, description, owner FROM event_names`

// listNames gives all of them; there are at most MaxNames and a few.
func listNames(ctx context.Context, q sqldb.Q) ([]Name, error) {
	rows, err := q.Query(ctx, selectNames)
	if err != nil {
		return nil, fmt.Errorf("select event names: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Name
	for rows.Next() {
		n := Name{Days: []DayVolume{}, Sources: []id.ID{}, Alike: []string{}}
		if err := rows.Scan((*int64)(&n.ID), &n.Kind, &n.Name, &n.fold, &n.Events, &n.first, &n.latest, &n.Overflow, &n.Expected, &n.Description,
			&n.Owner); err != nil {
			return nil, fmt.Errorf("scan event name: %w", err)
		}
		n.FirstSeenAt, n.LastSeenAt = instant(n.first), instant(n.latest)
		out = append(out, n)
	}
	return out, rows.Err()
}

func instant(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := clock.FromMicros(us)
	return &t
}

// dayRow is a row of event_days.
type dayRow struct {
	name   id.ID
	day    int64
	source id.ID
	events int64
}

const selectDays = `SELECT name_id, day, source_id, events FROM event_days WHERE day >= $1 AND name_id IN (`

func listDays(ctx context.Context, q sqldb.Q, names []id.ID, from int64) ([]dayRow, error) {
	if len(names) == 0 {
		return nil, nil
	}
	args := []any{from}
	for _, n := range names {
		args = append(args, int64(n))
	}
	rows, err := q.Query(ctx, selectDays+sqldb.Marks(2, len(names))+`) ORDER BY name_id, day, source_id`, args...)
	if err != nil {
		return nil, fmt.Errorf("select event days: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []dayRow
	for rows.Next() {
		var d dayRow
		if err := rows.Scan((*int64)(&d.name), &d.day, (*int64)(&d.source), &d.events); err != nil {
			return nil, fmt.Errorf("scan event day: %w", err)
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

const selectProperties = `SELECT property, type, first_at, last_at FROM event_properties WHERE name_id = $1 ORDER BY property, type`

func listProperties(ctx context.Context, q sqldb.Q, name id.ID) ([]Property, error) {
	rows, err := q.Query(ctx, selectProperties, int64(name))
	if err != nil {
		return nil, fmt.Errorf("select event properties: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Property{}
	for rows.Next() {
		var property string
		var t Type
		var first, last int64
		if err := rows.Scan(&property, &t.Type, &first, &last); err != nil {
			return nil, fmt.Errorf("scan event property: %w", err)
		}
		t.FirstSeenAt, t.LastSeenAt = clock.FromMicros(first), clock.FromMicros(last)
		if n := len(out); n == 0 || out[n-1].Name != property {
			out = append(out, Property{Name: property, Examples: []string{}})
		}
		p := &out[len(out)-1]
		p.Types = append(p.Types, t)
	}
	return out, rows.Err()
}

const insertName = `INSERT INTO event_names (name_id, kind, name, fold, events, first_at, last_at, overflow, expected, description, owner)
VALUES ($1, $2, $3, $4, 0, 0, 0, FALSE, '', '', '') ON CONFLICT (name_id) DO NOTHING`

func ensureName(ctx context.Context, q sqldb.Q, kind, name string) error {
	if _, err := q.Exec(ctx, insertName, int64(nameID(kind, name)), kind, name, foldOf(name)); err != nil {
		return fmt.Errorf("insert event name: %w", err)
	}
	return nil
}

const updateName = `UPDATE event_names SET expected = $2, description = $3, owner = $4 WHERE name_id = $1`

func describe(ctx context.Context, q sqldb.Q, n *Name) error {
	if _, err := q.Exec(ctx, updateName, int64(n.ID), n.Expected, n.Description, n.Owner); err != nil {
		return fmt.Errorf("update event name: %w", err)
	}
	return nil
}

var deletes = []string{`DELETE FROM event_properties WHERE name_id = $1`, `DELETE FROM event_days WHERE name_id = $1`, `DELETE FROM event_names WHERE name_id = $1`}

func deleteName(ctx context.Context, q sqldb.Q, name id.ID) error {
	for _, text := range deletes {
		if _, err := q.Exec(ctx, text, int64(name)); err != nil {
			return fmt.Errorf("delete event name: %w", err)
		}
	}
	return nil
}

const (
	selectRules = `SELECT rule_id, name, action, target, from_at, until_at, made_by FROM event_rules ORDER BY rule_id DESC`
	insertRule  = `INSERT INTO event_rules (rule_id, name, action, target, from_at, until_at, made_by) VALUES ($1, $2, $3, $4, $5, 0, $6)`
	updateRule  = `UPDATE event_rules SET until_at = $2 WHERE rule_id = $1 AND until_at = 0`
)

// listRules gives all rules, newest first.
func listRules(ctx context.Context, q sqldb.Q) ([]Rule, error) {
	rows, err := q.Query(ctx, selectRules)
	if err != nil {
		return nil, fmt.Errorf("select event rules: %w", err)
	}
	defer func() { _ = rows.Close() }()
	out := []Rule{}
	for rows.Next() {
		var r Rule
		if err := rows.Scan((*int64)(&r.ID), &r.Name, &r.Action, &r.Target, &r.fromAt, &r.untilAt, &r.MadeBy); err != nil {
			return nil, fmt.Errorf("scan event rule: %w", err)
		}
		r.From, r.Until = clock.FromMicros(r.fromAt), instant(r.untilAt)
		out = append(out, r)
	}
	return out, rows.Err()
}

func saveRule(ctx context.Context, q sqldb.Q, r *Rule) error {
	if _, err := q.Exec(ctx, insertRule, int64(r.ID), r.Name, r.Action, r.Target, r.fromAt, r.MadeBy); err != nil {
		return fmt.Errorf("insert event rule: %w", err)
	}
	return nil
}

func endRule(ctx context.Context, q sqldb.Q, rule id.ID, at int64) error {
	if _, err := q.Exec(ctx, updateRule, int64(rule), at); err != nil {
		return fmt.Errorf("update event rule: %w", err)
	}
	return nil
}
