package httpapi

import (
	"net"
	"net/http"
)

// ToHTTPS sends visitors of the plain port on to HTTPS: to public, or where that is empty to the host they asked for, on the port of listen. Only
// reading is sent on; whoever sends something has sent it in the clear already and shall notice.
func ToHTTPS(public, listen string) http.Handler {
	_, port, _ := net.SplitHostPort(listen)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Send this to https:// instead; what you sent was not taken.", http.StatusForbidden)
			return
		}
		host := public
		if host == "" {
			host = r.Host
			if h, _, err := net.SplitHostPort(r.Host); err == nil {
				host = h
			}
			if port != "443" {
				host = net.JoinHostPort(host, port)
			}
		}
		target := *r.URL
		target.Scheme, target.Host = "https", host
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, target.String(), http.StatusPermanentRedirect)
	})
}
