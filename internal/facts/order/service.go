package order

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"rapport/internal/access/export"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Rates knows exchange rates; facts/rate fills it.
type Rates interface {
	// ForDay gives the newest rate on or before day, scaled by money.RateScale; ok is false where none is known.
	ForDay(ctx context.Context, q sqldb.Q, currency string, day int64) (rate int64, ok bool, err error)
}

// Deps is what the service needs.
type Deps struct {
	DB    *sqldb.DB
	IDs   *id.Source
	Clock clock.Clock
	Rates Rates
	// Reporting gives the one currency and zone of all figures. It is asked within transactions and must not use the pool.
	Reporting func() (currency string, zone *time.Location)
	// KeepTotals passes sums on to the customers, where a change begins here (new rates); nil in tests that need none.
	KeepTotals func(ctx context.Context, tx *sqldb.Tx, totals []Totals) error
	// Exports takes lists out as files; nil in tests that need none.
	Exports *export.Service
	// Warehouse finds orders by product and by total; nil in tests that need none.
	Warehouse warehouse.Warehouse
	// Announce writes to the outbox within tx.
	Announce func(ctx context.Context, tx *sqldb.Tx, topic string, payload any) error
	// Names finds the customers and products that a search for orders follows.
	Names Names
	// Writing holds what only writes through the API and by hand need.
	Writing Writing
}

// Service holds the use cases.
type Service struct {
	Deps
	look int // how many rows a page of a list looks at
	few  int // how many lines of a product are read whole
}

// New gives a Service.
func New(d Deps) *Service { return &Service{Deps: d, look: look, few: few} }

// Outcome is what became of one change.
type Outcome uint8

// The outcomes.
const (
	Unchanged Outcome = iota
	Created
	Updated
)

// Changed names an order that is not what it was.
type Changed struct {
	CustomerID id.ID `json:"customer_id"`
	OrderID    id.ID `json:"order_id"`
	New        bool  `json:"new"`
	From       id.ID `json:"from,omitempty"` // former owner, where it changed hands
}

// Touched is the effect of a batch. The caller passes Totals on to the customers in the same transaction.
type Touched struct {
	Totals   []Totals
	Orders   []Changed
	Outcomes []Outcome // one for each change given
	Formers  []Former  // where they were asked for, see Known.Remember

	refs   []ref    // of each change given, for this package's own writes
	states []string //
}

type orderKey struct {
	shop id.ID
	ext  string
}

// Apply folds changes into the orders they name, within the caller's transaction, and announces what changed. Giving the same
// changes again, or in another order, leads to the same result.
func (s *Service) Apply(ctx context.Context, tx *sqldb.Tx, changes []Change) (Touched, error) {
	known, err := s.Look(ctx, tx, changes)
	if err != nil {
		return Touched{}, err
	}
	return s.ApplyKnown(ctx, tx, changes, known)
}

// Known is which orders exist, as of a transaction that holds the lock of orders.
type Known struct {
	keys     map[orderKey]knownKey
	remember bool // see undo.go
}

type knownKey struct {
	ref
	hash string
}

// Said tells whether a change is the last thing that a file said about its order, so that it says nothing new.
func (k *Known) Said(c *Change) bool {
	have, ok := k.keys[orderKey{c.ShopID, c.ExternalID}]
	return ok && c.FileHash != "" && c.FileHash == have.hash
}

