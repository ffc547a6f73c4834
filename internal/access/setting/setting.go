// Package setting holds what is set once for the whole deployment: the reporting currency, the reporting zone, the language, and how far
// its first steps are.
//
// It owns the table settings. Values are kept in memory whole, because the reporting currency and zone are asked for with every order
// and every event; Reporting never touches the database. Until a value is set the configuration's default counts. On
// PostgreSQL, where other nodes may change a value, Start reads the table again every two seconds; on SQLite there is no other node.
//
// A change announces setting.changed {"changed": ["zone"], "currency": "EUR", "zone": "Europe/Berlin"}; who keeps amounts or days
// in the reporting currency or zone works them out again. The first steps concern nobody: a change of them alone is not announced.
package setting

import (
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known on machines without a zone database too

	"rapport/internal/base/errs"
	"rapport/internal/base/money"
)

// Topic is what a change announces.
const Topic = "setting.changed"

// Settings are the values that count now.
type Settings struct {
	Currency string `json:"currency" doc:"Reporting currency, ISO 4217" example:"EUR"`
	Zone     string `json:"zone" doc:"Reporting time zone, IANA" example:"Europe/Berlin"`
	Language string `json:"language" doc:"Language of the program where a user has chosen none, BCP 47" example:"en"`
	Start    Start  `json:"start" doc:"How far the guided start is"`
}

// Start says which of the first steps are done. They are kept here and not in a browser, so that another person or another browser goes on
// where the first one stopped.
type Start struct {
	Shop   bool `json:"shop" doc:"Name, zone, currency and language were looked at"`
	Source bool `json:"source" doc:"A first source was chosen"`
	Event  bool `json:"event" doc:"A first event was seen"`
	People bool `json:"people" doc:"Somebody was invited, or nobody is to be"`
	Closed bool `json:"closed" doc:"It was put away, done or not"`
}

// StartPatch changes what is not nil.
type StartPatch struct {
	Shop   *bool `json:"shop,omitempty"`
	Source *bool `json:"source,omitempty"`
	Event  *bool `json:"event,omitempty"`
	People *bool `json:"people,omitempty"`
	Closed *bool `json:"closed,omitempty"`
}

type step struct {
	name string
	from *bool
	to   *bool
}

func (s *Start) steps(p StartPatch) []step {
	return []step{{"shop", p.Shop, &s.Shop}, {"source", p.Source, &s.Source}, {"event", p.Event, &s.Event}, {"people", p.People, &s.People},
		{"closed", p.Closed, &s.Closed}}
}

// text is how it is stored: the names of what is done.
func (s Start) text() string {
	var done []string
	for _, one := range s.steps(StartPatch{}) {
		if *one.to {
			done = append(done, one.name)
		}
	}
	return strings.Join(done, " ")
}

func startOf(text string) (s Start) {
	done := strings.Fields(text)
	for _, one := range s.steps(StartPatch{}) {
		*one.to = slices.Contains(done, one.name)
	}
	return s
}

func (p StartPatch) applied(to Start) Start {
	for _, one := range to.steps(p) {
		if one.from != nil {
			*one.to = *one.from
		}
	}
	return to
}

// Patch changes what is not nil.
type Patch struct {
	Currency *string `json:"currency,omitempty" example:"EUR"`
	Zone     *string `json:"zone,omitempty" example:"Europe/Berlin"`
	Language *string `json:"language,omitempty" example:"en"`

	Start *StartPatch `json:"start,omitempty"`
}

// Changed is the payload of Topic.
type Changed struct {
	Changed  []string `json:"changed"` // currency, zone, language
	Currency string   `json:"currency"`
	Zone     string   `json:"zone"`
}

var goodLanguage = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// CheckCurrency gives the field's fault if code is not an ISO 4217 code, nil otherwise.
func CheckCurrency(path, code string) []errs.Field {
	if money.ValidCurrency(code) {
		return nil
	}
	return []errs.Field{{Path: path, Code: "currency", Message: "A currency is written with three capital letters, like EUR."}}
}

// CheckZone gives the field's fault if name is not an IANA time zone.
func CheckZone(path, name string) []errs.Field {
	if _, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return nil
	}
	return []errs.Field{{Path: path, Code: "zone", Message: "A time zone is written like Europe/Berlin or UTC."}}
}

// CheckLanguage gives the field's fault if tag does not look like a BCP 47 tag.
func CheckLanguage(path, tag string) []errs.Field {
	if goodLanguage.MatchString(tag) {
		return nil
	}
	return []errs.Field{{Path: path, Code: "language", Message: "A language is written like en, fa or pt-BR."}}
}

func (p Patch) check() error {
	var wrong []errs.Field
	if p.Currency != nil {
		wrong = append(wrong, CheckCurrency("currency", *p.Currency)...)
	}
	if p.Zone != nil {
		wrong = append(wrong, CheckZone("zone", *p.Zone)...)
	}
	if p.Language != nil {
		wrong = append(wrong, CheckLanguage("language", *p.Language)...)
	}
	if len(wrong) > 0 {
		return errs.New(errs.Invalid, "setting.invalid", "The settings have wrong values; errors says where.").With(wrong...)
	}
	return nil
}

// applied gives the settings with the patch laid over them, and the names and values that differ.
func (p Patch) applied(to Settings) (Settings, []value) {
	var diff []value
	for _, f := range []struct {
		name string
		from *string
		to   *string
	}{{"currency", p.Currency, &to.Currency}, {"zone", p.Zone, &to.Zone}, {"language", p.Language, &to.Language}} {
		if f.from != nil && *f.from != *f.to {
			*f.to = *f.from
			diff = append(diff, value{f.name, *f.from})
		}
	}
	if p.Start != nil {
		if next := p.Start.applied(to.Start); next != to.Start {
			to.Start = next
			diff = append(diff, value{startName, next.text()})
		}
	}
	return to, diff
}

const startName = "start"

type value struct{ name, text string }
