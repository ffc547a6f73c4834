package export

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"rapport/internal/access/audit"
	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/page"
	"rapport/internal/platform/sheet"
	"rapport/internal/platform/sqldb"
)

// Deps is what the service works with.
type Deps struct {
	DB        *sqldb.DB
	Clock     clock.Clock
	Log       *slog.Logger
	Audit     *audit.Service
	Reporting func() (currency string, zone *time.Location)
}

// Service writes lists as files.
type Service struct {
	Deps
	running atomic.Int32
}

// New makes the service.
func New(d Deps) *Service { return &Service{Deps: d} }

// atOnce is how many exports are written at the same time; more would only make each slower.
const atOnce = 3

var errBusy = &errs.Error{Kind: errs.Unavailable, Code: "export.busy", Message: "Three exports are being written now. Try again when one has ended.", RetryAfter: 15}

// table is one export: its columns, and the pages still to come.
type table[Row any] struct {
	name    string
	columns []Column[Row]
	choice  *Choice
	page    func(ctx context.Context, cursor string) (page.Page[Row], error)
	first   page.Page[Row]
}

// open asks for the first page, so that what is wrong with a question is still an answer, and notes who takes what.
func open[Row any](ctx context.Context, s *Service, t *table[Row], permission, filters string) error {
	if err := role.Require(ctx, permission); err != nil {
		return err
	}
	chosen, err := choose(t.columns, t.choice.Columns)
	if err != nil {
		return err
	}
	t.columns = chosen
	if s.running.Add(1) > atOnce {
		s.running.Add(-1)
		return errBusy
	}
	if t.first, err = t.page(ctx, ""); err == nil {
		err = s.Audit.Record(ctx, s.DB, t.name+".exported", "list:"+t.name, map[string]any{"format": t.choice.Format, "filters": filters, "columns": keys(t.columns)})
	}
	if err != nil {
		s.running.Add(-1)
	}
	return err
}

func keys[Row any](columns []Column[Row]) string {
	var out []string
	for _, c := range columns {
		out = append(out, c.Key)
	}
	return strings.Join(out, ",")
}

// choose gives the named columns, in the order in which they are named.
func choose[Row any](all []Column[Row], names string) ([]Column[Row], error) {
	if names == "" {
		return all, nil
	}
	var out []Column[Row]
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(all, func(c Column[Row]) bool { return c.Key == strings.TrimSpace(name) })
		if i < 0 {
			return nil, errs.New(errs.Invalid, "export.column", "The list has no column %q; it has %s.", name, keys(all)).
				With(errs.Field{Path: "query.columns", Code: "export.column", Message: "must name columns of the list"})
		}
		out = append(out, all[i])
	}
	return out, nil
}

// write sends the rows, page by page. What it returns says why the file is not whole.
func write[Row any](ctx context.Context, s *Service, t *table[Row], to io.Writer, flush func()) error {
	defer s.running.Add(-1)
	_, zone := s.Reporting()
	var heading []string
	for _, c := range t.columns {
		heading = append(heading, c.Key)
		if c.Money {
			heading = append(heading, c.Key+"_currency")
		}
	}
	rows := 0
	out, err := sheet.New(to, t.choice.Format, t.name, heading, t.choice.BOM == "true")
	if err == nil {
		rows, err = send(ctx, t, out, zone, flush)
	}
	ended := map[string]any{"format": t.choice.Format, "rows": rows, "whole": err == nil}
	// The one who asked may be gone; that he took rows is noted all the same.
	if e := s.Audit.Record(context.WithoutCancel(ctx), s.DB, t.name+".export_ended", "list:"+t.name, ended); e != nil {
		s.Log.Error("the end of an export is not on record", "list", t.name, "error", e)
	}
	return err
}

func send[Row any](ctx context.Context, t *table[Row], out sheet.Writer, zone *time.Location, flush func()) (rows int, err error) {
	whole := false
	defer func() {
		if b, ok := out.(interface{ Abandon() }); ok && !whole {
			b.Abandon()
		}
	}()
	p := t.first
	cells := make([]any, 0, 2*len(t.columns))
	for {
		for i := range p.Items {
			cells = cells[:0]
			for _, c := range t.columns {
				v := c.Cell(&p.Items[i])
				if !c.Money {
					cells = append(cells, plain(v, zone))
				} else if number, currency, ok := amount(v); ok {
					cells = append(cells, sheet.Number(number), currency)
				} else {
					cells = append(cells, nil, nil)
				}
			}
			if err := out.Row(cells); err != nil {
				return rows, err
			}
			rows++
		}
		flush()
		if p.NextCursor == "" {
			whole = true
			return rows, out.Close()
		}
		if p, err = t.page(ctx, p.NextCursor); err != nil {
			return rows, err
		}
	}
}
