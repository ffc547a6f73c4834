package keyset_test

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"rapport/internal/platform/keyset"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestEveryRowOnce: whatever a page may look at and hold, and however rare the rows are, the pages of a list give each row once, in
// order, and every page but the last is full or says where it stopped.
func TestEveryRowOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := context.Background()
		if _, err := db.Exec(ctx, `CREATE TABLE things (thing_id BIGINT NOT NULL, at BIGINT NOT NULL, kind BIGINT NOT NULL, CONSTRAINT things_pk PRIMARY KEY (thing_id))`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(ctx, `CREATE INDEX things_at ON things (at, thing_id)`); err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(t *rapid.T) {
			if _, err := db.Exec(ctx, `DELETE FROM things`); err != nil {
				t.Fatal(err)
			}
			type thing struct{ at, id, kind int64 }
			var all []thing
			var rows [][]any
			for i, at := range rapid.SliceOfN(rapid.Int64Range(0, 9), 0, 60).Draw(t, "times") {
				x := thing{at, int64(i), rapid.Int64Range(0, 4).Draw(t, "kind")}
				all = append(all, x)
				rows = append(rows, []any{x.id, x.at, x.kind})
			}
			if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				return tx.Many(ctx, `INSERT INTO things (thing_id, at, kind) VALUES ($1, $2, $3)`, rows)
			}); err != nil {
				t.Fatal(err)
			}
			down, kind, from := rapid.Bool().Draw(t, "down"), rapid.Int64Range(-1, 4).Draw(t, "wanted kind"), rapid.Int64Range(0, 5).Draw(t, "from")
			limit, look := rapid.IntRange(1, 12).Draw(t, "limit"), rapid.IntRange(0, 12).Draw(t, "look")
			var want []int64
			slices.SortFunc(all, func(a, b thing) int {
				n := slices.Compare([]int64{a.at, a.id}, []int64{b.at, b.id})
				if down {
					return -n
				}
				return n
			})
			for _, x := range all {
				if x.at >= from && (kind < 0 || x.kind == kind) {
					want = append(want, x.id)
				}
			}
			var got []int64
			var after keyset.Place
			for pages := 0; ; pages++ {
				q := &keyset.Query{Columns: "at, thing_id", From: "things", By: []string{"at", "thing_id"}, Down: down, After: after, Limit: limit, Look: look}
				q.Path("at >= ?", from)
				if kind >= 0 {
					q.Filter("kind = ?", kind)
				}
				rows, stop, err := keyset.Read(ctx, db, q, func(r *sql.Rows) (p [2]int64, err error) {
					err = r.Scan(&p[0], &p[1])
					return p, err
				})
				if err != nil || pages > 200 {
					t.Fatal(pages, err)
				}
				for _, r := range rows {
					got = append(got, r[1])
				}
				switch {
				case stop != nil && len(rows) >= limit:
					t.Fatal("a full page stopped early")
				case stop != nil:
					after = stop
				case len(rows) == limit:
					after = keyset.Place{rows[limit-1][0], rows[limit-1][1]}
				}
				if stop == nil && len(rows) < limit {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("got %v, want %v", got, want)
			}
		})
	})
}
