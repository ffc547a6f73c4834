// Package config knows how this installation is to run: one typed Config, read once at the start, and nobody else reads the
// environment.
//
// A setting comes from, in this order: a flag (--log-level), the environment (RAPPORT_LOG_LEVEL), the YAML file named by --config or
// RAPPORT_CONFIG (log_level), its default. A secret may instead stand in a file of its own, named by RAPPORT_..._FILE or ..._file,
// as container platforms hand them over. Each value remembers where it came from, so that `rapport config` can say so. What merchants
// change while the program runs (currency, zone ...) lives in access/setting; the values here are only its first ones.
//
// The struct below is the whole truth: flags, variables, file keys, checks and docs/reference/config.md are made from its tags. To add a
// setting, add a field. Nothing is announced from here.
package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

// Config is how this installation runs. Tags: doc; default; check, a name in checks; secret:"yes"; flag:"no" for what
// only environment and file can set.
type Config struct {
	Data            string         `doc:"Data directory: everything that is not in PostgreSQL." default:"rapport-data" check:"filled"`
	Listen          string         `doc:"Address to listen on; port 0 takes a free one." default:"127.0.0.1:8080" check:"address"`
	DatabaseURL     string         `doc:"postgres://user:password@host:5432/database puts the operational store and the warehouse on PostgreSQL; empty keeps both in the data directory." secret:"yes" check:"postgres"`
	DatabaseMaxConn int            `doc:"Connections to the database at most; 0 chooses by the number of cores." default:"0" check:"natural" flag:"no"`
	MemoryLimit     Size           `doc:"What the embedded warehouse may use. The default is 640MB, or a quarter of a machine with less than 2.5GB." check:"memory"`
	LogLevel        string         `doc:"debug, info, warn or error." default:"info" check:"level"`
	LogFormat       string         `doc:"text, json, or auto: text on a terminal, JSON otherwise." default:"auto" check:"format"`
	PublicURL       string         `doc:"Address under which people and shops reach Rapport, like https://crm.shop.example: links, snippets and cookies follow it. Empty takes that of the request, or the first of tls_domains." check:"public"`
	TrustedProxies  []netip.Prefix `doc:"Networks of reverse proxies, comma-separated, whose word about a visitor's address and scheme is believed." default:"127.0.0.0/8,::1/128" flag:"no"`
	ForwardedHeader string         `doc:"How those proxies say it: x-forwarded-for (together with X-Forwarded-Proto) or forwarded (RFC 7239). The other form is never read." default:"x-forwarded-for" check:"forwarded" flag:"no"`
	PlainSignIn     bool           `doc:"Take passwords over plain HTTP from public addresses too. Only for a line that nobody can read." default:"false" flag:"no"`
	HSTS            bool           `doc:"Tell browsers to come by HTTPS alone for a year. Set it to false and wait until everybody has come by before going back to plain HTTP." default:"true" flag:"no"`
	TLSDomains      string         `doc:"Host names, comma-separated, for which Rapport fetches and renews certificates by itself (ACME) and serves HTTPS on listen." check:"domains" flag:"no"`
	TLSEmail        string         `doc:"Where the certificate authority writes when something is wrong." flag:"no"`
	TLSAuthority    string         `doc:"Directory of the certificate authority (ACME, RFC 8555)." default:"https://acme-v02.api.letsencrypt.org/directory" check:"directory" flag:"no"`
	TLSRoots        string         `doc:"PEM file with the roots of an authority of your own, for speaking to it." flag:"no"`
	TLSCertificate  string         `doc:"PEM file with a certificate and its chain, where it is not to be fetched; read again when it changes." flag:"no"`
	TLSKey          string         `doc:"PEM file with its private key." flag:"no"`
	TLSRedirect     string         `doc:"Where plain HTTP is redirected to HTTPS and the authority's questions are answered; off answers neither. Only with HTTPS." default:":80" check:"redirect" flag:"no"`
	Currency        string         `doc:"Currency of the first shop and of reports, ISO 4217, until it is set in the program." default:"EUR" check:"currency" flag:"no"`
	Zone            string         `doc:"Time zone of the first shop and of reports, IANA, until it is set in the program." default:"UTC" check:"zone" flag:"no"`
	Language        string         `doc:"Language of the first shop and the program, BCP 47, until it is set in the program." default:"en" check:"language" flag:"no"`
	BackupDir       string         `doc:"Where the backups that the program takes by itself are kept; empty is backups/ in the data directory. Better a disk of its own." flag:"no"`
	BackupSchedule  string         `doc:"When a backup is taken: an interval like 6h, a time of day like 03:30 (in the zone below), or off." default:"off" check:"schedule" flag:"no"`
	BackupKeep      int            `doc:"How many of them are kept; 0 keeps all." default:"7" check:"natural" flag:"no"`
	UpgradeSnapshot bool           `doc:"Take a backup of the data directory before a newer program changes its schema." default:"true" flag:"no"`
	DiskWarn        Size           `doc:"Free room on the data directory's disk below which the program warns; 0 is 5GB, or 15 % of a smaller disk." default:"0" flag:"no"`
	DiskReserve     Size           `doc:"Free room below which new events and files are refused until there is more; 0 is 1GB, or 5 % of a smaller disk." default:"0" flag:"no"`
	Demo            bool           `doc:"Fill an empty data directory with a demo shop and keep it alive." default:"false"`
	DemoSize        string         `doc:"small, medium or a number of customers." default:"small" check:"demo"`

	file    string // that was read, or ""
	origins map[string]string
}

