package importer

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/facts/catalog"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
)

// previewUnits is how much of a file a preview looks at. It is applied and taken back in one transaction, for the length of which others cannot write.
var previewUnits = map[Kind]int64{Orders: 20_000, OrderLines: 5000, Customers: 10_000, Products: 2000, Events: 20_000, WebLogs: 20_000}

const (
	previewSamples  = 8  // of each outcome
	previewRefusals = 20 //
)

// Preview is what an import would do.
type Preview struct {
	Rows                                 int64 // looked at
	Whole                                bool  // these are all rows of the file; else its first ones
	Created, Updated, Unchanged, Refused int64
	Skipped                              map[string]int64
	Samples                              []Sample
	Refusals                             []Refusal
}

// Sample is one thing before and after.
type Sample struct {
	Outcome string // created | updated
	Title   string
	Fields  []SampleField
}

// SampleField is one of its fields; both texts as they would be written in a file.
type SampleField struct{ Field, Before, After string }

// Refusal is a row that would be refused.
type Refusal struct {
	Line                  int64
	Column, Reason, Value string
}

// Preview tells what an import of a draft would do. It does it and takes it back, so that it is no guess.
func (s *Service) Preview(ctx context.Context, which id.ID) (Preview, error) {
	i, err := s.draft(ctx, which)
	if err != nil {
		return Preview{}, err
	}
	p, err := s.plan(&i)
	if err != nil {
		return Preview{}, err
	}
	if p.Problem != "" || len(p.Missing) > 0 {
		return Preview{}, errs.New(errs.Invalid, "import.problem", "%s", cmpText(p.Problem, p.Missing))
	}
	i.Mapping = settled(p, i.Mapping)
	h, err := s.readDigest(which)
	if err != nil {
		return Preview{}, err
	}
	if err := i.name(h); err != nil {
		return Preview{}, err
	}
	i.SpeaksAt = clock.Micros(s.Clock.Now())
	if err := s.DB.Tx(ctx, func(tx *sqldb.Tx) error { return s.place(ctx, tx, &i) }); err != nil {
		return Preview{}, err
	}
	b, err := s.beginning(ctx, &i)
	if err != nil {
		return Preview{}, err
	}
	s.previewing.Lock() // one at a time: each keeps others from writing for a moment
	defer s.previewing.Unlock()
	return s.pretend(ctx, &i, b)
}

func cmpText(problem string, missing [][]string) string {
	if problem != "" {
		return problem
	}
	return "Say which column holds the " + strings.Join(missing[0], " or ") + "."
}

var errEnough = errors.New("enough rows for a preview")

