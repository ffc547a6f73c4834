package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"rapport/internal/base/errs"
)

var update = flag.Bool("update", false, "write docs/reference/config.md")

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, flags map[string]string, env ...string) *Config {
	t.Helper()
	c, err := Load(flags, env)
	if err != nil {
		t.Fatal(errs.As(err).Fields)
	}
	return c
}

func TestOrder(t *testing.T) {
	path := file(t, "r.yaml", "listen: :9000\nlog_level: warn\ndata: /srv/file\ntrusted_proxies: [10.0.0.0/8, 192.168.1.1]\ndemo: true\n")
	c := load(t, map[string]string{"data": "/srv/flag"}, "RAPPORT_CONFIG="+path, "RAPPORT_LOG_LEVEL=error", "RAPPORT_DATA=/srv/env", "RAPPORT_SERVICE_HOST=x", "PATH=x")
	if c.Data != "/srv/flag" || c.LogLevel != "error" || c.Listen != ":9000" || c.LogFormat != "auto" || !c.Demo || len(c.TrustedProxies) != 2 {
		t.Errorf("%+v", c)
	}
	shown := c.Redacted()
	for _, want := range []string{"# flag --data", "# env RAPPORT_LOG_LEVEL", "# file r.yaml line 1", "# default"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not in\n%s", want, shown)
		}
	}
	if c.Path("a.db") != "/srv/flag/a.db" {
		t.Error(c.Path("a.db"))
	}
}

