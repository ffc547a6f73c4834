// Package search makes the words by which things are found, in every script, and keeps them in both engines' full-text indexes.
//
// Neither engine's own parser is used: they do not know where Japanese or Thai words end and break Indic words at vowel signs.
// Text becomes words here (see Fold and Words), the same for what is stored and for what is asked, and the
// engines only compare bytes: FTS5 without content on SQLite, tsvector with GIN on PostgreSQL.
//
//	text ─► NFKC, lower case ─► spelling variants made one ─► words; pairs of letters where a script has no spaces;
//	        parts of three letters beside the word where a language writes several words as one (Malayalam, Tamil, Telugu, Kannada)
//
// A query finds what has all of its words, the last one also as a beginning, since it may still be being typed.
// The index tables hold nothing that the described rows do not, so they can be made anew at any time. Nothing is announced here.
package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxWord  = 64 // bytes; longer words are cut, in what is stored and in what is asked
	maxWords = 64 // of one described thing
	maxQuery = 12 // words of a query that count
)

// Words gives the words of texts, each once, in order of appearance.
func Words(texts ...string) []string {
	w := words{seen: map[string]bool{}}
	for _, t := range texts {
		for _, word := range split(Fold(t)) {
			switch {
			case unspaced(word):
				w.pairs(word)
			case compounding(word):
				w.add(word)
				for _, part := range parts(word)[1:] { // the word itself is found by its beginning
					w.add(part)
				}
			default:
				w.add(word)
				w.add(withoutPreposition(word))
			}
		}
	}
	return w.list
}

// Email gives the words of an address: the whole of it in one, so that its beginning finds few, and its parts without the last label,
// which half of the world shares.
func Email(address string) []string {
	return Join([]string{joined(address)}, Words(emailParts(address)))
}

// joined is an address as one word: its letters and digits.
func joined(address string) string { return strings.Join(split(Fold(address)), "") }

// Phone gives the words of a number in E.164: its digits whole, and without the country code where its length is known.
func Phone(number, national string) []string {
	out := []string{}
	if d := digitsOf(number); d != "" {
		out = append(out, d)
	}
	if national != "" && len(out) > 0 && national != out[0] {
		out = append(out, national)
	}
	return out
}

// Join puts lists of words together, each word once.
func Join(lists ...[]string) []string {
	w := words{seen: map[string]bool{}}
	for _, l := range lists {
		for _, word := range l {
			w.add(word)
		}
	}
	return w.list
}

type words struct {
	seen map[string]bool
	list []string
}

func (w *words) add(word string) {
	if word = cut(word); word == "" || w.seen[word] || len(w.list) == maxWords {
		return
	}
	w.seen[word] = true
	w.list = append(w.list, word)
}

// pairs adds every two neighbouring letters, and the last one alone, so that a single letter is the beginning of a word wherever it stands.
func (w *words) pairs(word string) {
	r := clusters(word)
	for i := range r {
		if i+1 < len(r) {
			w.add(r[i] + r[i+1])
		} else {
			w.add(r[i])
		}
	}
}

// partLength is how many letters with their marks a part of a compound has.
const partLength = 3

// parts gives what begins at each letter of a word, three letters long, and shorter at its end.
func parts(word string) []string {
	r := clusters(word)
	out := make([]string, len(r))
	for i := range r {
		out[i] = strings.Join(r[i:min(i+partLength, len(r))], "")
	}
	return out
}

// compounding tells whether a word is of a script whose languages write several words as one: those of South India.
func compounding(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return r >= 0x0b80 && unicode.In(r, unicode.Malayalam, unicode.Tamil, unicode.Telugu, unicode.Kannada)
}

// inside gives the parts that a compound must have to hold a word that is longer than one of them; nil where the word itself says all.
func inside(word string) []string {
	if !compounding(word) {
		return nil
	}
	all := parts(word)
	if len(all) <= partLength {
		return nil
	}
	return all[:len(all)-partLength+1]
}

// clusters cuts text into letters with their marks.
func clusters(s string) []string {
	var out []string
	for _, r := range s {
		if n := len(out); n > 0 && unicode.Is(unicode.M, r) {
			out[n-1] += string(r)
			continue
		}
		out = append(out, string(r))
	}
	return out
}

