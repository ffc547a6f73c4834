// Package importer brings in what a merchant already has: customers, orders, order lines, products and events from CSV and JSONL files, and page views
// from the logs of web servers.
//
//	upload ─► draft ──start──► waiting ──worker──► running ──► done ──undo──► undoing ──worker──► undone
//	            │                 ▲                   ├──► failed     (the file as a whole cannot be read; what was stored stays)
//	            └─24 h─► gone     └────── resume ─────┴──► cancelled  (by a user; may be resumed; both may be undone too)
//
// A draft is a stored file of which somebody still says what it holds (the wizard); the command line starts at once. What is abandoned goes by
// itself: see sweep.go. What each chunk created and changed is kept for a while, so that an import can be taken back: see undo.go.
//
// A file is stored under the data directory, brought into UTF-8, read row by row, and cut into units: one order, one customer, one product. Units
// are applied in chunks; one transaction holds the facts of a chunk and how far the import is, so that after a crash or a stop it goes
// on where it was and nothing happens twice. The reader works ahead while a chunk is written.
//
// Giving the same file again changes nothing: an order carries the hash of its row, products are compared, and a file that
// was imported before speaks again with the time of its first import. A row that cannot be believed is refused alone: line, column, reason and value
// go into a CSV that can be downloaded, and the rest is imported. What concerns the whole file (no order number column, dates that could be
// day/month or month/day) stops it with a sentence that names the remedy.
//
// Meaning of the rows
//
//   - orders: a row is an order; neighbouring rows with the same number are the lines of one (Shopify's export). Without a column of order numbers an
//     order is named by its content: customer, time and all cells, and the how-many-eth such row of the file it is, because two equal rows
//     of one file are two purchases while the same row of a second reading is the same purchase.
//   - order_lines: rows with the same invoice number are one order, wherever they stand. Negative quantities are goods that came back: on an
//     invoice that also sells, a refund of that order; an invoice of returns alone (C...) is a refund of the newest earlier orders of this
//     customer in this file that hold the same article at the same price with enough pieces not returned yet; what finds no such
//     order becomes a return, which counts as a refund and never as an order. An invoice without any money and without a customer (stock
//     corrections) is refused. Exact duplicates of a row are kept: the invoice was booked so.
//   - customers: a row is a person, found by his number, e-mail or phone. Columns that are no known field become attributes. Consent columns become consent
//     records with file and line as proof.
//   - products: rows are grouped by the platform's ways (Shopify handle, WooCommerce parent, Magento configurable, Vendure's empty names).
//
// Times without zone are those of the shop. Amounts are of the row's currency, else of the import's, else of the shop's. A row speaks as of its "updated at",
// else as of the import, so that a file wins over what was known before it and newer events win over the file.
//
// The worker belongs to this package and not to the job queue, because the file lies on this machine's disk: only this machine can read it.
// Announces nothing itself; order, customer and catalog announce in the chunk's transaction.
package importer

import (
	"fmt"
	"strings"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// Kind says what the rows of a file are.
type Kind string

// The kinds.
const (
	Customers  Kind = "customers"
	Orders     Kind = "orders"
	OrderLines Kind = "order_lines"
	Products   Kind = "products"
	Events     Kind = "events"
	WebLogs    Kind = "web_logs"
)

func (k Kind) ofEvents() bool { return k == Events || k == WebLogs }

// The states of an import.
const (
	Draft     = "draft"
	Waiting   = "waiting"
	Running   = "running"
	Done      = "done"
	Failed    = "failed"
	Cancelled = "cancelled"
	Undoing   = "undoing"
	Undone    = "undone"
)

// Import is one import and how far it is.
type Import struct {
	ID         id.ID
	Kind       Kind
	Name       string // of the file as it was uploaded
	FileHash   string
	Mapping    map[string]string // field -> column, as given; the rest is guessed
	ShopID     id.ID
	SourceID   id.ID
	Currency   string
	Zone       string
	DryRun     bool
	Status     string
	Message    string
	Position   int64 // bytes of the stored (UTF-8) file that are done
	Line       int64
	TotalBytes int64
	Rows       int64
	Units      int64 // orders, customers or products applied
	Created    int64
	Updated    int64
	Unchanged  int64
	Refused    int64
	ErrorBytes int64 // length of the error file that belongs to what is done
	UserID     id.ID
	SpeaksAt   int64 // as of when rows without a time of their own speak
	CreatedAt  int64
	StartedAt  int64
	UpdatedAt  int64
	Notes      Notes
}

// Notes is what an import says about itself beside its counts.
type Notes struct {
	Skipped map[string]int64 `json:"skipped,omitempty"` // rows that were left out on purpose: reason -> how many
	Chunks  int64            `json:"chunks,omitempty"`  // of which it is kept what they changed
	Undo    *Undo            `json:"undo,omitempty"`
}

// kinds lists all kinds for people.
const kinds = "customers, orders, order_lines, products, events and web_logs"

// Request asks for an import.
type Request struct {
	Kind     Kind
	Name     string
	Mapping  map[string]string
	ShopID   id.ID
	Currency string
	Zone     string
	DryRun   bool
	Draft    bool // store the file and wait for more to be said about it; Kind may be left to be guessed
}

// ParseMapping reads "field=column,field=column". A backslash before a comma or an equals sign takes its meaning away.
func ParseMapping(s string) (map[string]string, error) {
	out := map[string]string{}
	var parts []string
	var b strings.Builder
	field := ""
	seen := false
	end := func() error {
		if !seen && strings.TrimSpace(b.String()) == "" {
			b.Reset()
			return nil
		}
		if !seen || strings.TrimSpace(field) == "" {
			return errs.New(errs.Invalid, "import.mapping", "The mapping %q must be written field=column,field=column.", s)
		}
		out[strings.TrimSpace(field)] = strings.TrimSpace(b.String())
		parts = append(parts, field)
		b.Reset()
		field, seen = "", false
		return nil
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '=' && !seen:
			field, seen = b.String(), true
			b.Reset()
		case c == ',':
			if err := end(); err != nil {
				return nil, err
			}
		default:
			b.WriteByte(c)
		}
	}
	if err := end(); err != nil {
		return nil, err
	}
	return out, nil
}

// rowError is why a row was refused.
type rowError struct {
	line                  int64
	column, reason, value string
}

// refuse makes a rowError.
func refuse(line int64, column, value, format string, args ...any) *rowError {
	if len(value) > 200 {
		value = strings.ToValidUTF8(value[:200], "") + "..."
	}
	return &rowError{line: line, column: column, value: value, reason: fmt.Sprintf(format, args...)}
}
