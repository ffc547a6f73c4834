package limit

import (
	"strconv"
	"testing"
	"time"

	"rapport/internal/base/clock"
)

func TestKeyed(t *testing.T) {
	now := clock.NewFake(time.Unix(1_000_000, 0))
	k := New(now, 3, 10*time.Second)
	take := func(key string, want time.Duration) {
		t.Helper()
		wait, ok := k.Take(key)
		if ok != (want == 0) || wait != want {
			t.Errorf("%s: %v %v, want %v", key, wait, ok, want)
		}
	}
	for range 3 {
		take("a", 0)
	}
	take("a", 10*time.Second)
	take("a", 10*time.Second) // asking costs nothing
	take("b", 0)
	now.Advance(4 * time.Second)
	take("a", 6*time.Second)
	now.Advance(6 * time.Second)
	take("a", 0)
	take("a", 10*time.Second)
	k.Forgive("a")
	take("a", 0)
	now.Advance(time.Hour)
	for range 3 { // never more than the burst
		take("b", 0)
	}
	take("b", 10*time.Second)
}

func TestMadeUpKeysDoNotFillTheMemory(t *testing.T) {
	now := clock.NewFake(time.Unix(1_000_000, 0))
	k := New(now, 1, time.Hour)
	for i := range 2*maxKeys + 5 {
		k.Take(strconv.Itoa(i))
	}
	if len(k.full) > maxKeys {
		t.Errorf("%d buckets", len(k.full))
	}
	now.Advance(2 * time.Hour)
	for i := range maxKeys {
		k.Take("x" + strconv.Itoa(i))
	}
	if _, ok := k.full["x0"]; !ok || len(k.full) > maxKeys {
		t.Errorf("full buckets were kept before one in use; %d buckets", len(k.full))
	}
}

func TestNetwork(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "::ffff:203.0.113.9": "::ffff:203.0.113.9", "nonsense": "nonsense", "": "",
	} {
		if got := Network(ip); got != want {
			t.Errorf("%s: %s", ip, got)
		}
	}
}
