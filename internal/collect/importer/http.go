package importer

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/errs"
	"rapport/internal/base/id"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// Row is an import as the API shows it.
type Row struct {
	ID            id.ID             `json:"id"`
	Kind          string            `json:"kind" enum:"customers,orders,order_lines,products,events,web_logs"`
	Name          string            `json:"name" doc:"Of the file"`
	ShopID        id.ID             `json:"shop_id"`
	Currency      string            `json:"currency" doc:"Of amounts that name none"`
	Zone          string            `json:"zone" doc:"Of times that name none"`
	Mapping       map[string]string `json:"mapping" doc:"Field -> column, as given; the rest was guessed"`
	DryRun        bool              `json:"dry_run"`
	Status        string            `json:"status" enum:"draft,waiting,running,done,failed,cancelled,undoing,undone"`
	Message       string            `json:"message" doc:"Why it failed"`
	Position      int64             `json:"position" doc:"Bytes that are done"`
	TotalBytes    int64             `json:"total_bytes"`
	RowsRead      int64             `json:"rows_read"`
	Created       int64             `json:"created"`
	Updated       int64             `json:"updated"`
	Unchanged     int64             `json:"unchanged"`
	Refused       int64             `json:"refused" doc:"Rows; the reasons are at /imports/{id}/errors"`
	Skipped       map[string]int64  `json:"skipped" doc:"Rows left out on purpose, by reason: bots, static, redirects, errors, other, no_request"`
	Undo          *Undo             `json:"undo,omitempty" doc:"What the undoing came to, so far"`
	Undoable      bool              `json:"undoable" doc:"It is kept what was there before"`
	RowsPerSecond float64           `json:"rows_per_second"`
	UserID        id.ID             `json:"user_id"`
	CreatedAt     time.Time         `json:"created_at"`
	StartedAt     *time.Time        `json:"started_at,omitempty"`
	UpdatedAt     time.Time         `json:"updated_at"`
}

func shape(i *Import) Row {
	r := Row{ID: i.ID, Kind: string(i.Kind), Name: i.Name, ShopID: i.ShopID, Currency: i.Currency, Zone: i.Zone, Mapping: i.Mapping, DryRun: i.DryRun,
		Status: i.Status, Message: i.Message, Position: i.Position, TotalBytes: i.TotalBytes, RowsRead: i.Rows, Created: i.Created, Updated: i.Updated,
		Unchanged: i.Unchanged, Refused: i.Refused, UserID: i.UserID, CreatedAt: clock.FromMicros(i.CreatedAt), UpdatedAt: clock.FromMicros(i.UpdatedAt)}
	r.Skipped, r.Undo, r.Undoable = i.Notes.Skipped, i.Notes.Undo, i.undoable()
	if r.Skipped == nil {
		r.Skipped = map[string]int64{}
	}
	if r.Mapping == nil {
		r.Mapping = map[string]string{}
	}
	if i.StartedAt != 0 {
		t := clock.FromMicros(i.StartedAt)
		r.StartedAt = &t
		if span := i.UpdatedAt - i.StartedAt; span > 0 {
			r.RowsPerSecond = float64(i.Rows) * 1e6 / float64(span)
		}
	}
	return r
}

type body[T any] struct{ Body T }

type one struct {
	ID httpapi.ID `path:"id"`
}

// upload takes the body as it arrives; huma would keep all of it first.
type upload struct {
	body        io.Reader
	contentType string
}

