package httpapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/base/id"
)

// Extension names in the OpenAPI document.
const (
	permissionKey = "x-permission" // the permission an operation needs; Public or SignedIn
	secretKey     = "x-secret"     // the answer holds a secret: never kept for an idempotency key
)

// What an operation may declare instead of a permission.
const (
	Public   = "public"    // open to strangers
	SignedIn = "signed-in" // any user, for his own account
)

// Op describes an operation: its id ("list-users"), "GET /api/v1/users", a summary and the permission its service requires. The tag
// is the feature, the part of the permission before the dot.
func Op(operationID, methodAndPath, summary, permission string) huma.Operation {
	method, path, _ := strings.Cut(methodAndPath, " ")
	op := huma.Operation{
		OperationID: operationID, Method: method, Path: path, Summary: summary,
		Extensions: map[string]any{permissionKey: permission},
	}
	if tag, _, ok := strings.Cut(permission, "."); ok {
		op.Tags = []string{tag}
	}
	return op
}

// Secret marks an operation whose answer shows a secret once: it is never stored for an idempotency key.
func Secret(op huma.Operation) huma.Operation {
	op.Extensions[secretKey] = true
	return op
}

// Status sets the status of an operation's success, 200 (or 204 without a body) otherwise.
func Status(status int, op huma.Operation) huma.Operation {
	op.DefaultStatus = status
	return op
}

// PermissionOf gives what an operation declares: a permission, Public, SignedIn, or "" if it declares nothing.
func PermissionOf(op *huma.Operation) string {
	p, _ := op.Extensions[permissionKey].(string)
	return p
}

// describe completes each operation as it is added.
func describe(_ *huma.OpenAPI, op *huma.Operation) {
	if PermissionOf(op) == Public {
		op.Security = []map[string][]string{}
	} else if op.Security == nil {
		op.Security = []map[string][]string{{"session": {}}, {"key": {}}}
	}
	// huma's read timeout leaves its deadline on the connection, where it cancels handlers that run longer than it. The
	// time to read a body is bounded by limitBody instead.
	op.BodyReadTimeout = 0
}

// ID is an id in the path or the query of an operation: `path:"id"`. Zero where the query does not name one.
type ID struct{ id.ID }

type requestKey struct{}

// Request is what is known of a request before anybody is asked who he is.
type Request struct {
	ID    string // shown in the answer as X-Request-Id and in the log
	IP    string
	Agent string // User-Agent
	HTTPS bool
	Token string // of the session cookie, or ""; a secret

	route string // operation id or mount pattern, for the log and the metrics
}

// RequestFrom gives the request that ctx belongs to; the zero value outside one.
func RequestFrom(ctx context.Context) Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return *r
	}
	return Request{}
}

// SessionToken gives the token in the session cookie of a request, or "".
func SessionToken(r *http.Request) string {
	c, err := r.Cookie(SessionCookie(RequestFrom(r.Context()).HTTPS))
	if err != nil {
		return ""
	}
	return c.Value
}
