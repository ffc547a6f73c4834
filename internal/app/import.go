package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type importCmd struct {
	Kind     string `arg:"" enum:"customers,orders,order_lines,products,events,web_logs" help:"What the rows are: customers, orders, order_lines, products, events or web_logs."`
	File     string `arg:"" type:"existingfile" help:"A CSV or JSONL file, or the log of a web server; may be packed with gzip or bzip2."`
	Map      string `help:"Which column holds which field: field=column,field=column. The rest is guessed from the header." placeholder:"FIELD=COLUMN,..."`
	DryRun   bool   `help:"Read and check everything, change nothing."`
	Shop     string `help:"Id of the shop the rows belong to; the first shop otherwise."`
	Currency string `help:"Currency of amounts where the file names none; the shop's otherwise."`
	Zone     string `help:"Time zone of times where the file names none; the shop's otherwise."`
	Errors   string `help:"Where to write refused rows; FILE.errors.csv otherwise." placeholder:"PATH"`
	clientFlags
}

// importState is what the command shows of an import; the API tells more.
type importState struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Message    string `json:"message"`
	Position   int64  `json:"position"`
	TotalBytes int64  `json:"total_bytes"`
	RowsRead   int64  `json:"rows_read"`
	Created    int64  `json:"created"`
	Updated    int64  `json:"updated"`
	Unchanged  int64  `json:"unchanged"`
	Refused    int64  `json:"refused"`

	Skipped map[string]int64 `json:"skipped"`
}

func (c *importCmd) Run(p *Process) error {
	ctx, stop := p.interruptible()
	defer stop()
	d, err := c.open(ctx, p)
	if err != nil {
		return err
	}
	defer func() { _ = d.close() }()
	st, err := c.upload(ctx, d)
	if err != nil {
		return err
	}
	st, err = c.watch(ctx, p, d, st)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(p.Stdout, "%d rows read: %d created, %d updated, %d unchanged, %d refused\n",
		st.RowsRead, st.Created, st.Updated, st.Unchanged, st.Refused)
	for _, reason := range slices.Sorted(maps.Keys(st.Skipped)) {
		_, _ = fmt.Fprintf(p.Stdout, "%d rows left out: %s\n", st.Skipped[reason], reason)
	}
	if st.Refused > 0 {
		if err := c.saveErrors(ctx, p, d, st.ID); err != nil {
			return err
		}
	}
	if st.Status != "done" {
		return fmt.Errorf("the import ended as %s: %s", st.Status, st.Message)
	}
	return nil
}

// upload streams the file; it is never held in memory.
func (c *importCmd) upload(ctx context.Context, d *client) (importState, error) {
	var st importState
	f, err := os.Open(c.File)
	if err != nil {
		return st, err
	}
	defer func() { _ = f.Close() }()
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() { _ = w.CloseWithError(c.writeForm(form, f)) }()
	var out importState
	res, err := d.send(ctx, http.MethodPost, "/api/v1/imports", form.FormDataContentType(), r)
	_ = r.Close() // a refused upload ends the writer too
	if err != nil {
		return st, err
	}
	defer func() { _ = res.Body.Close() }()
	return out, decode(res.Body, &out)
}

func (c *importCmd) writeForm(form *multipart.Writer, f io.Reader) error {
	fields := map[string]string{"kind": c.Kind, "mapping": c.Map, "shop_id": c.Shop, "currency": c.Currency, "zone": c.Zone}
	if c.DryRun {
		fields["dry_run"] = "true"
	}
	for name, value := range fields {
		if value == "" {
			continue
		}
		if err := form.WriteField(name, value); err != nil {
			return err
		}
	}
	part, err := form.CreateFormFile("file", filepath.Base(c.File))
	if err != nil {
		return err
	}
	if _, err := io.Copy(part, f); err != nil {
		return err
	}
	return form.Close()
}

// watch shows how far the import is until it ends.
func (c *importCmd) watch(ctx context.Context, p *Process, d *client, st importState) (importState, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for st.Status == "running" || st.Status == "waiting" {
		select {
		case <-ctx.Done():
			return st, fmt.Errorf("stopped watching; the import %s goes on when the server runs", st.ID)
		case <-tick.C:
		}
		if err := d.call(ctx, http.MethodGet, "/api/v1/imports/"+st.ID, nil, &st); err != nil {
			return st, err
		}
		if st.TotalBytes > 0 && p.Terminal {
			_, _ = fmt.Fprintf(p.Stderr, "\r%3d %%  %d rows, %d refused ", st.Position*100/st.TotalBytes, st.RowsRead, st.Refused)
		}
	}
	if p.Terminal {
		_, _ = fmt.Fprintln(p.Stderr)
	}
	return st, nil
}

func (c *importCmd) saveErrors(ctx context.Context, p *Process, d *client, id string) error {
	path := c.Errors
	if path == "" {
		path = strings.TrimSuffix(c.File, filepath.Ext(c.File)) + ".errors.csv"
	}
	res, err := d.send(ctx, http.MethodGet, "/api/v1/imports/"+id+"/errors", "", nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write refused rows: %w", err)
	}
	if _, err := io.Copy(f, res.Body); err != nil {
		_ = f.Close()
		return fmt.Errorf("write refused rows: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("write refused rows: %w", err)
	}
	_, _ = fmt.Fprintf(p.Stderr, "refused rows, with line, column and reason: %s\n", path)
	return nil
}
