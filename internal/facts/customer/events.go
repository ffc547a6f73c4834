package customer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"rapport/internal/base/address"
	"rapport/internal/base/id"
	"rapport/internal/platform/outbox"
	"rapport/internal/platform/search"
	"rapport/internal/platform/sqldb"
)

// indexChunk bounds how many customers are written into the search index in one transaction, so that others get their turn to write.
const indexChunk = 1000

// Subscriptions names what this feature hears: its own news, to keep the search index beside the hot path.
func (s *Service) Subscriptions() []outbox.Subscriber {
	return []outbox.Subscriber{{Name: "customer-search", Topics: []string{TopicChanged}, Handle: s.describe}}
}

// describe puts customers into the search index whose words are others. It reads what they are now, so it may be repeated.
func (s *Service) describe(ctx context.Context, records []outbox.Record) error {
	var people []id.ID
	for _, r := range records {
		var p struct {
			Described []id.ID `json:"described"`
		}
		if err := json.Unmarshal(r.Payload, &p); err != nil {
			return fmt.Errorf("read announcement %d: %w", r.ID, err)
		}
		people = append(people, p.Described...)
	}
	slices.Sort(people)
	people = slices.Compact(people)
	return sqldb.Chunks(people, indexChunk, func(part []id.ID) error { return s.index(ctx, part) })
}

// index describes customers anew.
func (s *Service) index(ctx context.Context, people []id.ID) error {
	return s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		rows, err := selectDescribed(ctx, tx, people)
		if err != nil {
			return err
		}
		docs := make([]search.Doc, len(rows), len(people))
		have := make(map[id.ID]bool, len(rows))
		for i, r := range rows {
			docs[i] = search.Doc{ID: r.id}
			have[r.id] = true
			if r.merged == 0 {
				docs[i].Words = r.words()
			}
		}
		for _, c := range people { // who was taken back is found no more
			if !have[c] {
				docs = append(docs, search.Doc{ID: c})
			}
		}
		return Index.Put(ctx, tx, docs)
	})
}

// words gives everything by which a customer is found.
func (d *described) words() []string {
	national := ""
	if d.phone != "" {
		national = address.National(d.phone)
	}
	return search.Join(search.Words(d.name), search.Email(d.email), search.Phone(d.phone, national), search.Words(d.externalID))
}
