package httpapi

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
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/base/errs"
	"rapport/internal/base/id"
)

// Bounds of a bulk request: what one transaction takes, and how long a line may be. The request itself may be as long as an upload.
const (
	bulkLines   = 200
	bulkBytes   = 1 << 20
	maxBulkLine = 1 << 20
	spoolAfter  = 1 << 20 // bytes of answers kept in memory; more go to a file
)

const ndjson = "application/x-ndjson"

// BulkResult is what became of one line.
type BulkResult struct {
	ID               id.ID
	ExternalID       string
	Created, Updated bool
	Err              error // of the vocabulary of errs: the line is refused
}

// BulkLine is the answer to one line of a bulk request.
type BulkLine struct {
	Line       int      `json:"line" doc:"From 1"`
	Status     string   `json:"status" enum:"created,updated,unchanged,refused"`
	ID         string   `json:"id,omitempty"`
	ExternalID string   `json:"external_id,omitempty"`
	Error      *Problem `json:"error,omitempty"`
}

func isBulk(op *huma.Operation) bool {
	if op.RequestBody == nil {
		return false
	}
	_, ok := op.RequestBody.Content[ndjson]
	return ok
}

type bulkInput struct{ body io.Reader }

// Resolve takes the body as it arrives; huma would keep all of it first.
func (in *bulkInput) Resolve(c huma.Context) []error {
	in.body = c.BodyReader()
	return nil
}

// Bulk registers an operation that takes one JSON object a line, each checked like the body of a single write, and answers with one line for
// each of them, in their order. Lines are handed to write in groups, each a transaction; a line that is refused keeps no other from being
// written. name tells which thing a line is about, "" a new one: one group never holds a thing twice. However long the request is, it takes little memory. The answer
// begins when the last line was read, so that a client may send everything before it begins to read.
func Bulk[T any](api huma.API, op huma.Operation, require func(context.Context, string) error, name func(*T) string, write func(context.Context, []*T) ([]BulkResult, error)) {
	registry := api.OpenAPI().Components.Schemas
	schema := registry.Schema(reflect.TypeFor[T](), true, "")
	permission := PermissionOf(&op)
	op.Description = "The body holds one JSON object a line, of the form that the operation for a single one takes. The answer holds one line for each of them: " +
		"created, updated, unchanged or refused with the reason. Refused lines keep no others from being written."
	op.MaxBodyBytes = maxUpload
	op.Responses = map[string]*huma.Response{"200": {Description: "One line for each line", Content: map[string]*huma.MediaType{
		ndjson: {Schema: registry.Schema(reflect.TypeFor[BulkLine](), true, "")}}}}
	huma.Register(api, op, func(ctx context.Context, in *bulkInput) (*huma.StreamResponse, error) {
		if err := require(ctx, permission); err != nil {
			return nil, err
		}
		b := &bulk[T]{name: name, write: write, registry: registry, schema: schema, names: map[string]bool{}}
		if err := b.run(ctx, in.body); err != nil {
			b.answers.close()
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer b.answers.close()
			c.SetHeader("Content-Type", ndjson)
			c.SetStatus(http.StatusOK)
			b.answers.copyTo(c.BodyWriter())
		}}, nil
	})
	// Described only now: huma reads and parses every body that it knows of when an operation is registered.
	api.OpenAPI().Paths[op.Path].Post.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{ndjson: {Schema: schema}}}
}

// bulk is one such request.
type bulk[T any] struct {
	name     func(*T) string
	write    func(context.Context, []*T) ([]BulkResult, error)
	registry huma.Registry
	schema   *huma.Schema

	line    int // the last one read
	group   []*T
	lines   []int // of the group
	refused []BulkLine
	names   map[string]bool
	size    int
	answers spool
}

func (b *bulk[T]) run(ctx context.Context, body io.Reader) error {
	r := bufio.NewReaderSize(body, 64<<10)
	for {
		raw, err := b.next(r)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if len(bytes.TrimSpace(raw)) > 0 {
			if err := b.take(ctx, raw); err != nil {
				return err
			}
		}
		if err != nil {
			return b.flush(ctx)
		}
	}
}

