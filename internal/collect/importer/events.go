package importer

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
)

// callKinds are the kinds of calls of the tracking API.
var callKinds = map[string]bool{"track": true, "page": true, "screen": true, "identify": true, "group": true, "alias": true}

// eventRows makes tracking calls of rows. A line of JSON in Segment's form stays what it is; a row of a table becomes a call of that form. A call
// that brings no message id is named by its content, so that it is one event however often it is given.
type eventRows struct {
	*builder
	properties []string // name of each column that is no field, "" for fields
}

func newEventRows(b *builder) *eventRows {
	e := &eventRows{builder: b, properties: make([]string, len(b.cols.header))}
	for i, h := range b.cols.header {
		if !b.cols.used[i] {
			e.properties[i] = snake(h)
		}
	}
	return e
}

func (e *eventRows) flush() error { return nil }

func (e *eventRows) add(r *row) error {
	if r.err != nil {
		e.refuse(r.err, r.end, r.after)
		return nil
	}
	var text []byte
	var bad *rowError
	if r.raw != nil {
		text, bad = e.segment(r)
	} else {
		text, bad = e.call(r)
	}
	if bad != nil {
		e.refuse(bad, r.end, r.after)
		return nil
	}
	e.cur.calls = append(e.cur.calls, text)
	e.cur.callLines = append(e.cur.callLines, r.line)
	return e.finish(1, r.after, r.end)
}

// segment takes an object that is a call already, under Segment's names or under those of the header.
func (e *eventRows) segment(r *row) ([]byte, *rowError) {
	call := map[string]json.RawMessage{}
	if err := json.Unmarshal(r.raw, &call); err != nil {
		return nil, refuse(r.line, "", string(r.raw[:min(len(r.raw), 200)]), "It is not a JSON object.")
	}
	text := func(names ...string) string {
		for _, n := range names {
			var s string
			if json.Unmarshal(call[n], &s) == nil && s != "" {
				return s
			}
		}
		return ""
	}
	kind := text("type")
	if !callKinds[kind] {
		if call["event"] == nil || call["properties"] == nil && call["timestamp"] == nil {
			return e.call(r)
		}
		call["type"] = json.RawMessage(`"track"`)
	}
	when := text("timestamp", "originalTimestamp", "sentAt", "receivedAt")
	if when == "" {
		when = e.field(r, "time")
	}
	at, bad := e.when(r, when)
	if bad != nil {
		return nil, bad
	}
	call["timestamp"] = quoted(at)
	// What a sender's clock says no longer matters: the time is the one that the file gives.
	for _, n := range []string{"originalTimestamp", "sentAt", "receivedAt", "writeKey"} {
		delete(call, n)
	}
	return finishCall(call, text("messageId", "message_id"))
}

func (e *eventRows) when(r *row, s string) (string, *rowError) {
	if s == "" {
		return "", refuse(r.line, e.column("time"), "", "The row says no time; the time of an event is not guessed.")
	}
	at, err := e.dates.parse(s)
	if err != nil {
		return "", refuse(r.line, e.column("time"), s, "%s.", sentence(err))
	}
	return isoMicro(at), nil
}

// call makes a call of a row's cells.
func (e *eventRows) call(r *row) ([]byte, *rowError) {
	kind := strings.ToLower(e.field(r, "type"))
	name := e.field(r, "name")
	if !callKinds[kind] {
		if name == "" {
			name = e.field(r, "type")
		}
		kind = "track"
	}
	at, bad := e.when(r, e.field(r, "time"))
	if bad != nil {
		return nil, bad
	}
	call := map[string]json.RawMessage{"type": quoted(kind), "timestamp": quoted(at)}
	user, device := key(e.field(r, "user_id")), e.field(r, "anonymous_id")
	email, phone := e.field(r, "email"), e.field(r, "phone")
	if user == "" && device == "" && email == "" && phone == "" {
		return nil, refuse(r.line, e.column("user_id"), "", "The row names nobody: it has no user id, visitor id, e-mail or phone.")
	}
	if kind == "track" && name == "" {
		return nil, refuse(r.line, e.column("name"), "", "The row has no name of an event.")
	}
	for field, v := range map[string]string{"userId": user, "anonymousId": device} {
		if v != "" {
			call[field] = quoted(v)
		}
	}
	given := map[string]json.RawMessage{}
	for i, p := range e.properties {
		if v := cell(r.cells, i); p != "" && v != "" {
			given[p] = plainValue(v)
		}
	}
	if v := e.field(r, "properties"); v != "" {
		if json.Unmarshal([]byte(v), &given) != nil {
			return nil, refuse(r.line, e.column("properties"), v, "It is not a JSON object.")
		}
	}
	traits := map[string]json.RawMessage{}
	for field, v := range map[string]string{"email": email, "phone": phone} {
		if v != "" {
			traits[field] = quoted(v)
		}
	}
	switch kind {
	case "track":
		call["event"] = quoted(cutText(name, 255))
	case "page", "screen":
		call["name"] = quoted(cutText(name, 255))
	case "identify", "group":
		for k, v := range traits {
			given[k] = v
		}
		call["traits"] = object(given)
	}
	if kind != "identify" && kind != "group" {
		call["properties"] = object(given)
		if len(traits) > 0 {
			call["context"] = object(map[string]json.RawMessage{"traits": object(traits)})
		}
	}
	return finishCall(call, e.field(r, "message_id"))
}

// finishCall names a call and writes it; its members come in the order of their names, so equal calls are equal texts.
func finishCall(call map[string]json.RawMessage, message string) ([]byte, *rowError) {
	delete(call, "message_id")
	if message == "" {
		delete(call, "messageId")
		sum := xxh3.Hash128(object(call)).Bytes()
		message = "file-" + hex.EncodeToString(sum[:])
	}
	call["messageId"] = quoted(message)
	return object(call), nil
}

func quoted(s string) json.RawMessage {
	b, _ := json.Marshal(s) // texts never fail
	return b
}

func object(m map[string]json.RawMessage) json.RawMessage {
	b, err := json.Marshal(m)
	if err != nil { // the members were read as JSON before
		return json.RawMessage("{}")
	}
	return b
}

// plainValue takes what is written like a number or a truth for one; what has leading zeros is a number's look only.
func plainValue(s string) json.RawMessage {
	if s == "true" || s == "false" {
		return json.RawMessage(s)
	}
	t := strings.TrimPrefix(s, "-")
	if len(t) > 0 && len(t) < 16 && t[0] >= '0' && t[0] <= '9' && (t[0] != '0' || len(t) == 1 || t[1] == '.') && t[len(t)-1] != '.' {
		if _, err := strconv.ParseFloat(t, 64); err == nil && strings.Trim(t, "0123456789.") == "" {
			return json.RawMessage(s)
		}
	}
	return quoted(cutText(s, 8000))
}