// Path gives a file in the data directory.
func (c *Config) Path(name string) string { return filepath.Join(c.Data, name) }

// Domains gives TLSDomains, one by one.
func (c *Config) Domains() []string {
	return strings.FieldsFunc(strings.ToLower(c.TLSDomains), func(r rune) bool { return r == ',' || r == ' ' })
}

// TLS tells whether HTTPS is ours to serve.
func (c *Config) TLS() bool { return c.TLSDomains != "" || c.TLSCertificate != "" }

// Public gives the address people use, nil where it is unknown.
func (c *Config) Public() *url.URL {
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err == nil {
			u.Path = ""
			u.Host = strings.ToLower(u.Host)
			return u
		}
	}
	if d := c.Domains(); len(d) > 0 {
		u := &url.URL{Scheme: "https", Host: d[0]}
		if _, port, err := net.SplitHostPort(c.Listen); err == nil && port != "443" && port != "0" {
			u.Host += ":" + port
		}
		return u
	}
	return nil
}

// contradictions gives the settings that do not go together: the key at fault and why.
func (c *Config) contradictions() (key, message string) {
	switch {
	case (c.TLSCertificate == "") != (c.TLSKey == ""):
		return "tls_key", "tls_certificate and tls_key belong together"
	case c.TLSCertificate != "" && c.TLSDomains != "":
		return "tls_domains", "certificates are fetched (tls_domains) or given (tls_certificate), not both"
	case c.TLS() && strings.HasPrefix(c.PublicURL, "http:"):
		return "public_url", "must begin with https://, since HTTPS is served"
	case c.TLS() && c.TLSRedirect == c.Listen:
		return "tls_redirect", "is the address that HTTPS listens on; say off, or another one"
	}
	return "", ""
}

// Size is a number of bytes, written like 512MB or 1GB (powers of 1024).
type Size int64

var units = []struct {
	name string
	size Size
}{{"TB", 1 << 40}, {"GB", 1 << 30}, {"MB", 1 << 20}, {"KB", 1 << 10}}

// String writes the size with the largest unit that fits evenly.
func (s Size) String() string {
	for _, u := range units {
		if s >= u.size && s%u.size == 0 {
			return strconv.FormatInt(int64(s/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// ParseSize reads 512MB, 1GiB, 1g or a bare number of bytes.
func ParseSize(text string) (Size, bool) {
	t := strings.ToUpper(strings.TrimSpace(text))
	t = strings.TrimSuffix(strings.TrimSuffix(t, "B"), "I")
	unit := Size(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(t, u.name[:1]); ok {
			t, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(t, 64)
	if err != nil || n < 0 || n*float64(unit) >= 1<<62 || n != n {
		return 0, false
	}
	return Size(n * float64(unit)), true
}
