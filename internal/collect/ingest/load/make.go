package load

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"
)

// Maker writes requests of believable shop visitors: who browses for a while, some of whom say who they are, put things into the cart and
// buy. Events have about 1.1 KB, as browser libraries send them. The same seed makes the same visitors; message ids differ from run to run by
// the name. Not safe for concurrent use: give each connection its own.
type Maker struct {
	Name   string // makes ids unique among Makers
	random *rand.Rand
	active []visitor
	made   int
	people int
	orders int
	last   int64 // microseconds: a visitor does one thing after the other
}

type visitor struct {
	device string
	user   string // once he has said who he is
	left   int    // events until he goes
	sku    int
}

// atOnce is how many visitors of one Maker are in the shop at a time; visitLength how many events each leaves, on average.
const (
	atOnce      = 100
	visitLength = 20
)

// NewMaker makes a Maker.
func NewMaker(name string, seed uint64) *Maker {
	m := &Maker{Name: name, random: rand.New(rand.NewPCG(seed, 1)), active: make([]visitor, atOnce)}
	for i := range m.active {
		m.enter(&m.active[i])
	}
	return m
}

func (m *Maker) enter(v *visitor) {
	m.people++
	*v = visitor{device: fmt.Sprintf("%s-%08x-4f6e-9d1c-%012x", m.Name, m.people, m.random.Uint64()>>16), left: 1 + m.random.IntN(2*visitLength)}
}

const (
	agent   = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`
	library = `"library":{"name":"analytics.js","version":"npm:next-1.84.3"},"locale":"de-DE","timezone":"Europe/Berlin","userAgent":"` + agent +
		`","userAgentData":{"brands":[{"brand":"Not:A-Brand","version":"8"},{"brand":"Chromium","version":"156"}],"mobile":false,"platform":"Linux"}`
	closing = `,"_metadata":{"bundled":["Segment.io"],"unbundled":[],"bundledIds":[]},"integrations":{"Segment.io":true}}`
)

// Event appends one event that happens at the given time, or as soon after the last one as can be told.
func (m *Maker) Event(b []byte, at time.Time) []byte {
	v := &m.active[m.random.IntN(len(m.active))]
	if v.left--; v.left < 0 {
		m.enter(v)
	}
	m.made++
	m.last = max(m.last+1, at.UnixMicro())
	dice := m.random.IntN(1000)
	page := "/produkte/" + strconv.Itoa(v.sku)
	b = append(b, `{"timestamp":"`...)
	b = time.UnixMicro(m.last).UTC().AppendFormat(b, "2006-01-02T15:04:05.000000Z")
	b = append(b, `","messageId":"ajs-next-`...)
	b = append(b, m.Name...)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(m.made), 10)
	b = append(b, `-7da4578b-b2d4-43b6-b8ce-6854fb8f3efd","anonymousId":"`...)
	b = append(b, v.device...)
	b = append(b, `","userId":`...)
	switch {
	case dice < 10 && v.user == "":
		v.user = fmt.Sprintf("%s-u%d", m.Name, m.people)
		b = append(strconv.AppendQuote(b, v.user), `,"type":"identify","traits":{"email":"`...)
		b = append(b, v.user...)
		b = append(b, `@example.com","firstName":"Ada","lastName":"Lovelace","address":{"city":"London","country":"GB"},"plan":"gold"}`...)
	case dice < 20 && v.user != "":
		m.orders++
		b = append(strconv.AppendQuote(b, v.user), `,"type":"track","event":"Order Completed","properties":{"order_id":"`...)
		b = append(b, m.Name...)
		b = strconv.AppendInt(append(b, '-'), int64(m.orders), 10)
		b = append(b, `","total":59.9,"tax":9.56,"shipping":4.9,"currency":"EUR","products":[`...)
		b = append(product(b, v.sku), ',')
		b = append(product(b, v.sku+7), `]}`...)
	case dice < 60:
		b = append(user(b, v), `,"type":"track","event":"Product Added","properties":`...)
		b = product(b, v.sku)
	case dice < 400:
		v.sku = m.random.IntN(5000)
		b = append(user(b, v), `,"type":"track","event":"Product Viewed","properties":`...)
		b = product(b, v.sku)
	default:
		b = append(user(b, v), `,"type":"page","name":"Product","properties":{"path":"`...)
		b = append(b, page...)
		b = append(b, `","referrer":"","search":"?color=blue&size=m","title":"Ein schönes Stück","url":"https://shop.example.com`...)
		b = append(append(b, page...), `","name":"Product"}`...)
	}
	b = append(b, `,"context":{"page":{"path":"`...)
	b = append(b, page...)
	b = append(b, `","referrer":"","search":"?color=blue&size=m","title":"Ein schönes Stück","url":"https://shop.example.com`...)
	b = append(append(append(b, page...), `"},`...), library...)
	return append(append(b, '}'), closing...)
}

func user(b []byte, v *visitor) []byte {
	if v.user == "" {
		return append(b, "null"...)
	}
	return strconv.AppendQuote(b, v.user)
}

func product(b []byte, n int) []byte {
	b = strconv.AppendInt(append(b, `{"product_id":"p`...), int64(n), 10)
	b = strconv.AppendInt(append(b, `","sku":"SKU-`...), int64(n), 10)
	b = strconv.AppendInt(append(b, `","name":"Schönes Stück Nr. `...), int64(n), 10)
	return append(b, `","category":"Haus / Küche","brand":"Hausmarke","price":25.5,"quantity":1,"url":"https://shop.example.com/p","image_url":"https://shop.example.com/p.jpg"}`...)
}

// Batch appends the body of a batch of n events; one of a single event is that event alone.
func (m *Maker) Batch(b []byte, n int, at time.Time) []byte {
	b = append(b, `{"batch":[`...)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		b = m.Event(b, at)
	}
	b = append(b, `],"sentAt":"`...)
	b = at.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	return append(b, `"}`...)
}
