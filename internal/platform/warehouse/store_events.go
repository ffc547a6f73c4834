package warehouse

import (
	"fmt"
	"strings"
	"time"

	"rapport/internal/base/id"
)

// EventColumns names the columns of the events table in the order in which ScanEvent reads them. Instants are TIMESTAMP, day is DATE.
// DuckDB reserves the word: every statement writes "at" in quotes.
const EventColumns = `event_id, customer_id, session_id, session_start, "at", received_at, day, shop_id, source_id, kind, name, campaign,
	message_id, message_hash, anonymous_id, user_id, properties, context`

// EventTable is the events table without what the engines add for themselves; {{json}} is the type that keeps JSON as it was sent, {{context}} the
// column for contexts, which DuckDB lacks.
const EventTable = `(
	event_id      BIGINT    NOT NULL,
	customer_id   BIGINT    NOT NULL,
	session_id    BIGINT    NOT NULL, -- event id of the first event of the visit; 0: belongs to none
	session_start BOOLEAN   NOT NULL,
	"at"          TIMESTAMP NOT NULL, -- UTC
	received_at   TIMESTAMP NOT NULL, -- UTC
	day           DATE      NOT NULL, -- of at, in the reporting zone
	shop_id       BIGINT    NOT NULL,
	source_id     BIGINT    NOT NULL,
	kind          TEXT      NOT NULL,
	name          TEXT      NOT NULL,
	campaign      TEXT      NOT NULL,
	message_id    TEXT      NOT NULL,
	message_hash  BIGINT    NOT NULL,
	anonymous_id  TEXT      NOT NULL,
	user_id       TEXT      NOT NULL,
	properties    {{json}}  NOT NULL{{context}}{{key}}
)`

// Instant is a point in time as both engines take it.
func Instant(us int64) time.Time { return time.UnixMicro(us).UTC() }

// DayTime is a day as both engines take it.
func DayTime(day int64) time.Time { return time.Unix(day*86400, 0).UTC() }

// EventSQL writes the statement for a query of columns as ScanEvents reads them. Hashes are those of the message id at every source.
func EventSQL(columns string, q EventQuery, hashes []int64) (query string, args []any) {
	var where []string
	add := func(text string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			text = strings.Replace(text, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, text)
	}
	if q.MessageID != "" {
		marks := make([]string, len(hashes))
		for i, h := range hashes {
			args = append(args, h)
			marks[i] = fmt.Sprintf("$%d", len(args))
		}
		if len(hashes) == 0 {
			marks = []string{"NULL"}
		}
		where = append(where, "message_hash IN ("+strings.Join(marks, ",")+")")
		add("message_id = ?", q.MessageID)
	}
	if q.Name != "" {
		add("name = ?", q.Name)
	}
	if q.Kind != "" {
		add("kind = ?", q.Kind)
	}
	if q.CustomerID != 0 {
		add("customer_id = ?", int64(q.CustomerID))
	}
	if q.From != 0 {
		add(`"at" >= ?`, Instant(q.From))
	}
	if q.To != 0 {
		add(`"at" < ?`, Instant(q.To))
	}
	if q.Before.Set {
		add(`"at" <= ?`, Instant(q.Before.At)) // alone it lets the engine skip what is newer
		add(`("at" < ? OR event_id < ?)`, Instant(q.Before.At), q.Before.EventID)
	}
	query = "SELECT " + columns + " FROM events"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, int64(q.Limit))
	return query + fmt.Sprintf(` ORDER BY "at" DESC, event_id DESC LIMIT $%d`, len(args)), args
}

// ScanEvents reads rows of EventColumns and closes them.
func ScanEvents(rows Rows) ([]Event, error) {
	defer func() { _ = rows.Close() }()
	var out []Event
	for rows.Next() {
		var e Event
		var at, received, day time.Time
		var properties, context string
		err := rows.Scan(&e.EventID, &e.CustomerID, &e.SessionID, &e.SessionStart, &at, &received, &day, &e.ShopID, &e.SourceID, &e.Kind, &e.Name,
			&e.Campaign, &e.MessageID, &e.MessageHash, &e.AnonymousID, &e.UserID, &properties, &context)
		if err != nil {
			return nil, fmt.Errorf("scan event: %w", err)
		}
		e.At, e.ReceivedAt, e.Day = at.UnixMicro(), received.UnixMicro(), day.Unix()/86400
		e.Properties, e.Context = []byte(properties), []byte(context)
		out = append(out, e)
	}
	return out, rows.Err()
}

// ScanPlaces reads rows of event_id, customer_id and at, and closes them.
func ScanPlaces(rows Rows) ([]Event, error) {
	defer func() { _ = rows.Close() }()
	var out []Event
	for rows.Next() {
		var e Event
		var at time.Time
		if err := rows.Scan(&e.EventID, &e.CustomerID, &at); err != nil {
			return nil, fmt.Errorf("scan event: %w", err)
		}
		e.At = at.UnixMicro()
		out = append(out, e)
	}
	return out, rows.Err()
}

// HashesOf gives the hashes of a message id at each of the sources.
func HashesOf(sources []id.ID, messageID string) []int64 {
	out := make([]int64, len(sources))
	for i, s := range sources {
		out[i] = MessageHash(s, messageID)
	}
	return out
}

// Object gives a JSON object's text, {} for nothing.
func Object(b []byte) string {
	if len(b) == 0 {
		return "{}"
	}
	return string(b)
}
