package sqldb

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"rapport/migrations"
)

// SchemaVersion gives the version that this program's migrations lead to.
func SchemaVersion(engine Engine) (int64, error) {
	files, err := migrations.For(string(engine))
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, fmt.Errorf("list migrations: %w", err)
	}
	var last int64
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		last = max(last, n)
	}
	return last, nil
}
