package order

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/platform/httpapi"
)

// ReturnRow is what came back of an order with a refund.
type ReturnRow struct {
	Line     int        `json:"line,omitempty" doc:"Place of the line in the order as it was then"`
	SKU      string     `json:"sku"`
	Name     string     `json:"name"`
	Quantity float64    `json:"quantity"`
	Amount   money.Wire `json:"amount"`
}

// HistoryRow is one line of an order's history.
type HistoryRow struct {
	ID       id.ID        `json:"id" doc:"0: told by the order itself"`
	At       time.Time    `json:"at"`
	Kind     string       `json:"kind" enum:"created,changed,note"`
	Via      string       `json:"via" enum:"event,file,api,person"`
	SourceID id.ID        `json:"source_id"`
	Source   string       `json:"source" doc:"Name of the source"`
	UserID   id.ID        `json:"user_id"`
	Actor    string       `json:"actor" doc:"Name of the person or key at that time"`
	Status   string       `json:"status" doc:"Of the order afterwards"`
	Text     string       `json:"text" doc:"Of a note"`
	Changes  []Difference `json:"changes" nullable:"false"`
}

func historyShape(list []Entry) []HistoryRow {
	out := make([]HistoryRow, len(list))
	for i, e := range list {
		out[i] = HistoryRow{ID: e.ID, At: clock.FromMicros(e.At), Kind: e.Kind, Via: e.By.Via, SourceID: e.By.SourceID, Source: e.Source, UserID: e.By.UserID,
			Actor: e.By.Name, Status: e.Status, Text: e.Text, Changes: e.Diff}
		if e.Diff == nil {
			out[i].Changes = []Difference{}
		}
	}
	return out
}

func returnShape(stored []byte, currency string) []ReturnRow {
	lines := readReturns(stored)
	out := make([]ReturnRow, len(lines))
	for i, l := range lines {
		out[i] = ReturnRow{Line: l.Line, SKU: l.SKU, Name: l.Name, Quantity: float64(l.Quantity) / 1000, Amount: money.New(l.Total, currency).Wire()}
	}
	return out
}

// writtenOutput answers a write: 201 where something new was made.
type writtenOutput struct {
	Status int
	Body   Detail
}

func (s *Service) answer(ctx context.Context, o Stored, status int, err error) (*writtenOutput, error) {
	if err != nil {
		return nil, err
	}
	w, err := s.wholeOf(ctx, o)
	if err != nil {
		return nil, err
	}
	return &writtenOutput{status, s.detail(&w)}, nil
}

func (s *Service) writeRoutes(api huma.API) {
	huma.Register(api, httpapi.Op("put-order", "POST /api/v1/orders", "Write an order by its number within the shop", role.OrderWrite),
		func(ctx context.Context, in *struct{ Body Draft }) (*writtenOutput, error) {
			o, made, err := s.Put(ctx, &in.Body)
			status := http.StatusOK
			if made == Created {
				status = http.StatusCreated
			}
			return s.answer(ctx, o, status, err)
		})
	huma.Register(api, httpapi.Op("edit-order", "PATCH /api/v1/orders/{id}", "Change parts of an order", role.OrderWrite),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body Patch
		}) (*writtenOutput, error) {
			o, err := s.Edit(ctx, in.ID.ID, &in.Body)
			return s.answer(ctx, o, http.StatusOK, err)
		})
	huma.Register(api, httpapi.Status(http.StatusCreated, httpapi.Op("refund-order", "POST /api/v1/orders/{id}/refunds", "Give money of an order back, for lines that came back or without any", role.OrderWrite)),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body RefundDraft
		}) (*writtenOutput, error) {
			o, err := s.Refund(ctx, in.ID.ID, &in.Body)
			return s.answer(ctx, o, http.StatusCreated, err)
		})
	httpapi.Bulk(api, httpapi.Op("put-orders", "POST /api/v1/orders/bulk", "Write many orders, one JSON object a line", role.OrderWrite), role.Require,
		func(d *Draft) string {
			if d.ExternalID == "" {
				return ""
			}
			return d.ShopID.String() + "/" + d.ExternalID
		},
		func(ctx context.Context, list []*Draft) ([]httpapi.BulkResult, error) {
			written, err := s.PutMany(ctx, list)
			out := make([]httpapi.BulkResult, len(written))
			for i, r := range written {
				out[i] = httpapi.BulkResult{ID: r.ID, ExternalID: r.ExternalID, Created: r.Outcome == Created, Updated: r.Outcome == Updated, Err: r.Err}
			}
			return out, err
		})
}
