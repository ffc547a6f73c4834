package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

var built = fstest.MapFS{
	"index.html":           {Data: []byte("<!doctype html>page")},
	"icon.svg":             {Data: []byte("<svg/>")},
	"t.js":                 {Data: []byte("tracker")},
	"t.js.gz":              {Data: []byte("tracker, gzip")},
	"manifest.webmanifest": {Data: []byte("{}")},
	".gitkeep":             {},
	"assets/a-1234.js":     {Data: []byte("plain")},
	"assets/a-1234.js.br":  {Data: []byte("brotli")},
	"assets/a-1234.js.gz":  {Data: []byte("gzip")},
}

func TestHandler(t *testing.T) {
	h := newHandler(built)
	for _, c := range []struct {
		name, method, path, accept string
		status                     int
		body, media, cache, coding string
	}{
		{"root", "GET", "/", "", 200, "<!doctype html>page", "text/html; charset=utf-8", "no-store", ""},
		{"index by name", "GET", "/index.html", "", 200, "<!doctype html>page", "text/html; charset=utf-8", "no-store", ""},
		{"address of the app", "GET", "/customers/12", "br", 200, "<!doctype html>page", "text/html; charset=utf-8", "no-store", ""},
		{"brotli first", "GET", "/assets/a-1234.js", "gzip, deflate, br", 200, "brotli", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "br"},
		{"gzip", "GET", "/assets/a-1234.js", "gzip;q=0.5, br;q=0", 200, "gzip", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "gzip"},
		{"plain", "GET", "/assets/a-1234.js", "", 200, "plain", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", ""},
		{"head", "HEAD", "/assets/a-1234.js", "br", 200, "", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable", "br"},
		{"missing asset", "GET", "/assets/gone.js", "", 404, "404 page not found\n", "text/plain; charset=utf-8", "no-store", ""},
		{"manifest", "GET", "/manifest.webmanifest", "", 200, "{}", "application/manifest+json", "no-cache", ""},
		{"up and out", "GET", "/../embed.go", "", 200, "<!doctype html>page", "text/html; charset=utf-8", "no-store", ""},
		{"post", "POST", "/", "", 405, "method not allowed\n", "text/plain; charset=utf-8", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://shop.example/", nil)
			r.URL.Path = c.path
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			head := w.Header()
			got := []string{w.Body.String(), head.Get("Content-Type"), head.Get("Cache-Control"), head.Get("Content-Encoding")}
			want := []string{c.body, c.media, c.cache, c.coding}
			if w.Code != c.status || strings.Join(got, "|") != strings.Join(want, "|") {
				t.Errorf("got %d %q, want %d %q", w.Code, got, c.status, want)
			}
			if !strings.Contains(head.Get("Content-Security-Policy"), "script-src 'self'") {
				t.Error("no content security policy")
			}
		})
	}
}

func TestETag(t *testing.T) {
	h := newHandler(built)
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/icon.svg", nil)
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	first := ask("")
	if first.Code != http.StatusOK || first.Header().Get("ETag") == "" {
		t.Fatalf("got %d with tag %q", first.Code, first.Header().Get("ETag"))
	}
	if again := ask("\"x\", W/" + first.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
		t.Errorf("the same tag got %d and %d bytes, want 304 and none", again.Code, again.Body.Len())
	}
}

// The tracker is loaded by pages of other origins, plainly, with crossorigin (for integrity), and where they isolate themselves.
func TestTracker(t *testing.T) {
	ask := func(h http.Handler, set ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/t.js", nil)
		for i := 0; i < len(set); i += 2 {
			r.Header.Set(set[i], set[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	h := newHandler(built)
	w := ask(h, "Origin", "https://shop.example", "Accept-Encoding", "gzip")
	head := w.Header()
	for name, want := range map[string]string{
		"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=600, stale-while-revalidate=86400",
		"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Content-Encoding": "gzip",
		"Vary": "Accept-Encoding", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "",
	} {
		if head.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, head.Get(name), want)
		}
	}
	if w.Code != http.StatusOK || w.Body.String() != "tracker, gzip" {
		t.Errorf("got %d %q", w.Code, w.Body)
	}
	if again := ask(h, "Accept-Encoding", "gzip", "If-None-Match", head.Get("ETag")); again.Code != http.StatusNotModified ||
		again.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("the same tag got %d with %v", again.Code, again.Header())
	}
	// Without a build there is no page in its place: browsers would run it.
	if w := ask(newHandler(fstest.MapFS{})); w.Code != http.StatusNotFound {
		t.Errorf("without a build: %d", w.Code)
	}
}

func TestWithoutBuild(t *testing.T) {
	w := httptest.NewRecorder()
	newHandler(fstest.MapFS{".gitkeep": {}}).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("got %d %q", w.Code, w.Body.String())
	}
}
