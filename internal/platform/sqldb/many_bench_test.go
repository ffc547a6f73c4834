package sqldb_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// BenchmarkInsert measures CPU a row of the ways to write many rows of an order's width (25 columns, half text) in transactions of 2,000 rows.
func BenchmarkInsert(b *testing.B) {
	const width, batch = 25, 2000
	var columns, kinds []string
	for i := range width {
		columns = append(columns, fmt.Sprintf("c%d", i))
		kind := "BIGINT NOT NULL"
		if i%2 == 1 {
			kind = "TEXT NOT NULL"
		}
		kinds = append(kinds, columns[i]+" "+kind)
	}
	insert := "INSERT INTO probe (" + strings.Join(columns, ", ") + ") VALUES (" + sqldb.Marks(1, width) + ")"
	upsert := insert + " ON CONFLICT (c0) DO UPDATE SET c1 = EXCLUDED.c1, c2 = EXCLUDED.c2, c3 = EXCLUDED.c3"
	ways := map[string]func(tx *sqldb.Tx, rows [][]any) error{
		"exec": func(tx *sqldb.Tx, rows [][]any) error {
			for _, r := range rows {
				if _, err := tx.Exec(ctx, insert, r...); err != nil {
					return err
				}
			}
			return nil
		},
		"many":       func(tx *sqldb.Tx, rows [][]any) error { return tx.Many(ctx, insert, rows) },
		"manyUpsert": func(tx *sqldb.Tx, rows [][]any) error { return tx.Many(ctx, upsert, rows) },
		"insertMany": func(tx *sqldb.Tx, rows [][]any) error { return tx.InsertMany(ctx, "probe", columns, rows) },
	}
	for engine, open := range map[string]func(testing.TB) *sqldb.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		for _, way := range []string{"exec", "many", "manyUpsert", "insertMany"} {
			b.Run(engine+"/"+way, func(b *testing.B) {
				db := open(b)
				if _, err := db.Exec(ctx, "CREATE TABLE probe ("+strings.Join(kinds, ", ")+", CONSTRAINT probe_pk PRIMARY KEY (c0))"); err != nil {
					b.Fatal(err)
				}
				n := int64(0)
				cpu, began := cpuTime(), time.Now()
				for b.Loop() {
					rows := make([][]any, batch)
					for i := range rows {
						n++
						row := make([]any, width)
						for j := range row {
							if j%2 == 1 {
								row[j] = "some text of a row"
							} else {
								row[j] = n
							}
						}
						rows[i] = row
					}
					if err := db.Tx(ctx, func(tx *sqldb.Tx) error { return ways[way](tx, rows) }); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/float64(n), "cpu-µs/row")
				b.ReportMetric(float64(n)/time.Since(began).Seconds(), "rows/s")
			})
		}
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
