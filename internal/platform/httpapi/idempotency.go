package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/once"
	"rapport/internal/platform/sqldb"
)

const (
	keyLife      = 24 * time.Hour // how long an answer can be asked for again
	maxKeyLength = 255
	maxAnswer    = 1 << 20         // bytes of an answer that is kept; a longer one is not, only that it was given
	maxKeys      = 1_000_000       // keys that are kept at a time
	patience     = 5 * time.Second // how long the second of two requests waits for the answer of the first
	// lease is how long the key of another program on the same database is taken for being worked on. It may be short: who was
	// overtaken can commit nothing any more.
	lease = 2 * time.Minute
)

// The states of a key; from 200 on it is the status of the kept answer.
const (
	keyRunning = 0 // claimed; nothing was committed
	keyDone    = 1 // something was committed, its answer is not kept
)

// idempotency answers a repeated POST with the first answer instead of doing the work twice.
//
// The key belongs to the caller and the operation. It is claimed before anything is done; every transaction of the request then notes
// as its last statement that the key took effect (sqldb.WithCommit), and where what it made can be read (once.Made). So:
//
//   - two at once: the second waits for the first and gets its answer;
//   - a refusal or a fault before anything was committed: the key is free again;
//   - the program died before a commit: the key is free for the next request, since nothing was done;
//   - it died between commit and answer: the answer is what was made, read anew; where nothing tells what that was, the caller is told
//     that it took effect.
//
// What a request does outside of the operational store (files of an import) is not covered by the note.
type idempotency struct {
	db        *sqldb.DB
	clock     clock.Clock
	caller    func(context.Context) string
	boot      string // names this program among those on one database
	lastPurge atomic.Int64
	claims    atomic.Int64
	full      atomic.Bool

	mu       sync.Mutex
	inFlight map[string]chan struct{} // by token; closed when the request is over
}

func newIdempotency(db *sqldb.DB, c clock.Clock, caller func(context.Context) string) *idempotency {
	return &idempotency{db: db, clock: c, caller: caller, boot: id.Secret(9), inFlight: map[string]chan struct{}{}}
}

type keptAnswer struct {
	ContentType string          `json:"content_type"`
	Location    string          `json:"location,omitempty"`
	Body        json.RawMessage `json:"body,omitempty"`
	Text        string          `json:"text,omitempty"` // of what is not one JSON value
}

