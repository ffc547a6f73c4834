package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapport/e2e/harness"
	"rapport/internal/platform/sqldb"
)

// filesOfImports gives the uploaded files, and the folders of uploads, that lie in the data directory.
func filesOfImports(t *testing.T, s *harness.Server) []string {
	t.Helper()
	var left []string
	for _, pattern := range []string{"data*", "digest", ".*"} {
		found, err := filepath.Glob(filepath.Join(s.Dir, "imports", "*", pattern))
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, found...)
	}
	return left
}

// folders counts the folders of imports.
func folders(t *testing.T, s *harness.Server) int {
	t.Helper()
	list, err := os.ReadDir(filepath.Join(s.Dir, "imports"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return len(list)
}

// halfUpload sends the beginning of a file and leaves the connection open until it is told to end.
func halfUpload(t *testing.T, s *harness.Server, a *harness.API) (end func()) {
	t.Helper()
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	form := multipart.NewWriter(w)
	req, err := http.NewRequestWithContext(ctx, "POST", a.URL+"/api/v1/imports", r)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if res, err := a.Client.Do(req); err == nil {
			_ = res.Body.Close()
		}
	}()
	_ = form.WriteField("draft", "true")
	part, err := form.CreateFormFile("file", "half.csv")
	if err != nil {
		t.Fatal(err)
	}
	row := bytes.Repeat([]byte("1,a@example.com,Ann\n"), 50_000)
	if _, err := part.Write(append([]byte("customer_id,email,name\n"), row...)); err != nil {
		t.Fatal(err)
	}
	harness.Until(t, time.Minute, "the upload has begun", func() (bool, string) { return len(filesOfImports(t, s)) == 1, fmt.Sprint(filesOfImports(t, s)) })
	return func() {
		cancel()
		_ = r.CloseWithError(context.Canceled) // the connection waits for it
		<-ended
	}
}

type abandoned struct {
	t     *testing.T
	s     *harness.Server
	owner *harness.API
}

// nothing wants no order, no customer, no list entry but some drafts, and no file but theirs.
func (a *abandoned) nothing(when string, drafts int) {
	a.t.Helper()
	var list harness.Page[importState]
	a.owner.Get("/api/v1/imports", &list)
	for _, i := range list.Items {
		if i.Status != "draft" {
			a.t.Errorf("%s: %+v", when, i)
		}
	}
	harness.Until(a.t, time.Minute, when+": only drafts have files", func() (bool, string) {
		left := filesOfImports(a.t, a.s)
		return len(left) == 2*drafts && folders(a.t, a.s) == drafts, fmt.Sprint(left) // the file and its digest
	})
	var customers, orders harness.Page[any]
	a.owner.Get("/api/v1/customers", &customers)
	a.owner.Get("/api/v1/orders", &orders)
	if len(list.Items) != drafts || len(customers.Items) != 0 || len(orders.Items) != 0 {
		a.t.Errorf("%s: %d imports, %d customers, %d orders", when, len(list.Items), len(customers.Items), len(orders.Items))
	}
}

// leavePreview asks for a preview and goes away as soon as the question is sent.
func (a *abandoned) leavePreview(draft string) {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.t.Context())
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	req, err := http.NewRequestWithContext(ctx, "POST", a.owner.URL+"/api/v1/imports/"+draft+"/preview", nil)
	if err != nil {
		a.t.Fatal(err)
	}
	if res, err := a.owner.Client.Do(req); err == nil {
		_ = res.Body.Close()
	}
}

func (a *abandoned) preview(draft string, rows int) {
	a.t.Helper()
	var p struct{ Rows, Created int }
	a.owner.Must("POST", "/api/v1/imports/"+draft+"/preview", nil, &p)
	if p.Rows != rows || p.Created != rows {
		a.t.Errorf("the preview: %+v", p)
	}
}

// TestWizardAbandoned leaves the wizard at every step: the tab is closed during the upload, during the preview and before the start, the server ends with
// -9 in the same places. Nothing is half done, what can be taken up again is there, and no file stays behind.
func TestWizardAbandoned(t *testing.T) {
	const rows = 5000
	file, cents := orderFile(rows)
	eachEngine(t, func(t *testing.T, s *harness.Server, owner *harness.API) {
		a := &abandoned{t, s, owner}
		end := halfUpload(t, s, owner)
		end()
		a.nothing("the tab was closed during the upload", 0)

		end = halfUpload(t, s, owner)
		s.Kill()
		end()
		a.s = s.Again()
		a.nothing("the server was killed during the upload", 0)

		draft, err := owner.TryUpload("", "orders.csv", file, map[string]string{"draft": "true"})
		if err != nil {
			t.Fatal(err)
		}
		a.nothing("the tab was closed before the preview", 1)
		a.leavePreview(draft)
		a.nothing("the tab was closed during the preview", 1)
		a.preview(draft, rows)
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			_, _, _ = owner.Do("POST", "/api/v1/imports/"+draft+"/preview", nil)
		}()
		a.s.Kill()
		<-asked
		a.s = a.s.Again()
		a.nothing("the server was killed during the preview", 1)
		a.preview(draft, rows)
		a.s.Terminate()
		a.s = a.s.Again()
		a.nothing("the server was stopped before the start", 1)

		thrown, err := owner.TryUpload("", "thrown.csv", file, map[string]string{"draft": "true"})
		if err != nil {
			t.Fatal(err)
		}
		owner.Must("DELETE", "/api/v1/imports/"+thrown, nil, nil)
		a.nothing("a draft was discarded", 1)

		old, err := owner.TryUpload("", "old.csv", []byte("email\na@example.com\n"), map[string]string{"draft": "true"})
		if err != nil {
			t.Fatal(err)
		}
		a.nothing("there is another draft", 2)
		a.s.Terminate()
		a.age(old, 25*time.Hour)
		a.s = a.s.Again()
		harness.Until(t, time.Minute, "the draft of yesterday goes", func() (bool, string) {
			status, body, err := owner.Do("GET", "/api/v1/imports/"+old, nil)
			return err == nil && status == 404, string(body)
		})
		a.nothing("a draft of yesterday was left", 1)

		owner.Must("POST", "/api/v1/imports/"+draft+"/start", nil, nil)
		if i := watchImport(t, owner, draft, importState.done); i.Status != "done" || i.Created != rows {
			t.Errorf("%+v", i)
		}
		checkImport(t, owner, rows, cents)
		harness.Until(t, time.Minute, "the file is gone", func() (bool, string) { left := filesOfImports(t, a.s); return len(left) == 0, fmt.Sprint(left) })
	})
}

// age makes a draft look as if nobody had touched it for a time. The server does not run.
func (a *abandoned) age(draft string, by time.Duration) {
	a.t.Helper()
	c := sqldb.Config{Path: filepath.Join(a.s.Dir, "rapport.db")}
	for _, e := range a.s.Env() {
		if url, ok := strings.CutPrefix(e, "RAPPORT_DATABASE_URL="); ok {
			c = sqldb.Config{URL: url}
		}
	}
	db, err := sqldb.Open(a.t.Context(), c)
	if err != nil {
		a.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	which, err := strconv.ParseInt(draft, 10, 64)
	if err != nil {
		a.t.Fatal(err)
	}
	n, err := db.Exec(a.t.Context(), `UPDATE imports SET updated_at = updated_at - $1 WHERE import_id = $2`, by.Microseconds(), which)
	if err != nil || n != 1 {
		a.t.Fatalf("%d drafts aged: %v", n, err)
	}
}
