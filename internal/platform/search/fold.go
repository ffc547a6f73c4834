package search

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fold brings spelling variants of one word into one form: width and case, accents of European scripts, Arabic and Persian
// letters and vowel signs, Ethiopic homophones, Malayalam chillus, Devanagari nasals, Katakana, digits of every script.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = norm.NFD.String(strings.ToLower(norm.NFKC.String(strings.ToValidUTF8(s, " "))))
	out := make([]rune, 0, len(s))
	var base rune
	for _, r := range s {
		if unicode.Is(unicode.Mn, r) {
			if european(base) || dropMark(r) {
				continue
			}
		} else {
			base = r
		}
		out = appendFolded(out, r)
	}
	s = norm.NFC.String(devanagari(out))
	if strings.ContainsRune(s, '\u0647') { // Persian plurals: the h in them
		s = persian(s)
	}
	return s
}

// SortKey gives text by which lists can be sorted byte by byte.
func SortKey(s string) string {
	s = strings.Join(strings.Fields(Fold(s)), " ")
	s = strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) })
	if len(s) > 120 {
		s = cutAt(s, 120)
	}
	return s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func european(r rune) bool {
	return r < 0x0530 && unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}

// dropMark tells which marks of other scripts people leave out: Arabic vowel signs, Hebrew points, the nukta.
func dropMark(r rune) bool {
	return r >= 0x0591 && r <= 0x05c7 || r >= 0x0610 && r <= 0x061a || r >= 0x064b && r <= 0x065f || r == 0x0670 ||
		r >= 0x06d6 && r <= 0x06ed || r == 0x093c || r >= 0x135d && r <= 0x135f
}

var single = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i", 'ħ': "h", 'ς': "σ", 'ŋ': "n",
	'ي': "ی", 'ى': "ی", 'ك': "ک", 'ة': "ه", 'ۀ': "ه", 'ہ': "ه", 'ھ': "ه", 'ٱ': "ا", 'ـ': "",
	'\u0d7a': "\u0d23\u0d4d", '\u0d7b': "\u0d28\u0d4d", '\u0d7c': "\u0d30\u0d4d", '\u0d7d': "\u0d32\u0d4d", '\u0d7e': "\u0d33\u0d4d", '\u0d7f': "\u0d15\u0d4d",
	'\u0901': "\u0902", // chandrabindu
}

func appendFolded(out []rune, r rune) []rune {
	switch {
	case r < 0x80:
		return append(out, r)
	case unicode.Is(unicode.Cf, r): // joiners, direction marks, soft hyphens
		return out
	case r >= 0x30a1 && r <= 0x30f6: // Katakana to Hiragana
		return append(out, r-0x60)
	case r >= 0x1200 && r <= 0x137f:
		return append(out, ethiopic(r))
	case unicode.Is(unicode.Nd, r):
		return append(out, '0'+digitOf(r))
	}
	if s, ok := single[r]; ok {
		return append(out, []rune(s)...)
	}
	return append(out, r)
}

// ethiopic gives one letter for those that sound the same. A row of the table holds a consonant with its eight vowels.
func ethiopic(r rune) rune {
	row, vowel := r&^7, r&7
	switch row {
	case 0x1210, 0x1280, 0x12b8:
		row = 0x1200
	case 0x1220:
		row = 0x1230
	case 0x12d0:
		row = 0x12a0
	case 0x1340:
		row = 0x1338
	default:
		if row != 0x1200 && row != 0x12a0 {
			return r
		}
	}
	if (row == 0x1200 || row == 0x12a0) && vowel == 3 {
		vowel = 0
	}
	return row + vowel
}

// devanagari writes a nasal before a consonant as the dot that most people write.
func devanagari(r []rune) string {
	out := r[:0]
	for i := 0; i < len(r); i++ {
		if i+2 < len(r) && r[i+1] == 0x094d && r[i+2] >= 0x0915 && r[i+2] <= 0x0939 {
			switch r[i] {
			case 0x0919, 0x091e, 0x0923, 0x0928, 0x092e:
				out = append(out, 0x0902)
				i++
				continue
			}
		}
		out = append(out, r[i])
	}
	return string(out)
}

// withoutPreposition takes the letter off an Amharic word that stands for of, from, in or for; "" where there is none.
func withoutPreposition(word string) string {
	for _, letter := range []string{"የ", "ከ", "በ", "ለ"} {
		if rest, ok := strings.CutPrefix(word, letter); ok && utf8.RuneCountInString(rest) >= 2 {
			return rest
		}
	}
	return ""
}

// plurals are the endings of Persian plurals.
var plurals = []string{"های", "ها"}

func isPlural(word string) bool { return slices.Contains(plurals, word) }

// persian takes the plural endings off words that are long enough to stand without them.
func persian(s string) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		for _, end := range plurals {
			if stem, ok := strings.CutSuffix(w, end); ok && len(stem) >= 6 {
				words[i] = stem
				break
			}
		}
	}
	return strings.Join(words, " ")
}

// digitOf gives the value of a decimal digit: they stand in runs of ten that begin with zero.
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
	return 0
}
