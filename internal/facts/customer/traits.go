package customer

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"rapport/internal/base/address"
)

// Limits of what is kept about one person.
const (
	maxAttributes = 200
	maxValue      = 8 << 10  // bytes of one value
	maxProfile    = 64 << 10 // bytes of all values
	maxName       = 100      // bytes of an attribute's name
	maxText       = 300      // bytes of a name or a city
)

// verifiedRank lifts a verified e-mail address or phone number above every unverified one.
const verifiedRank = int64(1) << 60

// trait is a value and how good the evidence for it is: its event time, plus 2^60 where that is verified.
type trait struct {
	rank  int64
	value string // JSON
}

func (t trait) betterThan(u trait) bool {
	return t.rank > u.rank || t.rank == u.rank && t.value > u.value
}

// layer holds the best value of every trait. What it comes to does not depend on the order in which values are given.
type layer map[string]trait

// put offers a value; it tells whether it is the best now.
func (l *layer) put(name string, t trait) bool {
	if have, ok := (*l)[name]; ok && !t.betterThan(have) {
		return false
	}
	if *l == nil {
		*l = layer{}
	}
	(*l)[name] = t
	return true
}

func (l *layer) merge(m layer) bool {
	changed := false
	for k, t := range m {
		changed = l.put(k, t) || changed
	}
	return changed
}

// names of traits that have a column; everything else is an attribute under the name it came with.
const (
	traitEmail     = "email"
	traitPhone     = "phone"
	traitName      = "name"
	traitFirst     = "first_name"
	traitLast      = "last_name"
	traitGender    = "gender"
	traitBirthday  = "birthday"
	traitLanguage  = "language"
	traitZone      = "timezone"
	traitCountry   = "country"
	traitCity      = "city"
	invalidPrefix  = "invalid_"
	attributePlace = "address"
)

var columnOf = map[string]string{
	"email": traitEmail, "phone": traitPhone, "phoneNumber": traitPhone, "phone_number": traitPhone, "name": traitName,
	"firstName": traitFirst, "first_name": traitFirst, "firstname": traitFirst, "lastName": traitLast, "last_name": traitLast,
	"lastname": traitLast, "gender": traitGender, "birthday": traitBirthday, "birthdate": traitBirthday, "language": traitLanguage,
	"locale": traitLanguage, "timezone": traitZone, "timeZone": traitZone, "country": traitCountry, "country_code": traitCountry,
	"countryCode": traitCountry, "city": traitCity,
}

// said is one trait as a signal gives it, normalised.
type said struct {
	name  string
	value string // JSON
	text  string // of an e-mail address or phone number, which are keys too
}

// readTraits gives what a JSON object of traits says. What cannot be an address is kept as an attribute, invalid_email say.
func readTraits(raw []byte, region string) []said {
	if len(raw) < 3 || !gjson.ValidBytes(raw) {
		return nil
	}
	root := gjson.ParseBytes(raw)
	if !root.IsObject() {
		return nil
	}
	out := make([]said, 0, 12)
	add := func(name string, v gjson.Result) {
		if col, ok := columnOf[name]; ok {
			out = append(out, column(col, v, region))
			return
		}
		if name == "" || len(name) > maxName || name[0] == '$' || name[0] == '/' || len(v.Raw) > maxValue || !printable(name) {
			return
		}
		out = append(out, said{name: name, value: cleanJSON(v.Raw)})
	}
	n := 0
	root.ForEach(func(k, v gjson.Result) bool {
		name := k.String()
		if n++; n > 4*maxAttributes {
			return false
		}
		if name == attributePlace && v.IsObject() {
			v.ForEach(func(k, v gjson.Result) bool {
				switch k.String() {
				case "country", "country_code", "countryCode":
					out = append(out, column(traitCountry, v, region))
				case "city":
					out = append(out, column(traitCity, v, region))
				}
				return true
			})
		}
		add(name, v)
		return true
	})
	return out
}

func column(name string, v gjson.Result, region string) said {
	if v.Type == gjson.Null || v.Type == gjson.String && strings.TrimSpace(v.Str) == "" {
		return said{name: name, value: "null"}
	}
	s := v.String()
	if v.Type == gjson.Number {
		s = v.Raw
	}
	var out string
	ok := v.Type == gjson.String || v.Type == gjson.Number
	if ok {
		switch name {
		case traitEmail:
			out, ok = address.Email(s)
		case traitPhone:
			out, ok = address.Phone(s, region)
		case traitGender:
			out, ok = address.Gender(s)
		case traitBirthday:
			out, ok = address.Birthday(s)
		case traitLanguage:
			out, ok = address.Language(s)
		case traitZone:
			out, ok = address.Zone(s)
		case traitCountry:
			out, ok = address.Country(s)
		default:
			out = address.Text(s, maxText)
		}
	}
	if !ok {
		if len(v.Raw) > maxValue {
			return said{name: name, value: "null"}
		}
		return said{name: invalidPrefix + name, value: cleanJSON(v.Raw)}
	}
	r := said{name: name, value: quote(out)}
	if name == traitEmail || name == traitPhone {
		r.text = out
	}
	return r
}

func printable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func quote(s string) string { return string(appendQuoted(nil, s)) }

