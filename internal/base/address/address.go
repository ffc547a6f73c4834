// Package address brings the ways in which people write how to reach them into one form each: e-mail addresses, phone
// numbers, names, countries, languages, dates of birth.
//
// Two spellings of one address must become one key, and different addresses must stay different; what cannot be an address
// is refused (ok is false) and the caller keeps it as it came. All functions are pure and idempotent: what they give, they
// give back unchanged.
package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// maxEmail is the longest address that mail can be sent to (RFC 5321).
const maxEmail = 254

// Email gives an address in lower case with its domain in ASCII ("Zoë <ZOE@Bücher.example>" becomes zoe@xn--bcher-kva.example).
// The part before the @ is lowered too: no provider of weight tells two people apart by case.
func Email(s string) (string, bool) {
	if len(s) > 8*maxEmail {
		return "", false
	}
	s = strings.TrimFunc(s, blank)
	if i := strings.LastIndexByte(s, '<'); i >= 0 && strings.HasSuffix(s, ">") {
		s = s[i+1 : len(s)-1]
	}
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if !ascii(s) {
		if !utf8.ValidString(s) {
			return "", false
		}
		s = norm.NFKC.String(strings.ToLower(norm.NFKC.String(s)))
	} else {
		s = strings.ToLower(s)
	}
	s = strings.TrimFunc(s, blank)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 {
		return "", false
	}
	local, domain := s[:at], s[at+1:]
	if !goodLocal(local) {
		return "", false
	}
	domain, ok := asciiDomain(domain)
	if !ok || len(local)+1+len(domain) > maxEmail {
		return "", false
	}
	if domain == s[at+1:] {
		return s, true
	}
	return local + "@" + domain, true
}

func goodLocal(s string) bool {
	if s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>@[\]`, r) || r >= 0x80 && (!unicode.IsGraphic(r) || unicode.IsSpace(r)) {
			return false
		}
	}
	return true
}

// asciiDomain checks a lower-case domain and writes its labels beyond ASCII in punycode.
func asciiDomain(s string) (string, bool) {
	if !ascii(s) {
		s = strings.Map(func(r rune) rune {
			switch r {
			case '\u3002', '\uff0e', '\uff61': // the full stops that input methods write
				return '.'
			case '\u200c', '\u200d', '\u00ad':
				return -1
			}
			return r
		}, s)
	}
	s = strings.TrimSuffix(s, ".")
	if s == "" || len(s) > 4*maxEmail || strings.IndexByte(s, '.') < 0 {
		return "", false
	}
	if ascii(s) {
		for label := range strings.SplitSeq(s, ".") {
			if !goodLabel(label) {
				return "", false
			}
		}
		return s, true
	}
	labels := strings.Split(s, ".")
	for i, label := range labels {
		if !ascii(label) {
			for _, r := range label {
				if !unicode.In(r, unicode.L, unicode.M, unicode.N) && r != '-' {
					return "", false
				}
			}
			p, ok := punycode(label)
			if !ok {
				return "", false
			}
			labels[i] = "xn--" + p
		}
		if !goodLabel(labels[i]) {
			return "", false
		}
	}
	return strings.Join(labels, "."), true
}

func goodLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// punycode is the encoding of RFC 3492 with the parameters of domain names.
func punycode(s string) (string, bool) {
	const base, tmin, tmax, skew, damp = 36, 1, 26, 38, 700
	runes := []rune(s)
	if len(runes) > 63 {
		return "", false
	}
	out := make([]byte, 0, len(s)+8)
	for _, r := range runes {
		if r < 0x80 {
			out = append(out, byte(r))
		}
	}
	basic := len(out)
	if basic > 0 {
		out = append(out, '-')
	}
	n, delta, bias, first := rune(0x80), 0, 72, true
	for done := basic; done < len(runes); {
		m := rune(0x7fffffff)
		for _, r := range runes {
			if r >= n && r < m {
				m = r
			}
		}
		delta += int(m-n) * (done + 1)
		n = m
		for _, r := range runes {
			if r < n {
				delta++
			}
			if r != n {
				continue
			}
			q := delta
			for k := base; ; k += base {
				t := min(max(k-bias, tmin), tmax)
				if q < t {
					break
				}
				out = append(out, digit(t+(q-t)%(base-t)))
				q = (q - t) / (base - t)
			}
			out = append(out, digit(q))
			// adapt the bias
			d := delta / 2
			if first {
				d, first = delta/damp, false
			}
			d += d / (done + 1)
			k := 0
			for d > (base-tmin)*tmax/2 {
				d /= base - tmin
				k += base
			}
			bias = k + (base-tmin+1)*d/(d+skew)
			delta = 0
			done++
		}
		delta++
		n++
	}
	return string(out), true
}

func digit(n int) byte {
	if n < 26 {
		return byte('a' + n)
	}
	return byte('0' + n - 26)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// blank is what stands around copied text: spaces, control characters, byte order and direction marks.
func blank(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}
