package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

type makeInput struct {
	Body struct {
		Name  string   `json:"name" minLength:"2"`
		Color string   `json:"color,omitempty" enum:"red,green"`
		Lines []string `json:"lines,omitempty" maxItems:"2"`
	}
}
type madeOutput struct {
	Body struct {
		Name string `json:"name"`
		N    int64  `json:"n"`
	}
}

var fails = map[string]error{
	"invalid":      errs.New(errs.Invalid, "thing.bad", "The thing is bad.").With(errs.Field{Path: "lines[2].price", Code: "range", Message: "Too low."}),
	"malformed":    errs.New(errs.Malformed, "thing.unreadable", "The thing cannot be read."),
	"unauthorized": errs.New(errs.Unauthorized, "thing.who", "Who are you?"),
	"forbidden":    errs.New(errs.Forbidden, "thing.no", "You may not."),
	"missing":      errs.New(errs.NotFound, "thing.missing", "There is no such thing."),
	"conflict":     errs.New(errs.Conflict, "thing.state", "The thing is gone already."),
	"large":        errs.New(errs.TooLarge, "thing.large", "The thing is too large."),
	"limited":      errs.New(errs.RateLimited, "thing.often", "Too often.").After(7),
	"unavailable":  errs.New(errs.Unavailable, "thing.away", "Come back.").After(3),
	"plain":        errors.New("the pump is broken"),
}

type fixture struct {
	*apitest.Client
	server *httpapi.Server
	made   *atomic.Int64
	log    *bytes.Buffer
	hold   chan struct{}
	held   chan struct{}
}

type oneInput struct {
	ID httpapi.ID `path:"id"`
	At httpapi.ID `query:"at"`
}
type oneOutput struct {
	Body struct {
		ID string `json:"id"`
		At string `json:"at"`
	}
}

func serve(t *testing.T, c httpapi.Config) fixture {
	t.Helper()
	f := fixture{made: &atomic.Int64{}, log: &bytes.Buffer{}, hold: make(chan struct{}), held: make(chan struct{})}
	c.Version = "test"
	c.Log = slog.New(slog.NewTextHandler(f.log, nil))
	s := httpapi.New(c)
	make1 := func(ctx context.Context, in *makeInput) (*madeOutput, error) {
		if in.Body.Name == "refuse" {
			return nil, fails["conflict"]
		}
		if in.Body.Name == "wait" {
			close(f.held)
			<-f.hold
		}
		out := &madeOutput{}
		out.Body.Name, out.Body.N = in.Body.Name, f.made.Add(1)
		return out, nil
	}
	huma.Register(s.API(), httpapi.Status(201, httpapi.Op("create-thing", "POST /api/v1/things", "Make", "thing.write")), make1)
	huma.Register(s.API(), httpapi.Secret(httpapi.Op("create-secret", "POST /api/v1/secrets", "Make", "thing.write")), make1)
	huma.Register(s.API(), httpapi.Op("get-thing", "GET /api/v1/things/{id}", "Get", "thing.read"),
		func(_ context.Context, in *oneInput) (*oneOutput, error) {
			out := &oneOutput{}
			out.Body.ID, out.Body.At = in.ID.String(), in.At.String()
			return out, nil
		})
	huma.Register(s.API(), httpapi.Op("get-fault", "GET /api/v1/faults/{kind}", "Fail", httpapi.Public),
		func(_ context.Context, in *struct {
			Kind string `path:"kind"`
		}) (*struct{}, error) {
			if in.Kind == "panic" {
				panic("the floor gave way")
			}
			return nil, fails[in.Kind]
		})
	huma.Register(s.API(), httpapi.Op("get-long", "GET /api/v1/long", "Long", httpapi.Public),
		func(context.Context, *struct{}) (*madeOutput, error) {
			out := &madeOutput{}
			out.Body.Name = strings.Repeat("long ", 1000)
			return out, nil
		})
	f.server, f.Client = s, apitest.Serve(t, s)
	return f
}

