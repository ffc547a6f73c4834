package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"
)

// API is a person who is signed in, or a key.
type API struct {
	t      testing.TB
	URL    string
	Key    string
	Client *http.Client
}

// The owner that Setup makes.
const (
	OwnerEmail    = "owner@shop.example"
	OwnerPassword = "a long enough passphrase 7"
)

// NewAPI speaks to a server as nobody yet, or with a key.
func NewAPI(t testing.TB, base, key string) *API {
	jar, _ := cookiejar.New(nil)
	return &API{t: t, URL: base, Key: key, Client: &http.Client{Jar: jar, Timeout: 60 * time.Second}}
}

// Setup does what the set-up page does, and gives the owner signed in.
func (s *Server) Setup() *API {
	s.t.Helper()
	a := NewAPI(s.t, s.URL, "")
	a.Must("POST", "/api/v1/setup", map[string]string{"email": OwnerEmail, "name": "Owner", "password": OwnerPassword, "shop_name": "Proof shop",
		"currency": "EUR", "zone": "Europe/Berlin", "language": "en"}, nil)
	return a
}

// Do makes a call and gives status and body. An error is one of the connection.
func (a *API) Do(method, path string, in any) (int, []byte, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, nil, err
		}
		body = bytes.NewReader(b)
	}
	return a.raw(method, path, "application/json", body)
}

func (a *API) raw(method, path, kind string, body io.Reader) (int, []byte, error) {
	req, err := http.NewRequest(method, a.URL+path, body)
	if err != nil {
		return 0, nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if a.Key != "" {
		req.Header.Set("Authorization", "Bearer "+a.Key)
	}
	res, err := a.Client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, b, err
}

// Must makes a call that has to succeed and reads the answer into out, which may be nil.
func (a *API) Must(method, path string, in, out any) {
	a.t.Helper()
	status, body, err := a.Do(method, path, in)
	if err != nil || status >= 300 {
		a.t.Fatalf("%s %s: %d %v\n%s", method, path, status, err, body)
	}
	if out == nil {
		return
	}
	if err := json.Unmarshal(body, out); err != nil {
		a.t.Fatalf("%s %s: %v\n%s", method, path, err, body)
	}
}

// Get is Must with GET.
func (a *API) Get(path string, out any) {
	a.t.Helper()
	a.Must("GET", path, nil, out)
}

// IngestKey makes a source and gives its write key.
func (a *API) IngestKey(name string, browser bool) string {
	a.t.Helper()
	var made struct {
		Key string `json:"key"`
	}
	a.Must("POST", "/api/v1/keys", map[string]any{"name": name, "scope": "ingest", "browser": browser}, &made)
	if made.Key == "" {
		a.t.Fatal("a new key is empty")
	}
	return made.Key
}

// Upload sends a file for import and gives the id of the import.
func (a *API) Upload(kind, name string, file []byte, fields map[string]string) string {
	a.t.Helper()
	id, err := a.TryUpload(kind, name, file, fields)
	if err != nil {
		a.t.Fatal(err)
	}
	return id
}

// TryUpload is Upload for goroutines, which must not end a test. Without a kind it is left to be guessed.
func (a *API) TryUpload(kind, name string, file []byte, fields map[string]string) (string, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if kind != "" {
		_ = w.WriteField("kind", kind)
	}
	for k, v := range fields {
		_ = w.WriteField(k, v)
	}
	part, _ := w.CreateFormFile("file", name)
	_, _ = part.Write(file)
	_ = w.Close()
	status, body, err := a.raw("POST", "/api/v1/imports", w.FormDataContentType(), &b)
	var made struct {
		ID string `json:"id"`
	}
	if err != nil || status >= 300 || json.Unmarshal(body, &made) != nil || made.ID == "" {
		return "", fmt.Errorf("upload %s: %d %v\n%s", name, status, err, body)
	}
	return made.ID, nil
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next_cursor"`
}

// All reads a list to its end.
func All[T any](a *API, path string, query url.Values) []T {
	a.t.Helper()
	if query == nil {
		query = url.Values{}
	}
	var all []T
	for {
		var page Page[T]
		a.Get(path+"?"+query.Encode(), &page)
		all = append(all, page.Items...)
		if page.Next == nil || *page.Next == "" {
			return all
		}
		query.Set("cursor", *page.Next)
	}
}

// Ingest are the counters of the status.
type Ingest struct {
	Accepted   int64   `json:"accepted"`
	Applied    int64   `json:"applied"`
	Refused    int64   `json:"refused"`
	Duplicates int64   `json:"duplicates"`
	Lag        float64 `json:"lag_seconds"`
}

// Status reads the counters.
func (a *API) Status() Ingest {
	a.t.Helper()
	var s struct {
		Ingest Ingest `json:"ingest"`
	}
	a.Get("/api/v1/status", &s)
	return s.Ingest
}

// Drained waits until everything accepted is applied, and gives the counters.
func (a *API) Drained(within time.Duration) Ingest {
	a.t.Helper()
	var s Ingest
	Until(a.t, within, "everything accepted is applied", func() (bool, string) {
		s = a.Status()
		return s.Accepted == s.Applied+s.Refused+s.Duplicates, fmt.Sprintf("%+v", s)
	})
	return s
}

// Event is one event as the API shows it.
type Event struct {
	MessageID  string          `json:"message_id"`
	Name       string          `json:"name"`
	CustomerID string          `json:"customer_id"`
	At         time.Time       `json:"at"`
	Properties json.RawMessage `json:"properties"`
}

// Events lists the events of a name.
func (a *API) Events(name string) []Event {
	a.t.Helper()
	return All[Event](a, "/api/v1/events", url.Values{"name": {name}, "limit": {"500"}})
}

// Customer is one customer as the list shows it.
type Customer struct {
	ID         string                            `json:"id"`
	Email      string                            `json:"email"`
	Name       string                            `json:"name"`
	ExternalID string                            `json:"external_id"`
	Orders     int64                             `json:"orders"`
	Spent      struct{ Amount, Currency string } `json:"total_spent"`
}

// Only gives the one customer that a query finds.
func (a *API) Only(query string) Customer {
	a.t.Helper()
	var page Page[Customer]
	a.Get("/api/v1/customers?"+query, &page)
	if len(page.Items) != 1 {
		a.t.Fatalf("customers?%s: %d, want one: %+v", query, len(page.Items), page.Items)
	}
	return page.Items[0]
}

// Track posts a body to the tracking API with a write key; the error is one of the connection.
func Track(c *http.Client, base, key string, body []byte) (int, []byte, error) {
	req, err := http.NewRequest("POST", base+"/v1/batch", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(key, "")
	res, err := c.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	return res.StatusCode, b, err
}

// Cents reads "12.34" into 1234.
func Cents(t testing.TB, amount string) int64 {
	t.Helper()
	whole, part, _ := strings.Cut(amount, ".")
	var n int64
	if _, err := fmt.Sscan(whole+(part + "00")[:2], &n); err != nil {
		t.Fatalf("%q is no amount", amount)
	}
	return n
}
