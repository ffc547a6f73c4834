package demo

import (
	"cmp"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Why somebody comes.
const (
	toBrowse uint8 = iota
	toAbandon
	toOrder
	afterRefund // not a visit: the shop pays back
	afterCancel
)

// visit is one entry of the schedule. Its contents are drawn when it is written.
type visit struct {
	at     uint32 // minutes since the first day
	person uint32
	n      uint16 // of this person: the dice of the visit, and of the order
	kind   uint8
	flags  uint8
}

const (
	flagOld     = 1 << iota // before the tracker: only the shop's own word
	flagJoined              // he has an account by then
	flagLogin               // and signs in
	flagPartial             // refund of one line
	flagFirst               // he joins with this one
	flagLater               // order that is refunded or cancelled later on
)

// The figures of the purchase model; time is in calendar weight, about one a day at the beginning and two at the end.
const (
	rateShape, rateScale  = 0.6, 95.0 // purchase rate: gamma, mean 1 in 158 days of weight one
	leaveA, leaveB        = 0.8, 2.6  // probability of leaving after a purchase: beta, mean 0.24
	neverBuys             = .08
	cancelled, refunded   = .03, .075
	partly                = .62 // of refunds
	mostOrders            = 400 // of one person
	browseEvery           = 22  // days between visits of a living customer
	visitsBeforeOrder     = 1.2
	newsletterWithoutSale = .04
)

// plan appends what person i will do.
func (s *Shop) plan(out []visit, i int) []visit {
	if i >= s.cfg.Customers {
		return s.planVisitor(out, i)
	}
	d := s.planDice(i)
	c := s.calendars[s.languageOf(i)]
	offset := 60
	first := s.arrival(d, c)
	n := uint16(0)
	add := func(at int64, kind, flags uint8) {
		if at < s.start || at > s.end {
			return
		}
		if at < s.tracked {
			if kind == toBrowse || kind == toAbandon {
				return
			}
			flags |= flagOld
		}
		out = append(out, visit{at: uint32(at - s.start), person: uint32(i), n: n, kind: kind, flags: flags})
		n++
	}
	buys := !d.chance(neverBuys)
	rate := d.gamma(rateShape) / rateScale
	leave := d.beta(leaveA, leaveB)
	left := s.end
	w := c.weight(first)
	for at, k := first, 0; buys && k < mostOrders; k++ {
		flags := uint8(flagJoined | flagLogin)
		if k == 0 {
			flags = flagFirst
		}
		for range d.geometric(visitsBeforeOrder * min(1, s.lively)) {
			before := at - 20 - int64(d.exp()*3*minutesPerDay)
			f := flags & flagJoined
			if f != 0 && d.chance(.3) {
				f |= flagLogin
			}
			add(before, toBrowse, f)
		}
		after := uint8(toBrowse)
		x := d.float()
		switch {
		case x < cancelled:
			after = afterCancel
		case x < cancelled+refunded:
			after = afterRefund
		}
		order := n
		later := at + int64((1+d.exp()*6)*minutesPerDay)
		if after == afterCancel {
			later = at + 15 + int64(d.exp()*300)
		}
		if after != toBrowse && later <= s.end {
			flags |= flagLater
		}
		add(at, toOrder, flags)
		if flags&flagLater != 0 {
			var f uint8
			if after == afterRefund && d.chance(partly) {
				f = flagPartial
			}
			next := n
			n = order
			add(later, after, f)
			n = next
		}
		if d.chance(leave) {
			left = min(s.end, at+int64(d.exp()*20*minutesPerDay))
			break
		}
		w += d.exp() / rate
		if w >= c.total() || math.IsInf(w, 0) {
			break
		}
		at = s.within(d, c.day(w), offset)
	}
	// Visits that lead to nothing, while he is a customer and there is a tracker.
	for at := max(first, s.tracked); ; {
		at += int64(d.exp()*browseEvery*minutesPerDay/s.lively) + 30
		if at > left {
			break
		}
		kind, flags := toBrowse, uint8(flagJoined)
		if d.chance(.22) {
			kind = toAbandon
		}
		if d.chance(.35) {
			flags |= flagLogin
		}
		if buys || at > first {
			add(s.awake(d, at, offset), kind, flags)
		}
	}
	return out
}

// planVisitor is the plan of somebody who stays anonymous, or leaves an e-mail address at most.
func (s *Shop) planVisitor(out []visit, i int) []visit {
	d := s.planDice(i)
	c := s.calendars[""]
	from := c.weight(s.tracked)
	day := c.day(from + d.float()*(c.total()-from))
	at := s.within(d, day, 60)
	for n := range uint16(1 + d.geometric(.45)) {
		if at < s.tracked || at > s.end {
			break
		}
		kind, flags := toBrowse, uint8(0)
		if d.chance(.12) {
			kind = toAbandon
		}
		if d.chance(newsletterWithoutSale) {
			flags = flagFirst
		}
		out = append(out, visit{at: uint32(at - s.start), person: uint32(i), n: n, kind: kind, flags: flags})
		at += 60 + int64(d.exp()*9*minutesPerDay)
	}
	return out
}

// awake moves a minute to an hour of the same day at which people are awake.
func (s *Shop) awake(d *dice, at int64, offset int) int64 {
	return s.within(d, at-at%minutesPerDay, offset)
}

// schedule is everybody's plan in order of time.
func (s *Shop) schedule() []visit {
	people := s.cfg.Customers + s.visitors
	parts := make([][]visit, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for k := range parts {
		wait.Go(func() {
			lo, hi := people*k/len(parts), people*(k+1)/len(parts)
			out := make([]visit, 0, (hi-lo)*4)
			for i := lo; i < hi; i++ {
				out = s.plan(out, i)
			}
			parts[k] = out
		})
	}
	wait.Wait()
	all := slices.Concat(parts...)
	slices.SortFunc(all, func(a, b visit) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.person, b.person), cmp.Compare(a.n, b.n), cmp.Compare(a.kind, b.kind))
	})
	return all
}
