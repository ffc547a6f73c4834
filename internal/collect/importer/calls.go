package importer

import (
	"context"
	"fmt"
	"maps"

	"github.com/tidwall/gjson"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/facts/customer"
	"rapport/internal/facts/order"
	"rapport/internal/platform/sqldb"
	"rapport/internal/platform/warehouse"
)

// Opinion is what the tracking door would say to a call.
type Opinion struct {
	Refused string // why; empty: taken
	Known   bool   // it came before
}

// Door is where events go in, whatever they come from; collect/ingest fills it.
type Door interface {
	// Judge tells what would become of calls, and keeps nothing.
	Judge(ctx context.Context, i *Import, calls [][]byte) ([]Opinion, error)
	// Keep takes calls and comes back when they are visible everywhere. The same calls again change nothing.
	Keep(ctx context.Context, i *Import, calls [][]byte) error
	// Settle comes back when everything that was kept is applied and visible.
	Settle(ctx context.Context) error
	// Apart runs fn in a transaction while no events are applied and all that were are visible.
	Apart(ctx context.Context, fn func(tx *sqldb.Tx) error) error
	// Find looks for the events of journal rows and what they did to carts, within Apart and before anything is locked, as Left does.
	Find(ctx context.Context, rows []warehouse.Row) (events int64, carts []order.CartOp, err error)
	// TakeBack takes back the events of journal rows, but for customers and orders, within Apart.
	TakeBack(ctx context.Context, tx *sqldb.Tx, rows []warehouse.Row, carts []order.CartOp) error
	// Left tells what remains of a customer's events without some journal rows, and whether some came behind a row.
	Left(ctx context.Context, who id.ID, without func(seq int64) bool, behind int64) (customer.Left, error)
}

// judgeCalls takes out of a batch the calls that would be refused and those that came before.
func (s *Service) judgeCalls(ctx context.Context, i *Import, b *batch) (counts, error) {
	var n counts
	if len(b.calls) == 0 {
		return n, nil
	}
	if s.Events == nil {
		return n, errs.New(errs.Unavailable, "import.no_door", "Events cannot be imported here.")
	}
	said, err := s.Events.Judge(ctx, i, b.calls)
	if err != nil {
		return n, fmt.Errorf("judge events: %w", err)
	}
	kept := b.calls[:0]
	for k, o := range said {
		switch {
		case o.Refused != "":
			b.errors = append(b.errors, *refuse(b.callLines[k], "", string(b.calls[k]), "%s", o.Refused))
		case o.Known:
			n.unchanged++
		default:
			n.created++
			kept = append(kept, b.calls[k])
		}
	}
	b.calls = kept
	return n, nil
}

// deliver sends the calls of a batch through the door. After a crash between here and the keeping of the progress they come again, and
// are the same messages.
func (s *Service) deliver(ctx context.Context, i *Import, b *batch) (counts, error) {
	n, err := s.judgeCalls(ctx, i, b)
	if err != nil || len(b.calls) == 0 || i.DryRun {
		return n, err
	}
	if err := s.Events.Keep(ctx, i, b.calls); err != nil {
		return n, fmt.Errorf("hand over events: %w", err)
	}
	return n, nil
}

// addSkipped adds to what was left out before, in a map of its own.
func addSkipped(have, more map[string]int64) map[string]int64 {
	if len(more) == 0 {
		return have
	}
	out := maps.Clone(have)
	if out == nil {
		out = map[string]int64{}
	}
	for k, n := range more {
		out[k] += n
	}
	return out
}

func callTitle(c []byte) string {
	v := gjson.ParseBytes(c)
	for _, at := range []string{"event", "name", "properties.path", "type"} {
		if s := v.Get(at).String(); s != "" {
			return s
		}
	}
	return ""
}

func callFields(c []byte) [][2]string {
	v := gjson.ParseBytes(c)
	var f fields
	f.put("type", v.Get("type").String())
	f.put("time", v.Get("timestamp").String())
	f.put("user_id", v.Get("userId").String())
	f.put("anonymous_id", v.Get("anonymousId").String())
	f.put("email", v.Get("context.traits.email").String())
	for _, part := range []string{"properties", "traits"} {
		v.Get(part).ForEach(func(k, x gjson.Result) bool {
			f.put(k.Str, cutText(x.String(), 200))
			return len(f) < 16
		})
	}
	f.put("userAgent", v.Get("context.userAgent").String())
	return f
}
