package importer

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// How long things are kept that nobody comes back to.
const (
	draftLife  = 24 * time.Hour      // a wizard left half-way
	fileLife   = 30 * 24 * time.Hour // the file of an import that failed or was cancelled, and what an undo needs
	saltLife   = 7 * 24 * time.Hour  // after which the visitors of a day of logs cannot be told from their addresses any more
	sweepEvery = time.Hour
)

// Sweep removes what is abandoned: drafts with their files, uploads that broke off, files of imports that nobody resumed.
// It may run at any time and be repeated.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Clock.Now()
	drafts, err := selectOld(ctx, s.DB, clock.Micros(now.Add(-draftLife)), Draft)
	if err != nil {
		return err
	}
	for i := range drafts {
		gone, err := deleteDraft(ctx, s.DB, drafts[i].ID)
		if err != nil {
			return err
		}
		if gone {
			s.removeAll(drafts[i].ID)
		}
	}
	stale, err := selectOld(ctx, s.DB, clock.Micros(now.Add(-fileLife)), Failed, Cancelled)
	if err != nil {
		return err
	}
	for i := range stale {
		s.clean(&stale[i])
	}
	if err := deleteExpired(ctx, s.DB, clock.Micros(now.Add(-fileLife)), clock.Micros(now.Add(-saltLife))); err != nil {
		return err
	}
	return s.sweepUploads(ctx, now.Add(-draftLife))
}

// sweepUploads removes folders that no import knows and no upload is filling: of uploads before which a stop or a crash came. It also removes the files of imports
// that ended, where a crash came between the end and that.
func (s *Service) sweepUploads(ctx context.Context, heapsBefore time.Time) error {
	list, err := os.ReadDir(s.Dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for abandoned uploads: %w", err)
	}
	for _, e := range list {
		if strings.HasPrefix(e.Name(), ".heap-") {
			if st, err := e.Info(); err == nil && st.ModTime().Before(heapsBefore) {
				_ = os.Remove(filepath.Join(s.Dir, e.Name()))
			}
			continue
		}
		which, err := id.Parse(e.Name())
		if err != nil || !e.IsDir() || s.isComing(which) { // asked in this order: what has come meanwhile, the store knows
			continue
		}
		i, known, err := selectImport(ctx, s.DB, which)
		switch {
		case err != nil:
			return err
		case !known:
			s.removeAll(which)
		case i.Status == Done || i.Status == Undone:
			s.clean(&i)
		}
	}
	return nil
}

func (s *Service) isComing(which id.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.coming[which]
}

func (s *Service) removeAll(which id.ID) {
	if err := os.RemoveAll(s.dir(which)); err != nil {
		s.Log.Warn("the folder of an abandoned import stays behind", "import", which.String(), "error", err)
	}
}

// salts gives the salts of days, each made and kept when it is first needed.
type salts struct {
	s    *Service
	ctx  context.Context
	days map[int64][]byte
}

func (d *salts) of(day int64) ([]byte, error) {
	if salt, ok := d.days[day]; ok {
		return salt, nil
	}
	var salt []byte
	err := d.s.DB.Tx(d.ctx, func(tx *sqldb.Tx) error {
		var err error
		salt, err = saltOf(d.ctx, tx, day, clock.Micros(d.s.Clock.Now()), []byte(id.Secret(32)))
		return err
	})
	if err == nil {
		d.days[day] = salt
	}
	return salt, err
}
