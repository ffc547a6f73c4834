package rate

import (
	"strings"
	"testing"

	"rapport/internal/base/errs"
	"rapport/internal/base/money"
)

func TestDecimal(t *testing.T) {
	for rate, want := range map[int64]string{1: "0.000000001", 920000000: "0.92", 1000000000: "1", 150000000000: "150", 1000000001: "1.000000001", 1090000000: "1.09"} {
		if got := decimal(rate); got != want {
			t.Errorf("%d: %s, want %s", rate, got, want)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"day,currency,rate\n2026-01-02,USD,0.92\n", "rate;day;currency\n0,92;2026-01-02;usd\n", "day\tcurrency\trate\n2026-01-02\tUSD\t1\n",
		"\xef\xbb\xbfday,currency,rate", "day,currency,rate\n\"2026", "day,currency,rate\n9999-12-31,USD,9223372036\n", "day,day,currency,rate\n,,,\n", "\x00", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := parseFile(strings.NewReader(text), "EUR")
		if err != nil && errs.As(err) == nil {
			t.Fatalf("not an error for people: %v", err)
		}
		for _, r := range rates {
			if r.Rate <= 0 || r.Currency == "EUR" || !money.ValidCurrency(r.Currency) {
				t.Fatalf("%+v", r)
			}
			if back, err := money.ParseMinor(decimal(r.Rate), places); err != nil || back != r.Rate {
				t.Fatalf("%d is written %s and read %d", r.Rate, decimal(r.Rate), back)
			}
		}
	})
}
