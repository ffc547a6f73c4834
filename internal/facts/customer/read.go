package customer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
)

// Profile is everything that is known of a customer himself.
type Profile struct {
	Customer
	FirstName, LastName, Gender, Birthday, Zone string
	Attributes                                  json.RawMessage
	Refunded, Unconverted                       int64
	CreatedAt, UpdatedAt                        int64
	Identities                                  []Identity
	Consents                                    []Consent
	Candidates                                  []Candidate
	MergedInto                                  id.ID // the living customer, where the one asked for turned out to be him
}

// Identity is something by which he is known.
type Identity struct {
	Kind, Value     string
	Verified        bool
	SourceID        id.ID
	FirstAt, LastAt int64
}

// Candidate is another customer who may be the same person; people decide.
type Candidate struct {
	CustomerID  id.ID
	Name, Email string
	Reason      string // email, phone or alias
	Value       string
}

const (
	maxCandidates = 50
	maxShown      = 500 // identities of one person that are shown
)

// Get gives a customer's profile; a tombstone's is that of the living customer.
func (s *Service) Get(ctx context.Context, c id.ID) (Profile, error) {
	if err := role.Require(ctx, role.CustomerRead); err != nil {
		return Profile{}, err
	}
	living, err := s.livingOf(ctx, c)
	if err != nil {
		return Profile{}, err
	}
	p, err := selectProfile(ctx, s.DB, living)
	if err != nil {
		return Profile{}, err
	}
	if living != c {
		p.MergedInto = living
	}
	rows, err := selectIdentities(ctx, s.DB, []id.ID{living})
	if err != nil {
		return Profile{}, err
	}
	p.Identities = joined(rows)
	if p.Candidates, err = s.candidates(ctx, living, p.Identities); err != nil {
		return Profile{}, err
	}
	p.Identities = p.Identities[:min(len(p.Identities), maxShown)]
	p.Consents = []Consent{}
	if s.Consents != nil {
		if p.Consents, err = s.Consents.Consents(ctx, living); err != nil {
			return Profile{}, err
		}
	}
	return p, nil
}

// livingOf gives the customer that c is now.
func (s *Service) livingOf(ctx context.Context, c id.ID) (id.ID, error) {
	into, ok, err := selectMergedInto(ctx, s.DB, c)
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, errNoCustomer
	case into != 0:
		return into, nil
	}
	return c, nil
}

// joined makes one identity of what came by several ways.
func joined(rows []storedIdentity) []Identity {
	out := []Identity{}
	for _, r := range rows {
		if n := len(out); n > 0 && out[n-1].Kind == r.kind && out[n-1].Value == r.value {
			i := &out[n-1]
			i.Verified = i.Verified || r.verified
			if r.first < i.FirstAt {
				i.FirstAt, i.SourceID = r.first, r.source
			}
			i.LastAt = max(i.LastAt, r.last, i.FirstAt)
			continue
		}
		out = append(out, Identity{Kind: r.kind, Value: r.value, Verified: r.verified, SourceID: r.source, FirstAt: r.first, LastAt: max(r.first, r.last)})
	}
	slices.SortStableFunc(out, func(a, b Identity) int { return cmp.Compare(order[a.Kind], order[b.Kind]) })
	return out
}

var order = map[string]int{KindExternal: 0, KindEmail: 1, KindPhone: 2, KindAnonymous: 3}

