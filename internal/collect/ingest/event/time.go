package event

import (
	"strconv"
	"strings"
	"time"
)

const (
	microsPerSecond = int64(1_000_000)
	microsPerDay    = 24 * 3600 * microsPerSecond
	// patience is how far sentAt may lie from the receipt before it is a wrong clock: less is the way through the network, and to
	// correct it would make an event's time depend on how often it had to be sent.
	patience = 5 * microsPerSecond
)

// formats are those that occur in the wild beside RFC 3339; some senders leave out leading zeros or the zone (then UTC).
var formats = []string{
	time.RFC3339Nano, "2006-1-2T15:4:5.999999999Z07:00", "2006-1-2T15:4:5.999999999Z0700", "2006-1-2T15:4:5.999999999", "2006-1-2 15:4:5.999999999Z07:00",
	"2006-1-2 15:4:5.999999999 -0700 MST", "2006-1-2 15:4:5.999999999", "2006-1-2T15:4Z07:00", "2006-1-2", time.RFC1123Z, time.RFC1123,
	"Mon Jan 2 2006 15:04:05 GMT-0700",
}

// parseTime reads an instant in microseconds UTC: RFC 3339 and its relatives, or a number of seconds or milliseconds since 1970.
func parseTime(s string) (int64, bool) {
	if us, ok := fastTime(s); ok {
		return us, true
	}
	s = strings.TrimSpace(s)
	if i := strings.IndexByte(s, '('); i > 0 { // "... GMT+0100 (CET)"
		s = strings.TrimSpace(s[:i])
	}
	if len(s) == 0 || len(s) > 64 {
		return 0, false
	}
	for _, f := range formats {
		if t, err := time.Parse(f, s); err == nil {
			return t.UnixMicro(), true
		}
	}
	return epochTime(s)
}

// epochTime reads a plain number: seconds up to the year 5138, else milliseconds, else microseconds.
func epochTime(s string) (int64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || f != f || f < 0 || f > 1e17:
		return 0, false
	case f < 1e11:
		return int64(f * 1e6), true
	case f < 1e14:
		return int64(f * 1e3), true
	}
	return int64(f), true
}

// fastTime reads 2006-01-02T15:04:05[.fraction]Z, which almost every sender writes.
func fastTime(s string) (int64, bool) {
	if len(s) < 20 || s[len(s)-1] != 'Z' || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	bad := false
	num := func(from, to int) (n int) {
		for _, c := range []byte(s[from:to]) {
			if c < '0' || c > '9' {
				bad = true
			}
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := num(0, 4), num(5, 7), num(8, 10)
	hour, minute, second := num(11, 13), num(14, 16), num(17, 19)
	var micros int64
	if rest := s[19 : len(s)-1]; rest != "" {
		if rest[0] != '.' || len(rest) < 2 || len(rest) > 10 {
			return 0, false
		}
		scale := int64(100_000)
		for _, c := range []byte(rest[1:]) {
			if c < '0' || c > '9' {
				return 0, false
			}
			micros += int64(c-'0') * scale
			scale /= 10
		}
	}
	if bad || month < 1 || month > 12 || day < 1 || day > 28 && day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return (daysSince1970(year, month, day)*86400+int64(hour*3600+minute*60+second))*microsPerSecond + micros, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSince1970 counts days of the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
func daysSince1970(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	era := y / 400
	yoe := y - era*400
	doy := (153*((m+9)%12)+2)/5 + d - 1
	doe := yoe*365 + yoe/4 - yoe/100 + doy
	return int64(era)*146097 + int64(doe) - 719468
}

// At decides when an event happened, in microseconds UTC. The sender's clock may be wrong: sentAt says what it showed when the
// request left, so the difference to the receipt is its error and is taken off (differences of a few seconds are the network's).
// What lies more than a day after the receipt, or before 1970, cannot be true and becomes the time of receipt; old
// times stay, since history is sent too. Zero stands for what was not said.
func At(said, sentAt, receivedAt int64) int64 {
	if said == 0 {
		return receivedAt
	}
	if skew := receivedAt - sentAt; sentAt != 0 && (skew > patience || skew < -patience) {
		said += skew
	}
	if said <= 0 || said > receivedAt+microsPerDay {
		return receivedAt
	}
	return said
}
