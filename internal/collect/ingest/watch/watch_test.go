package watch

import (
	"fmt"
	"testing"
	"time"

	"rapport/internal/base/errs"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func TestBounds(t *testing.T) {
	var d Desk
	if !d.Idle() {
		t.Fatal("somebody looks")
	}
	var keys []string
	for range maxViews {
		k, err := d.Open(Filter{}, nil, now)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, k)
	}
	if _, err := d.Open(Filter{}, nil, now); !errs.Is(err, errs.RateLimited) {
		t.Fatal(err)
	}
	entries := make([]Entry, 3*maxKept)
	for i := range entries {
		entries[i].Name = fmt.Sprint(i)
	}
	d.Show(entries, now)
	got, missed, ok := d.Next(keys[0], nil, now.Add(life))
	if !ok || len(got) != maxKept || missed != 2*maxKept || got[0].Name != fmt.Sprint(2*maxKept) {
		t.Fatalf("%d, %d missed, %v", len(got), missed, ok)
	}
	if got, missed, ok = d.Next(keys[0], nil, now.Add(life)); !ok || len(got) != 0 || missed != 0 {
		t.Fatalf("%d, %d missed, %v", len(got), missed, ok)
	}
	d.Show(nil, now.Add(life+time.Second)) // all the others have gone
	if _, _, ok := d.Next(keys[1], nil, now.Add(life+time.Second)); ok || d.Idle() {
		t.Fatalf("gone: %v, idle: %v", ok, d.Idle())
	}
	d.Show(nil, now.Add(3*life))
	if !d.Idle() {
		t.Fatal("somebody still looks")
	}
}

// BenchmarkNobodyLooks is what the ingest path pays for all this, a step.
func BenchmarkNobodyLooks(b *testing.B) {
	var d Desk
	for b.Loop() {
		if !d.Idle() {
			b.Fatal()
		}
	}
}
