package dictionary

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"rapport/internal/base/clock"
	"rapport/internal/platform/warehouse"
)

const (
	exampleEvents = 25
	maxExamples   = 3
	maxExample    = 60 // letters
	exampleSpan   = 7 * 24 * time.Hour
)

// examples shows values of an entry's newest events. Nothing of them is kept in the dictionary.
func (s *Service) examples(ctx context.Context, d *Detail) error {
	for i := range d.Properties {
		p := &d.Properties[i]
		p.Personal = personalName(p.Name) || aboutPersons(d.Kind) && strings.Contains(foldOf(p.Name), "name")
		kinds := 0
		for _, t := range p.Types {
			if t.Type != typeNames[null] {
				kinds++
			}
		}
		p.Conflict = kinds > 1
	}
	if d.LastSeenAt == nil || d.Kind == Other || len(d.Properties) == 0 {
		return nil
	}
	// A bounded stretch: otherwise a rare name would be looked for in all that there is.
	q := warehouse.EventQuery{Kind: d.Kind, Name: d.Name.Name, From: clock.Micros(d.LastSeenAt.Add(-exampleSpan)), To: clock.Micros(d.LastSeenAt.Add(exampleSpan)),
		Limit: exampleEvents}
	events, err := s.Warehouse.Events(ctx, q)
	if err != nil {
		return err
	}
	of := map[string]*Property{}
	for i := range d.Properties {
		of[d.Properties[i].Name] = &d.Properties[i]
	}
	for i := range events {
		eachMember(events[i].Properties, func(raw []byte, kind byte, value []byte) {
			p := of[plainName(raw)]
			if p == nil || p.Personal || kind == null {
				return
			}
			shown := example(kind, value)
			if personalValue(shown) {
				p.Personal, p.Examples = true, []string{}
				return
			}
			if shown != "" && len(p.Examples) < maxExamples && !slices.Contains(p.Examples, shown) {
				p.Examples = append(p.Examples, shown)
			}
		})
	}
	return nil
}

// example writes a value as people read it. What is inside of objects is not shown: it may name anybody.
func example(kind byte, value []byte) string {
	switch kind {
	case text:
		var s string
		if json.Unmarshal(value, &s) != nil {
			return ""
		}
		if utf8.RuneCountInString(s) > maxExample {
			s = string([]rune(s)[:maxExample]) + "…"
		}
		return s
	case object:
		return "{…}"
	case list:
		return "[…]"
	}
	return string(value)
}

// personalParts are words in the names of properties that speak of a person. "name" alone is usually the product's.
var personalParts = []string{"email", "mail", "phone", "mobile", "tel", "firstname", "lastname", "fullname", "surname", "username", "nickname", "customername",
	"address", "street", "birth", "birthday", "gender", "passport", "iban", "card", "password", "secret", "token", "ip", "user", "userid", "anonymousid",
	"avatar", "latitude", "longitude", "zip", "postcode", "postalcode", "ssn", "previousid", "recipient", "gift", "message", "note", "comment"}

// aboutPersons tells whether a kind of call carries traits.
func aboutPersons(kind string) bool { return kind == "identify" || kind == "group" || kind == "alias" }

var word = regexp.MustCompile(`[A-Z]?[a-z0-9]+|[A-Z]+`)

func personalName(name string) bool {
	folded := foldOf(name)
	if slices.Contains(personalParts, folded) {
		return true
	}
	for _, w := range word.FindAllString(strings.NewReplacer("_", " ", "-", " ", ".", " ").Replace(name), -1) {
		if slices.Contains(personalParts, strings.ToLower(w)) {
			return true
		}
	}
	return false
}

var (
	mailLike  = regexp.MustCompile(`[^\s@]+@[^\s@]+\.[^\s@]+`)
	phoneLike = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{7,}$`)
	addrLike  = regexp.MustCompile(`\b[0-9]{1,3}(\.[0-9]{1,3}){3}\b`)
)

// personalValue tells whether a value looks like an address of a person: mail, telephone, network.
func personalValue(v string) bool {
	return mailLike.MatchString(v) || addrLike.MatchString(v) || strings.HasPrefix(v, "+") && phoneLike.MatchString(v)
}
