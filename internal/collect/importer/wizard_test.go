package importer_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/collect/importer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

func (w *world) draft(name, file string) importer.Import {
	w.t.Helper()
	i, err := w.Create(ctx, importer.Request{Name: name, Draft: true}, strings.NewReader(file))
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func TestGuess(t *testing.T) {
	many := func(head, row string) string {
		b := head + "\n"
		for n := range 12 {
			b += strings.ReplaceAll(row, "#", fmt.Sprint(10+n)) + "\n"
		}
		return b
	}
	w := newWorld(t, dbtest.SQLite(t))
	for name, c := range map[string]struct {
		file   string
		kind   importer.Kind
		fields string // column=field/by, of those that hold one
	}{
		"by content":    {many("Ref;Kunde;Wann;Betrag", "A#;a#@example.com;2026-01-#;1#,90"), importer.Orders, "Kunde=email/content Wann=date/content Betrag=total/content"},
		"people":        {many("First Name,Email Address,Handy", "Ann,a#@example.com,+44 7700 9001#"), importer.Customers, "First Name=first_name/header Email Address=email/header Handy=phone/content"},
		"lines":         {"InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice\n" + strings.Repeat("1,a,2,2026-01-02,1.50\n1,b,1,2026-01-02,2.50\n", 4), importer.OrderLines, "InvoiceNo=order_id/header StockCode=sku/header Quantity=quantity/header InvoiceDate=date/header UnitPrice=price/header"},
		"catalogue":     {many("sku,name,description,price", "s#,Shirt,soft,1#.50"), importer.Products, "sku=sku/header name=name/header description=description/header price=price/header"},
		"two pictures":  {many("sku,name,price,Image Src,Variant Image", "s#,Shirt,1#.50,https://cdn.example/a#.jpg?v=1,https://cdn.example/b#.jpg"), importer.Products, "sku=sku/header name=name/header price=price/header Image Src=image/header"},
		"a picture":     {many("sku,name,price,Foto,Shop", "s#,Shirt,1#.50,https://cdn.example/a#.JPG,https://shop.example/#"), importer.Products, "sku=sku/header name=name/header price=price/header Foto=image/content Shop=url/content"},
		"segment":       {`{"type":"track","event":"X","userId":"1","messageId":"m","timestamp":"2026-01-01T00:00:00Z"}` + "\n" + `{"type":"page","anonymousId":"2","timestamp":"2026-01-01T00:00:00Z"}`, importer.Events, ""},
		"log":           {"1.2.3.4 - - [10/Feb/2012:16:42:07 -0500] \"GET / HTTP/1.0\" 200 368\n", importer.WebLogs, "line=line/header"},
		"two of a kind": {many("order,date,x,y", "#,2026-01-#,1.50,2.50"), importer.Orders, "order=order_id/header date=date/header"},
	} {
		t.Run(name, func(t *testing.T) {
			i := w.draft("file", c.file)
			p, err := w.Plan(ctx, i.ID)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, col := range p.Columns {
				if col.Field != "" {
					got = append(got, col.Name+"="+col.Field+"/"+col.By)
				}
			}
			if i.Kind != c.kind || c.fields != "" && strings.Join(got, " ") != c.fields {
				t.Errorf("%s: %s", i.Kind, strings.Join(got, " "))
			}
		})
	}
}

// TestPreview holds what is promised against what is done, and sees to it that the promise changes nothing.
func TestPreview(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		w := newWorld(t, db)
		w.done(importer.Request{Kind: importer.Orders}, strings.NewReader("order_id,date,customer_id,total\n1,2026-01-01,a,5\n2,2026-01-01,b,6\n"))
		was := w.everything()
		w.clock.Advance(time.Hour)
		i := w.draft("orders.csv", "order_id,date,customer_id,total\n1,2026-01-01,a,5\n2,2026-01-01,b,7\n3,2026-01-02,c,8\n4,never,c,8\n")
		p, err := w.Preview(ctx, i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if is := w.everything(); is != was {
			t.Errorf("the preview changed something:\n%s", is)
		}
		if !p.Whole || p.Rows != 4 || len(p.Refusals) != 1 || p.Refusals[0].Line != 5 {
			t.Errorf("%+v", p)
		}
		before := ""
		for _, s := range p.Samples {
			for _, f := range s.Fields {
				if s.Outcome == "updated" && f.Field == "total" {
					before = s.Title + " " + f.Before + " -> " + f.After
				}
			}
		}
		if before != "2 6.00 USD -> 7.00 USD" {
			t.Errorf("the change is shown as %q", before)
		}
		if _, err := w.Begin(ctx, i.ID, false, 0); err != nil {
			t.Fatal(err)
		}
		if err := w.RunOne(ctx, i.ID); err != nil {
			t.Fatal(err)
		}
		d := w.state(i.ID)
		if d.Created != p.Created || d.Updated != p.Updated || d.Unchanged != p.Unchanged || d.Refused != p.Refused || d.Created != 1 || d.Updated != 1 {
			t.Errorf("promised %d/%d/%d/%d, done %s", p.Created, p.Updated, p.Unchanged, p.Refused, counts(d))
		}
	})
}

