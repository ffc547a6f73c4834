// Package clock is the only place that reads the time of day, so that tests can set it.
//
// It also owns the two forms in which stores keep time: instants as microseconds since 1970 UTC, and calendar days of a
// zone as days since 1970-01-01. Zone arithmetic happens here, in Go, never in SQL.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface {
	Now() time.Time // UTC
}

// System is the machine's clock.
type System struct{}

// Now gives the machine's time in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Fake is a clock for tests; it moves only when told to.
type Fake struct {
	mu sync.Mutex
	t  time.Time
}

// NewFake gives a clock that stands at t.
func NewFake(t time.Time) *Fake { return &Fake{t: t.UTC()} }

// Now gives the time it was set to.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.t
}

// Advance moves the clock.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.t = f.t.Add(d)
}

// Micros gives t as microseconds since 1970 UTC, the form in which the operational store keeps instants.
func Micros(t time.Time) int64 { return t.UnixMicro() }

// FromMicros is the inverse of Micros; zero gives the zero Time.
func FromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Day gives the calendar day of t in zone, as days since 1970-01-01: the form in which stores keep dates.
func Day(t time.Time, zone *time.Location) int64 {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400
}

// DayStart gives the instant at which a day (days since 1970-01-01) begins in zone.
func DayStart(day int64, zone *time.Location) time.Time {
	y, m, d := time.Unix(day*86400, 0).UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC()
}

// DayString writes a day as 2006-01-02.
func DayString(day int64) string { return time.Unix(day*86400, 0).UTC().Format(time.DateOnly) }

// ParseDay reads 2006-01-02 into days since 1970-01-01.
func ParseDay(s string) (int64, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, err
	}
	return t.Unix() / 86400, nil
}
