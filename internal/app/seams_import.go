package app

import (
	"context"

	"rapport/internal/access/apikey"
	"rapport/internal/access/shop"
	"rapport/internal/base/id"
	"rapport/internal/collect/importer"
	"rapport/internal/collect/ingest"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// fileDoor lets the events of files in by the journal, as all others.
type fileDoor struct {
	ingest *ingest.Service
	shops  *shop.Service
}

func (d fileDoor) source(ctx context.Context, i *importer.Import) (*apikey.Source, error) {
	s, err := d.shops.Get(ctx, i.ShopID)
	if err != nil {
		return nil, err
	}
	return &apikey.Source{ID: i.SourceID, ShopID: i.ShopID, Kind: apikey.File, TrustedOrders: true, ShopCurrency: i.Currency, ShopZone: s.Zone}, nil
}

// Judge asks what the door would say.
func (d fileDoor) Judge(ctx context.Context, i *importer.Import, calls [][]byte) ([]importer.Opinion, error) {
	src, err := d.source(ctx, i)
	if err != nil {
		return nil, err
	}
	said, err := d.ingest.JudgeFile(ctx, src, calls)
	out := make([]importer.Opinion, len(said))
	for k := range said {
		out[k] = importer.Opinion(said[k])
	}
	return out, err
}

// Keep goes through the door.
func (d fileDoor) Keep(ctx context.Context, i *importer.Import, calls [][]byte) error {
	src, err := d.source(ctx, i)
	if err != nil {
		return err
	}
	return d.ingest.KeepFile(ctx, src, i.ID, calls)
}

// Settle waits for what was kept.
func (d fileDoor) Settle(ctx context.Context) error { return d.ingest.Drain(ctx) }

// Apart runs fn between two steps.
func (d fileDoor) Apart(ctx context.Context, fn func(tx *sqldb.Tx) error) error {
	return d.ingest.Apart(ctx, fn)
}

// Find looks for events.
func (d fileDoor) Find(ctx context.Context, rows []warehouse.Row) (int64, []order.CartOp, error) {
	return d.ingest.Find(ctx, rows)
}

// TakeBack takes events back.
func (d fileDoor) TakeBack(ctx context.Context, tx *sqldb.Tx, rows []warehouse.Row, carts []order.CartOp) error {
	return d.ingest.TakeBack(ctx, tx, rows, carts)
}

// Left asks what remains.
func (d fileDoor) Left(ctx context.Context, who id.ID, without func(seq int64) bool, behind int64) (customer.Left, error) {
	return d.ingest.Left(ctx, who, without, behind)
}
