// Package weblog reads the logs of web servers, line by line, and says which requests were page views of people.
//
// Known are the common and the combined form with or without host name (Apache, nginx, lighttpd, OVH, Gandi, Icecast), Amazon S3, ELB and ALB,
// HAProxy's HTTP log, every W3C form that names its fields in a line "#Fields:" (IIS, CloudFront, NetScaler, Incapsula, SHOUTcast), and
// the JSON of nginx, Caddy and Traefik. A line is taken for what its words are, not for a form that somebody has to name: the time stands in
// brackets or is written as in ISO 8601, the request is in quotes, the address is the first word that is one.
//
// A view is a GET that was answered with a page. Left out, each with its name so that it can be counted: what robots asked for (they say so in
// their user agent), files that belong to pages (pictures, styles, scripts, fonts ...), redirects, errors, and other methods.
// Of an address only path and campaign are kept: other parameters may name people.
//
// Pure: no clock, no I/O.
package weblog

import (
	"errors"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Hit is one request.
type Hit struct {
	At              time.Time
	IP              string // as it stands, without port; may be a host name
	Method, Host    string
	Path            string
	Query           string // raw, without the question mark
	Status          int    // 0: the log does not say
	Referrer, Agent string
}

// Unanswered is the status of a request to which the server gave no answer.
const Unanswered = -1

// Reasons for which a request is no page view of a person.
const (
	View     = ""
	Bot      = "bots"
	Static   = "static"
	Redirect = "redirects"
	Failed   = "errors"
	Other    = "other"
)

// ErrSkip marks a line that is none of a request: a comment, a heading, a connection without HTTP.
var ErrSkip = errors.New("no request")

var errUnknown = errors.New("it is no line of a web server's log that is known")

// Reader reads the lines of one file; headings in it say how the lines that follow are written.
type Reader struct {
	fields []string // of a W3C log
	index  map[string]int
	zone   *time.Location
}

// NewReader gives a Reader for logs whose times without zone are those of zone (HAProxy writes local time); nil is UTC. W3C logs are in UTC,
// except for fields that are called local.
func NewReader(zone *time.Location) *Reader {
	if zone == nil {
		zone = time.UTC
	}
	return &Reader{zone: zone}
}

// Line reads one line. ErrSkip says that it holds no request; other errors that it cannot be read.
func (r *Reader) Line(s string) (Hit, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return Hit{}, ErrSkip
	case s[0] == '#':
		if rest, ok := strings.CutPrefix(s, "#Fields:"); ok {
			r.setFields(rest)
		}
		return Hit{}, ErrSkip
	case s[0] == '{':
		return r.readJSON(s)
	case r.fields != nil:
		return r.w3c(s)
	}
	return r.plain(s)
}

// Named tells whether a heading has said how the lines are written.
func (r *Reader) Named() bool {
	_, day := r.index["date"]
	_, local := r.index["date-local"]
	_, stem := r.index["cs-uri-stem"]
	_, whole := r.index["cs-uri"]
	return (day || local) && (stem || whole)
}

const invisible = "\u200b" // stands in what Amazon publishes

func (r *Reader) setFields(s string) {
	r.fields, r.index = strings.Fields(s), map[string]int{}
	for i, f := range r.fields {
		f = strings.ToLower(strings.Trim(f, invisible))
		if _, ok := r.index[f]; !ok {
			r.index[f] = i
		}
	}
}

// token is a word of a line and how it stood there.
type token struct {
	text  string
	quote byte // ", [ or (; 0: bare
}

// tokens cuts a line at blanks; what stands in quotes, brackets or parentheses is one word.
func tokens(s string) []token {
	out := make([]token, 0, 24)
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" {
			return out
		}
		end := byte(' ')
		switch s[0] {
		case '"':
			end = '"'
		case '[':
			end = ']'
		case '(':
			end = ')'
		}
		if end != ' ' {
			if i := closing(s, end); i > 0 {
				out = append(out, token{text: s[1:i], quote: s[0]})
				s = s[i+1:]
				continue
			}
			if end == '"' { // the line was cut off in it
				return append(out, token{text: s[1:], quote: '"'})
			}
		}
		i := strings.IndexAny(s, " \t")
		if i < 0 {
			i = len(s)
		}
		out = append(out, token{text: s[:i]})
		s = s[i:]
	}
}

// closing finds the end of a quoted word; a backslash keeps a quote from ending it, as does what follows when it is no blank.
func closing(s string, end byte) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && end == '"':
			i++
		case s[i] == end && (i+1 == len(s) || s[i+1] == ' ' || s[i+1] == '\t'):
			return i
		}
	}
	return -1
}

// plain reads a line that names no fields.
func (r *Reader) plain(s string) (Hit, error) {
	t := tokens(s)
	req := -1
	for i := range t {
		if t[i].quote == '"' && isRequest(t[i].text) {
			req = i
			break
		}
	}
	if req < 0 {
		for i := range t {
			if t[i].quote == '"' && (strings.TrimSpace(t[i].text) == "-" || strings.HasPrefix(t[i].text, "- ")) {
				return Hit{}, ErrSkip // a connection that asked for nothing
			}
		}
		return Hit{}, errUnknown
	}
	h := Hit{}
	if !r.when(&h, t[:req]) {
		return h, errors.New("its time cannot be read")
	}
	if !who(&h, t[:req]) {
		return h, errUnknown
	}
	if !h.request(t[req].text) {
		return h, errUnknown
	}
	rest := t[req+1:]
	h.Status = statusOf(t[:req], rest)
	var quoted []string
	for i := range rest {
		if rest[i].quote == '"' {
			quoted = append(quoted, dash(rest[i].text))
		}
	}
	switch {
	case len(rest) > 0 && rest[0].quote == '"': // load balancers of Amazon: no referrer
		h.Agent = quoted[0]
	case len(quoted) > 1:
		h.Referrer, h.Agent = quoted[0], quoted[1]
	}
	return h, nil
}

