// Package backup keeps a second copy of everything: it takes backups of a running program, checks them, puts them back, takes one by itself
// every so often and before every upgrade, and forgets old ones.
//
// # One moment
//
// The stores of the embedded pair are files that do not commit together, and events come in all the time. What makes copies of them fit together is
// the order of the hand-overs (ARCHITECTURE): journal, then operational store with its queue, then warehouse, each with its own sequence
// number, each repeatable. Started on files in which
//
//	everything taken off the queue ≤ warehouse ≤ applied ≤ journal        (sequence numbers)
//
// the program does what is missing, once, as after a power cut. So the warehouse's writer is held for some milliseconds, and while it stands
// still a read transaction is opened on the activity file, on rapport.db and last on the journal: the warehouse then has nothing that rapport.db
// does not know, what rapport.db has handed over is in it, and the journal has all that was applied. Mirrored orders fit for the same reason: what
// they were copied from was committed before. Then writing goes on, and the files are read as of that moment at leisure. A backup
// holds what was acknowledged before it began.
//
// On PostgreSQL everything is one database, and one REPEATABLE READ transaction is the moment.
//
// # A backup that was never opened is none
//
// After writing, a backup is read again to its end, every checksum is compared, and where there is room it is unpacked beside itself, every
// file is opened and checked by its own engine, and the counts are held against those taken at the moment. Restore does the same before it
// puts anything in its place: it unpacks into a directory beside the target and renames it at the end.
//
// Announces nothing.
package backup

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"rapport/internal/base/clock"
	"rapport/internal/platform/archive"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// The files of a data directory, embedded.
const (
	storeFile    = "rapport.db"
	journalFile  = "journal.db"
	activityFile = "activity.db"
	duckFile     = "events.duckdb"
	importsDir   = "imports"
)

// The engines of an archive.
const (
	Embedded = "embedded"
	Postgres = "postgres"
)

// Deps is what the service needs.
type Deps struct {
	Dir       string // data directory
	Version   string
	Clock     clock.Clock
	Log       *slog.Logger
	DB        *sqldb.DB
	Warehouse warehouse.Warehouse
	Plan      Plan
	// Audit writes the record of who did what; nil in tests that have none.
	Audit func(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error
}

// Report says what a backup holds.
type Report struct {
	Head  archive.Head
	Foot  archive.Foot
	Bytes int64 // of the file
	Full  bool  // it was unpacked and opened, not only compared with its checksums
}

// Figure gives a count of the foot.
func (r *Report) Figure(name string) int64 { return r.Foot.Figures[name] }

// The figures of a backup. Sequences are journal rows.
const (
	FigureJournal   = "journal_seq"
	FigureAccepted  = "events_accepted"
	FigureApplied   = "applied_seq"
	FigureCustomers = "customers"
	FigureOrders    = "orders"
	FigureUsers     = "users"
	FigureWarehouse = "warehouse_seq"
	FigureEvents    = "warehouse_events"
	FigureActivity  = "activity_seq"
)

func exists(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}
