package importer

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"strconv"

	"github.com/zeebo/xxh3"

	"rapport/internal/collect/importer/weblog"
)

// logRows makes page views of the lines of a web server's log.
//
// A visitor is a salted hash of his address and his browser, with another salt for every day (UTC), and the salt is forgotten a week after its last use: who has the
// data cannot tell the address from it, nor follow anybody from one day to the next. The address itself is not kept.
type logRows struct {
	*builder
	log  *weblog.Reader
	seen map[int64]map[uint64]uint32 // day -> its lines, since two equal ones are two requests
	day  int64                       // the last one; around midnight lines of the one before still come
}

func newLogRows(b *builder) *logRows {
	return &logRows{builder: b, log: weblog.NewReader(b.dates.zone), seen: map[int64]map[uint64]uint32{}}
}

func (l *logRows) flush() error { return nil }

// leave counts a line that is left out on purpose. It is a unit like any other, so that a resumed import counts it once.
func (l *logRows) leave(reason string, r *row) error {
	if l.skip == 0 && reason != "" {
		if l.cur.skipped == nil {
			l.cur.skipped = map[string]int64{}
		}
		l.cur.skipped[reason]++
	}
	return l.finish(1, r.after, r.end)
}

func (l *logRows) add(r *row) error {
	if r.err != nil {
		l.refuse(r.err, r.end, r.after)
		return nil
	}
	line := r.cells[0]
	h, err := l.log.Line(line)
	if errors.Is(err, weblog.ErrSkip) {
		return l.leave("no_request", r)
	}
	if err != nil {
		l.refuse(refuse(r.line, "", line, "%s.", sentence(err)), r.end, r.after)
		return nil
	}
	if y := h.At.UTC().Year(); y < 1990 || y > 2200 {
		l.refuse(refuse(r.line, "", line, "The year lies outside 1990 to 2200."), r.end, r.after)
		return nil
	}
	if reason := h.Judge(); reason != weblog.View {
		return l.leave(reason, r)
	}
	text, err := l.view(&h, line)
	if err != nil {
		return err
	}
	if l.skip == 0 {
		l.cur.calls = append(l.cur.calls, text)
		l.cur.callLines = append(l.cur.callLines, r.line)
	}
	return l.finish(1, r.after, r.end)
}

// view writes a request as a page call.
func (l *logRows) view(h *weblog.Hit, line string) ([]byte, error) {
	at := h.At.UTC()
	day := at.Unix() / 86400
	seen := l.seen[day]
	if seen == nil {
		seen = map[uint64]uint32{}
		l.day = max(l.day, day)
		maps.DeleteFunc(l.seen, func(d int64, _ map[uint64]uint32) bool { return d < l.day-1 })
		l.seen[day] = seen
	}
	sum := xxh3.HashString(line)
	seen[sum]++
	message := xxh3.HashString128(line + "\x00" + strconv.Itoa(int(seen[sum]))).Bytes()
	salt, err := l.salt(day)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, salt)
	_, _ = mac.Write([]byte(h.IP + "\x00" + h.Agent))
	properties := map[string]any{"path": h.Path}
	put := func(name, v string) {
		if v != "" {
			properties[name] = cutText(v, 2000)
		}
	}
	put("url", h.URL())
	put("referrer", bare(h.Referrer))
	context := map[string]any{"library": map[string]string{"name": "web-log"}}
	if h.Agent != "" {
		context["userAgent"] = cutText(h.Agent, 1000)
	}
	if c := h.Campaign(); c != nil {
		context["campaign"] = c
	}
	return json.Marshal(map[string]any{"type": "page", "messageId": "log-" + hex.EncodeToString(message[:]), "timestamp": isoMicro(at.UnixMicro()),
		"anonymousId": "log-" + hex.EncodeToString(mac.Sum(nil)[:12]), "properties": properties, "context": context})
}

// bare takes the parameters off a referring address: they may name people.
func bare(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] == '?' || s[i] == '#' || s[i] == ';' {
			return s[:i]
		}
	}
	return s
}
