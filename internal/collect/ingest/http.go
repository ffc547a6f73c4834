package ingest

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/collect/ingest/event"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/sqldb"
)

// Prefixes are the addresses that Handler answers.
func Prefixes() []string {
	return []string{"/v1/", "/beacon/v1/", "/analytics.js/", "/sourceConfig/", "/sourceConfig"}
}

// doors maps what follows /v1/ to the kind of call; Unknown is a batch.
var doors = map[string]event.Kind{
	"batch": event.Unknown, "b": event.Unknown, "import": event.Unknown,
	"track": event.Track, "t": event.Track, "page": event.Page, "p": event.Page, "screen": event.Screen, "s": event.Screen,
	"identify": event.Identify, "i": event.Identify, "group": event.Group, "g": event.Group, "alias": event.Alias, "a": event.Alias,
}

// allowHeaders are those that the libraries of Segment and RudderStack send across origins.
const allowHeaders = "authorization, content-type, content-encoding, x-retry-count, anonymousid, sentat, rsa-retry-attempt, rsa-retry-reason, " +
	"rsa-since-first-attempt, rsa-since-last-attempt"

// Front tells what stands before the program: where a visitor is, who may be behind a proxy, and under which address we are reached.
type Front interface {
	Peer(r *http.Request) (ip string, https bool)
	Base(r *http.Request) (scheme, host string)
}

// Handler answers the tracking calls and what browser libraries ask for at their start. It stands outside the API: no session, no problem
// documents; any page may call it, since a key is asked for and nothing is told.
func (s *Service) Handler(front Front) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, front) })
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request, front Front) {
	h := w.Header()
	h["Access-Control-Allow-Origin"] = allowAny
	if r.Method == http.MethodOptions {
		h.Set("Access-Control-Allow-Methods", "GET, POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", allowHeaders)
		h.Set("Access-Control-Max-Age", "86400")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	path := strings.TrimSuffix(r.URL.Path, "/")
	name, tracking := strings.CutPrefix(strings.TrimPrefix(path, "/beacon"), "/v1/")
	switch kind, known := doors[name]; {
	case tracking && known:
		s.serveTracking(w, r, kind, front)
	case tracking && strings.HasPrefix(name, "projects/") && strings.HasSuffix(name, "/settings"):
		s.serveSettings(w, r, strings.TrimSuffix(strings.TrimPrefix(name, "projects/"), "/settings"), front)
	case strings.HasPrefix(path, "/analytics.js/v1/"):
		serveScript(w)
	case path == "/sourceConfig":
		s.serveSourceConfig(w, r)
	case tracking && name == "m": // the library's own metrics
		w.WriteHeader(http.StatusNoContent)
	default:
		writeError(w, errs.New(errs.NotFound, "ingest.address", "There is nothing at this address."))
	}
}

var (
	allowAny = []string{"*"}
	jsonType = []string{"application/json"}
)

// bodyTime bounds how long a body may take to arrive.
const bodyTime = 30 * time.Second

// maxDrain is how much of a request that is too large is read and thrown away, so that the sender hears the answer.
const maxDrain = 32 << 20

func (s *Service) serveTracking(w http.ResponseWriter, r *http.Request, kind event.Kind, front Front) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	if r.ContentLength > event.MaxBody {
		_, _ = io.CopyN(io.Discard, r.Body, min(r.ContentLength, maxDrain))
		writeError(w, errTooLarge)
		return
	}
	if err := s.Disk.Room(); err != nil {
		writeError(w, err)
		return
	}
	room, ok := s.reserve(r.ContentLength)
	if !ok {
		writeError(w, errBusy)
		return
	}
	defer s.release(room)
	// Who sends its body a byte at a time holds room that others need. The next request gets a deadline of its own.
	_ = http.NewResponseController(w).SetReadDeadline(s.Clock.Now().Add(bodyTime)) // not every writer can, as in tests
	b := borrow()
	defer b.giveBack()
	if err := b.read(r.Body, r.ContentLength); err != nil {
		if err == errTooLarge {
			_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
		}
		writeError(w, err)
		return
	}
	c := call{kind: kind, encoding: strings.ToLower(r.Header.Get("Content-Encoding")), key: keyOf(r)}
	c.ip, _ = front.Peer(r)
	if c.key == "" && r.URL.RawQuery != "" {
		c.queryKey = r.URL.Query().Get("writeKey")
	}
	answer, err := s.take(r.Context(), b, &c)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header()["Content-Type"] = jsonType
	b.plain = answer.append(b.plain[:0])
	_, _ = w.Write(b.plain)
}

// keyOf gives the key of the header: the user name of Basic authentication, or a bearer token.
func keyOf(r *http.Request) string {
	if user, password, ok := r.BasicAuth(); ok {
		if user == "" {
			return password
		}
		return user
	}
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return strings.TrimSpace(key)
}

var statusOf = map[errs.Kind]int{
	errs.Malformed: http.StatusBadRequest, errs.Invalid: http.StatusBadRequest, errs.TooLarge: http.StatusBadRequest,
	errs.Unauthorized: http.StatusUnauthorized, errs.Forbidden: http.StatusForbidden, errs.NotFound: http.StatusNotFound,
	errs.RateLimited: http.StatusTooManyRequests, errs.Unavailable: http.StatusServiceUnavailable,
}

