package sqldb_test

import (
	"testing"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

const transferTable = `CREATE TABLE everything (k BIGINT NOT NULL PRIMARY KEY, t TEXT, b BOOLEAN, j JSONB, x BYTEA, n BIGINT)`

func layout(t *testing.T, db *sqldb.DB) *sqldb.Layout {
	t.Helper()
	l, err := db.Layouts(ctx, func(table string) bool { return table == "everything" })
	if err != nil || len(l) != 1 || len(l[0].Columns) != 6 {
		t.Fatalf("%+v %v", l, err)
	}
	return &l[0]
}

func sumOf(t *testing.T, db *sqldb.DB) (*sqldb.Sum, [][]any) {
	t.Helper()
	var s sqldb.Sum
	var rows [][]any
	l := layout(t, db)
	if err := db.ScanRows(ctx, l, func(row []any) error { rows = append(rows, row); return s.Add(l, row) }); err != nil {
		t.Fatal(err)
	}
	return &s, rows
}

// TestTransfer carries rows of every kind from each engine to each engine; sums agree where rows do, in any order, and differ where any value
// does.
func TestTransfer(t *testing.T) {
	open := map[string]func(testing.TB) *sqldb.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres}
	for from := range open {
		for to := range open {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				a, b := open[from](t), open[to](t)
				exec(t, a, transferTable)
				exec(t, b, transferTable)
				exec(t, b, `INSERT INTO everything (k) VALUES (99)`) // goes
				rows := [][]any{
					{1, "text with 'quotes' and \\ and ünïcode", true, sqldb.RawJSON(`{"z": 1.50, "a": [1e3, "x", null, true], "n": {"b": 2, "a": 1}}`), []byte{0, 255, 10, 92}, -1},
					{2, nil, nil, nil, nil, nil},
					{3, "", false, sqldb.RawJSON(`{}`), []byte{}, int64(1) << 62},
					{4, "{}", true, sqldb.RawJSON(`[]`), []byte("x"), 0},
					{5, "tab\tline\nend", false, sqldb.RawJSON(`{"long": 12345678901234567890.12, "t": "<&>"}`), []byte("body"), 7},
				}
				if err := a.InsertMany(ctx, "everything", []string{"k", "t", "b", "j", "x", "n"}, rows); err != nil {
					t.Fatal(err)
				}
				before, list := sumOf(t, a)
				i := len(list)
				err := b.LoadRows(ctx, layout(t, b), func() ([]any, error) { // from the end
					if i == 0 {
						return nil, nil
					}
					i--
					return list[i], nil
				})
				if err != nil {
					t.Fatal(err)
				}
				after, _ := sumOf(t, b)
				if !before.Same(after) || after.Rows != int64(len(rows)) {
					t.Fatalf("%d rows were sent and %d are there, or they differ", before.Rows, after.Rows)
				}
				for _, change := range []string{
					`UPDATE everything SET t = 'other' WHERE k = 4`, `UPDATE everything SET t = NULL WHERE k = 3`, `UPDATE everything SET b = TRUE WHERE k = 3`,
					`UPDATE everything SET n = 1 WHERE k = 4`, `UPDATE everything SET j = '{"z": 1.51}' WHERE k = 1`, `UPDATE everything SET x = NULL WHERE k = 3`,
					`DELETE FROM everything WHERE k = 2`,
				} {
					was, _ := sumOf(t, b)
					exec(t, b, change)
					if now, _ := sumOf(t, b); was.Same(now) {
						t.Errorf("not noticed: %s", change)
					}
				}
			})
		}
	}
}
