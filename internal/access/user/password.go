package user

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/alexedwards/argon2id"

	"rapport/internal/base/errs"
)

// params are OWASP's: 19 MiB, two passes, one lane.
var params = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// patience is how long a sign-in waits for its turn before it is told to come back.
const patience = 10 * time.Second

// hasher works out argon2id hashes, a few at a time.
type hasher struct {
	turns chan struct{}
	dummy string // compared with where there is no user, so that the time taken tells nothing
}

func newHasher() *hasher {
	h := &hasher{turns: make(chan struct{}, min(4, runtime.NumCPU()))}
	// The hash of a password that nobody has, made once with the same parameters. Its salt need not be secret.
	h.dummy = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	return h
}

func (h *hasher) turn(ctx context.Context) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case h.turns <- struct{}{}:
		return func() { <-h.turns }, nil
	case <-ctx.Done():
		return nil, errs.New(errs.Unavailable, "user.busy", "Too many people are signing in at this moment. Try again shortly.").After(5)
	}
}

func (h *hasher) make(ctx context.Context, password string) (string, error) {
	leave, err := h.turn(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	hash, err := argon2id.CreateHash(typed(password), params)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// matches compares a password with a hash, or with the dummy where the hash is empty; then it is never true.
func (h *hasher) matches(ctx context.Context, password, hash string) (bool, error) {
	leave, err := h.turn(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	known := hash != ""
	if !known {
		hash = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(typed(password), hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok && known, nil
}
