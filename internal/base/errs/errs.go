// Package errs is the one vocabulary of failure that people or programs can act on.
//
// An Error has a Kind (what sort of trouble, which the HTTP floor turns into a status), a Code ("campaign.not_draft",
// stable, translated by the web app) and a Message that says what to do. Faults nobody outside can act on stay plain
// errors wrapped with fmt.Errorf; they become "internal" at the door and are logged there, once.
package errs

import (
	"errors"
	"fmt"
)

// Kind sorts errors by what the caller can do about them.
type Kind int

// The kinds, each with the HTTP status it becomes.
const (
	Internal     Kind = iota // 500: ours; the reader can only report it
	Invalid                  // 422: the request was understood and is wrong; Fields says where
	Malformed                // 400: the request could not be read
	Unauthorized             // 401: who are you?
	Forbidden                // 403: you may not
	NotFound                 // 404
	Conflict                 // 409: the state does not allow it
	TooLarge                 // 413
	RateLimited              // 429: come back after RetryAfter
	Unavailable              // 503: come back after RetryAfter
)

// Field is one place in a request that is wrong. Path is written like "lines[2].price".
type Field struct {
	Path    string `json:"path"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Error is a failure somebody can act on.
type Error struct {
	Kind       Kind
	Code       string
	Message    string
	Fields     []Field
	RetryAfter int // seconds, for RateLimited and Unavailable
	Cause      error
}

// New makes an Error. The message is a full sentence for the person who can act.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// With returns a copy that also names wrong fields.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// After returns a copy that asks the caller to come back in the given number of seconds.
func (e *Error) After(seconds int) *Error {
	c := *e
	c.RetryAfter = seconds
	return &c
}

// Because returns a copy that wraps the fault behind it; the cause is logged, never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Error gives the message alone; Code and Fields are for programs.
func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// As finds the Error in a chain, or nil.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// Is reports whether the chain holds an Error of this kind.
func Is(err error, kind Kind) bool {
	e := As(err)
	return e != nil && e.Kind == kind
}
