// Package jobs runs work later, again or regularly: durable, in the caller's transaction, on both engines.
//
// It hides River (its SQLite and its PostgreSQL driver) behind a handful of methods, so that another queue could take its
// place. A job is a kind and JSON arguments. Enqueue writes it in the caller's transaction: rolled back, it never existed.
//
//	available -> running -> completed
//	    ^           | error, attempts left            | error, none left, or Abandon
//	    +- retryable (pause: attempt^4 seconds)       -> discarded / cancelled
//
// A job runs at least once: a program that dies leaves its jobs "running", and they are made available again. On SQLite
// that happens at the next start, since no other program can hold the file; on PostgreSQL each program holds an advisory
// lock while it lives, and the others free the jobs of those who no longer do. So every kind must be repeatable.
// What is enqueued with a UniqueKey exists once: while unfinished, or once in each UniqueFor, aligned to the clock.
//
// River's tables (river_...) are local tables made by River's own migrations. High volumes go in chunks: one job for
// 500 recipients, never one for each.
package jobs

import (
	"context"
	"encoding/json"
	"time"

	"github.com/riverqueue/river"
)

// Job is one attempt at a piece of work. Attempt counts from 1.
type Job struct {
	ID      int64
	Kind    string
	Args    json.RawMessage
	Attempt int
}

// Options say when and how often a job may run. The zero value: at once, 25 attempts (about three weeks), not unique.
type Options struct {
	At          time.Time
	MaxAttempts int
	UniqueKey   string        // of the kind; a second job with it is dropped
	UniqueFor   time.Duration // zero: while the first is unfinished
}

// Work is what a kind of job does. A nil error completes the job.
type Work func(ctx context.Context, j Job) error

// Abandon wraps an error after which trying again makes no sense.
func Abandon(err error) error { return river.JobCancel(err) }

// Later puts the job back for d without counting the attempt; return it as the error.
func Later(d time.Duration) error { return river.JobSnooze(d) }

// envelope is how a job's arguments are stored. River takes the unique key from the tagged field.
type envelope struct {
	kind string
	Key  string          `json:"key,omitempty" river:"unique"`
	Body json.RawMessage `json:"body"`
}

// Kind satisfies river.JobArgs.
func (e envelope) Kind() string { return e.kind }

// worker makes a Work one of River's workers.
type worker struct {
	river.WorkerDefaults[envelope]
	fn Work
}

// Work satisfies river.Worker.
func (w *worker) Work(ctx context.Context, j *river.Job[envelope]) error {
	return w.fn(ctx, Job{ID: j.ID, Kind: j.JobRow.Kind, Args: j.Args.Body, Attempt: j.Attempt})
}
