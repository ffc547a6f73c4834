package snapshot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/platform/snapshot"
	"rapport/internal/platform/sqldb"
)

type table struct {
	value, loads int
	err          error
	during       func()
}

func (f *table) load(_ context.Context, _ sqldb.Q, _ int) (int, error) {
	f.loads++
	v := f.value
	if f.during != nil {
		f.during()
	}
	return v, f.err
}

func TestSnapshot(t *testing.T) {
	now := clock.NewFake(time.Unix(1_000_000, 0))
	f := &table{value: 1}
	s := snapshot.New(now, f.load)
	get := func(want, loads int) {
		t.Helper()
		if v, err := s.Get(t.Context(), nil); v != want || err != nil || f.loads != loads {
			t.Errorf("got %d (%v) after %d loads, want %d after %d", v, err, f.loads, want, loads)
		}
	}
	get(1, 1)
	f.value = 2
	get(1, 1) // still fresh
	s.Forget()
	get(2, 2)
	f.value = 3
	now.Advance(snapshot.Life)
	get(3, 3) // what another node changed
	get(3, 3)
	// Away: the last good copy serves on.
	f.err = errors.New("away")
	now.Advance(snapshot.Life)
	get(3, 4)
	f.err = nil
	f.value = 4
	get(4, 5)
	// Changed while being read: the copy is not kept.
	now.Advance(snapshot.Life)
	f.during = func() { f.value, f.during = 5, nil; s.Forget() }
	get(4, 6)
	get(5, 7)
	// While one loads, others go on with what is there.
	now.Advance(snapshot.Life)
	f.value = 6
	f.during = func() { f.during = nil; get(5, 8) }
	get(6, 8)
}

func TestNothingToServe(t *testing.T) {
	s := snapshot.New(clock.NewFake(time.Unix(1, 0)), (&table{err: errors.New("away")}).load)
	if _, err := s.Get(t.Context(), nil); err == nil {
		t.Error("no error")
	}
}
