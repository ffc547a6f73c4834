package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"rapport/internal/app/backup"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse/duck"
)

// warehouseMark is the file that says which form the warehouse had when this directory was last opened, since that cannot be asked without opening it.
const warehouseMark = "warehouse.version"

// upgrade brings the schema of the operational store to this program's version. Where that changes what somebody's data lie in, the data
// directory is backed up before; where it fails, the database is as it was, and the message says where the backup is.
func (o *Options) upgrade(ctx context.Context, db *sqldb.DB) error {
	state, err := db.SchemaState(ctx)
	if err != nil {
		return err
	}
	pending := state.Pending()
	mark := ""
	if db.Engine() == sqldb.SQLite {
		b, err := os.ReadFile(o.Config.Path(warehouseMark))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("read %s: %w", warehouseMark, err)
		}
		mark = strings.TrimSpace(string(b))
		pending = pending || (mark != "" && mark != duckVersion())
	}
	snapshot := ""
	switch {
	case !pending:
	case db.Engine() == sqldb.Postgres:
		o.Log.Warn("the database's schema is being upgraded; a dump of it is yours to take (pg_dump)", "from", state.Have, "to", state.Want)
	case !o.Config.UpgradeSnapshot:
		o.Log.Warn("the data directory is being upgraded without a backup, as upgrade_snapshot says", "from", state.Have, "to", state.Want)
	default:
		o.Log.Info("backing up the data directory before it is upgraded", "from", state.Have, "to", state.Want)
		rest := backup.AtRest{Dir: o.Config.Data, Version: o.Version, Clock: clock.System{}, Into: cmp.Or(o.Config.BackupDir, o.Config.Path("backups"))}
		if snapshot, err = rest.BeforeUpgrade(ctx, state.Have); err != nil {
			return err
		}
		o.Log.Info("backed up before the upgrade", "file", snapshot)
	}
	if err := db.Migrate(ctx); err != nil {
		if snapshot == "" || errs.As(err) != nil {
			return err
		}
		return fmt.Errorf("the upgrade failed and was undone: the earlier version of Rapport still runs on %s, and a backup from before is %s: %w",
			o.Config.Data, snapshot, err)
	}
	if db.Engine() == sqldb.SQLite && mark != duckVersion() {
		if err := os.WriteFile(o.Config.Path(warehouseMark), []byte(duckVersion()+"\n"), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", warehouseMark, err)
		}
	}
	return nil
}

func duckVersion() string { return fmt.Sprint(duck.SchemaVersion) }
