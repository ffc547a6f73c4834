package whtest

import (
	"context"
	"strings"
	"testing"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// insert fills an operational table from rows of its mirror, asking the catalogue for what else it needs.
func insert(tb testing.TB, db *sqldb.DB, m warehouse.Mirror, rows [][]any) {
	tb.Helper()
	ctx := context.Background()
	found, err := db.Query(ctx, `SELECT column_name, data_type FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name = $1 AND is_nullable = 'NO'`, m.Table)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	columns := append([]string(nil), m.Columns...)
	var extra []any
	for found.Next() {
		var name, kind string
		if err := found.Scan(&name, &kind); err != nil {
			tb.Fatal(err)
		}
		known := false
		for _, c := range m.Columns {
			known = known || c == name
		}
		if known {
			continue
		}
		columns = append(columns, name)
		switch kind {
		case "bigint":
			extra = append(extra, int64(0))
		case "boolean":
			extra = append(extra, false)
		case "jsonb":
			extra = append(extra, sqldb.RawJSON("{}"))
		default:
			extra = append(extra, "")
		}
	}
	full := make([][]any, len(rows))
	for i, r := range rows {
		full[i] = append(append([]any(nil), r...), extra...)
	}
	if err := db.Many(ctx, `INSERT INTO `+m.Table+` (`+strings.Join(columns, ", ")+`) VALUES (`+sqldb.Marks(1, len(columns))+`)`, full); err != nil {
		tb.Fatal(err)
	}
}
