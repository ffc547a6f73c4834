package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/quick"

	"rapport/internal/platform/httpapi"
)

var proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

func TestPeer(t *testing.T) {
	s := httpapi.New(httpapi.Config{TrustedProxies: proxies})
	for _, r := range []struct {
		name, remote, forwarded, proto, ip string
		https                              bool
	}{
		{"nobody between", "203.0.113.9:5", "", "", "203.0.113.9", false},
		{"anybody can write headers", "203.0.113.9:5", "1.2.3.4", "https", "203.0.113.9", false},
		{"a proxy", "127.0.0.1:5", "1.2.3.4", "https", "1.2.3.4", true},
		{"left of the last stranger is his word", "127.0.0.1:5", "9.9.9.9, 1.2.3.4, 10.0.0.7", "http", "1.2.3.4", false},
		{"he calls himself a proxy", "127.0.0.1:5", "10.9.9.9, 127.0.0.1, 1.2.3.4", "https", "1.2.3.4", true},
		{"all of the house", "127.0.0.1:5", "10.0.0.9, 10.0.0.8", "https", "10.0.0.9", true},
		{"garbage", "127.0.0.1:5", "nonsense", "", "127.0.0.1", false},
		{"garbage behind a proxy", "127.0.0.1:5", "1.2.3.4, <script>, 10.0.0.7", "https", "10.0.0.7", true},
		{"unknown", "127.0.0.1:5", "unknown", "https", "127.0.0.1", true},
		{"empty entries", "127.0.0.1:5", "1.2.3.4,,", "", "127.0.0.1", false},
		{"ports", "127.0.0.1:5", "1.2.3.4:4711", "", "1.2.3.4", false},
		{"IPv6 with a port", "127.0.0.1:5", "[2001:db8::1]:443", "", "2001:db8::1", false},
		{"IPv6 in brackets", "127.0.0.1:5", "[2001:db8::1]", "", "2001:db8::1", false},
		{"IPv6", "127.0.0.1:5", "2001:DB8::1", "", "2001:db8::1", false},
		{"IPv4 as IPv6", "127.0.0.1:5", "::ffff:1.2.3.4, ::ffff:10.0.0.7", "", "1.2.3.4", false},
		{"a zone", "127.0.0.1:5", "fe80::1%eth0", "", "fe80::1", false},
		{"a proxy with a zone", "[fd00::1%eth0]:5", "1.2.3.4", "https", "1.2.3.4", true},
		{"a port that is none", "127.0.0.1:5", "1.2.3.4:99999", "", "127.0.0.1", false},
		{"no address at all", "127.0.0.1:5", "0.0.0.0", "", "127.0.0.1", false},
		{"leading zeros", "127.0.0.1:5", "01.02.03.04", "", "127.0.0.1", false},
		{"the control socket", "@", "1.2.3.4", "https", "", false},
		{"no proxy of ours", "[::1]:5", "1.2.3.4", "https", "::1", false},
		{"each proxy writes its scheme", "127.0.0.1:5", "1.2.3.4, 10.0.0.7", "https, http", "1.2.3.4", true},
		{"the client's word for a scheme", "127.0.0.1:5", "1.2.3.4", "https, http", "1.2.3.4", false},
		{"a scheme that is none", "127.0.0.1:5", "1.2.3.4", "gopher", "1.2.3.4", false},
	} {
		req := &http.Request{RemoteAddr: r.remote, Header: http.Header{}}
		if r.forwarded != "" {
			req.Header.Set("X-Forwarded-For", r.forwarded)
		}
		if r.proto != "" {
			req.Header.Set("X-Forwarded-Proto", r.proto)
		}
		req.Header.Set("Forwarded", "for=6.6.6.6;proto=https") // the form that is not read
		if ip, https := s.Peer(req); ip != r.ip || https != r.https {
			t.Errorf("%s: got %s %v, want %s %v", r.name, ip, https, r.ip, r.https)
		}
	}
	lines := &http.Request{RemoteAddr: "127.0.0.1:5", Header: http.Header{"X-Forwarded-For": {"6.6.6.6, 1.2.3.4", "10.0.0.7"}}}
	if ip, _ := s.Peer(lines); ip != "1.2.3.4" {
		t.Errorf("two lines: %s", ip)
	}
}

