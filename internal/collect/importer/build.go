package importer

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
)

// Consent is what a row says about a consent; Customer is filled in when it is known who the row is about.
type Consent struct {
	CustomerID, SourceID id.ID
	Channel, Purpose     string
	Granted              bool
	At                   int64
	Proof                map[string]any
	signal               int
}

// batch is what is applied in one transaction, and where the file stands after it.
type batch struct {
	changes   []order.Change
	signalOf  []int32 // of each change; -1: nothing is known of the buyer
	signals   []customer.Signal
	sightings []catalog.Sighting
	consents  []Consent
	entries   []catalog.Entry
	calls     [][]byte // events, each a JSON object as the tracking door takes it
	callLines []int64
	skipped   map[string]int64

	// what became of it
	did                      changes
	orderOutcomes            []order.Outcome
	entryOutcomes            []catalog.Outcome
	people                   []id.ID // of each row, in files of customers
	peopleNew, peopleChanged []bool
	errors                   []rowError
	rows                     int64
	units                    int64
	said                     int64 // changes left out because the file said the same before
	pos, line                int64
	last                     bool

	known map[string]int32 // signals of orders, by identifiers
}

// builder makes units of rows. A kind adds each row; what it finishes it hands over by finish.
type builder struct {
	im    *Import
	cols  *columns
	dates dates
	money amounts
	code  string // currency of amounts that name none
	salt  func(day int64) ([]byte, error)

	cur   *batch
	skip  int64 // units that an earlier run has applied
	chunk int64
	send  func(*batch) error
}

// kindBuilder is what differs between the kinds.
type kindBuilder interface {
	add(r *row) error
	flush() error
}

func (b *builder) fresh() *batch {
	return &batch{pos: b.im.Position, line: b.im.Line, known: map[string]int32{}}
}

// refuse notes a row that is left out.
func (b *builder) refuse(e *rowError, end, after int64) {
	b.cur.errors = append(b.cur.errors, *e)
	b.cur.rows++
	if b.skip == 0 {
		b.cur.pos, b.cur.line = max(b.cur.pos, end), max(b.cur.line, after)
	}
}

// finish ends a unit made of so many rows; end and line are where what follows it begins. Units that an earlier run has
// applied are dropped, together with the errors that were found before their end.
func (b *builder) finish(count, line, end int64) error {
	if b.skip > 0 {
		b.skip--
		pos, l := b.cur.pos, b.cur.line
		b.cur = b.fresh()
		b.cur.pos, b.cur.line = max(pos, end), max(l, line)
		return nil
	}
	b.cur.rows += count
	b.cur.units++
	b.cur.pos, b.cur.line = max(b.cur.pos, end), max(b.cur.line, line)
	if b.cur.units >= b.chunk || len(b.cur.errors) >= 20_000 {
		return b.cut()
	}
	return nil
}

func (b *builder) cut() error {
	done := b.cur
	b.cur = b.fresh()
	b.cur.pos, b.cur.line = done.pos, done.line
	return b.send(done)
}

// run reads the file to its end.
func (b *builder) run(src rows, k kindBuilder) error {
	b.cur = b.fresh()
	for {
		r, err := src.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read import file: %w", err)
		}
		if r.err == nil && len(r.cells) > len(b.cols.header) && strings.Join(r.cells[len(b.cols.header):], "") != "" {
			r.err = refuse(r.line, "", strings.Join(r.cells, " | "), "The row has %d cells, the header has %d.", len(r.cells), len(b.cols.header))
		}
		if err := k.add(&r); err != nil {
			return err
		}
	}
	if err := k.flush(); err != nil {
		return err
	}
	b.cur.pos, b.cur.last = b.im.TotalBytes, true
	return b.send(b.cur)
}

// field gives a cell and its column's name.
func (b *builder) field(r *row, name string) string { return cell(r.cells, b.cols.index(name)) }

func (b *builder) column(name string) string {
	if i := b.cols.index(name); i >= 0 {
		return b.cols.header[i]
	}
	return name
}

// currencyOf gives the currency of a row.
func (b *builder) currencyOf(r *row) (string, *rowError) {
	s := strings.ToUpper(b.field(r, "currency"))
	if s == "" {
		return b.code, nil
	}
	if s != b.code && !order.ValidCurrency(s) {
		return "", refuse(r.line, b.column("currency"), s, "It is not an ISO 4217 currency code.")
	}
	return s, nil
}

// amount reads a field of money; false where it is empty.
func (b *builder) amount(r *row, field, code string) (int64, bool, *rowError) {
	s := b.field(r, field)
	if s == "" {
		return 0, false, nil
	}
	n, err := b.money.parse(s, money.Digits(code))
	if err != nil {
		return 0, false, refuse(r.line, b.column(field), s, "%s.", sentence(err))
	}
	if n > maxAmount || n < -maxAmount {
		return 0, false, refuse(r.line, b.column(field), s, "It is more than an order can be worth.")
	}
	return n, true, nil
}

// quantity reads pieces in thousandths; false where the field is empty.
func (b *builder) quantity(r *row) (int64, bool, *rowError) {
	s := b.field(r, "quantity")
	if s == "" {
		return 0, false, nil
	}
	n, err := b.money.parse(s, 3)
	if err != nil || n > maxQuantity || n < -maxQuantity {
		return 0, false, refuse(r.line, b.column("quantity"), s, "It is not a quantity between -1000000 and 1000000.")
	}
	return n, true, nil
}

