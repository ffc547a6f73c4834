package importer

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// errorHeader begins the file of refused rows.
const errorHeader = "line,column,reason,value\n"

var (
	errGone   = errors.New("the import was cancelled")
	errDryRun = errors.New("dry run")
)

// Start begins to run imports, those first that a stop or a crash interrupted.
func (s *Service) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done != nil {
		return nil
	}
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	s.done = done
	go func() {
		defer close(done) // Stop, which takes s.done away, may come before this begins
		s.work(role.System(ctx))
	}()
	s.nudge()
	return nil
}

// Stop ends the running import after the chunk that is being written; it goes on at the next Start.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	done, cancel := s.done, s.cancel
	s.done = nil
	s.mu.Unlock()
	if done == nil {
		return nil
	}
	cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// retryAfter is the pause after which a store that could not be reached is asked again.
const retryAfter = 5 * time.Second

func (s *Service) work(ctx context.Context) {
	var swept time.Time
	for {
		if now := s.Clock.Now(); now.Sub(swept) >= sweepEvery {
			if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "abandoned imports could not be removed", "error", err)
			}
			swept = now
		}
		again, err := s.workOff(ctx)
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "imports cannot run", "error", err)
			again = true
		}
		s.mu.Lock()
		close(s.rest)
		s.rest = make(chan struct{})
		s.mu.Unlock()
		pause := time.After(sweepEvery)
		if again {
			pause = time.After(retryAfter)
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-pause:
		}
	}
}

// workOff runs what is to be run; again means that something has to be tried once more later.
func (s *Service) workOff(ctx context.Context) (again bool, err error) {
	list, err := selectWork(ctx, s.DB)
	if err != nil {
		return true, err
	}
	for n := range list {
		i := &list[n]
		if _, err := os.Stat(s.file(i.ID)); err != nil && i.Status != Undoing {
			continue // lies on another machine
		}
		if ctx.Err() != nil {
			return false, nil
		}
		if err := s.RunOne(ctx, i.ID); err != nil {
			if sqldb.IsGone(err) || sqldb.IsFull(err) {
				return true, err
			}
			return false, err
		}
	}
	return false, nil
}

// RunOne runs one import to its end. It gives an error only where the store cannot be reached; what is wrong with the file is
// kept with the import.
func (s *Service) RunOne(ctx context.Context, which id.ID) error {
	if err := s.resumeUndo(ctx, which); err != nil {
		return err
	}
	ok, err := updateStatus(ctx, s.DB, which, Running, "", clock.Micros(s.Clock.Now()), Waiting, Running)
	if err != nil || !ok {
		return err
	}
	i, ok, err := selectImport(ctx, s.DB, which)
	if err != nil || !ok {
		return err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	s.mu.Lock()
	s.running, s.stop = which, stop
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.running, s.stop = 0, nil
		s.mu.Unlock()
	}()
	err = s.run(run, &i)
	switch {
	case err == nil:
		s.clean(&i)
		return s.audit(ctx, s.DB, "import.done", &i)
	case errors.Is(err, errGone), run.Err() != nil:
		return nil // cancelled, or the program stops
	case sqldb.IsGone(err):
		return err
	}
	message := "Something went wrong in the program; the log tells more. Resume the import to try again."
	if e := errs.As(err); e != nil && e.Kind != errs.Internal {
		message = e.Message
	} else {
		s.Log.ErrorContext(ctx, "import failed", "import", which.String(), "error", err)
		if sqldb.IsFull(err) {
			message = "The disk is full. Make room and resume the import."
		}
	}
	_, err = updateStatus(ctx, s.DB, which, Failed, message, clock.Micros(s.Clock.Now()), Running)
	return err
}

// clean removes the file of an import that is done: it holds personal data and is needed no more. So does the digest, which holds its last bytes.
func (s *Service) clean(i *Import) {
	for _, path := range []string{s.file(i.ID), s.digestFile(i.ID)} {
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			s.Log.Warn("import file stays behind", "import", i.ID.String(), "error", err)
		}
	}
}

