// Package id makes the program's ids: positive 63-bit integers that sort by the time they were made.
//
// Layout, high to low: 41 bits of milliseconds since 2024-01-01 UTC (69 years), 22 bits that start at random in each
// millisecond and count up. Ids need no coordination within a process; between processes the 22 random bits
// make a clash improbable and the primary key makes it harmless. In JSON ids are strings, since a browser
// rounds integers above 2^53.
package id

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"sync"
	"time"

	"rapport/internal/base/clock"
)

const (
	epoch    = 1704067200000 // 2024-01-01T00:00:00Z in Unix milliseconds
	lowBits  = 22
	lowMask  = 1<<lowBits - 1
	startMax = 1 << (lowBits - 1) // leave half of the range to count up in
)

// ID is the key of a row. Zero means "none".
type ID int64

// Source hands out ids. The zero value is not usable; call NewSource.
type Source struct {
	mu    sync.Mutex
	clock clock.Clock
	last  int64 // milliseconds
	low   int64
}

// NewSource gives a source that reads the clock c.
func NewSource(c clock.Clock) *Source { return &Source{clock: c} }

// New gives the next id. Safe for concurrent use; ids of one source strictly increase.
func (s *Source) New() ID {
	s.mu.Lock()
	defer s.mu.Unlock()
	ms := s.clock.Now().UnixMilli() - epoch
	if ms > s.last {
		s.last = ms
		s.low = randomLow()
	} else {
		s.low++
		if s.low > lowMask {
			s.last++
			s.low = randomLow()
		}
	}
	return ID(s.last<<lowBits | s.low)
}

func randomLow() int64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return int64(binary.LittleEndian.Uint32(b[:])) % startMax
}

// Time gives the moment the id was made, to the millisecond.
func (i ID) Time() time.Time { return time.UnixMilli(int64(i)>>lowBits + epoch).UTC() }

// String gives the decimal form used in URLs and JSON.
func (i ID) String() string { return strconv.FormatInt(int64(i), 10) }

// Parse reads the decimal form.
func Parse(s string) (ID, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("id %q is not a positive whole number", s)
	}
	return ID(n), nil
}

// MarshalText makes JSON strings of ids.
func (i ID) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads a JSON string.
func (i *ID) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	*i = v
	return err
}

// Secret gives n random bytes in URL-safe base64 without padding, for keys and tokens.
func Secret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
