package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// Pictures serves the drawings of the products below PicturePath. They hold nothing secret and never change.
func Pictures() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		svg, ok := Picture(strings.TrimSuffix(name, ".svg"))
		if !ok || !strings.HasSuffix(name, ".svg") {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
		w.Header().Set("Cache-Control", "public, max-age=86400")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(svg)
	})
}

// Door is how requests reach the server: an http.Client will do.
type Door interface {
	Do(*http.Request) (*http.Response, error)
}

// Keys are what the demo shows at the doors.
type Keys struct {
	Server  string // write key of a server source
	Browser string // write key of a browser source
	API     string // API key that may import and read; empty where the door itself says who is there
}

// caller speaks the server's API.
type caller struct {
	door Door
	base string
	keys Keys
}

// answer is what came back, read whole.
type answer struct {
	status int
	after  time.Duration // Retry-After
	body   []byte
}

func (c *caller) do(ctx context.Context, method, path, kind string, body []byte, auth func(*http.Request)) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	auth(req)
	res, err := c.door.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	a := answer{status: res.StatusCode, body: b, after: time.Second}
	if n, bad := strconv.Atoi(res.Header.Get("Retry-After")); bad == nil && n >= 0 {
		a.after = time.Duration(min(n, 30)) * time.Second
	}
	return a, err
}

// api makes a call that must succeed; busy answers are waited out.
func (c *caller) api(ctx context.Context, method, path, kind string, body []byte, out any) error {
	return c.patiently(ctx, method, path, kind, body, func(r *http.Request) {
		if c.keys.API != "" {
			r.Header.Set("Authorization", "Bearer "+c.keys.API)
		}
	}, out)
}

// track sends one batch of events.
func (c *caller) track(ctx context.Context, b Batch) error {
	key := c.keys.Browser
	if b.Server {
		key = c.keys.Server
	}
	var verdict struct {
		Refused []struct {
			MessageID string `json:"message_id"`
			Reason    string `json:"reason"`
		} `json:"refused"`
	}
	err := c.patiently(ctx, http.MethodPost, "/v1/batch", "application/json", b.Body, func(r *http.Request) { r.SetBasicAuth(key, "") }, &verdict)
	if err == nil && len(verdict.Refused) > 0 {
		return fmt.Errorf("the server refused %d events of the demo: %s: %s", len(verdict.Refused), verdict.Refused[0].MessageID, verdict.Refused[0].Reason)
	}
	return err
}

func (c *caller) patiently(ctx context.Context, method, path, kind string, body []byte, auth func(*http.Request), out any) error {
	for {
		a, err := c.do(ctx, method, path, kind, body, auth)
		switch {
		case err != nil:
			return fmt.Errorf("%s %s: %w", method, path, err)
		case a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable:
			if err := pause(ctx, a.after); err != nil {
				return err
			}
			continue
		case a.status >= 300:
			return fmt.Errorf("%s %s: the server answered %d: %s", method, path, a.status, strings.TrimSpace(string(a.body[:min(len(a.body), 2000)])))
		}
		if out == nil {
			return nil
		}
		if err := json.Unmarshal(a.body, out); err != nil {
			return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
		}
		return nil
	}
}

// upload sends a file as a form, the way the web app does.
func (c *caller) upload(ctx context.Context, path, name string, file []byte, fields map[string]string, out any) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		_ = w.WriteField(k, v)
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	_, _ = part.Write(file)
	_ = w.Close()
	return c.api(ctx, http.MethodPost, path, w.FormDataContentType(), b.Bytes(), out)
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
