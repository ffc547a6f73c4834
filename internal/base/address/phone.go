package address

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

// Phone gives a number in E.164 ("+989121234567"). region ("IR") is the country of numbers written without one; "" takes only
// numbers with their country. Digits of every script are understood.
func Phone(s, region string) (string, bool) {
	if len(s) < 4 || len(s) > 200 {
		return "", false
	}
	s = digits(s)
	if strings.HasPrefix(s, "00") && len(s) > 8 {
		s = "+" + s[2:]
	}
	if region == "" {
		if !strings.HasPrefix(s, "+") {
			return "", false
		}
		region = "ZZ"
	}
	n, err := phonenumbers.Parse(s, strings.ToUpper(region))
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	n.Extension = nil
	out := phonenumbers.Format(n, phonenumbers.E164)
	if len(out) > 17 {
		return "", false
	}
	// A number that does not read as itself (only zeros, say) cannot be a key.
	if again, err := phonenumbers.Parse(out, "ZZ"); err != nil || phonenumbers.Format(again, phonenumbers.E164) != out ||
		phonenumbers.IsPossibleNumberWithReason(again) != phonenumbers.IS_POSSIBLE {
		return "", false
	}
	return out, true
}

// National gives the digits of an E.164 number without the code of its country, "" where that cannot be told.
func National(e164 string) string {
	n, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil {
		return ""
	}
	return phonenumbers.GetNationalSignificantNumber(n)
}

// digits writes decimal digits of any script as ASCII, drops marks that are not seen and takes off a leading "tel:".
func digits(s string) string {
	s = strings.TrimFunc(s, blank)
	if len(s) > 4 && strings.EqualFold(s[:4], "tel:") {
		s = s[4:]
	}
	if ascii(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < 0x80:
			return r
		case r == '\uff0b':
			return '+'
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Nd, r):
			if v := digitOf(r); v >= 0 {
				return '0' + v
			}
		}
		return r
	}, s)
}

// digitOf gives the value of a decimal digit: in Unicode they stand in runs of ten that begin with zero.
func digitOf(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if r >= rune(t.Lo) && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return -1
}