// beginning reads the first units of a file.
func (s *Service) beginning(ctx context.Context, i *Import) (*batch, error) {
	src, err := openAs(i.Kind, s.file(i.ID), i.Mapping)
	if err != nil {
		return nil, err
	}
	cols, err := mapColumns(i.Kind, src.header, i.Mapping)
	if err != nil {
		return nil, err
	}
	zone, err := zoneOf(i.Zone)
	if err != nil {
		return nil, err
	}
	p, err := src.profileOf(i.Kind, cols, ctx.Err)
	if err != nil {
		return nil, err
	}
	var first *batch
	b, kind, err := newBuilder(i, cols, p, zone, func(b *batch) error {
		if first == nil {
			first = b
			if !b.last {
				return errEnough
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.chunk = previewUnits[i.Kind]
	b.salt = (&salts{s: s, ctx: ctx, days: map[int64][]byte{}}).of
	rows, err := src.rows(src.start, src.line)
	if err != nil {
		return nil, err
	}
	defer rows.close()
	if err := b.run(rows, kind); err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return first, nil
}

// pretend applies a batch, looks at what became of it, and takes it back.
func (s *Service) pretend(ctx context.Context, i *Import, b *batch) (Preview, error) {
	p := Preview{Rows: b.rows, Whole: b.last, Skipped: b.skipped, Samples: []Sample{}}
	n, err := s.judgeCalls(ctx, i, b)
	if err != nil {
		return p, err
	}
	var shown showing
	err = s.DB.Tx(ctx, func(tx *sqldb.Tx) error {
		done, err := s.facts(ctx, tx, i, b)
		if err != nil {
			return err
		}
		n.created, n.updated, n.unchanged = n.created+done.created, n.updated+done.updated, n.unchanged+done.unchanged
		if err := shown.choose(ctx, tx, s, i, b); err != nil {
			return err
		}
		return errDryRun
	})
	if !errors.Is(err, errDryRun) {
		return p, err
	}
	p.Created, p.Updated, p.Unchanged, p.Refused = n.created, n.updated, n.unchanged, int64(len(b.errors))
	for _, e := range b.errors[:min(len(b.errors), previewRefusals)] {
		p.Refusals = append(p.Refusals, Refusal{Line: e.line, Column: e.column, Reason: e.reason, Value: e.value})
	}
	p.Samples, err = shown.samples(ctx, s, i)
	return p, err
}

// thing is one order, customer or product that a preview shows.
type thing struct {
	outcome string
	title   string
	number  string // order or product
	person  id.ID
	after   [][2]string
}

// showing is what a preview shows: chosen and read within the transaction, compared with what is stored when that is taken back.
type showing struct{ things []thing }

func (s *showing) full(outcome string) bool {
	n := 0
	for i := range s.things {
		if s.things[i].outcome == outcome {
			n++
		}
	}
	return n >= previewSamples
}

func (s *showing) add(t thing) {
	if !s.full(t.outcome) {
		s.things = append(s.things, t)
	}
}

func (s *showing) choose(ctx context.Context, tx *sqldb.Tx, svc *Service, i *Import, b *batch) error {
	switch i.Kind {
	case Orders, OrderLines:
		var numbers []string
		for k := range b.changes {
			if o := outcomeName(b.orderOutcomes[k] == order.Created, b.orderOutcomes[k] == order.Updated); o != "" && !s.full(o) {
				s.add(thing{outcome: o, number: b.changes[k].ExternalID})
				numbers = append(numbers, b.changes[k].ExternalID)
			}
		}
		found, err := svc.Orders.Peek(ctx, tx, i.ShopID, numbers)
		if err != nil {
			return err
		}
		for k := range s.things {
			o := found[s.things[k].number]
			s.things[k].title, s.things[k].after = o.ExternalID, orderFields(&o)
		}
	case Customers:
		var people []id.ID
		seen := map[id.ID]bool{}
		for k, c := range b.people {
			if o := outcomeName(b.peopleNew[k], b.peopleChanged[k]); o != "" && !seen[c] && !s.full(o) {
				seen[c] = true
				s.add(thing{outcome: o, person: c})
				people = append(people, c)
			}
		}
		found, err := svc.Customers.Peek(ctx, tx, people)
		if err != nil {
			return err
		}
		for k := range s.things {
			m := found[s.things[k].person]
			s.things[k].title, s.things[k].after = titleOf(m), personFields(m)
		}
	case Products:
		var keys []string
		for k := range b.entries {
			if o := outcomeName(b.entryOutcomes[k] == catalog.Created, b.entryOutcomes[k] == catalog.Updated); o != "" && !s.full(o) {
				s.add(thing{outcome: o, number: b.entries[k].ExternalID})
				keys = append(keys, b.entries[k].ExternalID)
			}
		}
		found, err := svc.Catalog.Peek(ctx, tx, i.ShopID, keys)
		if err != nil {
			return err
		}
		for k := range s.things {
			p := found[s.things[k].number]
			s.things[k].title, s.things[k].after = p.Name, productFields(&p)
		}
	case Events, WebLogs:
		for _, c := range b.calls {
			if s.full("created") {
				break
			}
			s.add(thing{outcome: "created", title: callTitle(c), after: callFields(c)})
		}
	}
	return nil
}

func outcomeName(created, updated bool) string {
	switch {
	case created:
		return "created"
	case updated:
		return "updated"
	}
	return ""
}

// samples lays what is stored beside what would be.
func (s *showing) samples(ctx context.Context, svc *Service, i *Import) ([]Sample, error) {
	var numbers []string
	var people []id.ID
	for k := range s.things {
		if t := &s.things[k]; t.outcome == "updated" && t.number != "" {
			numbers = append(numbers, t.number)
		} else if t.outcome == "updated" && t.person != 0 {
			people = append(people, t.person)
		}
	}
	before := map[string][][2]string{}
	var persons map[id.ID]customer.Peeked
	switch i.Kind {
	case Orders, OrderLines:
		found, err := svc.Orders.Peek(ctx, svc.DB, i.ShopID, numbers)
		if err != nil {
			return nil, err
		}
		for n, o := range found {
			before[n] = orderFields(&o)
		}
	case Products:
		found, err := svc.Catalog.Peek(ctx, svc.DB, i.ShopID, numbers)
		if err != nil {
			return nil, err
		}
		for n, p := range found {
			before[n] = productFields(&p)
		}
	case Customers:
		var err error
		if persons, err = svc.Customers.Peek(ctx, svc.DB, people); err != nil {
			return nil, err
		}
	}
	out := make([]Sample, len(s.things))
	for k, t := range s.things {
		was := before[t.number]
		if t.person != 0 {
			was = personFields(persons[t.person])
		}
		if t.outcome == "created" {
			was = nil
		}
		out[k] = Sample{Outcome: t.outcome, Title: t.title, Fields: beside(was, t.after)}
	}
	return out, nil
}

// beside pairs two lists of fields; those of after lead, what only was comes last.
func beside(was, is [][2]string) []SampleField {
	old := map[string]string{}
	for _, f := range was {
		old[f[0]] = f[1]
	}
	out := []SampleField{}
	for _, f := range is {
		out = append(out, SampleField{f[0], old[f[0]], f[1]})
		delete(old, f[0])
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		out = append(out, SampleField{name, old[name], ""})
	}
	return out
}

type fields [][2]string

func (f *fields) put(name, v string) {
	if v != "" {
		*f = append(*f, [2]string{name, v})
	}
}

func (f *fields) amount(name string, n int64, currency string) {
	if n != 0 {
		f.put(name, money.New(n, currency).String())
	}
}

func orderFields(o *order.Stored) [][2]string {
	var f fields
	f.put("order_id", o.ExternalID)
	f.put("date", rfc3339(o.PlacedAt))
	f.put("total", money.New(o.Total, o.Currency).String())
	f.put("status", o.Status)
	f.put("customer_id", o.UserID)
	f.put("email", o.Email)
	f.amount("discount", o.Discount, o.Currency)
	f.amount("tax", o.Tax, o.Currency)
	f.amount("shipping", o.Shipping, o.Currency)
	f.amount("refunded", o.Refunded, o.Currency)
	f.put("coupon", o.Coupon)
	if len(o.Lines) > 0 {
		var names []string
		for _, l := range o.Lines[:min(3, len(o.Lines))] {
			names = append(names, strconv.FormatFloat(float64(l.Quantity)/1000, 'f', -1, 64)+" × "+strings.TrimSpace(l.SKU+" "+l.Name))
		}
		if len(o.Lines) > 3 {
			names = append(names, "…")
		}
		f.put("lines", strings.Join(names, "; "))
	}
	return f
}

var personOrder = []string{"customer_id", "name", "first_name", "last_name", "email", "phone", "gender", "birthday", "language", "zone", "country", "city"}

func personFields(m customer.Peeked) [][2]string {
	var f fields
	for _, n := range personOrder {
		f.put(n, m[n])
	}
	for _, n := range slices.Sorted(maps.Keys(m)) {
		if a, ok := strings.CutPrefix(n, "attributes."); ok && len(f) < 24 {
			f.put(a, cutText(m[n], 200))
		}
	}
	return f
}

func titleOf(m customer.Peeked) string {
	for _, n := range []string{"name", "email", "customer_id", "phone"} {
		if m[n] != "" {
			return m[n]
		}
	}
	return ""
}

func productFields(p *catalog.Product) [][2]string {
	var f fields
	f.put("product_id", p.ExternalID)
	f.put("sku", p.SKU)
	f.put("name", p.Name)
	f.put("brand", p.Brand)
	f.put("category", p.Category)
	if p.Price >= 0 {
		f.put("price", money.New(p.Price, p.Currency).String())
	}
	if p.Stock >= 0 {
		f.put("stock", strconv.FormatInt(p.Stock, 10))
	}
	f.put("active", strconv.FormatBool(p.Active))
	if len(p.Variants) > 0 {
		f.put("variants", strconv.Itoa(len(p.Variants)))
	}
	f.put("description", cutText(catalog.PlainText(p.Description), 200))
	return f
}
