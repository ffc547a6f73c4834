package report

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// OverviewQuery asks for a period and what it is compared with.
type OverviewQuery struct {
	From    string `query:"from" required:"true" format:"date" doc:"First day, in the reporting zone"`
	To      string `query:"to" required:"true" format:"date" doc:"Day after the last"`
	Compare string `query:"compare" enum:"previous,year" default:"previous"`
}

type rowsInput struct {
	Figure string `query:"figure" required:"true" enum:"orders,unconverted_orders,refunds,customers,new_customers"`
	From   string `query:"from" required:"true" format:"date"`
	To     string `query:"to" required:"true" format:"date"`
	Limit  int    `query:"limit" minimum:"0" maximum:"500"`
	Cursor string `query:"cursor"`
}

type saleInput struct {
	ID httpapi.ID `path:"id"`
	OverviewQuery
}

type buyersInput struct {
	ID httpapi.ID `path:"id"`
	httpapi.Paging
}

type body[T any] struct{ Body T }

// DefinitionList is the answer of GET /definitions.
type DefinitionList struct {
	Items []Definition `json:"items" nullable:"false"`
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	huma.Register(api, httpapi.Op("show-overview", "GET /api/v1/reports/overview", "Show the figures of a period", role.ReportRead),
		func(ctx context.Context, in *OverviewQuery) (*body[Overview], error) {
			p, err := ParsePeriod(in.From, in.To)
			if err != nil {
				return nil, err
			}
			o, err := s.Overview(ctx, p, in.Compare)
			return &body[Overview]{o}, err
		})
	huma.Register(api, httpapi.Op("list-overview-rows", "GET /api/v1/reports/overview/rows", "List what a figure is counted from", role.ReportRead),
		func(ctx context.Context, in *rowsInput) (*body[page.Page[Row]], error) {
			p, err := ParsePeriod(in.From, in.To)
			if err != nil {
				return nil, err
			}
			rows, err := s.Rows(ctx, in.Figure, p, in.Limit, in.Cursor)
			return &body[page.Page[Row]]{rows}, err
		})
	huma.Register(api, httpapi.Op("show-product-sale", "GET /api/v1/reports/products/{id}", "Show how a product sells in a period", role.ReportRead),
		func(ctx context.Context, in *saleInput) (*body[Sale], error) {
			p, err := ParsePeriod(in.From, in.To)
			if err != nil {
				return nil, err
			}
			o, err := s.Sale(ctx, in.ID.ID, p, in.Compare)
			return &body[Sale]{o}, err
		})
	huma.Register(api, httpapi.Op("list-product-buyers", "GET /api/v1/reports/products/{id}/buyers", "List who bought a product, the last one first", role.ReportRead),
		func(ctx context.Context, in *buyersInput) (*body[page.Page[Buyer]], error) {
			p, err := s.Buyers(ctx, in.ID.ID, in.Limit, in.Cursor)
			return &body[page.Page[Buyer]]{p}, err
		})
	huma.Register(api, httpapi.Op("list-definitions", "GET /api/v1/definitions", "Say how figures are counted", role.ReportRead),
		func(ctx context.Context, _ *struct{}) (*body[DefinitionList], error) {
			d, err := s.Definitions(ctx)
			return &body[DefinitionList]{DefinitionList{d}}, err
		})
}
