package export_test

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/audit"
	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

type thing struct {
	n    int
	name string
}

// Narrow is the filter of the list of things.
type Narrow struct {
	Of int `query:"of" maximum:"1000000"`
}

type query struct {
	Narrow
	export.Choice
}

// list is a list of things in pages of 10; after broken rows it fails.
type list struct {
	broken int
	pages  chan int // told of each page that is read, where not nil
}

func (l *list) page(ctx context.Context, in *query, cursor string) (page.Page[thing], error) {
	from := 0
	if _, err := page.Decode(cursor, &from); err != nil {
		return page.Page[thing]{}, err
	}
	if in.Of == 13 {
		return page.Page[thing]{}, errors.New("nobody reads thirteen")
	}
	if l.pages != nil {
		select {
		case l.pages <- from:
		case <-ctx.Done():
			return page.Page[thing]{}, ctx.Err()
		}
	}
	p := page.Page[thing]{}
	for i := from; i < min(from+10, in.Of); i++ {
		p.Items = append(p.Items, thing{i, []string{"=1+1", "mug, \"blue\""}[i%2]})
	}
	if from+10 < in.Of {
		p.NextCursor = page.Encode(from + 10)
	}
	if l.broken > 0 && from >= l.broken {
		return page.Page[thing]{}, errors.New("the store is gone")
	}
	return p, nil
}

func serve(t *testing.T, db *sqldb.DB, l *list) (*accesstest.House, func(api huma.API)) {
	t.Helper()
	h := accesstest.New(t, db)
	zone := time.FixedZone("", 12600)
	s := export.New(export.Deps{DB: db, Clock: h.Clock, Log: slog.New(slog.DiscardHandler), Audit: h.Audit, Reporting: func() (string, *time.Location) { return "EUR", zone }})
	return h, func(api huma.API) {
		export.Register(api, s, export.List[query, thing]{Name: "things", Page: l.page,
			Op: httpapi.Op("export-things", "GET /api/v1/things/export", "Things", role.CustomerExport),
			Columns: []export.Column[thing]{
				{Key: "n", Cell: func(x *thing) any { return int64(x.n) }},
				{Key: "name", Cell: func(x *thing) any { return x.name }},
				{Key: "price", Money: true, Cell: func(x *thing) any { return money.New(int64(-x.n), "EUR").Wire() }},
				{Key: "at", Cell: func(x *thing) any { return time.Date(2026, 1, 1, 22, 0, x.n%60, 0, time.UTC) }},
			}})
	}
}

func TestExport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := &list{}
		h, routes := serve(t, db, l)
		_, anyone := h.Serve(t, true, routes)
		_, session := h.User(t, role.Manager)
		manager := anyone.Session(session.Token)
		_, agent := h.User(t, role.Agent)

		a := manager.Get("/api/v1/things/export?of=25&bom=true").Want(200, "")
		text, marked := strings.CutPrefix(string(a.Body), "\uFEFF")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil || len(rows) != 26 || !marked {
			t.Fatalf("%d rows, mark %v, %v", len(rows), marked, err)
		}
		if got := fmt.Sprint(rows[0], rows[25]); got != "[n name price price_currency at] [24 '=1+1 -0.24 EUR 2026-01-02T01:30:24+03:30]" {
			t.Error(got)
		}
		if got := a.Header.Get("Content-Disposition"); got != `attachment; filename="things-2026-05-01.csv"` {
			t.Error(got)
		}
		a = manager.Get("/api/v1/things/export?of=2&columns=at,n").Want(200, "")
		if !strings.HasPrefix(string(a.Body), "at,n\n2026-01-02T01:30:00+03:30,0\n") {
			t.Errorf("%s", a.Body)
		}
		if a = manager.Get("/api/v1/things/export?of=3&format=xlsx").Want(200, ""); !strings.HasPrefix(string(a.Body), "PK") {
			t.Errorf("%q", a.Body[:20])
		}
		manager.Get("/api/v1/things/export?of=3&columns=n,secret").Want(422, "export.column")
		manager.Get("/api/v1/things/export?of=13").Want(500, "")
		anyone.Session(agent.Token).Get("/api/v1/things/export?of=3").Want(403, "")
		anyone.Get("/api/v1/things/export?of=3").Want(401, "")

		lines := audited(t, h)
		want := []string{
			"things.export_ended map[format:xlsx rows:3 whole:true]", "things.exported map[columns:n,name,price,at filters:of=3&format=xlsx format:xlsx]",
			"things.export_ended map[format:csv rows:2 whole:true]", "things.exported map[columns:at,n filters:of=2&columns=at,n format:csv]",
			"things.export_ended map[format:csv rows:25 whole:true]", "things.exported map[columns:n,name,price,at filters:of=25&bom=true format:csv]",
		}
		if strings.Join(lines, "\n") != strings.Join(want, "\n") {
			t.Errorf("audit:\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
	})
}

// audited gives what the audit has of exports, newest first.
func audited(t *testing.T, h *accesstest.House) []string {
	t.Helper()
	p, err := h.Audit.List(role.System(context.Background()), audit.Filter{Subject: "list:things"}, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range p.Items {
		out = append(out, fmt.Sprint(e.Action, " ", e.Detail))
	}
	return out
}

// TestCutOff: a file that cannot be finished ends as a broken connection, one that nobody reads any more ends at once; the audit knows both.
func TestCutOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		l := &list{broken: 30}
		h, routes := serve(t, db, l)
		_, client := h.Serve(t, true, routes)
		_, session := h.User(t, role.Owner)
		ask := func(ctx context.Context, query string) (*http.Response, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, client.URL()+"/api/v1/things/export?"+query, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.AddCookie(&http.Cookie{Name: httpapi.CookieName, Value: session.Token})
			return http.DefaultClient.Do(r)
		}
		for _, format := range []string{"csv", "xlsx"} {
			a, err := ask(t.Context(), "of=100&format="+format)
			if err == nil {
				_, err = io.ReadAll(a.Body)
				_ = a.Body.Close()
			}
			if err == nil {
				t.Errorf("half a file of %s looks whole", format)
			}
		}
		l.broken, l.pages = 0, make(chan int)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			a, err := ask(ctx, "of=1000000")
			if err == nil {
				_, err = io.Copy(io.Discard, a.Body)
				_ = a.Body.Close()
			}
			ended <- err
		}()
		<-l.pages
		<-l.pages
		stop()
		if err := <-ended; err == nil {
			t.Error("the reader stopped and saw an end")
		}
		for range 100_000 { // pages go on only until the server hears that nobody reads
			lines := audited(t, h)
			if strings.HasPrefix(lines[0], "things.export_ended") && len(lines) == 6 {
				break
			}
		}
		lines := audited(t, h)
		if len(lines) != 6 || !strings.Contains(lines[0], "whole:false") || !strings.Contains(lines[2], "rows:30 whole:false") {
			t.Errorf("audit:\n%s", strings.Join(lines, "\n"))
		}
	})
}
