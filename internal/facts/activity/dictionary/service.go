package dictionary

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Deps is what the service works with.
type Deps struct {
	DB        *sqldb.DB
	IDs       *id.Source
	Clock     clock.Clock
	Warehouse warehouse.Warehouse
	Reporting func() (currency string, zone *time.Location)
	// Audit puts a change on record in its transaction.
	Audit func(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error
}

// Service keeps the dictionary.
type Service struct {
	Deps
	mu     sync.Mutex
	memory memory
	rules  atomic.Pointer[Rules]

	changing sync.Mutex // rules
}

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

const (
	recentDays  = 30
	historyDays = 400
	silent      = 7 * 24 * time.Hour
)

// List gives entries. There are few enough to be sorted here.
func (s *Service) List(ctx context.Context, f Filter) (page.Page[Name], error) {
	var none page.Page[Name]
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return none, err
	}
	all, rules, err := s.all(ctx)
	if err != nil {
		return none, err
	}
	now := s.Clock.Now()
	all = slices.DeleteFunc(all, func(n Name) bool { return !f.takes(&n, rules, clock.Micros(now)) })
	var after struct {
		sort, id int64
		name     string
	}
	order := sorting(f.Sort)
	slices.SortFunc(all, func(a, b Name) int {
		return cmp.Or(cmp.Compare(order(&b), order(&a)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	further, err := page.Decode(f.Cursor, &after.sort, &after.name, &after.id)
	if err != nil {
		return none, err
	}
	if further {
		at, _ := slices.BinarySearchFunc(all, 0, func(n Name, _ int) int {
			if cmp.Or(cmp.Compare(after.sort, order(&n)), cmp.Compare(n.Name, after.name), cmp.Compare(int64(n.ID), after.id)) <= 0 {
				return -1
			}
			return 1
		})
		all = all[at:]
	}
	limit := page.Limit(f.Limit, 50)
	out := page.Cut(all[:min(len(all), limit+1)], limit, func(n Name) string { return page.Encode(order(&n), n.Name, int64(n.ID)) })
	return out, s.fill(ctx, out.Items, now)
}

// all gives every entry with its rule and those that are like it, and the standing rules by name.
func (s *Service) all(ctx context.Context) ([]Name, map[string]*Rule, error) {
	all, err := listNames(ctx, s.DB)
	if err != nil {
		return nil, nil, err
	}
	list, err := listRules(ctx, s.DB)
	if err != nil {
		return nil, nil, err
	}
	rules := map[string]*Rule{}
	for i := range list {
		if list[i].untilAt == 0 {
			rules[list[i].Name] = &list[i]
		}
	}
	alike := map[string][]string{}
	for i := range all {
		if n := &all[i]; n.Kind == track {
			n.Rule = rules[n.Name]
			alike[n.fold] = append(alike[n.fold], n.Name)
		}
	}
	for i := range all {
		n := &all[i]
		if n.Kind != track {
			continue
		}
		for _, other := range alike[n.fold] {
			if other != n.Name && rules[other] == nil && n.Rule == nil { // what is blocked or renamed is mended
				n.Alike = append(n.Alike, other)
			}
		}
		slices.Sort(n.Alike)
	}
	return all, rules, nil
}

func (f *Filter) takes(n *Name, rules map[string]*Rule, now int64) bool {
	if f.Search != "" && !strings.Contains(n.fold, foldOf(f.Search)) && !strings.Contains(strings.ToLower(n.Description+"\n"+n.Owner), strings.ToLower(f.Search)) {
		return false
	}
	switch f.Show {
	case "new":
		return n.Kind == track && n.Expected == "" && rules[n.Name] == nil
	case Expected, Unexpected:
		return n.Expected == f.Show
	case "ruled":
		return n.Rule != nil
	case "alike":
		return len(n.Alike) > 0
	case "silent":
		return n.Rule == nil && n.latest < now-int64(silent/time.Microsecond)
	}
	return true
}

// sorting gives what names are sorted by, larger first; names decide among equals.
func sorting(by string) func(*Name) int64 {
	switch by {
	case "events":
		return func(n *Name) int64 { return n.Events }
	case "last_seen":
		return func(n *Name) int64 { return n.latest }
	case "first_seen":
		return func(n *Name) int64 { return n.first }
	}
	return func(*Name) int64 { return 0 }
}

// fill adds what the last days brought.
func (s *Service) fill(ctx context.Context, names []Name, now time.Time) error {
	ids := make([]id.ID, len(names))
	at := map[id.ID]*Name{}
	for i := range names {
		ids[i] = names[i].ID
		at[names[i].ID] = &names[i]
	}
	_, zone := s.Reporting()
	days, err := listDays(ctx, s.DB, ids, clock.Day(now, zone)-recentDays+1)
	if err != nil {
		return err
	}
	for _, d := range days {
		n := at[d.name]
		n.Days = addDay(n.Days, d)
		if !slices.Contains(n.Sources, d.source) {
			n.Sources = append(n.Sources, d.source)
		}
	}
	return nil
}

// addDay adds a row to volumes by day; rows come in the order of days.
func addDay(days []DayVolume, d dayRow) []DayVolume {
	day := clock.DayString(d.day)
	if n := len(days); n > 0 && days[n-1].Day == day {
		days[n-1].Events += d.events
		return days
	}
	return append(days, DayVolume{day, d.events})
}

// Get gives an entry with everything about it.
func (s *Service) Get(ctx context.Context, name id.ID) (Detail, error) {
	if err := role.Require(ctx, role.ActivityRead); err != nil {
		return Detail{}, err
	}
	n, err := s.find(ctx, name)
	if err != nil {
		return Detail{}, err
	}
	now := s.Clock.Now()
	one := []Name{n}
	if err := s.fill(ctx, one, now); err != nil {
		return Detail{}, err
	}
	out := Detail{Name: one[0], History: []DayVolume{}, BySource: []SourceVolume{}, Rules: []Rule{}}
	if out.Properties, err = listProperties(ctx, s.DB, name); err != nil {
		return out, err
	}
	_, zone := s.Reporting()
	days, err := listDays(ctx, s.DB, []id.ID{name}, clock.Day(now, zone)-historyDays+1)
	if err != nil {
		return out, err
	}
	for _, d := range days {
		out.History = addDay(out.History, d)
		i := slices.IndexFunc(out.BySource, func(v SourceVolume) bool { return v.SourceID == d.source })
		if i < 0 {
			out.BySource = append(out.BySource, SourceVolume{SourceID: d.source, Events: d.events})
			continue
		}
		out.BySource[i].Events += d.events
	}
	rules, err := listRules(ctx, s.DB)
	if err != nil {
		return out, err
	}
	for _, r := range rules {
		if n.Kind == track && (r.Name == n.Name || r.Target == n.Name) {
			out.Rules = append(out.Rules, r)
		}
	}
	return out, s.examples(ctx, &out)
}

func (s *Service) find(ctx context.Context, name id.ID) (Name, error) {
	all, _, err := s.all(ctx)
	if err != nil {
		return Name{}, err
	}
	for i := range all {
		if all[i].ID == name {
			return all[i], nil
		}
	}
	return Name{}, errs.New(errs.NotFound, "dictionary.missing", "The dictionary has no entry %s.", name)
}

// Describe changes what people say of an entry.
func (s *Service) Describe(ctx context.Context, name id.ID, p Patch) (Name, error) {
	if err := role.Require(ctx, role.ActivityWrite); err != nil {
		return Name{}, err
	}
	n, err := s.find(ctx, name)
	if err != nil {
		return n, err
	}
	if p.Description != nil {
		n.Description = sqldb.Clean(strings.TrimSpace(*p.Description))
	}
	if p.Owner != nil {
		n.Owner = sqldb.Clean(strings.TrimSpace(*p.Owner))
	}
	if p.Expected != nil {
		n.Expected = *p.Expected
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := describe(ctx, tx, &n); err != nil {
			return err
		}
		return s.Audit(ctx, tx, "event_name.described", "event_name:"+n.ID.String(),
			map[string]any{"name": n.Name, "description": n.Description, "owner": n.Owner, "expected": n.Expected})
	})
	return n, err
}

// Plan makes an entry for a name before its first event, as one that is expected.
func (s *Service) Plan(ctx context.Context, name string, p Patch) (Name, error) {
	if err := role.Require(ctx, role.ActivityWrite); err != nil {
		return Name{}, err
	}
	name, err := plain("name", name)
	if err != nil {
		return Name{}, err
	}
	all, _, err := s.all(ctx)
	if err != nil {
		return Name{}, err
	}
	of := nameID(track, name)
	switch {
	case slices.ContainsFunc(all, func(n Name) bool { return n.ID == of }):
		return Name{}, errs.New(errs.Conflict, "dictionary.exists", "The dictionary has %q already.", name)
	case len(all) >= MaxNames:
		return Name{}, errFull
	}
	if p.Expected == nil {
		expected := Expected
		p.Expected = &expected
	}
	if err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(s.forget)
		return ensureName(ctx, tx, track, name)
	}); err != nil {
		return Name{}, err
	}
	return s.Describe(ctx, of, p)
}

var errFull = errs.New(errs.Conflict, "dictionary.full", "The dictionary holds %d names, which is all it keeps. Delete some that are not needed.", MaxNames)

// Delete forgets an entry, what people said of it too. Its events stay; if another one comes, it is a new entry. Rules stand.
func (s *Service) Delete(ctx context.Context, name id.ID) error {
	if err := role.Require(ctx, role.ActivityWrite); err != nil {
		return err
	}
	n, err := s.find(ctx, name)
	if err != nil {
		return err
	}
	if n.Rule != nil {
		return errs.New(errs.Conflict, "dictionary.ruled", "%q is blocked or renamed. End that first.", n.Name)
	}
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		tx.OnCommit(s.forget)
		if err := deleteName(ctx, tx, name); err != nil {
			return err
		}
		return s.Audit(ctx, tx, "event_name.deleted", "event_name:"+name.String(), map[string]any{"kind": n.Kind, "name": n.Name, "events": n.Events})
	})
}

// forget lets the applier read anew which names there are.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory = memory{}
}

// plain gives a name as it may be stored.
func plain(field, name string) (string, error) {
	clean := sqldb.Clean(name)
	switch {
	case strings.TrimSpace(clean) == "":
		return "", errs.New(errs.Invalid, "dictionary.name", "A name is missing.").With(errs.Field{Path: field, Code: "required", Message: "Write the event's name."})
	case len(clean) > maxKey:
		return "", errs.New(errs.Invalid, "dictionary.name", "A name has at most %d bytes.", maxKey).
			With(errs.Field{Path: field, Code: "too_long", Message: "The name is too long."})
	}
	return clean, nil
}
