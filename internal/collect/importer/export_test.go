package importer

import (
	"context"
	"testing"
	"time"

	"rapport/internal/base/id"
)

// ReadOnly reads a file and makes units of it, for the bench.
func ReadOnly(path string, kind Kind) error {
	src, err := openSource(path, nil)
	if err != nil {
		return err
	}
	cols, err := mapColumns(kind, src.header, nil)
	if err != nil {
		return err
	}
	b, k, err := newBuilder(&Import{Kind: kind, Currency: "USD", ShopID: 1}, cols, profile{}, time.UTC, func(*batch) error { return nil })
	if err != nil {
		return err
	}
	rows, err := src.rows(src.start, src.line)
	if err != nil {
		return err
	}
	defer rows.close()
	return b.run(rows, k)
}

// SetChunk makes chunks small until the test ends.
func SetChunk(t *testing.T, n int64) {
	chunkOverride = n
	t.Cleanup(func() { chunkOverride = 0 })
}

// UndoOneChunk goes one step on with an undoing.
func (s *Service) UndoOneChunk(ctx context.Context, which id.ID) error {
	i, _, err := selectImport(ctx, s.DB, which)
	if err != nil {
		return err
	}
	mine, err := s.journalRows(ctx, &i)
	if err == nil {
		_, err = s.takeBackOne(ctx, &i, mine)
	}
	return err
}
