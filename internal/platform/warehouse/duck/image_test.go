package duck

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// TestImage copies both files while events go on being appended, moved and corrected, and opens the copies: they hold the moment, neither
// more nor less.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir)
	const batches, size = 10, 1500
	merge := func(at string) {
		t.Helper()
		if _, err := w.db.writer.ExecContext(ctx, `SET checkpoint_threshold = '`+at+`'`); err != nil {
			t.Fatal(err)
		}
	}
	merge("500KB")
	add := func(seq int64) {
		t.Helper()
		b := warehouse.Batch{Seq: seq}
		for i := range size {
			e := event(seq, i, int64(i%300), seq*1000+int64(i))
			e.Properties = fmt.Appendf(nil, `{"text":"%d and %d, so that the log grows beyond what fits into a page","n":%d}`, seq, i*7919, i)
			b.Events = append(b.Events, e)
		}
		if seq%5 == 0 {
			b.Moves = []warehouse.Move{{Seq: seq, From: id.ID(seq), To: id.ID(1000 + seq)}}
		}
		if err := w.Append(ctx, b); err != nil {
			t.Fatal(err)
		}
		if err := w.Resession(ctx, []warehouse.PersonSpan{{CustomerID: id.ID(seq % 300), FromAt: 0, UntilAt: seq*1000 + 999}}); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(w *Warehouse) string {
		t.Helper()
		var n, owners, sessions int64
		if err := w.db.pool.QueryRowContext(ctx, `SELECT COUNT(*), CAST(SUM(hash(event_id, customer_id) % 1000000) AS BIGINT), CAST(SUM(hash(session_id) % 1000000) AS BIGINT) FROM events`).
			Scan(&n, &owners, &sessions); err != nil {
			t.Fatal(err)
		}
		applied, err := w.Applied(ctx)
		if err != nil {
			t.Fatal(err)
		}
		persons := 0
		for c := range int64(40) {
			c = c*7 + 1000*(c%2)
			list, err := w.Person(ctx, id.ID(c), warehouse.PersonQuery{Limit: 100000})
			if err != nil {
				t.Fatal(err)
			}
			persons += len(list)
		}
		return fmt.Sprint(n, owners, sessions, applied, persons)
	}
	seq := int64(0)
	for range batches {
		seq++
		add(seq)
	}
	for round := range 3 {
		want := sum(w)
		var activity *sqldb.Image
		m, err := w.Image(ctx, func() (err error) {
			activity, err = sqldb.OpenImage(ctx, activityPath(dir))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if m.Seq != seq || m.Events != seq*size {
			t.Errorf("the image has %d events up to %d, want %d", m.Events, m.Seq, seq)
		}
		copied := t.TempDir()
		was, err := os.Stat(w.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range m.Parts() {
			for range batches { // would be merged into the file without the image
				seq++
				add(seq)
			}
			f, err := os.Create(filepath.Join(copied, p.Name))
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Copy(f); err != nil {
				t.Fatal(err)
			}
			if info, _ := f.Stat(); info.Size() != p.Size {
				t.Errorf("%s has %d bytes, %d were announced", p.Name, info.Size(), p.Size)
			}
			_ = f.Close()
		}
		if info, err := os.Stat(w.path + ".wal"); err != nil || info.Size() < 1<<20 {
			t.Errorf("the log did not grow: %v %v", info, err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		add(seq + 1)
		seq++
		if info, err := os.Stat(w.path); err != nil || !info.ModTime().After(was.ModTime()) {
			t.Errorf("the log is not merged any more: %v", err)
		}
		f, err := os.Create(activityPath(copied))
		if err != nil {
			t.Fatal(err)
		}
		if err := activity.Copy(ctx, f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
		_ = activity.Close()
		if got := sum(open(t, copied)); got != want {
			t.Errorf("round %d: the copy is %s, want %s", round, got, want)
		}
	}
}

// TestImageLeavesNothingHeld: where what belongs to the moment fails, all goes on as before.
func TestImageLeavesNothingHeld(t *testing.T) {
	w := open(t, t.TempDir())
	if _, err := w.Image(ctx, func() error { return os.ErrPermission }); err == nil {
		t.Fatal("no error")
	}
	var limit string
	if err := w.db.pool.QueryRowContext(ctx, `SELECT CAST(current_setting('checkpoint_threshold') AS VARCHAR)`).Scan(&limit); err != nil || limit[:3] != "122" {
		t.Errorf("checkpoints happen at %s, %v", limit, err)
	}
	if err := w.Append(ctx, warehouse.Batch{Seq: 1, Events: []warehouse.Event{event(1, 0, 7, 10)}}); err != nil {
		t.Fatal(err)
	}
}
