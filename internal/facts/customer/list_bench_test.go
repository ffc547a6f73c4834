package customer_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/search"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// customers is how many people BenchmarkList has: go test -bench List -benchtime 1x -customers 1000000
var customers = flag.Int("customers", 20_000, "people in BenchmarkList")

var firstNames = []string{"Maria", "Ada", "Jürgen", "مریم", "太郎", "മോഹൻ", "हिन्दी", "ፀሐይ", "Zoë", "Иван", "John", "Wei", "Fatima", "Olga", "Pedro", "Anna"}

// crowd fills a store with people: a third of them visitors, every eighth a buyer.
func crowd(tb testing.TB, db *sqldb.DB, n int) {
	tb.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	columns := []string{
		"customer_id", "shop_id", "external_id", "name", "first_name", "last_name", "name_sort", "email", "phone", "gender", "birthday",
		"language", "zone", "country", "city", "attributes", "traits", "known", "updated_at", "list_group", "first_seen_at", "last_seen_at", "events_from",
		"session_id", "session_at", "session_until", "session_campaign", "created_at", "orders", "total_spent", "total_refunded", "unconverted",
		"first_order_at", "last_order_at", "merged_into",
	}
	for from := 0; from < n; from += 10_000 {
		var rows [][]any
		var docs []search.Doc
		for i := from; i < min(from+10_000, n); i++ {
			at := minute(int64(r.IntN(1_000_000)))
			if i%3 == 0 {
				rows = append(rows, []any{
					int64(i + 1), int64(1), "", "", "", "", "\U0010FFFD", "", "", "", "", "", "", "", "", "{}", `{"own":{}}`, false, at, int64(1),
					at, at, at, int64(i), at, at, "", at, int64(0), int64(0), int64(0), int64(0), int64(0), int64(0), int64(0),
				})
				continue
			}
			name := firstNames[r.IntN(len(firstNames))] + fmt.Sprintf(" Person%d", r.IntN(50_000))
			email := fmt.Sprintf("p%d@mail%d.example", i, r.IntN(20))
			orders, spent := int64(0), int64(0)
			if i%8 == 1 {
				orders, spent = int64(1+r.IntN(9)), int64(r.IntN(100_000))
			}
			rows = append(rows, []any{
				int64(i + 1), int64(1), fmt.Sprint("c", i), name, "", "", search.SortKey(name), email, "", "", "", "en", "", "DE", "Berlin",
				`{"plan":"gold"}`, `{"own":{}}`, true, at, int64(2), at, at + 1000, at, int64(i), at, at, "", at, orders, spent, int64(0), int64(0), int64(0), int64(0), int64(0),
			})
			docs = append(docs, search.Doc{ID: id.ID(i + 1), Words: search.Join(search.Words(name), search.Email(email), search.Words(fmt.Sprint("c", i)))})
		}
		if err := db.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := tx.InsertMany(ctx, "customers", columns, rows); err != nil {
				return err
			}
			return customer.Index.Put(ctx, tx, docs)
		}); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := db.Exec(ctx, `ANALYZE`); err != nil {
		tb.Fatal(err)
	}
}

func BenchmarkList(b *testing.B) {
	engines(b, func(b *testing.B, db *sqldb.DB) {
		crowd(b, db, *customers)
		s := newBenchService(db)
		yes, no, some := true, false, int64(50_000)
		lists := map[string]customer.Filter{
			"buyers, last seen": {HasOrders: &yes}, "known, no orders, by name": {Known: &yes, HasOrders: &no, Sort: "name", Ascending: true},
			"of a rare country": {Country: "XX"}, "of a rare city, by spent": {City: "Atlantis", Sort: "spent"}, "seen since, of a country, by name": {SeenFrom: 1, Country: "DE", Sort: "name"},
			"spent from, by spent": {SpentFrom: &some, Sort: "spent"}, "spent from, by name, of a language": {SpentFrom: &some, Sort: "name", Language: "en"},
			"visitors who bought": {Known: &no, HasOrders: &yes}, "search rare": {Query: "person4711"}, "search common": {Query: "maria"}, "search one letter": {Query: "m"},
			"search two words": {Query: "maria person4"}, "search address": {Query: "p777@mail"}, "search 太": {Query: "太", Sort: "spent"},
		}
		for _, sort := range []string{"last_seen", "name", "spent", "orders", "created"} {
			lists[sort] = customer.Filter{Sort: sort}
			lists[sort+", rising, known"] = customer.Filter{Sort: sort, Ascending: true, Known: &yes}
		}
		for _, name := range slices.Sorted(func(yield func(string) bool) {
			for k := range lists {
				if !yield(k) {
					return
				}
			}
		}) {
			b.Run(name, func(b *testing.B) {
				var took []time.Duration
				used := cpu(b)
				n := 0
				for b.Loop() {
					f := lists[name]
					for page := 0; page < 30; page++ {
						start := clock.System{}.Now()
						p, err := s.List(system, f)
						if err != nil {
							b.Fatal(err)
						}
						took = append(took, clock.System{}.Now().Sub(start))
						n++
						if f.Cursor = p.NextCursor; f.Cursor == "" {
							f = lists[name]
						}
					}
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-p50")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
				b.ReportMetric(float64((cpu(b)-used).Microseconds())/float64(n)/1000, "cpu-ms/page")
			})
		}
	})
}

// TestListsUseIndexes: no page of a list sorts or scans a table, whatever is asked.
func TestListsUseIndexes(t *testing.T) {
	db := dbtest.SQLite(t)
	crowd(t, db, 2_000)
	for _, plan := range customer.PageQueries() {
		rows, err := db.Query(ctx, "EXPLAIN QUERY PLAN "+plan.Text, plan.Args...)
		if err != nil {
			t.Fatalf("%s: %v", plan.Text, err)
		}
		for rows.Next() {
			var a, b, c int
			var detail string
			if err := rows.Scan(&a, &b, &c, &detail); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(detail, "TEMP B-TREE") || strings.HasPrefix(detail, "SCAN") || !strings.Contains(detail, "list_group=?") ||
				strings.Contains(plan.Text, ", customer_id) ") && !strings.Contains(detail, ",rowid)") { // a page in the middle is sought, not walked to
				t.Errorf("%s\n%s", plan.Text, detail)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