// candidates finds who shares a verified address with a customer, or was named with him in an alias. It is worked out on
// reading, so it cannot be out of date.
func (s *Service) candidates(ctx context.Context, c id.ID, identities []Identity) ([]Candidate, error) {
	out := []Candidate{}
	for _, i := range identities {
		var others []id.ID
		var err error
		reason := i.Kind
		switch i.Kind {
		case KindEmail, KindPhone:
			others, err = selectSharers(ctx, s.DB, c, i, maxCandidates)
		default:
			reason = claimAlias
			others, err = selectAliased(ctx, s.DB, c, i.Value)
		}
		if err != nil {
			return nil, err
		}
		for _, o := range others {
			if o != c && len(out) < maxCandidates {
				out = append(out, Candidate{CustomerID: o, Reason: reason, Value: i.Value})
			}
		}
	}
	people := make([]id.ID, len(out))
	for i := range out {
		people[i] = out[i].CustomerID
	}
	rows, err := selectCustomers(ctx, s.DB, people)
	if err != nil {
		return nil, err
	}
	byID := map[id.ID]*Customer{}
	for i := range rows {
		byID[rows[i].ID] = &rows[i]
	}
	for i := range out {
		if p := byID[out[i].CustomerID]; p != nil {
			out[i].Name, out[i].Email = p.Name, p.Email
		}
	}
	seen := map[Candidate]bool{}
	return slices.DeleteFunc(out, func(x Candidate) bool {
		twice := seen[x]
		seen[x] = true
		return twice || byID[x.CustomerID] == nil
	}), nil
}

// KindIdentity is the kind of timeline items that tell when an identity became known.
const KindIdentity = "identity"

// Timeline gives one page of what happened in a customer's life with the shop, newest first; kinds narrow it.
func (s *Service) Timeline(ctx context.Context, c id.ID, kinds []string, cursor string, limit int) (page.Page[TimelineItem], error) {
	if err := role.Require(ctx, role.CustomerRead); err != nil {
		return page.Page[TimelineItem]{}, err
	}
	var before TimelinePlace
	var err error
	if before.Set, err = page.Decode(cursor, &before.At, &before.ID); err != nil {
		return page.Page[TimelineItem]{}, err
	}
	living, err := s.livingOf(ctx, c)
	if err != nil {
		return page.Page[TimelineItem]{}, err
	}
	limit = page.Limit(limit, 50)
	known := map[string]bool{}
	var items []TimelineItem
	for _, src := range append(s.Deps.Timeline, identityLine{s}) {
		var wanted []string
		for _, k := range src.Kinds() {
			known[k] = true
			if slices.Contains(kinds, k) {
				wanted = append(wanted, k)
			}
		}
		if len(kinds) > 0 && len(wanted) == 0 {
			continue
		}
		part, err := src.Timeline(ctx, living, wanted, before, limit+1)
		if err != nil {
			return page.Page[TimelineItem]{}, fmt.Errorf("timeline of %v: %w", src.Kinds(), err)
		}
		items = append(items, part...)
	}
	for _, k := range kinds {
		if !known[k] {
			return page.Page[TimelineItem]{}, errs.New(errs.Invalid, "customer.timeline_kind", "There is nothing of the kind %q in a timeline.", k).
				With(errs.Field{Path: "kind", Code: "unknown", Message: "Not a kind of timeline item."})
		}
	}
	slices.SortFunc(items, func(a, b TimelineItem) int { return -cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID)) })
	return page.Cut(items[:min(len(items), limit+1)], limit, func(i TimelineItem) string { return page.Encode(i.At, i.ID) }), nil
}

// identityLine is the customer's own part of his timeline: when what he is known by was heard first.
type identityLine struct{ *Service }

func (identityLine) Kinds() []string { return []string{KindIdentity} }

func (l identityLine) Timeline(ctx context.Context, c id.ID, _ []string, before TimelinePlace, limit int) ([]TimelineItem, error) {
	rows, err := selectIdentities(ctx, l.DB, []id.ID{c})
	if err != nil {
		return nil, err
	}
	var out []TimelineItem
	for _, i := range joined(rows) {
		item := TimelineItem{At: i.FirstAt, Kind: KindIdentity, Name: i.Kind, ID: "i" + i.Kind + ":" + i.Value}
		if before.Set && (item.At > before.At || item.At == before.At && item.ID >= before.ID) {
			continue
		}
		if item.Properties, err = json.Marshal(map[string]any{"kind": i.Kind, "value": i.Value, "verified": i.Verified, "source_id": i.SourceID}); err != nil {
			return nil, fmt.Errorf("write identity for the timeline: %w", err)
		}
		out = append(out, item)
	}
	slices.SortFunc(out, func(a, b TimelineItem) int { return -cmp.Or(cmp.Compare(a.At, b.At), strings.Compare(a.ID, b.ID)) })
	return out[:min(len(out), limit)], nil
}
