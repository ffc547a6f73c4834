package backup

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/platform/httpapi"
)

type listBody struct {
	Items    []row  `json:"items"`
	Running  bool   `json:"running" doc:"One is being taken at the moment"`
	Failed   string `json:"failed" doc:"Why the last one failed; empty where it did not"`
	Schedule string `json:"schedule" doc:"An interval like 6h, a time of day like 03:30, or off"`
	Keep     int    `json:"keep" doc:"How many are kept; 0: all"`
}

type row struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at" doc:"The moment that it holds"`
	Bytes int64     `json:"bytes"`
}

type body[T any] struct{ Body T }

// String writes a schedule as it is set.
func (s Schedule) String() string {
	switch {
	case s.Daily:
		return time.Time{}.Add(s.At).Format("15:04")
	case s.Every > 0:
		return s.Every.String()
	}
	return "off"
}

const fileType = "application/zstd"

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-backups", "GET /api/v1/backups", "List the backups that the server keeps, newest first", role.BackupRun),
		func(ctx context.Context, _ *struct{}) (*body[listBody], error) {
			list, err := s.List(ctx)
			if err != nil {
				return nil, err
			}
			out := listBody{Items: make([]row, len(list.Kept)), Running: list.Running, Failed: list.Failed, Schedule: list.Schedule.String(), Keep: list.Keep}
			for i, k := range list.Kept {
				out.Items[i] = row(k)
			}
			return &body[listBody]{out}, nil
		})
	huma.Register(api, httpapi.Status(http.StatusAccepted, httpapi.Op("create-backup", "POST /api/v1/backups", "Begin a backup that the server keeps; the list tells when it is done", role.BackupRun)),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) { return nil, s.TakeNow(ctx) })
	file := map[string]*huma.Response{"200": {Description: "A tar, compressed with zstd", Content: map[string]*huma.MediaType{fileType: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}}
	get := httpapi.Op("get-backup-file", "GET /api/v1/backups/{name}/file", "Download a backup", role.BackupRun)
	get.Responses = file
	huma.Register(api, get, func(ctx context.Context, in *struct {
		Name string `path:"name"`
	}) (*huma.StreamResponse, error) {
		f, k, err := s.OpenKept(ctx, in.Name)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			defer func() { _ = f.Close() }()
			c.SetHeader("Content-Type", fileType)
			c.SetHeader("Content-Disposition", `attachment; filename="`+k.Name+`"`)
			c.SetHeader("Content-Length", strconv.FormatInt(k.Bytes, 10))
			_, _ = io.Copy(c.BodyWriter(), f) // who stops reading gets no more
		}}, nil
	})
	stream := httpapi.Op("stream-backup", "POST /api/v1/backups/stream", "Take a backup and send it at once; it is whole only if it ends with its checksums", role.BackupRun)
	stream.Responses = file
	huma.Register(api, stream, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		if err := role.Require(ctx, role.BackupRun); err != nil {
			return nil, err
		}
		if err := s.record(ctx, "backup.downloaded"); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", fileType)
			_, err := s.Write(c.Context(), c.BodyWriter())
			if err != nil && !errors.Is(err, context.Canceled) { // the receiver finds no end in it, and so knows
				s.Log.Error("a backup could not be sent to its end", "error", err)
			}
		}}, nil
	})
}