func (s *Service) run(ctx context.Context, i *Import) error {
	src, err := openAs(i.Kind, s.file(i.ID), i.Mapping)
	if err != nil {
		return err
	}
	cols, err := mapColumns(i.Kind, src.header, i.Mapping)
	if err != nil {
		return err
	}
	zone, err := zoneOf(i.Zone)
	if err != nil {
		return err
	}
	p, err := src.profileOf(i.Kind, cols, ctx.Err)
	if err != nil {
		return err
	}
	if i.StartedAt == 0 {
		i.StartedAt = clock.Micros(s.Clock.Now())
	}
	errorsOut, err := s.openErrors(i)
	if err != nil {
		return err
	}
	defer func() { _ = errorsOut.Close() }()

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	batches, failed := make(chan *batch, 1), make(chan error, 1)
	go func() {
		defer close(batches)
		failed <- s.read(ctx, i, src, cols, p, zone, batches)
	}()
	now := *i // the reader looks at i as it was when it began
	for b := range batches {
		if err := s.apply(ctx, &now, b, errorsOut); err != nil {
			cancel()
			for range batches { // lets the reader end
			}
			<-failed
			return err
		}
	}
	*i = now
	if err := <-failed; err != nil {
		return err
	}
	return sortErrors(s.errorFile(i.ID))
}

// maxSorted bounds the file of refused rows that is brought into the order of lines.
const maxSorted = 64 << 20

// sortErrors brings refused rows into the order in which they stand in the file: those of a big one were not read in it (see gather).
func sortErrors(path string) error {
	st, err := os.Stat(path)
	if err != nil || st.Size() <= int64(len(errorHeader)) || st.Size() > maxSorted {
		return nil // as they are, they are of use too
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read refused rows: %w", err)
	}
	list, err := csv.NewReader(bytes.NewReader(text[len(errorHeader):])).ReadAll()
	if err != nil {
		return fmt.Errorf("read refused rows: %w", err)
	}
	line := func(r []string) int64 { n, _ := strconv.ParseInt(r[0], 10, 64); return n }
	before := func(a, b []string) int { return cmp.Compare(line(a), line(b)) }
	if slices.IsSortedFunc(list, before) {
		return nil
	}
	slices.SortStableFunc(list, before)
	out := bytes.NewBufferString(errorHeader)
	w := csv.NewWriter(out)
	_ = w.WriteAll(list) // into memory
	sorted := path + ".sorted"
	if err := os.WriteFile(sorted, out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write refused rows: %w", err)
	}
	if err := os.Rename(sorted, path); err != nil {
		return fmt.Errorf("write refused rows: %w", err)
	}
	return nil
}