func TestForwarded(t *testing.T) {
	s := httpapi.New(httpapi.Config{TrustedProxies: proxies, Forwarded: true})
	for _, r := range []struct {
		name, forwarded, ip string
		https               bool
	}{
		{"the standard's form", `for=192.0.2.60;proto=https;by=10.0.0.1`, "192.0.2.60", true},
		{"any case, quotes, a port", `For="[2001:db8:cafe::17]:4711" ; Proto="HTTPS"`, "2001:db8:cafe::17", true},
		{"two proxies", `for=192.0.2.43;proto=https, for=10.0.0.7;proto=http`, "192.0.2.43", true},
		{"a liar before it", `for=6.6.6.6;proto=https, for=192.0.2.43;proto=http`, "192.0.2.43", false},
		{"a quote left open swallows nothing", `for="6.6.6.6, for=192.0.2.43;proto=https`, "192.0.2.43", true},
		{"hidden", `for=_gazonk;proto=https`, "127.0.0.1", true},
		{"unknown", `for=unknown`, "127.0.0.1", false},
		{"nothing", ``, "127.0.0.1", false},
		{"garbage", `;;=;,=,`, "127.0.0.1", false},
	} {
		req := &http.Request{RemoteAddr: "127.0.0.1:5", Header: http.Header{"Forwarded": {r.forwarded}, "X-Forwarded-For": {"6.6.6.6"}, "X-Forwarded-Proto": {"https"}}}
		if ip, https := s.Peer(req); ip != r.ip || https != r.https {
			t.Errorf("%s: got %s %v, want %s %v", r.name, ip, https, r.ip, r.https)
		}
	}
}

// The walk ends, whatever comes; a million proxies of ours cost no more than maxHops of them, and what is found is an address.
func TestAHostileChain(t *testing.T) {
	s := httpapi.New(httpapi.Config{TrustedProxies: proxies})
	long := &http.Request{RemoteAddr: "127.0.0.1:5", Header: http.Header{"X-Forwarded-For": {strings.Repeat("10.0.0.1,", 1_000_000) + "10.0.0.2"}}}
	if ip, _ := s.Peer(long); ip != "10.0.0.1" {
		t.Error(ip)
	}
	if n := testing.AllocsPerRun(10, func() { s.Peer(long) }); n > 80 {
		t.Errorf("%v allocations for a million entries", n)
	}
	if err := quick.Check(func(a, b string) bool {
		r := &http.Request{RemoteAddr: "127.0.0.1:5", Header: http.Header{"X-Forwarded-For": {a, b}, "X-Forwarded-Proto": {b, a}}}
		ip, _ := s.Peer(r)
		_, err := netip.ParseAddr(ip)
		return err == nil
	}, nil); err != nil {
		t.Error(err)
	}
}

// The public address answers where a proxy is silent: for links always, for the scheme when the request asks for that host.
func TestPublicAddress(t *testing.T) {
	u, err := url.Parse("https://crm.shop.example")
	if err != nil {
		t.Fatal(err)
	}
	s := httpapi.New(httpapi.Config{TrustedProxies: proxies, PublicURL: u})
	for _, r := range []struct {
		remote, host, proto string
		https               bool
	}{
		{"127.0.0.1:5", "crm.shop.example", "", true},
		{"127.0.0.1:5", "CRM.shop.example", "", true},
		{"127.0.0.1:5", "crm.shop.example", "http", false},
		{"127.0.0.1:5", "127.0.0.1:8080", "", false}, // the operator, past the proxy
		{"203.0.113.9:5", "crm.shop.example", "", false},
	} {
		req := &http.Request{RemoteAddr: r.remote, Host: r.host, Header: http.Header{}}
		if r.proto != "" {
			req.Header.Set("X-Forwarded-Proto", r.proto)
		}
		if _, https := s.Peer(req); https != r.https {
			t.Errorf("%+v: %v", r, https)
		}
		if scheme, host := s.Base(req); scheme != "https" || host != "crm.shop.example" {
			t.Errorf("%+v: %s %s", r, scheme, host)
		}
	}
	none := httpapi.New(httpapi.Config{TrustedProxies: proxies})
	req := &http.Request{RemoteAddr: "127.0.0.1:5", Host: "a.example:8443", Header: http.Header{"X-Forwarded-Proto": {"https"}}}
	if scheme, host := none.Base(req); scheme != "https" || host != "a.example:8443" {
		t.Error(scheme, host)
	}
}

