package sqldb

import (
	"context"
	"fmt"

	"rapport/migrations"
)

// Migrate brings the schema to this program's version, wholly or not at all. It refuses a database that a newer program has written, and on
// PostgreSQL lets only one of several starting programs do the work.
func (db *DB) Migrate(ctx context.Context) error {
	files, err := migrations.For(string(db.engine))
	if err != nil {
		return err
	}
	if err := db.upgrade(ctx, files); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
