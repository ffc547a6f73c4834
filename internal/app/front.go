package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/platform/certificate"
	"rapport/internal/platform/config"
	"rapport/internal/platform/httpapi"
)

// What one connection may cost before it has said anything that counts: who sends headers a byte at a time is cut off, and so is who sends
// more of them than any browser does. Bodies have deadlines of their own, by what is sent.
const (
	headerTime  = 10 * time.Second
	idleTime    = 2 * time.Minute
	headerBytes = 64 << 10
)

// front is what listens: plain HTTP, or HTTPS and beside it a plain port that sends visitors on.
type front struct {
	log     *slog.Logger
	main    net.Listener
	plain   net.Listener // nil without HTTPS, or when it is switched off
	certs   *certificate.Service
	public  string // host[:port] under which HTTPS is reached; "" takes the one that was asked for
	servers []*http.Server
	failed  chan error
}

// openFront takes the ports. Nothing is answered yet.
func openFront(c *config.Config, log *slog.Logger) (f *front, err error) {
	f = &front{log: log, failed: make(chan error, 2)}
	opened := f
	defer func() {
		if err != nil {
			opened.close()
		}
	}()
	if f.main, err = listen(c.Listen, "--listen"); err != nil {
		return nil, err
	}
	if !c.TLS() {
		return f, nil
	}
	certs := certificate.Config{
		Domains: c.Domains(), Email: c.TLSEmail, Authority: c.TLSAuthority, Roots: c.TLSRoots, Dir: c.Path("tls"),
		Certificate: c.TLSCertificate, Key: c.TLSKey, Listen: f.main.Addr(), Clock: clock.System{}, Log: log,
	}
	if u := c.Public(); u != nil {
		f.public = u.Host
	}
	if c.TLSRedirect != "off" {
		if f.plain, err = listen(c.TLSRedirect, "tls_redirect (or off)"); err != nil {
			return nil, err
		}
		certs.Redirect = f.plain.Addr()
	}
	f.certs, err = certificate.New(certs)
	return f, err
}

// url is where the program itself is reached.
func (f *front) url() string {
	if f.certs != nil {
		return "https://" + f.main.Addr().String()
	}
	return "http://" + f.main.Addr().String()
}

// serve begins to answer.
func (f *front) serve(ctx context.Context, h http.Handler) error {
	server := f.server(h)
	if f.certs == nil {
		go func() { f.failed <- server.Serve(f.main) }()
		return nil
	}
	server.TLSConfig = f.certs.TLS()
	go func() { f.failed <- server.ServeTLS(f.main, "", "") }()
	if f.plain != nil {
		side := f.server(f.certs.Challenges(httpapi.ToHTTPS(f.public, f.main.Addr().String())))
		go func() { f.failed <- side.Serve(f.plain) }()
	}
	return f.certs.Start(ctx)
}

func (f *front) server(h http.Handler) *http.Server {
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerBytes,
		ErrorLog: slog.NewLogLogger(f.log.Handler(), slog.LevelDebug),
	}
	f.servers = append(f.servers, s)
	return s
}

// shutdown ends what is answered, in its time.
func (f *front) shutdown(ctx context.Context) error {
	var err error
	for _, s := range f.servers {
		err = errors.Join(err, s.Shutdown(ctx))
	}
	if f.certs != nil {
		err = errors.Join(err, f.certs.Stop(ctx))
	}
	return err
}

// close gives the ports back before anything was served.
func (f *front) close() {
	for _, ln := range []net.Listener{f.main, f.plain} {
		if ln != nil {
			_ = ln.Close()
		}
	}
}
