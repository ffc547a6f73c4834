package importer

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"rapport/internal/base/money"
)

var errNotDate = errors.New("it is not a date that is understood")

// dayOrder says how dates like 03/04/2026 are to be read.
type dayOrder uint8

const (
	unknownOrder dayOrder = iota
	dayFirst
	monthFirst
)

// dates reads times of one file.
type dates struct {
	zone  *time.Location
	order dayOrder
	// the last text and instant: files are mostly sorted, and zones are slow
	last   string
	lastAt int64
}

func (d *dates) parse(s string) (int64, error) {
	if s == d.last && s != "" {
		return d.lastAt, nil
	}
	t, err := d.read(s)
	if err != nil {
		return 0, err
	}
	if y := t.UTC().Year(); y < 1900 || y > 2200 {
		return 0, errors.New("the year lies outside 1900 to 2200")
	}
	d.last, d.lastAt = s, t.UnixMicro()
	return d.lastAt, nil
}

func digits(s string) (int, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func (d *dates) read(s string) (time.Time, error) {
	if allDigits(s) {
		return d.number(s)
	}
	if len(s) >= 8 && len(s) < 40 && s[0] >= '0' && s[0] <= '9' {
		if i := strings.IndexAny(s, "-/."); i > 0 && i <= 4 {
			return d.numeric(s, s[i])
		}
	}
	for _, layout := range []string{time.RFC1123Z, time.RFC1123, time.RFC850, "Jan 2, 2006 15:04:05", "Jan 2, 2006 15:04", "Jan 2, 2006", "January 2, 2006",
		"2 Jan 2006 15:04:05", "2 Jan 2006 15:04", "2 Jan 2006", "2 January 2006", "02-Jan-2006", "02-Jan-06", "Jan 2, 2006 3:04 PM", "Jan 2, 2006, 3:04:05 PM",
		"Mon Jan 2 15:04:05 2006", "January 2, 2006 3:04 pm", "January 2, 2006 15:04"} {
		if t, err := time.ParseInLocation(layout, s, d.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errNotDate
}

// number reads YYYYMMDD, YYYYMMDDhhmmss and Unix seconds, milliseconds and microseconds.
func (d *dates) number(s string) (time.Time, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{}, errNotDate
	}
	switch len(s) {
	case 8:
		return date(int(n/10000), int(n/100%100), int(n%100), 0, 0, 0, 0, d.zone)
	case 14:
		return date(int(n/1e10), int(n/1e8%100), int(n/1e6%100), int(n/1e4%100), int(n/100%100), int(n%100), 0, d.zone)
	case 9, 10:
		return time.Unix(n, 0), nil
	case 12, 13:
		return time.UnixMilli(n), nil
	case 16:
		return time.UnixMicro(n), nil
	}
	return time.Time{}, errNotDate
}

func date(y, m, d, hh, mm, ss, ns int, zone *time.Location) (time.Time, error) {
	if m < 1 || m > 12 || d < 1 || d > 31 || hh > 24 || mm > 59 || ss > 60 {
		return time.Time{}, errNotDate
	}
	t := time.Date(y, time.Month(m), d, hh, mm, ss, ns, zone)
	if hh < 24 && t.Day() != d { // 31 April
		return time.Time{}, errNotDate
	}
	return t, nil
}

// threeParts cuts "2010-12-01 08:26" into its numbers and what follows them.
func threeParts(s string, sep byte) (a, b, c string, rest string, ok bool) {
	i := strings.IndexByte(s, sep)
	j := strings.IndexByte(s[i+1:], sep)
	if j < 0 {
		return
	}
	j += i + 1
	k := j + 1
	for k < len(s) && s[k] >= '0' && s[k] <= '9' {
		k++
	}
	return s[:i], s[i+1 : j], s[j+1 : k], s[k:], true
}

func (d *dates) numeric(s string, sep byte) (time.Time, error) {
	a, b, c, rest, ok := threeParts(s, sep)
	if !ok {
		return time.Time{}, errNotDate
	}
	x, okX := digits(a)
	y, okY := digits(b)
	z, okZ := digits(c)
	if !okX || !okY || !okZ {
		return time.Time{}, errNotDate
	}
	var year, month, day int
	switch {
	case len(a) == 4:
		year, month, day = x, y, z
	case len(c) == 4 || len(c) == 2:
		year = z
		if len(c) == 2 {
			year += 2000
			if z >= 70 {
				year -= 100
			}
		}
		switch {
		case sep == '.' || d.order == dayFirst: // points are only used with the day first
			day, month = x, y
		case d.order == monthFirst:
			day, month = y, x
		case x > 12:
			day, month = x, y
		case y > 12 || x == y:
			day, month = y, x
		default:
			return time.Time{}, errors.New("it may be day/month or month/day")
		}
	default:
		return time.Time{}, errNotDate
	}
	return d.clock(year, month, day, rest)
}

// clock reads the time of day after a date: "T08:26:00.123Z", " 8:26 PM", " 08:26:00 +0100" or nothing.
func (d *dates) clock(year, month, day int, rest string) (time.Time, error) {
	rest = strings.TrimLeft(rest, "T ,")
	if rest == "" {
		return date(year, month, day, 0, 0, 0, 0, d.zone)
	}
	zone := d.zone
	if strings.HasSuffix(rest, "Z") || strings.HasSuffix(rest, " UTC") || strings.HasSuffix(rest, " GMT") {
		zone = time.UTC
		rest = strings.TrimRight(rest, "ZUTCGM ")
	} else if i := strings.LastIndexAny(rest, "+-"); i > 0 {
		off, ok := offset(rest[i:])
		if !ok {
			return time.Time{}, errNotDate
		}
		zone = time.FixedZone("", off)
		rest = strings.TrimRight(rest[:i], " ")
	}
	half := ""
	if up := strings.ToUpper(rest); strings.HasSuffix(up, "AM") || strings.HasSuffix(up, "PM") {
		half = up[len(up)-2:]
		rest = strings.TrimRight(rest[:len(rest)-2], " ")
	}
	rest, fraction, _ := strings.Cut(rest, ".")
	parts := strings.Split(rest, ":")
	if len(parts) > 3 {
		return time.Time{}, errNotDate
	}
	var n [3]int
	for i, p := range parts {
		v, ok := digits(p)
		if !ok {
			return time.Time{}, errNotDate
		}
		n[i] = v
	}
	switch {
	case half == "PM" && n[0] < 12:
		n[0] += 12
	case half == "AM" && n[0] == 12:
		n[0] = 0
	}
	ns := 0
	if fraction != "" {
		f, ok := digits((fraction + "000000000")[:9])
		if !ok {
			return time.Time{}, errNotDate
		}
		ns = f
	}
	return date(year, month, day, n[0], n[1], n[2], ns, zone)
}

func offset(s string) (int, bool) {
	h := strings.ReplaceAll(s[1:], ":", "")
	if len(h) == 2 {
		h += "00"
	}
	n, ok := digits(h)
	if !ok || len(h) != 4 || n/100 > 15 || n%100 > 59 {
		return 0, false
	}
	sec := (n/100*60 + n%100) * 60
	if s[0] == '-' {
		sec = -sec
	}
	return sec, true
}

// slashDate tells what one date like 25/12/2026 says about the order of day and month: nothing, day first or month first.
func slashDate(s string) (slash bool, order dayOrder) {
	i := strings.IndexAny(s, "/-.")
	if i < 1 || i > 2 || s[i] == '.' {
		return false, unknownOrder
	}
	a, b, c, _, ok := threeParts(s, s[i])
	x, okX := digits(a)
	y, okY := digits(b)
	if !ok || !okX || !okY || len(c) != 2 && len(c) != 4 {
		return false, unknownOrder
	}
	switch {
	case x > 12 && y <= 12:
		return true, dayFirst
	case y > 12 && x <= 12:
		return true, monthFirst
	}
	return true, unknownOrder
}

// amounts reads money of one file.
type amounts struct {
	commaDecimal bool // 1.234,56
}

var errNotAmount = errors.New("it is not an amount of money")

// parse reads an amount in units of 10^-places; currency signs, codes and thousands separators are left out. "(5.00)" and "5.00-"
// are negative.
func (a *amounts) parse(s string, places int) (int64, error) {
	plain := true
	for i := 0; i < len(s); i++ {
		if (s[i] < '0' || s[i] > '9') && s[i] != '.' && s[i] != '-' {
			plain = false
			break
		}
	}
	if plain && !a.commaDecimal {
		n, err := money.ParseMinor(s, places)
		if err == nil || errors.Is(err, money.ErrRange) {
			return n, err
		}
	}
	t, err := a.normal(s)
	if err != nil {
		return 0, err
	}
	n, err := money.ParseMinor(t, places)
	if err != nil && !errors.Is(err, money.ErrRange) {
		return 0, errNotAmount
	}
	return n, err
}

func (a *amounts) normal(s string) (string, error) {
	negative := false
	t := strings.TrimSpace(s)
	if strings.HasPrefix(t, "(") && strings.HasSuffix(t, ")") {
		negative, t = true, t[1:len(t)-1]
	}
	var b strings.Builder
	letters := 0
	for _, r := range t {
		switch {
		case r >= '0' && r <= '9' || r == '.' || r == ',':
			b.WriteRune(r)
		case r == '-' || r == '\u2212':
			negative = !negative
		case r == '\'' || r == '\u2019' || r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\u066c' || r == '+':
		case r == '\u066b':
			b.WriteByte('.')
		case r >= '\u0660' && r <= '\u0669':
			b.WriteRune('0' + r - '\u0660')
		case r >= '\u06f0' && r <= '\u06f9':
			b.WriteRune('0' + r - '\u06f0')
		case r < 128 && (r|0x20 < 'a' || r|0x20 > 'z') && r != '$':
			return "", errNotAmount
		default:
			if letters++; letters > 4 { // "US$", "EUR", "руб."
				return "", errNotAmount
			}
		}
	}
	t = strings.Trim(b.String(), ",")
	t = strings.TrimSuffix(t, ".")
	if t == "" {
		return "", errNotAmount
	}
	t = a.point(t)
	if negative {
		t = "-" + t
	}
	return t, nil
}

// point leaves one decimal point: where both separators occur the last one is it; alone, one that occurs twice or stands before exactly three digits
// (unless the file writes 1.234,56 or 1,234.56 otherwise) sets thousands apart.
func (a *amounts) point(t string) string {
	comma, dot := strings.LastIndexByte(t, ','), strings.LastIndexByte(t, '.')
	switch {
	case comma >= 0 && dot >= 0 && comma > dot:
		return strings.Replace(strings.ReplaceAll(t, ".", ""), ",", ".", 1)
	case comma >= 0 && dot >= 0:
		return strings.ReplaceAll(t, ",", "")
	case comma >= 0:
		if strings.Count(t, ",") > 1 || !a.commaDecimal && len(t)-comma == 4 {
			return strings.ReplaceAll(t, ",", "")
		}
		return strings.Replace(t, ",", ".", 1)
	case dot >= 0 && (strings.Count(t, ".") > 1 || a.commaDecimal && len(t)-dot == 4):
		return strings.ReplaceAll(t, ".", "")
	}
	return t
}

// decimalComma tells whether an amount shows that its file has a comma before the decimals.
func decimalComma(s string) bool {
	comma := strings.LastIndexByte(s, ',')
	if comma < 0 {
		return false
	}
	if dot := strings.LastIndexByte(s, '.'); dot >= 0 {
		return comma > dot
	}
	n := 0
	for i := comma + 1; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		n++
	}
	return n > 0 && n != 3 && strings.Count(s, ",") == 1
}

// truth reads yes and no.
func truth(s string) (yes, ok bool) {
	switch strings.ToLower(s) {
	case "1", "true", "yes", "y", "t", "on", "x", "ja", "oui", "si", "sí", "subscribed", "granted", "optedin", "opted in", "opt-in", "instock", "publish", "enabled":
		return true, true
	case "0", "false", "no", "n", "f", "off", "nein", "non", "unsubscribed", "denied", "notsubscribed", "not_subscribed", "optedout", "opted out", "opt-out", "outofstock", "draft", "disabled", "private":
		return false, true
	}
	return false, false
}

// key brings an id into the form in which it is kept: numbers that a spreadsheet made floats of lose their ".0".
func key(s string) string {
	if i := strings.IndexByte(s, '.'); i > 0 && strings.Trim(s[i:], ".0") == "" && allDigits(s[:i]) {
		return s[:i]
	}
	return s
}
