package order

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/access/role"
	"rapport/internal/base/address"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/platform/once"
	"rapport/internal/platform/sqldb"
)

// Writing is what writes through the API and by hand need of others; app fills it.
type Writing struct {
	Customers interface {
		ResolveAnd(ctx context.Context, tx *sqldb.Tx, signals []customer.Signal, then func(*customer.Resolved) ([]customer.Totals, error)) (customer.Resolved, error)
		Who(ctx context.Context, q sqldb.Q, c id.ID) (customer.Who, bool, error)
	}
	// MoveConsents and Moved let consents and the warehouse follow where a buyer turns out to be two customers.
	MoveConsents func(ctx context.Context, tx *sqldb.Tx, from, to id.ID) error
	Moved        func(ctx context.Context, tx *sqldb.Tx, r customer.Resolved) error
	// FindProducts fills the product ids of lines from keys and SKUs, and SKU and name of lines that only give an id; bad tells what is wrong with
	// a change, by its place.
	FindProducts func(ctx context.Context, tx *sqldb.Tx, changes []Change) (bad map[int]error, err error)
	// Shop finds a shop, the default one for 0, and its currency.
	Shop  func(ctx context.Context, want id.ID) (shop id.ID, currency string, err error)
	Audit func(ctx context.Context, q sqldb.Q, action, subject string, detail map[string]any) error
}

// task is one write on its way.
type task struct {
	key      orderKey
	order    id.ID // of a patch or a refund; 0: found by key
	said     *Said
	whole    bool // the content stands for itself
	version  string
	refunds  []RefundDraft
	single   bool // the refund of an order as it stands, which it may not exceed
	currency string
	signal   int // -1: the buyer needs no finding out
	change   Change
	outcome  Outcome
	err      error
}

// Put writes an order by its number within the shop and gives it as it stands; made tells that it is new.
func (s *Service) Put(ctx context.Context, d *Draft) (Stored, Outcome, error) {
	if err := role.Require(ctx, role.OrderWrite); err != nil {
		return Stored{}, 0, err
	}
	t, err := s.taskOf(ctx, d)
	if err != nil {
		return Stored{}, 0, err
	}
	return s.one(ctx, t, "order.written")
}

// Edit changes parts of an order; what was changed by somebody else meanwhile is not overwritten where the patch carries the version that
// it is based on.
func (s *Service) Edit(ctx context.Context, order id.ID, p *Patch) (Stored, error) {
	if err := role.Require(ctx, role.OrderWrite); err != nil {
		return Stored{}, err
	}
	o, _, err := s.one(ctx, &task{order: order, said: &p.Said, version: p.Version, signal: -1}, "order.written")
	return o, err
}

// Refund gives money of an order back, at most what is left of it.
func (s *Service) Refund(ctx context.Context, order id.ID, r *RefundDraft) (Stored, error) {
	if err := role.Require(ctx, role.OrderWrite); err != nil {
		return Stored{}, err
	}
	o, _, err := s.one(ctx, &task{order: order, said: &Said{}, version: r.Version, refunds: []RefundDraft{*r}, single: true, signal: -1}, "order.refunded")
	return o, err
}

// PutMany writes orders in one transaction; one that cannot be written does not keep the others from being. The numbers of a batch
// must differ.
func (s *Service) PutMany(ctx context.Context, drafts []*Draft) ([]Written, error) {
	if err := role.Require(ctx, role.OrderWrite); err != nil {
		return nil, err
	}
	out := make([]Written, len(drafts))
	var tasks []*task
	var at []int
	for i, d := range drafts {
		t, err := s.taskOf(ctx, d)
		if err != nil {
			if errs.As(err) == nil {
				return nil, err
			}
			out[i].Err = err
			continue
		}
		tasks, at = append(tasks, t), append(at, i)
	}
	var changed map[orderKey]id.ID
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) (err error) {
		changed, err = s.carryOut(ctx, tx, tasks)
		return err
	})
	if err != nil {
		return nil, err
	}
	for k, t := range tasks {
		out[at[k]] = Written{ID: changed[t.key], ExternalID: t.key.ext, Outcome: t.outcome, Err: t.err}
	}
	return out, nil
}

// Written is what became of one order of many.
type Written struct {
	ID         id.ID
	ExternalID string
	Outcome    Outcome
	Err        error
}