// replay is the middleware. The body of an upload is not read into memory for its hash: for files the key alone decides, for lines the
// hash is made while they pass.
func (s *Server) replay(c huma.Context, next func(huma.Context)) {
	key := c.Header("Idempotency-Key")
	op := c.Operation()
	caller := s.idem.caller(c.Context())
	if key == "" || op.Method != http.MethodPost || caller == "" || op.Extensions[secretKey] == true {
		next(c)
		return
	}
	r, w := humago.Unwrap(c)
	if len(key) > maxKeyLength || strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
		s.WriteError(w, r, errs.New(errs.Malformed, "idempotency.key", "An Idempotency-Key is at most %d printable ASCII characters.", maxKeyLength))
		return
	}
	k := &heldKey{idem: s.idem, scope: caller + " " + op.OperationID, key: key, hash: "upload"}
	switch {
	case isBulk(op):
		k.running = sha256.New()
		k.hash = ""
		r.Body = &hashedBody{ReadCloser: r.Body, sum: k.running}
	case !isUpload(op):
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.WriteError(w, r, newProblem(nil, http.StatusInternalServerError, "cannot read request body", err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sum := sha256.Sum256(append([]byte(r.URL.RequestURI()+"\n"), body...))
		k.hash = hex.EncodeToString(sum[:])
	}
	before, err := s.idem.begin(r.Context(), k, r.Body)
	switch {
	case err != nil:
		s.WriteError(w, r, err)
	case before == nil:
		s.first(op, r, w, k, next)
	case before.status == keyDone:
		s.fromPlace(r, w, before.place)
	default:
		before.write(w)
	}
}

// heldKey is a key in the hands of one request.
type heldKey struct {
	idem              *idempotency
	scope, key, token string
	hash              string    // "" until the lines have passed
	running           hash.Hash // of lines
	claim             once.Claim
	committed         atomic.Bool
}

type hashedBody struct {
	io.ReadCloser
	sum hash.Hash
}

func (b *hashedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.sum.Write(p[:n])
	return n, err
}

func (k *heldKey) bodyHash() string {
	if k.running != nil {
		return hex.EncodeToString(k.running.Sum(nil))
	}
	return k.hash
}

// note is the last statement of every transaction of the request: it took effect. Where somebody else holds the key by now, it must not.
func (k *heldKey) note(ctx context.Context, tx *sqldb.Tx) error {
	mine, err := noteDone(ctx, tx, k.scope, k.key, k.token, k.claim.Place())
	if err != nil {
		return err
	}
	if !mine {
		return errs.New(errs.Conflict, "idempotency.taken", "Another request with this Idempotency-Key went on in place of this one; nothing was changed here.")
	}
	tx.OnCommit(func() { k.committed.Store(true) })
	return nil
}

// first runs the operation and keeps its answer if it is a success.
func (s *Server) first(op *huma.Operation, r *http.Request, w http.ResponseWriter, k *heldKey, next func(huma.Context)) {
	// The client may be gone when the work is done; its answer is to be kept all the same.
	ctx := context.WithoutCancel(r.Context())
	rec := &copying{recorder: recorder{ResponseWriter: w}}
	finished := false
	defer func() {
		defer s.idem.over(k.token)
		var err error
		switch {
		case finished && rec.status >= 200 && rec.status < 300 && !rec.long:
			err = s.idem.keep(ctx, k, rec)
		case finished && rec.status >= 200 && rec.status < 300, k.committed.Load():
			err = keepDone(ctx, s.idem.db, k.scope, k.key, k.token, k.bodyHash())
		default:
			err = releaseKey(ctx, s.idem.db, k.scope, k.key, k.token)
		}
		if err != nil {
			logOf(ctx).ErrorContext(ctx, "idempotency key not settled", "error", err)
		}
	}()
	next(humago.NewContext(op, r.WithContext(sqldb.WithCommit(once.With(r.Context(), &k.claim), k.note)), rec))
	finished = true
}

// fromPlace answers with what was made, as it stands now: the answer itself was lost when the program ended.
func (s *Server) fromPlace(r *http.Request, w http.ResponseWriter, place string) {
	if place == "" {
		s.WriteError(w, r, errs.New(errs.Conflict, "idempotency.done",
			"The first request with this Idempotency-Key took effect, but its answer is not known any more. Look at what it did; use a new key for a new request."))
		return
	}
	read := r.Clone(r.Context())
	read.Method, read.Body, read.ContentLength, read.RequestURI = http.MethodGet, http.NoBody, 0, place
	read.URL.Path, read.URL.RawPath, read.URL.RawQuery = place, "", ""
	read.Header.Del("Content-Type")
	w.Header().Set("Idempotency-Replayed", "true")
	s.apiMux.ServeHTTP(w, read)
}

// begin claims the key (nil, nil), gives the answer that was kept for it, or refuses.
func (i *idempotency) begin(ctx context.Context, k *heldKey, body io.Reader) (*storedAnswer, error) {
	if err := i.tidy(ctx); err != nil {
		return nil, err
	}
	k.token = i.boot + "." + id.Secret(9)
	for range 5 {
		now := i.clock.Now()
		i.enter(k.token)
		mine, err := claimKey(ctx, i.db, k.scope, k.key, k.hash, k.token, clock.Micros(now))
		if mine && err == nil {
			return nil, nil
		}
		i.over(k.token)
		if err != nil {
			return nil, err
		}
		have, found, err := selectKey(ctx, i.db, k.scope, k.key)
		if err != nil {
			return nil, err
		}
		if !found { // released between the two statements
			continue
		}
		if now.Sub(clock.FromMicros(have.createdAt)) > keyLife {
			if err := releaseKey(ctx, i.db, k.scope, k.key, have.token); err != nil {
				return nil, err
			}
			continue
		}
		answer, again, err := i.met(ctx, k, have, body)
		if !again {
			return answer, err
		}
	}
	return nil, errRunning
}

var errRunning = errs.New(errs.Conflict, "idempotency.running", "The first request with this Idempotency-Key is still running.").After(1)

// met decides about a key that somebody used before; again says to look once more.
func (i *idempotency) met(ctx context.Context, k *heldKey, have kept, body io.Reader) (*storedAnswer, bool, error) {
	live := i.wait(ctx, have.token)
	switch {
	case live == stillRunning:
		return nil, false, errRunning
	case live == wasRunning:
		return nil, true, nil
	case have.status < 200 && i.elsewhere(have):
		return nil, false, errRunning
	case have.status == keyRunning: // whose program died before anything was committed
		if have.bodyHash != "" && k.running == nil && have.bodyHash != k.hash {
			return nil, false, errReused
		}
		i.enter(k.token)
		mine, err := takeOver(ctx, i.db, k.scope, k.key, have.token, k.token, clock.Micros(i.clock.Now()))
		if !mine || err != nil {
			i.over(k.token)
		}
		return nil, !mine, err
	}
	if k.running != nil {
		if _, err := io.Copy(io.Discard, body); err != nil {
			return nil, false, err
		}
	}
	if have.bodyHash != "" && have.bodyHash != k.bodyHash() {
		return nil, false, errReused
	}
	a := &storedAnswer{status: have.status, place: have.place}
	if have.status >= 200 {
		if err := json.Unmarshal([]byte(have.answer), &a.keptAnswer); err != nil {
			return nil, false, fmt.Errorf("read kept answer: %w", err)
		}
	}
	return a, false, nil
}

var errReused = errs.New(errs.Invalid, "idempotency.reused",
	"This Idempotency-Key was sent before with another request. Use a new key for a new request.")

// elsewhere tells whether another program on the same database may still be at work on a key. On SQLite there is none.
func (i *idempotency) elsewhere(k kept) bool {
	if i.db.Engine() == sqldb.SQLite || strings.HasPrefix(k.token, i.boot+".") {
		return false
	}
	return i.clock.Now().Sub(clock.FromMicros(k.createdAt)) < lease
}

const (
	notRunning = iota
	wasRunning
	stillRunning
)

// wait waits a while for a request of this program that holds the token.
func (i *idempotency) wait(ctx context.Context, token string) int {
	i.mu.Lock()
	over := i.inFlight[token]
	i.mu.Unlock()
	if over == nil {
		return notRunning
	}
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-over:
		return wasRunning
	case <-ctx.Done():
	case <-t.C:
	}
	return stillRunning
}

