// Package httpapi is the front door's machinery: one server, one form of request, answer and error for every feature.
//
// It owns the API (huma over the standard mux; the Go structs are the contract and OpenAPI 3.1 is generated from them), what
// happens around every request (request id, panics, access log, security headers, body limits, compression, protection
// against foreign origins), the translation of errors into RFC 9457 problems, and idempotency keys. It knows nothing of
// users or roles: who is asking is found out by the Authenticate hook, which app fills, and carried in the context.
//
// Life of a request under /api: request id and headers -> cross-origin check -> Authenticate -> the operation's declared
// permission (so that a stranger's upload is not even read) -> idempotency -> parse and validate -> handler. The
// permission is decided in the service behind the handler; the check at the door only spares work.
//
// Invariants: every answer under /api that is not a success is application/problem+json with a code; a fault of ours is logged
// once, under the reference that its answer carries; secrets are never stored with an idempotency key.
// Nothing is announced from here.
package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzhttp"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
)

// The cookie that carries a session's token. Under HTTPS it has the prefix with which browsers promise that this very host set it over
// HTTPS; a name of its own for each scheme also means that a cookie of one never stands in the way of the other.
const (
	CookieName       = "rapport_session"
	SecureCookieName = "__Host-rapport_session"
)

// SessionCookie gives the name of the cookie under HTTPS or plain HTTP.
func SessionCookie(https bool) string {
	if https {
		return SecureCookieName
	}
	return CookieName
}

// maxUpload bounds a multipart upload where the operation sets no limit of its own.
const maxUpload = 4 << 30

// Config is what a Server needs. Version and Log are enough to write the specification.
type Config struct {
	Version string
	Log     *slog.Logger
	Clock   clock.Clock

	// Authenticate finds out who is asking and puts him into the context; an error ends the request. A request without any
	// credentials is not an error here: the services refuse strangers themselves.
	Authenticate func(*http.Request) (context.Context, error)
	// Allow is asked with the permission an operation declares before its body is read; nil leaves it to the services alone.
	Allow func(ctx context.Context, permission string) error
	// Caller names the one who asks, "" for a stranger; idempotency keys of different callers never meet.
	Caller func(context.Context) string
	// DB keeps the answers to POST requests that carry an Idempotency-Key; nil ignores the header.
	DB *sqldb.DB
	// TrustedProxies are the addresses whose forwarding headers are believed.
	TrustedProxies []netip.Prefix
	// Forwarded reads the header Forwarded (RFC 7239) instead of X-Forwarded-For and X-Forwarded-Proto. Only one form is ever believed: a proxy
	// passes on what it does not know, so the other may be the visitor's own word.
	Forwarded bool
	// PublicURL is the address people use, like https://crm.shop.example; empty: that of the request.
	PublicURL *url.URL
	// RefusePlain refuses to take passwords and to hand out sessions over plain HTTP from public addresses.
	RefusePlain bool
	// ForgetHTTPS takes back what browsers were told of coming by HTTPS alone.
	ForgetHTTPS bool
	// Observe hears of every finished request: the operation id or mount pattern, the status and the time taken.
	Observe func(route, method string, status int, took time.Duration)
}

// Server is the front door. Register every operation and mount every handler before the first request.
type Server struct {
	config Config
	root   *http.ServeMux
	apiMux *http.ServeMux
	api    huma.API
	origin *http.CrossOriginProtection
	idem   *idempotency

	specOnce sync.Once
	specJSON []byte
	specErr  error
}

var globals sync.Once

// New makes a server without operations.
func New(c Config) *Server {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	// huma keeps these two in package variables; both are the same for every server.
	globals.Do(func() {
		huma.NewErrorWithContext = newProblem
		huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
			return newProblem(nil, status, message, errs...)
		}
		huma.DefaultArrayNullable = false
	})
	s := &Server{config: c, root: http.NewServeMux(), apiMux: http.NewServeMux(), origin: http.NewCrossOriginProtection()}
	s.api = humago.New(s.apiMux, apiConfig(c.Version))
	if c.PublicURL != nil { // a proxy may give the request another Host than the page has
		if err := s.origin.AddTrustedOrigin(c.PublicURL.String()); err != nil {
			c.Log.Error("the public address cannot be trusted as an origin", "error", err)
		}
	}
	s.api.UseMiddleware(s.refusePlain, s.limitBody, s.checkPermission)
	if c.DB != nil && c.Caller != nil {
		s.idem = newIdempotency(c.DB, c.Clock, c.Caller)
		s.api.UseMiddleware(s.replay)
	}
	s.apiMux.HandleFunc("GET /api/openapi.json", s.serveSpec)
	s.apiMux.HandleFunc("/api/", s.noSuchAddress)
	s.Handle("/api/", s.guard(s.apiMux))
	return s
}