func (s *Service) taskOf(ctx context.Context, d *Draft) (*task, error) {
	var w wrong
	t := &task{said: &d.Said, whole: true, refunds: d.Refunds, signal: -1}
	p := role.From(ctx)
	want := d.ShopID
	if want == 0 {
		want = p.ShopID
	}
	shop, currency, err := s.Writing.Shop(ctx, want)
	if err != nil {
		return nil, err
	}
	t.key, t.currency = orderKey{shop, w.text("external_id", d.ExternalID, maxKeyLength)}, currency
	if t.key.ext == "" {
		t.key.ext = "H-" + strings.ToUpper(strconv.FormatInt(int64(s.IDs.New()), 36)) // written by hand: the shop has no number for it
	}
	return t, w.err()
}

// one carries a single write out and gives the order.
func (s *Service) one(ctx context.Context, t *task, action string) (Stored, Outcome, error) {
	var order id.ID
	err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		t.change, t.outcome, t.err = Change{}, Unchanged, nil // a transaction may run again
		found, err := s.carryOut(ctx, tx, []*task{t})
		if err != nil {
			return err
		}
		if t.err != nil {
			return t.err
		}
		order = found[t.key]
		once.Made(ctx, "/api/v1/orders/"+order.String())
		if s.Writing.Audit == nil || t.outcome == Unchanged {
			return nil
		}
		return s.Writing.Audit(ctx, tx, action, "order:"+order.String(), map[string]any{"external_id": t.key.ext, "shop_id": t.key.shop})
	})
	if err != nil {
		return Stored{}, 0, err
	}
	o, err := s.Get(ctx, order)
	return o, t.outcome, err
}

// carryOut writes orders within a transaction and gives the ids of those that stand. A task that cannot be carried out keeps its error.
func (s *Service) carryOut(ctx context.Context, tx *sqldb.Tx, tasks []*task) (map[orderKey]id.ID, error) {
	found := map[orderKey]id.ID{}
	for _, t := range tasks {
		if t.order == 0 {
			continue
		}
		_, key, ok, err := refOf(ctx, tx, t.order)
		if err != nil {
			return nil, err
		}
		if !ok {
			t.err = errs.New(errs.NotFound, "order.not_found", "There is no order %s.", t.order)
			continue
		}
		t.key = key
	}
	var signals []customer.Signal
	for _, t := range tasks {
		if t.err == nil {
			s.askForBuyer(ctx, t, &signals)
		}
	}
	_, err := s.Writing.Customers.ResolveAnd(ctx, tx, signals, func(r *customer.Resolved) ([]customer.Totals, error) {
		totals := map[id.ID]Totals{}
		if err := s.followBuyers(ctx, tx, r, totals); err != nil {
			return nil, err
		}
		if err := s.write(ctx, tx, tasks, r.Verdicts, totals, found); err != nil {
			return nil, err
		}
		out := make([]customer.Totals, 0, len(totals))
		for _, c := range slices.Sorted(maps.Keys(totals)) {
			out = append(out, customer.Totals(totals[c]))
		}
		return out, nil
	})
	if err != nil {
		return nil, fmt.Errorf("write orders: %w", err)
	}
	return found, nil
}

// askForBuyer adds what the task says about who bought to the signals. A buyer named by his id here is looked up later.
func (s *Service) askForBuyer(ctx context.Context, t *task, signals *[]customer.Signal) {
	b := t.said.Customer
	if b == nil || b.ID != 0 {
		return
	}
	var w wrong
	user := w.text("customer.external_id", b.ExternalID, maxKeyLength)
	email, phone := w.text("customer.email", b.Email, maxKeyLength), w.text("customer.phone", b.Phone, 100)
	if _, ok := address.Email(email); email != "" && !ok {
		w.add("customer.email", "invalid", "This is no e-mail address.")
	}
	if user == "" && email == "" && phone == "" {
		w.add("customer", "required", "Name the buyer by id, external_id, email or phone.")
	}
	if t.err = w.err(); t.err != nil {
		return
	}
	at := clock.Micros(s.Clock.Now())
	if t.said.PlacedAt != nil {
		at = clock.Micros(*t.said.PlacedAt)
	}
	traits := map[string]string{}
	for name, v := range map[string]string{"email": email, "phone": phone, "name": w.text("customer.name", b.Name, 300)} {
		if v != "" {
			traits[name] = v
		}
	}
	raw, _ := json.Marshal(traits) // texts never fail
	t.signal = len(*signals)
	*signals = append(*signals, customer.Signal{ShopID: t.key.shop, SourceID: role.From(ctx).SourceID, Server: true, At: at, UserID: user, Traits: raw,
		Email: email, Phone: phone})
}

