package ingest

import (
	"time"

	"github.com/zeebo/xxh3"

	"rapport/internal/facts/catalog"
)

// sights remembers which products were spoken of in which words, so that a page seen a thousand times an hour costs the catalogue one
// sighting. For that the time of a sighting is that of its stretch of ten minutes: the same words again in the same stretch say nothing
// new, in whatever order they arrive.
type sights map[uint64]struct{}

const (
	sightStretch = int64(10 * time.Minute / time.Microsecond)
	maxSights    = 100_000
)

// hash gives the words of a sighting.
func (s *sights) hash(c *catalog.Sighting) uint64 {
	var h xxh3.Hasher
	for _, t := range []string{c.Key, c.SKU, c.Name, c.Variant, c.URL, c.ImageURL, c.Category, c.Brand, c.Currency} {
		_, _ = h.WriteString(t)
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64() ^ uint64(c.ShopID)*0x9E3779B97F4A7C15 ^ uint64(c.Price)*0xC2B2AE3D27D4EB4F ^ uint64(c.At)*0x165667B19E3779F9
}

// news sets the time of a sighting and tells whether it is new.
func (s *sights) news(c *catalog.Sighting) bool {
	c.At -= c.At % sightStretch
	_, known := (*s)[s.hash(c)]
	return !known
}

// keep remembers sightings that the catalogue has.
func (s *sights) keep(seen []catalog.Sighting) {
	if *s == nil || len(*s) > maxSights {
		*s = sights{}
	}
	for i := range seen {
		(*s)[s.hash(&seen[i])] = struct{}{}
	}
}
