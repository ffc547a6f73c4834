package importer

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/bzip2"
	"context"
	"crypto/sha256"
	"encoding"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
)

// Plan is what is thought of a draft: what it holds, and which column is which field.
type Plan struct {
	Import   Import
	Columns  []Column
	Fields   []string   // that a column may be, the needed ones first
	Missing  [][]string // groups of fields of which one is needed and none was found
	Headless bool       // the first line looks like data
	Problem  string     // why the file cannot be read in this way
}

// Change is what somebody says about a draft; nil is not spoken of.
type Change struct {
	Kind           *Kind
	Mapping        map[string]string // field -> column, the whole of it; nil: not spoken of
	Currency, Zone *string
}

func (s *Service) digestFile(which id.ID) string { return filepath.Join(s.dir(which), "digest") }

// keepDigest keeps how far the hash of the file is, since how it will be read belongs to it and is not known yet.
func (s *Service) keepDigest(i *Import, h hash.Hash) error {
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err == nil {
		err = os.WriteFile(s.digestFile(i.ID), state, 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep digest of an import: %w", err)
	}
	return nil
}

func (s *Service) readDigest(which id.ID) (hash.Hash, error) {
	state, err := os.ReadFile(s.digestFile(which))
	h := sha256.New()
	if err == nil {
		err = h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state)
	}
	if err != nil {
		return nil, fmt.Errorf("read digest of an import: %w", err)
	}
	return h, nil
}

// understand guesses what a fresh draft holds. A file that is no table at all is refused here.
func (s *Service) understand(i *Import) error {
	st, err := os.Stat(s.file(i.ID))
	if err != nil {
		return fmt.Errorf("look at import file: %w", err)
	}
	i.TotalBytes = st.Size()
	if i.Kind != WebLogs && !isLog(s.file(i.ID)) {
		src, err := openSource(s.file(i.ID), i.Mapping)
		if err != nil {
			return err
		}
		if headless(src) {
			if i.Mapping == nil {
				i.Mapping = map[string]string{}
			}
			i.Mapping["header"] = "none"
		}
	}
	i.Kind = cmp.Or(i.Kind, guessKind(s.file(i.ID), i.Name, i.Mapping))
	return nil
}

// draft gives a draft whose file lies here.
func (s *Service) draft(ctx context.Context, which id.ID) (Import, error) {
	i, err := s.Get(ctx, which)
	if err != nil {
		return i, err
	}
	if i.Status != Draft {
		return i, errs.New(errs.Conflict, "import.state", "The import is %s; only a draft can still be changed.", i.Status)
	}
	if _, err := os.Stat(s.file(which)); err != nil {
		return i, errs.New(errs.NotFound, "import.file_gone", "The file of this import is not on this machine any more. Upload it again.")
	}
	return i, nil
}

// Plan tells what is thought of a draft.
func (s *Service) Plan(ctx context.Context, which id.ID) (Plan, error) {
	i, err := s.draft(ctx, which)
	if err != nil {
		return Plan{}, err
	}
	return s.plan(&i)
}

func (s *Service) plan(i *Import) (Plan, error) {
	p := Plan{Import: *i, Fields: fieldsOf(i.Kind), Columns: []Column{}, Missing: [][]string{}}
	src, err := openAs(i.Kind, s.file(i.ID), i.Mapping)
	if e := errs.As(err); e != nil {
		p.Problem = e.Message
		return p, nil
	}
	if err != nil {
		return p, err
	}
	sample, err := src.sample()
	if err != nil {
		return p, err
	}
	var c *columns
	c, p.Columns = guess(i.Kind, src, i.Mapping, sample)
	p.Missing = append(p.Missing, missing(i.Kind, c)...)
	p.Headless = i.Mapping["header"] == "none"
	if _, err := findColumns(i.Kind, src.header, i.Mapping); err != nil {
		p.Problem = errs.As(err).Message
		return p, nil
	}
	if _, err := src.profileOf(i.Kind, c, func() error { return nil }); err != nil {
		if e := errs.As(err); e != nil && e.Kind == errs.Invalid {
			p.Problem = e.Message
			return p, nil
		}
		return p, err
	}
	return p, nil
}

// Change corrects what is thought of a draft.
func (s *Service) Change(ctx context.Context, which id.ID, c Change) (Plan, error) {
	i, err := s.draft(ctx, which)
	if err != nil {
		return Plan{}, err
	}
	if c.Kind != nil && *c.Kind != i.Kind {
		if _, ok := synonyms[*c.Kind]; !ok {
			return Plan{}, errs.New(errs.Invalid, "import.kind", "There is no import of %q; kinds are %s.", *c.Kind, kinds)
		}
		header := i.Mapping["header"]
		i.Kind, i.Mapping = *c.Kind, map[string]string{} // fields of another kind mean something else
		if header != "" && i.Kind != WebLogs {
			i.Mapping["header"] = header
		}
	}
	if c.Mapping != nil {
		i.Mapping = c.Mapping
	}
	if c.Currency != nil {
		i.Currency = strings.ToUpper(*c.Currency)
		if !order.ValidCurrency(i.Currency) {
			return Plan{}, errs.New(errs.Invalid, "import.currency", "%q is not an ISO 4217 currency code.", i.Currency)
		}
	}
	if c.Zone != nil {
		i.Zone = *c.Zone
		if _, err := zoneOf(i.Zone); err != nil {
			return Plan{}, err
		}
	}
	i.UpdatedAt = clock.Micros(s.Clock.Now())
	if err := s.keepDraft(ctx, s.DB, &i); err != nil {
		return Plan{}, err
	}
	return s.plan(&i)
}

