package customer_test

import (
	"context"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/sqldb/dbtest"
)

var ctx = context.Background()

// minute gives event times that are easy to read.
func minute(n int64) int64 {
	return clock.Micros(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)) + n*60_000_000
}

type fixture struct {
	t   *testing.T
	db  *sqldb.DB
	svc *customer.Service
	// rows are the stored rows of events, as the warehouse keeps them: they follow the moves.
	rows []row
}

type row struct {
	sig   customer.Signal
	owner id.ID
}

func newFixture(t *testing.T, db *sqldb.DB) *fixture {
	c := clock.NewFake(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	return &fixture{t: t, db: db, svc: customer.New(customer.Deps{
		DB: db, IDs: id.NewSource(c), Clock: c,
		Reporting: func() (string, *time.Location) { return "EUR", time.UTC },
		Region:    func(id.ID) string { return "IN" },
	})}
}

// resolve runs one batch and keeps its rows; earlier rows change hands first.
func (f *fixture) resolve(signals ...customer.Signal) customer.Resolved {
	f.t.Helper()
	var out customer.Resolved
	if err := f.db.Tx(ctx, func(tx *sqldb.Tx) error {
		var err error
		out, err = f.svc.Resolve(ctx, tx, signals)
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
	for _, m := range out.Moves {
		for i := range f.rows {
			r := &f.rows[i]
			if r.owner == m.From && covers(m, r.sig) {
				r.owner = m.To
			}
		}
	}
	for i, s := range signals {
		f.rows = append(f.rows, row{s, out.Verdicts[i].CustomerID})
	}
	return out
}

// covers tells whether a stored row is one that a move names.
func covers(m customer.Move, s customer.Signal) bool {
	switch {
	case m.AnonymousID != "":
		return s.AnonymousID == m.AnonymousID && s.UserID == "" && s.At >= m.FromAt && s.At < m.UntilAt
	case m.Email != "":
		return s.AnonymousID == "" && s.UserID == "" && s.Email == m.Email
	}
	return true
}

func TestSmoke(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		a := f.resolve(customer.Signal{ShopID: 1, AnonymousID: "d", At: minute(0), Activity: true, EventID: 1})
		b := f.resolve(customer.Signal{
			ShopID: 1, AnonymousID: "d", UserID: "u", Identify: true, At: minute(5), Activity: true, EventID: 2,
			Traits: []byte(`{"email":"A@b.example","firstName":"Ann","lastName":"Lee","plan":"gold"}`),
		})
		if a.Verdicts[0].CustomerID != b.Verdicts[0].CustomerID || len(b.Moves) != 0 || b.Verdicts[0].SessionID != 1 {
			t.Fatalf("%+v\n%+v", a, b)
		}
	})
}

// TestClaimOfNobody has a device whose claimant is nobody, which a fault of ours once left: what comes from it is taken all the same, since the applier would stop at
// it for ever.
func TestClaimOfNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.resolve(customer.Signal{ShopID: 1, SourceID: 1, UserID: "gone", AnonymousID: "d", At: minute(10), Activity: true})
		for _, table := range []string{"customers", "customer_identities", "identity_keys"} {
			if _, err := db.Exec(ctx, "DELETE FROM "+table); err != nil {
				t.Fatal(err)
			}
		}
		f = newFixture(t, db)
		for _, s := range []customer.Signal{{AnonymousID: "d", At: minute(20)}, {AnonymousID: "d", UserID: "new", At: minute(5)}, {AnonymousID: "d", At: minute(1)},
			{AnonymousID: "d", UserID: "new", At: minute(30)}, {AnonymousID: "d", At: minute(40)}, {AnonymousID: "d", UserID: "gone", At: minute(50)}} {
			s.ShopID, s.SourceID, s.Activity = 1, 1, true
			if c := f.resolve(s).Verdicts[0].CustomerID; s.UserID != "" && c == 0 {
				t.Errorf("%+v is nobody's", s)
			}
		}
	})
}
