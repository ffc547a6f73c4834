package e2e_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
)

// behind gives a client that comes from 127.0.0.2, through a proxy with HTTPS, to a server at base. The proxy does what nginx does with
// proxy_add_x_forwarded_for: it adds whom it sees to what the client said.
func behind(t *testing.T, base string) (address string, client *http.Client) {
	t.Helper()
	target, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
		r.SetXForwarded()
	}})
	t.Cleanup(proxy.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client = proxy.Client()
	client.Jar = jar
	transport := client.Transport.(*http.Transport)
	transport.DialContext = (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext
	return proxy.URL, client
}

func ask(t *testing.T, c *http.Client, method, address string, body any, headers ...string) (*http.Response, []byte) {
	t.Helper()
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequest(method, address, in)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, b
}

var ownerOfProof = map[string]string{"email": harness.OwnerEmail, "name": "Owner", "password": harness.OwnerPassword, "shop_name": "Proof shop",
	"currency": "EUR", "zone": "Europe/Berlin", "language": "en"}

// A visitor who lies about his address, through a proxy that passes the lie on: what the proxy added counts.
func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0", "RAPPORT_TRUSTED_PROXIES=127.0.0.1/32", "RAPPORT_PUBLIC_URL=https://crm.shop.example")
	base, c := behind(t, s.URL)
	lie := []string{"X-Forwarded-For", "6.6.6.6, 127.0.0.1", "Forwarded", "for=6.6.6.6"}
	res, b := ask(t, c, "POST", base+"/api/v1/setup", ownerOfProof, lie...)
	if res.StatusCode != 201 {
		t.Fatalf("%d %s", res.StatusCode, b)
	}
	cookie := res.Cookies()[0]
	if cookie.Name != "__Host-rapport_session" || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("%s", res.Header["Set-Cookie"])
	}
	if res.Header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS behind a proxy that speaks HTTPS")
	}
	_, b = ask(t, c, "GET", base+"/api/v1/me/sessions", nil, lie...)
	if !bytes.Contains(b, []byte(`"ip":"127.0.0.2"`)) || bytes.Contains(b, []byte("6.6.6.6")) {
		t.Errorf("the lie was believed: %s", b)
	}
	// An origin that is the public one is ours, whatever Host the proxy makes of it; another is not.
	for origin, want := range map[string]int{"https://crm.shop.example": 200, "https://evil.example": 403} {
		if res, b = ask(t, c, "PATCH", base+"/api/v1/me", map[string]string{"name": "Ada"}, "Origin", origin); res.StatusCode != want {
			t.Errorf("origin %s: %d %s", origin, res.StatusCode, b)
		}
	}
	if _, b = ask(t, c, "GET", base+"/api/v1/me", nil); !bytes.Contains(b, []byte(`"public_url":"https://crm.shop.example"`)) {
		t.Errorf("%s", b)
	}
	// The limit on guesses follows the visitor and not the proxy, and no new lie gives new tries.
	for i := range 40 {
		res, b = ask(t, c, "POST", base+"/api/v1/sessions", map[string]string{"email": "nobody@shop.example", "password": "wrong"},
			"X-Forwarded-For", "6.6.6."+string(rune('0'+i%10)))
		if res.StatusCode == 429 {
			break
		}
	}
	if res.StatusCode != 429 {
		t.Errorf("forty guesses under ten lies: %d %s", res.StatusCode, b)
	}
	direct := &http.Client{}
	if res, b = ask(t, direct, "POST", s.URL+"/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword},
		"X-Forwarded-For", "203.0.113.7", "X-Forwarded-Proto", "https"); res.StatusCode != 200 {
		t.Errorf("another visitor is kept out: %d %s", res.StatusCode, b)
	}
}

// Passwords do not cross public networks in the clear, and whoever tries reads what to do.
func TestPlainHTTPFromOutside(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	c := &http.Client{}
	for _, headers := range [][]string{{"Host", "crm.shop.example"}, {"X-Forwarded-For", "203.0.113.9"}, {"Host", "crm.shop.example", "X-Forwarded-Proto", "http"}} {
		res, b := ask(t, c, "POST", s.URL+"/api/v1/setup", ownerOfProof, headers...)
		if res.StatusCode != 403 || !bytes.Contains(b, []byte("request.plain_http")) || !bytes.Contains(b, []byte("tls_domains")) {
			t.Errorf("%v: %d %s", headers, res.StatusCode, b)
		}
		res, b = ask(t, c, "GET", s.URL+"/signin", nil, headers...)
		if res.StatusCode != 403 || !bytes.Contains(b, []byte("plain_sign_in")) {
			t.Errorf("page, %v: %d %s", headers, res.StatusCode, b)
		}
	}
	s.Setup() // from this machine
	s.Terminate()
	open := harness.Start(t, s.Dir, "127.0.0.1:0", "RAPPORT_PLAIN_SIGN_IN=true")
	if res, b := ask(t, c, "POST", open.URL+"/api/v1/sessions", map[string]string{"email": harness.OwnerEmail, "password": harness.OwnerPassword},
		"Host", "crm.shop.example"); res.StatusCode != 200 || res.Cookies()[0].Name != "rapport_session" || res.Cookies()[0].Secure {
		t.Errorf("plain_sign_in: %d %s %v", res.StatusCode, b, res.Header["Set-Cookie"])
	}
}

