package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

var ctx = context.Background()

func exec(t *testing.T, q sqldb.Q, query string, args ...any) {
	t.Helper()
	if _, err := q.Exec(ctx, query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// TestConformance holds the traps of one SQL text on two engines, each as the behaviour stores rely on.
func TestConformance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		exec(t, db, `CREATE TABLE probe (k BIGINT NOT NULL, s TEXT NOT NULL, b BOOLEAN NOT NULL, j JSONB NOT NULL, n BIGINT, CONSTRAINT probe_pk PRIMARY KEY (k))`)

		t.Run("placeholders repeat and come in any order", func(t *testing.T) {
			exec(t, db, `INSERT INTO probe (k, s, b, j, n) VALUES ($2, $1, $3, $4, $2)`, "x", int64(7), true, sqldb.JSON{"a": map[string]any{"k": "v"}})
			var s, v string
			var b bool
			var n int64
			err := db.Row(ctx, `SELECT s, b, n, j -> 'a' ->> 'k' FROM probe WHERE k = $1 AND n = $1`, int64(7)).Scan(&s, &b, &n, &v)
			if err != nil || s != "x" || !b || n != 7 || v != "v" {
				t.Fatalf("got %q %v %d %q, %v", s, b, n, v, err)
			}
		})
		t.Run("a broken key is known as one", func(t *testing.T) {
			_, err := db.Exec(ctx, `INSERT INTO probe (k, s, b, j) VALUES (7, '', TRUE, '{}')`)
			if !sqldb.IsUnique(err) {
				t.Fatalf("IsUnique(%v) = false", err)
			}
		})
		t.Run("upsert gives the new row", func(t *testing.T) {
			var s string
			err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				return tx.Row(ctx, `INSERT INTO probe (k, s, b, j) VALUES (7, 'y', FALSE, '{}')
					ON CONFLICT (k) DO UPDATE SET s = EXCLUDED.s RETURNING s`).Scan(&s)
			})
			if err != nil || s != "y" {
				t.Fatalf("got %q, %v", s, err)
			}
		})
		t.Run("text sorts by bytes", func(t *testing.T) {
			exec(t, db, `INSERT INTO settings (name, value, updated_at) VALUES ('b', '', 0), ('B', '', 0), ('a', '', 0), ('ä', '', 0)`)
			got := strings.Join(column(t, db, `SELECT name FROM settings ORDER BY name`), " ")
			if got != "B a b ä" {
				t.Fatalf("order is %q", got)
			}
		})
		t.Run("many rows in one go, all or nothing", func(t *testing.T) {
			rows := make([][]any, 300)
			for i := range rows {
				rows[i] = []any{int64(1000 + i), "m", true, sqldb.RawJSON(`[1,2]`)}
			}
			const insert = `INSERT INTO probe (k, s, b, j) VALUES ($1, $2, $3, $4)`
			if err := db.Many(ctx, insert, rows); err != nil {
				t.Fatal(err)
			}
			if err := db.Many(ctx, insert, [][]any{{int64(5000), "n", true, sqldb.JSON(nil)}, {int64(1000), "n", true, sqldb.JSON(nil)}}); !sqldb.IsUnique(err) {
				t.Fatalf("want a broken key, got %v", err)
			}
			var n int64
			if err := db.Row(ctx, `SELECT COUNT(*) FROM probe WHERE k >= 1000`).Scan(&n); err != nil || n != 300 {
				t.Fatalf("%d rows, %v", n, err)
			}
		})
		t.Run("an error rolls back and runs no hook", func(t *testing.T) {
			want := errors.New("no")
			hook := false
			err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				tx.OnCommit(func() { hook = true })
				exec(t, tx, `UPDATE probe SET s = 'gone' WHERE k = 7`)
				return want
			})
			var s string
			if err2 := db.Row(ctx, `SELECT s FROM probe WHERE k = 7`).Scan(&s); err2 != nil || s != "y" || hook || !errors.Is(err, want) {
				t.Fatalf("s=%q hook=%v err=%v, %v", s, hook, err, err2)
			}
		})
		t.Run("nothing found", func(t *testing.T) {
			var s string
			if err := db.Row(ctx, `SELECT s FROM probe WHERE k = -1`).Scan(&s); !errors.Is(err, sqldb.ErrNoRows) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("row values page through keys", func(t *testing.T) {
			got := column(t, db, `SELECT CAST(k AS TEXT) FROM probe WHERE (s, k) > ('m', 1297) AND s = 'm' ORDER BY s, k`)
			if diff := cmp.Diff([]string{"1298", "1299"}, got); diff != "" {
				t.Fatal(diff)
			}
		})
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		exec(t, db, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999999, TRUE)`)
		if e := errs.As(db.Migrate(ctx)); e == nil || e.Code != "database.newer" {
			t.Fatalf("got %v", e)
		}
	})
}

func TestMigrateAgainChangesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		before := schema(t, db)
		if err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, schema(t, db)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestSchemasAreEqual compares what the migrations made of both engines, column by column.
func TestSchemasAreEqual(t *testing.T) {
	lite, pg := schema(t, dbtest.SQLite(t)), schema(t, dbtest.Postgres(t))
	if o := lite["orders"]; len(o.Key) == 1 && o.Key[0] == "order_id" { // the row's place on SQLite; see migrations
		o.Key = pg["orders"].Key
		lite["orders"] = o
	}
	if diff := cmp.Diff(lite, pg); diff != "" {
		t.Fatalf("SQLite (-) and PostgreSQL (+) differ:\n%s", diff)
	}
	if len(lite) < 20 {
		t.Fatalf("only %d tables were compared", len(lite))
	}
}

// TestTablesAreReadyForDistribution reads the migrated schema for the rules that let customers live on many machines.
func TestTablesAreReadyForDistribution(t *testing.T) {
	reference := "settings users sessions invitations shops sources api_keys rates products product_prices variants event_names event_days event_properties event_rules"
	local := "audit_log outbox outbox_cursors idempotency_keys ingest_state refused_events imports journal warehouse_queue warehouse_moves identity_state import_changes import_salts journal_undone"
	keys := "identity_keys identity_claims order_keys loose_traits"
	known := strings.Fields(reference + " " + local + " " + keys)
	for name, table := range schema(t, dbtest.Postgres(t)) {
		if len(table.Key) == 0 {
			t.Errorf("%s has no primary key: every table needs one to be distributed", name)
			continue
		}
		isKnown := false
		for _, k := range known {
			isKnown = isKnown || k == name
		}
		if isKnown {
			continue
		}
		if table.Key[0] != "customer_id" {
			t.Errorf("%s is a customer table (it is in none of the other lists) and its key is %v: customer_id must lead it", name, table.Key)
		}
		if table.Columns["customer_id"] != "bigint not null" {
			t.Errorf("%s.customer_id is %q, want bigint not null", name, table.Columns["customer_id"])
		}
	}
}

type table struct {
	Columns map[string]string
	Key     []string
}

// schema describes the tables of the migrations alone; goose's and the job queue's own tables differ by engine.
func schema(t *testing.T, db *sqldb.DB) map[string]table {
	t.Helper()
	out := map[string]table{}
	var names []string
	if db.Engine() == sqldb.SQLite {
		names = column(t, db, `SELECT name FROM sqlite_master WHERE type = 'table'`)
	} else {
		names = column(t, db, `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`)
	}
	for _, n := range names {
		if strings.HasPrefix(n, "goose_") || strings.HasPrefix(n, "river_") || strings.HasPrefix(n, "sqlite_") || strings.HasPrefix(n, "search_") || strings.HasPrefix(n, "customer_search") {
			continue
		}
		out[n] = describe(t, db, n)
	}
	return out
}

func describe(t *testing.T, db *sqldb.DB, name string) table {
	t.Helper()
	d := table{Columns: map[string]string{}}
	query := fmt.Sprintf(`SELECT name, LOWER(type), "notnull" = 1, pk FROM pragma_table_info('%s')`, name)
	if db.Engine() == sqldb.Postgres {
		query = fmt.Sprintf(`SELECT c.column_name, c.data_type, c.is_nullable = 'NO', COALESCE(k.ordinal_position, 0)
			FROM information_schema.columns c
			LEFT JOIN information_schema.table_constraints tc ON tc.table_name = c.table_name AND tc.table_schema = c.table_schema AND tc.constraint_type = 'PRIMARY KEY'
			LEFT JOIN information_schema.key_column_usage k ON k.constraint_name = tc.constraint_name AND k.table_schema = c.table_schema AND k.column_name = c.column_name
			WHERE c.table_schema = current_schema() AND c.table_name = '%s'`, name)
	}
	rows, err := db.Query(ctx, query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	keys := map[int]string{}
	for rows.Next() {
		var col, kind string
		var notNull bool
		var pk int
		if err := rows.Scan(&col, &kind, &notNull, &pk); err != nil {
			t.Fatal(err)
		}
		if kind == "integer" && pk > 0 {
			kind = "bigint" // {{rowid}}: SQLite's integers are as long
		}
		if notNull {
			kind += " not null"
		}
		d.Columns[col] = kind
		if pk > 0 {
			keys[pk] = col
		}
	}
	for i := 1; i <= len(keys); i++ {
		d.Key = append(d.Key, keys[i])
	}
	return d
}

func column(t *testing.T, db *sqldb.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var s sql.NullString
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s.String)
	}
	if strings.Contains(query, "ORDER BY") {
		return out
	}
	sort.Strings(out)
	return out
}
