package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

const (
	workers       = 50
	fetchCooldown = 20 * time.Millisecond // throughput is at most workers / fetchCooldown
	fetchPoll     = time.Second           // a commit wakes the workers; this is for what was scheduled
	rescueEvery   = 5 * time.Second
)

// Deps is what the queue needs. Backoff is the pause before the next attempt; nil: attempt^4 seconds.
type Deps struct {
	DB      *sqldb.DB
	Log     *slog.Logger
	Backoff func(attempt int) time.Duration
}

// Service is the job queue.
type Service struct {
	db      *sqldb.DB
	log     *slog.Logger
	backoff func(int) time.Duration
	bell    *bell
	insert  queue // enqueues only; works before Start and after Stop

	mu       sync.Mutex
	kinds    map[string]Work
	periodic map[string]time.Duration
	work     queue // nil while stopped
	rescue   *rescuer
}

// queue is River's client for one engine.
type queue interface {
	enqueue(ctx context.Context, tx *sqldb.Tx, args river.JobArgs, o *river.InsertOpts) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
	cancel(ctx context.Context) error
}

// New makes a queue that is not started, and brings its tables to this program's version.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	s := &Service{db: d.DB, log: d.Log, backoff: d.Backoff, bell: newBell(), kinds: map[string]Work{}, periodic: map[string]time.Duration{}}
	if err := migrate(ctx, d.DB, s.quiet()); err != nil {
		return nil, fmt.Errorf("migrate job tables: %w", err)
	}
	var err error
	if s.insert, err = newQueue(d.DB, s.bell, &river.Config{Logger: s.quiet()}); err != nil {
		return nil, fmt.Errorf("make job queue: %w", err)
	}
	return s, nil
}

// Register says what a kind of job does. Call it before Start.
func (s *Service) Register(kind string, fn func(ctx context.Context, j Job) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work != nil || s.kinds[kind] != nil {
		panic("jobs: Register after Start or twice: " + kind)
	}
	s.kinds[kind] = fn
}

// Periodic has a job of a registered kind enqueued once in each period, by one program alone, and at the start when this
// period's has not been yet. Its arguments are null. Call it before Start.
func (s *Service) Periodic(kind string, every time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work != nil || s.kinds[kind] == nil {
		panic("jobs: Periodic after Start or of an unknown kind: " + kind)
	}
	s.periodic[kind] = every
}

// Enqueue writes a job in the caller's transaction; args is encoded as JSON. It runs after the commit.
func (s *Service) Enqueue(ctx context.Context, tx *sqldb.Tx, kind string, args any, o Options) error {
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("encode job %s: %w", kind, err)
	}
	opts := &river.InsertOpts{ScheduledAt: o.At, MaxAttempts: o.MaxAttempts}
	if o.UniqueKey != "" {
		opts.UniqueOpts = river.UniqueOpts{ByArgs: true, ByPeriod: o.UniqueFor}
		if o.UniqueFor == 0 {
			opts.UniqueOpts.ByState = unfinished
		}
	}
	if err := s.insert.enqueue(ctx, tx, envelope{kind: kind, Key: o.UniqueKey, Body: body}, opts); err != nil {
		return fmt.Errorf("enqueue %s: %w", kind, err)
	}
	tx.OnCommit(s.bell.ring)
	return nil
}

var unfinished = []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
	rivertype.JobStateRetryable, rivertype.JobStateScheduled}

// Start begins to work and returns. Jobs that an earlier program left unfinished run again.
func (s *Service) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work != nil {
		return errors.New("jobs are already started")
	}
	if len(s.kinds) == 0 {
		s.kinds["jobs.none"] = func(context.Context, Job) error { return nil } // River wants at least one
	}
	name := "rapport-" + id.Secret(9)
	config := &river.Config{
		ID: name, Logger: s.quiet(),
		Workers:                     river.NewWorkers(),
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           fetchPoll,
		JobTimeout:                  -1, // a job ends itself, or with the program
		RescueStuckJobsAfter:        24 * time.Hour,
		CompletedJobRetentionPeriod: time.Hour,
	}
	if s.backoff != nil {
		config.RetryPolicy = policy{s.backoff}
	}
	for kind, fn := range s.kinds {
		river.AddWorkerArgs(config.Workers, envelope{kind: kind}, &worker{fn: fn})
	}
	for kind, every := range s.periodic {
		// The period's job must stay known for the period, or a restart would run it again.
		config.CompletedJobRetentionPeriod = max(config.CompletedJobRetentionPeriod, every+time.Hour)
		config.PeriodicJobs = append(config.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) {
				return envelope{kind: kind, Body: json.RawMessage("null")}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByPeriod: every}}
			}, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	work, err := newQueue(s.db, s.bell, config)
	if err != nil {
		return fmt.Errorf("make job queue: %w", err)
	}
	rescue, err := startRescuer(ctx, s.db, name, s.log)
	if err != nil {
		return fmt.Errorf("free jobs of ended programs: %w", err)
	}
	if err := work.start(context.WithoutCancel(ctx)); err != nil {
		rescue.stop()
		return fmt.Errorf("start jobs: %w", err)
	}
	s.work, s.rescue = work, rescue
	return nil
}

// Stop takes no more jobs and waits for the running ones; when ctx ends first their contexts are cancelled.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.work == nil {
		return nil
	}
	err := s.work.stop(ctx)
	if err != nil && ctx.Err() != nil {
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = s.work.cancel(hard)
	}
	s.rescue.stop()
	s.work, s.rescue = nil, nil
	if err != nil {
		return fmt.Errorf("stop jobs: %w", err)
	}
	return nil
}

// policy is the pause between attempts.
type policy struct{ backoff func(int) time.Duration }

// NextRetry satisfies river.ClientRetryPolicy.
func (p policy) NextRetry(j *rivertype.JobRow) time.Time {
	at := j.CreatedAt
	if j.AttemptedAt != nil {
		at = *j.AttemptedAt
	}
	return at.Add(p.backoff(j.Attempt))
}

// quiet keeps River's own notes out of the log, below warnings.
func (s *Service) quiet() *slog.Logger { return slog.New(quiet{s.log.Handler()}) }

type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

func (q quiet) WithGroup(n string) slog.Handler { return quiet{q.Handler.WithGroup(n)} }
