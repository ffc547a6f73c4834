package sqldb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestManyRows: whatever the form of the statement and the number of rows, the outcome is that of one row after the other.
func TestManyRows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		exec(t, db, `CREATE TABLE many (k BIGINT NOT NULL, s TEXT NOT NULL, j JSONB NOT NULL, n BIGINT, CONSTRAINT many_pk PRIMARY KEY (k))`)
		content := func() []string {
			return column(t, db, `SELECT CAST(k AS TEXT) || ' ' || s || ' ' || COALESCE(CAST(n AS TEXT), '-') FROM many ORDER BY k`)
		}
		for _, c := range []struct{ name, query string }{
			{"plain", `INSERT INTO many (k, s, j, n) VALUES ($1, $2, $3, $4)`},
			{"expressions", `INSERT INTO many (k, s, j, n) VALUES ($1, COALESCE($2, 'it''s (not) null'), $3, $4)`},
			{"marks in another order", `INSERT INTO many (k, s, j, n) VALUES ($1, $2, $3, COALESCE($4, CAST(NULL AS BIGINT))) ON CONFLICT (k) DO NOTHING`},
			{"upsert", `INSERT INTO many (k, s, j, n) VALUES ($1, $2, $3, $4) ON CONFLICT (k) DO UPDATE SET s = EXCLUDED.s, n = EXCLUDED.n`},
			{"mark after the tuple", `INSERT INTO many (k, s, j, n) VALUES ($1, $2, $3, $4) ON CONFLICT (k) DO UPDATE SET s = $2`},
		} {
			for _, n := range []int{1, 99, 100, 101, 350} {
				t.Run(fmt.Sprintf("%s %d", c.name, n), func(t *testing.T) {
					exec(t, db, `DELETE FROM many`)
					var rows [][]any
					var want []string
					for i := range n {
						rows = append(rows, []any{id.ID(1000 + i), fmt.Sprintf("s%d", i), sqldb.RawJSON(`{"a":1}`), i})
						want = append(want, fmt.Sprintf("%d s%d %d", 1000+i, i, i))
					}
					if err := db.Many(ctx, c.query, rows); err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(want, content()); diff != "" {
						t.Fatal(diff)
					}
				})
			}
		}
		t.Run("updates", func(t *testing.T) {
			if err := db.Many(ctx, `UPDATE many SET n = $1 WHERE k = $2`, [][]any{{-1, 1000}, {-2, 1001}}); err != nil {
				t.Fatal(err)
			}
			if got := content()[:2]; got[0] != "1000 s0 -1" || got[1] != "1001 s1 -2" {
				t.Fatal(got)
			}
		})
		t.Run("insert many", func(t *testing.T) {
			exec(t, db, `DELETE FROM many`)
			var rows [][]any
			for i := range 350 {
				rows = append(rows, []any{id.ID(i), "x", sqldb.JSON{"a": "b"}, nil})
			}
			if err := db.InsertMany(ctx, "many", []string{"k", "s", "j", "n"}, rows); err != nil {
				t.Fatal(err)
			}
			if got := content(); len(got) != 350 || got[349] != "349 x -" {
				t.Fatalf("%d rows, last %q", len(got), got[len(got)-1])
			}
			if err := db.InsertMany(ctx, "many", []string{"k", "s", "j", "n"}, [][]any{{900, "x", sqldb.JSON(nil), 1}, {7, "x", sqldb.JSON(nil), 1}}); !sqldb.IsUnique(err) {
				t.Fatalf("want a broken key, got %v", err)
			}
			if got := content(); len(got) != 350 {
				t.Fatalf("%d rows after a failure", len(got))
			}
		})
		t.Run("a short row is an error", func(t *testing.T) {
			if err := db.Many(ctx, `UPDATE many SET n = $1 WHERE k = $2`, [][]any{{1, 1}, {1}}); err == nil {
				t.Fatal("no error")
			}
		})
	})
}

// TestSameStatementWhileItsRowsAreOpen: kept statements must not disturb each other.
func TestSameStatementWhileItsRowsAreOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		exec(t, db, `INSERT INTO settings (name, value, updated_at) VALUES ('a', '1', 0), ('b', '2', 0), ('c', '3', 0)`)
		const query = `SELECT name FROM settings WHERE name >= $1 ORDER BY name`
		if db.Engine() == sqldb.Postgres {
			return // one connection answers one query at a time there
		}
		err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			outer, err := tx.Query(ctx, query, "a")
			if err != nil {
				return err
			}
			var got []string
			for outer.Next() {
				var o string
				if err := outer.Scan(&o); err != nil {
					return err
				}
				inner, err := tx.Query(ctx, query, o)
				if err != nil {
					return err
				}
				for inner.Next() {
					var i string
					if err := inner.Scan(&i); err != nil {
						return err
					}
					got = append(got, o+i)
				}
				if err := inner.Close(); err != nil {
					return err
				}
			}
			if s := strings.Join(got, " "); s != "aa ab ac bb bc cc" {
				t.Errorf("got %s", s)
			}
			return outer.Close()
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestManyDifferentStatements: more texts than a connection keeps, and a table that changes under a kept one.
func TestManyDifferentStatements(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		exec(t, db, `CREATE TABLE grows (a BIGINT NOT NULL)`)
		exec(t, db, `INSERT INTO grows (a) VALUES (7)`)
		err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			for i := range 450 {
				var a int
				if err := tx.Row(ctx, fmt.Sprintf(`SELECT a + %d FROM grows WHERE a = $1`, i), 7).Scan(&a); err != nil || a != 7+i {
					return fmt.Errorf("%d: got %d, %w", i, a, err)
				}
			}
			exec(t, tx, `ALTER TABLE grows ADD COLUMN b BIGINT`)
			var a int
			return tx.Row(ctx, `SELECT a + 449 FROM grows WHERE a = $1`, 7).Scan(&a)
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
