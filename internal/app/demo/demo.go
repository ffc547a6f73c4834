// Package demo makes up a believable shop, the same one for the same seed.
//
// "Mehr & Moss" sells ceramics, lamps, textiles, tea and spices to people who write their names in six scripts. The package knows
// its catalogue, who its customers are, when they come and what they do, for two years up to a moment called the anchor; and
// it goes on while the program runs (Live). Nothing is written past the front doors: products, customers and exchange rates go in as files,
// orders and clicks as tracking calls, so that what a visitor of the demo sees was made by the same code as his own data will be.
//
// How it stays small at a million customers: a person, an order, a visit are pure functions of (seed, number), drawn from dice
// that are seeded with just that. The only thing kept is the schedule: twelve bytes for each visit, sorted by time. The same
// functions feed the demo (Load), the benches (Batches) and the tests (Facts).
//
// Purchases follow the BG/NBD model of Fader, Hardie and Lee (2005): while he is a customer a person buys at a rate of his own, gamma
// distributed over people; after each purchase he may leave for good, with a probability of his own, beta distributed. Time is
// bent by a calendar for each culture (weekdays, Black Friday, Nowruz, Diwali, Onam, Christmas, growth), so that rates are even in calendar weight.
//
// Repeatable: message ids come from (seed, person, visit, place), so the server drops what it has already. The anchor is kept by
// the server in the name of the imported product file; Load asks for it, and goes on where it was killed.
package demo

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The shop.
const (
	ShopName     = "Mehr & Moss"
	ShopDomain   = "mehrandmoss.example"
	ShopCurrency = "EUR"
	ShopZone     = "Europe/Berlin"
	ShopLanguage = "en"

	historyDays   = 730
	trackedDays   = 120 // the page tracker was put in so long ago; older orders are known from the shop only
	smallShop     = 2_000
	mediumShop    = 20_000
	largestShop   = 5_000_000
	eventsDefault = 45 // a customer, about
	minutesPerDay = 24 * 60
)

// Config says which shop is meant.
type Config struct {
	Seed      uint64
	Customers int       // known ones; about three times as many visitors stay anonymous
	Anchor    time.Time // end of the history, to the minute

	// For benches; zero means the demo's own.
	EventsPerCustomer float64 // about how many events there are for each known customer
	TrackedDays       int     // how far back clicks go
}

// Customers reads a size: "small", "medium" or a number.
func Customers(size string) (int, error) {
	switch strings.ToLower(strings.TrimSpace(size)) {
	case "", "small":
		return smallShop, nil
	case "medium":
		return mediumShop, nil
	}
	n, err := strconv.Atoi(strings.NewReplacer("_", "", ",", "").Replace(strings.TrimSpace(size)))
	if err != nil || n < 1 || n > largestShop {
		return 0, fmt.Errorf("demo size %q: it must be small, medium or a number of customers from 1 to %d", size, largestShop)
	}
	return n, nil
}

// Shop is a made-up shop. It is read-only after New and may be used from several goroutines, each with its own scribe.
type Shop struct {
	cfg       Config
	start     int64 // Unix minutes: midnight UTC of the first day
	end       int64 // Unix minutes: when the last visit of the history begins; Live has the half hour up to the anchor
	tracked   int64 // Unix minutes: since when there are clicks
	calendars map[string]*calendar
	products  []*Product
	byKey     map[string]*Product
	appeal    []float64 // running sum, to draw a product
	visitors  int       // anonymous ones
	lively    float64   // factor on browsing
}

// New sets up a shop; it costs a few milliseconds whatever its size.
func New(c Config) *Shop {
	if c.Customers < 1 {
		c.Customers = smallShop
	}
	if c.TrackedDays < 1 || c.TrackedDays > historyDays {
		c.TrackedDays = trackedDays
	}
	s := &Shop{cfg: c, lively: 1}
	if c.EventsPerCustomer > 0 {
		// About eight events in a demo of 120 days come with orders and do not scale with browsing.
		s.lively = max(0.02, (c.EventsPerCustomer-8)/(eventsDefault-8)) * trackedDays / float64(c.TrackedDays)
	}
	s.end = c.Anchor.Add(-liveBefore).Unix() / 60
	s.start = (s.end/minutesPerDay - historyDays + 1) * minutesPerDay
	s.tracked = s.end - int64(c.TrackedDays)*minutesPerDay
	s.visitors = int(float64(c.Customers) * 3 * s.lively * float64(c.TrackedDays) / trackedDays)
	s.calendars = calendars(s.start, s.end)
	s.products, s.byKey = catalogue()
	sum := 0.0
	for _, p := range s.products {
		sum += p.appeal
		s.appeal = append(s.appeal, sum)
	}
	return s
}

// Anchor is the end of the history.
func (s *Shop) Anchor() time.Time { return s.cfg.Anchor.Truncate(time.Minute).UTC() }

// Products is the catalogue.
func (s *Shop) Products() []*Product { return s.products }