func writeError(w http.ResponseWriter, err error) {
	e := errs.As(err)
	if e == nil || statusOf[e.Kind] == 0 {
		e = errs.New(errs.Unavailable, "ingest.unavailable", "The server cannot answer at the moment. Send it again later.").After(5)
	}
	status := statusOf[e.Kind]
	w.Header()["Content-Type"] = jsonType
	if e.RetryAfter > 0 {
		after := strconv.Itoa(e.RetryAfter)
		w.Header().Set("Retry-After", after)
		w.Header().Set("X-RateLimit-Reset", after)
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After, X-RateLimit-Reset") // else no page of another origin may read them
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="write key"`)
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"success": false, "code": e.Code, "message": sqldb.Clean(e.Message)})
}

// serveSettings answers what Segment's browser library asks for at its start. It takes the write key from here.
func (s *Service) serveSettings(w http.ResponseWriter, r *http.Request, key string, front Front) {
	if _, err := s.source(r.Context(), key); err != nil {
		if errs.Is(err, errs.Unauthorized) {
			err = errs.New(errs.NotFound, "ingest.key_unknown", "There is no source with this write key.")
		}
		writeError(w, err)
		return
	}
	scheme, host := front.Base(r)
	all := map[string]any{"__default": map[string]any{"enabled": true, "integrations": map[string]any{}}}
	writeJSON(w, map[string]any{
		"integrations": map[string]any{"Segment.io": map[string]any{
			"apiKey": key, "apiHost": host + "/v1", "protocol": scheme, "unbundledIntegrations": []string{}, "addBundledMetadata": false,
			"versionSettings": map[string]any{"version": "4.4.7", "componentTypes": []string{"browser"}},
		}},
		"plan":         map[string]any{"track": all, "identify": all, "group": all},
		"edgeFunction": map[string]any{}, "middlewareSettings": map[string]any{}, "enabledMiddleware": map[string]any{},
		"metrics": map[string]any{"sampleRate": 0}, "analyticsNextEnabled": true, "legacyVideoPluginsEnabled": false, "remotePlugins": []string{},
	})
}

// serveSourceConfig answers what RudderStack's browser library asks for at its start: a source without destinations.
func (s *Service) serveSourceConfig(w http.ResponseWriter, r *http.Request) {
	key := keyOf(r)
	if key == "" {
		key = r.URL.Query().Get("writeKey")
	}
	src, err := s.source(r.Context(), key)
	if err != nil {
		writeError(w, err)
		return
	}
	off := map[string]any{"enabled": false}
	writeJSON(w, map[string]any{
		"source": map[string]any{
			"id": src.ID.String(), "name": "Rapport", "writeKey": key, "enabled": true, "workspaceId": src.ShopID.String(),
			"config":       map[string]any{"statsCollection": map[string]any{"errors": off, "metrics": off}},
			"destinations": []string{}, "connections": []string{}, "dataplanes": map[string]any{},
			"sourceDefinition": map[string]any{"name": "Javascript", "category": nil},
		},
		"updatedAt": clock.FromMicros(clock.Micros(s.Clock.Now())).Format(time.RFC3339),
	})
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header()["Content-Type"] = jsonType
	w.Header().Set("Cache-Control", "public, max-age=60")
	_ = json.NewEncoder(w).Encode(v)
}

// serveScript answers Segment's snippet, which loads its library from here. The library is not ours to give.
func serveScript(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=60")
	_, _ = io.WriteString(w, `console.warn("Rapport takes the events of analytics.js but does not hand out the library: `+
		`load @segment/analytics-next from your own site and give it this address as cdnURL. See docs/tracking.md.");`+"\n")
}

type statusBody struct {
	Version string       `json:"version"`
	Engine  statusEngine `json:"engine"`
	Ingest  statusIngest `json:"ingest"`
	Disk    statusDisk   `json:"disk"`
}

type statusDisk struct {
	State string `json:"state" enum:"ok,low,full" doc:"low: make room; full: new events and files are refused until there is"`
	Free  int64  `json:"free_bytes" doc:"On the data directory's disk"`
	Total int64  `json:"total_bytes"`
}

type statusEngine struct {
	Store     string `json:"store" enum:"sqlite,postgres"`
	Warehouse string `json:"warehouse" enum:"duckdb,postgres"`
}

type statusIngest struct {
	Accepted   int64   `json:"accepted" doc:"Events answered with 200, refused ones too; kept across restarts, as are the next three"`
	Applied    int64   `json:"applied" doc:"In profile and warehouse"`
	Refused    int64   `json:"refused" doc:"Kept for inspection under /refused-events"`
	Duplicates int64   `json:"duplicates" doc:"Messages that had come before"`
	LagSeconds float64 `json:"lag_seconds" doc:"Age of the oldest event that is not in the warehouse yet; 0 when nothing waits"`
}

type body[T any] struct{ Body T }

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("get-status", "GET /api/v1/status", "How far the work is", role.StatusRead),
		func(ctx context.Context, _ *struct{}) (*body[statusBody], error) {
			if err := role.Require(ctx, role.StatusRead); err != nil {
				return nil, err
			}
			st, err := s.Status(ctx)
			if err != nil {
				return nil, err
			}
			return &body[statusBody]{statusBody{Version: s.Version, Engine: statusEngine{string(s.DB.Engine()), s.Warehouse.Engine()},
				Ingest: statusIngest{st.Accepted, st.Applied, st.Refused, st.Duplicates, st.Lag.Seconds()},
				Disk:   statusDisk{string(s.Disk.State()), s.Disk.Space().Free, s.Disk.Space().Total}}}, nil
		})
	s.debugRoutes(api)
}
