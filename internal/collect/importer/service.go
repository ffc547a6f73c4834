package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
)

// People finds out who people are; facts/customer fills it.
type People interface {
	// ResolveRemembering also gives what must be known to take it back.
	ResolveRemembering(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, *customer.Formers, error)
	SetTotals(ctx context.Context, tx *sqldb.Tx, totals []customer.Totals) error
	Undo(ctx context.Context, tx *sqldb.Tx, f *customer.Formers, busy map[id.ID]string, left map[id.ID]customer.Left) (customer.Undone, error)
	// Concerned names those of whom Undo wants to know what is left.
	Concerned(ctx context.Context, q sqldb.Q, f *customer.Formers) ([]id.ID, error)
	Peek(ctx context.Context, q sqldb.Q, people []id.ID) (map[id.ID]customer.Peeked, error)
}

// Shop is what an import must know of its shop.
type Shop struct {
	ID             id.ID
	Currency, Zone string
}

// Deps is what the service needs.
type Deps struct {
	DB        *sqldb.DB
	IDs       *id.Source // the one that Customers uses too
	Clock     clock.Clock
	Log       *slog.Logger
	Dir       string // where files are kept
	Customers People
	Orders    *order.Service
	Catalog   *catalog.Service
	// Shop gives a shop, the first one for 0.
	Shop func(ctx context.Context, shop id.ID) (Shop, error)
	// FileSource gives the source of a shop's files.
	FileSource func(ctx context.Context, q sqldb.Q, shop id.ID) (id.ID, error)
	// RecordConsents keeps consents; saying one again changes nothing.
	RecordConsents func(ctx context.Context, tx *sqldb.Tx, list []Consent) error
	// MoveConsents gives the consents of one customer to another.
	MoveConsents func(ctx context.Context, tx *sqldb.Tx, from, to id.ID) error
	// UndoConsents removes the consents that an import recorded for some customers, and names those who have others.
	UndoConsents func(ctx context.Context, tx *sqldb.Tx, people []id.ID, importID id.ID) (map[id.ID]bool, error)
	// Moved is told when an import made people change hands, so that what lies in the warehouse follows; nil in tests that have none.
	Moved func(ctx context.Context, tx *sqldb.Tx, r customer.Resolved) error
	// Events is the door for events; nil where there is none.
	Events Door
	// Room refuses files while the disk is nearly full; nil: never.
	Room func() error
	// Audit writes the record of who did what.
	Audit func(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error
}

// Service holds the use cases and the worker.
type Service struct {
	Deps
	wake chan struct{}

	previewing sync.Mutex

	mu      sync.Mutex
	cancel  context.CancelFunc // of the worker
	done    chan struct{}
	running id.ID
	stop    context.CancelFunc // of the running import
	coming  map[id.ID]bool     // uploads that go on
	rest    chan struct{}      // closed and made anew whenever the worker has nothing left to do
}

// New gives a Service. Call Start to have imports run.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Service{Deps: d, wake: make(chan struct{}, 1), rest: make(chan struct{}), coming: map[id.ID]bool{}}
}

// Rest gives a channel that is closed when the worker next has nothing left to do.
func (s *Service) Rest() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rest
}

func (s *Service) dir(which id.ID) string       { return filepath.Join(s.Dir, which.String()) }
func (s *Service) file(which id.ID) string      { return filepath.Join(s.dir(which), "data") }
func (s *Service) errorFile(which id.ID) string { return filepath.Join(s.dir(which), "errors.csv") }

// Create stores the file and has it imported as soon as the worker is free.
func (s *Service) Create(ctx context.Context, r Request, file io.Reader) (Import, error) {
	if err := role.Require(ctx, role.ImportRun); err != nil {
		return Import{}, err
	}
	if s.Room != nil {
		if err := s.Room(); err != nil {
			return Import{}, err
		}
	}
	i, err := s.prepare(ctx, r)
	if err != nil {
		return Import{}, err
	}
	s.upload(i.ID, true)
	defer s.upload(i.ID, false)
	err = s.store(ctx, &i, file)
	if err == nil && r.Draft {
		err = insertImport(ctx, s.DB, &i)
	} else if err == nil {
		err = s.accept(ctx, &i)
	}
	if err != nil {
		_ = os.RemoveAll(s.dir(i.ID))
		return Import{}, err
	}
	if !r.Draft {
		s.nudge()
	}
	return i, nil
}

