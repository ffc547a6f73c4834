package ingest

import (
	"context"

	"rapport/internal/access/apikey"
	"rapport/internal/access/role"
	"rapport/internal/base/id"
	"rapport/internal/facts/activity/dictionary"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Keys knows the source of a key; errs.Unauthorized where there is none.
type Keys interface {
	ByKey(ctx context.Context, key string) (apikey.Source, role.Principal, error)
}

// Customers finds out who people are.
type Customers interface {
	ResolveAnd(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, error)
	ResolveRemembering(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, *customer.Formers, error)
	SetTotals(ctx context.Context, tx *sqldb.Tx, totals []customer.Totals) error
}

// Orders keeps what they bought.
type Orders interface {
	Apply(ctx context.Context, tx *sqldb.Tx, changes []order.Change) (order.Touched, error)
	ApplyRemembering(ctx context.Context, tx *sqldb.Tx, changes []order.Change) (order.Touched, error)
	UndoCarts(ctx context.Context, tx *sqldb.Tx, ops []order.CartOp) error
	ApplyCarts(ctx context.Context, tx *sqldb.Tx, ops []order.CartOp) error
	Move(ctx context.Context, tx *sqldb.Tx, from, to id.ID, anonymousID string, fromAt, untilAt int64) (order.Touched, error)
	MoveByEmail(ctx context.Context, tx *sqldb.Tx, from, to id.ID, email string) (order.Touched, error)
}

// Consents keeps what they allowed.
type Consents interface {
	Move(ctx context.Context, tx *sqldb.Tx, from, to id.ID) error
}

// Catalog knows products.
type Catalog interface {
	See(ctx context.Context, tx *sqldb.Tx, seen []catalog.Sighting) error
	Resolver(ctx context.Context, q sqldb.Q, seen []catalog.Sighting) (func(shop id.ID, key, sku string) id.ID, error)
}

// Names knows what becomes of the names of events, and counts them.
type Names interface {
	Load(ctx context.Context) error
	Rules() *dictionary.Rules
	Learn(ctx context.Context, tx *sqldb.Tx, events []warehouse.Event) error
}
