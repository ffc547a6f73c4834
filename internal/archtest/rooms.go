package archtest

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"strconv"
	"strings"
)

func isStore(f *File) bool { return f.Name == "store.go" || strings.HasPrefix(f.Name, "store_") }
func isDoor(f *File) bool  { return f.Name == "http.go" || strings.HasPrefix(f.Name, "http_") }

// reasonFor finds the exception that covers a package: its own line or that of a package above it.
func reasonFor(list map[string]string, p string) bool {
	for {
		if list[p] != "" {
			return true
		}
		i := strings.LastIndexByte(p, '/')
		if i < 0 {
			return false
		}
		p = p[:i]
	}
}

var isSQL = regexp.MustCompile(`(?s)^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE TABLE|ALTER TABLE|PRAGMA)\s`)

func checkRooms(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		if f.Test || isTesting(f.Package.Path) || !strings.HasPrefix(f.Package.Path, "internal/") {
			return nil
		}
		var out []string
		imports := f.Imports()
		if !isStore(f) && !reasonFor(engineOwners, f.Package.Path) {
			if n := imports["database/sql"]; n != nil {
				out = append(out, f.Where(n)+": database/sql belongs in store.go or store_*.go: move the statement and its scanning there")
			}
			for _, s := range literals(f) {
				if isSQL.MatchString(s.text) {
					out = append(out, f.Where(s.node)+": SQL text belongs in store.go or store_*.go: move the statement there")
				}
			}
		}
		if !isDoor(f) && !reasonFor(httpOwners, f.Package.Path) {
			for p, n := range imports {
				if p == "net/http" || strings.HasPrefix(p, "github.com/danielgtaylor/huma/") {
					out = append(out, f.Where(n)+": "+p+" belongs in http.go: give the service plain values and let http.go translate")
				}
			}
		}
		return out
	})
}

// checkFeatureFile: the file named like its package holds pure types and rules.
func checkFeatureFile(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		from, ok := placeOf(f.Package.Path)
		if !ok || from.height < floors["access"] || from.floor == "app" || isTesting(f.Package.Path) {
			return nil
		}
		if f.Name != f.Package.Path[strings.LastIndexByte(f.Package.Path, '/')+1:]+".go" || reasonFor(featureExceptions, f.Package.Path) {
			return nil
		}
		var out []string
		for p, n := range f.Imports() {
			if target, inside := strings.CutPrefix(p, Module+"/"); inside && !strings.HasPrefix(target, "internal/base/") {
				out = append(out, fmt.Sprintf("%s: %s holds types and pure rules and may import only base, not %s: move the code to service.go", f.Where(n), f.Name, target))
			}
		}
		return out
	})
}

func checkEngines(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		var out []string
		for p, n := range f.Imports() {
			for prefix, owners := range engines {
				if p != prefix && !strings.HasPrefix(p, prefix+"/") {
					continue
				}
				if !reasonFor(owners, f.Package.Path) {
					out = append(out, fmt.Sprintf("%s: only %s may import %s: use what it offers", f.Where(n), keys(owners), prefix))
				}
			}
		}
		return out
	})
}

func checkOnePlace(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		if f.Test || !strings.HasPrefix(f.Package.Path, "internal/") && !strings.HasPrefix(f.Package.Path, "cmd/") {
			return nil
		}
		var out []string
		if !reasonFor(envReaders, f.Package.Path) {
			for _, n := range calls(f, "os", "Getenv", "LookupEnv", "Environ") {
				out = append(out, f.Where(n)+": the environment is read by platform/config alone: add the setting there and take it as a parameter")
			}
		}
		if f.Package.Path != "internal/base/clock" && !isTesting(f.Package.Path) {
			for _, n := range calls(f, "time", "Now") {
				out = append(out, f.Where(n)+": time.Now is called in base/clock alone: take a clock.Clock")
			}
		}
		return out
	})
}

