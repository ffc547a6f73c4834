package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
)

// Problem is the body of every answer that is not a success (RFC 9457).
type Problem struct {
	Type      string       `json:"type" doc:"urn:rapport:problem: and the code" example:"urn:rapport:problem:request.invalid"`
	Title     string       `json:"title" doc:"The status in words" example:"Unprocessable Entity"`
	Status    int          `json:"status" doc:"The HTTP status" example:"422"`
	Detail    string       `json:"detail" doc:"What is wrong and what to do, in English" example:"The request has wrong values."`
	Code      string       `json:"code" doc:"Stable; programs decide and translate by it" example:"request.invalid"`
	Errors    []errs.Field `json:"errors,omitempty" doc:"The places in the request that are wrong"`
	Reference string       `json:"reference,omitempty" doc:"Under which a fault of the server stands in its log"`

	retryAfter int
	// fault is set where ours is the blame; it is logged where the problem is written, never shown.
	fault error
}

// Error gives the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

var statusOf = map[errs.Kind]int{
	errs.Internal:     http.StatusInternalServerError,
	errs.Invalid:      http.StatusUnprocessableEntity,
	errs.Malformed:    http.StatusBadRequest,
	errs.Unauthorized: http.StatusUnauthorized,
	errs.Forbidden:    http.StatusForbidden,
	errs.NotFound:     http.StatusNotFound,
	errs.Conflict:     http.StatusConflict,
	errs.TooLarge:     http.StatusRequestEntityTooLarge,
	errs.RateLimited:  http.StatusTooManyRequests,
	errs.Unavailable:  http.StatusServiceUnavailable,
}

// statusClosed is written to the log when the client went away before the answer; nobody receives it.
const statusClosed = 499

// problemOf is the one place where errors become answers.
func problemOf(ctx context.Context, err error) *Problem {
	var p *Problem
	var tooLarge *http.MaxBytesError
	e := errs.As(err)
	switch {
	case errors.As(err, &p):
	case e != nil:
		p = &Problem{Status: statusOf[e.Kind], Code: e.Code, Detail: e.Message, Errors: e.Fields, retryAfter: e.RetryAfter}
		if e.Kind == errs.Internal {
			p.fault = err
		}
	case errors.As(err, &tooLarge):
		p = &Problem{Status: http.StatusRequestEntityTooLarge, Code: "request.too_large",
			Detail: "The request body is larger than " + strconv.FormatInt(tooLarge.Limit, 10) + " bytes."}
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		p = &Problem{Status: statusClosed, Code: "request.closed", Detail: "The client closed the connection."}
	case sqldb.IsFull(err):
		p = &Problem{Status: http.StatusInsufficientStorage, Code: "database.full", fault: err,
			Detail: "The server's disk is full; nothing was changed. Make room and try again."}
	case sqldb.IsGone(err):
		p = &Problem{Status: http.StatusServiceUnavailable, Code: "database.unavailable", retryAfter: 5, fault: err,
			Detail: "The database cannot be reached at the moment; nothing was changed. Try again shortly."}
	default:
		p = &Problem{Status: http.StatusInternalServerError, Code: "internal", fault: err,
			Detail: "Something went wrong on the server. Its log tells more under the reference."}
	}
	return p.complete()
}

func (p *Problem) complete() *Problem {
	p.Type = "urn:rapport:problem:" + p.Code
	p.Title = http.StatusText(p.Status)
	return p
}

// newProblem is called by huma for its own refusals (validation above all) and for errors that handlers returned.
func newProblem(c huma.Context, status int, message string, causes ...error) huma.StatusError {
	ctx := context.Background()
	if c != nil {
		ctx = c.Context()
	}
	p := ofHuma(ctx, status, message, causes)
	if c != nil {
		report(ctx, p)
		for k, v := range p.headers() {
			c.SetHeader(k, v)
		}
	}
	return p
}