// next reads a line; one that is too long is passed over and refused.
func (b *bulk[T]) next(r *bufio.Reader) ([]byte, error) {
	var line []byte
	long := false
	b.line++
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxBulkLine; !long {
			line = append(line, part...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		var tooLarge *http.MaxBytesError
		if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, &tooLarge) {
			err = errs.New(errs.Malformed, "request.incomplete", "The request ended within line %d. What came before it was written; send the rest, or all of it again.", b.line).Because(err)
		}
		if long {
			b.refuse(errs.New(errs.Invalid, "bulk.line_too_long", "A line holds at most %d bytes.", maxBulkLine))
			return nil, err
		}
		return line, err
	}
}

func (b *bulk[T]) refuse(err error) {
	b.refused = append(b.refused, BulkLine{Line: b.line, Status: "refused", Error: problemOf(context.Background(), err)})
}

func (b *bulk[T]) take(ctx context.Context, raw []byte) error {
	v, err := b.read(raw)
	if err != nil {
		b.refuse(err)
	} else {
		n := b.name(v)
		if n != "" && b.names[n] {
			if err := b.flush(ctx); err != nil {
				return err
			}
		}
		b.names[n] = true
		b.group, b.lines = append(b.group, v), append(b.lines, b.line)
	}
	if b.size += len(raw); len(b.group)+len(b.refused) >= bulkLines || b.size >= bulkBytes {
		return b.flush(ctx)
	}
	return nil
}

// read checks a line like the body of a single write.
func (b *bulk[T]) read(raw []byte) (*T, error) {
	var parsed any
	if err := json.Unmarshal(raw, &parsed); err != nil {
		return nil, errs.New(errs.Malformed, "request.malformed", "The line is no JSON object.")
	}
	var res huma.ValidateResult
	huma.Validate(b.registry, b.schema, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, parsed, &res)
	if len(res.Errors) > 0 {
		return nil, newProblem(nil, http.StatusUnprocessableEntity, "validation failed", res.Errors...)
	}
	v := new(T)
	if err := json.Unmarshal(raw, v); err != nil {
		return nil, errs.New(errs.Invalid, "request.invalid", "The line holds a value that cannot be read: %s.", err.Error())
	}
	return v, nil
}

// flush writes the group and the answers to its lines.
func (b *bulk[T]) flush(ctx context.Context) error {
	var results []BulkResult
	if len(b.group) > 0 {
		var err error
		if results, err = b.write(ctx, b.group); err != nil {
			return fmt.Errorf("write lines up to %d: %w", b.line, err)
		}
	}
	refused := b.refused
	for i, r := range results {
		for len(refused) > 0 && refused[0].Line < b.lines[i] {
			b.answers.add(refused[0])
			refused = refused[1:]
		}
		b.answers.add(answerTo(ctx, b.lines[i], r))
	}
	for _, r := range refused {
		b.answers.add(r)
	}
	b.group, b.lines, b.refused, b.size = b.group[:0], b.lines[:0], b.refused[:0], 0
	clear(b.names)
	return b.answers.err
}

func answerTo(ctx context.Context, line int, r BulkResult) BulkLine {
	out := BulkLine{Line: line, Status: "unchanged", ExternalID: r.ExternalID}
	switch {
	case r.Err != nil:
		out.Status, out.Error = "refused", problemOf(ctx, r.Err)
		return out
	case r.Created:
		out.Status = "created"
	case r.Updated:
		out.Status = "updated"
	}
	out.ID = r.ID.String()
	return out
}

// spool keeps answers until the request is read, the first in memory and the rest in a file without a name.
type spool struct {
	memory bytes.Buffer
	file   *os.File
	out    *bufio.Writer
	err    error
}

func (s *spool) add(l BulkLine) {
	b, err := json.Marshal(l)
	if err != nil || s.err != nil {
		s.err = errors.Join(s.err, err)
		return
	}
	b = append(b, '\n')
	if s.file == nil && s.memory.Len()+len(b) <= spoolAfter {
		s.memory.Write(b)
		return
	}
	if s.file == nil {
		if s.file, s.err = os.CreateTemp("", "rapport-bulk-*"); s.err != nil {
			return
		}
		_ = os.Remove(s.file.Name()) // it lives as long as it is open
		s.out = bufio.NewWriterSize(s.file, 64<<10)
	}
	_, s.err = s.out.Write(b)
}

func (s *spool) copyTo(w io.Writer) {
	if _, err := w.Write(s.memory.Bytes()); err != nil || s.file == nil {
		return
	}
	if s.out.Flush() == nil {
		if _, err := s.file.Seek(0, io.SeekStart); err == nil {
			_, _ = io.Copy(w, s.file)
		}
	}
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
}
