package importer_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/collect/importer"
	"rapport/internal/platform/sqldb/dbtest"
)

// TestGathered holds an import whose rows are dealt out by buyer against one that takes them as they lie: the same orders, sums and
// refused rows, these in the order of the file.
func TestGathered(t *testing.T) {
	var b strings.Builder
	b.WriteString("order_id,date,customer_id,email,total,sku,quantity\n")
	for i := range 3000 {
		user, email := fmt.Sprint(i*7919%500), ""
		switch i % 11 {
		case 3:
			user, email = "", fmt.Sprintf("Guest%d@example.com", i%40)
		case 5:
			user = ""
		}
		fmt.Fprintf(&b, "%d,2026-01-%02d,%s,%s,%d.50,s%d,1\n", i-i%4/3, 1+i%28, user, email, i%90, i%9) // every fourth has two rows
		if i%97 == 0 {
			fmt.Fprintf(&b, "bad%d,never,%s,,1,\"a\nb\",1\n", i, user)
		}
	}
	run := func(chunk int64) (importer.Import, *world, string) {
		importer.SetChunk(t, chunk)
		w := newWorld(t, dbtest.SQLite(t))
		i := w.done(importer.Request{Kind: importer.Orders}, strings.NewReader(b.String()))
		return i, w, w.refused(i.ID)
	}
	lain, lay, layErrors := run(1 << 20) // one heap
	dealt, deal, dealErrors := run(200)
	if diff := cmp.Diff(counts(lain), counts(dealt)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(layErrors, dealErrors); diff != "" || !strings.Contains(layErrors, "never") {
		t.Errorf("refused rows differ, or there are none:\n%s", diff)
	}
	if diff := cmp.Diff(lay.content(), deal.content()); diff != "" {
		t.Error(diff)
	}
}
