// Package archive writes and reads the one file that a backup is: a tar, compressed with zstd, that any machine can unpack by hand.
//
//	rapport-backup.json   Head: form, who made it when, of which engine and schema
//	data/...              the files, in the order in which they were taken
//	checksums.json        Foot: every file with its size and SHA-256, and what the backup holds in figures
//
// The foot comes last and says that the file is whole: what lacks it was cut off. A file whose size is not known beforehand (a table of
// PostgreSQL) is cut into pieces, name.000001 and so on, which Read puts together again.
//
// Invariants: a Read that gives no error has seen every byte that was written, in the order in which it was written; names are local
// paths with forward slashes, no entry is a link. It knows nothing of what the files are. Nothing is announced from here.
package archive

import (
	"errors"
	"io"
	"io/fs"
	"time"

	"rapport/internal/base/errs"
)

// Form is the version of the file's form; a higher one is refused.
const Form = 1

// Head says what the file is.
type Head struct {
	Form    int       `json:"form"`
	Program string    `json:"program"` // version that made it
	At      time.Time `json:"at"`      // the moment that it holds
	Engine  string    `json:"engine"`  // embedded | postgres
	Schema  int64     `json:"schema"`  // of the operational store
}

// Foot says that the file is whole, and what is in it.
type Foot struct {
	Files   []File           `json:"files"`
	Figures map[string]int64 `json:"figures"` // counted while it was made, compared when it is opened
}

// File is one of the files in it.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

const (
	headName = "rapport-backup.json"
	footName = "checksums.json"
	dataDir  = "data/"
)

// damaged is what a file is that cannot be read to its end or says something else than it holds.
func damaged(cause error, format string, args ...any) error {
	e := errs.New(errs.Invalid, "backup.damaged", format, args...)
	if cause != nil {
		return e.Because(cause)
	}
	return e
}

// plain gives the words of a fault without the name of the call that met it.
func plain(err error) string {
	var p *fs.PathError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "it ends too early"
	case errors.As(err, &p):
		return p.Err.Error()
	}
	return err.Error()
}
