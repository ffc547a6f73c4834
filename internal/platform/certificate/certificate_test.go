package certificate_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"

	"rapport/internal/base/clock"
	"rapport/internal/platform/certificate"
)

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func port(ln net.Listener) int { return ln.Addr().(*net.TCPAddr).Port }

// authority runs Pebble, the authority of RFC 8555 in small, which asks its questions at the two ports. It gives a file with the root for
// speaking to it too.
func authority(t *testing.T, httpPort, tlsPort int) (server *httptest.Server, roots string) {
	t.Helper()
	t.Setenv("PEBBLE_VA_NOSLEEP", "1")
	quiet := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	issuing := ca.New(quiet, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests"}})
	front := wfe.New(quiet, store, va.New(quiet, httpPort, tlsPort, true, "", store), issuing, []string{"pebble.example"}, true, false, 1, 1)
	server = httptest.NewTLSServer(front.Handler())
	t.Cleanup(server.Close)
	roots = filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, roots
}

// serve speaks HTTPS with what s gives.
func serve(t *testing.T, s *certificate.Service, ln net.Listener) {
	t.Helper()
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("inside")) })
	server := &http.Server{Handler: h, TLSConfig: s.TLS(), ReadHeaderTimeout: time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.ServeTLS(ln, "", "") }()
	t.Cleanup(func() { _ = server.Close(); <-done })
}

// presented is the certificate that a browser is shown, nil where the handshake fails.
func presented(ln net.Listener, name string) *x509.Certificate {
	// The chain is not checked here: the authority's root is made anew for each run. Names and dates are, below.
	c, err := tls.Dial("tcp", ln.Addr().String(), &tls.Config{ServerName: name, InsecureSkipVerify: true}) //nolint:gosec // see above
	if err != nil {
		return nil
	}
	defer func() { _ = c.Close() }()
	return c.ConnectionState().PeerCertificates[0]
}

func TestFetched(t *testing.T) {
	for _, r := range []struct {
		name  string
		plain bool
	}{{"over the HTTPS port alone", false}, {"with a plain port", true}} {
		t.Run(r.name, func(t *testing.T) {
			secure, plain := listen(t), listen(t)
			plainPort := port(plain)
			rfc8555, roots := authority(t, plainPort, port(secure))
			dir := t.TempDir()
			c := certificate.Config{
				Domains: []string{"localhost"}, Email: "ops@shop.example", Authority: rfc8555.URL + wfe.DirectoryPath, Roots: roots, Dir: dir,
				Listen: secure.Addr(), Clock: clock.System{}, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
			}
			if r.plain {
				c.Redirect = plain.Addr()
			}
			s, err := certificate.New(c)
			if err != nil {
				t.Fatal(err)
			}
			serve(t, s, secure)
			elsewhere := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
			side := &http.Server{Handler: s.Challenges(elsewhere), ReadHeaderTimeout: time.Second}
			go func() { _ = side.Serve(plain) }()
			t.Cleanup(func() { _ = side.Close() })
			if !s.Expires().IsZero() {
				t.Error("there is a certificate before one was asked for")
			}
			if err := s.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := await(t, func() *x509.Certificate { return presented(secure, "localhost") })
			if err := got.VerifyHostname("localhost"); err != nil || got.Issuer.CommonName == "" || !s.Expires().Equal(got.NotAfter) {
				t.Errorf("%v %s %v", err, got.Issuer, s.Expires())
			}
			if presented(secure, "other.example") != nil {
				t.Error("a stranger's name got a certificate")
			}
			res, err := http.Get("http://" + plain.Addr().String() + "/x")
			if err != nil || res.StatusCode != http.StatusTeapot {
				t.Errorf("what is no question goes on: %v %v", res, err)
			}
			_ = res.Body.Close()
			if err := s.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			// A restart without the authority uses what is on disk.
			rfc8555.Close()
			again, err := certificate.New(c)
			if err != nil {
				t.Fatal(err)
			}
			if err := again.Start(t.Context()); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = again.Stop(context.Background()) }()
			next := listen(t)
			serve(t, again, next)
			if kept := await(t, func() *x509.Certificate { return presented(next, "localhost") }); !kept.Equal(got) {
				t.Error("the certificate was not kept")
			}
			_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
				if info, e := d.Info(); err == nil && e == nil && filepath.Ext(path) == ".key" && info.Mode().Perm()&0o077 != 0 {
					t.Errorf("%s is open to others: %s", path, info.Mode())
				}
				return err
			})
		})
	}
}

func await(t *testing.T, get func() *x509.Certificate) *x509.Certificate {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(60 * time.Second)
	for {
		if c := get(); c != nil {
			return c
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("there is no certificate after a minute")
		}
	}
}

// write makes a certificate that names itself and puts it and its key into files.
func write(t *testing.T, cert, key, name string, at time.Time) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(at.Unix()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: at, NotAfter: at.Add(24 * time.Hour)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: raw}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if path == "" {
			continue
		}
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGiven(t *testing.T) {
	now := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "a.pem"), filepath.Join(dir, "a.key")
	c := certificate.Config{Certificate: cert, Key: key, Clock: now, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if _, err := certificate.New(c); err == nil {
		t.Fatal("files that are not there were taken")
	}
	write(t, cert, key, "one.example", now.Now())
	s, err := certificate.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	c.Listen = ln.Addr()
	serve(t, s, ln)
	shows := func(want string) {
		t.Helper()
		if got := presented(ln, "any.example"); got == nil || got.Subject.CommonName != want {
			t.Errorf("shows %v, want %s", got, want)
		}
	}
	shows("one.example")
	if want := now.Now().Add(24 * time.Hour); !s.Expires().Equal(want) {
		t.Error(s.Expires())
	}
	write(t, cert, key, "two.example", now.Now().Add(time.Hour))
	shows("one.example") // not looked at yet
	now.Advance(6 * time.Second)
	shows("two.example")
	write(t, cert, "", "three.example", now.Now().Add(2*time.Hour)) // without its key yet
	now.Advance(6 * time.Second)
	shows("two.example")
	write(t, cert, key, "three.example", now.Now().Add(3*time.Hour))
	now.Advance(6 * time.Second)
	shows("three.example")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	now.Advance(6 * time.Second)
	shows("three.example")
	if err := os.WriteFile(cert, []byte("rubbish"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := certificate.New(c); err == nil {
		t.Error("rubbish was taken")
	}
}