// TestSomebodyElseCorrects starts a draft that is not any more what was looked at.
func TestSomebodyElseCorrects(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	i := w.draft("a.csv", "email,customer_id\na@example.com,1\n")
	w.clock.Advance(time.Second)
	p, err := w.Change(ctx, i.ID, importer.Change{Mapping: map[string]string{"customer_id": "-"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Begin(ctx, i.ID, false, i.UpdatedAt); errs.As(err) == nil || errs.As(err).Code != "import.corrected" {
		t.Errorf("started as it was: %v", err)
	}
	if _, err := w.Begin(ctx, i.ID, false, p.Import.UpdatedAt); err != nil {
		t.Errorf("started as it is: %v", err)
	}
}

// TestAbandoned leaves drafts and uploads lying about. What nobody takes up again is gone after a day, and only then.
func TestAbandoned(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.clock.Advance(clock.System{}.Now().Sub(w.clock.Now())) // folders carry the time of the machine
	i := w.draft("a.csv", "email\na@example.com\n")
	w.clock.Advance(23 * time.Hour)
	if err := w.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Plan(ctx, i.ID); err != nil {
		t.Fatalf("taken up again within the day: %v", err)
	}
	orphan := w.Dir + "/123456789"
	if err := os.MkdirAll(orphan, 0o700); err != nil { // of an upload before which the power failed
		t.Fatal(err)
	}
	w.clock.Advance(25 * time.Hour)
	if err := w.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Get(ctx, i.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("after two days: %v", err)
	}
	left, err := os.ReadDir(w.Dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left: %v %v", left, err)
	}
}

// TestLeftFiles stops the program at the moments at which a file would stay behind: during an upload, and between the end of an import and the removal of its
// file. The next start takes them away at once, and leaves those that are still needed.
func TestLeftFiles(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.clock.Advance(clock.System{}.Now().Sub(w.clock.Now()) + time.Minute)
	const file = "email\na@example.com\n"
	draft := w.draft("draft.csv", file)
	done := w.done(importer.Request{Kind: importer.Customers}, strings.NewReader(file))
	undone := w.draft("undone.csv", file+"b@example.com\n")
	if _, err := w.Begin(ctx, undone.ID, false, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.RunOne(ctx, undone.ID); err != nil {
		t.Fatal(err)
	}
	w.undo(undone)
	waiting := w.start(importer.Request{Kind: importer.Customers}, strings.NewReader(file+"c@example.com\n"))
	if _, err := w.Cancel(ctx, waiting.ID); err != nil {
		t.Fatal(err)
	}
	half := w.Dir + "/123456789"
	for _, dir := range []string{half, w.Dir + "/" + done.ID.String(), w.Dir + "/" + undone.ID.String()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/data", []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, pipe := io.Pipe() // an upload that goes on
	arrived := make(chan error, 1)
	go func() {
		_, err := w.Create(ctx, importer.Request{Draft: true, Kind: importer.Customers}, r)
		arrived <- err
	}()
	if _, err := pipe.Write([]byte(file)); err != nil {
		t.Fatal(err)
	}
	rest := w.Rest()
	if err := w.Start(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-rest:
	case <-time.After(time.Minute):
		t.Fatal("the worker does not come to rest")
	}
	if err := w.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	_ = pipe.Close()
	if err := <-arrived; err != nil {
		t.Errorf("the upload that went on: %v", err)
	}
	list, err := w.List(ctx, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	last := w.Dir + "/" + list.Items[0].ID.String()
	var left []string
	for _, pattern := range []string{"/*/data", "/*/digest"} {
		found, err := filepath.Glob(w.Dir + pattern)
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, found...)
	}
	at := w.Dir + "/" + draft.ID.String()
	want := []string{last + "/data", last + "/digest", at + "/data", w.Dir + "/" + waiting.ID.String() + "/data", at + "/digest"}
	slices.Sort(left)
	slices.Sort(want)
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("the folder of the upload that broke off: %v", err)
	}
}

// breaks gives a beginning and then what a broken connection gives.
type breaks struct{ r *strings.Reader }

func (b breaks) Read(p []byte) (int, error) {
	if n, err := b.r.Read(p); err == nil {
		return n, nil
	}
	return 0, context.Canceled
}

func TestBadFiles(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for name, c := range map[string]struct{ file, says string }{
		"spreadsheet": {"PK\x03\x04\x00\x00", "Save the sheet as CSV"}, "picture": {"\x89PNG\r\n", "a picture"}, "empty": {"", "empty"},
		"broken gzip": {"\x1f\x8b\x08\x00garbage", "unpacked"}, "bytes": {"a\x00\x01\x00\x02\x00\x03,\x00\x00\x00", "no text"},
		"huge header": {strings.Repeat("column,", 3000) + "x\n1\n", "2000"}, "header without end": {strings.Repeat("x", 5<<20), ""},
	} {
		_, err := w.Create(ctx, importer.Request{Name: name, Draft: true}, strings.NewReader(c.file))
		if c.says != "" && (errs.As(err) == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.Create(ctx, importer.Request{Draft: true}, breaks{strings.NewReader("email\na@example.com\n")}); err == nil {
		t.Error("an upload that broke off is taken for a file")
	}
	list, err := w.List(ctx, 0, "")
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := os.ReadDir(w.Dir)
	if err != nil || len(dirs) != len(list.Items) {
		t.Errorf("%d folders for %d drafts: %v", len(dirs), len(list.Items), err)
	}
}
