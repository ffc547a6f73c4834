package rate_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/money"
	"rapport/internal/facts/rate"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/snapshot"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

func serve(h *accesstest.House) *rate.Service {
	return rate.New(rate.Deps{DB: h.DB, Clock: h.Clock, Audit: h.Audit, Reporting: h.Settings.Reporting, Announce: h.Announce})
}

func upload(text string) (body []byte, contentType string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, _ := w.CreateFormFile("file", "rates.csv")
	_, _ = f.Write([]byte(text))
	_ = w.Close()
	return b.Bytes(), w.FormDataContentType()
}

func TestAPI(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		s := serve(h)
		_, c := h.Serve(t, true, s.Routes)
		_, begun := h.User(t, role.Owner)
		owner := c.Session(begun.Token)
		key := c.Bearer(h.Key(t, role.ScopeWrite, false).Public)
		put := func(name string, as *apitest.Client, items string, status int) apitest.Scenario {
			return apitest.Scenario{Name: name, As: as, Do: "PUT /api/v1/rates", Body: `{"items":[` + items + `]}`, Status: status}
		}
		file := func(name, text string, status int) apitest.Scenario {
			body, contentType := upload(text)
			return apitest.Scenario{Name: name, As: owner.With("Content-Type", contentType), Do: "POST /api/v1/rates/file", Body: body, Status: status}
		}
		list := apitest.Scenario{Name: "all", As: owner, Do: "GET /api/v1/rates", Status: 200}
		apitest.Run(t, "api", []apitest.Scenario{
			put("by hand", owner, `{"currency":"USD","day":"2026-01-02","rate":"0.92"},{"currency":"USD","day":"2026-01-05","rate":"0.930000001"}`, 200),
			put("by a program", key, `{"currency":"JPY","day":"2026-01-02","rate":"0.0061"}`, 200),
			put("the same again", owner, `{"currency":"USD","day":"2026-01-02","rate":"0.920"}`, 200),
			put("wrong", owner, `{"currency":"usd","day":"2026-02-28","rate":"-1"},{"currency":"EUR","day":"2026-01-02","rate":"1"},{"currency":"GBP","day":"2026-01-02","rate":"0"}`, 422),
			file("a file", "\ufeffday;currency;rate;note\n2026-01-02;USD;0,91;x\n2026-01-03; gbp ;1,15\n", 200),
			file("the file again", "currency,day,rate\nGBP,2026-01-03,1.15\n", 200),
			file("a file with faults", "day,currency,rate\n2026-01-02,USD,0.9\n02.01.2026,USD,0.9\n2026-01-02,USD,a lot\n2026-01-02\n", 422),
			file("not the columns", "date,currency,rate\n", 422),
			file("not CSV", "day,currency,rate\n\"2026-01-02,USD,0.9\n", 422),
			file("nothing", "", 422),
			list,
			{Name: "one currency", As: owner, Do: "GET /api/v1/rates?currency=USD&limit=1", Status: 200},
		})
		var out strings.Builder
		for _, a := range h.Announced() {
			fmt.Fprintln(&out, a.Topic, a.Payload)
		}
		apitest.Golden(t, "announced", []byte(out.String()))
		// Rates belong to the reporting currency they were given for.
		find := func(currency, day string) string {
			t.Helper()
			d, err := clock.ParseDay(day)
			if err != nil {
				t.Fatal(err)
			}
			r, ok, err := s.ForDay(t.Context(), db, currency, d)
			if err != nil || !ok {
				return fmt.Sprint(ok, err)
			}
			return fmt.Sprint(r)
		}
		for _, r := range [][3]string{
			{"USD", "2026-01-01", "false <nil>"}, {"USD", "2026-01-02", "910000000"}, {"USD", "2026-01-04", "910000000"},
			{"USD", "2026-01-05", "930000001"}, {"USD", "2030-01-01", "930000001"}, {"EUR", "1970-01-01", "1000000000"}, {"CHF", "2026-01-05", "false <nil>"},
		} {
			if got := find(r[0], r[1]); got != r[2] {
				t.Errorf("%s on %s: %s, want %s", r[0], r[1], got, r[2])
			}
		}
		owner.Do("PATCH", "/api/v1/settings", `{"currency":"USD"}`).Want(200, "")
		if got := find("JPY", "2026-01-05") + find("USD", "2026-01-01"); got != "false <nil>1000000000" {
			t.Error(got)
		}
		owner.Do("PATCH", "/api/v1/settings", `{"currency":"EUR"}`).Want(200, "")
		if got := find("JPY", "2026-01-05"); got != "6100000" {
			t.Error(got)
		}
	})
}

func TestMatrix(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		server, c := h.Serve(t, false, serve(h).Routes)
		var others = map[string]string{}
		for _, op := range apitest.Operations(server.API()) {
			if !strings.HasPrefix(op.Path, "/api/v1/rates") {
				others[op.OperationID] = "tried in access/door"
			}
		}
		apitest.Matrix(t, server.API(), h.Callers(t, c), others)
	})
}

// ForDay agrees with a search through everything that was given, on the node that wrote and on another one.
func TestForDay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		ctx := role.System(t.Context())
		here, there := serve(h), serve(h)
		given := map[string]map[int64]int64{"USD": {}, "GBP": {}}
		rapid.Check(t, func(r *rapid.T) {
			var rows []rate.Row
			for range rapid.IntRange(0, 4).Draw(r, "n") {
				currency := rapid.SampledFrom([]string{"USD", "GBP"}).Draw(r, "currency")
				day, value := rapid.Int64Range(20000, 20030).Draw(r, "day"), rapid.Int64Range(1, 3*money.RateScale).Draw(r, "rate")
				text := fmt.Sprintf("%d.%09d", value/money.RateScale, value%money.RateScale)
				rows = append(rows, rate.Row{Currency: currency, Day: clock.DayString(day), Rate: text})
				given[currency][day] = value
			}
			if _, err := here.Put(ctx, rows); err != nil {
				r.Fatal(err)
			}
			h.Clock.Advance(snapshot.Life)
			currency, day := rapid.SampledFrom([]string{"USD", "GBP"}).Draw(r, "asked"), rapid.Int64Range(19999, 20031).Draw(r, "on")
			want, known := int64(0), false
			for d := day; d >= 19999 && !known; d-- {
				want, known = given[currency][d]
			}
			for name, s := range map[string]*rate.Service{"here": here, "there": there} {
				got, ok, err := s.ForDay(ctx, db, currency, day)
				if got != want || ok != known || err != nil {
					r.Fatalf("%s: %s on %d: %d %v %v, want %d %v", name, currency, day, got, ok, err, want, known)
				}
			}
		})
	})
}
