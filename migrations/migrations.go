// Package migrations holds the schema of the operational store: one line of numbered SQL files for all engines.
//
// Files are forward only, applied each in one transaction, and never edited after a release. {{key}} stands for a text column compared
// byte by byte. A file in sqlite/ or postgres/ belongs to that engine alone and shares the number line.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"
)

//go:embed *.sql
var files embed.FS

// For gives the files of an engine ("sqlite" or "postgres") with its tokens filled in.
func For(engine string) (fs.FS, error) {
	key := "TEXT"
	if engine == "postgres" {
		key = `TEXT COLLATE "C"`
	}
	out := fstest.MapFS{}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	for _, n := range names {
		b, err := files.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", n, err)
		}
		text := "-- +goose Up\n" + strings.ReplaceAll(string(b), "{{key}}", key)
		out[n] = &fstest.MapFile{Data: []byte(text), Mode: 0o444}
	}
	return out, nil
}