func TestErrors(t *testing.T) {
	f := serve(t, httpapi.Config{})
	rows := []apitest.Scenario{}
	for _, r := range []struct {
		kind   string
		status int
	}{
		{"invalid", 422}, {"malformed", 400}, {"unauthorized", 401}, {"forbidden", 403}, {"missing", 404}, {"conflict", 409},
		{"large", 413}, {"limited", 429}, {"unavailable", 503}, {"plain", 500}, {"panic", 500},
	} {
		rows = append(rows, apitest.Scenario{Name: r.kind, As: f.Client, Do: "GET /api/v1/faults/" + r.kind, Status: r.status})
	}
	post := func(name, body string, status int) {
		rows = append(rows, apitest.Scenario{Name: name, As: f.Client, Do: "POST /api/v1/things", Body: body, Status: status})
	}
	post("not json", `{"name":`, 400)
	post("wrong values", `{"name":"x","color":"blue","lines":["a","b","c"],"extra":1}`, 422)
	post("wrong type and missing", `{"lines":"a"}`, 422)
	post("too large", `{"name":"`+strings.Repeat("x", 2<<20)+`"}`, 413)
	rows = append(rows,
		apitest.Scenario{Name: "wrong id", As: f.Client, Do: "GET /api/v1/things/abc", Status: 422},
		apitest.Scenario{Name: "no such address", As: f.Client, Do: "GET /api/v1/nothing", Status: 404},
		apitest.Scenario{Name: "no such method", As: f.Client, Do: "DELETE /api/v1/things", Status: 405},
		apitest.Scenario{Name: "body missing", As: f.Client, Do: "POST /api/v1/things", Status: 400},
	)
	apitest.Run(t, "errors", rows)
	if got := f.Get("/api/v1/faults/limited").Header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After %q", got)
	}
	if got := f.Do("DELETE", "/api/v1/things", nil).Header.Get("Allow"); got != "POST" {
		t.Errorf("Allow %q", got)
	}
	if n := strings.Count(f.log.String(), "the pump is broken"); n != 1 {
		t.Errorf("the fault was logged %d times:\n%s", n, f.log)
	}
	if !strings.Contains(f.log.String(), "the floor gave way") {
		t.Error("the panic was not logged")
	}
}

func TestReferenceIsTheRequestID(t *testing.T) {
	f := serve(t, httpapi.Config{})
	a := f.With("X-Request-Id", "my-own-request").Get("/api/v1/faults/plain")
	var p httpapi.Problem
	if err := json.Unmarshal(a.Body, &p); err != nil {
		t.Fatal(err)
	}
	if p.Reference != "my-own-request" || a.Header.Get("X-Request-Id") != "my-own-request" || !strings.Contains(f.log.String(), "my-own-request") {
		t.Errorf("%+v\n%s", p, f.log)
	}
	if strings.Contains(string(a.Body), "pump") {
		t.Error("the cause was shown")
	}
	if got := f.With("X-Request-Id", "evil\"id with spaces").Get("/api/v1/long").Header.Get("X-Request-Id"); strings.Contains(got, "evil") {
		t.Errorf("kept %q", got)
	}
}

func TestIDs(t *testing.T) {
	f := serve(t, httpapi.Config{})
	var out struct{ ID, At string }
	f.Get("/api/v1/things/12345?at=9").Into(&out)
	if out.ID != "12345" || out.At != "9" {
		t.Errorf("%+v", out)
	}
	f.Get("/api/v1/things/12345").Into(&out)
	if out.At != "0" {
		t.Errorf("%+v", out)
	}
}

func TestHeadersAndCompression(t *testing.T) {
	f := serve(t, httpapi.Config{})
	a := f.With("Accept-Encoding", "gzip").Get("/api/v1/long")
	if a.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("not compressed: %v", a.Header)
	}
	z, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !strings.Contains(string(b), "long long") {
		t.Error(err)
	}
	for name, part := range map[string]string{
		"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
		"X-Frame-Options": "DENY",
	} {
		if !strings.Contains(a.Header.Get(name), part) {
			t.Errorf("%s: %q", name, a.Header.Get(name))
		}
	}
}

func TestForeignPagesAreRefused(t *testing.T) {
	f := serve(t, httpapi.Config{})
	body := `{"name":"abc"}`
	for name, c := range map[string]*apitest.Client{
		"fetch metadata": f.With("Sec-Fetch-Site", "cross-site"),
		"origin":         f.With("Origin", "https://evil.example"),
	} {
		c.For(t).Post("/api/v1/things", body).Want(403, "request.cross_origin")
		if a := c.Get("/api/v1/long"); a.Status != 200 {
			t.Errorf("%s: reading was refused with %d", name, a.Status)
		}
		c.Bearer("k").Post("/api/v1/things", body).Want(201, "")
	}
	f.With("Sec-Fetch-Site", "same-origin").Post("/api/v1/things", body).Want(201, "")
	f.Post("/api/v1/things", body).Want(201, "")
}

func TestDoor(t *testing.T) {
	type who struct{}
	f := serve(t, httpapi.Config{
		Authenticate: func(r *http.Request) (context.Context, error) {
			if r.Header.Get("Authorization") == "Bearer wrong" {
				return nil, errs.New(errs.Unauthorized, "key.unknown", "No such key.")
			}
			return context.WithValue(r.Context(), who{}, r.Header.Get("Authorization")), nil
		},
		Allow: func(ctx context.Context, permission string) error {
			if ctx.Value(who{}) != "Bearer "+permission {
				return fails["forbidden"]
			}
			return nil
		},
	})
	f.Get("/api/v1/long").Want(200, "")
	f.Bearer("wrong").Get("/api/v1/long").Want(401, "key.unknown")
	f.Post("/api/v1/things", `{"broken`).Want(403, "thing.no") // refused before it is read
	f.Bearer("thing.write").Post("/api/v1/things", `{"name":"abc"}`).Want(201, "")
	f.Bearer("thing.write").Get("/api/v1/things/1").Want(403, "thing.no")
}