func apiConfig(version string) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Rapport", Version: version,
				Description: "Everything Rapport does. Amounts are {\"amount\", \"currency\"} objects, ids are strings, times RFC 3339 in UTC; " +
					"lists are paged by an opaque cursor; every error is a problem (RFC 9457) with a stable code.",
			},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key":     {Type: "http", Scheme: "bearer", Description: "An API key with the scope read or write."},
					"session": {Type: "apiKey", In: "cookie", Name: CookieName, Description: "A signed-in user; under HTTPS the cookie is called " + SecureCookieName + "."},
				},
			},
			OnAddOperation: []huma.AddOpFunc{describe},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
}

// API is where features register their operations.
func (s *Server) API() huma.API { return s.api }

// Handle mounts a handler outside the API (web app, health, metrics) behind the same request id, log and headers.
func (s *Server) Handle(pattern string, h http.Handler) { s.root.Handle(pattern, s.around(pattern, h)) }

// HandleBare mounts a handler that looks after itself: only panics are caught. For the hot paths of tracking.
func (s *Server) HandleBare(pattern string, h http.Handler) { s.root.Handle(pattern, s.survive(h)) }

// Handler is the whole door, ready for an http.Server.
func (s *Server) Handler() http.Handler { return s.root }

// guard is what stands before every operation.
func (s *Server) guard(next http.Handler) http.Handler {
	checked := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A key is sent by a program on purpose; only what a browser adds by itself can be abused from a foreign page.
		if r.Header.Get("Authorization") == "" {
			if err := s.origin.Check(r); err != nil {
				s.WriteError(w, r, errs.New(errs.Forbidden, "request.cross_origin",
					"The request comes from a page of another site and was refused.").Because(err))
				return
			}
		}
		w.Header().Set("Cache-Control", "no-store")
		if s.config.Authenticate != nil {
			ctx, err := s.config.Authenticate(r)
			if err != nil {
				s.WriteError(w, r, err)
				return
			}
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
	zip, err := gzhttp.NewWrapper(gzhttp.MinSize(1400),
		gzhttp.ContentTypes([]string{"application/json", "application/problem+json", "application/openapi+json", "text/csv"}))
	if err != nil { // only a wrong option can cause this
		s.config.Log.Error("answers will not be compressed", "error", err)
		return checked
	}
	return zip(checked)
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// noSuchAddress answers what no operation matched, and tells a wrong method from a wrong address.
func (s *Server) noSuchAddress(w http.ResponseWriter, r *http.Request) {
	for _, m := range methods {
		if m == r.Method {
			continue
		}
		probe := r.Clone(r.Context())
		probe.Method = m
		if _, pattern := s.apiMux.Handler(probe); pattern != "/api/" {
			w.Header().Add("Allow", m)
		}
	}
	if w.Header().Get("Allow") != "" {
		s.writeProblem(w, &Problem{Status: http.StatusMethodNotAllowed, Code: "request.method",
			Detail: fmt.Sprintf("%s is not possible at %s.", r.Method, r.URL.Path)})
		return
	}
	s.WriteError(w, r, errs.New(errs.NotFound, "request.address", "There is nothing at %s.", r.URL.Path))
}

// Spec gives the OpenAPI document as JSON and as YAML. It needs no running server.
func (s *Server) Spec() (jsonDoc, yamlDoc []byte, err error) {
	jsonDoc, err = json.MarshalIndent(s.api.OpenAPI(), "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("write openapi: %w", err)
	}
	yamlDoc, err = s.api.OpenAPI().YAML()
	if err != nil {
		return nil, nil, fmt.Errorf("write openapi: %w", err)
	}
	return append(jsonDoc, '\n'), yamlDoc, nil
}

func (s *Server) serveSpec(w http.ResponseWriter, r *http.Request) {
	s.specOnce.Do(func() { s.specJSON, s.specErr = json.Marshal(s.api.OpenAPI()) })
	if s.specErr != nil {
		s.WriteError(w, r, fmt.Errorf("write openapi: %w", s.specErr))
		return
	}
	w.Header().Set("Content-Type", "application/openapi+json")
	_, _ = w.Write(s.specJSON)
}
