package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/collect/ingest/load"
)

func benchIngest(ctx context.Context, b *benchRun) error { return b.load(ctx, 50) }

func benchSingle(ctx context.Context, b *benchRun) error { return b.load(ctx, 1) }

// load sends as much as is taken, and then waits until all of it is visible.
func (b *benchRun) load(ctx context.Context, batch int) error {
	if _, err := b.start(ctx); err != nil {
		return err
	}
	key, err := b.key(ctx, "ingest")
	if err != nil {
		return err
	}
	before, _, _ := b.usageOf()
	mine := own()
	began := clock.System{}.Now()
	r, err := load.Run(ctx, load.Config{URL: b.url, Key: key, Batch: batch, Connections: b.cmd.Connections, Rate: b.cmd.Rate, Duration: b.cmd.Time,
		Name: id.Secret(4), Clock: clock.System{}})
	if err != nil {
		return err
	}
	mine = own() - mine
	accepted, _, _ := b.usageOf()
	b.printf("%s", r.String())
	if err := b.applied(ctx, r.Events); err != nil {
		return err
	}
	all := clock.System{}.Now().Sub(began)
	after, _, peak := b.usageOf()
	b.printf("accepted, durable at the answer: %.0f events/s", r.Rate())
	b.printf("all the way into profile and warehouse: %.0f events/s (%d events, visible %.1f s after the last was sent)",
		float64(r.Events)/all.Seconds(), r.Events, (all - r.Elapsed).Seconds())
	b.printf("server CPU: %.1f us an event in all, %.1f while accepting; load generator %.1f; %d MB at most", (after-before)/float64(r.Events)*1e6,
		(accepted-before)/float64(r.Events)*1e6, mine/float64(r.Events)*1e6, peak>>20)
	return nil
}

// applied waits until the counters say that nothing is under way.
func (b *benchRun) applied(ctx context.Context, events int64) error {
	return b.until(ctx, 20*time.Minute, func() (bool, error) {
		s, err := b.status(ctx)
		i := s.Ingest
		return i.Accepted >= events && i.Accepted == i.Applied+i.Refused+i.Duplicates, err
	})
}

func (b *benchRun) until(ctx context.Context, limit time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

const (
	latencyRate = 5000
	probeEvery  = 100 * time.Millisecond
)

// benchLatency sends probes beside a steady load and waits for each until the timeline shows it.
func benchLatency(ctx context.Context, b *benchRun) error {
	if _, err := b.start(ctx); err != nil {
		return err
	}
	key, err := b.key(ctx, "ingest")
	if err != nil {
		return err
	}
	d, err := socketClient(b.dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.close() }()
	p := &prober{bench: b, door: d, key: key}
	if err := p.begin(ctx); err != nil {
		return err
	}
	done := make(chan error, 1)
	loaded, cancel := context.WithCancel(ctx)
	go func() { done <- p.run(loaded) }()
	r, err := load.Run(ctx, load.Config{URL: b.url, Key: key, Batch: 50, Connections: b.cmd.Connections, Rate: latencyRate, Duration: b.cmd.Time, Name: id.Secret(4), Clock: clock.System{}})
	cancel()
	if err := errors.Join(err, <-done); err != nil {
		return err
	}
	b.printf("%s", r.String())
	slices.Sort(p.took)
	if len(p.took) == 0 {
		return errors.New("no probe came through")
	}
	at := func(q float64) time.Duration { return p.took[int(q*float64(len(p.took)-1))].Round(time.Millisecond) }
	b.printf("event to timeline: median %v, p99 %v, most %v of %d probes", at(.5), at(.99), at(1), len(p.took))
	return nil
}

type prober struct {
	bench    *benchRun
	door     *client
	key      string
	customer string
	took     []time.Duration
}

func (p *prober) begin(ctx context.Context) error {
	if err := p.send(ctx, "probe-0"); err != nil {
		return err
	}
	return p.bench.until(ctx, time.Minute, func() (bool, error) {
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
		}
		err := p.door.call(ctx, http.MethodGet, "/api/v1/customers?external_id=probe", nil, &page)
		if len(page.Items) == 1 {
			p.customer = page.Items[0].ID
		}
		return p.customer != "", err
	})
}

