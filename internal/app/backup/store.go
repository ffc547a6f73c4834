package backup

import (
	"context"
	"errors"
	"fmt"

	"rapport/internal/platform/sqldb"
)

const (
	selectSchema    = `SELECT MAX(version_id) FROM goose_db_version`
	selectApplied   = `SELECT seq FROM ingest_state WHERE name = 'events'`
	selectQueued    = `SELECT MIN(first_seq) FROM warehouse_queue`
	countCustomers  = `SELECT COUNT(*) FROM customers`
	countOrders     = `SELECT COUNT(*) FROM orders`
	countUsers      = `SELECT COUNT(*) FROM users`
	selectJournal   = `SELECT seq FROM journal ORDER BY seq DESC LIMIT 1`
	selectAccepted  = `SELECT accepted FROM journal ORDER BY seq DESC LIMIT 1`
	selectActivity  = `SELECT value FROM state WHERE name = 'seq'`
	selectImports   = `SELECT import_id FROM imports ORDER BY import_id`
	selectWarehouse = `SELECT value FROM warehouse_state WHERE name = 'seq'`
	countEvents     = `SELECT COUNT(*) FROM events`
)

// storeFigures, journalFigures and activityFigures say how each is read.
var (
	storeFigures = map[string]string{FigureApplied: selectApplied, FigureCustomers: countCustomers, FigureOrders: countOrders, FigureUsers: countUsers}

	journalFigures   = map[string]string{FigureJournal: selectJournal, FigureAccepted: selectAccepted}
	activityFigures  = map[string]string{FigureActivity: selectActivity}
	warehouseFigures = map[string]string{FigureWarehouse: selectWarehouse, FigureEvents: countEvents}
)

// asker is an image of a file, or the one transaction on PostgreSQL.
type asker interface {
	Number(ctx context.Context, query string) (int64, error)
}

// figures reads counts; what has no row yet is 0.
func figures(ctx context.Context, from asker, queries map[string]string, into map[string]int64) error {
	for name, query := range queries {
		n, err := from.Number(ctx, query)
		if err != nil && !errors.Is(err, sqldb.ErrNoRows) {
			return fmt.Errorf("count %s: %w", name, err)
		}
		into[name] = n
	}
	return nil
}

// What else is asked of PostgreSQL: the months that have a partition or rows, as microseconds of their first moment.
const (
	selectMonths = `SELECT DISTINCT CAST(CAST(EXTRACT(EPOCH FROM DATE_TRUNC('month', "at")) AS BIGINT) * 1000000 AS TEXT) FROM events`

	selectImportTexts = `SELECT CAST(import_id AS TEXT) FROM imports ORDER BY import_id`
)

// postgresFigures are all of them; there is no activity file.
var postgresFigures = []map[string]string{storeFigures, journalFigures, warehouseFigures}
