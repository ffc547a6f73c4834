// Package archtest holds the rules of docs/HOUSE as tests: which floor may call which, which file may touch what, how large
// a file may get. Plain `go test ./...` runs them, so that a broken rule fails like a broken function does.
//
// It reads the source with go/parser and builds nothing, so it takes about a second and works while the tree does not compile.
// A rule is a function from the tree to messages; a message names the place and the remedy. What is allowed beyond the rules
// stands in lists.go with its reason: a longer list is a decision, to be argued for in the commit that makes it longer.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Module is the module's path, as go.mod has it.
const Module = "rapport"

// Tree is the source of the module.
type Tree struct {
	Packages []*Package
	GoMod    string // text of go.mod
	Deps     string // text of deps.txt
}

// Package is a folder with Go files. Path is relative to the module: "internal/facts/order".
type Package struct {
	Path  string
	Files []*File
}

// File is one parsed Go file.
type File struct {
	Package   *Package
	Name      string // base name
	Test      bool   // _test.go
	Generated bool
	Lines     int
	Syntax    *ast.File
	fset      *token.FileSet
}

// Where gives the file's place for a message, with the line of a node when there is one.
func (f *File) Where(n ast.Node) string {
	p := path.Join(f.Package.Path, f.Name)
	if n == nil {
		return p
	}
	return fmt.Sprintf("%s:%d", p, f.fset.Position(n.Pos()).Line)
}

// Imports gives the import paths of the file with their nodes.
func (f *File) Imports() map[string]ast.Node {
	out := map[string]ast.Node{}
	for _, im := range f.Syntax.Imports {
		if p, err := strconv.Unquote(im.Path.Value); err == nil {
			out[p] = im
		}
	}
	return out
}

// Load reads every Go file below root that belongs to the module.
func Load(root fs.FS) (*Tree, error) {
	t := &Tree{}
	packages := map[string]*Package{}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			n := d.Name()
			if p != "." && (n == "testdata" || n == "node_modules" || n == "bin" || n == "dist" || strings.HasPrefix(n, ".") || strings.HasPrefix(n, "_")) {
				return fs.SkipDir
			}
			return nil
		}
		switch {
		case p == "go.mod":
			t.GoMod, err = text(root, p)
		case p == "deps.txt":
			t.Deps, err = text(root, p)
		case strings.HasSuffix(p, ".go"):
			var f *File
			f, err = load(root, p)
			if f != nil {
				dir := path.Dir(p)
				if packages[dir] == nil {
					packages[dir] = &Package{Path: dir}
				}
				f.Package = packages[dir]
				f.Package.Files = append(f.Package.Files, f)
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read source: %w", err)
	}
	for _, p := range packages {
		t.Packages = append(t.Packages, p)
	}
	sort.Slice(t.Packages, func(i, j int) bool { return t.Packages[i].Path < t.Packages[j].Path })
	return t, nil
}

func text(root fs.FS, p string) (string, error) {
	b, err := fs.ReadFile(root, p)
	return string(b), err
}

func load(root fs.FS, p string) (*File, error) {
	src, err := fs.ReadFile(root, p)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	syntax, err := parser.ParseFile(fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &File{
		Name: path.Base(p), Test: strings.HasSuffix(p, "_test.go"), Generated: ast.IsGenerated(syntax),
		Lines: strings.Count(string(src), "\n"), Syntax: syntax, fset: fset,
	}, nil
}

// Rule looks at the tree and says what is wrong.
type Rule struct {
	Name  string
	Check func(t *Tree) []string
}

// Rules are all the rules of the house.
func Rules() []Rule {
	return []Rule{
		{"calls go down", checkFloors},
		{"rooms", checkRooms},
		{"feature file", checkFeatureFile},
		{"engines", checkEngines},
		{"one place", checkOnePlace},
		{"package comments", checkComments},
		{"package names", checkNames},
		{"file size", checkSize},
		{"portable SQL", checkSQL},
		{"tests do not sleep", checkSleep},
		{"no init", checkInit},
		{"dependencies", checkDeps},
	}
}

// eachFile calls fn for every file, and gathers what it says.
func eachFile(t *Tree, fn func(f *File) []string) []string {
	var out []string
	for _, p := range t.Packages {
		for _, f := range p.Files {
			out = append(out, fn(f)...)
		}
	}
	return out
}

// calls gives the calls pkg.name of the file, pkg being an import path, name one of names.
func calls(f *File, pkg string, names ...string) []ast.Node {
	local := ""
	for _, im := range f.Syntax.Imports {
		if p, _ := strconv.Unquote(im.Path.Value); p == pkg {
			local = path.Base(pkg)
			if im.Name != nil {
				local = im.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	var out []ast.Node
	ast.Inspect(f.Syntax, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
			for _, name := range names {
				if sel.Sel.Name == name {
					out = append(out, sel)
				}
			}
		}
		return true
	})
	return out
}
