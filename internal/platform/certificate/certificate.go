// Package certificate gives the server what it needs to speak HTTPS: certificates fetched from an authority by ACME (RFC 8555) and renewed in
// time, or a pair of files that an operator keeps and that is read again when it changes.
//
// Fetched ones lie with their keys and the account's under a directory of their own; a start without network uses what is there. The
// authority's question is answered on the HTTPS port itself (TLS-ALPN-01) and, where plain HTTP is redirected, on that port too (HTTP-01), so
// either port is enough. Until the first certificate has come, handshakes fail and the log says why; fetching is tried again, ever more
// slowly, for a month.
//
// Files that do not fit together are not taken: somebody is just replacing them. The old pair stays in force until the new one is whole, and the log
// says once what is wrong. Only the hosts in the settings are asked for; what a stranger names in a handshake is not.
package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
)

// Config says which certificates there are. Domains or Certificate and Key, never both.
type Config struct {
	Domains   []string
	Email     string // where the authority writes
	Authority string // its directory
	Roots     string // PEM file with the roots for speaking to it; "" takes those of the system
	Dir       string // where certificates and keys are kept

	Certificate, Key string // PEM files

	Listen   net.Addr // of HTTPS
	Redirect net.Addr // of plain HTTP; nil where there is none

	Clock clock.Clock
	Log   *slog.Logger
}

// Service gives certificates. Start it once the server listens.
type Service struct {
	config Config
	pair   *pair // by hand, or
	magic  *certmagic.Config
	cache  *certmagic.Cache
	issuer *certmagic.ACMEIssuer
	cancel context.CancelFunc
}

// New reads the files, or prepares fetching.
func New(c Config) (*Service, error) {
	s := &Service{config: c}
	if c.Certificate != "" {
		s.pair = &pair{certificate: c.Certificate, key: c.Key, clock: c.Clock, log: c.Log}
		return s, s.pair.read()
	}
	var roots *x509.CertPool
	if c.Roots != "" {
		pem, err := os.ReadFile(c.Roots)
		if err != nil {
			return nil, errs.New(errs.Invalid, "certificate.roots", "The file of tls_roots cannot be read: %v.", err)
		}
		if roots = x509.NewCertPool(); !roots.AppendCertsFromPEM(pem) {
			return nil, errs.New(errs.Invalid, "certificate.roots", "%s holds no certificate in PEM.", c.Roots)
		}
	}
	log := zap.New(core{log: c.Log})
	storage := &certmagic.FileStorage{Path: c.Dir}
	s.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return s.magic, nil },
		Logger:           log,
	})
	s.magic = certmagic.New(s.cache, certmagic.Config{
		Storage: storage, Logger: log, DefaultServerName: c.Domains[0], OnEvent: s.told,
	})
	s.issuer = certmagic.NewACMEIssuer(s.magic, certmagic.ACMEIssuer{
		CA: c.Authority, TestCA: c.Authority, Email: c.Email, Agreed: true, TrustedRoots: roots, Logger: log,
		DisableHTTPChallenge: c.Redirect == nil, AltTLSALPNPort: portOf(c.Listen), AltHTTPPort: portOf(c.Redirect), ListenHost: hostOf(c.Listen),
	})
	s.magic.Issuers = []certmagic.Issuer{s.issuer}
	return s, nil
}

func portOf(a net.Addr) int {
	if a == nil {
		return 0
	}
	_, port, _ := net.SplitHostPort(a.String())
	n, _ := strconv.Atoi(port)
	return n
}

func hostOf(a net.Addr) string {
	host, _, _ := net.SplitHostPort(a.String())
	return host
}

// told hears from certmagic what happened to a certificate.
func (s *Service) told(_ context.Context, event string, data map[string]any) error {
	switch event {
	case "cert_obtained":
		s.config.Log.Info("a certificate was fetched", "for", data["identifier"], "renewal", data["renewal"])
	case "cert_failed":
		s.config.Log.Error("no certificate could be fetched; it is tried again", "for", data["identifier"], "error", data["error"])
	}
	return nil
}

// TLS is how the server is to speak.
func (s *Service) TLS() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	if s.pair != nil {
		c.GetCertificate = s.pair.get
		return c
	}
	c.GetCertificate = s.magic.GetCertificate
	c.NextProtos = append(c.NextProtos, "acme-tls/1")
	return c
}

// Start begins to fetch and renew.
func (s *Service) Start(ctx context.Context) error {
	if s.pair != nil {
		return nil
	}
	ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	if err := s.magic.ManageAsync(ctx, s.config.Domains); err != nil {
		return fmt.Errorf("manage certificates: %w", err)
	}
	return nil
}

// Stop ends that.
func (s *Service) Stop(context.Context) error {
	if s.cancel != nil {
		s.cancel()
	}
	if s.cache != nil {
		s.cache.Stop()
	}
	return nil
}

// Expires tells when the first of the certificates in force runs out; zero where there is none yet.
func (s *Service) Expires() time.Time {
	if s.pair != nil {
		return s.pair.expires()
	}
	var first time.Time
	for _, d := range s.config.Domains {
		all := s.cache.AllMatchingCertificates(d)
		if len(all) == 0 {
			return time.Time{}
		}
		if end := all[0].Leaf.NotAfter; first.IsZero() || end.Before(first) {
			first = end
		}
	}
	return first
}
