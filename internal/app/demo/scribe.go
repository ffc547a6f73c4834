package demo

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// scribe writes what people do as calls of the tracking API. One scribe serves one goroutine.
type scribe struct {
	s    *Shop
	emit func(server bool, event []byte) // the bytes are valid during the call only
	buf  []byte

	number  int               // of the newest order
	pending map[uint64]placed // orders that a refund or cancellation will ask for
	note    func(Fact)        // tests: what happened to money; may be nil
	end     int64             // milliseconds: nothing is written that happens later

	// The visit at hand.
	d        *dice
	p        *Person
	prefix   string // of message ids
	device   string
	user     string // once he has signed in
	agent    int
	k        int   // events so far
	at       int64 // milliseconds
	campaign int   // index+1 into campaigns, 0 none
	referrer string
	path     string
	title    string
	search   string
	cart     string
	currency string
}

// Fact is one movement of money, for whoever wants to check the sums.
type Fact struct {
	Kind     uint8 // Ordered, Refunded, Cancelled
	Order    string
	At       time.Time
	Currency string
	Amount   int64 // total of the order, or what was paid back
	Person   int
}

// Kinds of facts.
const (
	Ordered   = toOrder
	Refunded  = afterRefund
	Cancelled = afterCancel
)

// placed is what is kept of an order until it is paid back: its number, and the minute that decided about discounts.
type placed struct {
	number string
	at     int64
}

const firstOrder = 10001

func newScribe(s *Shop, emit func(server bool, event []byte)) *scribe {
	return &scribe{s: s, emit: emit, number: firstOrder - 1, pending: map[uint64]placed{}, end: s.Anchor().UnixMilli()}
}

type campaign struct{ source, medium, name, referrer string }

var campaigns = []campaign{
	{"newsletter", "email", "weekly letter", ""},
	{"google", "cpc", "brand", "https://www.google.example/"},
	{"google", "cpc", "ceramics", "https://www.google.example/"},
	{"instagram", "social", "studio stories", "https://l.instagram.example/"},
	{"pinterest", "social", "table setting", "https://www.pinterest.example/"},
	{"newsletter", "email", "black friday", ""},
	{"newsletter", "email", "nowruz table", ""},
	{"newsletter", "email", "christmas", ""},
}

var referrers = []string{"", "", "", "https://www.google.example/", "https://www.google.example/", "https://duckduckgo.example/", "https://blog.tablescape.example/finds"}

// pickCampaign knows what the shop advertises at a time of the year.
func pickCampaign(d *dice, day time.Time) int {
	if !d.chance(.34) {
		return 0
	}
	if d.chance(.5) {
		switch m, n := day.Month(), day.Day(); {
		case m == time.November && n > 18:
			return 6
		case m == time.March && n <= 20:
			return 7
		case m == time.December && n <= 20:
			return 8
		}
	}
	return 1 + d.n(5)
}

