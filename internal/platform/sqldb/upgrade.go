package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"

	"rapport/internal/base/errs"
	"rapport/migrations"
)

// SchemaState is the version that a database has (0: it is new) and the one that this program wants.
type SchemaState struct{ Have, Want int64 }

// Pending tells whether Migrate will change what somebody's data lie in.
func (s SchemaState) Pending() bool { return s.Have > 0 && s.Have < s.Want }

// SchemaState compares the database with this program.
func (db *DB) SchemaState(ctx context.Context) (SchemaState, error) {
	files, err := migrations.For(string(db.engine))
	if err != nil {
		return SchemaState{}, err
	}
	p, err := db.provider(files)
	if err != nil {
		return SchemaState{}, err
	}
	return db.stateOf(ctx, p)
}

func (db *DB) provider(files fs.FS) (*goose.Provider, error) {
	dialect := goose.DialectSQLite3
	if db.engine == Postgres {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, db.write, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

func (db *DB) stateOf(ctx context.Context, p *goose.Provider) (SchemaState, error) {
	sources := p.ListSources()
	s := SchemaState{Want: sources[len(sources)-1].Version}
	var err error
	if s.Have, err = p.GetDBVersion(ctx); err != nil {
		return s, fmt.Errorf("read schema version: %w", err)
	}
	return s, nil
}

const (
	selectVersion = `SELECT MAX(version_id) FROM goose_db_version`
	insertVersion = `INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, TRUE)`
	// upgradeLock keeps programs that start at the same time on one PostgreSQL from doing the same work twice.
	upgradeLock = `SELECT pg_advisory_xact_lock(7239004)`
)

// upgrade applies all files that are newer than the database in one transaction: it has the version that it had, or the new one.
func (db *DB) upgrade(ctx context.Context, files fs.FS) error {
	p, err := db.provider(files)
	if err != nil {
		return err
	}
	state, err := db.stateOf(ctx, p) // makes the table of versions where there is none
	if err != nil {
		return err
	}
	if state.Have > state.Want {
		return errs.New(errs.Conflict, "database.newer",
			"The database has schema version %d, this program knows only %d: a newer Rapport has written it. Start that version, or restore a backup from before the upgrade.",
			state.Have, state.Want)
	}
	if state.Have == state.Want {
		return nil
	}
	return db.Tx(ctx, func(tx *Tx) error {
		if db.engine == Postgres {
			if _, err := tx.Exec(ctx, upgradeLock); err != nil {
				return fmt.Errorf("lock the schema: %w", err)
			}
		}
		var have sql.NullInt64
		if err := tx.Row(ctx, selectVersion).Scan(&have); err != nil && !errors.Is(err, ErrNoRows) {
			return fmt.Errorf("read schema version: %w", err)
		}
		for _, source := range p.ListSources() {
			if source.Version <= have.Int64 {
				continue
			}
			text, err := fs.ReadFile(files, source.Path)
			if err != nil {
				return fmt.Errorf("read migration: %w", err)
			}
			if _, err := tx.Exec(ctx, string(text)); err != nil {
				return fmt.Errorf("migrate to version %d (%s): %w", source.Version, source.Path, err)
			}
			if _, err := tx.Exec(ctx, insertVersion, source.Version); err != nil {
				return fmt.Errorf("write schema version: %w", err)
			}
		}
		return nil
	})
}

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
