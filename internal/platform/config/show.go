package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
)

// Redacted writes the settings in force as a YAML file, each with where it came from, secrets hidden.
func (c *Config) Redacted() string {
	var b strings.Builder
	for _, f := range fields() {
		value := write(reflect.ValueOf(c).Elem().Field(f.index).Interface())
		if f.secret && value != "" {
			value = hide(value)
		}
		fmt.Fprintf(&b, "%-44s # %s\n", f.key+": "+quote(value), c.origins[f.key])
	}
	return b.String()
}

func write(v any) string {
	if networks, ok := v.([]netip.Prefix); ok {
		words := make([]string, len(networks))
		for i, n := range networks {
			words[i] = n.String()
		}
		return strings.Join(words, ",")
	}
	return fmt.Sprint(v)
}

// quote writes a text so that YAML reads it back as it is.
func quote(s string) string {
	if s == "" || strings.ContainsAny(s, ":#{}[]&*!|>'\"%@`,\\") || strings.TrimSpace(s) != s {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return s
}

// hide shows of a database URL what is no secret.
func hide(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "(hidden)"
	}
	if u.User != nil {
		u.User = url.UserPassword(u.User.Username(), "hidden")
	}
	u.RawQuery = "" // may hold a password
	return u.String()
}

// Reference writes docs/reference/config.md.
func Reference() string {
	var b strings.Builder
	b.WriteString(`# Settings

Generated from internal/platform/config; do not edit.

A setting comes from, in this order: a flag, the environment, the YAML file named by ` + "`--config` or `RAPPORT_CONFIG`" + `, its default.
` + "`rapport config`" + ` shows what is in force and where each value came from. A secret may stand in a file of its own, named by the
variable or key with ` + "`_FILE` or `_file`" + ` at its end. Sizes are written like 512MB or 1GB.

| flag | environment | in the file | default | meaning |
|---|---|---|---|---|
`)
	for _, f := range fields() {
		preset := f.preset
		if f.key == "memory_limit" {
			preset = "640MB"
		}
		if preset != "" {
			preset = "`" + preset + "`"
		}
		env, key := "`"+f.env()+"`", "`"+f.key+"`"
		if f.secret {
			env += " or `" + f.env() + "_FILE`"
			key += " or `" + f.key + "_file`"
		}
		flag := "`--" + f.flag() + "`"
		if f.flagless {
			flag = ""
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", flag, env, key, preset, f.doc)
	}
	return b.String()
}
