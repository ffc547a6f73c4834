package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rapport/internal/base/id"
)

// bodyTime bounds how long a JSON body may take to arrive; uploads may take as long as they need.
const bodyTime = 30 * time.Second

// policy lets pages load only what this server sends; pictures may come from anywhere, because shops host their own. Inline styles
// are what the component library writes.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; connect-src 'self'; " +
	"font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"

var securityHeaders = map[string]string{
	"Content-Security-Policy":    policy,
	"X-Content-Type-Options":     "nosniff",
	"X-Frame-Options":            "DENY",
	"Referrer-Policy":            "same-origin",
	"Cross-Origin-Opener-Policy": "same-origin",
	"Permissions-Policy":         "camera=(), microphone=(), geolocation=(), payment=()",
}

type logKey struct{}

func logOf(ctx context.Context) *slog.Logger {
	if l, ok := ctx.Value(logKey{}).(*slog.Logger); ok {
		return l
	}
	return slog.Default()
}

// recorder remembers the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush passes a stream on.
func (r *recorder) Flush() {
	if f, ok := r.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

var goodRequestID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// around is what happens to every request but the bare ones.
func (s *Server) around(pattern string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := s.config.Clock.Now()
		ip, https := s.Peer(r)
		req := &Request{ID: r.Header.Get("X-Request-Id"), IP: ip, Agent: r.UserAgent(), HTTPS: https, route: pattern}
		if !goodRequestID.MatchString(req.ID) {
			req.ID = id.Secret(9)
		}
		h := w.Header()
		h.Set("X-Request-Id", req.ID)
		for k, v := range securityHeaders {
			h.Set(k, v)
		}
		if req.HTTPS {
			h.Set("Strict-Transport-Security", s.strictTransport())
		}
		rec := &recorder{ResponseWriter: w}
		ctx := context.WithValue(r.Context(), requestKey{}, req)
		r = r.WithContext(context.WithValue(ctx, logKey{}, s.config.Log))
		req.Token = SessionToken(r)
		defer func() {
			s.caught(recover(), rec, r)
			took := s.config.Clock.Now().Sub(start)
			s.config.Log.DebugContext(ctx, "request", "method", r.Method, "path", r.URL.Path, "status", rec.status,
				"took", took, "ip", req.IP, "id", req.ID)
			if s.config.Observe != nil {
				s.config.Observe(req.route, r.Method, rec.status, took)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// strictTransport tells browsers to come by HTTPS alone from now on, or, before a return to plain HTTP, to forget that.
func (s *Server) strictTransport() string {
	if s.config.ForgetHTTPS {
		return "max-age=0"
	}
	return "max-age=31536000"
}

// survive catches panics and does nothing else.
func (s *Server) survive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		defer func() { s.caught(recover(), rec, r) }()
		next.ServeHTTP(rec, r)
	})
}

// caught answers a panic with 500, or cuts the connection where the answer has begun.
func (s *Server) caught(p any, rec *recorder, r *http.Request) {
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	err := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	if rec.status == 0 {
		s.WriteError(rec, r, err)
		return
	}
	s.config.Log.ErrorContext(r.Context(), "request failed after its answer had begun", "error", err)
	panic(http.ErrAbortHandler)
}

// checkPermission spares work for those who will be refused anyway, and tells log and metrics which operation this is.
func (s *Server) checkPermission(c huma.Context, next func(huma.Context)) {
	if req, ok := c.Context().Value(requestKey{}).(*Request); ok {
		req.route = c.Operation().OperationID
	}
	permission := PermissionOf(c.Operation())
	if s.config.Allow != nil && permission != "" && permission != Public && permission != SignedIn {
		if err := s.config.Allow(c.Context(), permission); err != nil {
			r, w := humago.Unwrap(c)
			s.WriteError(w, r, err)
			return
		}
	}
	next(c)
}

// limitBody bounds the size of a body by the operation and the time it may take to arrive.
func (s *Server) limitBody(c huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(c)
	if r.Body == nil || r.Body == http.NoBody {
		next(c)
		return
	}
	limit := c.Operation().MaxBodyBytes
	upload := isUpload(c.Operation())
	if upload && limit <= 1<<20 { // huma's default, meant for JSON
		limit = maxUpload
	}
	if limit > 0 {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
	}
	if !upload {
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(s.config.Clock.Now().Add(bodyTime)) // not every writer can, as in tests
		r.Body = &timedBody{ReadCloser: r.Body, done: func() { _ = control.SetReadDeadline(time.Time{}) }}
	}
	next(c)
}

func isUpload(op *huma.Operation) bool {
	if op.RequestBody == nil {
		return false
	}
	_, ok := op.RequestBody.Content["multipart/form-data"]
	return ok || isBulk(op)
}

// timedBody takes its deadline off the connection once it was read to its end; left there it would cancel a slow handler. A body that did not come
// in time keeps it: the server would wait for the rest of it otherwise.
type timedBody struct {
	io.ReadCloser
	done func()
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.done()
	}
	return n, err
}
