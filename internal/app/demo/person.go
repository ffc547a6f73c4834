package demo

import (
	"fmt"
	"strconv"
	"time"
)

// Person is one customer, or one anonymous visitor.
type Person struct {
	Number     int
	Known      bool // otherwise never more than a device
	Guest      bool // buys without an account: an e-mail address, no user id
	UserID     string
	Email      string
	Phone      string
	Name       string // in his own script and order
	First      string
	Last       string
	Gender     string
	Birthday   string
	Language   string
	Country    string
	City       string
	Zone       string
	Occupation string
	Currency   string
	Consent    string // "granted", "denied" or "": e-mail marketing

	offset  int
	tax     float64
	taste   [2]int // kinds of products he likes
	devices [2]string
	agents  [2]int
	shared  string // a tablet in the living room, or empty
}

// person makes up customer or visitor number i. It is pure: the same each time.
func (s *Shop) person(i int) *Person {
	d := roll(s.cfg.Seed, forPerson, uint64(i), 0)
	c := &cultures[d.weighted(cultureSums)]
	at := c.place(d)
	p := &Person{Number: i, Known: i < s.cfg.Customers, Language: c.lang, Country: at.country, City: at.city, Zone: at.zone,
		Currency: at.currency, offset: at.offset, tax: at.tax}
	p.taste = [2]int{d.n(len(kinds)), d.n(len(kinds))}
	for k := range p.devices {
		p.devices[k] = s.device(i, k)
	}
	p.agents = [2]int{d.n(3), 3 + d.n(3)}
	given, gender := c.female, "female"
	if d.chance(.4) {
		given, gender = c.male, "male"
	}
	first, last := given[d.n(len(given))], c.family[d.n(len(c.family))]
	p.First, p.Last = first.native, last.native
	p.Name = p.First + c.glue + p.Last
	if c.familyFirst {
		p.Name = p.Last + c.glue + p.First
	}
	// Numbers go through a bijection so that neighbours in time do not have neighbouring numbers.
	number := strconv.Itoa(i + 1)
	mail := [...]string{"example.com", "example.org", "example.net", "mail.example", "post.example"}[d.n(5)]
	p.Email = first.latin + "." + last.latin + number + "@" + mail
	p.Guest = p.Known && d.chance(.11)
	if !p.Guest {
		p.UserID = "c" + strconv.Itoa(10001+i)
	}
	if d.chance(.55) {
		p.Phone = phone(at, i)
	}
	if d.chance(.7) {
		p.Gender = gender
	}
	if d.chance(.6) {
		p.Birthday = fmt.Sprintf("%04d-%02d-%02d", 2004-int(d.gamma(4)*8), 1+d.n(12), 1+d.n(28))
	}
	if d.chance(.5) {
		p.Occupation = occupations[d.n(len(occupations))]
	}
	switch x := d.float(); {
	case x < .52:
		p.Consent = "granted"
	case x < .64:
		p.Consent = "denied"
	}
	// Every thirtieth household shares a tablet: the customer and the one before him.
	switch {
	case !p.Known:
	case i%30 == 0:
		p.shared = s.device(i, 7)
	case i%30 == 1:
		p.shared = s.device(i-1, 7)
	}
	return p
}

// phone gives a number that nobody else in the shop has, as long as the shop is smaller than the numbers are.
func phone(at *place, i int) string {
	room := 1
	for range at.digits {
		room *= 10
	}
	if i >= room {
		return ""
	}
	return fmt.Sprintf("%s%0*d", at.dial, at.digits, (i*7919+1357)%room)
}

// device is an anonymous id, shaped like those of the browser SDKs.
func (s *Shop) device(person, k int) string {
	d := roll(s.cfg.Seed, forDevice, uint64(person), uint64(k))
	a, b := d.bits(), d.bits()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", uint32(a), uint16(a>>32), (a>>48)&0xfff, 0x8000|(b>>48)&0x3fff, b&0xffffffffffff)
}

// joined is when a customer opened his account (or first came, as a guest): where the plan of his purchases begins.
func (s *Shop) joined(i int) int64 {
	return s.arrival(s.planDice(i), s.calendars[s.languageOf(i)])
}

func (s *Shop) planDice(i int) *dice { return roll(s.cfg.Seed, forPlan, uint64(i), 0) }

// languageOf gives a person's language without making up the rest of him.
func (s *Shop) languageOf(i int) string {
	return cultures[roll(s.cfg.Seed, forPerson, uint64(i), 0).weighted(cultureSums)].lang
}

// arrival draws the first day and minute of a customer: more of them come late, as the shop grows, and more before feasts.
func (s *Shop) arrival(d *dice, c *calendar) int64 {
	return s.within(d, c.day(d.float()*c.total()), 60)
}

// within draws a minute of a day that is not after the anchor.
func (s *Shop) within(d *dice, midnight int64, offset int) int64 {
	m := minute(d, midnight, offset)
	if m > s.end {
		m = midnight + int64(d.float()*float64(max(1, s.end-midnight)))
	}
	return min(m, s.end)
}

func moment(minutes int64) time.Time { return time.Unix(minutes*60, 0).UTC() }
