// Package once lets a request with an idempotency key be carried out once, whatever happens to the program in between.
//
// The front door claims the key before anything is done and puts the Claim into the request's context. Every write transaction of that request
// then notes in the store, as its last statement, that the key took effect (see sqldb.WithCommit), and where what it made can be
// read (Made). So after a crash the store itself tells whether the work was done: the note and the work are one transaction.
//
// Nothing is announced from here.
package once

import (
	"context"
	"sync"
)

// Claim is one request's hold on its idempotency key.
type Claim struct {
	mu    sync.Mutex
	place string
}

type claimKey struct{}

// With gives a context that carries the claim.
func With(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// Made notes, within the transaction that makes it, the address at which what was made can be read ("/api/v1/orders/1"). If the program dies
// before the caller is answered, the caller who asks again is answered with what stands there. Without a claim nothing is noted.
func Made(ctx context.Context, place string) {
	if c, ok := ctx.Value(claimKey{}).(*Claim); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.place = place
	}
}

// Place gives what was noted last.
func (c *Claim) Place() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.place
}
