package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/migrations"
)

// A PostgreSQL database cannot be renamed into its place when it is full. So what fills one leaves a mark in it: a table, made in the
// transaction that has seen the database empty, and dropped when all is done. While the mark is there nothing opens the database, and the
// next one who wants to fill it knows that what it holds came since, from somebody who is dead.

// claimTable is the mark.
const claimTable = "rapport_unfinished"

// claimLock is held by the one who fills; it goes with his connection.
const claimLock = 7_239_005

// Claim is the right to fill a PostgreSQL database.
type Claim struct {
	db    *DB
	conn  *pgxpool.Conn
	owned []string // texts that make a schema
	clock clock.Clock

	// Cleared says what an earlier one had left, which is gone now; "" if nothing.
	Cleared string
}

// Unfinished is the mark as it was found.
type Unfinished struct {
	Token, What string
	At          time.Time
}

// Claim marks an empty database as one that is being filled, under a token. What a dead one has left in it is removed first. owned are
// the statements by which others make tables and functions in it, beside the migrations: what none of them makes is never touched.
func (db *DB) Claim(ctx context.Context, token, what string, owned []string) (c *Claim, err error) {
	if db.pool == nil {
		return nil, errors.New("no PostgreSQL")
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("get connection: %w", err)
	}
	c = &Claim{db: db, conn: conn, owned: owned, clock: clock.System{}}
	defer func() {
		if err != nil {
			c.Release()
			c = nil
		}
	}()
	var mine bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, claimLock).Scan(&mine); err != nil {
		return c, fmt.Errorf("claim the database: %w", err)
	}
	if !mine {
		return c, errs.New(errs.Conflict, "database.claimed", "Another restore or migration is filling this PostgreSQL database at this moment. Wait until it is done.")
	}
	left, ok, err := db.Unfinished(ctx)
	if err != nil {
		return c, err
	}
	if !ok {
		used, err := db.HasTables(ctx)
		if err != nil {
			return c, err
		}
		if used {
			return c, errs.New(errs.Conflict, "database.not_empty", "The PostgreSQL database is not empty. Make a new one (CREATE DATABASE ... LC_COLLATE 'C' TEMPLATE template0) and name it.")
		}
	} else {
		c.Cleared = left.What
	}
	return c, pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if ok {
			if err := c.clear(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `CREATE TABLE `+claimTable+` (token TEXT NOT NULL, what TEXT NOT NULL, begun_at BIGINT NOT NULL)`); err != nil {
			return fmt.Errorf("mark the database as unfinished: %w", err)
		}
		_, err := tx.Exec(ctx, `INSERT INTO `+claimTable+` (token, what, begun_at) VALUES ($1, $2, $3)`, token, what, c.clock.Now().UnixMicro())
		return err
	})
}

// Unfinished tells whether somebody has begun to fill the database and not come to the end.
func (db *DB) Unfinished(ctx context.Context) (u Unfinished, ok bool, err error) {
	if db.pool == nil {
		return u, false, nil
	}
	var marked bool
	if err := db.pool.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, claimTable).Scan(&marked); err != nil || !marked {
		return u, false, wrap("look for an unfinished restore or migration", err)
	}
	var at int64
	if err := db.pool.QueryRow(ctx, `SELECT token, what, begun_at FROM `+claimTable).Scan(&u.Token, &u.What, &at); err != nil {
		return u, false, fmt.Errorf("read the mark of an unfinished restore or migration: %w", err)
	}
	u.At = time.UnixMicro(at).UTC()
	return u, true, nil
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Finished removes the mark of a token: the database is whole.
func (db *DB) Finished(ctx context.Context, token string) error {
	u, ok, err := db.Unfinished(ctx)
	if err != nil || !ok || u.Token != token {
		return err
	}
	_, err = db.pool.Exec(ctx, `DROP TABLE `+claimTable)
	return wrap("remove the mark of an unfinished restore or migration", err)
}

// Undo makes the database as empty as it was.
func (c *Claim) Undo(ctx context.Context) error {
	return pgx.BeginFunc(ctx, c.conn, func(tx pgx.Tx) error { return c.clear(ctx, tx) })
}

// Release gives the claim back. The mark stays unless Finished or Undo was called.
func (c *Claim) Release() {
	// Closed and not given back to the pool: the lock goes with the connection.
	_ = c.conn.Conn().Close(context.Background())
	c.conn.Release()
}

var makes = regexp.MustCompile(`CREATE (TABLE|FUNCTION) (?:IF NOT EXISTS )?([a-z_]+)`)

// clear drops what the migrations and owned make. Anything else in the database is somebody else's, and nothing is dropped then.
func (c *Claim) clear(ctx context.Context, tx pgx.Tx) error {
	tables, functions := []string{claimTable, "goose_db_version"}, []string{}
	texts := c.owned
	files, err := migrations.For(string(Postgres))
	if err != nil {
		return err
	}
	err = fs.WalkDir(files, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		b, err := fs.ReadFile(files, path)
		texts = append(texts, string(b))
		return err
	})
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	for _, text := range texts {
		for _, m := range makes.FindAllStringSubmatch(text, -1) {
			if m[1] == "TABLE" {
				tables = append(tables, m[2])
			} else {
				functions = append(functions, m[2])
			}
		}
	}
	rows, err := tx.Query(ctx, selectTables)
	if err != nil {
		return fmt.Errorf("list tables: %w", err)
	}
	have, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("list tables: %w", err)
	}
	var drop []string
	for _, t := range have {
		if !slices.Contains(tables, t) {
			return errs.New(errs.Conflict, "database.not_empty",
				"An earlier restore or migration into this PostgreSQL database was ended before it was done, and the database also holds the table %s, which is not ours. "+
					"So nothing was removed: make a new database and name that one.", t)
		}
		drop = append(drop, quoted(t))
	}
	if len(drop) > 0 {
		if _, err := tx.Exec(ctx, `DROP TABLE `+strings.Join(drop, ", ")+` CASCADE`); err != nil {
			return fmt.Errorf("remove what an earlier run left: %w", err)
		}
	}
	rows, err = tx.Query(ctx, `SELECT CAST(CAST(oid AS REGPROCEDURE) AS TEXT) FROM pg_proc
		WHERE pronamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND proname = ANY($1)`, functions)
	if err != nil {
		return fmt.Errorf("list functions: %w", err)
	}
	drop, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(drop) == 0 {
		return wrap("list functions", err)
	}
	_, err = tx.Exec(ctx, `DROP FUNCTION `+strings.Join(drop, ", "))
	return wrap("remove what an earlier run left", err)
}
