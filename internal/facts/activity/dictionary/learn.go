package dictionary

import (
	"context"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

const (
	hour         = int64(time.Hour / time.Microsecond)
	maxShapes    = 512     // of one name that are remembered
	maxAllKept   = 100_000 // properties of all names together
	maxMemorized = 2000    // names whose properties are held in memory
)

// entry is what an event is counted under.
type entry struct{ kind, name string }

// known is what memory holds of an entry, so that a step writes only what is new.
type known struct {
	id         id.ID
	properties map[string]*[len(typeNames)]int64 // when each type was last written; nil: not read yet
	shapes     map[uint64]struct{}               // seen within the hour: nothing to learn from
	hour       int64
	overflow   bool
}

// memory is the applier's.
type memory struct {
	names      map[entry]*known
	properties int // of all names
	loaded     int // names with their properties in memory
}

// count gives the number of names, without the entry for those beyond it.
func (m *memory) count() int {
	if m.names[entry{kind: Other}] != nil {
		return len(m.names) - 1
	}
	return len(m.names)
}

// tally is what a step adds to an entry.
type tally struct {
	entry
	known       *known
	events      int64
	first, last int64
	days        []dayTally
	news        map[propertyType]*span
	fresh       int // properties that are new
	shapes      []uint64
	overflow    bool
}

type dayTally struct {
	day    int64
	source id.ID
	events int64
}

type propertyType struct {
	property string
	kind     byte
}

type span struct{ first, last int64 }

// Learn counts a step's events, in the transaction that applies them.
func (s *Service) Learn(ctx context.Context, tx *sqldb.Tx, events []warehouse.Event) error {
	if len(events) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory.names == nil {
		if err := s.remember(ctx, tx); err != nil {
			return err
		}
	}
	_, zone := s.Reporting()
	l := learner{s: s, zone: zone, of: map[entry]*tally{}}
	for i := range events {
		if err := l.event(ctx, tx, &events[i]); err != nil {
			return err
		}
	}
	if err := saveTallies(ctx, tx, l.order); err != nil {
		return err
	}
	tx.OnCommit(func() { s.keep(l.order) })
	return nil
}

// remember reads which names there are.
func (s *Service) remember(ctx context.Context, q sqldb.Q) error {
	names, err := loadKnown(ctx, q)
	if err != nil {
		return err
	}
	n, err := countProperties(ctx, q)
	if err != nil {
		return err
	}
	s.memory = memory{names: names, properties: n}
	return nil
}

// learner gathers one step.
type learner struct {
	s           *Service
	zone        *time.Location
	day         int64 // of the stretch [from, until)
	from, until int64
	of          map[entry]*tally
	order       []*tally
	last        *tally
	newNames    int
	newKept     int
}

func (l *learner) dayOf(at int64) int64 {
	if at < l.from || at >= l.until {
		l.day = clock.Day(clock.FromMicros(at), l.zone)
		l.from, l.until = clock.Micros(clock.DayStart(l.day, l.zone)), clock.Micros(clock.DayStart(l.day+1, l.zone))
	}
	return l.day
}

func (l *learner) event(ctx context.Context, tx *sqldb.Tx, e *warehouse.Event) error {
	of := entry{kind: e.Kind}
	if e.Kind == track {
		of.name = e.Name
	}
	t := l.last
	if t == nil || t.entry != of {
		t = l.tally(of, e.ReceivedAt)
		if t.kind != Other { // events of different names share that one
			l.last = t
		}
	}
	t.count(l.dayOf(e.ReceivedAt), e.SourceID, e.ReceivedAt)
	if t.kind == Other || len(e.Properties) <= 2 {
		return nil
	}
	return l.properties(ctx, tx, t, e)
}

// tally gives that of an entry, or of the one for names beyond the number that is kept.
func (l *learner) tally(of entry, at int64) *tally {
	if t := l.of[of]; t != nil {
		return t
	}
	k := l.s.memory.names[of]
	if k == nil {
		if of.kind != Other {
			if l.s.memory.count()+l.newNames >= MaxNames {
				return l.tally(entry{kind: Other}, at)
			}
			l.newNames++
		}
		k = &known{id: nameID(of.kind, of.name), properties: map[string]*[len(typeNames)]int64{}}
	}
	t := &tally{entry: of, known: k, first: at, last: at, overflow: k.overflow}
	l.of[of] = t
	l.order = append(l.order, t)
	return t
}

func (t *tally) count(day int64, source id.ID, at int64) {
	t.events++
	t.first, t.last = min(t.first, at), max(t.last, at)
	for i := range t.days {
		if d := &t.days[i]; d.day == day && d.source == source {
			d.events++
			return
		}
	}
	t.days = append(t.days, dayTally{day, source, 1})
}

// properties looks whether an event tells something new about its name.
func (l *learner) properties(ctx context.Context, tx *sqldb.Tx, t *tally, e *warehouse.Event) error {
	k := t.known
	shape := shapeOf(e.Properties)
	if _, seen := k.shapes[shape]; seen && k.hour == e.ReceivedAt/hour {
		return nil
	}
	for _, seen := range t.shapes {
		if seen == shape {
			return nil
		}
	}
	if k.properties == nil {
		if err := l.s.recall(ctx, tx, k); err != nil {
			return err
		}
	}
	if len(t.shapes) < maxShapes {
		t.shapes = append(t.shapes, shape)
	}
	eachMember(e.Properties, func(raw []byte, kind byte, _ []byte) {
		if len(raw) > maxProperty {
			t.overflow = true
			return
		}
		l.property(t, propertyType{sqldb.Clean(plainName(raw)), kind}, e.ReceivedAt)
	})
	return nil
}

func (l *learner) property(t *tally, p propertyType, at int64) {
	if n := t.news[p]; n != nil {
		n.first, n.last = min(n.first, at), max(n.last, at)
		return
	}
	have := t.known.properties[p.property]
	if have != nil && have[p.kind] != 0 && at-have[p.kind] < hour {
		return
	}
	if have == nil && !t.hasNew(p.property) {
		if len(t.known.properties)+t.fresh >= MaxProperties || l.s.memory.properties+l.newKept >= maxAllKept {
			t.overflow = true
			return
		}
		t.fresh++
		l.newKept++
	}
	if t.news == nil {
		t.news = map[propertyType]*span{}
	}
	t.news[p] = &span{at, at}
}

// hasNew tells whether the step has seen the property already, in another type.
func (t *tally) hasNew(property string) bool {
	for kind := range byte(len(typeNames)) {
		if t.news[propertyType{property, kind}] != nil {
			return true
		}
	}
	return false
}

// recall reads a name's properties into memory.
func (s *Service) recall(ctx context.Context, q sqldb.Q, k *known) error {
	if s.memory.loaded >= maxMemorized { // make room: who comes again is read again
		for _, other := range s.memory.names {
			other.properties, other.shapes = nil, nil
		}
		s.memory.loaded = 0
	}
	p, err := loadLastSeen(ctx, q, k.id)
	if err != nil {
		return err
	}
	k.properties = p
	s.memory.loaded++
	return nil
}

// keep takes what was committed into memory.
func (s *Service) keep(tallies []*tally) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory.names == nil { // a name was deleted meanwhile: all is read again
		return
	}
	for _, t := range tallies {
		k := t.known
		if s.memory.names[t.entry] == nil {
			s.memory.names[t.entry] = k
			s.memory.loaded++
		}
		k.overflow = t.overflow
		s.memory.properties += t.fresh
		if h := t.last / hour; h != k.hour || len(k.shapes)+len(t.shapes) > maxShapes {
			k.shapes, k.hour = nil, h
		}
		if k.properties == nil { // room was made for others within the step
			continue
		}
		if k.shapes == nil {
			k.shapes = make(map[uint64]struct{}, len(t.shapes))
		}
		for _, shape := range t.shapes {
			k.shapes[shape] = struct{}{}
		}
		for p, n := range t.news {
			have := k.properties[p.property]
			if have == nil {
				have = new([len(typeNames)]int64)
				k.properties[p.property] = have
			}
			have[p.kind] = max(have[p.kind], n.last)
		}
	}
}