// Resolve keeps what is needed to read the body.
func (u *upload) Resolve(c huma.Context) []error {
	u.body, u.contentType = c.BodyReader(), c.Header("Content-Type")
	return nil
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	create := httpapi.Status(http.StatusAccepted, httpapi.Op("create-import", "POST /api/v1/imports", "Upload a file and import it", role.ImportRun))
	create.Description = "The parts must come in this order: all fields, then the file. The answer comes when the file is stored and its columns are understood; the rows are imported " +
		"afterwards, and GET /imports/{id} tells how far they are."
	form := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{Type: "object",
		Required: []string{"file"}, Properties: map[string]*huma.Schema{
			"kind":     {Type: "string", Enum: []any{"customers", "orders", "order_lines", "products", "events", "web_logs"}, Description: "Needed, except for a draft"},
			"mapping":  {Type: "string", Description: "field=column,field=column or a JSON object; what is not named is guessed"},
			"dry_run":  {Type: "string", Enum: []any{"true", "false"}},
			"draft":    {Type: "string", Enum: []any{"true", "false"}, Description: "Store the file and wait for /start"},
			"shop_id":  {Type: "string"},
			"currency": {Type: "string"},
			"zone":     {Type: "string"},
			"file":     {Type: "string", Format: "binary"},
		}}}}}
	huma.Register(api, create, func(ctx context.Context, in *upload) (*body[Row], error) {
		if err := role.Require(ctx, role.ImportRun); err != nil {
			return nil, err
		}
		i, err := s.receive(ctx, in)
		if err != nil {
			return nil, err
		}
		return &body[Row]{shape(&i)}, nil
	})
	// Described only now: huma reads and parses every body that it knows of when an operation is registered.
	api.OpenAPI().Paths[create.Path].Post.RequestBody = form
	huma.Register(api, httpapi.Op("list-imports", "GET /api/v1/imports", "List imports, newest first", role.ImportRun),
		func(ctx context.Context, in *struct {
			Limit  int    `query:"limit" minimum:"0" maximum:"500"`
			Cursor string `query:"cursor"`
		}) (*body[page.Page[Row]], error) {
			p, err := s.List(ctx, in.Limit, in.Cursor)
			if err != nil {
				return nil, err
			}
			out := page.Page[Row]{Items: make([]Row, len(p.Items)), NextCursor: p.NextCursor}
			for i := range p.Items {
				out.Items[i] = shape(&p.Items[i])
			}
			return &body[page.Page[Row]]{out}, nil
		})
	for _, op := range []struct {
		op huma.Operation
		do func(context.Context, id.ID) (Import, error)
	}{
		{httpapi.Op("get-import", "GET /api/v1/imports/{id}", "Show how far an import is", role.ImportRun), s.Get},
		{httpapi.Op("cancel-import", "POST /api/v1/imports/{id}/cancel", "Stop an import; what is stored stays", role.ImportRun), s.Cancel},
		{httpapi.Op("resume-import", "POST /api/v1/imports/{id}/resume", "Go on with an import that was cancelled or failed", role.ImportRun), s.Resume},
	} {
		huma.Register(api, op.op, func(ctx context.Context, in *one) (*body[Row], error) {
			i, err := op.do(ctx, in.ID.ID)
			if err != nil {
				return nil, err
			}
			return &body[Row]{shape(&i)}, nil
		})
	}
	s.wizardRoutes(api)
	refused := httpapi.Op("get-import-errors", "GET /api/v1/imports/{id}/errors", "Download the refused rows as CSV: line, column, reason, value", role.ImportRun)
	refused.Responses = map[string]*huma.Response{"200": {Description: "CSV", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}
	huma.Register(api, refused, func(ctx context.Context, in *one) (*huma.StreamResponse, error) {
		f, err := s.Errors(ctx, in.ID.ID)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer func() { _ = f.Close() }()
			c.SetHeader("Content-Type", "text/csv; charset=utf-8")
			c.SetHeader("Content-Disposition", `attachment; filename="refused-rows-`+in.ID.String()+`.csv"`)
			_, _ = io.Copy(c.BodyWriter(), f) // who stops reading gets no more
		}}, nil
	})
}

var errParts = errs.New(errs.Malformed, "import.multipart", "Send the file as multipart/form-data with the fields kind, mapping, dry_run, draft, shop_id, currency and zone before the part named file.")

// receive reads the parts in order; the file is the last one and is stored while it arrives.
func (s *Service) receive(ctx context.Context, in *upload) (Import, error) {
	kind, params, err := mime.ParseMediaType(in.contentType)
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return Import{}, errParts
	}
	parts := multipart.NewReader(in.body, params["boundary"])
	var r Request
	for {
		p, err := parts.NextPart()
		if err != nil {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return Import{}, err
			}
			return Import{}, errParts
		}
		if p.FormName() == "file" {
			if r.Kind == "" && !r.Draft {
				return Import{}, errParts
			}
			r.Name = p.FileName()
			return s.Create(ctx, r, p)
		}
		value, err := io.ReadAll(io.LimitReader(p, 64<<10))
		if err != nil {
			return Import{}, errParts
		}
		if err := r.set(p.FormName(), strings.TrimSpace(string(value))); err != nil {
			return Import{}, err
		}
	}
}

func (r *Request) set(field, value string) error {
	var err error
	switch field {
	case "kind":
		r.Kind = Kind(value)
	case "mapping":
		if strings.HasPrefix(value, "{") {
			if json.Unmarshal([]byte(value), &r.Mapping) != nil {
				err = errs.New(errs.Invalid, "import.mapping", "The mapping must be a JSON object of texts, or be written field=column,field=column.")
			}
			break
		}
		r.Mapping, err = ParseMapping(value)
	case "dry_run":
		r.DryRun, err = strconv.ParseBool(value)
		if err != nil {
			err = errs.New(errs.Invalid, "import.dry_run", "dry_run is %q; it must be true or false.", value)
		}
	case "draft":
		r.Draft, err = strconv.ParseBool(value)
		if err != nil {
			err = errs.New(errs.Invalid, "import.draft", "draft is %q; it must be true or false.", value)
		}
	case "shop_id":
		r.ShopID, err = id.Parse(value)
		if err != nil {
			err = errs.New(errs.Invalid, "import.shop", "shop_id is %q; it must be the id of a shop.", value)
		}
	case "currency":
		r.Currency = value
	case "zone":
		r.Zone = value
	}
	return err
}
