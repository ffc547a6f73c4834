// Package apikey owns the keys that programs come with and the sources whose data they carry.
//
// A source is a door through which data of one shop comes in: a server, a browser, or the files that people import. A key with the
// scope ingest or write opens the source that was made with it; a read key has none. A secret key is stored as its
// SHA-256 and shown once; a browser key is public, since every visitor's browser holds it: it is kept, shown again, and may have no
// scope but ingest. Money from a browser source counts only where trusted_orders says that the shop has no other feed; what a server or
// a file says always counts.
//
//	made --- ByKey (cached) ---> used ...        revoked: for good, everywhere within seconds
//
// Invariants: a browser source's keys have the scope ingest; a revoked key never opens anything again; when a key was last used is
// written at most once a minute and never by the request that used it. A changed source announces source.changed
// {"id": "1", "trusted_orders": true}.
package apikey

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// Topic is what a changed source announces.
const Topic = "source.changed"

// The kinds of sources.
const (
	Server  = "server"
	Browser = "browser"
	File    = "file"
)

// Source is what a key opens, with what ingestion needs to know of its shop.
type Source struct {
	ID, ShopID    id.ID
	Name, Kind    string
	TrustedOrders bool
	KeyID         id.ID
	Scope         string
	ShopCurrency  string
	ShopZone      string
}

// SourceRow is a source in the list.
type SourceRow struct {
	ID            id.ID     `json:"id"`
	ShopID        id.ID     `json:"shop_id"`
	Name          string    `json:"name"`
	Kind          string    `json:"kind" enum:"server,browser,file"`
	TrustedOrders bool      `json:"trusted_orders" doc:"Its orders count as revenue"`
	CreatedAt     time.Time `json:"created_at"`
}

// Key is a key in the list.
type Key struct {
	ID         id.ID      `json:"id"`
	Name       string     `json:"name"`
	Scope      string     `json:"scope" enum:"ingest,read,write"`
	Browser    bool       `json:"browser" doc:"Public, for web pages"`
	Prefix     string     `json:"prefix" doc:"How it begins, to recognise it by"`
	Public     string     `json:"key,omitempty" doc:"The whole key: of a browser key always, of a secret key in the answer that made it and never again"`
	SourceID   id.ID      `json:"source_id" doc:"0 for a read key"`
	ShopID     id.ID      `json:"shop_id" doc:"0 for a read key, which reads all shops"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"To the minute"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
}

// Draft describes a key to be made.
type Draft struct {
	Name    string `json:"name" minLength:"1" maxLength:"200"`
	Scope   string `json:"scope" enum:"ingest,read,write"`
	Browser bool   `json:"browser,omitempty" doc:"Public, for web pages; the scope must be ingest"`
	ShopID  id.ID  `json:"shop_id,omitempty" doc:"The first shop if left out"`
}

var errUnknown = errs.New(errs.Unauthorized, "apikey.unknown", "This API key is unknown or was revoked.")

func hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