// followBuyers lets what is stored follow where a buyer shows that two were one.
func (s *Service) followBuyers(ctx context.Context, tx *sqldb.Tx, r *customer.Resolved, totals map[id.ID]Totals) error {
	for _, m := range r.Moves {
		var t Touched
		var err error
		if m.Email != "" && m.AnonymousID == "" {
			t, err = s.MoveByEmail(ctx, tx, m.From, m.To, m.Email)
		} else {
			t, err = s.Move(ctx, tx, m.From, m.To, m.AnonymousID, m.FromAt, m.UntilAt)
		}
		if err != nil {
			return fmt.Errorf("move orders: %w", err)
		}
		Keep(totals, t.Totals)
		if m.Email == "" && m.AnonymousID == "" && s.Writing.MoveConsents != nil {
			if err := s.Writing.MoveConsents(ctx, tx, m.From, m.To); err != nil {
				return fmt.Errorf("move consents: %w", err)
			}
		}
	}
	if s.Writing.Moved != nil && len(r.Moves)+len(r.Resession) > 0 {
		if err := s.Writing.Moved(ctx, tx, *r); err != nil {
			return fmt.Errorf("let the warehouse follow: %w", err)
		}
	}
	return nil
}

// write makes changes of the tasks, now that the buyers are known, and applies them. From the look-up on nobody else writes orders.
func (s *Service) write(ctx context.Context, tx *sqldb.Tx, tasks []*task, verdicts []customer.Verdict, totals map[id.ID]Totals, found map[orderKey]id.ID) error {
	names := make([]Change, 0, len(tasks))
	for _, t := range tasks {
		if t.err == nil {
			names = append(names, Change{ShopID: t.key.shop, ExternalID: t.key.ext})
		}
	}
	known, err := s.Look(ctx, tx, names)
	if err != nil {
		return err
	}
	states := make(map[ref]*state, len(names))
	for _, k := range known.keys {
		states[k.ref] = &state{}
	}
	if err := selectStates(ctx, tx, states); err != nil {
		return err
	}
	var changes []Change
	var of []*task
	for _, t := range tasks {
		if t.err != nil {
			continue
		}
		var have *state
		if k, ok := known.keys[t.key]; ok {
			have, found[t.key] = states[k.ref], k.order
		}
		if err := s.change(ctx, tx, t, have, verdicts); err != nil {
			return err
		}
		if t.err == nil {
			changes, of = append(changes, t.change), append(of, t)
		}
	}
	bad, err := s.Writing.FindProducts(ctx, tx, changes)
	if err != nil {
		return fmt.Errorf("find products: %w", err)
	}
	if len(bad) > 0 {
		good, rest := changes[:0], of[:0]
		for i, t := range of {
			if t.err = bad[i]; t.err == nil {
				good, rest = append(good, changes[i]), append(rest, t)
			}
		}
		changes, of = good, rest
	}
	if len(changes) == 0 {
		return nil
	}
	out, err := s.ApplyKnown(ctx, tx, changes, known)
	if err != nil {
		return err
	}
	Keep(totals, out.Totals)
	var notes [][]any
	now := clock.Micros(s.Clock.Now())
	for i, t := range of {
		t.outcome = out.Outcomes[i]
		r := out.refs[i]
		found[t.key] = r.order
		if note := strings.TrimSpace(sqldb.Clean(t.said.Note)); note != "" {
			notes = append(notes, historyRow(r, s.IDs.New(), now, EntryNote, byOf(ctx), out.states[i], note, nil))
		}
	}
	return insertMany(ctx, tx, "order_history", historyColumns, notes)
}

// byOf tells who writes.
func byOf(ctx context.Context) By {
	p := role.From(ctx)
	if p.Kind == role.KindUser {
		return By{Via: ViaPerson, UserID: p.ID, Name: p.Name}
	}
	return By{Via: ViaAPI, SourceID: p.SourceID, Name: p.Name}
}

