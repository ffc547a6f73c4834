package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
)

// keyLife is how long an answer can be asked for again; unfinishedAfter is when a request that gave none counts as broken off.
const (
	keyLife         = 24 * time.Hour
	unfinishedAfter = 10 * time.Minute
	maxKeyLength    = 255
)

// idempotency answers a repeated POST with the first answer instead of doing the work twice.
//
// The key belongs to the caller and the operation. Only successes are kept: after a refusal or a fault nothing was done, so the
// same key may try again. If the server dies between the work and its answer, the key stays "running": nobody knows
// whether the work was done, and that is what the caller is told.
type idempotency struct {
	db        *sqldb.DB
	clock     clock.Clock
	caller    func(context.Context) string
	lastPurge atomic.Int64
}

type keptAnswer struct {
	ContentType string          `json:"content_type"`
	Location    string          `json:"location,omitempty"`
	Body        json.RawMessage `json:"body"`
}

// replay is the middleware. An upload is not read into memory for its hash: for it the key alone decides.
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
	hash := "upload"
	if !isUpload(op) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.WriteError(w, r, newProblem(nil, http.StatusInternalServerError, "cannot read request body", err))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		sum := sha256.Sum256(append([]byte(r.URL.RequestURI()+"\n"), body...))
		hash = hex.EncodeToString(sum[:])
	}
	scope := caller + " " + op.OperationID
	answer, err := s.idem.begin(r.Context(), scope, key, hash)
	if err != nil {
		s.WriteError(w, r, err)
		return
	}
	if answer != nil {
		answer.write(w)
		return
	}
	s.first(op, r, w, scope, key, next)
}

// first runs the operation and keeps its answer if it is a success.
func (s *Server) first(op *huma.Operation, r *http.Request, w http.ResponseWriter, scope, key string, next func(huma.Context)) {
	// The client may be gone when the work is done; its answer is to be kept all the same.
	ctx := context.WithoutCancel(r.Context())
	rec := &copying{recorder: recorder{ResponseWriter: w}}
	finished := false
	defer func() {
		var err error
		if finished && rec.status >= 200 && rec.status < 300 {
			err = s.idem.keep(ctx, scope, key, rec)
		} else {
			err = releaseKey(ctx, s.idem.db, scope, key)
		}
		if err != nil {
			logOf(ctx).ErrorContext(ctx, "idempotency key not settled", "error", err)
		}
	}()
	next(humago.NewContext(op, r, rec))
	finished = true
}

// begin claims the key (nil, nil), gives the answer that was kept for it, or refuses.
func (i *idempotency) begin(ctx context.Context, scope, key, hash string) (*storedAnswer, error) {
	now := i.clock.Now()
	if last := i.lastPurge.Load(); now.UnixMicro()-last > time.Hour.Microseconds() && i.lastPurge.CompareAndSwap(last, now.UnixMicro()) {
		if err := deleteKeysBefore(ctx, i.db, clock.Micros(now.Add(-keyLife))); err != nil {
			return nil, err
		}
	}
	for range 3 {
		mine, err := claimKey(ctx, i.db, scope, key, hash, clock.Micros(now))
		if mine || err != nil {
			return nil, err
		}
		k, found, err := selectKey(ctx, i.db, scope, key)
		switch {
		case err != nil:
			return nil, err
		case !found: // released between the two statements
		case now.Sub(clock.FromMicros(k.createdAt)) > keyLife:
			if err := releaseKey(ctx, i.db, scope, key); err != nil {
				return nil, err
			}
		case k.bodyHash != hash:
			return nil, errs.New(errs.Invalid, "idempotency.reused",
				"This Idempotency-Key was sent before with another request. Use a new key for a new request.")
		case k.status == 0 && now.Sub(clock.FromMicros(k.createdAt)) > unfinishedAfter:
			return nil, errs.New(errs.Conflict, "idempotency.unfinished",
				"The first request with this Idempotency-Key was broken off. Look whether it took effect, then use a new key.")
		case k.status == 0:
			return nil, errs.New(errs.Conflict, "idempotency.running", "The first request with this Idempotency-Key is still running.").After(1)
		default:
			a := &storedAnswer{status: k.status}
			if err := json.Unmarshal([]byte(k.answer), &a.keptAnswer); err != nil {
				return nil, fmt.Errorf("read kept answer: %w", err)
			}
			return a, nil
		}
	}
	return nil, errs.New(errs.Conflict, "idempotency.running", "Other requests with this Idempotency-Key are running.").After(1)
}

func (i *idempotency) keep(ctx context.Context, scope, key string, rec *copying) error {
	a := keptAnswer{ContentType: rec.Header().Get("Content-Type"), Location: rec.Header().Get("Location"), Body: rec.body.Bytes()}
	if len(a.Body) == 0 {
		a.Body = json.RawMessage("null")
	}
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	return keepAnswer(ctx, i.db, scope, key, rec.status, string(b))
}

type storedAnswer struct {
	keptAnswer
	status int
}

func (a *storedAnswer) write(w http.ResponseWriter) {
	w.Header().Set("Idempotency-Replayed", "true")
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
	}
	if string(a.Body) == "null" {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", a.ContentType)
	w.WriteHeader(a.status)
	_, _ = w.Write(append(a.Body, '\n'))
}

// copying keeps what is written.
type copying struct {
	recorder
	body bytes.Buffer
}

func (c *copying) Write(b []byte) (int, error) {
	c.body.Write(b)
	return c.recorder.Write(b)
}
