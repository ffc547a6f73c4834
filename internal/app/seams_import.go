package app

import (
	"context"

	"rapport/internal/access/apikey"
	"rapport/internal/access/shop"
	"rapport/internal/collect/importer"
	"rapport/internal/collect/ingest"
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
	return d.ingest.KeepFile(ctx, src, calls)
}
