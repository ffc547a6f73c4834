package app

import (
	"context"
	"net/http"

	"rapport/internal/access/role"
	"rapport/internal/app/demo"
	"rapport/internal/collect/ingest"
	"rapport/internal/platform/config"
	"rapport/internal/platform/disk"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/obs"
	"rapport/web"
)

// mount adds what is not part of the API: tracking, pages, health and metrics.
func mount(h *house, g ground, metrics *obs.Metrics) {
	tracking := h.ingest.Handler(h.server)
	for _, p := range ingest.Prefixes() {
		h.server.HandleBare(p, tracking)
	}
	h.server.Handle("GET /healthz", text(func() (int, string) { return http.StatusOK, "ok" }))
	h.server.Handle("GET /readyz", text(func() (int, string) {
		switch {
		case g.ready == nil || !g.ready():
			return http.StatusServiceUnavailable, "not ready"
		case h.disk.State() == disk.Full:
			return http.StatusServiceUnavailable, "not ready: the disk is nearly full"
		case h.disk.State() == disk.Low:
			return http.StatusOK, "ready, but the disk will be full soon"
		}
		return http.StatusOK, "ready"
	}))
	metrics.Gauge("rapport_disk_free_bytes", "Room on the data directory's disk.", func() float64 { return float64(h.disk.Space().Free) })
	metrics.Gauge("rapport_disk_state", "0: enough room, 1: make room, 2: new events are refused.", func() float64 {
		return map[disk.State]float64{disk.Low: 1, disk.Full: 2}[h.disk.State()]
	})
	metrics.Gauge("rapport_backup_last_timestamp_seconds", "When the newest backup of the schedule was taken; 0: there is none.", func() float64 {
		if last := h.backups.Last(); !last.IsZero() {
			return float64(last.Unix())
		}
		return 0
	})
	h.server.Handle("GET /metrics", metrics.Handler())
	h.server.Handle("GET /p/demo/products/", demo.Pictures())
	h.server.Handle("/", h.server.Pages(web.Handler()))
}

// publicURL is the address people use, or "".
func publicURL(c *config.Config) string {
	if u := c.Public(); u != nil {
		return u.String()
	}
	return ""
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
