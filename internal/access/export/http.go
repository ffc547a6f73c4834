package export

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
	"rapport/internal/platform/sheet"
)

// Resolve keeps the question as it came.
func (c *Choice) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	c.asked = u.RawQuery
	return nil
}

// List is a list that can be taken out. Op is an operation whose permission is asked for beside those of the list itself.
type List[In, Row any] struct {
	Op      huma.Operation
	Name    string // of the file, and in the audit
	Columns []Column[Row]
	// Page reads a page of the list with the filters of the question: the first one without a cursor, as long as the list allows.
	Page func(ctx context.Context, in *In, cursor string) (page.Page[Row], error)
}

// Register adds the operation that sends a list as a file. In embeds the list's filters and a Choice.
func Register[In, Row any](api huma.API, s *Service, l List[In, Row]) {
	file := &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	l.Op.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: map[string]*huma.MediaType{
		"text/csv": file, sheet.ContentType(sheet.XLSX): file}}}
	huma.Register(api, l.Op, func(ctx context.Context, in *In) (*huma.StreamResponse, error) {
		t := &table[Row]{name: l.Name, columns: l.Columns, choice: any(in).(interface{ Chosen() *Choice }).Chosen(),
			page: func(ctx context.Context, cursor string) (page.Page[Row], error) { return l.Page(ctx, in, cursor) }}
		if err := open(ctx, s, t, httpapi.PermissionOf(&l.Op), t.choice.asked); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			s.stream(c, t.name, t.choice.Format, func(flush func()) error { return write(ctx, s, t, c.BodyWriter(), flush) })
		}}, nil
	})
}

// stream sends a file. The server's own end of a file that is not whole is a broken connection: there is no other way to say so by then.
func (s *Service) stream(c huma.Context, name, format string, write func(flush func()) error) {
	_, zone := s.Reporting()
	day := s.Clock.Now().In(zone).Format("2006-01-02")
	c.SetHeader("Content-Type", sheet.ContentType(format))
	c.SetHeader("Content-Disposition", `attachment; filename="`+name+"-"+day+"."+format+`"`)
	err := write(func() {
		if f, ok := c.BodyWriter().(http.Flusher); ok {
			f.Flush()
		}
	})
	if err == nil {
		return
	}
	if !errors.Is(err, context.Canceled) && c.Context().Err() == nil {
		s.Log.Error("an export could not be sent to its end", "list", name, "error", err)
	}
	panic(http.ErrAbortHandler)
}
