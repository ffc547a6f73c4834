// Package report answers the owner's questions about the shop: one file per question, with its parameters, its SQL and what is made of it.
//
// Reports read the warehouse alone, by one SQL text for both engines. The embedded warehouse cannot see the operational tables, so this
// package also keeps its copies of orders, lines and refunds: it hears order.changed and replaces what changed, whole orders at a
// time, so hearing twice changes nothing. What is counted is said once, in the conditions below, and in words in definitions.go; every
// figure leads to the rows behind it.
//
// Days are those of the reporting zone and stored with each fact; the end of a period is the day after its last. Money is whole minor
// units of the reporting currency; what has no exchange rate is counted apart as unconverted and never guessed. Nothing is announced from
// here.
package report

import (
	"context"
	"sync"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// The conditions that decide what counts. o is an order, r a refund.
const (
	countedOrder  = `o.status = 'placed' AND o.confirmed AND NOT o.test`
	countedRefund = `r.confirmed AND o.status IN ('placed', 'return') AND o.confirmed AND NOT o.test`
)

// Orders is what the copies are made from.
type Orders interface {
	ForMirror(ctx context.Context, orders []id.ID) (order.Mirrored, error)
	EveryID(ctx context.Context, after id.ID, limit int) ([]id.ID, error)
}

// Deps is what the service works with.
type Deps struct {
	DB        *sqldb.DB
	Warehouse warehouse.Warehouse
	Orders    Orders
	Reporting func() (currency string, zone *time.Location)
}

// Service answers.
type Service struct {
	Deps
	copying sync.Mutex // an order is read and replaced in one go, or an older state could overwrite a newer one
}

// New makes the service.
func New(d Deps) *Service { return &Service{Deps: d} }

// Period is a stretch of days of the reporting zone, without its end.
type Period struct{ From, To int64 }

// maxDays bounds a period: ten years.
const maxDays = 3660

// ParsePeriod reads two days as 2006-01-02.
func ParsePeriod(from, to string) (Period, error) {
	var p Period
	var wrong []errs.Field
	for _, d := range []struct {
		name, text string
		into       *int64
	}{{"from", from, &p.From}, {"to", to, &p.To}} {
		var err error
		if *d.into, err = clock.ParseDay(d.text); err != nil {
			wrong = append(wrong, errs.Field{Path: d.name, Code: "report.day", Message: "must be a day like 2026-11-24"})
		}
	}
	if len(wrong) == 0 && (p.To <= p.From || p.To-p.From > maxDays) {
		wrong = append(wrong, errs.Field{Path: "to", Code: "report.period", Message: "must be after from, by at most ten years; it is not part of the period itself"})
	}
	if len(wrong) > 0 {
		return Period{}, errs.New(errs.Invalid, "report.period", "The period cannot be understood.").With(wrong...)
	}
	return p, nil
}

func (p Period) days() int64          { return p.To - p.From }
func (p Period) holds(day int64) bool { return day >= p.From && day < p.To }

// before gives the period to compare with: the one of the same length just before, or the same days a year ago.
func (p Period) before(compare string) Period {
	if compare != CompareYear {
		return Period{p.From - p.days(), p.From}
	}
	ago := func(day int64) int64 {
		t := time.Unix(day*86400, 0).UTC()
		then := t.AddDate(-1, 0, 0)
		if then.Month() != t.Month() { // the 29th of February
			then = then.AddDate(0, 0, -1)
		}
		return then.Unix() / 86400
	}
	return Period{ago(p.From), ago(p.To)}
}

// What a period is compared with.
const (
	ComparePrevious = "previous"
	CompareYear     = "year"
)