func TestSecrets(t *testing.T) {
	const url = "postgres://rapport:s3cret@db/rapport?password=s3cret"
	path := file(t, "url", url+"\n")
	for origin, c := range map[string]*Config{
		"env RAPPORT_DATABASE_URL":      load(t, nil, "RAPPORT_DATABASE_URL="+url),
		"env RAPPORT_DATABASE_URL_FILE": load(t, nil, "RAPPORT_DATABASE_URL_FILE="+path),
		"file s.yaml line 1":            load(t, map[string]string{"config": file(t, "s.yaml", "database_url_file: "+path)}),
	} {
		if c.DatabaseURL != url {
			t.Errorf("%s: %q", origin, c.DatabaseURL)
		}
		shown := c.Redacted()
		if strings.Contains(shown, "s3cret") || !strings.Contains(shown, "postgres://rapport:hidden@db/rapport") || !strings.Contains(shown, origin) {
			t.Errorf("%s:\n%s", origin, shown)
		}
	}
	_, err := Load(nil, []string{"RAPPORT_DATABASE_URL=mysql://root:s3cret@db"})
	if err == nil || strings.Contains(errs.As(err).Fields[0].Message, "s3cret") {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	for _, r := range []struct{ name, text, want string }{
		{"unknown key", "listn: :80", "listn (file f.yaml line 1): there is no such setting; do you mean listen?"},
		{"far from any", "colour: red", "colour (file f.yaml line 1): there is no such setting"},
		{"dashes are fine, the value is not", "log-level: loud", `log_level (file f.yaml line 1): "loud" is none of debug, info, warn, error`},
		{"twice", "listen: :80\nlisten: :81", "listen (file f.yaml line 2): is set twice"},
		{"twice in two ways", "log-level: info\nlog_level: warn", "log_level (file f.yaml line 2): is set twice"},
		{"nested", "listen: {port: 80}", "listen (file f.yaml line 1): must be a single value"},
		{"a list", "- listen", "config (f.yaml): the file must hold lines like listen: 127.0.0.1:8080"},
		{"not yaml", "a: b: c", "config (f.yaml): the file is not YAML"},
		{"address", "listen: '80'", `listen (file f.yaml line 1): "80" is not an address like 127.0.0.1:8080 or :8080`},
		{"port", "listen: :99999", "is not an address"},
		{"size", "memory_limit: much", `"much" is not a size like 512MB`},
		{"small", "memory_limit: 1MB", "must be at least 64MB"},
		{"number", "database_max_conn: few", `"few" is not a whole number`},
		{"negative", "database_max_conn: -1", "must not be below zero"},
		{"zone", "zone: Berlin", `"Berlin" is not a time zone like Europe/Berlin`},
		{"currency", "currency: euro", `"euro" is not a currency like EUR`},
		{"proxies", "trusted_proxies: everybody", `"everybody" is not a network like 10.0.0.0/8`},
		{"public address", "public_url: crm.shop.example", `"crm.shop.example" is not an address like https://crm.shop.example, without a path`},
		{"public address with a path", "public_url: https://shop.example/crm", "without a path"},
		{"domain", "tls_domains: https://crm.shop.example", `"https://crm.shop.example" is not a host name`},
		{"half a certificate", "tls_certificate: /a.pem", "tls_key (default): tls_certificate and tls_key belong together"},
		{"two ways", "tls_certificate: /a.pem\ntls_key: /a.key\ntls_domains: a.example", "tls_domains (file f.yaml line 3): certificates are fetched"},
		{"plain public address", "tls_domains: a.example\npublic_url: http://a.example", "public_url (file f.yaml line 2): must begin with https://"},
		{"one port for both", "tls_domains: a.example\nlisten: :80", "is the address that HTTPS listens on"},
		{"authority", "tls_authority: http://acme.example", "is not an address like https://acme.example/directory"},
		{"redirect", "tls_redirect: '80'", `"80" is neither off nor an address like :80`},
		{"header", "forwarded_header: x-real-ip", `"x-real-ip" is none of x-forwarded-for, forwarded`},
		{"demo size", "demo_size: huge", `"huge" is neither small, medium nor a number of customers`},
		{"empty data", "data:", "must not be empty"},
	} {
		t.Run(r.name, func(t *testing.T) {
			_, err := Load(map[string]string{"config": file(t, "f.yaml", r.text)}, nil)
			var got string
			if e := errs.As(err); e != nil {
				for _, f := range e.Fields {
					got += f.Path + ": " + f.Message + "\n"
				}
			}
			if !strings.Contains(got, r.want) {
				t.Errorf("got %q, want %q", got, r.want)
			}
		})
	}
	if _, err := Load(map[string]string{"config": "/nowhere/r.yaml"}, nil); err == nil {
		t.Error("a missing file was taken")
	}
	if _, err := Load(map[string]string{"listn": ":80"}, nil); err == nil {
		t.Error("an unknown flag was taken")
	}
}

func TestSizes(t *testing.T) {
	for text, want := range map[string]string{"1GB": "1GB", "1024 MB": "1GB", "1g": "1GB", "512MiB": "512MB", "1.5GB": "1536MB", "100": "100", "2048kB": "2MB"} {
		if n, ok := ParseSize(text); !ok || n.String() != want {
			t.Errorf("%s: %s %v", text, n, ok)
		}
	}
	for _, text := range []string{"", "-1", "GB", "1e30", "NaN", "Inf", "1XB"} {
		if n, ok := ParseSize(text); ok {
			t.Errorf("%q was read as %s", text, n)
		}
	}
	if m := memoryPreset(); m < 64<<20 || m > 1<<30 {
		t.Error(m)
	}
}

// What is shown can be used as the file again.
func TestShownIsAFile(t *testing.T) {
	c := load(t, map[string]string{"data": `/srv/a "b" #c`, "listen": "[::1]:80"})
	var m map[string]any
	if err := yaml.Unmarshal([]byte(c.Redacted()), &m); err != nil || m["data"] != c.Data || m["listen"] != c.Listen {
		t.Errorf("%v\n%s", err, c.Redacted())
	}
	again := load(t, map[string]string{"config": file(t, "again.yaml", c.Redacted())})
	if again.Data != c.Data || again.Listen != c.Listen || again.MemoryLimit != c.MemoryLimit || len(again.TrustedProxies) != 2 {
		t.Errorf("%+v", again)
	}
}

// The public address is what was said, or what follows from the certificates.
func TestPublic(t *testing.T) {
	for _, r := range []struct{ text, want string }{
		{"", ""},
		{"public_url: https://CRM.shop.example/", "https://crm.shop.example"},
		{"public_url: http://10.0.0.7:8080", "http://10.0.0.7:8080"},
		{"tls_domains: [A.example, b.example]\nlisten: ':443'", "https://a.example"},
		{"tls_domains: a.example\nlisten: ':8443'", "https://a.example:8443"},
		{"tls_domains: a.example\npublic_url: https://b.example", "https://b.example"},
	} {
		got := ""
		if u := load(t, map[string]string{"config": file(t, "f.yaml", r.text)}).Public(); u != nil {
			got = u.String()
		}
		if got != r.want {
			t.Errorf("%q: %q, want %q", r.text, got, r.want)
		}
	}
}

func TestReference(t *testing.T) {
	path := filepath.Join("..", "..", "..", "docs", "reference", "config.md")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(Reference()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != Reference() {
		t.Errorf("docs/reference/config.md is not what the struct says; run go test ./internal/platform/config -update (%v)", err)
	}
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{"listen: :80\n", "a: b: c", "- x", "listen: [1, {a: b}]", "&a listen: *a", "trusted_proxies: [::/0]", "memory_limit: 1e9GB", "\x00", "{}", "listen: !!binary aGk="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		l := &loader{}
		for key, v := range l.parse(b, "f.yaml") {
			if check := checks[key]; check != nil {
				check(v.text)
			}
			_, _ = ParseSize(v.text)
		}
	})
}
