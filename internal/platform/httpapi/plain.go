package httpapi

import (
	"fmt"
	"html"
	"net"
	"net/http"
	"net/netip"
	"path"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"rapport/internal/base/errs"
)

// refusePlain keeps passwords, sessions and other secrets off lines on which strangers can read along.
func (s *Server) refusePlain(c huma.Context, next func(huma.Context)) {
	if secret, _ := c.Operation().Extensions[secretKey].(bool); secret {
		if r, w := humago.Unwrap(c); s.exposed(r) {
			s.WriteError(w, r, errs.New(errs.Forbidden, "request.plain_http", "%s", s.plainHelp()))
			return
		}
	}
	next(c)
}

// Pages stands before the handler of the web app: whoever opens a page where signing in is refused reads why before he types a password.
func (s *Server) Pages(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ext := path.Ext(r.URL.Path); ext != "" && ext != ".html" || !s.exposed(r) { // the tracker's script is for pages of any scheme
			next.ServeHTTP(w, r)
			return
		}
		link := ""
		if u := s.config.PublicURL; u != nil && u.Scheme == "https" {
			link = fmt.Sprintf(`<p><a href="%[1]s">%[1]s</a></p>`, html.EscapeString(u.String()))
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusForbidden)
		if r.Method != http.MethodHead {
			_, _ = fmt.Fprintf(w, plainPage, html.EscapeString(s.plainHelp()), link)
		}
	})
}

const plainPage = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Rapport</title><style>body{font:16px/1.6 system-ui;max-width:40rem;margin:12vh auto;padding:0 1.5rem}</style>
<h1>No sign-in over plain HTTP</h1><p>%s</p>%s
<p lang="fa" dir="rtl">ورود از راه HTTP ساده و از نشانی عمومی ممکن نیست، چون گذرواژه در راه خوانده می&zwnj;شود. از HTTPS استفاده کنید.</p></html>`

func (s *Server) plainHelp() string {
	if u := s.config.PublicURL; u != nil && u.Scheme == "https" {
		return fmt.Sprintf("Rapport takes no passwords over plain HTTP from a public address. Open %s instead. If you did, your proxy does not say so: let it send "+
			"X-Forwarded-Proto, and name its address in trusted_proxies.", u)
	}
	return "Rapport takes no passwords over plain HTTP from a public address, since they can be read on the way. Let it serve HTTPS itself (tls_domains), " +
		"or put a proxy with HTTPS before it that sends X-Forwarded-Proto (public_url, trusted_proxies); the page on operating tells how. " +
		"On a line that you trust, set plain_sign_in: true."
}

// exposed tells a request that came over plain HTTP and over a public network: its client has a public address, or it asked for one. Loopback
// and private networks are left to those who run them.
func (s *Server) exposed(r *http.Request) bool {
	req := RequestFrom(r.Context())
	if !s.config.RefusePlain || req.HTTPS || req.IP == "" { // the control socket has no address
		return false
	}
	addr, err := netip.ParseAddr(req.IP)
	return err == nil && isPublic(addr) || isPublicHost(r.Host)
}

// shared is what providers put between themselves and their customers (RFC 6598), and what private networks over the internet use.
var shared = netip.MustParsePrefix("100.64.0.0/10")

func isPublic(a netip.Addr) bool {
	return !a.IsLoopback() && !a.IsPrivate() && !a.IsLinkLocalUnicast() && !a.IsUnspecified() && !shared.Contains(a)
}

// isPublicHost tells names that mean something on the internet from those of one machine or house (RFC 6761, 6762, 8375, 9476).
func isPublicHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		return isPublic(addr.Unmap())
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if !strings.Contains(host, ".") {
		return false
	}
	for _, own := range []string{".localhost", ".localdomain", ".local", ".internal", ".lan", ".home.arpa", ".test"} {
		if strings.HasSuffix(host, own) {
			return false
		}
	}
	return true
}
