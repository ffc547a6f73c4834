// Package watch lets people see events as they come.
//
// Who looks opens a view with a filter and asks for what is new, about once a second; a view keeps the newest events that pass its filter and
// were not fetched yet, and counts those that it had to let go. It ends when nobody asked for a while, so nobody needs to close it.
//
//	Open ─► Next ─► Next ... ─► silence of life ─► gone (Next: unknown)
//
// While there is no view, Idle is one load of a counter, asked once a step and not once an event. Memory is bounded by maxViews times maxKept
// entries, each of which holds copies of short texts alone. Nothing is announced from here.
package watch

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

const (
	maxViews = 20
	maxKept  = 400 // entries of a view
	life     = 15 * time.Second
)

// What became of an event.
const (
	Accepted  = "accepted"
	Duplicate = "duplicate"
	Refused   = "refused"
)

// Entry is an event as a view shows it.
type Entry struct {
	EventID                                    int64
	At, ReceivedAt                             int64
	SourceID, CustomerID                       id.ID
	Kind, Name, MessageID, AnonymousID, UserID string
	Email                                      string // that the event itself names
	Verdict, Code, Reason                      string
	Again                                      bool // was sent again by people
}

// Filter chooses entries; empty fields do not.
type Filter struct {
	Name     string // part of it, whatever the case
	Person   string // an e-mail address, user id, device or message id
	SourceID id.ID
	Verdict  string
}

// Takes tells whether an entry passes; customers are those that Person is known to mean.
func (f *Filter) Takes(e *Entry, customers []id.ID) bool {
	switch {
	case f.Verdict != "" && f.Verdict != e.Verdict, f.SourceID != 0 && f.SourceID != e.SourceID:
		return false
	case f.Name != "" && !strings.Contains(strings.ToLower(e.Name), strings.ToLower(f.Name)) && f.Name != e.Kind:
		return false
	case f.Person == "":
		return true
	}
	return f.Person == e.UserID || f.Person == e.AnonymousID || f.Person == e.MessageID || strings.EqualFold(f.Person, e.Email) ||
		e.CustomerID != 0 && (slices.Contains(customers, e.CustomerID) || f.Person == e.CustomerID.String())
}

// view is what one who looks has not fetched yet.
type view struct {
	filter    Filter
	customers []id.ID
	entries   []Entry // oldest first
	missed    int64
	asked     time.Time
}

// Desk keeps the views. Its zero value is ready.
type Desk struct {
	open  atomic.Int32
	mu    sync.Mutex
	views map[string]*view
}

// Idle tells that nobody looks.
func (d *Desk) Idle() bool { return d.open.Load() == 0 }

// Open begins a view and gives its key.
func (d *Desk) Open(f Filter, customers []id.ID, now time.Time) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep(now)
	if len(d.views) >= maxViews {
		return "", errs.New(errs.RateLimited, "watch.crowded", "%d people are looking at the events already. Try again when one of them has closed the page.", maxViews).
			After(int(life.Seconds()))
	}
	if d.views == nil {
		d.views = map[string]*view{}
	}
	key := id.Secret(12)
	d.views[key] = &view{filter: f, customers: customers, asked: now}
	d.open.Store(int32(len(d.views)))
	return key, nil
}

// Filter gives that of a view; false where it is gone.
func (d *Desk) Filter(key string) (Filter, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if v := d.views[key]; v != nil {
		return v.filter, true
	}
	return Filter{}, false
}

// Next gives what came since the last call, oldest first, and how many could not be kept; false where the view is gone.
func (d *Desk) Next(key string, customers []id.ID, now time.Time) (entries []Entry, missed int64, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep(now)
	v := d.views[key]
	if v == nil {
		return nil, 0, false
	}
	entries, missed = v.entries, v.missed
	v.entries, v.missed, v.asked, v.customers = nil, 0, now, customers
	return entries, missed, true
}

// sweep ends the views that nobody asks for.
func (d *Desk) sweep(now time.Time) {
	for key, v := range d.views {
		if now.Sub(v.asked) > life {
			delete(d.views, key)
		}
	}
	d.open.Store(int32(len(d.views)))
}

// Show puts entries before all who look. now is asked so that a step sweeps where no reader does.
func (d *Desk) Show(entries []Entry, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sweep(now)
	for _, v := range d.views {
		for i := range entries {
			if v.filter.Takes(&entries[i], v.customers) {
				v.entries = append(v.entries, entries[i])
			}
		}
		if over := len(v.entries) - maxKept; over > 0 {
			v.entries = append([]Entry(nil), v.entries[over:]...)
			v.missed += int64(over)
		}
	}
}