// appendQuoted writes a JSON string; most need no escape.
func appendQuoted(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			return append(b, encode(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// cleanJSON makes valid JSON storable on every engine: no NUL, no half surrogates, no numbers that only text can hold.
func cleanJSON(raw string) string {
	if !composite(raw) && !strings.Contains(raw, `\u`) && !strings.ContainsAny(raw, "eE\n\r\t") && len(raw) < 1000 && utf8.ValidString(raw) {
		return raw
	}
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "null"
	}
	return encode(cleanValue(v, 0))
}

// encode writes a value the one way in which it is compared with what is stored: sorted keys, no blanks, no escapes that PostgreSQL would take out.
func encode(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return "null"
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// composite tells objects and lists, of which PostgreSQL keeps the meaning but neither blanks nor the order of keys.
func composite(raw string) bool { return raw != "" && (raw[0] == '{' || raw[0] == '[') }

func cleanValue(v any, depth int) any {
	if depth > 32 {
		return nil
	}
	switch x := v.(type) {
	case string:
		return cleanText(x)
	case json.Number:
		if len(x) > 40 {
			return string(x[:40])
		}
		if i := strings.IndexAny(string(x), "eE"); i >= 0 {
			if e, err := strconv.Atoi(string(x[i+1:])); err != nil || e > 300 || e < -300 {
				return string(x)
			}
		}
	case []any:
		for i := range x {
			x[i] = cleanValue(x[i], depth+1)
		}
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, e := range x {
			out[cleanText(k)] = cleanValue(e, depth+1)
		}
		return out
	}
	return v
}

func cleanText(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// layers are all that is known of a person's traits: own was said with his user id (or is a guest's), loose came from devices and
// addresses that are his at present and goes when they go.
type layers struct{ own, loose layer }

// appendJSON writes {"own": {name: [rank, value]}, "loose": ...}.
func (l *layers) appendJSON(b []byte) []byte {
	b = append(b, `{"own":`...)
	b = l.own.appendJSON(b)
	if len(l.loose) > 0 {
		b = append(b, `,"loose":`...)
		b = l.loose.appendJSON(b)
	}
	return append(b, '}')
}

func (l layer) appendJSON(b []byte) []byte {
	b = append(b, '{')
	for i, k := range slices.Sorted(maps.Keys(l)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendQuoted(b, k)
		b = append(b, ':', '[')
		b = strconv.AppendInt(b, l[k].rank, 10)
		b = append(b, ',')
		b = append(b, l[k].value...)
		b = append(b, ']')
	}
	return append(b, '}')
}

func parseLayers(b []byte) layers {
	root := gjson.ParseBytes(b)
	return layers{own: parseLayer(root.Get("own")), loose: parseLayer(root.Get("loose"))}
}

func parseLayer(r gjson.Result) layer {
	var l layer
	r.ForEach(func(k, v gjson.Result) bool {
		rank, value := v.Get("0"), v.Get("1")
		if l == nil {
			l = layer{}
		}
		raw := strings.Clone(value.Raw)
		if composite(raw) {
			raw = cleanJSON(raw)
		}
		l[k.String()] = trait{rank.Int(), raw}
		return true
	})
	return l
}

// bound keeps the newest values where somebody sends more than a profile can hold.
func (l layer) bound() {
	size := 0
	for k, t := range l {
		size += len(k) + len(t.value)
	}
	if len(l) <= maxAttributes && size <= maxProfile {
		return
	}
	names := slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		_, ca := columnNames[a]
		_, cb := columnNames[b]
		return cmp.Or(-compareBool(ca, cb), -cmp.Compare(l[a].rank, l[b].rank), cmp.Compare(a, b))
	})
	size = 0
	for i, k := range names {
		size += len(k) + len(l[k].value)
		if i >= maxAttributes || size > maxProfile {
			delete(l, k)
		}
	}
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

var columnNames = func() map[string]struct{} {
	out := map[string]struct{}{}
	for _, c := range columnOf {
		out[c] = struct{}{}
	}
	return out
}()

// shown is the profile that the layers come to.
type shown struct {
	name, first, last, email, phone, gender, birthday, language, zone, country, city string
	attributes                                                                       []byte
}

func (s *shown) equal(o *shown) bool {
	return s.name == o.name && s.first == o.first && s.last == o.last && s.email == o.email && s.phone == o.phone && s.gender == o.gender &&
		s.birthday == o.birthday && s.language == o.language && s.zone == o.zone && s.country == o.country && s.city == o.city &&
		bytes.Equal(s.attributes, o.attributes)
}

func (l *layers) show() shown {
	best := func(name string) trait {
		a, okA := l.own[name]
		b, okB := l.loose[name]
		if okA && (!okB || a.betterThan(b)) {
			return a
		}
		return b
	}
	text := func(name string) string {
		t := best(name)
		if len(t.value) < 2 || t.value[0] != '"' {
			return ""
		}
		return gjson.Parse(t.value).Str
	}
	s := shown{
		name: text(traitName), first: text(traitFirst), last: text(traitLast), email: text(traitEmail), phone: text(traitPhone),
		gender: text(traitGender), birthday: text(traitBirthday), language: text(traitLanguage), zone: text(traitZone),
		country: text(traitCountry), city: text(traitCity),
	}
	if s.name == "" {
		s.name = address.Name(s.first, s.last)
	}
	names := make([]string, 0, len(l.own)+len(l.loose))
	for k := range l.own {
		names = append(names, k)
	}
	for k := range l.loose {
		if _, ok := l.own[k]; !ok {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	var b bytes.Buffer
	b.WriteByte('{')
	for _, k := range names {
		if _, ok := columnNames[k]; ok {
			continue
		}
		t := best(k)
		if t.value == "null" {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(quote(k))
		b.WriteByte(':')
		b.WriteString(t.value)
	}
	b.WriteByte('}')
	s.attributes = b.Bytes()
	return s
}
