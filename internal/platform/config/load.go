package config

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"rapport/internal/base/errs"
)

// prefix begins the names of the variables.
const prefix = "RAPPORT_"

// given is a value and where it came from.
type given struct{ text, origin string }

// Load reads the settings. flags holds the flags that were given, by name without dashes ("log-level"); "config" names the file.
// environ is os.Environ(). What is wrong comes back as one errs.Invalid ("config.invalid") that names each setting and where it stands.
func Load(flags map[string]string, environ []string) (*Config, error) {
	env := map[string]string{}
	for _, e := range environ {
		if name, value, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, prefix) {
			env[name] = value
		}
	}
	c := &Config{origins: map[string]string{}, file: flags["config"]}
	if c.file == "" {
		c.file = env[prefix+"CONFIG"]
	}
	l := &loader{}
	inFile := map[string]given{}
	if c.file != "" {
		inFile = l.readFile(c.file)
	}
	for _, f := range fields() {
		v := l.find(f, flags, env, inFile)
		c.origins[f.key] = v.origin
		if err := set(reflect.ValueOf(c).Elem().Field(f.index), v.text); err == "" && f.check != "" {
			l.wrong(f.key, v.origin, checks[f.check](v.text))
		} else {
			l.wrong(f.key, v.origin, err)
		}
	}
	if key, message := c.contradictions(); len(l.faults) == 0 && message != "" {
		l.wrong(key, c.origins[key], message)
	}
	for key := range flags {
		if key != "config" && !known(strings.ReplaceAll(key, "-", "_")) {
			l.wrong(key, "flag --"+key, "there is no such setting")
		}
	}
	if len(l.faults) > 0 {
		return nil, errs.New(errs.Invalid, "config.invalid", "The settings are wrong:").With(l.faults...)
	}
	return c, nil
}

type loader struct{ faults []errs.Field }

func (l *loader) wrong(key, origin, message string) {
	if message != "" {
		l.faults = append(l.faults, errs.Field{Path: fmt.Sprintf("%s (%s)", key, origin), Code: "config", Message: message})
	}
}

// field is a setting as the struct describes it.
type field struct {
	index                   int
	key, doc, preset, check string // key as in the file: log_level
	secret, flagless        bool
}

func (f field) flag() string { return strings.ReplaceAll(f.key, "_", "-") }
func (f field) env() string  { return prefix + strings.ToUpper(f.key) }

func fields() []field {
	t := reflect.TypeFor[Config]()
	var out []field
	for i := range t.NumField() {
		sf := t.Field(i)
		if !sf.IsExported() {
			continue
		}
		tag := sf.Tag.Get
		f := field{
			index: i, key: snake(sf.Name), doc: tag("doc"), preset: tag("default"), check: tag("check"),
			secret: tag("secret") == "yes", flagless: tag("flag") == "no",
		}
		if f.key == "memory_limit" {
			f.preset = memoryPreset().String()
		}
		out = append(out, f)
	}
	return out
}

var acronyms = strings.NewReplacer("URL", "Url", "TLS", "Tls", "HSTS", "Hsts")

func snake(name string) string {
	var b strings.Builder
	for i, r := range acronyms.Replace(name) {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToLower(b.String())
}

func known(key string) bool {
	for _, f := range fields() {
		if key == f.key || (f.secret && key == f.key+"_file") {
			return true
		}
	}
	return false
}

// find gives the value that counts.
func (l *loader) find(f field, flags, env map[string]string, inFile map[string]given) given {
	if v, ok := flags[f.flag()]; ok {
		return given{v, "flag --" + f.flag()}
	}
	if v, ok := env[f.env()]; ok {
		return given{v, "env " + f.env()}
	}
	if path, ok := env[f.env()+"_FILE"]; ok && f.secret {
		return l.secret(f.key, given{path, "env " + f.env() + "_FILE"})
	}
	if v, ok := inFile[f.key]; ok {
		return v
	}
	if v, ok := inFile[f.key+"_file"]; ok && f.secret {
		return l.secret(f.key, v)
	}
	return given{f.preset, "default"}
}

func (l *loader) secret(key string, from given) given {
	b, err := os.ReadFile(from.text)
	if err != nil {
		l.wrong(key, from.origin, "the file cannot be read: "+err.Error())
	}
	return given{strings.TrimSpace(string(b)), from.origin}
}

func (l *loader) readFile(path string) map[string]given {
	b, err := os.ReadFile(path)
	if err != nil {
		l.wrong("config", path, "the file cannot be read: "+err.Error())
		return nil
	}
	return l.parse(b, filepath.Base(path))
}

// parse reads a YAML mapping of settings. A list is the same as its items with commas between.
func (l *loader) parse(b []byte, name string) map[string]given {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		l.wrong("config", name, "the file is not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "))
		return nil
	}
	if doc.Kind == 0 || (doc.Kind == yaml.DocumentNode && doc.Content[0].Tag == "!!null") { // empty, or only comments
		return nil
	}
	top := doc.Content[0]
	if top.Kind != yaml.MappingNode {
		l.wrong("config", name, "the file must hold lines like listen: 127.0.0.1:8080")
		return nil
	}
	out := map[string]given{}
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := strings.ReplaceAll(top.Content[i].Value, "-", "_"), top.Content[i+1]
		origin := fmt.Sprintf("file %s line %d", name, top.Content[i].Line)
		if !known(key) {
			message := "there is no such setting"
			if near := nearest(key); near != "" {
				message += "; do you mean " + near + "?"
			}
			l.wrong(top.Content[i].Value, origin, message)
			continue
		}
		if _, twice := out[key]; twice {
			l.wrong(key, origin, "is set twice")
		}
		text, ok := scalar(value)
		if !ok {
			l.wrong(key, origin, "must be a single value")
		}
		out[key] = given{text, origin}
	}
	return out
}

func scalar(n *yaml.Node) (string, bool) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return "", true
	case n.Kind == yaml.ScalarNode:
		return n.Value, true
	case n.Kind == yaml.SequenceNode:
		var items []string
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return "", false
			}
			items = append(items, c.Value)
		}
		return strings.Join(items, ","), true
	}
	return "", false
}

// nearest gives the setting whose name is at most a third away from key, or "".
func nearest(key string) string {
	best, least := "", len(key)/3+1
	for _, f := range fields() {
		if d := distance(key, f.key); d < least {
			best, least = f.key, d
		}
	}
	return best
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// set puts a text into a field and says what is wrong with it, or "".
func set(v reflect.Value, text string) string {
	text = strings.TrimSpace(text)
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = text
	case *bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Sprintf("%q is neither true nor false", text)
		}
		*p = b
	case *int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Sprintf("%q is not a whole number", text)
		}
		*p = n
	case *Size:
		n, ok := ParseSize(text)
		if !ok {
			return fmt.Sprintf("%q is not a size like 512MB", text)
		}
		*p = n
	case *[]netip.Prefix:
		*p = nil
		for item := range strings.SplitSeq(text, ",") {
			if item = strings.TrimSpace(item); item == "" {
				continue
			}
			network, err := netip.ParsePrefix(item)
			if addr, e := netip.ParseAddr(item); e == nil {
				network, err = netip.PrefixFrom(addr, addr.BitLen()), nil
			}
			if err != nil {
				return fmt.Sprintf("%q is not a network like 10.0.0.0/8", item)
			}
			*p = append(*p, network)
		}
	}
	return ""
}
