// Package audit is the memory of who changed what, and who took personal data out.
//
// It owns the table audit_log, to which rows are only ever added. Services call Record inside the transaction of the change, so
// that there is no change without its row and no row without its change; the actor and his address are those of
// role.From. Detail holds names of fields and values that matter, never a secret or a password. Nothing is announced from here.
package audit

import (
	"time"

	"rapport/internal/base/id"
)

// Entry is one row of the record.
type Entry struct {
	ID        id.ID          `json:"id"`
	At        time.Time      `json:"at"`
	ActorKind string         `json:"actor_kind" enum:"user,key,system,stranger"`
	ActorID   id.ID          `json:"actor_id" doc:"Of the user or key; 0 otherwise"`
	ActorName string         `json:"actor_name"`
	IP        string         `json:"ip"`
	Action    string         `json:"action" doc:"What was done" example:"user.created"`
	Subject   string         `json:"subject" doc:"To what, as kind:id" example:"user:123"`
	Detail    map[string]any `json:"detail"`
}

// Filter narrows the list; empty fields do not.
type Filter struct {
	Action  string
	Subject string
}
