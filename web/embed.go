// Package web holds the built web app and serves it.
//
// The files of dist/ are written by `npm run build` and travel inside the program. Names under assets/ carry a hash of their
// content, so they may be kept for ever; everything else is asked for again (ETag), and index.html is never stored, because it names the
// current hashes. An address without a file belongs to the app's own router and gets index.html. Where a .br or .gz lies beside a file and the
// browser takes it, that is sent. Without a build the program still compiles and says what to do.
//
// One file is not for this server's own pages: the page tracker, /t.js, which shops load into theirs.
package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// tracker is the address of the page tracker.
const tracker = "/t.js"

//go:embed all:dist
var dist embed.FS

// policy lets pages load only what this server sends; pictures may come from the shop's own hosts. Inline styles are what the component
// library writes; scripts are never inline.
const policy = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rapport</title>
<style>body{font:16px/1.6 system-ui;max-width:36rem;margin:15vh auto;padding:0 1.5rem}</style>
<h1>The web app was not built</h1><p>This program was compiled without its pages. Run <code>make build</code> in the
repository and start it again. The API works meanwhile.</p></html>`

// types is fixed here because the system's table differs from machine to machine.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2", ".json": "application/json",
	".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
}

type file struct {
	name     string // in dist, with slashes
	etag     string
	media    string
	hashed   bool
	br, gzip bool
}

type handler struct {
	root  fs.FS
	files map[string]file
}

// Handler serves the app. It answers GET and HEAD; other methods get 405.
func Handler() http.Handler {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // a constant name; cannot happen
	}
	return newHandler(root)
}

// Built tells whether the program was compiled with the app in it.
func Built() bool {
	_, err := fs.Stat(dist, "dist/index.html")
	return err == nil
}

func newHandler(root fs.FS) *handler {
	h := &handler{root: root, files: map[string]file{}}
	_ = fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		ext := path.Ext(name)
		media, known := types[ext]
		if err != nil || d.IsDir() || !known || strings.HasPrefix(name, ".") {
			return err
		}
		f := file{name: name, media: media, hashed: strings.HasPrefix(name, "assets/")}
		if f.hashed {
			f.etag = `"` + path.Base(name) + `"`
		} else if body, err := fs.ReadFile(root, name); err == nil {
			sum := sha256.Sum256(body)
			f.etag = `"` + hex.EncodeToString(sum[:12]) + `"`
		}
		_, err = fs.Stat(root, name+".br")
		f.br = err == nil
		_, err = fs.Stat(root, name+".gz")
		f.gzip = err == nil
		h.files["/"+name] = f
		return nil
	})
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", policy)
	head.Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	f, ok := h.files[path.Clean("/"+r.URL.Path)]
	if !ok || f.name == "index.html" {
		// A missing asset must not look like a page: a browser would run HTML as a script.
		if strings.HasPrefix(r.URL.Path, "/assets/") || r.URL.Path == tracker {
			head.Set("Cache-Control", "no-store")
			http.NotFound(w, r)
			return
		}
		h.index(w, r)
		return
	}
	switch {
	case f.hashed:
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	case r.URL.Path == tracker:
		forForeignPages(head)
	default:
		head.Set("Cache-Control", "no-cache")
	}
	h.send(w, r, f, http.StatusOK)
}

// forForeignPages lets pages of any origin run and read the file, and caches keep it for ten minutes; after that they may go on with the old one
// while they ask for the new.
func forForeignPages(head http.Header) {
	head.Set("Cache-Control", "public, max-age=600, stale-while-revalidate=86400")
	head.Set("Access-Control-Allow-Origin", "*")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	for _, ofPages := range []string{"Content-Security-Policy", "Cross-Origin-Opener-Policy"} {
		head.Del(ofPages)
	}
}

func (h *handler) index(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	f, ok := h.files["/index.html"]
	if !ok {
		w.Header().Set("Content-Type", types[".html"])
		w.WriteHeader(http.StatusServiceUnavailable)
		if r.Method != http.MethodHead {
			_, _ = w.Write([]byte(notBuilt))
		}
		return
	}
	h.send(w, r, f, http.StatusOK)
}

func (h *handler) send(w http.ResponseWriter, r *http.Request, f file, status int) {
	head := w.Header()
	head.Set("Content-Type", f.media)
	if f.br || f.gzip {
		head.Add("Vary", "Accept-Encoding")
	}
	encoding, suffix := "", ""
	accept := r.Header.Get("Accept-Encoding")
	switch {
	case f.br && accepts(accept, "br"):
		encoding, suffix = "br", ".br"
	case f.gzip && accepts(accept, "gzip"):
		encoding, suffix = "gzip", ".gz"
	}
	etag := f.etag
	if encoding != "" { // another representation needs another tag
		etag = strings.TrimSuffix(etag, `"`) + "-" + encoding + `"`
	}
	head.Set("ETag", etag)
	if matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, err := fs.ReadFile(h.root, f.name+suffix)
	if err != nil {
		http.Error(w, "file cannot be read", http.StatusInternalServerError)
		return
	}
	if encoding != "" {
		head.Set("Content-Encoding", encoding)
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// accepts reads Accept-Encoding as far as browsers use it: names with an optional q, where q=0 is a refusal.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) != encoding {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !found || err != nil || weight > 0
	}
	return false
}

func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if tag := strings.TrimPrefix(strings.TrimSpace(part), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
