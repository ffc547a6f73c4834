package httpapi_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/base/clock"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/httpapi/apitest"
	"rapport/internal/platform/once"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// program is one life of a server on a store: what it makes are rows of idempotency's neighbour, the settings.
type program struct {
	*apitest.Client
	enter, leave chan struct{} // where a request stops, when the test says so
	stop         atomic.Pointer[string]
}

func (p *program) pause(where string) {
	if s := p.stop.Load(); s != nil && *s == where {
		p.enter <- struct{}{}
		<-p.leave
	}
}

func start(t *testing.T, db *sqldb.DB, now clock.Clock) *program {
	t.Helper()
	p := &program{enter: make(chan struct{}), leave: make(chan struct{})}
	s := httpapi.New(httpapi.Config{Version: "test", Log: slog.New(slog.DiscardHandler), DB: db, Clock: now, Caller: func(context.Context) string { return "one" }})
	huma.Register(s.API(), httpapi.Status(201, httpapi.Op("create-thing", "POST /api/v1/things", "Make", httpapi.Public)),
		func(ctx context.Context, in *makeInput) (*madeOutput, error) {
			p.pause("before")
			err := db.Tx(ctx, func(tx *sqldb.Tx) error {
				n, err := tx.Exec(ctx, `INSERT INTO settings (name, value, updated_at) SELECT $1 || COUNT(*), '', 0 FROM settings`, "made."+in.Body.Name)
				if err == nil && n == 1 && in.Body.Color != "red" {
					once.Made(ctx, "/api/v1/things/7")
				}
				return err
			})
			if err != nil {
				return nil, err
			}
			p.pause("after")
			out := &madeOutput{}
			out.Body.Name = in.Body.Name
			return out, nil
		})
	huma.Register(s.API(), httpapi.Op("get-thing", "GET /api/v1/things/{id}", "Get", httpapi.Public),
		func(_ context.Context, in *oneInput) (*oneOutput, error) {
			out := &oneOutput{}
			out.Body.ID = in.ID.String()
			return out, nil
		})
	p.Client = apitest.Serve(t, s)
	return p
}

// TestIdempotencyAcrossACrash stops a request at a place, lets another life of the program on the same store take the same key, and then
// lets the first go on, as a program does that was only thought to be dead.
func TestIdempotencyAcrossACrash(t *testing.T) {
	for _, c := range []struct {
		where, body string
		status      int
		code        string
	}{
		{"before", `{"name":"abc"}`, 201, ""},                                // nothing was done: the second does it
		{"after", `{"name":"abc"}`, 200, ""},                                 // it was done: the second is shown what was made
		{"after", `{"name":"abc","color":"red"}`, 409, "idempotency.done"},   // it was done, and nobody knows what it made
		{"before", `{"name":"abc","color":"green"}`, http.StatusCreated, ""}, //
	} {
		t.Run(fmt.Sprintf("%s %s", c.where, c.body), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				now := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
				first, second := start(t, db, now), start(t, db, now)
				first.stop.Store(&c.where)
				done := make(chan apitest.Answer, 1)
				key := func(p *program) *apitest.Client { return p.With("Idempotency-Key", "k") }
				go func() { done <- key(first).Post("/api/v1/things", c.body) }()
				<-first.enter
				if db.Engine() == sqldb.Postgres { // another program may be at work on it
					key(second).Post("/api/v1/things", c.body).Want(409, "idempotency.running")
					now.Advance(3 * time.Minute)
				}
				if c.where == "before" {
					key(second).Post("/api/v1/things", `{"name":"other"}`).Want(422, "idempotency.reused")
				}
				a := key(second).Post("/api/v1/things", c.body).Want(c.status, c.code)
				if c.where == "after" && c.status == 200 && a.Header.Get("Idempotency-Replayed") != "true" {
					t.Error("the answer does not say that it is an old one")
				}
				close(first.leave)
				late := <-done
				if want := map[string]int{"before": 409, "after": 201}[c.where]; late.Status != want {
					t.Errorf("the first, come back to life, was answered %d %s", late.Status, late.Body)
				}
				var made int
				if err := db.Row(context.Background(), `SELECT COUNT(*) FROM settings WHERE name LIKE 'made.%'`).Scan(&made); err != nil || made != 1 {
					t.Errorf("it was done %d times, %v", made, err)
				}
			})
		})
	}
}
