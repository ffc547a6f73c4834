package demo

import (
	"sort"
	"time"
)

// calendar bends time: its weight of a day says how much is bought then.
type calendar struct {
	start int64     // Unix minutes
	sums  []float64 // running sum of the weights of the days
}

var weekdays = [7]float64{time.Sunday: 1.22, time.Monday: 1.02, time.Tuesday: 0.93, time.Wednesday: 0.92, time.Thursday: 0.96, time.Friday: 0.95, time.Saturday: 1.0}

// Feasts that move, by the year. Only the days that a history can reach.
var (
	diwali = map[int]string{2023: "11-12", 2024: "11-01", 2025: "10-20", 2026: "11-08", 2027: "10-29", 2028: "10-17", 2029: "11-05", 2030: "10-26", 2031: "11-14"}
	onam   = map[int]string{2023: "08-29", 2024: "09-15", 2025: "09-05", 2026: "08-26", 2027: "09-12", 2028: "09-01", 2029: "08-22", 2030: "09-09", 2031: "08-30"}
)

// calendars makes one calendar for each culture and "" for the shop as a whole.
func calendars(start, end int64) map[string]*calendar {
	out := map[string]*calendar{}
	for _, lang := range []string{"", "de", "en", "fr", "it", "fa", "ml", "hi", "am", "ja"} {
		c := &calendar{start: start}
		sum := 0.0
		for m := start; m <= end; m += minutesPerDay {
			grown := 1 + 1.3*float64(m-start)/float64(historyDays*minutesPerDay)
			day := time.Unix(m*60, 0).UTC()
			w := grown * weekdays[day.Weekday()] * season(day, lang)
			if m+minutesPerDay > end {
				w *= float64(end-m) / minutesPerDay // today is not over
			}
			sum += w
			c.sums = append(c.sums, sum)
		}
		out[lang] = c
	}
	return out
}

// season is the factor of a day for people of a culture.
func season(day time.Time, lang string) float64 {
	y, f := day.Year(), 1.0
	bump := func(feast time.Time, before, after int, factor float64) {
		d := int(day.Sub(feast).Hours() / 24)
		if d >= -before && d <= after {
			f = max(f, factor)
		}
	}
	on := func(monthDay string) time.Time {
		t, _ := time.Parse(time.DateOnly, time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006")+"-"+monthDay)
		return t
	}
	christmas := 1.75
	if lang == "fa" || lang == "ml" || lang == "hi" || lang == "am" {
		christmas = 1.2
	}
	bump(on("12-18"), 20, 0, christmas)
	if day.Month() == time.December && day.Day() > 21 {
		f = 0.55
	}
	bump(blackFriday(y), 1, 3, 2.6)
	bump(blackFriday(y), 0, 0, 3.8)
	if nowruz := 1.25; true {
		if lang == "fa" {
			nowruz = 3.2
		}
		bump(on("03-18"), 16, 0, nowruz)
	}
	if lang == "fa" {
		bump(on("12-19"), 5, 1, 1.9) // Yalda night
	}
	if d, ok := diwali[y]; ok && lang == "hi" {
		bump(on(d), 14, 0, 2.7)
	}
	if d, ok := onam[y]; ok && lang == "ml" {
		bump(on(d), 12, 0, 2.7)
	}
	if lang == "am" {
		bump(on("01-05"), 8, 0, 2.2) // Genna
		bump(on("09-09"), 9, 0, 2.4) // Enkutatash
	}
	if lang == "ja" {
		bump(on("07-10"), 14, 4, 1.7) // Chugen
	}
	if day.Month() == time.July || day.Month() == time.August {
		f *= 0.85
	}
	return f
}

func blackFriday(year int) time.Time {
	first := time.Date(year, time.November, 1, 0, 0, 0, 0, time.UTC)
	thursday := 1 + (int(time.Thursday)-int(first.Weekday())+7)%7
	return first.AddDate(0, 0, thursday-1+21+1)
}

// total is the weight of all days.
func (c *calendar) total() float64 { return c.sums[len(c.sums)-1] }

// weight is the weight of all time before a minute.
func (c *calendar) weight(minute int64) float64 {
	day := int((minute - c.start) / minutesPerDay)
	if minute < c.start {
		return 0
	}
	if day >= len(c.sums) {
		return c.total()
	}
	before := 0.0
	if day > 0 {
		before = c.sums[day-1]
	}
	return before + (c.sums[day]-before)*float64((minute-c.start)%minutesPerDay)/minutesPerDay
}

// day is the day on which the running weight reaches w: its number and its first minute.
func (c *calendar) day(w float64) int64 {
	i := sort.SearchFloat64s(c.sums, w)
	if i >= len(c.sums) {
		i = len(c.sums) - 1
	}
	return c.start + int64(i)*minutesPerDay
}

// How the hours of a day share what happens, by the visitor's own clock.
var hours = sums([]float64{1.2, .6, .3, .2, .2, .4, 1, 2, 3, 4, 4.6, 4.8, 5.4, 5, 4.4, 4.2, 4.4, 4.8, 5.4, 6.6, 7.8, 7.6, 5.2, 2.8})

func sums(w []float64) []float64 {
	out, sum := make([]float64, len(w)), 0.0
	for i, x := range w {
		sum += x
		out[i] = sum
	}
	return out
}

// minute draws a minute of the day that begins at midnight (UTC) for somebody whose clock is offset minutes ahead.
func minute(d *dice, midnight int64, offset int) int64 {
	local := d.weighted(hours)*60 + d.n(60)
	return midnight + int64((local-offset+minutesPerDay)%minutesPerDay)
}
