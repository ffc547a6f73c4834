package consent_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rapport/internal/base/id"
	"rapport/internal/facts/consent"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

var ctx = context.Background()

func record(t *testing.T, db *sqldb.DB, s *consent.Service, said ...consent.Consent) {
	t.Helper()
	if err := db.Tx(ctx, func(tx *sqldb.Tx) error { return s.Record(ctx, tx, said) }); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, s *consent.Service, of int64) map[string]bool {
	t.Helper()
	rows, err := s.Consents(ctx, 0)
	if of != 0 {
		rows, err = s.Consents(ctx, id.ID(of))
	}
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, r := range rows {
		out[r.Channel+" "+r.Purpose] = r.Granted
	}
	return out
}

func TestWhatHolds(t *testing.T) {
	says := func(granted bool, at int64) consent.Consent {
		return consent.Consent{CustomerID: 1, SourceID: 9, Channel: " Email ", Purpose: "marketing", Granted: granted, At: at, Proof: []byte(`{"line":7}`)}
	}
	yes, no := map[string]bool{"email marketing": true}, map[string]bool{"email marketing": false}
	for _, c := range []struct {
		name string
		said []consent.Consent
		want map[string]bool
	}{
		{"nothing", nil, map[string]bool{}},
		{"one statement", []consent.Consent{says(true, 5)}, yes},
		{"the same twice", []consent.Consent{says(true, 5), says(true, 5)}, yes},
		{"the newest holds", []consent.Consent{says(true, 5), says(false, 6)}, no},
		{"also when it comes first", []consent.Consent{says(false, 6), says(true, 5)}, no},
		{"a change of mind", []consent.Consent{says(false, 6), says(true, 7)}, yes},
		{"of one moment the refusal", []consent.Consent{says(true, 5), says(false, 5), says(true, 5)}, no},
		{"without a channel", []consent.Consent{{CustomerID: 1, Purpose: "marketing", Granted: true, At: 1}}, map[string]bool{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
				s := consent.New(consent.Deps{DB: db})
				record(t, db, s, c.said...)
				if d := cmp.Diff(c.want, holds(t, s, 1)); d != "" {
					t.Error(d)
				}
			})
		})
	}
}

func TestMoveAndTimeline(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		var announced []string
		s := consent.New(consent.Deps{DB: db, Announce: func(_ context.Context, _ *sqldb.Tx, topic string, _ any) error {
			announced = append(announced, topic)
			return nil
		}})
		record(t, db, s, consent.Consent{CustomerID: 1, Channel: "email", Purpose: "marketing", Granted: true, At: 5},
			consent.Consent{CustomerID: 2, Channel: "email", Purpose: "marketing", At: 6}, consent.Consent{CustomerID: 1, Channel: "sms", Purpose: "orders", Granted: true, At: 7})
		for range 2 { // a move is repeatable
			if err := db.Tx(ctx, func(tx *sqldb.Tx) error { return s.Move(ctx, tx, 1, 2) }); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(map[string]bool{"email marketing": false, "sms orders": true}, holds(t, s, 2)); d != "" {
			t.Error(d)
		}
		if len(holds(t, s, 1)) != 0 || len(announced) != 2 {
			t.Errorf("left behind: %v; announced %v", holds(t, s, 1), announced)
		}
		var _ customer.TimelineSource = s
		place, seen := customer.TimelinePlace{}, []string{}
		for {
			items, err := s.Timeline(ctx, 2, nil, place, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range items {
				seen = append(seen, i.ID)
				place = customer.TimelinePlace{At: i.At, ID: i.ID, Set: true}
			}
			if len(items) == 0 {
				break
			}
		}
		if d := cmp.Diff([]string{"c7:sms:orders", "c6:email:marketing", "c5:email:marketing"}, seen); d != "" {
			t.Error(d)
		}
	})
}