func (s *Service) keepDraft(ctx context.Context, q sqldb.Q, i *Import) error {
	ok, err := updateDraft(ctx, q, i)
	if err == nil && !ok {
		err = errs.New(errs.Conflict, "import.state", "Somebody else started or discarded this import meanwhile.")
	}
	return err
}

// Begin has a draft imported as it is understood now. seen is the draft's UpdatedAt as the caller has looked at it: where somebody corrected
// it since, he must look again; 0 asks for nothing.
func (s *Service) Begin(ctx context.Context, which id.ID, dryRun bool, seen int64) (Import, error) {
	i, err := s.draft(ctx, which)
	if err != nil {
		return i, err
	}
	if seen != 0 && seen != i.UpdatedAt {
		return i, errs.New(errs.Conflict, "import.corrected", "Somebody corrected this import meanwhile, maybe you in another window. Look at what will happen and start it again.")
	}
	if s.Room != nil {
		if err := s.Room(); err != nil {
			return i, err
		}
	}
	p, err := s.plan(&i)
	if err != nil {
		return i, err
	}
	if p.Problem != "" {
		return i, errs.New(errs.Invalid, "import.problem", "%s", p.Problem)
	}
	if len(p.Missing) > 0 {
		return i, errs.New(errs.Invalid, "import.column_missing", "Say which column holds the %s.", strings.Join(p.Missing[0], " or "))
	}
	i.Mapping = settled(p, i.Mapping)
	h, err := s.readDigest(which)
	if err != nil {
		return i, err
	}
	if err := i.name(h); err != nil {
		return i, err
	}
	i.Status, i.DryRun, i.UpdatedAt = Waiting, dryRun, clock.Micros(s.Clock.Now())
	i.SpeaksAt = i.UpdatedAt
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		if err := s.place(ctx, tx, &i); err != nil {
			return err
		}
		if err := s.keepDraft(ctx, tx, &i); err != nil {
			return err
		}
		return s.audit(ctx, tx, "import.started", &i)
	})
	if err == nil {
		s.nudge()
	}
	return i, err
}

// settled keeps of a plan what the header alone does not tell, so that the worker reads the file as it was shown. Where the header tells all,
// nothing is added: then the file is the same statement as when the command line brings it.
func settled(p Plan, given map[string]string) map[string]string {
	out := map[string]string{}
	for k, v := range given {
		out[k] = v
	}
	for _, c := range p.Columns {
		if c.By == "content" {
			out[c.Field] = c.Name
		}
	}
	return out
}

// Discard forgets a draft and its file.
func (s *Service) Discard(ctx context.Context, which id.ID) error {
	i, err := s.Get(ctx, which)
	if err != nil {
		return err
	}
	gone, err := deleteDraft(ctx, s.DB, which)
	if err != nil {
		return err
	}
	if !gone {
		return errs.New(errs.Conflict, "import.state", "The import is %s; only a draft can be discarded.", i.Status)
	}
	s.removeAll(which)
	return nil
}

// roomEvery is after how many unpacked bytes it is asked whether there is still room.
const roomEvery = 64 << 20

// unpack replaces a file packed with gzip or bzip2 by what is in it.
func (s *Service) unpack(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open import file: %w", err)
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, 16)
	n, _ := io.ReadFull(f, head)
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read import file: %w", err)
	}
	var in io.Reader
	switch {
	case n >= 3 && head[0] == 0x1f && head[1] == 0x8b:
		z, err := gzip.NewReader(bufio.NewReader(f))
		if err != nil {
			return errs.New(errs.Invalid, "import.packed", "The file is said to be packed with gzip, but it cannot be unpacked: %v.", err)
		}
		in = z
	case n >= 4 && bytes.Equal(head[:3], []byte("BZh")) && head[3] >= '1' && head[3] <= '9':
		in = bzip2.NewReader(bufio.NewReader(f))
	default:
		return foreign(head[:n])
	}
	err = replaceFile(path, &roomy{r: in, room: s.Room, ctx: ctx})
	if err == nil || errs.As(err) != nil || sqldb.IsFull(err) {
		return err
	}
	return errs.New(errs.Invalid, "import.packed", "The file is packed, and it cannot be unpacked to its end. Is it complete?").Because(err)
}

// roomy stops reading when the disk is nearly full: a small file may unpack to a very big one.
type roomy struct {
	r    io.Reader
	room func() error
	ctx  context.Context
	n    int64
}

func (r *roomy) Read(b []byte) (int, error) {
	if r.n >= roomEvery {
		r.n = 0
		if err := r.ctx.Err(); err != nil {
			return 0, err
		}
		if r.room != nil {
			if err := r.room(); err != nil {
				return 0, err
			}
		}
	}
	n, err := r.r.Read(b)
	r.n += int64(n)
	return n, err
}
