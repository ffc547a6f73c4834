package user

import "testing"

func BenchmarkPassword(b *testing.B) {
	h := newHasher()
	hash, err := h.make(b.Context(), "correct horse")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if ok, err := h.matches(b.Context(), "correct horse", hash); !ok || err != nil {
			b.Fatal(err)
		}
	}
}
