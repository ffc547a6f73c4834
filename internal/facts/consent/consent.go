// Package consent owns what customers allow: for each channel and purpose what was said, when, and how that can be proved.
//
// Nothing said is ever overwritten: a row is one statement at one time, and the newest statement of a channel and purpose
// holds. Two statements of the same moment that disagree count as a refusal. The same statement again changes nothing, so
// files may be imported twice.
//
// Invariants: a statement has a proof (wording, address, file and line, or the event it came with). When two records turn out to
// be one person, the statements of both are his.
//
// Announces consent.changed, one record a batch: {"ids": ["1", ...]}, the customers.
package consent

import "rapport/internal/base/id"

// TopicChanged is the outbox topic on which customers whose statements are others are announced.
const TopicChanged = "consent.changed"

// TimelineKind is the kind of consents in a timeline.
const TimelineKind = "consent"

// Consent is one statement.
type Consent struct {
	CustomerID, SourceID id.ID
	Channel              string // email, sms, phone, post ...
	Purpose              string // marketing ...
	Granted              bool
	At                   int64  // microseconds UTC
	Proof                []byte // JSON object
}
