package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// capture is one request of an SDK as it was recorded.
type capture struct {
	Method   string            `json:"method"`
	Path     string            `json:"path"`
	Headers  map[string]string `json:"headers"`
	JSON     json.RawMessage   `json:"body_json"`
	Text     *string           `json:"body_text"`
	Answered any               `json:"answered"`
	name     string
}

// testdata finds the shared test data: RAPPORT_TESTDATA, or data beside the repository.
func testdata(t *testing.T, parts ...string) string {
	t.Helper()
	dir := os.Getenv("RAPPORT_TESTDATA")
	if dir == "" {
		dir = filepath.Join(harness.Root(), "..", "shared", "data")
	}
	path := filepath.Join(append([]string{dir}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		harness.Missing(t, "test data is missing: %v (RAPPORT_TESTDATA)", err)
	}
	return path
}

func captures(t *testing.T) []capture {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(testdata(t, "segment", "captured"), "*", "*.json"))
	var all []capture
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c := capture{name: filepath.Base(filepath.Dir(f)) + "/" + filepath.Base(f)}
		if err := json.Unmarshal(b, &c); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		all = append(all, c)
	}
	if len(all) < 100 {
		t.Fatalf("%d captured requests", len(all))
	}
	return all
}

// The keys that the SDKs had when they were recorded; ours takes their place.
var recordedKey = regexp.MustCompile(`\bWK_[A-Z]+\b`)

// TestCapturedRequestsReplay sends what was recorded of unmodified SDKs: requests, retries and preflights, in the recorded order.
func TestCapturedRequestsReplay(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	key := owner.IngestKey("replay", false)
	client := &http.Client{Timeout: 20 * time.Second}
	ids, sent, posts := map[string]bool{}, 0, 0
	for _, c := range captures(t) {
		path := recordedKey.ReplaceAllString(c.Path, key)
		if strings.HasPrefix(path, "/custom/") || strings.HasPrefix(path, "/nope/") || strings.HasSuffix(path, ".js") {
			continue // addresses of the recording alone
		}
		var body []byte
		if c.Method == "POST" {
			body = rewrite(t, c.JSON, key)
			if c.Text != nil {
				body = []byte(recordedKey.ReplaceAllString(*c.Text, key))
			}
			n, found := messages(body)
			sent, posts = sent+n, posts+1
			for _, id := range found {
				ids[id] = true
			}
		}
		res := replay(t, client, s.URL+path, c, key, body)
		answer, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if res.StatusCode >= 300 {
			t.Errorf("%s: %s %s is answered with %d: %s", c.name, c.Method, path, res.StatusCode, answer)
		}
		check(t, c, res, answer)
	}
	state := owner.Drained(30 * time.Second)
	t.Logf("%d requests with %d events, %d of them different: %+v", posts, sent, len(ids), state)
	if state.Refused != 0 || state.Accepted != int64(sent) || state.Applied != int64(len(ids)) {
		t.Errorf("counters %+v, want %d accepted and %d applied", state, sent, len(ids))
	}
}

func rewrite(t *testing.T, body json.RawMessage, key string) []byte {
	t.Helper()
	var v map[string]json.RawMessage
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	if _, ok := v["writeKey"]; ok {
		v["writeKey"], _ = json.Marshal(key)
	}
	b, _ := json.Marshal(v)
	return b
}

func messages(body []byte) (n int, ids []string) {
	var b struct {
		MessageID string
		Batch     []struct{ MessageID string }
	}
	_ = json.Unmarshal(body, &b)
	if b.Batch == nil {
		return 1, []string{b.MessageID}
	}
	for _, m := range b.Batch {
		ids = append(ids, m.MessageID)
	}
	return len(ids), ids
}

