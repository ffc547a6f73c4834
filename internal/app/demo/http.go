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

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
)

type statusBody struct {
	Body struct {
		State   string `json:"state" enum:"none,filling,alive,failed" doc:"alive: everything is there, and made-up visitors come and go"`
		Stage   string `json:"stage" doc:"products, rates, events, customers or applying, while it is filled"`
		Done    int    `json:"done" doc:"Of this stage; 0 of 0 where it is not known"`
		Of      int    `json:"of"`
		Problem string `json:"problem" doc:"Why it failed"`
	}
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("get-demo", "GET /api/v1/demo", "How far the made-up shop is", role.SettingRead),
		func(ctx context.Context, _ *struct{}) (*statusBody, error) {
			st, err := s.Status(ctx)
			if err != nil {
				return nil, err
			}
			var out statusBody
			out.Body.State, out.Body.Stage, out.Body.Done, out.Body.Of, out.Body.Problem = st.State, st.Stage, st.Done, st.Of, st.Problem
			return &out, nil
		})
	huma.Register(api, httpapi.Status(http.StatusAccepted, httpapi.Op("begin-demo", "POST /api/v1/demo",
		"Fill an empty Rapport with a made-up shop and keep it alive; its figures are in euros", role.SettingWrite)),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.Begin(ctx) })
	huma.Register(api, httpapi.Op("end-demo", "DELETE /api/v1/demo", "Send no more made-up visitors; what is there stays", role.SettingWrite),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.End(ctx) })
}

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

// send makes a call with a body of JSON.
func (c *caller) send(ctx context.Context, method, path string, body, out any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.api(ctx, method, path, "application/json", b, out)
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
