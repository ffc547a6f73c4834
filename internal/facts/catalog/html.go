package catalog

import (
	"html"
	"strings"
)

// Descriptions come from strangers' files. What is kept of their HTML is built anew rather than filtered: the names of a few
// harmless elements without any attribute, and text that is escaped again. Nothing of the input's markup passes through, so
// nothing in it can run, load or break out.

var kept = map[string]bool{
	"p": true, "br": true, "ul": true, "ol": true, "li": true, "b": true, "strong": true, "i": true, "em": true, "u": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "table": true, "thead": true, "tbody": true, "tr": true,
	"th": true, "td": true, "blockquote": true, "sub": true, "sup": true, "hr": true, "dl": true, "dt": true, "dd": true,
}

var (
	void    = map[string]bool{"br": true, "hr": true}
	silent  = map[string]bool{"script": true, "style": true, "head": true, "title": true, "template": true, "iframe": true, "object": true, "svg": true, "math": true, "noscript": true, "textarea": true, "select": true}
	inlines = map[string]bool{"b": true, "strong": true, "i": true, "em": true, "u": true, "sub": true, "sup": true, "a": true, "span": true, "font": true, "img": true}
)

// scanHTML calls text for runs of text (unescaped) and tag for elements (lower case; close for end tags), leaving out comments and the
// content of what is never shown.
func scanHTML(s string, text func(string), tag func(name string, closing bool)) {
	hidden := ""
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		if i > 0 && hidden == "" {
			text(html.UnescapeString(s[:i]))
		}
		if s = s[i:]; s == "" {
			return
		}
		if strings.HasPrefix(s, "<!--") {
			end := strings.Index(s, "-->")
			if end < 0 {
				return
			}
			s = s[end+3:]
			continue
		}
		name, closing, rest := readTag(s)
		if name == "" { // a lonely "<"
			if hidden == "" {
				text("<")
			}
			s = s[1:]
			continue
		}
		s = rest
		switch {
		case hidden != "":
			if closing && name == hidden {
				hidden = ""
			}
		case silent[name]:
			if !closing {
				hidden = name
			}
		default:
			tag(name, closing)
		}
	}
}

// readTag reads one tag from the start of s, which begins with "<"; name is empty if it is none. Quoted attribute values may
// hold ">".
func readTag(s string) (name string, closing bool, rest string) {
	i := 1
	if i < len(s) && (s[i] == '/' || s[i] == '!' || s[i] == '?') {
		closing = s[i] == '/'
		if !closing { // doctype, processing instruction
			end := strings.IndexByte(s, '>')
			if end < 0 {
				return "!", false, ""
			}
			return "!", false, s[end+1:]
		}
		i++
	}
	start := i
	for i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= 'A' && s[i] <= 'Z' || i > start && s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i == start {
		return "", false, ""
	}
	name = strings.ToLower(s[start:i])
	quote := byte(0)
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return name, closing, s[i+1:]
		}
	}
	return name, closing, ""
}

// Harmless gives HTML that can be shown: a few elements without attributes, everything else as text. What is open at the end is closed.
func Harmless(s string) string {
	var b strings.Builder
	var open []string
	scanHTML(s, func(t string) { b.WriteString(html.EscapeString(t)) }, func(name string, closing bool) {
		if !kept[name] {
			return
		}
		switch {
		case void[name]:
			b.WriteString("<" + name + ">")
		case !closing:
			open = append(open, name)
			b.WriteString("<" + name + ">")
		default:
			at := -1
			for i := len(open) - 1; i >= 0; i-- {
				if open[i] == name {
					at = i
					break
				}
			}
			if at < 0 {
				return
			}
			for i := len(open) - 1; i >= at; i-- {
				b.WriteString("</" + open[i] + ">")
			}
			open = open[:at]
		}
	})
	for i := len(open) - 1; i >= 0; i-- {
		b.WriteString("</" + open[i] + ">")
	}
	return strings.TrimSpace(b.String())
}

// PlainText gives the words of HTML.
func PlainText(s string) string {
	var b strings.Builder
	scanHTML(s, func(t string) { b.WriteString(t) }, func(name string, _ bool) {
		if !inlines[name] {
			b.WriteByte(' ')
		}
	})
	return strings.Join(strings.Fields(b.String()), " ")
}
