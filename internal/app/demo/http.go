package demo

import (
	"net/http"
	"path"
	"strings"
)

// Door is how requests reach the server: an http.Client, or a handler of this process (see Inside).
type Door interface {
	Do(*http.Request) (*http.Response, error)
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
