package user

import (
	"context"
	"testing"

	"github.com/alexedwards/argon2id"

	"rapport/internal/base/errs"
)

// Where there is no user the same work is done.
func TestDummyCostsTheSame(t *testing.T) {
	h := newHasher()
	p, _, key, err := argon2id.DecodeHash(h.dummy)
	if err != nil || p.Memory != params.Memory || p.Iterations != params.Iterations || p.Parallelism != params.Parallelism || len(key) != int(params.KeyLength) {
		t.Errorf("%+v %v", p, err)
	}
	if ok, err := h.matches(t.Context(), "", ""); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
}

func TestPasswordsAreComparedAsTyped(t *testing.T) {
	h := newHasher()
	hash, err := h.make(t.Context(), "cafe\u0301 motdepasse") // e and an accent
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"caf\u00e9 motdepasse": true, "cafe motdepasse": false, "": false} {
		if ok, err := h.matches(t.Context(), password, hash); ok != want || err != nil {
			t.Errorf("%q: %v %v", password, ok, err)
		}
	}
}

func TestHashesAreBounded(t *testing.T) {
	h := newHasher()
	for range cap(h.turns) {
		h.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.make(ctx, "correct horse"); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
	<-h.turns
	if _, err := h.make(t.Context(), "correct horse"); err != nil {
		t.Error(err)
	}
	if len(h.turns) != cap(h.turns)-1 {
		t.Error("a turn was not given back")
	}
}