// upload notes that the file of an import is coming, of which the store knows nothing yet.
func (s *Service) upload(which id.ID, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on {
		s.coming[which] = true
	} else {
		delete(s.coming, which)
	}
}

func (s *Service) prepare(ctx context.Context, r Request) (Import, error) {
	if _, ok := synonyms[r.Kind]; !ok && !(r.Draft && r.Kind == "") {
		return Import{}, errs.New(errs.Invalid, "import.kind", "There is no import of %q; kinds are %s.", r.Kind, kinds)
	}
	shop, err := s.Shop(ctx, r.ShopID)
	if err != nil {
		return Import{}, err
	}
	p := role.From(ctx)
	now := clock.Micros(s.Clock.Now())
	i := Import{ID: s.IDs.New(), Kind: r.Kind, Name: cutText(cmp.Or(filepath.Base(filepath.ToSlash(r.Name)), "file"), 255), Mapping: r.Mapping, ShopID: shop.ID,
		Currency: strings.ToUpper(cmp.Or(r.Currency, shop.Currency)), Zone: cmp.Or(r.Zone, shop.Zone), DryRun: r.DryRun, Status: Waiting, SpeaksAt: now,
		CreatedAt: now, UpdatedAt: now}
	if p.Kind == role.KindUser {
		i.UserID = p.ID
	}
	if r.Draft {
		i.Status = Draft
	}
	if !order.ValidCurrency(i.Currency) {
		return i, errs.New(errs.Invalid, "import.currency", "%q is not an ISO 4217 currency code.", i.Currency)
	}
	_, err = zoneOf(i.Zone)
	return i, err
}

// store streams the file to disk, unpacks it, brings it into UTF-8 and looks at its columns, so that a wrong file is refused at once.
func (s *Service) store(ctx context.Context, i *Import, file io.Reader) error {
	if err := os.MkdirAll(s.dir(i.ID), 0o700); err != nil {
		return fmt.Errorf("create import directory: %w", err)
	}
	f, err := os.OpenFile(s.file(i.ID), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("store import file: %w", err)
	}
	h := sha256.New()
	_, err = io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(f, h)}, file, make([]byte, 256<<10))
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		if sqldb.IsFull(err) {
			return errs.New(errs.Unavailable, "import.disk_full", "There is no room on the disk for the file.").Because(err)
		}
		return fmt.Errorf("store import file: %w", err)
	}
	if err := s.unpack(ctx, s.file(i.ID)); err != nil {
		return err
	}
	if _, err := toUTF8(s.file(i.ID)); err != nil {
		return err
	}
	if i.Status == Draft {
		if err := s.keepDigest(i, h); err != nil {
			return err
		}
		return s.understand(i)
	}
	if err := i.name(h); err != nil {
		return err
	}
	src, err := openAs(i.Kind, s.file(i.ID), i.Mapping)
	if err != nil {
		return err
	}
	i.TotalBytes = src.size
	_, err = s.columnsOf(i, src)
	return err
}

// columnsOf finds the columns by the header; where it does not tell all that is needed, by what the cells look like.
func (s *Service) columnsOf(i *Import, src *source) (*columns, error) {
	c, err := mapColumns(i.Kind, src.header, i.Mapping)
	if e := errs.As(err); e == nil || e.Code != "import.column_missing" {
		return c, err
	}
	sample, bad := src.sample()
	if bad != nil {
		return nil, bad
	}
	guessed, _ := guess(i.Kind, src, i.Mapping, sample)
	if len(missing(i.Kind, guessed)) > 0 {
		return nil, err // names what is missing by the header alone
	}
	i.Mapping = mappingOf(guessed, i.Mapping)
	return guessed, nil
}

// name gives the import the hash of its file and of how that is read: the same bytes read in another way are another statement.
func (i *Import) name(h hash.Hash) error {
	how, err := json.Marshal([]any{i.Mapping, i.Currency, i.Zone})
	if err != nil {
		return fmt.Errorf("name import: %w", err)
	}
	_, _ = h.Write(how)
	i.FileHash = hex.EncodeToString(h.Sum(nil)[:16])
	return nil
}