func (i *idempotency) enter(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.inFlight[token] = make(chan struct{})
}

func (i *idempotency) over(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if c := i.inFlight[token]; c != nil {
		close(c)
		delete(i.inFlight, token)
	}
}

// tidy deletes keys that are too old once an hour, and refuses new ones while there are too many.
func (i *idempotency) tidy(ctx context.Context) error {
	now := i.clock.Now()
	if last := i.lastPurge.Load(); now.UnixMicro()-last > time.Hour.Microseconds() && i.lastPurge.CompareAndSwap(last, now.UnixMicro()) {
		if err := deleteKeysBefore(ctx, i.db, clock.Micros(now.Add(-keyLife))); err != nil {
			return err
		}
	}
	if i.claims.Add(1)%1000 == 0 || i.full.Load() {
		n, err := countKeys(ctx, i.db)
		if err != nil {
			return err
		}
		i.full.Store(n > maxKeys)
	}
	if i.full.Load() {
		return errs.New(errs.RateLimited, "idempotency.full", "More than %d requests with Idempotency-Keys came within a day. Send without one, or wait.", maxKeys).After(3600)
	}
	return nil
}

func (i *idempotency) keep(ctx context.Context, k *heldKey, rec *copying) error {
	a := keptAnswer{ContentType: rec.Header().Get("Content-Type"), Location: rec.Header().Get("Location")}
	if b := rec.body.Bytes(); json.Valid(b) {
		a.Body = b
	} else {
		a.Text = string(b)
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return keepAnswer(ctx, i.db, k.scope, k.key, k.token, k.bodyHash(), rec.status, string(b))
}

type storedAnswer struct {
	keptAnswer
	status int
	place  string
}

func (a *storedAnswer) write(w http.ResponseWriter) {
	w.Header().Set("Idempotency-Replayed", "true")
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	if len(a.Body) == 0 && a.Text == "" {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.status)
	if a.Text != "" {
		_, _ = io.WriteString(w, a.Text)
		return
	}
	_, _ = w.Write(append(a.Body, '\n'))
}

// copying keeps what is written, up to what is kept of an answer.
type copying struct {
	recorder
	body bytes.Buffer
	long bool
}

func (c *copying) Write(b []byte) (int, error) {
	if c.long = c.long || c.body.Len()+len(b) > maxAnswer; !c.long {
		c.body.Write(b)
	}
	return c.recorder.Write(b)
}
