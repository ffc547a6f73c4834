package whtest

import (
	"context"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// insert fills an operational table from rows of its mirror.
func insert(tb testing.TB, db *sqldb.DB, m warehouse.Mirror, rows [][]any) {
	tb.Helper()
	names, values := others(tb, db, m)
	columns := append(append([]string(nil), m.Columns...), names...)
	full := make([][]any, len(rows))
	for i, r := range rows {
		full[i] = append(append([]any(nil), r...), values...)
	}
	if err := db.Many(context.Background(), `INSERT INTO `+m.Table+` (`+strings.Join(columns, ", ")+`) VALUES (`+sqldb.Marks(1, len(columns))+`)`, full); err != nil {
		tb.Fatal(err)
	}
}

// others asks the catalogue for the columns of an operational table that its mirror lacks, with a value for each.
func others(tb testing.TB, db *sqldb.DB, m warehouse.Mirror) (names []string, values []any) {
	tb.Helper()
	found, err := db.Query(context.Background(), `SELECT column_name, data_type FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 AND is_nullable = 'NO'`, m.Table)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var name, kind string
		if err := found.Scan(&name, &kind); err != nil {
			tb.Fatal(err)
		}
		if slices.Contains(m.Columns, name) {
			continue
		}
		names = append(names, name)
		switch kind {
		case "bigint":
			values = append(values, int64(0))
		case "boolean":
			values = append(values, false)
		case "jsonb":
			values = append(values, sqldb.RawJSON("{}"))
		default:
			values = append(values, "")
		}
	}
	return names, values
}

// Columns fills {orders} in a statement with the columns of that mirrored table, and {more_orders} with nothing.
func Columns(statement string) string {
	for _, m := range warehouse.Mirrors() {
		statement = strings.ReplaceAll(statement, "{"+m.Table+"}", `"`+strings.Join(m.Columns, `", "`)+`"`)
		statement = strings.ReplaceAll(statement, "{more_"+m.Table+"}", "")
	}
	return statement
}

// FullColumns is Columns for the operational tables, which have more columns: {more_orders} becomes their values.
func FullColumns(tb testing.TB, db *sqldb.DB, statement string) string {
	tb.Helper()
	for _, m := range warehouse.Mirrors() {
		names, values := others(tb, db, m)
		more := ""
		for _, v := range values {
			switch v := v.(type) {
			case int64:
				more += ", 0"
			case bool:
				more += ", FALSE"
			case string:
				more += ", ''"
			default:
				_ = v
				more += ", CAST('{}' AS JSONB)"
			}
		}
		statement = strings.ReplaceAll(statement, "{"+m.Table+"}", `"`+strings.Join(append(append([]string(nil), m.Columns...), names...), `", "`)+`"`)
		statement = strings.ReplaceAll(statement, "{more_"+m.Table+"}", more)
	}
	return statement
}

// Bulk runs statements on the DuckDB file in a directory that no warehouse has open: the quick way to many made-up rows.
func Bulk(tb testing.TB, dir string, statements ...string) {
	tb.Helper()
	db, err := sql.Open("duckdb", filepath.Join(dir, "events.duckdb"))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			tb.Fatalf("%s: %v", s, err)
		}
	}
}