// Look finds out which of the orders that changes name exist. Who wants to know before Apply what is new (an import) asks it, and
// hands the answer to ApplyKnown in the same transaction.
func (s *Service) Look(ctx context.Context, tx *sqldb.Tx, changes []Change) (*Known, error) {
	k := &Known{keys: map[orderKey]knownKey{}}
	if len(changes) == 0 {
		return k, nil
	}
	if err := tx.Turn(ctx, turn); err != nil {
		return nil, err
	}
	seen := make(map[orderKey]bool, len(changes))
	byShop := map[id.ID][]string{}
	for i := range changes {
		n := orderKey{changes[i].ShopID, changes[i].ExternalID}
		if !seen[n] {
			seen[n] = true
			byShop[n.shop] = append(byShop[n.shop], n.ext)
		}
	}
	for shop, exts := range byShop {
		if err := selectKeys(ctx, tx, shop, exts, func(ext string, r ref, hash string) {
			k.keys[orderKey{shop, ext}] = knownKey{r, hash}
		}); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// ApplyKnown is Apply for who asked Look before, about at least these changes.
func (s *Service) ApplyKnown(ctx context.Context, tx *sqldb.Tx, changes []Change, known *Known) (Touched, error) {
	if len(changes) == 0 {
		return Touched{}, nil
	}
	b := &batch{svc: s, tx: tx, states: make(map[orderKey]*entry, len(changes)), added: map[id.ID]*Totals{}, out: Touched{Outcomes: make([]Outcome, len(changes))}}
	b.currency, b.zone = s.Reporting()
	b.now = clock.Micros(s.Clock.Now())
	if err := b.load(ctx, changes, known); err != nil {
		return Touched{}, err
	}
	if known.remember {
		if err := b.rememberRows(ctx); err != nil {
			return Touched{}, err
		}
	}
	for i := range changes {
		b.fold(&changes[i], i)
	}
	if err := b.write(ctx); err != nil {
		return Touched{}, err
	}
	if len(changes) <= maxWrites {
		b.name(changes)
	}
	if known.remember {
		var err error
		if b.out.Formers, err = b.formers(); err != nil {
			return Touched{}, err
		}
	}
	return b.finish(ctx)
}

// maxWrites is the most orders that one transaction of the API writes.
const maxWrites = 500

// name tells which order each change is about and how it stands.
func (b *batch) name(changes []Change) {
	for i := range changes {
		e := b.states[orderKey{changes[i].ShopID, changes[i].ExternalID}]
		r, status := e.was, ""
		if e.state != nil {
			r, status = ref{e.state.customer, e.state.id}, e.state.status()
		}
		b.out.refs, b.out.states = append(b.out.refs, r), append(b.out.states, status)
	}
}

// entry is one order of a batch: what is stored and what is to be.
type entry struct {
	key     orderKey
	was     ref
	state   *state
	known   bool // has a row
	changed bool
	hash    string
	before  *glance // how the order looked, where it is stored
	by      By      // of the last change that changed anything
}

func (e *entry) owner() id.ID {
	if e.state == nil {
		return 0
	}
	return e.state.customer
}

// ref is the key of a stored order.
type ref struct{ customer, order id.ID }

type batch struct {
	svc      *Service
	tx       *sqldb.Tx
	currency string
	zone     *time.Location
	now      int64
	states   map[orderKey]*entry
	order    []*entry
	added    map[id.ID]*Totals // what new orders add to the sums of those who had nothing else changed
	out      Touched
	rates    map[rateKey]rateValue
	day      dayCache
	images   map[id.ID]rowsOf // see undo.go
}

type rateKey struct {
	currency string
	day      int64
}

type rateValue struct {
	rate int64
	ok   bool
}

// load reads what is known of the named orders; those that a file repeats word for word are not read.
func (b *batch) load(ctx context.Context, changes []Change, known *Known) error {
	entries := make([]entry, 0, len(changes)) // one allocation; pointers into it stay good, since it never grows
	for i := range changes {
		k := orderKey{changes[i].ShopID, changes[i].ExternalID}
		if _, ok := b.states[k]; ok {
			continue
		}
		entries = append(entries, entry{key: k})
		e := &entries[len(entries)-1]
		b.states[k] = e
		b.order = append(b.order, e)
		if have, ok := known.keys[k]; ok {
			e.was, e.known, e.hash = have.ref, true, have.hash
		}
	}
	need := map[ref]*state{}
	for i := range changes {
		e := b.states[orderKey{changes[i].ShopID, changes[i].ExternalID}]
		if e.state == nil && e.known && (changes[i].FileHash == "" || changes[i].FileHash != e.hash) {
			e.state = &state{exists: true, fileHash: e.hash}
			need[e.was] = e.state
		}
	}
	if err := selectStates(ctx, b.tx, need); err != nil {
		return err
	}
	for _, e := range b.order {
		if e.state != nil && e.state.exists {
			g := e.state.glance()
			e.before = &g
		}
	}
	return nil
}

func (b *batch) fold(c *Change, i int) {
	e := b.states[orderKey{c.ShopID, c.ExternalID}]
	if e.state == nil {
		if e.known {
			return // the file says what it said before
		}
		e.state = &state{}
	}
	if c.FileHash != "" && e.known && c.FileHash == e.state.fileHash {
		return // as above, but something else made us read the order
	}
	fresh := !e.state.exists && !e.changed
	changed := e.state.fold(*c)
	if c.FileHash != "" && c.FileHash != e.state.fileHash {
		e.state.fileHash, e.changed = c.FileHash, true
	}
	e.changed = e.changed || changed
	if changed || fresh {
		e.by = c.origin()
	}
	switch {
	case fresh:
		b.out.Outcomes[i] = Created
	case changed:
		b.out.Outcomes[i] = Updated
	}
	if e.state.id == 0 {
		e.state.id, e.state.created = b.svc.IDs.New(), b.now
		e.state.order.ShopID, e.state.order.ExternalID = c.ShopID, c.ExternalID
	}
	e.state.order.ShopID, e.state.order.ExternalID = c.ShopID, c.ExternalID
}

// write stores the changed orders: new ones and those that change hands are inserted, the others updated in place.
func (b *batch) write(ctx context.Context) error {
	var w writes
	// In the order of their keys rows of a big batch find their neighbours in the same pages.
	slices.SortStableFunc(b.order, func(x, y *entry) int { return cmp.Compare(x.owner(), y.owner()) })
	for _, e := range b.order {
		st := e.state
		if st == nil || !e.changed {
			continue
		}
		if !st.hasContent {
			st.customer = 0
		}
		if err := b.stage(ctx, &w, e); err != nil {
			return err
		}
		c := Changed{CustomerID: st.customer, OrderID: st.id, New: !st.exists}
		if st.exists && e.was.customer != st.customer {
			c.From = e.was.customer
		}
		b.out.Orders = append(b.out.Orders, c)
	}
	return w.run(ctx, b.tx)
}

func (b *batch) stage(ctx context.Context, w *writes, e *entry) error {
	st := e.state
	row, rep, err := b.row(ctx, st)
	if err != nil {
		return err
	}
	now := ref{st.customer, st.id}
	switch {
	case !st.exists:
		w.insertOrders = append(w.insertOrders, row)
		w.insertKeys = append(w.insertKeys, []any{int64(e.key.shop), e.key.ext, int64(st.id), int64(st.customer), st.fileHash})
		b.add(st, &rep)
	case e.was != now:
		w.deletes = append(w.deletes, e.was)
		w.moveHistory = append(w.moveHistory, []any{int64(e.was.customer), int64(e.was.order), int64(now.customer)})
		w.insertOrders = append(w.insertOrders, row)
		w.updateKeys = append(w.updateKeys, []any{int64(e.key.shop), e.key.ext, int64(st.customer), st.fileHash})
	default:
		w.deleteParts = append(w.deleteParts, now)
		w.updateOrders = append(w.updateOrders, row)
		if st.fileHash != e.hash {
			w.updateKeys = append(w.updateKeys, []any{int64(e.key.shop), e.key.ext, int64(st.customer), st.fileHash})
		}
	}
	b.remember(w, e)
	for i := range st.order.Lines {
		l := &st.order.Lines[i]
		w.insertLines = append(w.insertLines, []any{int64(now.customer), int64(now.order), int64(i + 1), int64(l.ProductID), l.SKU, l.Name,
			l.Quantity, l.Price, l.Discount, l.Total})
	}
	for i := range st.refunds {
		w.insertRefunds = append(w.insertRefunds, b.refundRow(now, st, i, rep))
	}
	return nil
}

// reported is what an order comes to in the reporting currency.
type reported struct {
	day      int64
	total    any   // int64, nil without a rate
	refunded any   //
	refunds  []any // of each refund
	amounts  []int64
}

func (b *batch) report(ctx context.Context, st *state) (reported, error) {
	r := reported{amounts: st.amounts(), refunds: make([]any, len(st.refunds))}
	if !st.hasContent {
		return r, nil
	}
	r.day = b.day.of(st.order.PlacedAt, b.zone)
	total, err := b.convert(ctx, st.order.Total, st.order.Currency, r.day)
	if err != nil {
		return r, err
	}
	r.total = total
	sum, known := int64(0), total != nil
	for i := range st.refunds {
		f := &st.refunds[i]
		c := f.Currency
		if c == "" {
			c = st.order.Currency
		}
		if r.refunds[i], err = b.convert(ctx, r.amounts[i], c, r.day); err != nil {
			return r, err
		}
		if n, ok := r.refunds[i].(int64); ok && st.refundCounts(f) {
			sum += n
		} else if st.refundCounts(f) {
			known = false
		}
	}
	if known {
		r.refunded = sum
	}
	return r, nil
}

// convert gives an amount in the reporting currency, nil where no rate is known.
func (b *batch) convert(ctx context.Context, minor int64, currency string, day int64) (any, error) {
	if currency == b.currency {
		return minor, nil
	}
	if b.svc.Rates == nil {
		return nil, nil
	}
	k := rateKey{currency, day}
	v, ok := b.rates[k]
	if !ok {
		rate, known, err := b.svc.Rates.ForDay(ctx, b.tx, currency, day)
		if err != nil {
			return nil, err
		}
		if b.rates == nil {
			b.rates = map[rateKey]rateValue{}
		}
		v = rateValue{rate, known}
		b.rates[k] = v
	}
	if !v.ok {
		return nil, nil
	}
	m, err := money.New(minor, currency).Convert(b.currency, v.rate)
	if err != nil {
		return nil, nil // beyond 63 bits: shown as not converted, since no figure can hold it
	}
	return m.Minor, nil
}

func (b *batch) finish(ctx context.Context) (Touched, error) {
	if len(b.out.Orders) == 0 {
		return b.out, nil
	}
	changed := make([]Changed, 0, len(b.out.Orders))
	for _, c := range b.out.Orders {
		if !c.New {
			changed = append(changed, c)
		}
	}
	totals, err := totalsOf(ctx, b.tx, changed)
	if err != nil {
		return b.out, err
	}
	for _, t := range totals {
		delete(b.added, t.CustomerID)
	}
	for _, c := range slices.Sorted(maps.Keys(b.added)) {
		totals = append(totals, *b.added[c])
	}
	b.out.Totals = totals
	return b.out, b.svc.announce(ctx, b.tx, b.out.Orders)
}

// dayCache remembers the last day worked out: files are often sorted by time, and zone arithmetic is slow.
type dayCache struct{ from, until, day int64 }

func (d *dayCache) of(at int64, zone *time.Location) int64 {
	if at >= d.from && at < d.until {
		return d.day
	}
	d.day = clock.Day(clock.FromMicros(at), zone)
	d.from, d.until = clock.Micros(clock.DayStart(d.day, zone)), clock.Micros(clock.DayStart(d.day+1, zone))
	return d.day
}
