package audit

import (
	"context"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
}

// Service keeps and shows the record.
type Service struct{ Deps }

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

// Record adds a row in the caller's transaction: action like "user.created", subject like "user:123".
func (s *Service) Record(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error {
	p := role.From(ctx)
	if p.Kind == "" {
		p.Kind = "stranger"
	}
	return insert(ctx, q, Entry{
		ID: s.IDs.New(), At: s.Clock.Now(), ActorKind: p.Kind, ActorID: p.ID, ActorName: p.Name, IP: p.IP,
		Action: action, Subject: subject, Detail: detail,
	})
}

// List gives the record, newest first.
func (s *Service) List(ctx context.Context, f Filter, limit int, cursor string) (page.Page[Entry], error) {
	if err := role.Require(ctx, role.AuditRead); err != nil {
		return page.Page[Entry]{}, err
	}
	var before id.ID
	if _, err := page.Decode(cursor, &before); err != nil {
		return page.Page[Entry]{}, err
	}
	limit = page.Limit(limit, 50)
	rows, err := list(ctx, s.DB, f, before, limit+1)
	if err != nil {
		return page.Page[Entry]{}, err
	}
	return page.Cut(rows, limit, func(e Entry) string { return page.Encode(e.ID) }), nil
}
