package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/internal/platform/sqldb"
)

// On SQLite whatever is running when the program starts was left by one that died. Its lead must not have to expire either.
var freeAll = []string{
	`UPDATE river_job SET state = 'discarded', finalized_at = attempted_at WHERE state = 'running' AND attempt >= max_attempts`,
	`UPDATE river_job SET state = 'available' WHERE state = 'running'`,
	`DELETE FROM river_leader`,
}

// On PostgreSQL a program is alive while it holds the lock of its name.
const (
	takeName    = `SELECT pg_advisory_lock(7239004, hashtext($1))`
	dropName    = `SELECT pg_advisory_unlock(7239004, hashtext($1))`
	selectOwner = `SELECT DISTINCT owner FROM (
			SELECT attempted_by[array_upper(attempted_by, 1)] AS owner FROM river_job WHERE state = 'running') AS owners
		WHERE owner IS NOT NULL AND owner <> $1`
	tryName  = `SELECT pg_try_advisory_lock(7239004, hashtext($1))`
	freeDead = `UPDATE river_job
		SET state = CAST(CASE WHEN attempt >= max_attempts THEN 'discarded' ELSE 'available' END AS river_job_state),
		    finalized_at = CASE WHEN attempt >= max_attempts THEN attempted_at END
		WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1`
	dropLead = `DELETE FROM river_leader WHERE leader_id = $1`
)

// rescuer makes the jobs of ended programs available again.
type rescuer struct {
	name string
	log  *slog.Logger
	pool *pgxpool.Pool
	end  context.CancelFunc
	wg   sync.WaitGroup
	conn *pgxpool.Conn // holds the lock of our name
	dead map[string]bool
}

func startRescuer(ctx context.Context, db *sqldb.DB, name string, log *slog.Logger) (*rescuer, error) {
	r := &rescuer{name: name, log: log, pool: db.Pool(), end: func() {}, dead: map[string]bool{}}
	if db.Engine() == sqldb.SQLite {
		return r, db.Tx(ctx, func(tx *sqldb.Tx) error {
			for _, stmt := range freeAll {
				if _, err := tx.Exec(ctx, stmt); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := r.announceSelf(ctx); err != nil {
		return nil, err
	}
	run, end := context.WithCancel(context.WithoutCancel(ctx))
	r.end = end
	r.wg.Go(func() {
		tick := time.NewTicker(rescueEvery)
		defer tick.Stop()
		for {
			if err := r.round(run); err != nil && run.Err() == nil {
				r.log.Warn("cannot look for jobs of ended programs, will try again", "error", err)
			}
			select {
			case <-run.Done():
				return
			case <-tick.C:
			}
		}
	})
	return r, nil
}

func (r *rescuer) stop() {
	r.end()
	r.wg.Wait()
	if r.conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, _ = r.conn.Exec(ctx, dropName, r.name)
	r.conn.Release()
	r.conn = nil
}

func (r *rescuer) announceSelf(ctx context.Context) error {
	conn, err := r.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, takeName, r.name); err != nil {
		conn.Release()
		return err
	}
	r.conn = conn
	return nil
}

// round frees the jobs of programs that were dead in the last round too: a lost connection alone is soon mended.
func (r *rescuer) round(ctx context.Context) error {
	if r.conn == nil || r.conn.Ping(ctx) != nil {
		if r.conn != nil {
			r.conn.Release()
			r.conn = nil
		}
		if err := r.announceSelf(ctx); err != nil {
			return err
		}
	}
	rows, err := r.conn.Query(ctx, selectOwner, r.name)
	if err != nil {
		return err
	}
	var owners []string
	for rows.Next() {
		var o string
		if err := rows.Scan(&o); err != nil {
			rows.Close()
			return err
		}
		owners = append(owners, o)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	dead := map[string]bool{}
	for _, o := range owners {
		var free bool
		if err := r.conn.QueryRow(ctx, tryName, o).Scan(&free); err != nil {
			return err
		}
		if !free {
			continue
		}
		dead[o] = true
		if r.dead[o] {
			tag, err := r.conn.Exec(ctx, freeDead, o)
			if err != nil {
				return err
			}
			if _, err := r.conn.Exec(ctx, dropLead, o); err != nil {
				return err
			}
			r.log.Info("jobs of an ended program run again", "program", o, "jobs", tag.RowsAffected())
		}
		if _, err := r.conn.Exec(ctx, dropName, o); err != nil {
			return fmt.Errorf("give up name: %w", err)
		}
	}
	r.dead = dead
	return nil
}