func checkComments(t *Tree) []string {
	var out []string
	for _, p := range t.Packages {
		best, shipped := 0, false
		for _, f := range p.Files {
			if f.Test {
				continue
			}
			shipped = true
			if f.Syntax.Doc != nil {
				best = max(best, strings.Count(strings.TrimSpace(f.Syntax.Doc.Text()), "\n")+1)
			}
		}
		if shipped && best < 3 && !strings.HasPrefix(p.Path, "cmd/") {
			out = append(out, fmt.Sprintf("%s: the package comment has %d lines, want at least 3: what it owns, how its parts work, what always holds", p.Path, best))
		}
	}
	return out
}

func checkNames(t *Tree) []string {
	var out []string
	for _, p := range t.Packages {
		switch name := p.Path[strings.LastIndexByte(p.Path, '/')+1:]; name {
		case "util", "utils", "common", "helper", "helpers", "model", "models", "types", "misc", "shared":
			out = append(out, fmt.Sprintf("%s: %q says nothing: name the package after what it knows", p.Path, name))
		}
	}
	return out
}

// maxLines is the hard limit of a file that people write; the aim is 300.
const maxLines = 500

func checkSize(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		limit := maxLines
		if n := largeFiles[f.Where(nil)]; n > 0 {
			limit = n
		}
		if f.Test || f.Generated || f.Lines <= limit {
			return nil
		}
		return []string{fmt.Sprintf("%s has %d lines, at most %d are allowed: cut it by topic", f.Where(nil), f.Lines, limit)}
	})
}

func checkSleep(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		if !f.Test && !isTesting(f.Package.Path) || strings.HasSuffix(f.Name, "bench_test.go") {
			return nil
		}
		var out []string
		for _, n := range calls(f, "time", "Sleep") {
			out = append(out, f.Where(n)+": a test does not sleep: wait for the event itself, or move a fake clock")
		}
		return out
	})
}

func checkInit(t *Tree) []string {
	return eachFile(t, func(f *File) []string {
		if f.Test || f.Generated {
			return nil
		}
		var out []string
		for _, d := range f.Syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				out = append(out, f.Where(fn)+": no init: let app call it")
			}
		}
		return out
	})
}

// checkDeps: every module that our code imports has a line "module reason" in deps.txt, and every line is needed.
func checkDeps(t *Tree) []string {
	reasons := map[string]string{}
	for sc := bufio.NewScanner(strings.NewReader(t.Deps)); sc.Scan(); {
		line := strings.TrimSpace(sc.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		module, reason, _ := strings.Cut(line, " ")
		reasons[module] = strings.TrimSpace(reason)
	}
	var modules []string
	for sc := bufio.NewScanner(strings.NewReader(t.GoMod)); sc.Scan(); {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(sc.Text()), "require "))
		if len(fields) >= 2 && strings.HasPrefix(fields[1], "v") {
			modules = append(modules, fields[0])
		}
	}
	used := map[string]string{}
	for _, p := range t.Packages {
		for _, f := range p.Files {
			for im, n := range f.Imports() {
				best := ""
				for _, m := range modules {
					if (im == m || strings.HasPrefix(im, m+"/")) && len(m) > len(best) {
						best = m
					}
				}
				if best != "" {
					used[best] = f.Where(n)
				}
			}
		}
	}
	var out []string
	for m, where := range used {
		if reasons[m] == "" {
			out = append(out, fmt.Sprintf("%s imports %s: give it a line with its reason in deps.txt, or do without it", where, m))
		}
	}
	return out
}

type literal struct {
	text string
	node ast.Node
}

// literals gives the string literals of a file, import paths and struct tags left out.
func literals(f *File) []literal {
	var out []literal
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			if v.Tag != nil {
				ast.Inspect(v.Type, func(ast.Node) bool { return true })
				return false
			}
		case *ast.BasicLit:
			if v.Kind == token.STRING {
				if s, err := strconv.Unquote(v.Value); err == nil {
					out = append(out, literal{s, v})
				}
			}
		}
		return true
	})
	return out
}
