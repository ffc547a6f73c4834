// Package money keeps amounts exactly: whole minor units and an ISO 4217 code, never a float.
//
// Adding amounts of different currencies is an error, not a conversion. The wire form is
// {"amount": "12.34", "currency": "EUR"}.
package money

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
)

// Money is an amount in minor units (cents, yen, fils) of a currency. The zero value is "nothing, no currency".
type Money struct {
	Minor    int64
	Currency string
}

// digits lists the ISO 4217 currencies whose minor unit is not a hundredth.
var digits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
	"UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// ErrRange says that an amount does not fit 63 bits of minor units.
var ErrRange = errors.New("amount is too large")

// ErrMixed says that two currencies were to be added.
var ErrMixed = errors.New("amounts of different currencies cannot be added")

// Digits gives the number of decimal places of a currency (2 where unknown).
func Digits(currency string) int {
	if d, ok := digits[currency]; ok {
		return d
	}
	return 2
}

// ValidCurrency reports whether code looks like an ISO 4217 code: three capital letters.
func ValidCurrency(code string) bool {
	if len(code) != 3 {
		return false
	}
	for i := range 3 {
		if code[i] < 'A' || code[i] > 'Z' {
			return false
		}
	}
	return true
}

// New makes an amount from minor units.
func New(minor int64, currency string) Money { return Money{Minor: minor, Currency: currency} }

// Parse reads a plain decimal ("12.34", "-3", "1e2" is refused) into minor units of currency.
// More decimal places than the currency has are rounded half away from zero, as invoices are.
func Parse(amount, currency string) (Money, error) {
	minor, err := ParseMinor(amount, Digits(currency))
	return Money{Minor: minor, Currency: currency}, err
}

// ParseMinor reads a plain decimal into units of 10^-places, rounding half away from zero.
func ParseMinor(s string, places int) (int64, error) {
	t := strings.TrimSpace(s)
	neg := false
	if t != "" && (t[0] == '-' || t[0] == '+') {
		neg = t[0] == '-'
		t = t[1:]
	}
	if t == "" || t == "." {
		return 0, fmt.Errorf("%q is not an amount", s)
	}
	var n int64
	seen, roundUp := 0, false // digits after the point so far
	point := false
	for i := 0; i < len(t); i++ {
		c := t[i]
		switch {
		case c == '.' && !point:
			point = true
		case c < '0' || c > '9':
			return 0, fmt.Errorf("%q is not an amount", s)
		case point && seen >= places:
			if seen == places {
				roundUp = c >= '5'
			}
			seen++
		default:
			if n > (math.MaxInt64-9)/10 {
				return 0, ErrRange
			}
			n = n*10 + int64(c-'0')
			if point {
				seen++
			}
		}
	}
	for ; seen < places; seen++ {
		if n > math.MaxInt64/10 {
			return 0, ErrRange
		}
		n *= 10
	}
	if roundUp {
		if n == math.MaxInt64 {
			return 0, ErrRange
		}
		n++
	}
	if neg {
		n = -n
	}
	return n, nil
}

// Add gives m + o; a zero Money without currency is neutral.
func (m Money) Add(o Money) (Money, error) {
	switch {
	case m.Currency == "" && m.Minor == 0:
		return o, nil
	case o.Currency == "" && o.Minor == 0:
		return m, nil
	case m.Currency != o.Currency:
		return Money{}, ErrMixed
	}
	sum := m.Minor + o.Minor
	if (sum > m.Minor) != (o.Minor > 0) && o.Minor != 0 {
		return Money{}, ErrRange
	}
	return Money{Minor: sum, Currency: m.Currency}, nil
}

// RateScale is the fixed point of exchange rates: a rate is units of the target currency for one unit of the source,
// times RateScale.
const RateScale = 1_000_000_000

// Convert gives m in currency to at rate (scaled by RateScale), rounding half away from zero.
func (m Money) Convert(to string, rate int64) (Money, error) {
	if m.Currency == to {
		return m, nil
	}
	n := new(big.Int).Mul(big.NewInt(m.Minor), big.NewInt(rate))
	d := big.NewInt(RateScale)
	if diff := Digits(to) - Digits(m.Currency); diff >= 0 {
		n.Mul(n, pow10(diff))
	} else {
		d.Mul(d, pow10(-diff))
	}
	half := new(big.Int).Quo(d, big.NewInt(2))
	if n.Sign() < 0 {
		n.Sub(n, half)
	} else {
		n.Add(n, half)
	}
	n.Quo(n, d)
	if !n.IsInt64() {
		return Money{}, ErrRange
	}
	return Money{Minor: n.Int64(), Currency: to}, nil
}

func pow10(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

// Decimal writes the amount with all its places: "12.34", "-0.05", "1200" for yen.
func (m Money) Decimal() string {
	d := Digits(m.Currency)
	u := uint64(m.Minor)
	sign := ""
	if m.Minor < 0 {
		u, sign = -u, "-"
	}
	s := fmt.Sprintf("%0*d", d+1, u)
	if d == 0 {
		return sign + s
	}
	return sign + s[:len(s)-d] + "." + s[len(s)-d:]
}

// String writes "12.34 EUR".
func (m Money) String() string { return strings.TrimSpace(m.Decimal() + " " + m.Currency) }

// Wire is the JSON form of an amount, usable in API structs. It is what OpenAPI describes.
type Wire struct {
	Amount   string `json:"amount" doc:"Decimal amount with all the places of the currency" example:"12.34"`
	Currency string `json:"currency" doc:"ISO 4217 code" example:"EUR"`
}

// Wire gives the JSON form.
func (m Money) Wire() Wire { return Wire{Amount: m.Decimal(), Currency: m.Currency} }

// Money reads the JSON form.
func (w Wire) Money() (Money, error) {
	if !ValidCurrency(w.Currency) {
		return Money{}, fmt.Errorf("%q is not an ISO 4217 currency code", w.Currency)
	}
	return Parse(w.Amount, w.Currency)
}

// MarshalJSON writes the wire form.
func (m Money) MarshalJSON() ([]byte, error) { return json.Marshal(m.Wire()) }

// UnmarshalJSON reads the wire form.
func (m *Money) UnmarshalJSON(b []byte) error {
	var w Wire
	if err := json.Unmarshal(b, &w); err != nil {
		return err
	}
	v, err := w.Money()
	*m = v
	return err
}
