package audit_test

import (
	"fmt"
	"testing"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

// Paging gives every row once, newest first.
func TestPaging(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := clock.NewFake(time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC))
		s := audit.New(audit.Deps{DB: db, IDs: id.NewSource(now), Clock: now})
		ctx := role.With(t.Context(), role.Principal{Kind: role.KindUser, ID: 7, Name: "Ada", Role: role.Owner, IP: "203.0.113.9"})
		const n = 23
		for i := range n {
			if err := s.Record(ctx, db, "thing.changed", fmt.Sprintf("thing:%d", i%2), map[string]any{"n": i}); err != nil {
				t.Fatal(err)
			}
		}
		for _, limit := range []int{1, 5, n, n + 1} {
			next, cursor := n-1, ""
			for {
				p, err := s.List(ctx, audit.Filter{}, limit, cursor)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range p.Items {
					if e.Detail["n"] != float64(next) || e.ActorID != 7 || e.IP != "203.0.113.9" || !e.At.Equal(now.Now()) {
						t.Fatalf("limit %d: %+v, want n %d", limit, e, next)
					}
					next--
				}
				if cursor = p.NextCursor; cursor == "" {
					break
				}
			}
			if next != -1 {
				t.Errorf("limit %d: stopped before %d", limit, next)
			}
		}
		if p, err := s.List(ctx, audit.Filter{Subject: "thing:1", Action: "thing.changed"}, 100, ""); err != nil || len(p.Items) != n/2 {
			t.Errorf("%d %v", len(p.Items), err)
		}
		if p, err := s.List(ctx, audit.Filter{Action: "nothing"}, 0, ""); err != nil || p.Items == nil || len(p.Items) != 0 {
			t.Errorf("%+v %v", p, err)
		}
	})
}
