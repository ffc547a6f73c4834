// Package dictionary knows which events come: their names, what they carry, how many there are, and what people say about them.
//
// It owns event_names, event_days, event_properties and event_rules. The collector tells it of each step in the step's own transaction (Learn), so
// that its counts are as exact as the warehouse's: an event is counted when it is applied, once, on the day of its receipt in
// the reporting zone. A step costs it one row a name and one a name, source and day; properties cost a row only when something about them is new,
// or after an hour. Page and screen views, identifications and the like have one entry a kind, since their names are the shop's pages.
//
//	arrives ─► entry ── described, owned, (un)expected
//	             │
//	             ├── blocked until freed: the door refuses it, saying so
//	             └── renamed until that ends: what is received from then on is another event; what came before keeps its name, and is shown so
//
// A rule has a beginning and an end in time of receipt and is never deleted: the journal holds events as they came, and whoever reads it again
// must come to the same outcome.
//
// Invariants: at most MaxNames names and MaxProperties properties of each, whatever is sent; beyond that events are counted under one entry of
// the kind "other", and an entry says that it has more. A name has at most one standing rule; the target of a rename has none and is nobody's
// source. No value of any event is kept here: examples are read from the warehouse when somebody looks, so that erasure reaches them.
// Nothing is announced from here.
package dictionary

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"time"
	"unicode"

	"rapport/internal/base/id"
)

// The bounds of what a hostile sender can fill.
const (
	MaxNames      = 5000
	MaxProperties = 200
	maxKey        = 255 // bytes of a name; the door lets no longer one in
	maxProperty   = 100 // bytes of a property's name; longer ones count as too many
)

// Other is the kind of the entry for events whose names are too many to be kept.
const Other = "other"

const track = "track"

// What people say of a name.
const (
	Expected   = "expected"
	Unexpected = "unexpected"
)

// The actions of rules.
const (
	Block  = "block"
	Rename = "rename"
)

// Name is an entry.
type Name struct {
	ID          id.ID       `json:"id"`
	Kind        string      `json:"kind" enum:"track,page,screen,identify,group,alias,other" doc:"other: events whose names are beyond the number that is kept"`
	Name        string      `json:"name" doc:"Empty for all kinds but track, which have one entry each"`
	Events      int64       `json:"events" doc:"Applied since first_seen_at"`
	FirstSeenAt *time.Time  `json:"first_seen_at,omitempty" doc:"Received; missing while none has come"`
	LastSeenAt  *time.Time  `json:"last_seen_at,omitempty"`
	Days        []DayVolume `json:"days" nullable:"false" doc:"The last 30 days that had any, oldest first, by receipt in the reporting zone"`
	Sources     []id.ID     `json:"sources" nullable:"false" doc:"Through which it came in those days"`
	Expected    string      `json:"expected" enum:",expected,unexpected"`
	Description string      `json:"description"`
	Owner       string      `json:"owner"`
	Alike       []string    `json:"alike" nullable:"false" doc:"Other names that differ only in case, blanks, hyphens or underscores: probably meant to be one"`
	Rule        *Rule       `json:"rule,omitempty" doc:"The rule that stands for it"`
	Overflow    bool        `json:"overflow" doc:"Has more properties than are kept"`

	fold          string
	first, latest int64
}

// DayVolume is how many came on a day.
type DayVolume struct {
	Day    string `json:"day" format:"date"`
	Events int64  `json:"events"`
}

// SourceVolume is how many came through a source.
type SourceVolume struct {
	SourceID id.ID `json:"source_id"`
	Events   int64 `json:"events"`
}

// Property is what is known of a property of an event.
type Property struct {
	Name     string   `json:"name"`
	Types    []Type   `json:"types" nullable:"false"`
	Conflict bool     `json:"conflict" doc:"Comes in several types, not counting null"`
	Examples []string `json:"examples" nullable:"false" doc:"Of the newest events; never of what names a person"`
	Personal bool     `json:"personal" doc:"Looks as if it names a person, so no examples are shown"`
}

// Type is a type in which a property came.
type Type struct {
	Type        string    `json:"type" enum:"text,number,boolean,object,list,null"`
	FirstSeenAt time.Time `json:"first_seen_at"`
	LastSeenAt  time.Time `json:"last_seen_at" doc:"To the hour"`
}

// Detail is an entry with everything about it.
type Detail struct {
	Name
	Properties []Property     `json:"properties" nullable:"false"`
	History    []DayVolume    `json:"history" nullable:"false" doc:"The last 400 days that had any, oldest first"`
	BySource   []SourceVolume `json:"by_source" nullable:"false" doc:"In those days"`
	Rules      []Rule         `json:"rules" nullable:"false" doc:"All that ever stood for the name or led to it, newest first"`
}

// Rule is what becomes of a name.
type Rule struct {
	ID     id.ID      `json:"id"`
	Name   string     `json:"name"`
	Action string     `json:"action" enum:"block,rename"`
	Target string     `json:"target" doc:"The new name of a rename"`
	From   time.Time  `json:"from" doc:"Events received from then on"`
	Until  *time.Time `json:"until,omitempty" doc:"Missing while it stands"`
	MadeBy string     `json:"made_by"`

	fromAt, untilAt int64
}

// Draft is a rule to be made.
type Draft struct {
	Name   string `json:"name" minLength:"1" maxLength:"255"`
	Action string `json:"action" enum:"block,rename"`
	Target string `json:"target,omitempty" maxLength:"255" doc:"The new name of a rename"`
}

// Patch is what people change of an entry; what is left out stays.
type Patch struct {
	Description *string `json:"description,omitempty" maxLength:"2000"`
	Owner       *string `json:"owner,omitempty" maxLength:"200"`
	Expected    *string `json:"expected,omitempty" enum:",expected,unexpected"`
}

// Filter chooses entries.
type Filter struct {
	Search string
	Show   string // "", "new" (nobody said whether it is expected), "expected", "unexpected", "ruled", "alike", "silent" (none for a week)
	Sort   string // "", "name", "events", "first_seen", "last_seen"
	Limit  int
	Cursor string
}

// Rules are those of all times, by name, as the door and the applier ask for them. nil has none.
type Rules struct{ by map[string][]Rule }

// Look gives what is to become of an event with this name that was received at an instant. For the usual case, no rules at all, it costs a
// comparison.
func (r *Rules) Look(name string, receivedAt int64) (blocked bool, target string) {
	if r == nil {
		return false, ""
	}
	for _, one := range r.by[name] {
		if receivedAt >= one.fromAt && (one.untilAt == 0 || receivedAt < one.untilAt) {
			return one.Action == Block, one.Target
		}
	}
	return false, ""
}

// nameID is made of the name, so that two programs or two steps never give one name two numbers.
func nameID(kind, name string) id.ID {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return id.ID(binary.BigEndian.Uint64(sum[:8]) >> 1)
}

// foldOf gives names that people take for one the same text.
func foldOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}
