// Package apitest runs API scenarios against a real server: real handlers, real stores, real sockets.
//
// A Client speaks for one caller (stranger, user or key). Scenario rows state request, status and code, and compare the
// body with testdata/<test>.golden, in which ids, times and secrets are replaced by their kind; -update writes it. Matrix tries every operation as
// every caller and holds the answers against the permissions that the operations declare. Nothing is owned or announced here.
package apitest

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/platform/httpapi"
)

var update = flag.Bool("update", false, "write golden files instead of comparing them")

// Updating reports whether the test was started with -update.
func Updating() bool { return *update }

// Client sends requests as one caller.
type Client struct {
	tb     testing.TB
	url    string
	header http.Header
}

// Serve starts the server on a free port until the test ends and gives a stranger's client.
func Serve(tb testing.TB, s *httpapi.Server) *Client {
	tb.Helper()
	ts := httptest.NewServer(s.Handler())
	tb.Cleanup(ts.Close)
	return &Client{tb: tb, url: ts.URL, header: http.Header{}}
}

// URL is where the server listens.
func (c *Client) URL() string { return c.url }

// With gives a client that also sends a header.
func (c *Client) With(name, value string) *Client {
	d := *c
	d.header = c.header.Clone()
	d.header.Set(name, value)
	return &d
}

// For gives the same client reporting to another (sub)test.
func (c *Client) For(tb testing.TB) *Client {
	d := *c
	d.tb = tb
	return &d
}

// Session gives a client with a session's cookie.
func (c *Client) Session(token string) *Client {
	return c.With("Cookie", httpapi.CookieName+"="+token)
}

// Bearer gives a client with an API key.
func (c *Client) Bearer(key string) *Client { return c.With("Authorization", "Bearer "+key) }

// Answer is what came back.
type Answer struct {
	tb     testing.TB
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request. Body is nil, a string or []byte sent as it is, or a value sent as JSON.
func (c *Client) Do(method, path string, body any) Answer {
	c.tb.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case []byte:
		r = bytes.NewReader(b)
	default:
		j, err := json.Marshal(b)
		if err != nil {
			c.tb.Fatal(err)
		}
		r = bytes.NewReader(j)
	}
	req, err := http.NewRequest(method, c.url+path, r)
	if err != nil {
		c.tb.Fatal(err)
	}
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range c.header {
		req.Header[k] = v
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.tb.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		c.tb.Fatalf("%s %s: read answer: %v", method, path, err)
	}
	return Answer{tb: c.tb, Status: res.StatusCode, Header: res.Header, Body: got}
}

// Get sends a GET.
func (c *Client) Get(path string) Answer { c.tb.Helper(); return c.Do(http.MethodGet, path, nil) }

// Post sends a POST.
func (c *Client) Post(path string, body any) Answer {
	c.tb.Helper()
	return c.Do(http.MethodPost, path, body)
}

// Into decodes the body; the test ends if the answer is not a success.
func (a Answer) Into(v any) Answer {
	a.tb.Helper()
	if a.Status >= 300 {
		a.tb.Fatalf("status %d: %s", a.Status, a.Body)
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		a.tb.Fatalf("answer is not the JSON expected: %v\n%s", err, a.Body)
	}
	return a
}

// Want ends the test if status or problem code differ; code "" is not looked at.
func (a Answer) Want(status int, code string) Answer {
	a.tb.Helper()
	if a.Status != status || (code != "" && a.Code() != code) {
		a.tb.Fatalf("got %d %s, want %d %s\n%s", a.Status, a.Code(), status, code, a.Body)
	}
	return a
}

// Code gives the code of a problem, or "".
func (a Answer) Code() string {
	var p struct {
		Code string `json:"code"`
	}
	if a.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(a.Body, &p) != nil {
		return ""
	}
	return p.Code
}

// Cookie gives the value of a cookie that the answer sets, or "".
func (a Answer) Cookie(name string) string {
	for _, c := range (&http.Response{Header: a.Header}).Cookies() {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// Scenario is one row of an API test. Rows of one test run in order on one server.
type Scenario struct {
	Name   string
	As     *Client
	Do     string // "POST /api/v1/users"
	Body   any
	Status int
}

// Run sends the rows and compares all answers with testdata/<name>.golden.
func Run(t *testing.T, name string, rows []Scenario) {
	t.Helper()
	var out bytes.Buffer
	for _, row := range rows {
		method, path, _ := strings.Cut(row.Do, " ")
		a := row.As.For(t).Do(method, path, row.Body)
		if a.Status != row.Status {
			t.Errorf("%s: status %d, want %d\n%s", row.Name, a.Status, row.Status, a.Body)
		}
		out.WriteString("# " + row.Name + "\n" + Redact(row.Do) + "\n")
		out.WriteString(http.StatusText(a.Status) + "\n" + pretty(a.Body) + "\n")
	}
	Golden(t, name, out.Bytes())
}

func pretty(b []byte) string {
	var out bytes.Buffer
	if len(b) == 0 || json.Indent(&out, b, "", "  ") != nil {
		return Redact(string(b))
	}
	return Redact(strings.TrimSpace(out.String())) + "\n"
}

var redactions = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`\b\d{14,19}\b`), "<id>"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "<time>"},
	{regexp.MustCompile(`\b(rk|pk|il)_[A-Za-z0-9_-]+`), "${1}_<secret>"},
	{regexp.MustCompile(`"next_cursor": "[^"]+"`), `"next_cursor": "<cursor>"`},
	{regexp.MustCompile(`"reference": "[^"]*"`), `"reference": "<reference>"`},
}

// Redact replaces what differs between runs by its kind.
func Redact(s string) string {
	for _, r := range redactions {
		s = r.find.ReplaceAllString(s, r.put)
	}
	return s
}

// Golden compares with testdata/<name>.golden.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
