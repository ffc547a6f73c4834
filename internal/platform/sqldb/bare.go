package sqldb

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Bare is what was taken from tables before they are filled: their indexes, and on PostgreSQL their keys. Sorting once at the end
// is many times cheaper than finding the place of every row.
type Bare struct {
	db    *DB
	parts []barePart
}

type barePart struct{ table, drop, make string }

var selectBare = PerEngine{
	SQLite: `SELECT tbl_name, 'DROP INDEX "' || name || '"', sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY tbl_name, name`,
	// Keys first, so that they come back first. What lies on a partition goes and comes with that of the whole table.
	Postgres: `SELECT t.relname, 'ALTER TABLE ' || quote_ident(t.relname) || ' DROP CONSTRAINT ' || quote_ident(c.conname),
			'ALTER TABLE ' || quote_ident(t.relname) || ' ADD CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid)
		FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE n.nspname = current_schema() AND c.contype IN ('p', 'u') AND NOT t.relispartition
		UNION ALL
		SELECT t.relname, 'DROP INDEX ' || quote_ident(i.relname), REPLACE(pg_get_indexdef(i.oid), ' ON ONLY ', ' ON ')
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE n.nspname = current_schema() AND NOT t.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u'))`,
}

func (db *DB) bareParts(ctx context.Context, want func(table string) bool) ([]barePart, error) {
	rows, err := db.Query(ctx, selectBare.For(db))
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []barePart
	for rows.Next() {
		var p barePart
		if err := rows.Scan(&p.table, &p.drop, &p.make); err != nil {
			return nil, fmt.Errorf("scan index: %w", err)
		}
		if want(p.table) {
			out = append(out, p)
		}
	}
	return out, rows.Err()
}

// Bare takes the indexes from the tables for which want says yes. Nobody may use them until Dress gave everything back; whoever dies before leaves a
// database that must be thrown away.
func (db *DB) Bare(ctx context.Context, want func(table string) bool) (*Bare, error) {
	parts, err := db.bareParts(ctx, want)
	if err != nil {
		return nil, err
	}
	for _, p := range parts {
		if _, err := db.Exec(ctx, p.drop); err != nil {
			return nil, fmt.Errorf("%s: %w", p.drop, err)
		}
	}
	return &Bare{db: db, parts: parts}, nil
}

// Dress gives a filled table its indexes back.
func (b *Bare) Dress(ctx context.Context, table string) error {
	for _, p := range b.parts {
		if p.table != table {
			continue
		}
		if err := b.db.sorted(ctx, p.make); err != nil {
			return fmt.Errorf("%s: %w", p.make, err)
		}
	}
	if b.db.engine == Postgres {
		if _, err := b.db.Exec(ctx, `ANALYZE `+quoted(table)); err != nil {
			return fmt.Errorf("analyse %s: %w", table, err)
		}
	}
	return nil
}

// sorted makes an index with room to sort in.
func (db *DB) sorted(ctx context.Context, statement string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if db.engine == Postgres {
			if _, err := tx.Exec(ctx, `SET LOCAL maintenance_work_mem = '256MB'`); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, statement)
		return err
	})
}

// Complete makes sure that everything is back, in the words in which it was.
func (b *Bare) Complete(ctx context.Context) error {
	now, err := b.db.bareParts(ctx, func(string) bool { return true })
	if err != nil {
		return err
	}
	for _, p := range b.parts {
		if !slices.Contains(now, p) {
			err = errors.Join(err, fmt.Errorf("table %s lacks an index that it had: %s", p.table, p.make))
		}
	}
	return err
}