// read works ahead of the writer.
func (s *Service) read(ctx context.Context, i *Import, src *source, cols *columns, p profile, zone *time.Location, out chan<- *batch) error {
	b, kind, err := newBuilder(i, cols, p, zone, func(b *batch) error {
		select {
		case out <- b:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil {
		return err
	}
	b.salt = (&salts{s: s, ctx: ctx, days: map[int64][]byte{}}).of
	off, line := src.start, src.line
	heaps := 1
	if i.Kind == Orders && !src.document {
		heaps = heapsFor(src.size)
	}
	if i.Units > 0 || i.Rows > 0 {
		if heaps == 1 && !src.document && (i.Kind == Customers || i.Kind == Orders && cols.has("order_id")) {
			off, line = max(i.Position, src.start), max(i.Line, src.line)
		} else {
			b.skip = i.Units // rows before it must be read again, to know what they leave behind
		}
	}
	rows, err := src.rows(off, line)
	if err != nil {
		return err
	}
	defer rows.close()
	if heaps == 1 {
		return b.run(rows, kind)
	}
	g, err := gather(rows, cols, src.start, heaps, s.Dir, ctx.Err)
	if err != nil {
		return err
	}
	defer g.close()
	return b.run(g, kind)
}

// openErrors opens the file of refused rows at the place up to which it belongs to what is done.
func (s *Service) openErrors(i *Import) (*os.File, error) {
	f, err := os.OpenFile(s.errorFile(i.ID), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open refused rows: %w", err)
	}
	if i.ErrorBytes == 0 {
		i.ErrorBytes = int64(len(errorHeader))
		_, err = f.WriteAt([]byte(errorHeader), 0)
	}
	if err == nil {
		err = f.Truncate(i.ErrorBytes)
	}
	if err == nil {
		_, err = f.Seek(i.ErrorBytes, 0)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("write refused rows: %w", err)
	}
	return f, nil
}

func writeErrors(f *os.File, at int64, list []rowError) (int64, error) {
	if len(list) == 0 {
		return 0, nil
	}
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	for _, e := range list {
		value := e.value
		if value != "" && (value[0] == '=' || value[0] == '+' || value[0] == '-' || value[0] == '@') {
			value = "'" + value // a spreadsheet must not take a stranger's cell for a formula
		}
		if err := w.Write([]string{strconv.FormatInt(e.line, 10), e.column, e.reason, value}); err != nil {
			return 0, err
		}
	}
	w.Flush()
	n, err := f.WriteAt(buf.Bytes(), at)
	if err != nil {
		return 0, fmt.Errorf("write refused rows: %w", err)
	}
	return int64(n), nil
}

// apply stores a chunk and how far the import is with it, in one transaction.
func (s *Service) apply(ctx context.Context, i *Import, b *batch, errorsOut *os.File) error {
	delivered, err := s.deliver(ctx, i, b)
	if err != nil {
		return err
	}
	written, err := writeErrors(errorsOut, i.ErrorBytes, b.errors)
	if err != nil {
		return err
	}
	next := *i
	next.Position, next.Line, next.Rows, next.Units = b.pos, b.line, i.Rows+b.rows, i.Units+b.units
	next.Refused, next.ErrorBytes, next.UpdatedAt = i.Refused+int64(len(b.errors)), i.ErrorBytes+written, clock.Micros(s.Clock.Now())
	next.Notes.Skipped = addSkipped(i.Notes.Skipped, b.skipped)
	if b.last {
		next.Status = Done
	}
	var counts counts
	save := func(tx *sqldb.Tx) error {
		saved := next
		saved.Created, saved.Updated, saved.Unchanged = i.Created+counts.created, i.Updated+counts.updated, i.Unchanged+counts.unchanged
		ok, err := updateProgress(ctx, tx, &saved)
		if err == nil && !ok {
			err = errGone
		}
		return err
	}
	// The writing of a chunk is not broken off in the middle: that would only lose the work.
	// (It also spares a goroutine for every statement, which the SQLite driver needs to watch for the end of a context.)
	ctx = context.WithoutCancel(ctx)
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		counts, err = s.facts(ctx, tx, i, b)
		if err != nil {
			return err
		}
		counts.created, counts.unchanged = counts.created+delivered.created, counts.unchanged+delivered.unchanged
		if i.DryRun {
			return errDryRun
		}
		if i.Kind.ofEvents() { // the applier has kept what they did
			if next.Notes.Chunks, err = lastChange(ctx, tx, i.ID); err != nil {
				return err
			}
		}
		if b.did.any() {
			body, err := b.did.pack()
			if err != nil {
				return err
			}
			next.Notes.Chunks = i.Notes.Chunks + 1
			if err := insertChange(ctx, tx, i.ID, next.Notes.Chunks, next.UpdatedAt, body); err != nil {
				return err
			}
		}
		return save(tx)
	})
	if errors.Is(err, errDryRun) {
		err = s.DB.Tx(ctx, save)
	}
	if err != nil {
		return err
	}
	next.Created, next.Updated, next.Unchanged = i.Created+counts.created, i.Updated+counts.updated, i.Unchanged+counts.unchanged
	*i = next
	return nil
}
