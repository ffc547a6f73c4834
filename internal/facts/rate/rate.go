// Package rate knows what foreign money is worth in the reporting currency.
//
// It owns the table rates: units of the reporting currency for one unit of another, valid from a day on until the next one given for
// that currency. Rates come from a file, from the API or by hand; nothing is fetched and nothing is guessed: before the first day given a
// currency has no rate, and who asks is told so. Rates belong to the reporting currency they were given for; when that changes the others
// rest, and count again when it changes back. A day's rate given anew replaces the old one.
//
// All rates are kept in memory (16 bytes each), because every order in a foreign currency asks. Giving rates announces rate.changed
// {"currency": "USD", "from_day": 20454} for each currency, with the first day whose rate is another than before; giving the same
// again announces nothing.
package rate

import (
	"cmp"
	"slices"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/money"
)

// Topic is what new rates announce.
const Topic = "rate.changed"

// Changed is the payload of Topic.
type Changed struct {
	Currency string `json:"currency"`
	FromDay  int64  `json:"from_day"` // days since 1970-01-01
}

// The sources of a rate.
const (
	FromFile = "file"
	FromAPI  = "api"
	ByHand   = "hand"
)

// Rate is what one unit of a currency is worth from a day on.
type Rate struct {
	Currency string
	Day      int64 // days since 1970-01-01
	Rate     int64 // units of the reporting currency, times money.RateScale
	Source   string
}

// Row is a rate in the API.
type Row struct {
	Currency string `json:"currency" doc:"ISO 4217" example:"USD"`
	Day      string `json:"day" format:"date" doc:"The first day on which it holds" example:"2026-01-02"`
	Rate     string `json:"rate" doc:"Units of the reporting currency for one unit of this one, at most nine decimal places" example:"0.9213"`
	Source   string `json:"source,omitempty" readOnly:"true" enum:"file,api,hand" doc:"Where it came from"`
}

// places is the number of decimal places of money.RateScale.
const places = 9

// read makes a Rate of a row. Where names the row in the faults.
func (r Row) read(where, reporting string) (Rate, []errs.Field) {
	var wrong []errs.Field
	bad := func(field, code, message string) {
		wrong = append(wrong, errs.Field{Path: where + "." + field, Code: code, Message: message})
	}
	out := Rate{Currency: r.Currency}
	switch {
	case !money.ValidCurrency(r.Currency):
		bad("currency", "currency", "A currency is written with three capital letters, like USD.")
	case r.Currency == reporting:
		bad("currency", "reporting", "This is the reporting currency itself; its rate is always 1.")
	}
	var err error
	if out.Day, err = clock.ParseDay(r.Day); err != nil {
		bad("day", "date", "A day is written like 2026-01-02.")
	}
	if out.Rate, err = money.ParseMinor(r.Rate, places); err != nil || out.Rate <= 0 {
		bad("rate", "number", "A rate is a number above zero with at most nine places after the point, like 0.9213.")
	}
	return out, wrong
}

// book holds every rate of one reporting currency, by day.
type book struct {
	version   int64
	reporting map[string]map[string][]dayRate // reporting currency, currency
}

type dayRate struct{ day, rate int64 }

// at gives the place of a day among a currency's rates, or where it would be.
func at(days []dayRate, day int64) (int, bool) {
	return slices.BinarySearchFunc(days, day, func(d dayRate, day int64) int { return cmp.Compare(d.day, day) })
}

// find gives the newest rate on or before a day.
func (b book) find(reporting, currency string, day int64) (int64, bool) {
	days := b.reporting[reporting][currency]
	i, _ := at(days, day+1) // the first after the day
	if i == 0 {
		return 0, false
	}
	return days[i-1].rate, true
}

// has reports whether a rate stands there already.
func (b book) has(reporting string, r Rate) bool {
	days := b.reporting[reporting][r.Currency]
	i, found := at(days, r.Day)
	return found && days[i].rate == r.Rate
}

// decimal writes a rate without needless zeros.
func decimal(rate int64) string {
	digits := []byte{}
	whole, rest := rate/money.RateScale, rate%money.RateScale
	for scale := int64(money.RateScale / 10); rest > 0; scale /= 10 {
		digits = append(digits, byte('0'+rest/scale))
		rest %= scale
	}
	text := money.New(whole, "JPY").Decimal()
	if len(digits) > 0 {
		text += "." + string(digits)
	}
	return text
}
