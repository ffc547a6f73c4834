package ingest

import (
	"math/rand/v2"
	"testing"
)

func TestFilter(t *testing.T) {
	f := &filter{}
	if !f.maybe(1) {
		t.Fatal("a filter that is not ready must not say no")
	}
	f.ready.Store(true)
	r := rand.New(rand.NewPCG(1, 2))
	const n = 400_000
	hashes := make([]int64, n)
	for i := range hashes {
		hashes[i] = int64(r.Uint64())
		if f.maybe(hashes[i]) {
			t.Fatalf("hash %d is taken for an old one", i)
		}
		f.add(hashes[i], int64(i))
	}
	slots := 0
	for _, tab := range f.tables {
		slots += len(tab.slots)
	}
	if slots*4 > n*11 {
		t.Errorf("%d bytes for %d messages", slots*4, n)
	}
	for i, h := range hashes {
		if !f.maybe(h) {
			t.Fatalf("hash %d was forgotten", i)
		}
	}
	wrong := 0
	for range 2_000_000 {
		if f.maybe(int64(r.Uint64())) {
			wrong++
		}
	}
	if wrong > 1 {
		t.Errorf("%d of 2,000,000 new messages taken for old ones", wrong)
	}
	before := len(f.tables)
	f.forget(n / 2)
	if len(f.tables) >= before {
		t.Error("nothing was forgotten")
	}
	if !f.maybe(hashes[n-1]) {
		t.Error("the newest was forgotten")
	}
}
