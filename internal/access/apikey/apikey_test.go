package apikey_test

import (
	"context"
	"testing"
	"time"

	"rapport/internal/access/accesstest"
	"rapport/internal/access/apikey"
	"rapport/internal/access/role"
	"rapport/internal/access/shop"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/platform/snapshot"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

func TestByKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		ctx := role.System(t.Context())
		k := h.Key(t, role.ScopeIngest, true)
		src, p, err := h.Keys.ByKey(ctx, k.Public)
		want := apikey.Source{
			ID: k.SourceID, ShopID: shop.First, Name: "ingest", Kind: apikey.Browser, KeyID: k.ID, Scope: role.ScopeIngest, ShopCurrency: "EUR", ShopZone: "UTC",
		}
		if src != want || err != nil || p.Kind != role.KindKey || p.ID != k.ID || p.SourceID != k.SourceID || p.ShopID != shop.First {
			t.Errorf("%+v %+v %v", src, p, err)
		}
		// What is changed on this node counts at once.
		zone := "Asia/Tehran"
		if _, err := h.Shops.Update(ctx, shop.First, shop.Patch{Zone: &zone}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Keys.TrustOrders(ctx, k.SourceID, true); err != nil {
			t.Fatal(err)
		}
		if src, _, _ := h.Keys.ByKey(ctx, k.Public); src.ShopZone != zone || !src.TrustedOrders {
			t.Errorf("%+v", src)
		}
		server := h.Key(t, role.ScopeWrite, false)
		if src, _, _ := h.Keys.ByKey(ctx, server.Public); src.Kind != apikey.Server || !src.TrustedOrders || src.ID == 0 {
			t.Errorf("%+v", src)
		}
		if _, err := h.Keys.TrustOrders(ctx, server.SourceID, false); !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
		if src, p, err := h.Keys.ByKey(ctx, h.Key(t, role.ScopeRead, false).Public); err != nil || src.ID != 0 || p.May(role.IngestWrite) {
			t.Errorf("%+v %v", src, err)
		}
	})
}

// Another node sees a revoked key within seconds.
func TestOtherNodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		here := accesstest.New(t, db)
		ctx := role.System(t.Context())
		d := here.Keys.Deps
		there := apikey.New(d)
		k := here.Key(t, role.ScopeIngest, false)
		open := func(want bool) {
			t.Helper()
			if _, _, err := there.ByKey(ctx, k.Public); (err == nil) != want {
				t.Errorf("opens: %v, want %v", err == nil, want)
			}
		}
		open(true)
		if err := here.Keys.Revoke(ctx, k.ID); err != nil {
			t.Fatal(err)
		}
		here.Clock.Advance(snapshot.Life)
		open(false)
		if _, _, err := there.ByKey(ctx, k.Public); !errs.Is(err, errs.Unauthorized) {
			t.Error(err)
		}
	})
}

func TestUseIsWrittenLater(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		ctx := role.System(t.Context())
		k := h.Key(t, role.ScopeIngest, false)
		h.Key(t, role.ScopeRead, false)
		if err := h.Keys.Start(ctx); err != nil {
			t.Fatal(err)
		}
		used := func() *time.Time {
			t.Helper()
			all, err := h.Keys.List(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if all[0].LastUsedAt != nil {
				t.Error("a key that was not used was used")
			}
			return all[1].LastUsedAt
		}
		for range 3 {
			h.Clock.Advance(10 * time.Second)
			if _, _, err := h.Keys.ByKey(ctx, k.Public); err != nil {
				t.Fatal(err)
			}
		}
		if at := used(); at != nil {
			t.Errorf("written on the way: %v", at)
		}
		if err := h.Keys.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if at := used(); at == nil || !at.Equal(h.Clock.Now()) {
			t.Errorf("used at %v", at)
		}
	})
}

func TestFileSource(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := accesstest.New(t, db)
		ctx := context.Background()
		ids := make(chan id.ID, 2)
		for range 2 {
			go func() {
				var got id.ID
				if err := db.Tx(ctx, func(tx *sqldb.Tx) (err error) {
					got, err = h.Keys.EnsureFileSource(ctx, tx, shop.First)
					return err
				}); err != nil {
					t.Error(err)
				}
				ids <- got
			}()
		}
		a, b := <-ids, <-ids
		if a != b || a == 0 {
			t.Errorf("%v %v", a, b)
		}
	})
}

func BenchmarkByKey(b *testing.B) {
	h := accesstest.New(b, dbtest.SQLite(b))
	key := h.Key(b, role.ScopeIngest, false).Public
	for b.Loop() {
		if _, _, err := h.Keys.ByKey(b.Context(), key); err != nil {
			b.Fatal(err)
		}
	}
}
