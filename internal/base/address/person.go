package address

import (
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// Name puts a first and a last name together as their bearer writes them: in Han, Kana and Hangul the last name comes first
// and no space parts them.
func Name(first, last string) string {
	first, last = strings.TrimSpace(first), strings.TrimSpace(last)
	switch {
	case first == "":
		return last
	case last == "":
		return first
	case eastAsian(first) && eastAsian(last):
		return last + first
	}
	return first + " " + last
}

func eastAsian(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) {
			return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul)
		}
	}
	return false
}

// Text gives a line of text as it is stored: one normal form, without control characters, cut at max bytes between letters.
func Text(s string, max int) string {
	if len(s) > 4*max {
		s = s[:4*max]
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !ascii(s) {
		s = norm.NFC.String(s)
	}
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
	for len(s) > max {
		cut := max
		for cut > 0 && s[cut]&0xc0 == 0x80 {
			cut--
		}
		s = strings.TrimSpace(s[:cut])
	}
	return s
}

// nameLanguages are the languages in which names of countries are understood.
var nameLanguages = []language.Tag{
	language.English, language.German, language.French, language.Spanish, language.Portuguese, language.Italian, language.Dutch,
	language.Turkish, language.Persian, language.Arabic, language.Hindi, language.Malayalam, language.Amharic, language.Japanese,
	language.Chinese, language.Korean, language.Russian,
}

// moreNames are names that people write and the tables do not have.
var moreNames = map[string]string{
	"usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "america": "US", "uk": "GB", "u.k.": "GB",
	"great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB", "eire": "IE",
	"holland": "NL", "the netherlands": "NL", "uae": "AE", "south korea": "KR", "korea": "KR", "republic of korea": "KR",
	"russian federation": "RU", "czech republic": "CZ", "czechia": "CZ", "rsa": "ZA", "viet nam": "VN", "hong kong": "HK", "macau": "MO", "taiwan": "TW",
	"ivory coast": "CI", "cape verde": "CV", "burma": "MM", "turkey": "TR", "türkiye": "TR", "channel islands": "JE",
	"islamic republic of iran": "IR", "iran (islamic republic of)": "IR", "brasil": "BR", "bharat": "IN",
}

var countryNames = sync.OnceValue(func() map[string]string {
	out := make(map[string]string, 5000)
	for _, tag := range nameLanguages {
		names := display.Regions(tag)
		if names == nil {
			continue
		}
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				r, err := language.ParseRegion(string([]rune{a, b}))
				if err != nil || !r.IsCountry() || r.Canonicalize() != r {
					continue
				}
				if n := names.Name(r); n != "" {
					k := countryKey(n)
					if _, taken := out[k]; !taken {
						out[k] = r.String()
					}
				}
			}
		}
	}
	for k, v := range moreNames {
		out[countryKey(k)] = v
	}
	return out
})

func countryKey(s string) string {
	return strings.ToLower(norm.NFKC.String(strings.Join(strings.Fields(s), " ")))
}

// Country gives the ISO 3166 alpha-2 code of a country written as a code (DE, DEU) or as a name in one of many languages.
func Country(s string) (string, bool) {
	s = strings.TrimFunc(s, blank)
	if s == "" || len(s) > 100 {
		return "", false
	}
	if c, ok := moreNames[strings.ToLower(s)]; ok {
		return c, true
	}
	if len(s) == 2 || len(s) == 3 {
		if r, err := language.ParseRegion(strings.ToUpper(s)); err == nil {
			if r = r.Canonicalize(); r.IsCountry() && len(r.String()) == 2 {
				return r.String(), true
			}
		}
	}
	c, ok := countryNames()[countryKey(s)]
	return c, ok
}

// Language gives a language tag in its canonical form ("fa_ir" becomes fa-IR).
func Language(s string) (string, bool) {
	s = strings.TrimFunc(s, blank)
	if s == "" || len(s) > 35 {
		return "", false
	}
	t, err := language.Parse(strings.ReplaceAll(s, "_", "-"))
	if err != nil || t == language.Und {
		return "", false
	}
	return t.String(), true
}

// Zone tells whether s looks like the name of a time zone ("Asia/Tehran", "UTC").
func Zone(s string) (string, bool) {
	s = strings.TrimFunc(s, blank)
	if s == "" || len(s) > 64 {
		return "", false
	}
	for i := range len(s) {
		c := s[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("/_+-", rune(c)) {
			return "", false
		}
	}
	return s, true
}

// Gender gives male, female or a short word of one's own in lower case.
func Gender(s string) (string, bool) {
	s = strings.ToLower(Text(s, 40))
	switch s {
	case "":
		return "", false
	case "m", "man", "male", "mr", "herr":
		return "male", true
	case "f", "w", "woman", "female", "mrs", "ms", "frau":
		return "female", true
	}
	return s, true
}

// Birthday gives a date as 2006-01-02; times of day are cut off. Dates before 1850 and after 2200 are nobody's.
func Birthday(s string) (string, bool) {
	s = digits(s)
	for _, layout := range []string{time.DateOnly, time.RFC3339Nano, "2006-01-02T15:04:05", "2006/01/02", "20060102", "02.01.2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			if y := t.Year(); y < 1850 || y > 2200 {
				return "", false
			}
			return t.Format(time.DateOnly), true
		}
	}
	return "", false
}