const (
	maxAmount   = int64(1) << 53
	maxQuantity = 1_000_000_000
)

func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// at reads a time; zero where the field is empty.
func (b *builder) at(r *row, field string) (int64, *rowError) {
	s := b.field(r, field)
	if s == "" {
		return 0, nil
	}
	t, err := b.dates.parse(s)
	if err != nil {
		return 0, refuse(r.line, b.column(field), s, "%s.", sentence(err))
	}
	return t, nil
}

// speaksAt is as of when a row speaks.
func (b *builder) speaksAt(r *row) (int64, *rowError) {
	t, err := b.at(r, "updated_at")
	if t == 0 {
		t = b.im.SpeaksAt
	}
	return t, err
}

// buyer finds or makes the signal for who an order row is about; -1 where nothing is known.
func (b *builder) buyer(r *row, at int64) (int32, *rowError) {
	user, email, phone := key(b.field(r, "customer_id")), b.field(r, "email"), b.field(r, "phone")
	if user == "0" || strings.EqualFold(user, "guest") || strings.EqualFold(user, "null") {
		user = ""
	}
	if user == "" && email == "" && phone == "" {
		return -1, nil
	}
	if len(user) > maxKey {
		return -1, refuse(r.line, b.column("customer_id"), user, "It is longer than %d characters.", maxKey)
	}
	traits := b.buyerTraits(r)
	k := user + "\x00" + email + "\x00" + phone + "\x00" + string(traits)
	if i, ok := b.cur.known[k]; ok {
		if s := &b.cur.signals[i]; at < s.At {
			s.At = at
		}
		return i, nil
	}
	i := int32(len(b.cur.signals))
	b.cur.signals = append(b.cur.signals, customer.Signal{ShopID: b.im.ShopID, SourceID: b.im.SourceID, Server: true, At: at, UserID: user,
		Email: email, Phone: phone, Traits: traits})
	b.cur.known[k] = i
	return i, nil
}

const maxKey = 255

// buyerTraits is what an order tells of its buyer beside his identifiers.
func (b *builder) buyerTraits(r *row) []byte {
	var t map[string]any
	put := func(name string, v any) {
		if t == nil {
			t = map[string]any{}
		}
		t[name] = v
	}
	for _, f := range [...][2]string{{"name", "name"}, {"first_name", "firstName"}, {"last_name", "lastName"}} {
		if v := b.field(r, f[0]); v != "" {
			put(f[1], v)
		}
	}
	address := map[string]any{}
	for _, f := range [...]string{"country", "city"} {
		if v := b.field(r, f); v != "" {
			address[f] = v
		}
	}
	if len(address) > 0 {
		put("address", address)
	}
	if t == nil {
		return nil
	}
	out, _ := json.Marshal(t) // texts never fail
	return out
}

// sight notes the product of a line.
func (b *builder) sight(l *order.Line, currency string, at int64) {
	if l.ProductKey == "" && l.SKU == "" {
		return
	}
	b.cur.sightings = append(b.cur.sightings, catalog.Sighting{ShopID: b.im.ShopID, Key: l.ProductKey, SKU: l.SKU, Name: l.Name, Currency: currency,
		Price: l.Price, At: at})
}

// emit adds a change.
func (b *builder) emit(c order.Change, signal int32) {
	b.cur.changes = append(b.cur.changes, c)
	b.cur.signalOf = append(b.cur.signalOf, signal)
}

// rowKey names a row by its content.
func rowKey(cells []string, at int64) xxh3.Uint128 {
	h := xxh3.New()
	var buf [8]byte
	for i := range buf {
		buf[i] = byte(at >> (8 * i))
	}
	_, _ = h.Write(buf[:])
	for _, c := range cells {
		_, _ = h.WriteString(c)
		_, _ = h.Write([]byte{0})
	}
	return h.Sum128()
}

// chunks is how many units one transaction takes: so many that a customer's orders mostly meet in one and his sums are worked out once,
// so few that others wait for about a second.
var chunks = map[Kind]int64{Orders: 30_000, OrderLines: 6000, Customers: 5000, Products: 1000, Events: 20_000, WebLogs: 20_000}

var chunkOverride int64 // of tests

// newBuilder prepares a builder of an import for a file with this header.
func newBuilder(im *Import, cols *columns, p profile, zone *time.Location, send func(*batch) error) (*builder, kindBuilder, error) {
	b := &builder{im: im, cols: cols, dates: dates{zone: zone, order: p.order}, money: amounts{commaDecimal: p.commaDecimal}, code: im.Currency, send: send}
	b.chunk = cmp.Or(chunkOverride, chunks[im.Kind])
	switch im.Kind {
	case Orders:
		return b, newOrderRows(b), nil
	case OrderLines:
		return b, newLineRows(b, p.invoices), nil
	case Customers:
		return b, newCustomerRows(b), nil
	case Products:
		return b, newProductRows(b), nil
	case Events:
		return b, newEventRows(b), nil
	case WebLogs:
		return b, newLogRows(b), nil
	}
	return nil, nil, errs.New(errs.Invalid, "import.kind", "There is no import of %q; kinds are %s.", im.Kind, kinds)
}