// split cuts folded text into runs of letters, digits and marks; where the script changes to or from one without spaces it cuts too.
func split(s string) []string {
	var out []string
	start, mode := -1, false
	for i, r := range s {
		if !unicode.In(r, unicode.L, unicode.N, unicode.M) {
			if start >= 0 {
				out, start = append(out, s[start:i]), -1
			}
			continue
		}
		m := mode
		if !unicode.Is(unicode.M, r) {
			m = spaceless(r)
		}
		switch {
		case start < 0:
			start, mode = i, m
		case m != mode:
			out = append(out, s[start:i])
			start, mode = i, m
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

func unspaced(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return spaceless(r)
}

// spaceless tells whether r belongs to a script that writes words without spaces between them.
func spaceless(r rune) bool {
	return r >= 0x0e00 && (r == 'ー' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar))
}

func cut(word string) string {
	if len(word) <= maxWord {
		return word
	}
	i := maxWord
	for i > 0 && !utf8.RuneStart(word[i]) {
		i--
	}
	return word[:i]
}

func emailParts(s string) string {
	local, domain, ok := strings.Cut(s, "@")
	if !ok {
		return s
	}
	if i := strings.LastIndexByte(domain, '.'); i >= 0 {
		domain = domain[:i]
	}
	return local + " " + domain
}

func digitsOf(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Query is what somebody looks for.
type Query struct {
	words []string // all must be there
	last  string   // a word that begins with this must be there; "" none
}

// Parse reads what was typed into a search box. A query without words finds nothing.
func Parse(s string) Query {
	if len(s) > 400 {
		s = cutAt(s, 400)
	}
	if d := phoneLike(s); d != "" {
		return Query{last: cut(d)}
	}
	var all []string
	for field := range strings.FieldsSeq(s) {
		if at := strings.IndexByte(field, '@'); at > 0 {
			if word := joined(field); word != "" {
				all = append(all, cut(word))
			}
			continue
		}
		for _, word := range split(Fold(field)) {
			if len(all) > 0 && isPlural(word) { // some write it apart from its word
				continue
			}
			if !unspaced(word) {
				all = append(all, cut(word))
				continue
			}
			r := clusters(word)
			if len(r) == 1 {
				all = append(all, word)
			}
			for i := range len(r) - 1 {
				all = append(all, r[i]+r[i+1])
			}
		}
	}
	if len(all) == 0 {
		return Query{}
	}
	all = all[:min(len(all), maxQuery)]
	return Query{words: all[:len(all)-1], last: all[len(all)-1]}
}

func cutAt(s string, n int) string {
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// phoneLike gives the digits of what can only be a phone number, without the zeros that stand for "national" or "abroad".
func phoneLike(s string) string {
	s = strings.TrimSpace(Fold(s))
	if s == "" {
		return ""
	}
	for _, r := range s {
		if (r < '0' || r > '9') && !strings.ContainsRune("+-()./ ", r) {
			return ""
		}
	}
	d := digitsOf(s)
	if len(d) < 5 {
		return ""
	}
	if len(d) == len(s) && d[0] == '0' && len(d) < 9 { // an id that begins with zeros
		return ""
	}
	return strings.TrimLeft(d, "0")
}

// Empty tells whether the query can find nothing.
func (q Query) Empty() bool { return q.last == "" }

// fts5 writes the query for SQLite; words hold letters, digits and marks only.
func (q Query) fts5() string { return q.write(`"`, `"*`, " AND ", " OR ") }

// tsquery writes it for PostgreSQL.
func (q Query) tsquery() string { return q.write(`'`, `':*`, " & ", " | ") }

// write joins the words; one that may stand inside a compound is also found by its parts. A word ends with quote, the beginning of one with open.
func (q Query) write(quote, open, and, or string) string {
	terms := make([]string, 0, len(q.words)+1)
	for i, w := range append(q.words[:len(q.words):len(q.words)], q.last) {
		end := quote
		if i == len(q.words) || compounding(w) { // there words carry endings
			end = open
		}
		term := quote + w + end
		if all := inside(w); all != nil {
			within := make([]string, len(all))
			for j, part := range all {
				within[j] = quote + part + quote
			}
			last := len(all) - 1
			within[last] = quote + all[last] + end
			term = "(" + term + or + "(" + strings.Join(within, and) + "))"
		}
		terms = append(terms, term)
	}
	return strings.Join(terms, and)
}