func isRequest(s string) bool {
	method, rest, ok := strings.Cut(s, " ")
	if !ok || len(method) < 3 || len(method) > 20 || rest == "" {
		return false
	}
	for i := 0; i < len(method); i++ {
		if c := method[i]; (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return rest[0] == '/' || rest[0] == '*' || strings.Contains(rest, "://") || strings.Contains(rest, " HTTP/") || method == "CONNECT"
}

var bracketed = []string{"02/Jan/2006:15:04:05 -0700", "02/Jan/2006:15:04:05.000", "02/Jan/2006:15:04:05", "2006-01-02T15:04:05Z07:00", "02/Jan/2006:15:04:05.000 -0700",
	"2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05", "January - 02, 2006:15:04:05", "Mon Jan 02 15:04:05 2006", "Mon Jan 02 15:04:05.000000 2006"}

func (r *Reader) when(h *Hit, t []token) bool {
	for i := range t {
		if t[i].quote != '[' {
			continue
		}
		for _, form := range bracketed {
			if at, err := time.ParseInLocation(form, t[i].text, r.zone); err == nil {
				h.At = at
				return true
			}
		}
	}
	for i := range t {
		if t[i].quote == 0 && len(t[i].text) >= 19 && t[i].text[4] == '-' {
			if at, err := time.Parse(time.RFC3339Nano, t[i].text); err == nil {
				h.At = at
				return true
			}
		}
	}
	return false
}

// who finds the visitor's address, and the host that stands beside it in some forms.
func who(h *Hit, t []token) bool {
	for i := range t {
		if t[i].quote != 0 {
			continue
		}
		if ip, ok := address(t[i].text); ok {
			h.IP = ip
			break
		}
	}
	for i := 0; i < min(2, len(t)); i++ {
		if t[i].quote == 0 && hostName(t[i].text) {
			h.Host = strings.ToLower(t[i].text)
			break
		}
	}
	if h.IP == "" && len(t) > 2 && t[0].quote == 0 && t[1].text == "-" { // names were looked up
		h.IP, h.Host = t[0].text, ""
	}
	return h.IP != ""
}

// address gives an IP address without its port.
func address(s string) (string, bool) {
	if len(s) < 2 || s[0] > 'f' && s[0] != '[' {
		return "", false
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return a.String(), true
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().String(), true
	}
	return "", false
}

func hostName(s string) bool {
	if _, ok := address(s); ok || !strings.Contains(s, ".") || len(s) > 253 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-' && c != ':' {
			return false
		}
	}
	return s[0] < '0' || s[0] > '9' // times and durations are no hosts
}

// statusOf finds the answer's number: behind the request; in load balancers' logs before it.
func statusOf(before, after []token) int {
	if len(after) > 0 && after[0].quote == 0 {
		if n, ok := status(after[0].text); ok {
			return n
		}
	}
	for i := len(before) - 2; i >= 0; i-- {
		if strings.Count(before[i].text, "/") == 4 { // HAProxy's timers
			if n, ok := status(before[i+1].text); ok {
				return n
			}
		}
	}
	if n := len(before); n >= 4 {
		if s, ok := status(before[n-4].text); ok {
			return s
		}
	}
	return 0
}

func status(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && len(s) == 3 && n >= 100 && n < 600
}

func dash(s string) string {
	if s == "-" {
		return ""
	}
	return s
}

// request reads "GET /path?query HTTP/1.1".
func (h *Hit) request(s string) bool {
	method, rest, _ := strings.Cut(s, " ")
	if i := strings.LastIndex(rest, " HTTP/"); i >= 0 {
		rest = rest[:i]
	}
	h.Method = method
	return h.target(strings.TrimSpace(rest))
}

// target reads an address, with or without scheme and host.
func (h *Hit) target(s string) bool {
	if i := strings.Index(s, "://"); i > 0 && !strings.ContainsAny(s[:i], "/?") { // in parameters it is somebody else's address
		rest := s[i+3:]
		host, path := rest, "/"
		if k := strings.IndexAny(rest, "/?"); k >= 0 {
			host, path = rest[:k], rest[k:]
		}
		if c := strings.LastIndexByte(host, ':'); c > 0 {
			host = host[:c]
		}
		h.Host, s = strings.ToLower(host), path
	}
	s, _, _ = strings.Cut(s, "#")
	path, query, _ := strings.Cut(s, "?")
	if path == "" {
		path = "/"
	}
	h.Path, h.Query = path, query
	return true
}

// URL gives the address of the page without its parameters.
func (h *Hit) URL() string {
	if h.Host == "" {
		return ""
	}
	return "https://" + h.Host + h.Path
}

var campaign = map[string]string{"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term", "utm_content": "content"}

// Campaign gives what the address says about the campaign that led here, in the names of Segment; nil where it says nothing.
func (h *Hit) Campaign() map[string]string {
	if !strings.Contains(h.Query, "utm_") {
		return nil
	}
	var out map[string]string
	for part := range strings.SplitSeq(h.Query, "&") {
		k, v, _ := strings.Cut(part, "=")
		name, ok := campaign[k]
		v, err := url.QueryUnescape(v)
		if !ok || err != nil || v == "" || len(v) > 200 {
			continue
		}
		if out == nil {
			out = map[string]string{}
		}
		out[name] = v
	}
	return out
}
