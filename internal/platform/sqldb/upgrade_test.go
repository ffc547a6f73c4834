package sqldb_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
	"rapport/migrations"
)

// more gives the program's migrations and some newer ones.
func more(t *testing.T, db *sqldb.DB, texts map[string]string) fs.FS {
	t.Helper()
	files, err := migrations.For(string(db.Engine()))
	if err != nil {
		t.Fatal(err)
	}
	out := fstest.MapFS{}
	names, _ := fs.Glob(files, "*.sql")
	for _, n := range names {
		b, err := fs.ReadFile(files, n)
		if err != nil {
			t.Fatal(err)
		}
		out[n] = &fstest.MapFile{Data: b}
	}
	for n, text := range texts {
		out[n] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	return out
}

// TestUpgradeIsWhole: of several new versions the last one fails. The database is as it was, the old program goes on with it, and when the
// fault is gone the same upgrade succeeds, once.
func TestUpgradeIsWhole(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		before, err := db.SchemaState(ctx)
		if err != nil || before.Have == 0 || before.Have != before.Want || before.Pending() {
			t.Fatalf("%+v %v", before, err)
		}
		exec(t, db, `INSERT INTO settings (name, value, updated_at) VALUES ('kept', '1', 0)`)
		good := "CREATE TABLE added (a BIGINT NOT NULL, CONSTRAINT added_pk PRIMARY KEY (a));\nINSERT INTO added (a) VALUES (1);\nUPDATE settings SET value = '2' WHERE name = 'kept';"
		bad := more(t, db, map[string]string{"9001_good.sql": good, "9002_bad.sql": "CREATE TABLE half (a BIGINT NOT NULL);\nINSERT INTO no_such_table (a) VALUES (1);"})
		if err := sqldb.Upgrade(db, ctx, bad); err == nil {
			t.Fatal("no error")
		}
		if now, err := db.SchemaState(ctx); err != nil || now != before {
			t.Fatalf("after a failed upgrade the schema is %+v, was %+v, %v", now, before, err)
		}
		for _, table := range []string{"added", "half"} {
			if _, err := db.Exec(ctx, `DELETE FROM `+table); err == nil {
				t.Errorf("table %s was left behind", table)
			}
		}
		if got := column(t, db, `SELECT value FROM settings WHERE name = 'kept'`); len(got) != 1 || got[0] != "1" {
			t.Errorf("the row is %v", got)
		}
		if err := db.Migrate(ctx); err != nil {
			t.Fatalf("the old program cannot go on: %v", err)
		}
		mended := more(t, db, map[string]string{"9001_good.sql": good, "9002_bad.sql": "CREATE TABLE half (a BIGINT NOT NULL);"})
		for range 2 {
			if err := sqldb.Upgrade(db, ctx, mended); err != nil {
				t.Fatal(err)
			}
		}
		if got := column(t, db, `SELECT CAST(COUNT(*) AS TEXT) FROM added`); got[0] != "1" {
			t.Errorf("%s rows", got[0])
		}
		if now, err := db.SchemaState(ctx); err != nil || now.Have != 9002 {
			t.Errorf("%+v %v", now, err)
		}
		if err := db.Migrate(ctx); errs.As(err) == nil || errs.As(err).Code != "database.newer" {
			t.Errorf("a program that is too old: %v", err)
		}
	})
}

// TestStartingTogether: several programs upgrade one database at a time.
func TestStartingTogether(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		files := more(t, db, map[string]string{"9001_once.sql": "CREATE TABLE once (a BIGINT NOT NULL);"})
		done := make(chan error, 4)
		for range cap(done) {
			go func() { done <- sqldb.Upgrade(db, ctx, files) }()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}
