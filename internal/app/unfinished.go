package app

import (
	"context"
	"time"

	"rapport/internal/base/errs"
	"rapport/internal/platform/scratch"
	"rapport/internal/platform/sqldb"
)

// A restore and a migration leave marks in a directory and in a database until all is done (scratch, sqldb.Claim). What was not filled to its end
// is never opened.

// whole refuses a data directory that is not.
func (o *Options) whole() (scratch.Note, error) {
	if o.filling {
		return scratch.Note{}, nil
	}
	return scratch.Whole(o.Config.Data)
}

// settle refuses a database that was not filled to its end, and removes the marks of a run that had come to its end and died before it could do
// that itself: its directory, which gets its place last, is then whole and has the token of the database.
func (o *Options) settle(ctx context.Context, db *sqldb.DB, note scratch.Note) error {
	if o.filling {
		return nil
	}
	u, ok, err := db.Unfinished(ctx)
	if err != nil {
		return err
	}
	if ok && (!note.Whole || note.Token != u.Token) {
		return errs.New(errs.Conflict, "database.unfinished",
			"The PostgreSQL database is not whole: a %s, begun at %s, was ended before it was done, or is still under way. Run the same command again: it removes what there is and begins anew.",
			u.What, u.At.Format(time.RFC3339))
	}
	if ok {
		if err := db.Finished(ctx, u.Token); err != nil {
			return err
		}
	}
	if note.Whole {
		return scratch.Settle(o.Config.Data)
	}
	return nil
}
