package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"rapport/internal/base/clock"
)

// Options of Load and Live.
type Options struct {
	Door      Door
	Base      string // "http://127.0.0.1:8080"
	Keys      Keys
	Seed      uint64
	Customers int
	Clock     clock.Clock
	Progress  func(Progress) // may be nil; called from one goroutine at a time
}

// Progress says how far loading is.
type Progress struct {
	Stage string // "products", "rates", "events", "customers", "applying", "done"
	Done  int    // of Of; both 0 where it is not known
	Of    int
}

const (
	batchEvents = 400
	senders     = 3
	rewind      = 2 * senders // batches that may be missing before the newest one that is there
	pollEvery   = 100 * time.Millisecond
)

// Load fills the server with the history of a shop and gives the shop. What is there already is not sent again: a second Load
// changes nothing, one after a kill goes on. The steps, in order: products (their file name keeps the anchor), rates, events,
// customers (whose finished import says that all is done).
func Load(ctx context.Context, o Options) (*Shop, error) {
	l := &loader{Options: o, caller: caller{door: o.Door, base: o.Base, keys: o.Keys}}
	l.Progress = sparingly(o.Progress)
	past, err := l.imports(ctx)
	if err != nil {
		return nil, err
	}
	anchor, begun, done := l.look(past)
	if !begun {
		anchor = o.Clock.Now().Truncate(time.Minute)
	}
	l.anchor = anchor
	l.shop = New(Config{Seed: o.Seed, Customers: o.Customers, Anchor: anchor})
	if done {
		l.Progress(Progress{Stage: "done"})
		return l.shop, nil
	}
	for _, step := range []func(context.Context) error{l.products, l.rates, func(ctx context.Context) error { return l.events(ctx, begun) }, l.customers, l.applied} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("load the demo shop: %w", err)
		}
	}
	l.Progress(Progress{Stage: "done"})
	return l.shop, nil
}

// sparingly passes on a change of stage or of a whole per cent.
func sparingly(tell func(Progress)) func(Progress) {
	stage, last := "", -1
	return func(p Progress) {
		per := 0
		if p.Of > 0 {
			per = p.Done * 100 / p.Of
		}
		if tell != nil && (p.Stage != stage || per != last) {
			stage, last = p.Stage, per
			tell(p)
		}
	}
}

type loader struct {
	Options
	caller
	shop   *Shop
	anchor time.Time
}

// file names an import file: "demo-7-2000-20261124T2030-products.csv".
func (l *loader) file(kind string) string {
	return l.prefix() + l.anchor.Format(anchorFormat) + "-" + kind + ".csv"
}

const anchorFormat = "20060102T1504"

func (l *loader) prefix() string {
	return "demo-" + strconv.FormatUint(l.Seed, 10) + "-" + strconv.Itoa(l.Customers) + "-"
}

type past struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
	Error  string `json:"message"`
}

// imports gives what was imported before.
func (l *loader) imports(ctx context.Context) ([]past, error) {
	var all []past
	for cursor := ""; ; {
		var page struct {
			Items []past  `json:"items"`
			Next  *string `json:"next_cursor"`
		}
		if err := l.api(ctx, "GET", "/api/v1/imports?limit=100&cursor="+cursor, "", nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == nil || *page.Next == "" {
			return all, nil
		}
		cursor = *page.Next
	}
}

// look finds out of earlier imports when the demo began and whether it was finished.
func (l *loader) look(all []past) (anchor time.Time, begun, done bool) {
	for _, i := range all {
		rest, ours := strings.CutPrefix(i.Name, l.prefix())
		at, kind, _ := strings.Cut(rest, "-")
		t, err := time.Parse(anchorFormat, at)
		if !ours || err != nil {
			continue
		}
		if !begun || t.Before(anchor) {
			anchor, begun = t, true
		}
		done = done || kind == "customers.csv" && i.Status == "done"
	}
	return anchor, begun, done
}

func (l *loader) products(ctx context.Context) error {
	return l.importFile(ctx, "products", l.shop.WriteProducts)
}

func (l *loader) customers(ctx context.Context) error {
	return l.importFile(ctx, "customers", l.shop.WriteCustomers)
}

func (l *loader) rates(ctx context.Context) error {
	l.Progress(Progress{Stage: "rates"})
	var b bytes.Buffer
	if err := l.shop.WriteRates(&b); err != nil {
		return err
	}
	return l.upload(ctx, "/api/v1/rates/file", "rates.csv", b.Bytes(), nil, nil)
}

func (l *loader) importFile(ctx context.Context, kind string, write func(io.Writer) error) error {
	l.Progress(Progress{Stage: kind})
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return err
	}
	var job past
	if err := l.upload(ctx, "/api/v1/imports", l.file(kind), b.Bytes(), map[string]string{"kind": kind, "currency": ShopCurrency, "zone": ShopZone}, &job); err != nil {
		return err
	}
	for job.Status != "done" {
		if job.Status == "failed" || job.Status == "cancelled" {
			return fmt.Errorf("the import of %s is %s: %s", l.file(kind), job.Status, job.Error)
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
		if err := l.api(ctx, "GET", "/api/v1/imports/"+job.ID, "", nil, &job); err != nil {
			return err
		}
	}
	return nil
}

// events sends the history. When it was begun before, it first finds out from the server which batches are there.
func (l *loader) events(ctx context.Context, begun bool) error {
	skip := 0
	if begun {
		if err := l.applied(ctx); err != nil {
			return err
		}
		var ids []string
		for b := range l.shop.Batches(batchEvents) {
			ids = append(ids, b.LastID)
		}
		var failed error
		skip = sort.Search(len(ids), func(i int) bool {
			there, err := l.has(ctx, ids[i])
			failed = errors.Join(failed, err)
			return !there
		})
		if failed != nil {
			return failed
		}
		skip = max(0, skip-rewind)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan Batch)
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for b := range work {
				if err := l.track(ctx, b); err != nil {
					cancel(err)
				}
			}
		})
	}
	n := 0
	for b := range l.shop.Batches(batchEvents) {
		if n++; n <= skip {
			continue
		}
		select {
		case work <- b:
			l.Progress(Progress{Stage: "events", Done: b.Done, Of: b.Of})
			continue
		case <-ctx.Done():
		}
		break
	}
	close(work)
	wait.Wait()
	return context.Cause(ctx)
}

func (l *loader) has(ctx context.Context, messageID string) (bool, error) {
	var page struct {
		Items []struct {
			MessageID string `json:"message_id"`
		} `json:"items"`
	}
	err := l.api(ctx, "GET", "/api/v1/events?message_id="+messageID, "", nil, &page)
	return len(page.Items) > 0, err
}

// applied waits until everything that was accepted is in the profiles and in the warehouse.
func (l *loader) applied(ctx context.Context) error {
	for {
		var status struct {
			Ingest struct {
				Accepted   int `json:"accepted"`
				Applied    int `json:"applied"`
				Refused    int `json:"refused"`
				Duplicates int `json:"duplicates"`
			} `json:"ingest"`
		}
		if err := l.api(ctx, "GET", "/api/v1/status", "", nil, &status); err != nil {
			return err
		}
		i := status.Ingest
		done := i.Applied + i.Refused + i.Duplicates
		l.Progress(Progress{Stage: "applying", Done: done, Of: i.Accepted})
		if done >= i.Accepted {
			return nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return err
		}
	}
}
