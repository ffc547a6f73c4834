package consent

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	Clock clock.Clock
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
}

// Service holds the use cases.
type Service struct{ Deps }

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d} }

const maxName = 60

// Record keeps statements. Channel and purpose are lowered; what names neither or nobody is left out.
func (s *Service) Record(ctx context.Context, tx *sqldb.Tx, said []Consent) error {
	rows := make([]Consent, 0, len(said))
	for _, c := range said {
		c.Channel, c.Purpose = word(c.Channel), word(c.Purpose)
		if c.CustomerID == 0 || c.Channel == "" || c.Purpose == "" {
			continue
		}
		if len(c.Proof) == 0 || !json.Valid(c.Proof) {
			c.Proof = []byte("{}")
		}
		rows = append(rows, c)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := insert(ctx, tx, rows); err != nil {
		return err
	}
	touched := make([]id.ID, len(rows))
	for i := range rows {
		touched[i] = rows[i].CustomerID
	}
	return s.announce(ctx, tx, touched)
}

func word(s string) string {
	s = strings.ToLower(strings.TrimSpace(sqldb.Clean(s)))
	if len(s) > maxName {
		return ""
	}
	return s
}

// Move gives all statements of one customer to another, since they are one person.
func (s *Service) Move(ctx context.Context, tx *sqldb.Tx, from, to id.ID) error {
	if from == to || from == 0 {
		return nil
	}
	n, err := move(ctx, tx, from, to)
	if err != nil || n == 0 {
		return err
	}
	return s.announce(ctx, tx, []id.ID{from, to})
}

func (s *Service) announce(ctx context.Context, tx *sqldb.Tx, touched []id.ID) error {
	if s.Announce == nil {
		return nil
	}
	slices.Sort(touched)
	if err := s.Announce(ctx, tx, TopicChanged, map[string]any{"ids": slices.Compact(touched)}); err != nil {
		return fmt.Errorf("announce changed consents: %w", err)
	}
	return nil
}

// Consents gives what holds for a customer at present, by channel and purpose. It is for the profile, which asks for the permission.
func (s *Service) Consents(ctx context.Context, owner id.ID) ([]customer.Consent, error) {
	all, err := selectAll(ctx, s.DB, owner)
	if err != nil {
		return nil, err
	}
	newest := map[string]Consent{}
	for _, c := range all {
		k := c.Channel + "\x00" + c.Purpose
		if have, ok := newest[k]; !ok || c.At > have.At {
			newest[k] = c
		}
	}
	out := make([]customer.Consent, 0, len(newest))
	for _, c := range newest {
		out = append(out, customer.Consent{Channel: c.Channel, Purpose: c.Purpose, Granted: c.Granted, At: clock.FromMicros(c.At), SourceID: c.SourceID, Proof: c.Proof})
	}
	slices.SortFunc(out, func(a, b customer.Consent) int {
		return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Purpose, b.Purpose))
	})
	return out, nil
}

// Kinds names the one kind of items that this source has.
func (s *Service) Kinds() []string { return []string{TimelineKind} }

// Timeline gives statements as items of a customer's timeline. One person's statements are few, so all of them are read.
func (s *Service) Timeline(ctx context.Context, owner id.ID, kinds []string, before customer.TimelinePlace, limit int) ([]customer.TimelineItem, error) {
	if len(kinds) > 0 && !slices.Contains(kinds, TimelineKind) {
		return nil, nil
	}
	all, err := selectAll(ctx, s.DB, owner)
	if err != nil {
		return nil, err
	}
	var out []customer.TimelineItem
	for _, c := range all {
		item := customer.TimelineItem{
			At: c.At, Kind: TimelineKind, Name: c.Channel + " " + c.Purpose,
			ID: "c" + strconv.FormatInt(c.At, 10) + ":" + c.Channel + ":" + c.Purpose,
		}
		if before.Set && (item.At > before.At || item.At == before.At && item.ID >= before.ID) {
			continue
		}
		if item.Properties, err = json.Marshal(map[string]any{
			"channel": c.Channel, "purpose": c.Purpose, "granted": c.Granted,
			"source_id": c.SourceID, "proof": json.RawMessage(c.Proof),
		}); err != nil {
			return nil, fmt.Errorf("write consent for the timeline: %w", err)
		}
		out = append(out, item)
	}
	slices.SortFunc(out, func(a, b customer.TimelineItem) int { return -cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
	return out[:min(len(out), limit)], nil
}
