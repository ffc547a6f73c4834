package config

import (
	"bufio"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"rapport/internal/base/money"
)

var goodDomain = regexp.MustCompile(`(?i)^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$`)

var goodLanguage = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

// checks say what is wrong with a value that has the right type, or "".
var checks = map[string]func(string) string{
	"filled": func(s string) string { return unless(s != "", "must not be empty") },
	"address": func(s string) string {
		_, port, err := net.SplitHostPort(s)
		n, e := strconv.Atoi(port)
		return unless(err == nil && e == nil && n >= 0 && n <= 65535, "%q is not an address like 127.0.0.1:8080 or :8080", s)
	},
	"postgres": func(s string) string {
		u, err := url.Parse(s) // the text is not shown: it holds a password
		return unless(s == "" || (err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql")),
			"must look like postgres://user:password@host:5432/database")
	},
	"public": func(s string) string {
		u, err := url.Parse(s)
		return unless(s == "" || (err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil && strings.Trim(u.Path, "/") == "" &&
			u.RawQuery == "" && u.Fragment == ""), "%q is not an address like https://crm.shop.example, without a path", s)
	},
	"directory": func(s string) string {
		u, err := url.Parse(s)
		return unless(err == nil && u.Scheme == "https" && u.Host != "", "%q is not an address like https://acme.example/directory", s)
	},
	"domains": func(s string) string {
		for d := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
			if !goodDomain.MatchString(d) {
				return fmt.Sprintf("%q is not a host name like crm.shop.example", d)
			}
		}
		return ""
	},
	"redirect": func(s string) string {
		_, port, err := net.SplitHostPort(s)
		n, e := strconv.Atoi(port)
		return unless(s == "off" || (err == nil && e == nil && n >= 0 && n <= 65535), "%q is neither off nor an address like :80", s)
	},
	"forwarded": oneOf("x-forwarded-for", "forwarded"),
	"natural":   func(s string) string { return unless(!strings.HasPrefix(s, "-"), "must not be below zero") },
	"schedule": func(s string) string {
		_, clock := time.Parse("15:04", s)
		every, interval := time.ParseDuration(s)
		return unless(s == "off" || clock == nil || (interval == nil && every >= time.Minute), "%q is neither off, an interval like 6h nor a time of day like 03:30", s)
	},
	"memory": func(s string) string { return atLeast(s, 64<<20) },
	"level":  oneOf("debug", "info", "warn", "error"),
	"format": oneOf("auto", "text", "json"),
	"currency": func(s string) string {
		return unless(money.ValidCurrency(s), "%q is not a currency like EUR", s)
	},
	"zone": func(s string) string {
		_, err := time.LoadLocation(s)
		return unless(err == nil && s != "" && s != "Local", "%q is not a time zone like Europe/Berlin", s)
	},
	"language": func(s string) string {
		return unless(goodLanguage.MatchString(s), "%q is not a language like en or pt-BR", s)
	},
	"demo": func(s string) string {
		n, err := strconv.Atoi(s)
		return unless(s == "small" || s == "medium" || (err == nil && n > 0), "%q is neither small, medium nor a number of customers", s)
	},
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

func atLeast(s string, least Size) string {
	n, _ := ParseSize(s)
	return unless(n >= least, "must be at least %s", least)
}

func oneOf(words ...string) func(string) string {
	return func(s string) string {
		return unless(slices.Contains(words, s), "%q is none of %s", s, strings.Join(words, ", "))
	}
}

// memoryPreset is 640 MB, or a quarter of the memory that this machine or container has, where that is less.
func memoryPreset() Size {
	limit := Size(5 << 29) // a quarter of it is 640 MB
	if f, err := os.Open("/proc/meminfo"); err == nil {
		s := bufio.NewScanner(f)
		if s.Scan() { // MemTotal:  1234 kB
			if n, ok := ParseSize(strings.TrimSpace(strings.TrimPrefix(s.Text(), "MemTotal:"))); ok {
				limit = min(limit, n)
			}
		}
		_ = f.Close()
	}
	if b, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if n, ok := ParseSize(string(b)); ok {
			limit = min(limit, n)
		}
	}
	return max(limit/4>>20<<20, 64<<20)
}
