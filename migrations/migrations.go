// Package migrations holds the schema of the operational store: one line of numbered SQL files for all engines.
//
// Files are forward only, applied each in one transaction, and never edited after a release. A file in sqlite/ or postgres/
// belongs to that engine alone and shares the number line; the two engines' overlays may use the same number, a shared file may not.
//
// Tokens keep one text for both engines: {{key}} is a text column compared byte by byte; {{clustered}}, after the closing
// parenthesis of a table, stores its rows in the order of the primary key where the engine can (WITHOUT ROWID on SQLite). {{rowid}} is a
// BIGINT that SQLite, where it alone is the primary key, takes for the row's own place, which spares it an index; where the key
// must begin with the customer for the sake of many machines, {{customer first}} leaves him out on SQLite.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"
)

// all: lets an engine's folder be empty but for its .keep file.
//
//go:embed *.sql all:sqlite all:postgres
var files embed.FS

var tokens = map[string]*strings.Replacer{
	"sqlite":   strings.NewReplacer("{{key}}", "TEXT", "{{clustered}}", " WITHOUT ROWID", "{{rowid}}", "INTEGER", "{{customer first}}", ""),
	"postgres": strings.NewReplacer("{{key}}", `TEXT COLLATE "C"`, "{{clustered}}", "", "{{rowid}}", "BIGINT", "{{customer first}}", "customer_id, "),
}

// For gives the files of an engine ("sqlite" or "postgres") with its tokens filled in.
func For(engine string) (fs.FS, error) {
	replace, ok := tokens[engine]
	if !ok {
		return nil, fmt.Errorf("no migrations for engine %q", engine)
	}
	out := fstest.MapFS{}
	numbers := map[string]string{}
	for _, pattern := range []string{"*.sql", engine + "/*.sql"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return nil, fmt.Errorf("list migrations: %w", err)
		}
		for _, n := range names {
			b, err := files.ReadFile(n)
			if err != nil {
				return nil, fmt.Errorf("read migration %s: %w", n, err)
			}
			number, _, _ := strings.Cut(path.Base(n), "_")
			if other := numbers[number]; other != "" {
				return nil, fmt.Errorf("migrations %s and %s have the same number", other, n)
			}
			numbers[number] = n
			out[path.Base(n)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + replace.Replace(string(b))), Mode: 0o444}
		}
	}
	return out, nil
}