// change makes the change of one task; have is the order as it stands, nil where there is none.
func (s *Service) change(ctx context.Context, tx *sqldb.Tx, t *task, have *state, verdicts []customer.Verdict) error {
	var w wrong
	d := t.said
	if t.version != "" && (have == nil || t.version != have.version()) {
		t.err = errs.New(errs.Conflict, "order.edited", "Somebody else changed this order since you opened it. Look at it as it is now, then change it again.")
		return nil
	}
	now := clock.Micros(s.Clock.Now())
	at := w.instant("updated_at", d.UpdatedAt, max(now, have.newest()+1))
	c := Change{ShopID: t.key.shop, ExternalID: t.key.ext, By: byOf(ctx)}
	if t.whole || d.speaksOfContent() {
		kept := have
		if t.whole {
			kept = nil
		}
		o := d.content(&w, kept, t.currency, at)
		o.ShopID, o.ExternalID, o.SourceID, o.Return = t.key.shop, t.key.ext, role.From(ctx).SourceID, false
		if err := s.buyer(ctx, tx, t, o, verdicts, &w); err != nil {
			return err
		}
		c.Order = o
	}
	switch d.Status {
	case StatusCancelled:
		when := w.instant("cancelled_at", d.CancelledAt, at)
		if d.CancelledAt == nil && have != nil && have.cancelledAt() != 0 && d.UpdatedAt == nil {
			when = have.cancelledAt()
		}
		if have != nil && have.reinstated >= when && d.UpdatedAt == nil && d.CancelledAt == nil {
			when = have.reinstated + 1
		}
		c.Cancel = &Cancel{At: when, Confirmed: true}
	case StatusPlaced:
		if d.UpdatedAt != nil {
			c.ReinstatedAt = at
		} else if have != nil && have.cancelledAt() != 0 {
			c.ReinstatedAt = max(at, have.lastCancel, have.claimed)
		}
	}
	for i := range t.refunds {
		path := fmt.Sprintf("refunds[%d].", i)
		if t.single {
			path = ""
		}
		if f, ok := s.refund(&w, path, t, have, c.Order, &t.refunds[i], now); ok {
			c.Refunds = append(c.Refunds, f)
		}
	}
	if t.err == nil {
		t.err = w.err()
	}
	t.change = c
	return nil
}

// buyer fills in who bought.
func (s *Service) buyer(ctx context.Context, tx *sqldb.Tx, t *task, o *Order, verdicts []customer.Verdict, w *wrong) error {
	b := t.said.Customer
	switch {
	case b == nil:
	case t.signal >= 0:
		o.CustomerID, o.UserID, o.Email = verdicts[t.signal].CustomerID, sqldb.Clean(b.ExternalID), sqldb.Clean(b.Email)
		if o.UserID == "" && o.Email == "" {
			o.Email = sqldb.Clean(b.Phone) // something must tell that a buyer was named
		}
	default:
		who, ok, err := s.Writing.Customers.Who(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		if !ok {
			w.add("customer.id", "missing", "There is no customer %s.", b.ID)
			return nil
		}
		o.CustomerID, o.Email = who.ID, who.Email
		if who.ShopID == t.key.shop {
			o.UserID = who.ExternalID
		}
	}
	return nil
}

// newest is the latest time as of which anything is said about an order's content; 0 where there is none.
func (s *state) newest() int64 {
	if s == nil {
		return 0
	}
	best := int64(0)
	for _, r := range []int64{rank(s.order.ContentAt, s.order.Confirmed), s.ownerRank, s.linesRank, s.placedRank} {
		if r >= confirmedRank {
			best = max(best, r-confirmedRank)
		}
	}
	return best
}

// version names an order as it stands; it is another one as soon as something that people edit is.
func (s *state) version() string {
	type refund struct {
		Key    string
		Amount int64
	}
	refunds := make([]refund, len(s.refunds))
	for i, a := range s.amounts() {
		refunds[i] = refund{s.refunds[i].Key, a}
	}
	slices.SortFunc(refunds, func(a, b refund) int { return strings.Compare(a.Key, b.Key) })
	o := &s.order
	b, _ := json.Marshal([]any{s.status(), s.cancelledAt(), s.customer, o.Currency, o.Total, o.Discount, o.Tax, o.Shipping, o.PlacedAt, o.Coupon, o.Test,
		o.Lines, string(canonical(o.Attributes)), refunds}) // plain values never fail
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// mulDiv gives a*b/c, rounded half up, for what is not negative; anything over maxAmount is as good as one more than that.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c)/2, 0)
	if hi += carry; hi >= uint64(c) {
		return maxAmount + 1
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(min(q, uint64(maxAmount)+1))
}