// Secrets do not cross public networks in the clear; loopback, private networks and HTTPS are served.
func TestPlainHTTP(t *testing.T) {
	u, err := url.Parse("https://crm.shop.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		name, remote, host, forwarded, proto string
		refused                              bool
	}{
		{"this machine", "127.0.0.1:5", "127.0.0.1:8080", "", "", false},
		{"this machine by name", "[::1]:5", "localhost:8080", "", "", false},
		{"the house", "192.168.1.7:5", "192.168.1.2:8080", "", "", false},
		{"the house by name", "[fd00::7]:5", "crm.lan", "", "", false},
		{"a name without dots", "172.17.0.1:5", "rapport:8080", "", "", false},
		{"a public client", "203.0.113.9:5", "crm.lan", "", "", true},
		{"a public name", "127.0.0.1:5", "crm.shop.example", "", "", true},
		{"a public address", "172.17.0.1:5", "203.0.113.1:8080", "", "", true},
		{"a public IPv6 address", "127.0.0.1:5", "[2001:db8::1]:8080", "", "", true},
		{"a silent proxy", "127.0.0.1:5", "127.0.0.1:8080", "203.0.113.9", "", true},
		{"a proxy with HTTPS", "127.0.0.1:5", "crm.shop.example", "203.0.113.9", "https", false},
		{"a stranger who says HTTPS", "203.0.113.9:5", "crm.shop.example", "", "https", true},
		{"the control socket", "@", "rapport", "", "", false},
	} {
		t.Run(r.name, func(t *testing.T) {
			for _, public := range []*url.URL{nil, u} {
				f := serve(t, httpapi.Config{TrustedProxies: proxies, RefusePlain: true, PublicURL: public})
				f.server.Handle("GET /page/", f.server.Pages(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })))
				for _, c := range []struct {
					method, path, body string
					ok, no             int
				}{
					{"POST", "/api/v1/secrets", `{"name":"abc"}`, 200, 403},
					{"POST", "/api/v1/things", `{"name":"abc"}`, 201, 201},
					{"GET", "/page/in", "", 204, 403},
					{"GET", "/page/t.js", "", 204, 204},
				} {
					req := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
					req.RemoteAddr, req.Host = r.remote, r.host
					req.Header.Set("Content-Type", "application/json")
					for name, value := range map[string]string{"X-Forwarded-For": r.forwarded, "X-Forwarded-Proto": r.proto} {
						if value != "" {
							req.Header.Set(name, value)
						}
					}
					if public != nil && r.host == public.Host && r.remote == "127.0.0.1:5" && r.proto == "" {
						continue // the public address speaks for the proxy
					}
					w := httptest.NewRecorder()
					f.server.Handler().ServeHTTP(w, req)
					want := c.ok
					if r.refused {
						want = c.no
					}
					if w.Code != want {
						t.Errorf("%s: %d %s", c.path, w.Code, w.Body)
					}
					help := "tls_domains"
					if public != nil {
						help = "https://crm.shop.example"
					}
					if w.Code == 403 && !strings.Contains(w.Body.String(), help) {
						t.Errorf("does not say what to do: %s", w.Body)
					}
				}
			}
		})
	}
}
