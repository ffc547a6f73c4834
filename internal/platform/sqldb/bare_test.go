package sqldb_test

import (
	"testing"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestBare: indexes and keys go and come back as they were; a table that is not named keeps its own; a key that rows break is noticed.
func TestBare(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		only := func(name string) func(string) bool { return func(t string) bool { return t == name } }
		exec(t, db, `CREATE TABLE dressed (k BIGINT NOT NULL, t TEXT NOT NULL, n BIGINT NOT NULL)`)
		exec(t, db, `CREATE UNIQUE INDEX dressed_k ON dressed (k) WHERE n > 0`)
		exec(t, db, `CREATE INDEX dressed_n ON dressed ((COALESCE(n, 0)), t)`)
		exec(t, db, `CREATE TABLE kept (k BIGINT NOT NULL, CONSTRAINT kept_pk PRIMARY KEY (k))`)
		exec(t, db, `CREATE INDEX kept_k ON kept (k)`)
		count := func() (n int64) {
			t.Helper()
			query := sqldb.PerEngine{SQLite: `SELECT COUNT(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name IN ('dressed', 'kept') AND sql IS NOT NULL`,
				Postgres: `SELECT COUNT(*) FROM pg_indexes WHERE schemaname = current_schema() AND tablename IN ('dressed', 'kept') AND indexname <> 'kept_pk'`}
			if err := db.Row(ctx, query.For(db)).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := count(); n != 3 {
			t.Fatalf("%d indexes", n)
		}
		bare, err := db.Bare(ctx, only("dressed"))
		if err != nil {
			t.Fatal(err)
		}
		if n := count(); n != 1 {
			t.Errorf("bare: %d indexes", n)
		}
		if bare.Complete(ctx) == nil {
			t.Error("what is bare counts as complete")
		}
		exec(t, db, `INSERT INTO dressed (k, t, n) VALUES (1, 'a', 1), (1, 'b', 2)`)
		if bare.Dress(ctx, "dressed") == nil {
			t.Error("a broken key was not noticed")
		}
		exec(t, db, `DELETE FROM dressed WHERE t = 'b'`)
		if err := bare.Dress(ctx, "dressed"); err != nil {
			t.Fatal(err)
		}
		if err := bare.Complete(ctx); err != nil {
			t.Error(err)
		}
		if n := count(); n != 3 {
			t.Errorf("dressed: %d indexes", n)
		}
		if db.Engine() == sqldb.Postgres {
			bare, err := db.Bare(ctx, only("kept"))
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, `INSERT INTO kept (k) VALUES (1)`)
			if err := bare.Dress(ctx, "kept"); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(ctx, `INSERT INTO kept (k) VALUES (1)`); !sqldb.IsUnique(err) {
				t.Errorf("the key is not back: %v", err)
			}
		}
	})
}