func ofHuma(ctx context.Context, status int, message string, causes []error) *Problem {
	if status >= 500 && len(causes) > 0 { // a handler's error, or a body that could not be read
		var tooLarge *http.MaxBytesError
		if message == "cannot read request body" && !errors.As(causes[0], &tooLarge) {
			return (&Problem{Status: http.StatusBadRequest, Code: "request.incomplete",
				Detail: "The request body ended early or could not be read."}).complete()
		}
		return problemOf(ctx, causes[0])
	}
	for _, cause := range causes {
		if errs.As(cause) != nil { // a resolver's own error
			return problemOf(ctx, cause)
		}
	}
	p := &Problem{Status: status, Code: "request.invalid", Detail: "The request has wrong values; errors says where."}
	for _, cause := range causes {
		var tooLarge *http.MaxBytesError
		if errors.As(cause, &tooLarge) {
			return problemOf(ctx, cause)
		}
		p.Errors = append(p.Errors, fieldOf(cause))
	}
	switch status {
	case http.StatusBadRequest:
		p.Code, p.Detail = "request.malformed", "The request body is not the JSON that was expected."
	case http.StatusRequestEntityTooLarge:
		p.Code, p.Detail = "request.too_large", "The "+message+"."
	case http.StatusUnsupportedMediaType:
		p.Code, p.Detail = "request.content_type", "Send the body as application/json."
	case http.StatusNotAcceptable:
		p.Code, p.Detail = "request.accept", "The answer can only be given as application/json."
	case http.StatusRequestTimeout:
		p.Code, p.Detail = "request.timeout", "The request body took too long to arrive."
	case http.StatusUnprocessableEntity:
	default:
		p.Code, p.Detail = "request.refused", message
	}
	return p.complete()
}

var requiredProperty = regexp.MustCompile(`^expected required property (\S+) to be present$`)

// codes sorts huma's validation messages; the first prefix that fits decides.
var codes = []struct{ prefix, code string }{
	{"required ", "required"}, {"request body is required", "required"}, {"unexpected property", "unknown"},
	{"unknown query", "unknown"},
	{"expected value to be one of", "enum"}, {"expected length", "length"}, {"expected array length", "length"},
	{"expected number >", "range"}, {"expected number <", "range"}, {"expected string to", "format"},
	{"expected", "type"}, {"invalid", "format"},
}

// fieldOf turns huma's detail into ours: the path without "body.", the code by the message.
func fieldOf(err error) errs.Field {
	f := errs.Field{Code: "invalid", Message: err.Error()}
	var d huma.ErrorDetailer
	if errors.As(err, &d) {
		detail := d.ErrorDetail()
		f.Path, f.Message = detail.Location, detail.Message
	}
	if m := requiredProperty.FindStringSubmatch(f.Message); m != nil {
		f.Path, f.Code, f.Message = f.Path+"."+m[1], "required", "This is required."
	}
	for _, c := range codes {
		if f.Code == "invalid" && strings.HasPrefix(f.Message, c.prefix) {
			f.Code = c.code
		}
	}
	f.Path = strings.TrimPrefix(strings.TrimPrefix(f.Path, "body"), ".")
	return f
}

func (p *Problem) headers() map[string]string {
	h := map[string]string{}
	if p.retryAfter > 0 {
		h["Retry-After"] = strconv.Itoa(p.retryAfter)
	}
	if p.Status == http.StatusUnauthorized {
		h["WWW-Authenticate"] = `Bearer realm="rapport"`
	}
	return h
}

// report logs a fault once and gives the problem the reference under which it stands.
func report(ctx context.Context, p *Problem) {
	if p.fault == nil {
		return
	}
	r := RequestFrom(ctx)
	p.Reference = r.ID
	logOf(ctx).ErrorContext(ctx, "request failed", "reference", r.ID, "route", r.route, "error", p.fault)
	p.fault = nil
}

// WriteError answers a request outside the API's operations with a problem.
func (s *Server) WriteError(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(r.Context(), err)
	report(r.Context(), p)
	s.writeProblem(w, p)
}

func (s *Server) writeProblem(w http.ResponseWriter, p *Problem) {
	body, err := json.Marshal(p.complete())
	if err != nil {
		s.config.Log.Error("write problem", "error", err)
		return
	}
	for k, v := range p.headers() {
		w.Header().Set(k, v)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n'))
}