func (p *prober) send(ctx context.Context, name string) error {
	body, err := json.Marshal(map[string]any{"type": "track", "userId": "probe", "event": name, "messageId": name, "writeKey": p.key})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.bench.url+"/v1/track", bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, res.Body)
	return res.Body.Close()
}

func (p *prober) run(ctx context.Context) error {
	for n := 1; ctx.Err() == nil; n++ {
		name := fmt.Sprintf("probe-%d", n)
		began := clock.System{}.Now()
		if err := p.send(ctx, name); err != nil {
			return ignoreEnd(ctx, err)
		}
		err := p.bench.until(ctx, time.Minute, func() (bool, error) {
			var page struct {
				Items []struct {
					Name string `json:"name"`
				} `json:"items"`
			}
			err := p.door.call(ctx, http.MethodGet, "/api/v1/customers/"+p.customer+"/timeline?limit=1", nil, &page)
			return len(page.Items) == 1 && page.Items[0].Name == name, err
		})
		if err != nil {
			return ignoreEnd(ctx, err)
		}
		p.took = append(p.took, clock.System{}.Now().Sub(began))
		select {
		case <-ctx.Done():
		case <-time.After(probeEvery):
		}
	}
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// benchImport imports a file of orders with the command, as an operator would, and then once more; then one of order lines.
func benchImport(ctx context.Context, b *benchRun) error {
	orders, lines := filepath.Join(b.dir, "orders.csv"), filepath.Join(b.dir, "lines.csv")
	if err := errors.Join(writeOrders(orders, b.cmd.Rows), writeLines(lines, b.cmd.Rows)); err != nil {
		return err
	}
	if _, err := b.start(ctx); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, run := range [][3]string{{"orders", orders, "new"}, {"orders", orders, "the same file again"}, {"order_lines", lines, "order lines, ten an order"}} {
		before, _, _ := b.usageOf()
		began := clock.System{}.Now()
		cmd := exec.CommandContext(ctx, self, "import", run[0], run[1], "--data", b.dir)
		cmd.Env = b.p.Environ
		out, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("import: %w: %s", err, out)
		}
		took := clock.System{}.Now().Sub(began)
		after, _, peak := b.usageOf()
		b.printf("%s: %.0f rows/s, upload and all; server CPU %.1f us a row; %d MB at most; %s", run[2], float64(b.cmd.Rows)/took.Seconds(),
			(after-before)/float64(b.cmd.Rows)*1e6, peak>>20, strings.TrimSpace(string(out)))
	}
	return nil
}

// writeOrders makes a file of orders: 3 a customer, two years, one line each.
func writeOrders(path string, rows int) error {
	return writeRows(path, "order_id,placed_at,customer_id,email,total,currency,sku", rows, func(w io.Writer, i int, at string) {
		c := (i * 7919) % max(1, rows/3)
		_, _ = fmt.Fprintf(w, "B%d,%s,u%d,u%d@example.com,%d.%02d,EUR,SKU-%d\n", i, at, c, c, 5+i%200, i%100, i%500)
	})
}

// writeLines makes a file of order lines: ten an order, three orders a customer.
func writeLines(path string, rows int) error {
	orders := max(1, rows/10)
	return writeRows(path, "order_id,placed_at,customer_id,email,sku,product_name,quantity,price,currency", rows, func(w io.Writer, i int, at string) {
		o := i / 10
		c := (o * 7919) % max(1, orders/3)
		_, _ = fmt.Fprintf(w, "L%d,%s,v%d,v%d@example.com,SKU-%d,Thing %d,%d,%d.%02d,EUR\n", o, at, c, c, i*31%500, i*31%500, 1+i%3, 5+i%200, i%100)
	})
}

func writeRows(path, header string, rows int, row func(w io.Writer, i int, at string)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	_, _ = fmt.Fprintln(w, header)
	start := time.Date(2024, 11, 1, 0, 0, 0, 0, time.UTC)
	step := 2 * 365 * 24 * time.Hour / time.Duration(rows)
	for i := range rows {
		row(w, i, start.Add(time.Duration(i/10*10)*step).Format(time.RFC3339))
	}
	return errors.Join(w.Flush(), f.Close())
}
