package report_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/insight/report"
	"rapport/internal/platform/sqldb/dbtest"
	"rapport/internal/platform/warehouse/whtest"
)

// The year that BenchmarkYear looks at: 10 million events and 1 million orders in it, and as much in the year before, because figures are
// compared. Statements run on both engines but for the function that makes numbers.
var year = []string{
	`INSERT INTO events (event_id, customer_id, session_id, session_start, "at", received_at, day, shop_id, source_id, kind, name, campaign, message_id,
		message_hash, anonymous_id, user_id, properties{context})
	SELECT i, 1 + (i * 7919) % 1000000, i - i % 5, i % 5 = 0, TIMESTAMP '2024-01-01' + i * INTERVAL '3156 milliseconds',
		TIMESTAMP '2024-01-01' + i * INTERVAL '3156 milliseconds', CAST(TIMESTAMP '2024-01-01' + i * INTERVAL '3156 milliseconds' AS DATE),
		1, 2, 'track', CASE WHEN i % 3 = 0 THEN 'Product Viewed' ELSE 'Page' END, '', 'm' || CAST(i AS TEXT), (i * 7919) % 1000000007, 'a' || CAST((i * 7919) % 1000000 AS TEXT), '',
		'{"price":12.5,"product_id":"' || CAST(i % 2000 AS TEXT) || '"}'{no_context}
	FROM numbers(20000000)`,
	`INSERT INTO orders ({orders})
	SELECT 1 + (i * 7919) % 400003, i + 1, 1, 'A' || CAST(i AS TEXT), CASE WHEN i % 40 = 0 THEN 'cancelled' ELSE 'placed' END,
		1704067200000000 + i * 31560000, CAST((1704067200 + i * 3156 / 100) / 86400 AS BIGINT), 'EUR', 1000 + i % 20000, 0, 0, 0, 0, 1000 + i % 20000, 0, '', TRUE, FALSE, 0 {more_orders}
	FROM numbers(2000000)`,
	`INSERT INTO order_lines ({order_lines})
	SELECT 1 + ((i / 2) * 7919) % 400003, i / 2 + 1, i % 2, 1 + (i * 31) % 2000, 'sku', 'name', 1000, 500, 0, 500 + (i / 2) % 10000 {more_order_lines} FROM numbers(4000000)`,
	`INSERT INTO refunds ({refunds})
	SELECT 1 + (i * 20 * 7919) % 400003, i * 20 + 1, 'r', 1704067200000000 + i * 20 * 31560000, CAST((1704067200 + i * 20 * 3156 / 100) / 86400 AS BIGINT), 'EUR', 700, 700, FALSE, TRUE {more_refunds}
	FROM numbers(100000)`,
}

// BenchmarkYear measures the overview of a year, compared with the year before: go test -run xxx -bench Year -benchtime 1x. RAPPORT_PROOF=postgres
// takes that engine.
func BenchmarkYear(t *testing.B) {
	engine := cmp.Or(os.Getenv("RAPPORT_PROOF"), "duckdb")
	var p whtest.Pair
	switch engine {
	case "duckdb":
		dir := os.Getenv("RAPPORT_PROOF_DIR") // keeps the made-up year for the next time
		if dir == "" {
			dir = t.TempDir()
		}
		_, made := os.Stat(filepath.Join(dir, "events.duckdb"))
		if err := whtest.Duck(t, dir).Close(); err != nil {
			t.Fatal(err)
		}
		text := []string{`SET integer_division = true`, `SET memory_limit = '1GB'`, `CREATE MACRO numbers(n) AS TABLE SELECT range AS i FROM range(n)`}
		for _, s := range year {
			text = append(text, whtest.Columns(withContext(s, false)))
		}
		if made != nil {
			whtest.Bulk(t, dir, append(text, `DROP MACRO TABLE numbers`, `CHECKPOINT`)...)
		}
		p = whtest.Pair{DB: dbtest.SQLite(t), Warehouse: whtest.Duck(t, dir)}
	case "postgres":
		p = whtest.Postgres(t)
		must(p.DB.Exec(ctx, `CREATE FUNCTION numbers(n BIGINT) RETURNS TABLE (i BIGINT) LANGUAGE sql AS 'SELECT generate_series(CAST(0 AS BIGINT), n - 1)'`))
		for _, s := range year {
			must(p.DB.Exec(ctx, whtest.FullColumns(t, p.DB, withContext(s, true))))
		}
		must(p.DB.Exec(ctx, `ANALYZE`))
	default:
		t.Fatalf("there is no engine %q", engine)
	}
	from, _ := clock.ParseDay("2025-01-01")
	to, _ := clock.ParseDay("2026-01-01")
	first, _ := clock.ParseDay("2024-01-01")
	s := serve(p)
	for what, p := range map[string]report.Period{"the first year": {From: first, To: from}, "a year beside the one before": {From: from, To: to}} {
		var took []time.Duration
		for i := range 11 {
			c, w := cpu(), time.Now()
			o, err := s.Overview(ctx, p, report.ComparePrevious)
			if err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(w))
			fmt.Printf("%s %s, run %d: %s wall, %s CPU (%d events, %d orders, %d sessions, %d customers)\n", engine, what, i,
				took[i].Round(time.Millisecond), (cpu() - c).Round(time.Millisecond), o.Events, o.Orders, o.Sessions, o.Customers)
		}
		slices.Sort(took)
		fmt.Printf("%s overview of %s: median %s, slowest %s\n", engine, what, took[5].Round(time.Millisecond), took[10].Round(time.Millisecond))
	}
	for _, f := range []string{report.RowsOrders, report.RowsRefunds, report.RowsNew} {
		w := time.Now()
		if _, err := s.Rows(ctx, f, report.Period{From: from, To: to}, 50, ""); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("rows behind %s: %s\n", f, time.Since(w).Round(time.Millisecond))
	}
}

// withContext fills in the column that DuckDB does not have.
func withContext(s string, has bool) string {
	column, value := "", ""
	if has {
		column, value = ", context", ", '{}'"
	}
	return strings.NewReplacer("{context}", column, "{no_context}", value).Replace(s)
}

func cpu() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
