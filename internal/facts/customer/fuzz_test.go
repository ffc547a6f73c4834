package customer_test

import (
	"fmt"
	"testing"

	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb/dbtest"
)

// signalBytes is how many bytes make one signal.
const signalBytes = 5

// decode reads signals, and after which of them a batch ends, from bytes: any bytes are some story.
func decode(b []byte) (model, []bool) {
	var m model
	var ends []bool
	for i := 0; len(b) >= signalBytes && i < 24; i, b = i+1, b[signalBytes:] {
		pick := func(n byte, of ...string) string { return of[int(n)%len(of)] }
		s := customer.Signal{
			ShopID: id.ID(1 + b[0]&1), SourceID: 3, Server: b[0]&2 != 0, Identify: b[0]&4 != 0, Activity: true,
			At: minute(int64(b[1]) * 3), EventID: int64(i + 1), MessageHash: int64(i+1) * 31 % 17,
			AnonymousID: pick(b[2], "", "d1", "d2", "u1"), UserID: pick(b[2]>>2, "", "", "u1", "u2", "u3"),
			Email: pick(b[3], "", "", "a@x.example", "b@x.example"), Phone: pick(b[3]>>2, "", "", "", "+919876543210"),
			Campaign: pick(b[3]>>4, "", "", "c", "k"),
		}
		if s.UserID != "" && b[4]&1 != 0 {
			s.PreviousID, s.Identify = pick(b[4]>>1, "d1", "u1", "u2"), true
		}
		if b[4]&16 != 0 {
			s.Traits = fmt.Appendf(nil, `{%q:"%d"}`, pick(b[4]>>5, "name", "plan"), i)
		}
		if s.AnonymousID == "" && s.UserID == "" {
			s.Phone, s.EventID = "", 0
			if s.Email == "" || !s.Server {
				s.AnonymousID, s.EventID = "d3", int64(i+1)
			}
		}
		m = append(m, s)
		ends = append(ends, b[0]&8 != 0)
	}
	return m, ends
}

// FuzzIdentity tells stories and holds what comes out against the model.
func FuzzIdentity(f *testing.F) {
	f.Add([]byte{0, 10, 1, 0, 0, 4, 20, 9, 0, 0, 0, 30, 1, 0, 0})
	f.Add([]byte{10, 10, 0, 2, 16, 14, 5, 8, 2, 48, 2, 9, 4, 14, 0, 12, 1, 13, 0, 3})
	f.Add([]byte("the quick brown fox jumps over the lazy dog and comes back again"))
	db := dbtest.SQLite(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ends := decode(b)
		w := emptied(t, db)
		from := 0
		for i := range m {
			if ends[i] || i == len(m)-1 {
				if err := w.arrive(m[from : i+1]); err != nil {
					t.Fatal(err)
				}
				from = i + 1
			}
		}
		if d := w.differs(m); d != "" {
			t.Fatal(d + w.story())
		}
	})
}
