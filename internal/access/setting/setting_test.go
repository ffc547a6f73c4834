package setting

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

func TestSettings(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := role.System(t.Context())
		now := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		var announced []any
		d := Deps{
			DB: db, Clock: now, Log: slog.New(slog.DiscardHandler), Defaults: Settings{Currency: "EUR", Zone: "UTC", Language: "en"},
			Audit: audit.New(audit.Deps{DB: db, IDs: id.NewSource(now), Clock: now}),
			Announce: func(_ context.Context, _ *sqldb.Tx, _ string, p any) error {
				announced = append(announced, p)
				return nil
			},
		}
		here, there := New(d), New(d)
		zone, currency, bad := "Asia/Tehran", "IRR", "nowhere"
		if got, err := here.Update(ctx, Patch{Zone: &zone}); err != nil || got != (Settings{Currency: "EUR", Zone: "Asia/Tehran", Language: "en"}) {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := here.Update(ctx, Patch{Zone: &zone}); err != nil || len(announced) != 1 {
			t.Errorf("announced %v, %v", announced, err)
		}
		if _, err := here.Update(ctx, Patch{Zone: &bad, Currency: &currency}); !errs.Is(err, errs.Invalid) || here.Current().Currency != "EUR" {
			t.Errorf("%v", err)
		}
		// Two nodes each change one thing; after reading again both know both.
		if got, err := there.Update(ctx, Patch{Currency: &currency}); err != nil || got.Currency != "IRR" {
			t.Errorf("%+v %v", got, err)
		}
		for _, s := range []*Service{here, there} {
			if err := s.Refresh(ctx); err != nil {
				t.Fatal(err)
			}
			if c, z := s.Reporting(); c != "IRR" || z.String() != "Asia/Tehran" {
				t.Errorf("%s %s", c, z)
			}
		}
		// A change that is not committed is not known.
		back := "UTC"
		_ = db.Tx(ctx, func(tx *sqldb.Tx) error {
			if err := here.Set(ctx, tx, Patch{Zone: &back}); err != nil {
				t.Error(err)
			}
			return context.Canceled
		})
		if here.Current().Zone != "Asia/Tehran" {
			t.Error(here.Current())
		}
		if err := here.Start(ctx); err != nil {
			t.Error(err)
		}
		if err := here.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestFirstSteps(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := role.System(t.Context())
		now := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		d := Deps{
			DB: db, Clock: now, Log: slog.New(slog.DiscardHandler), Defaults: Settings{Currency: "EUR", Zone: "UTC", Language: "en"},
			Audit: audit.New(audit.Deps{DB: db, IDs: id.NewSource(now), Clock: now}),
			Announce: func(_ context.Context, _ *sqldb.Tx, topic string, p any) error {
				t.Errorf("announced %s %v", topic, p)
				return nil
			},
		}
		here, there := New(d), New(d)
		yes, no := true, false
		if _, err := here.Update(ctx, Patch{Start: &StartPatch{Shop: &yes, People: &yes}}); err != nil {
			t.Fatal(err)
		}
		if got, err := here.Update(ctx, Patch{Start: &StartPatch{Source: &yes, People: &no}}); err != nil || got.Start != (Start{Shop: true, Source: true}) {
			t.Errorf("%+v %v", got, err)
		}
		if err := there.Refresh(ctx); err != nil || there.Current().Start != (Start{Shop: true, Source: true}) {
			t.Errorf("another node reads %+v, %v", there.Current(), err)
		}
	})
}