func replay(t *testing.T, client *http.Client, url string, c capture, key string, body []byte) *http.Response {
	t.Helper()
	headers := http.Header{}
	for k, v := range c.Headers {
		switch strings.ToLower(k) {
		case "host", "content-length", "connection", "accept-encoding":
		case "authorization":
			headers.Set(k, "Basic "+base64.StdEncoding.EncodeToString([]byte(key+":")))
		case "content-encoding":
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = w.Write(body)
			_ = w.Close()
			body = b.Bytes()
			headers.Set(k, v)
		default:
			headers.Set(k, v)
		}
	}
	req, err := http.NewRequest(c.Method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = headers
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// check looks at what an SDK needs to find in an answer.
func check(t *testing.T, c capture, res *http.Response, answer []byte) {
	t.Helper()
	if origin := headerOf(c, "origin"); origin != "" {
		if allowed := res.Header.Get("Access-Control-Allow-Origin"); allowed != "*" && allowed != origin {
			t.Errorf("%s: origin %s is not allowed but %q", c.name, origin, allowed)
		}
	}
	switch {
	case c.Method == "OPTIONS":
		allowed := strings.ToLower(res.Header.Get("Access-Control-Allow-Headers"))
		for h := range strings.SplitSeq(headerOf(c, "access-control-request-headers"), ",") {
			if !strings.Contains(allowed, strings.TrimSpace(strings.ToLower(h))) {
				t.Errorf("%s: the header %q is not allowed: %q", c.name, h, allowed)
			}
		}
	case strings.Contains(c.Path, "/settings"):
		var settings struct {
			Integrations map[string]struct{ APIKey string }
		}
		if err := json.Unmarshal(answer, &settings); err != nil || settings.Integrations["Segment.io"].APIKey == "" {
			t.Errorf("%s: settings without the write key: %s", c.name, answer)
		}
	case strings.HasPrefix(c.Path, "/sourceConfig"):
		if !json.Valid(answer) || !strings.Contains(string(answer), `"source"`) {
			t.Errorf("%s: no source configuration: %s", c.name, answer)
		}
	case c.Method == "POST":
		var verdict struct{ Success bool }
		if err := json.Unmarshal(answer, &verdict); err != nil || !verdict.Success {
			t.Errorf("%s: %s", c.name, answer)
		}
	}
}

func headerOf(c capture, name string) string {
	for k, v := range c.Headers {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// TestExamplesOfTheSpecification sends every example of Segment's specification. Examples show fragments, so what is missing is added.
func TestExamplesOfTheSpecification(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(testdata(t, "segment", "spec-examples"), "*.json"))
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	key := owner.IngestKey("examples", false)
	client := &http.Client{Timeout: 20 * time.Second}
	sent := int64(0)
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var e map[string]any
		if err := json.Unmarshal(b, &e); err != nil {
			continue // an example with gaps
		}
		body := b
		if _, batch := e["batch"]; !batch {
			complete(e, name)
			body, _ = json.Marshal(map[string]any{"batch": []any{e}})
		}
		status, answer, err := harness.Track(client, s.URL, key, body)
		var verdict struct {
			Success  bool
			Accepted int64
			Refused  []struct{ Reason string }
		}
		if err != nil || status != 200 || json.Unmarshal(answer, &verdict) != nil || !verdict.Success {
			t.Errorf("%s: %d %v %s", name, status, err, answer)
			continue
		}
		n, _ := messages(body)
		sent += int64(n)
		for _, r := range verdict.Refused {
			t.Errorf("%s is refused: %s", name, r.Reason)
		}
	}
	if state := owner.Drained(30 * time.Second); state.Accepted != sent || sent < 80 {
		t.Errorf("%+v, want %d accepted", state, sent)
	}
}

func complete(e map[string]any, name string) {
	if _, ok := e["type"]; !ok {
		kind, _, _ := strings.Cut(name, "-")
		switch kind {
		case "identify", "page", "screen", "group", "alias":
			e["type"] = kind
		default:
			e["type"] = "track"
		}
		if _, ok := e["traits"]; ok && e["type"] == "track" {
			e["type"] = "identify"
		}
	}
	if _, ok := e["event"]; e["type"] == "track" && !ok {
		e["event"] = "Example"
	}
	if e["userId"] == nil && e["anonymousId"] == nil {
		e["anonymousId"] = "example"
	}
	if _, ok := e["groupId"]; e["type"] == "group" && !ok {
		e["groupId"] = "example"
	}
	if _, ok := e["previousId"]; e["type"] == "alias" && !ok {
		e["previousId"] = "example-before"
	}
	e["messageId"] = name
}