func (s *Service) accept(ctx context.Context, i *Import) error {
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := s.place(ctx, tx, i); err != nil {
			return err
		}
		if err := insertImport(ctx, tx, i); err != nil {
			return err
		}
		return s.audit(ctx, tx, "import.started", i)
	})
}

// place finds the source of an import and as of when it speaks. The same file given twice at one time is given one after the other: the
// second must see as of when the first speaks, or it would take every row for news.
func (s *Service) place(ctx context.Context, tx *sqldb.Tx, i *Import) error {
	if err := tx.Turn(ctx, turn); err != nil {
		return err
	}
	source, err := s.FileSource(ctx, tx, i.ShopID)
	if err != nil {
		return err
	}
	i.SourceID = source
	at, err := selectSpeaksAt(ctx, tx, i)
	if at != 0 {
		i.SpeaksAt = at
	}
	return err
}

func (s *Service) audit(ctx context.Context, q sqldb.Q, action string, i *Import) error {
	if s.Audit == nil {
		return nil
	}
	return s.Audit(ctx, q, action, "import:"+i.ID.String(), map[string]any{"kind": i.Kind, "file": i.Name, "rows": i.Rows, "created": i.Created,
		"updated": i.Updated, "refused": i.Refused, "dry_run": i.DryRun})
}

// Get gives one import.
func (s *Service) Get(ctx context.Context, which id.ID) (Import, error) {
	if err := role.Require(ctx, role.ImportRun); err != nil {
		return Import{}, err
	}
	i, ok, err := selectImport(ctx, s.DB, which)
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "import.not_found", "There is no import %s.", which)
	}
	return i, err
}

// List gives imports, the newest first.
func (s *Service) List(ctx context.Context, limit int, cursor string) (page.Page[Import], error) {
	if err := role.Require(ctx, role.ImportRun); err != nil {
		return page.Page[Import]{}, err
	}
	var before id.ID
	if _, err := page.Decode(cursor, &before); err != nil {
		return page.Page[Import]{}, err
	}
	limit = page.Limit(limit, 50)
	list, err := selectImports(ctx, s.DB, before, limit+1)
	if err != nil {
		return page.Page[Import]{}, err
	}
	return page.Cut(list, limit, func(i Import) string { return page.Encode(i.ID) }), nil
}

// Errors opens the CSV of refused rows; the caller closes it.
func (s *Service) Errors(ctx context.Context, which id.ID) (io.ReadCloser, error) {
	i, err := s.Get(ctx, which)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(s.errorFile(which))
	if os.IsNotExist(err) {
		return io.NopCloser(strings.NewReader(errorHeader)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("open refused rows: %w", err)
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, max(i.ErrorBytes, int64(len(errorHeader)))), f}, nil
}

// Cancel stops an import; what it stored stays, and Resume goes on with it.
func (s *Service) Cancel(ctx context.Context, which id.ID) (Import, error) {
	i, err := s.change(ctx, which, Cancelled, "import.cancelled", Waiting, Running)
	if err != nil {
		return i, err
	}
	s.mu.Lock()
	if s.running == which && s.stop != nil {
		s.stop()
	}
	s.mu.Unlock()
	return i, nil
}

// Resume goes on with an import that was cancelled or failed.
func (s *Service) Resume(ctx context.Context, which id.ID) (Import, error) {
	i, err := s.change(ctx, which, Waiting, "import.resumed", Cancelled, Failed)
	if err == nil {
		s.nudge()
	}
	return i, err
}

func (s *Service) change(ctx context.Context, which id.ID, to, action string, from ...string) (Import, error) {
	i, err := s.Get(ctx, which)
	if err != nil {
		return i, err
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		ok, err := updateStatus(ctx, tx, which, to, "", clock.Micros(s.Clock.Now()), from...)
		if err != nil {
			return err
		}
		if !ok {
			return errs.New(errs.Conflict, "import.state", "The import is %s; that can be done only while it is %s.", i.Status, strings.Join(from, " or "))
		}
		return s.audit(ctx, tx, action, &i)
	})
	i.Status, i.Message = to, ""
	return i, err
}
