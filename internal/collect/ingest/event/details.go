package event

import (
	"net/netip"
	"strings"
)

// Details is what an event's context says.
type Details struct {
	Traits   []byte // JSON object: who he is, as far as the event says; nil where it does not
	Campaign string // utm campaign that brought him
	Context  []byte // JSON object: what is kept of the context; nil for nothing
	Path     string // of the page
}

// kept names the parts of a context that stay with the event, under the name on the right.
var kept = map[string]string{
	"page": "page", "campaign": "campaign", "userAgent": "userAgent", "user_agent": "userAgent", "locale": "locale", "timezone": "timezone",
	"referrer": "referrer", "device": "device", "os": "os", "app": "app",
}

const maxAgent = 512 // bytes of a user agent

// Details reads the context of an event; fallback is the context of its batch, ip the sender's address where the context names none.
func (e *Event) Details(fallback []byte, ip string) Details {
	var d Details
	ctx := e.Context
	if ctx == nil {
		ctx = fallback
	}
	if e.Kind == Identify {
		d.Traits = filled(e.Traits)
	}
	out := make([]byte, 1, 384)
	out[0] = '{'
	if ctx != nil {
		r := reader{scanner: scanner{b: ctx}, text: unquote}
		r.object(func(k []byte) bool {
			v, ok := r.value()
			if !ok {
				return false
			}
			switch string(k) {
			case "traits":
				if d.Traits == nil && v[0] == '{' {
					d.Traits = filled(v)
				}
				return true
			case "ip":
				if s := CutIP(r.plain(v)); s != "" {
					ip = s
				}
				return true
			case "campaign":
				d.Campaign = campaign(v)
			case "page":
				d.Path = member(v, "path")
			case "userAgent", "user_agent":
				if len(v) > maxAgent || v[0] != '"' {
					return true
				}
			}
			name, ok := kept[string(k)]
			if !ok || v[0] == 'n' || string(v) == `""` || string(v) == "{}" {
				return true
			}
			out = append(append(append(out, '"'), name...), '"', ':')
			out = append(append(out, v...), ',')
			return true
		})
	}
	if ip != "" {
		out = append(append(append(out, `"ip":"`...), ip...), '"', ',')
	}
	if len(out) > 1 {
		out[len(out)-1] = '}'
		d.Context = out
	}
	return d
}

func filled(v []byte) []byte {
	if len(v) <= 2 {
		return nil
	}
	return v
}

// campaign names the campaign of a visit: its utm_campaign, else where the visitor came from.
func campaign(v []byte) string {
	if v[0] != '{' {
		return ""
	}
	var name, source, medium string
	r := reader{scanner: scanner{b: v}, text: unquote}
	r.object(func(k []byte) bool {
		v, ok := r.value()
		switch string(k) {
		case "name":
			name = r.plain(v)
		case "source":
			source = r.plain(v)
		case "medium":
			medium = r.plain(v)
		}
		return ok
	})
	if name == "" && source != "" {
		name = source + " / " + medium
	}
	return strings.ToValidUTF8(short(name), "")
}

// member gives the text of one member of an object.
func member(v []byte, name string) (out string) {
	if len(v) == 0 || v[0] != '{' {
		return ""
	}
	r := reader{scanner: scanner{b: v}, text: unquote}
	r.object(func(k []byte) bool {
		v, ok := r.value()
		if string(k) == name {
			out = r.plain(v)
		}
		return ok
	})
	return out
}

func short(s string) string {
	if len(s) > maxKey {
		return strings.ToValidUTF8(s[:maxKey], "")
	}
	return s
}

// Title gives the name under which the event is listed: of a page or screen its name, else its category, else its path or title.
func (e *Event) Title(d *Details) string {
	switch e.Kind {
	case Track:
		return e.Name
	case Page, Screen:
		for _, part := range []struct {
			text string
			name string // of a property, where text is not it
		}{{e.Name, ""}, {"", "name"}, {e.Category, ""}, {d.Path, ""}, {"", "path"}, {"", "title"}} {
			if part.name != "" {
				part.text = member(e.Properties, part.name)
			}
			if part.text != "" {
				return short(part.text)
			}
		}
	}
	return ""
}

// Body gives what is kept as the event's properties: properties, or the traits of identify and group.
func (e *Event) Body(d *Details) []byte {
	switch e.Kind {
	case Identify:
		return d.Traits
	case Group:
		return with(e.Traits, "groupId", e.GroupID)
	case Alias:
		return with(nil, "previousId", e.PreviousID)
	}
	return e.Properties
}

// with adds a text member to an object.
func with(object []byte, name, value string) []byte {
	if value == "" {
		return object
	}
	out := append(append(append(make([]byte, 0, len(object)+len(name)+len(value)+16), `{"`...), name...), `":`...)
	out = AppendQuoted(out, value)
	if len(object) <= 2 {
		return append(out, '}')
	}
	return append(append(out, ','), object[1:]...)
}

// AppendQuoted writes s, which is valid UTF-8, as a JSON string.
func AppendQuoted(out []byte, s string) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c < 0x20:
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

// CutIP gives an address without its last part, which names the person: 203.0.113.0, 2001:db8:12::. "" if it is no address.
func CutIP(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 48
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return ""
	}
	return p.Addr().String()
}