func TestIdempotency(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		type who struct{}
		f := serve(t, httpapi.Config{
			DB: db, Clock: now,
			Authenticate: func(r *http.Request) (context.Context, error) {
				return context.WithValue(r.Context(), who{}, r.Header.Get("Authorization")), nil
			},
			Caller: func(ctx context.Context) string { s, _ := ctx.Value(who{}).(string); return s },
		})
		n := func(a apitest.Answer) int64 {
			t.Helper()
			var out struct{ N int64 }
			a.Into(&out)
			return out.N
		}
		one := f.Bearer("one").With("Idempotency-Key", "k1")
		first := one.Post("/api/v1/things", `{"name":"abc"}`).Want(201, "")
		again := one.Post("/api/v1/things", `{"name":"abc"}`).Want(201, "")
		if !bytes.Equal(first.Body, again.Body) || again.Header.Get("Idempotency-Replayed") != "true" || f.made.Load() != 1 ||
			again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
			t.Errorf("%s\n%s\n%v", first.Body, again.Body, again.Header)
		}
		one.Post("/api/v1/things", `{"name":"abcd"}`).Want(422, "idempotency.reused")
		if got := n(f.Bearer("two").With("Idempotency-Key", "k1").Post("/api/v1/things", `{"name":"abc"}`)); got != 2 {
			t.Errorf("another caller got answer %d", got)
		}
		for want := range int64(2) {
			if got := n(f.With("Idempotency-Key", "k1").Post("/api/v1/things", `{"name":"abc"}`)); got != 3+want {
				t.Errorf("a stranger got answer %d", got)
			}
			if a := one.Post("/api/v1/secrets", `{"name":"abc"}`); a.Header.Get("Idempotency-Replayed") != "" {
				t.Error("an answer with a secret was kept")
			}
			f.made.Store(3 + want)
		}
		// A refusal is not kept: the same key may try again.
		retry := f.Bearer("one").With("Idempotency-Key", "k2")
		retry.Post("/api/v1/things", `{"name":"refuse"}`).Want(409, "thing.state")
		retry.Post("/api/v1/things", `{"name":"abc"}`).Want(201, "")
		// Two at once: the second gets the answer of the first.
		slow := f.Bearer("one").With("Idempotency-Key", "k3")
		done := make(chan apitest.Answer)
		for range 2 {
			go func() { done <- slow.Post("/api/v1/things", `{"name":"wait"}`) }()
		}
		<-f.held
		close(f.hold)
		made := f.made.Load()
		x, y := <-done, <-done
		if x.Status != 201 || y.Status != 201 || !bytes.Equal(x.Body, y.Body) || f.made.Load() > made+1 {
			t.Errorf("two at once: %d %s and %d %s", x.Status, x.Body, y.Status, y.Body)
		}
		// After a day the key is new.
		now.Advance(25 * time.Hour)
		if a := one.Post("/api/v1/things", `{"name":"other"}`); a.Status != 201 || a.Header.Get("Idempotency-Replayed") != "" {
			t.Errorf("after a day: %d %s", a.Status, a.Body)
		}
		f.Bearer("one").With("Idempotency-Key", strings.Repeat("k", 300)).Post("/api/v1/things", `{"name":"abc"}`).Want(400, "idempotency.key")
	})
}

func TestSpec(t *testing.T) {
	f := serve(t, httpapi.Config{})
	var doc struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			OperationID string           `json:"operationId"`
			Permission  string           `json:"x-permission"`
			Security    []map[string]any `json:"security"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	f.Get("/api/openapi.json").Into(&doc)
	op := doc.Paths["/api/v1/things"]["post"]
	if doc.OpenAPI != "3.1.0" || op.OperationID != "create-thing" || op.Permission != "thing.write" || len(op.Security) != 2 {
		t.Errorf("%+v", op)
	}
	if _, ok := doc.Components.Schemas["Problem"]; !ok {
		t.Errorf("no schema Problem in %v", reflect.ValueOf(doc.Components.Schemas).MapKeys())
	}
	j, y, err := httpapi.New(httpapi.Config{Version: "1"}).Spec()
	if err != nil || !json.Valid(j) || !bytes.Contains(y, []byte("openapi: 3.1.0")) {
		t.Error(err)
	}
}