var agents = []struct {
	agent         string
	width, height int
	mobile        bool
}{
	{"Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1", 390, 844, true},
	{"Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36", 412, 915, true},
	{"Mozilla/5.0 (Linux; Android 15; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36", 360, 780, true},
	{"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", 1920, 1080, false},
	{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", 1440, 900, false},
	{"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", 2560, 1440, false},
	{"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", 820, 1180, true},
}

const tablet = 6

// open begins an event and leaves it ready for properties or traits.
func (w *scribe) open(server bool, kind, event string) {
	b := append(w.buf[:0], `{"type":"`...)
	b = append(append(b, kind...), '"')
	if event != "" {
		if kind == "page" {
			b = text(append(b, `,"name":`...), event)
		} else {
			b = text(append(b, `,"event":`...), event)
		}
	}
	b = append(append(b, `,"messageId":"`...), w.prefix...)
	b = strconv.AppendInt(b, int64(w.k), 36)
	w.k++
	if w.device != "" {
		b = append(append(b, `","anonymousId":"`...), w.device...)
	}
	if w.user != "" {
		b = append(append(b, `","userId":"`...), w.user...)
	}
	b = append(b, `","originalTimestamp":"`...)
	b = stamp(b, w.at)
	b = append(b, `","timestamp":"`...)
	b = stamp(b, w.at)
	b = append(b, '"')
	if server {
		b = append(b, `,"channel":"server"`...)
	}
	w.buf = b
}

// close writes the context and hands the event over.
func (w *scribe) close(server bool) {
	b := w.buf
	if server {
		b = append(b, `,"context":{"library":{"name":"mehrandmoss-shop","version":"4.2.0"},"locale":"`...)
		b = append(append(b, locale(w.p)...), `","timezone":"`...)
		b = append(append(b, w.p.Zone...), `"}}`...)
	} else {
		b = w.browser(b)
	}
	w.buf = b
	w.emit(server, b)
}

func (w *scribe) browser(b []byte) []byte {
	a := &agents[w.agent]
	b = append(b, `,"context":{"library":{"name":"analytics.js","version":"npm:next-1.84.3"},"page":{"path":`...)
	b = text(b, w.path)
	b = append(b, `,"referrer":"`...)
	b = append(append(b, w.referrer...), `","search":`...)
	b = text(b, w.search)
	b = text(append(b, `,"title":`...), w.title)
	b = append(b, `,"url":"https://`+ShopDomain...)
	b = quoted(b, w.path)
	b = quoted(b, w.search)
	b = append(b, `"},"userAgent":"`...)
	b = append(append(b, a.agent...), `","screen":{"width":`...)
	b = strconv.AppendInt(b, int64(a.width), 10)
	b = append(b, `,"height":`...)
	b = strconv.AppendInt(b, int64(a.height), 10)
	if a.mobile {
		b = append(b, `,"density":2},"userAgentData":{"brands":[{"brand":"Not:A-Brand","version":"8"},{"brand":"Chromium","version":"142"}],"mobile":true},"locale":"`...)
	} else {
		b = append(b, `,"density":1},"userAgentData":{"brands":[{"brand":"Not:A-Brand","version":"8"},{"brand":"Chromium","version":"142"}],"mobile":false},"locale":"`...)
	}
	b = append(append(b, locale(w.p)...), `","timezone":"`...)
	b = append(append(b, w.p.Zone...), '"')
	if w.campaign > 0 {
		c := &campaigns[w.campaign-1]
		b = append(append(b, `,"campaign":{"source":"`...), c.source...)
		b = append(append(b, `","medium":"`...), c.medium...)
		b = append(append(b, `","name":"`...), c.name...)
		b = append(b, `"}`...)
	}
	return append(b, `},"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]}}`...)
}

func locale(p *Person) string {
	if p.Language == "en" {
		return "en-GB"
	}
	return p.Language
}

// stamp writes milliseconds as RFC 3339.
func stamp(b []byte, ms int64) []byte {
	return time.UnixMilli(ms).UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// text writes a JSON string.
func text(b []byte, s string) []byte {
	return append(quoted(append(b, '"'), s), '"')
}

func quoted(b []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
			i++
		case c < 0x20:
			b = append(b, ' ')
			i++
		case c < utf8.RuneSelf:
			b = append(b, c)
			i++
		default:
			_, n := utf8.DecodeRuneInString(s[i:])
			b = append(b, s[i:i+n]...)
			i += n
		}
	}
	return b
}

// amount writes minor units as a JSON number.
func amount(b []byte, minor int64, currency string) []byte {
	if currency == "JPY" {
		return strconv.AppendInt(b, minor, 10)
	}
	b = strconv.AppendInt(b, minor/100, 10)
	if c := minor % 100; c != 0 {
		b = append(b, '.', byte('0'+c/10))
		if c%10 != 0 {
			b = append(b, byte('0'+c%10))
		}
	}
	return b
}
