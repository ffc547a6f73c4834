package app

import (
	"context"
	"net/http"

	"rapport/internal/access/role"
	"rapport/internal/app/demo"
	"rapport/internal/collect/ingest"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/obs"
	"rapport/web"
)

// mount adds what is not part of the API: tracking, pages, health and metrics.
func mount(h *house, g ground, metrics *obs.Metrics) {
	tracking := h.ingest.Handler(h.server.Peer)
	for _, p := range ingest.Prefixes() {
		h.server.HandleBare(p, tracking)
	}
	h.server.Handle("GET /healthz", text(func() (int, string) { return http.StatusOK, "ok" }))
	h.server.Handle("GET /readyz", text(func() (int, string) {
		if g.ready != nil && g.ready() {
			return http.StatusOK, "ready"
		}
		return http.StatusServiceUnavailable, "not ready"
	}))
	h.server.Handle("GET /metrics", metrics.Handler())
	h.server.Handle("GET /p/demo/products/", demo.Pictures())
	h.server.Handle("/", web.Handler())
}

func text(answer func() (int, string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		status, body := answer()
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body + "\n"))
	})
}

// operatorFirst knows the operator by the socket he came through, everybody else by what he shows.
func operatorFirst(authenticate func(*http.Request) (context.Context, error)) func(*http.Request) (context.Context, error) {
	return func(r *http.Request) (context.Context, error) {
		if p, ok := operator(r.Context()); ok {
			p.IP = httpapi.RequestFrom(r.Context()).IP
			return role.With(r.Context(), p), nil
		}
		return authenticate(r)
	}
}
