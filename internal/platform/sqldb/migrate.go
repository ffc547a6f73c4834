package sqldb

import (
	"context"
	"fmt"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"rapport/internal/base/errs"
	"rapport/migrations"
)

// Migrate brings the schema to this program's version. It refuses a database that a newer program has written, and on
// PostgreSQL lets only one of several starting programs do the work.
func (db *DB) Migrate(ctx context.Context) error {
	files, err := migrations.For(string(db.engine))
	if err != nil {
		return err
	}
	dialect := goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if db.engine == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("make migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db.write, files, opts...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	sources := p.ListSources()
	want := sources[len(sources)-1].Version
	if have > want {
		return errs.New(errs.Conflict, "database.newer",
			"The database has schema version %d, this program knows only %d: a newer Rapport has written it. Start that version, or restore a backup from before the upgrade.",
			have, want)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}
