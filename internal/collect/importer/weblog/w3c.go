package weblog

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"
)

// w3c reads a line of a log that has named its fields.
func (r *Reader) w3c(s string) (Hit, error) {
	var cells []string
	if strings.Contains(s, "\t") {
		cells = strings.Split(s, "\t")
	} else {
		for _, t := range tokens(s) {
			text := t.text
			switch t.quote { // only quotes are the form's own
			case '[':
				text = "[" + text + "]"
			case '(':
				text = "(" + text + ")"
			}
			cells = append(cells, text)
		}
	}
	if len(cells) < len(r.fields)/2 {
		return Hit{}, errors.New("it has fewer words than its log has fields")
	}
	get := func(names ...string) string {
		for _, n := range names {
			if i, ok := r.index[n]; ok && i < len(cells) {
				if v := dash(strings.Trim(strings.TrimSpace(cells[i]), invisible)); v != "" {
					return v
				}
			}
		}
		return ""
	}
	h := Hit{Method: get("cs-method"), Host: strings.ToLower(get("x-host-header", "cs-host", "cs(host)")), Referrer: get("cs(referer)", "cs(referrer)")}
	if h.Method == "" {
		h.Method = "GET"
		if get("x-event") != "" {
			h.Method = get("x-event") // a stream, no page
		}
	}
	day, clock, zone := get("date"), get("time"), time.UTC // the form demands it, whatever the server's zone is
	if day == "" || clock == "" {
		day, clock, zone = get("date-local", "date"), get("time-local", "time"), r.zone
	}
	at, err := time.ParseInLocation("2006-01-02 15:04:05", day+" "+clock, zone)
	if err != nil {
		return h, errors.New("its time cannot be read")
	}
	h.At = at
	h.IP = get("c-ip", "x-forwarded-for")
	if ip, ok := address(h.IP); ok {
		h.IP = ip
	}
	if h.IP == "" {
		return h, errors.New("it names no visitor's address")
	}
	if stem := get("cs-uri-stem"); stem != "" {
		h.target(stem)
	} else if whole := get("cs-uri"); whole != "" {
		if !strings.Contains(whole, "://") && whole[0] != '/' {
			whole = "http://" + whole
		}
		h.target(whole)
	} else {
		return h, errors.New("it names no page")
	}
	if h.Query == "" {
		h.Query = get("cs-uri-query")
	}
	h.Status, _ = strconv.Atoi(get("sc-status", "c-status"))
	if _, told := r.index["sc-status"]; told && h.Status == 0 {
		h.Status = Unanswered
	}
	h.Agent = unescape(get("cs(user-agent)", "c-user-agent"))
	return h, nil
}

// unescape gives a user agent as the browser sent it: blanks are written as + or %20, by CloudFront twice.
func unescape(s string) string {
	if !strings.Contains(s, " ") {
		s = strings.ReplaceAll(s, "+", " ")
	}
	s = strings.ReplaceAll(s, "%2520", " ")
	return strings.NewReplacer("%20", " ", "%2F", "/", "%2f", "/", "%3B", ";", "%3b", ";").Replace(s)
}

// readJSON reads a line of nginx, Caddy or Traefik.
func (r *Reader) readJSON(s string) (Hit, error) {
	if !gjson.Valid(s) {
		return Hit{}, errUnknown
	}
	v := gjson.Parse(s)
	get := func(paths ...string) string {
		for _, p := range paths {
			if x := v.Get(p); x.Exists() && dash(x.String()) != "" {
				return x.String()
			}
		}
		return ""
	}
	h := Hit{
		IP:       get("ip", "remote_addr", "ClientHost", "request.client_ip", "request.remote_ip", "client_ip", "remote_ip"),
		Method:   get("method", "request_method", "RequestMethod", "request.method"),
		Referrer: get("referrer", "http_referer", "http_referrer", "request_Referer", "request.headers.Referer.0", "referer"),
		Agent:    get("user_agent", "http_user_agent", `request_User-Agent`, `request.headers.User-Agent.0`, "agent"),
	}
	if h.Method == "" {
		h.Method = "GET"
	}
	h.Status, _ = strconv.Atoi(get("status", "DownstreamStatus"))
	target := get("path", "request_uri", "RequestPath", "request.uri", "uri")
	if target == "" || h.IP == "" {
		return h, errUnknown
	}
	h.target(target)
	if h.Host == "" {
		h.Host = strings.ToLower(get("host", "http_host", "RequestHost", "request.host"))
	}
	if ip, ok := address(h.IP); ok {
		h.IP = ip
	}
	if ts := v.Get("ts"); ts.Type == gjson.Number {
		h.At = time.UnixMicro(int64(ts.Num * 1e6))
		return h, nil
	}
	for _, form := range []string{time.RFC3339Nano, "02/Jan/2006:15:04:05 -0700", "2006-01-02T15:04:05"} {
		if at, err := time.ParseInLocation(form, get("date", "time_iso8601", "StartUTC", "timestamp", "time_local", "time", "@timestamp"), r.zone); err == nil {
			h.At = at
			return h, nil
		}
	}
	return h, errors.New("its time cannot be read")
}
