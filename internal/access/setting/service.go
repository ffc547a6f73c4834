package setting

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Audit    *audit.Service
	Log      *slog.Logger
	Defaults Settings // until set
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

const refreshEvery = 2 * time.Second

// Service keeps the settings.
type Service struct {
	Deps
	current atomic.Pointer[known]
	mu      sync.Mutex // of whoever replaces current
	changes int        // made on this node
	stop    context.CancelFunc
	done    chan struct{}
}

type known struct {
	Settings
	zone *time.Location
}

// New gives a Service that knows the defaults; Start reads what is set.
func New(d Deps) *Service {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	s := &Service{Deps: d}
	s.keep(d.Defaults)
	return s
}

func (s *Service) keep(v Settings) {
	zone, err := time.LoadLocation(v.Zone)
	if err != nil {
		zone = time.UTC
	}
	s.current.Store(&known{v, zone})
}

// Start reads the table, and on PostgreSQL goes on doing so.
func (s *Service) Start(ctx context.Context) error {
	if err := s.Refresh(ctx); err != nil {
		return err
	}
	s.done = make(chan struct{})
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	if s.DB.Engine() == sqldb.SQLite {
		close(s.done)
		return nil
	}
	go func() {
		defer close(s.done)
		tick := time.NewTicker(refreshEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := s.Refresh(ctx); err != nil && ctx.Err() == nil {
					s.Log.WarnContext(ctx, "settings not read again", "error", err)
				}
			}
		}
	}()
	return nil
}

// Stop ends what Start began.
func (s *Service) Stop(context.Context) error {
	if s.stop != nil {
		s.stop()
		<-s.done
	}
	return nil
}

// Refresh reads the settings again: for who must not act on what another node has changed a moment ago.
func (s *Service) Refresh(ctx context.Context) error {
	s.mu.Lock()
	before := s.changes
	s.mu.Unlock()
	v, err := load(ctx, s.DB, s.Defaults)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.changes == before && v != s.current.Load().Settings {
		s.keep(v)
	}
	return nil
}

// Reporting gives the currency and the zone of all figures, from memory.
func (s *Service) Reporting() (currency string, zone *time.Location) {
	k := s.current.Load()
	return k.Currency, k.zone
}

// Current gives the settings from memory, to the program itself.
func (s *Service) Current() Settings { return s.current.Load().Settings }

// Get gives the settings.
func (s *Service) Get(ctx context.Context) (Settings, error) {
	if err := role.Require(ctx, role.SettingRead); err != nil {
		return Settings{}, err
	}
	return s.Current(), nil
}

// Update changes settings.
func (s *Service) Update(ctx context.Context, p Patch) (Settings, error) {
	if err := role.Require(ctx, role.SettingWrite); err != nil {
		return Settings{}, err
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error { return s.Set(ctx, tx, p) })
	return s.Current(), err
}

// Set changes settings in the caller's transaction, for the first set-up.
func (s *Service) Set(ctx context.Context, tx *sqldb.Tx, p Patch) error {
	if err := p.check(); err != nil {
		return err
	}
	old, err := load(ctx, tx, s.Defaults)
	if err != nil {
		return err
	}
	next, diff := p.applied(old)
	if len(diff) == 0 {
		return nil
	}
	detail := map[string]any{}
	changed := Changed{Currency: next.Currency, Zone: next.Zone}
	for _, v := range diff {
		if err := upsert(ctx, tx, v, s.Clock.Now().UnixMicro()); err != nil {
			return err
		}
		detail[v.name] = v.text
		if v.name != startName {
			changed.Changed = append(changed.Changed, v.name)
		}
	}
	if err := s.Audit.Record(ctx, tx, Topic, "setting:all", detail); err != nil {
		return err
	}
	tx.OnCommit(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changes++
		v, _ := p.applied(s.Current())
		s.keep(v)
	})
	if len(changed.Changed) == 0 {
		return nil
	}
	return s.Announce(ctx, tx, Topic, changed)
}
