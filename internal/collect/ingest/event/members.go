package event

import "bytes"

// members reads the members of an event that have a meaning here and passes the rest. Names in snake_case occur in the
// wild and in Segment's own examples. The refusal is the first fault found; ok is false where the text is not JSON.
func (s *reader) members(e *Event, writeKey *string) (refusal *Refusal, ok bool) {
	fault := func(r *Refusal) {
		if refusal == nil {
			refusal = r
		}
	}
	key := func(name string, to *string) bool {
		v, ok := s.value()
		if !ok {
			return false
		}
		text, good := s.identifier(v)
		switch {
		case !good:
			fault(Refuse("ingest."+name, "%s is %s; it must be text.", name, cut(v)))
		case len(text) > maxKey:
			fault(Refuse("ingest."+name, "%s has %d bytes; %d is the most.", name, len(text), maxKey))
		case text != "":
			*to = text
		}
		return true
	}
	part := func(name string, to *[]byte) bool {
		v, ok := s.value()
		switch {
		case !ok:
			return false
		case v[0] == '{':
			*to = v
		case v[0] == 'n':
		case v[0] == '[' && len(bytes.TrimSpace(v[1:len(v)-1])) == 0: // PHP writes an empty object so
		default:
			fault(Refuse("ingest."+name, "%s is %s; it must be an object.", name, cut(v)))
		}
		return true
	}
	time := func(to *int64) bool {
		v, ok := s.value()
		if !ok {
			return false
		}
		us, good := s.instant(v)
		switch {
		case !good:
			e.unreadableTime = v
		case us != 0:
			*to = us
		}
		return true
	}
	var original int64
	ok = s.object(func(k []byte) bool {
		switch string(k) {
		case "type", "action":
			v, ok := s.value()
			if !ok || v[0] == 'n' {
				return ok
			}
			if e.Kind = KindOf(s.plain(v)); e.Kind == Unknown {
				fault(Refuse("ingest.type", "type is %s; it must be track, page, screen, identify, group or alias.", cut(v)))
			}
			return true
		case "messageId", "message_id":
			return key("messageId", &e.MessageID)
		case "anonymousId", "anonymous_id":
			return key("anonymousId", &e.AnonymousID)
		case "userId", "user_id":
			return key("userId", &e.UserID)
		case "previousId", "previous_id":
			return key("previousId", &e.PreviousID)
		case "groupId", "group_id":
			return key("groupId", &e.GroupID)
		case "event", "name":
			v, ok := s.value()
			if !ok || v[0] == 'n' {
				return ok
			}
			if v[0] != '"' {
				if k[0] == 'e' || e.Kind == Page || e.Kind == Screen {
					fault(Refuse("ingest."+string(k), "%s is %s; it must be text.", k, cut(v)))
				}
				return true
			}
			if k[0] == 'e' || e.Name == "" {
				e.Name = s.plain(v)
			}
			return true
		case "category":
			v, ok := s.value()
			if ok {
				e.Category = s.plain(v)
			}
			return ok
		case "properties":
			return part("properties", &e.Properties)
		case "traits":
			return part("traits", &e.Traits)
		case "context":
			return part("context", &e.Context)
		case "timestamp":
			return time(&e.Timestamp)
		case "originalTimestamp":
			return time(&original)
		case "sentAt":
			v, ok := s.value()
			if us, good := s.instant(v); ok && good {
				e.SentAt = us
			}
			return ok
		case "receivedAt": // an event from an archive: its timestamp is corrected already
			v, ok := s.value()
			us, good := s.instant(v)
			e.Archived = ok && good && us != 0
			return ok
		case "writeKey":
			v, ok := s.value()
			if ok && writeKey != nil {
				*writeKey = s.plain(v)
			}
			return ok
		}
		_, ok := s.value()
		return ok
	})
	// originalTimestamp is the sender's own clock, which sentAt corrects; timestamp is what a library or its user set.
	if original != 0 && (e.Timestamp == 0 || e.SentAt != 0 && !e.Archived) {
		e.Timestamp = original
		e.unreadableTime = nil
	}
	return refusal, ok
}

// identifier reads an id, which senders write as text or as a number.
func (s *reader) identifier(v []byte) (string, bool) {
	switch v[0] {
	case 'n':
		return "", true
	case '"':
		return s.text(v[1 : len(v)-1]), true
	case '{', '[', 't', 'f':
		return "", false
	}
	return string(bytes.TrimSuffix(v, []byte(".0"))), true
}

// plain gives the text of a JSON string, "" for everything else.
func (s *reader) plain(v []byte) string {
	if len(v) < 2 || v[0] != '"' {
		return ""
	}
	return s.text(v[1 : len(v)-1])
}

// instant reads a time; null and "" are no time and no fault.
func (s *reader) instant(v []byte) (int64, bool) {
	switch {
	case len(v) == 0 || v[0] == 'n' || string(v) == `""`:
		return 0, true
	case v[0] == '"':
		return parseTime(s.plain(v))
	case v[0] >= '0' && v[0] <= '9' || v[0] == '-':
		return epochTime(string(v))
	}
	return 0, false
}
