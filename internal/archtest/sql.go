package archtest

import (
	"regexp"
	"strings"
)

var (
	hasSQL     = regexp.MustCompile(`(?s)\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE TABLE)\s`)
	castColons = regexp.MustCompile(`[\w)\]'"]::[a-zA-Z]`)
	zoneType   = regexp.MustCompile(`(?i)\btimestamptz\b|timestamp with time zone`)
	token_     = regexp.MustCompile(`(?i)[a-z_][a-z0-9_]*|\(|\)|'(?:[^']|'')*'`)
)

// checkSQL finds what reads well on one engine and differs on another.
func checkSQL(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		if f.Test || f.Generated || f.Package.Path == "internal/archtest" {
			return nil
		}
		var out []string
		for _, s := range literals(f) {
			if !hasSQL.MatchString(s.text) {
				continue
			}
			if castColons.MatchString(s.text) {
				out = append(out, f.Where(s.node)+": write CAST(x AS type), not x::type, which SQLite does not know")
			}
			if zoneType.MatchString(s.text) {
				out = append(out, f.Where(s.node)+": TIMESTAMPTZ is slow on DuckDB and missing on SQLite: keep UTC in BIGINT microseconds or TIMESTAMP")
			}
			if fn := bareAggregate(s.text); fn != "" {
				out = append(out, f.Where(s.node)+": "+fn+"(...) is a string on PostgreSQL and a big number on DuckDB: wrap it, CAST("+fn+"(...) AS BIGINT)")
			}
		}
		return out
	})
}

// bareAggregate finds a SUM or AVG in a select list that no CAST surrounds.
func bareAggregate(sql string) string {
	type level struct{ fn, clause string }
	stack := []level{{}}
	last := ""
	for _, w := range token_.FindAllString(sql, -1) {
		up := strings.ToUpper(w)
		top := &stack[len(stack)-1]
		switch up {
		case "(":
			if last == "SUM" || last == "AVG" {
				cast := false
				for _, l := range stack {
					cast = cast || l.fn == "CAST"
				}
				if !cast && (top.clause == "SELECT" || top.clause == "RETURNING" || top.clause == "" && len(stack) > 1) && inSelect(stack[len(stack)-1].clause, len(stack)) {
					return last
				}
			}
			stack = append(stack, level{fn: last})
		case ")":
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case "SELECT", "FROM", "WHERE", "HAVING", "RETURNING", "SET", "ORDER", "GROUP", "ON":
			top.clause = up
		}
		last = up
	}
	return ""
}

func inSelect(clause string, depth int) bool {
	return clause == "SELECT" || clause == "RETURNING" || clause == "" && depth > 1
}
