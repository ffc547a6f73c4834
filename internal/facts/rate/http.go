package rate

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// maxFile bounds a rate file: 30 currencies daily for 50 years are half of it.
const maxFile = 32 << 20

type listInput struct {
	Currency string `query:"currency" example:"USD"`
	Limit    int    `query:"limit" minimum:"0" maximum:"500"`
	Cursor   string `query:"cursor"`
}

type listOutput struct{ Body page.Page[Row] }

type putInput struct {
	Body struct {
		Items []Row `json:"items" maxItems:"10000"`
	}
}

type fileInput struct {
	RawBody huma.MultipartFormFiles[struct {
		File huma.FormFile `form:"file" required:"true" doc:"CSV with the columns day, currency and rate"`
	}]
}

type changedOutput struct {
	Body struct {
		Changed int `json:"changed" doc:"How many rates are new or other than before"`
	}
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("list-rates", "GET /api/v1/rates", "Exchange rates into the reporting currency, newest day first", role.RateRead),
		func(ctx context.Context, in *listInput) (*listOutput, error) {
			p, err := s.List(ctx, in.Currency, in.Limit, in.Cursor)
			return &listOutput{p}, err
		})
	huma.Register(api, httpapi.Op("put-rates", "PUT /api/v1/rates", "Set exchange rates, all or none", role.RateWrite),
		func(ctx context.Context, in *putInput) (*changedOutput, error) {
			out := &changedOutput{}
			var err error
			out.Body.Changed, err = s.Put(ctx, in.Body.Items)
			return out, err
		})
	op := httpapi.Op("upload-rates", "POST /api/v1/rates/file", "Set the exchange rates of a CSV file, all or none", role.RateWrite)
	op.MaxBodyBytes = maxFile
	huma.Register(api, op, func(ctx context.Context, in *fileInput) (*changedOutput, error) {
		out := &changedOutput{}
		var err error
		out.Body.Changed, err = s.PutFile(ctx, in.RawBody.Data().File)
		return out, err
	})
}