// selfSigned makes a certificate for a name.
func selfSigned(t *testing.T, name string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IsCA: true,
		BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: raw}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
	return cert, key, pool
}

// freePort gives a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	cert, key, pool := selfSigned(t, "crm.shop.example")
	plain := freePort(t)
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0", "RAPPORT_TLS_CERTIFICATE="+cert, "RAPPORT_TLS_KEY="+key, "RAPPORT_TLS_REDIRECT="+plain)
	address, ok := strings.CutPrefix(s.URL, "https://")
	if !ok {
		t.Fatalf("listens on %s", s.URL)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true,
			DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
				if _, port, _ := net.SplitHostPort(to); port == "80" {
					address := plain
					return (&net.Dialer{}).DialContext(ctx, network, address)
				}
				return (&net.Dialer{}).DialContext(ctx, network, address)
			}}}
	res, b := ask(t, c, "POST", "https://crm.shop.example/api/v1/setup", ownerOfProof)
	if res.StatusCode != 201 || res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Fatalf("%d %s %s", res.StatusCode, res.Proto, b)
	}
	if res, b = ask(t, c, "GET", "https://crm.shop.example/api/v1/me", nil); res.StatusCode != 200 {
		t.Errorf("%d %s", res.StatusCode, b)
	}
	_, port, _ := net.SplitHostPort(address)
	if res, _ = ask(t, c, "GET", "http://crm.shop.example/customers?q=1", nil); res.StatusCode != 308 ||
		res.Header.Get("Location") != "https://crm.shop.example:"+port+"/customers?q=1" {
		t.Errorf("%d %s", res.StatusCode, res.Header.Get("Location"))
	}
	if res, b = ask(t, c, "POST", "http://crm.shop.example/api/v1/sessions", ownerOfProof); res.StatusCode != 403 {
		t.Errorf("a password was taken in the clear: %d %s", res.StatusCode, b)
	}
	s.Terminate()
}

// Connections that say nothing, or without end, are ended; others are served meanwhile.
func TestSlowAndEndless(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0")
	owner := s.Setup()
	key := owner.IngestKey("slow", false)
	address := s.Address()
	res, _ := ask(t, &http.Client{}, "GET", s.URL+"/healthz", nil, "X-Forwarded-For", strings.Repeat("1.1.1.1,", 1_000_000))
	if res.StatusCode != 431 {
		t.Errorf("a header of a million entries: %d", res.StatusCode)
	}
	for name, beginning := range map[string]string{
		"headers": "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
		"body": "POST /v1/batch HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 400000\r\nAuthorization: Bearer " + key +
			"\r\n\r\n{\"batch\": [",
		"JSON": "POST /api/v1/sessions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := io.WriteString(conn, beginning); err != nil {
				t.Fatal(err)
			}
			tick := time.NewTicker(time.Second)
			defer tick.Stop()
			go func() {
				for range tick.C {
					if _, err := io.WriteString(conn, " "); err != nil {
						return
					}
				}
			}()
			if err := conn.SetReadDeadline(time.Now().Add(50 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
				t.Errorf("a slow sender was waited for longer than 50 s")
			}
		})
	}
}

// The service manager hears when the program is ready, that it lives, and that it stops.
func TestServiceManager(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "n")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	s := harness.Start(t, harness.Dir(t), "127.0.0.1:0", "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=400000")
	said := func(want string) {
		t.Helper()
		b := make([]byte, 4096)
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := c.Read(b)
			if err != nil {
				t.Fatalf("%s was not said: %v", want, err)
			}
			if strings.HasPrefix(string(b[:n]), want) {
				return
			}
		}
	}
	said("READY=1")
	said("WATCHDOG=1")
	said("WATCHDOG=1")
	s.Terminate()
	said("STOPPING=1")
}
