package certificate

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
)

// every is how often the files are looked at, at most; only a handshake does so.
const every = 5 * time.Second

// pair is a certificate and its key in two files.
type pair struct {
	certificate, key string
	clock            clock.Clock
	log              *slog.Logger

	mu     sync.Mutex
	now    *tls.Certificate
	seen   state // of the files when they were last read, whole or not
	looked time.Time
}

// state tells one version of the files from another.
type state struct {
	certificate, key time.Time
	sizes            [2]int64
}

func (p *pair) state() (state, error) {
	a, err := os.Stat(p.certificate)
	if err != nil {
		return state{}, err
	}
	b, err := os.Stat(p.key)
	if err != nil {
		return state{}, err
	}
	return state{a.ModTime(), b.ModTime(), [2]int64{a.Size(), b.Size()}}, nil
}

// read takes the files as they are.
func (p *pair) read() error {
	state, err := p.state()
	if err == nil {
		var c tls.Certificate
		if c, err = tls.LoadX509KeyPair(p.certificate, p.key); err == nil {
			p.now = &c
		}
	}
	p.seen, p.looked = state, p.clock.Now()
	if err != nil {
		return errs.New(errs.Invalid, "certificate.files", "The certificate in %s and its key in %s cannot be used: %v.", p.certificate, p.key, err)
	}
	return nil
}

func (p *pair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := p.clock.Now(); now.Sub(p.looked) >= every {
		p.looked = now
		if state, err := p.state(); err != nil || state != p.seen {
			if err := p.read(); err != nil {
				if state != p.seen || p.seen.certificate.IsZero() {
					p.log.Warn("the new certificate is not taken, the old one stays", "error", err)
				}
			} else {
				p.log.Info("the certificate was read again", "until", p.now.Leaf.NotAfter)
			}
		}
	}
	return p.now, nil
}

func (p *pair) expires() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now.Leaf.NotAfter
}
