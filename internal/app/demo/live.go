package demo

import (
	"container/heap"
	"context"
	"math"
	"strconv"
	"strings"
	"time"
)

// Live goes on where the history ends: visitors come while the program runs, about one event a second and never more than a few.
// Time is cut into slots, in each of which one visit begins; a slot's visit depends on the seed and the slot alone, so a restart sends
// the same message ids. It begins with the last half hour, so that the overview has something to show at once.
const (
	slotLength   = 5 // seconds
	liveBefore   = 30 * time.Minute
	longestVisit = 15 * time.Minute
	liveBatch    = 200
	liveKnown    = .55
	liveOrders   = .003
	liveAbandon  = .14
	liveVisitors = 1 << 28 // numbers of people who were not there before
)

// happening is an event that waits for its time.
type happening struct {
	at     int64 // milliseconds
	server bool
	event  []byte
}

type waiting []happening

func (w waiting) Len() int           { return len(w) }
func (w waiting) Less(i, j int) bool { return w[i].at < w[j].at }
func (w waiting) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *waiting) Push(x any)        { *w = append(*w, x.(happening)) }
func (w *waiting) Pop() any {
	old := *w
	x := old[len(old)-1]
	*w = old[:len(old)-1]
	return x
}

// Live sends what happens until the context ends, which is no error.
func (s *Shop) Live(ctx context.Context, o Options) error {
	c := &caller{door: o.Door, base: o.Base, keys: o.Keys}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	l := s.newLive(o.Clock.Now())
	for {
		for _, b := range l.due(o.Clock.Now()) {
			if err := c.track(ctx, b); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

type live struct {
	shop  *Shop
	from  int64 // milliseconds: what happened before is not told
	slot  int64 // next one
	queue waiting
}

func (s *Shop) newLive(now time.Time) *live {
	from := now.Add(-liveBefore)
	return &live{shop: s, from: from.UnixMilli(), slot: from.Add(-longestVisit).Unix()/slotLength + 1}
}

// due gives what has happened up to now and was not given before, in batches.
func (l *live) due(now time.Time) []Batch {
	for ; l.slot*slotLength <= now.Unix(); l.slot++ {
		l.shop.slot(l.slot, func(h happening) {
			if h.at >= l.from {
				heap.Push(&l.queue, h)
			}
		})
	}
	var out []Batch
	var packers [2]packer
	flush := func(k int) {
		if packers[k].events > 0 {
			out = append(out, packers[k].batch(k == 1))
		}
	}
	for len(l.queue) > 0 && l.queue[0].at <= now.UnixMilli() {
		h := heap.Pop(&l.queue).(happening)
		k := 0
		if h.server {
			k = 1
		}
		if packers[k].add(h.event); packers[k].events >= liveBatch {
			flush(k)
		}
	}
	flush(0)
	flush(1)
	return out
}

// slot makes up the visit of a slot.
func (s *Shop) slot(number int64, emit func(happening)) {
	d := roll(s.cfg.Seed, forLive, uint64(number), 0)
	v := visit{n: uint16(1<<15 | number&(1<<15-1)), kind: toBrowse}
	if d.chance(liveKnown) {
		v.person = uint32(d.n(s.cfg.Customers))
		v.flags = flagJoined
		if d.chance(.4) {
			v.flags |= flagLogin
		}
	} else {
		v.person = uint32(liveVisitors + number%liveVisitors)
	}
	var w *scribe
	w = newScribe(s, func(server bool, event []byte) {
		emit(happening{at: w.at, server: server, event: append([]byte(nil), event...)})
	})
	w.end = math.MaxInt64
	p := s.person(int(v.person))
	if int(v.person) >= s.cfg.Customers {
		p.Known = false
	}
	switch x := d.float(); {
	case x < liveOrders/liveKnown && p.UserID != "" && p.Known:
		v.kind, v.flags = toOrder, flagJoined|flagLogin
	case x > 1-liveAbandon:
		v.kind = toAbandon
	}
	w.begin(p, v, "l")
	w.prefix = "live" + strconv.FormatUint(s.cfg.Seed, 36) + "-" + strconv.FormatInt(number, 36) + "-"
	w.at = number*slotLength*1000 + int64(d.n(slotLength*1000))
	w.campaign = pickCampaign(d, time.UnixMilli(w.at).UTC())
	if v.kind != toOrder {
		w.browse(v)
		return
	}
	o := s.order(p, v.n, w.at/60_000)
	o.Number = "W-" + strings.ToUpper(strconv.FormatInt(number, 36))
	w.purchase(v, o)
}
