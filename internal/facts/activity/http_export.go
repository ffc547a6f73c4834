package activity

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/export"
	"rapport/internal/access/role"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

var tableColumns = []export.Column[Event]{
	{Key: "id", Cell: func(e *Event) any { return e.ID }},
	{Key: "at", Cell: func(e *Event) any { return e.At }},
	{Key: "received_at", Cell: func(e *Event) any { return e.ReceivedAt }},
	{Key: "kind", Cell: func(e *Event) any { return e.Kind }},
	{Key: "name", Cell: func(e *Event) any { return e.Name }},
	{Key: "customer_id", Cell: func(e *Event) any { return e.CustomerID.String() }},
	{Key: "anonymous_id", Cell: func(e *Event) any { return e.AnonymousID }},
	{Key: "user_id", Cell: func(e *Event) any { return e.UserID }},
	{Key: "session_id", Cell: func(e *Event) any { return e.SessionID }},
	{Key: "shop_id", Cell: func(e *Event) any { return e.ShopID.String() }},
	{Key: "source_id", Cell: func(e *Event) any { return e.SourceID.String() }},
	{Key: "message_id", Cell: func(e *Event) any { return e.MessageID }},
	{Key: "properties", Cell: func(e *Event) any { return string(e.Properties) }},
	{Key: "context", Cell: func(e *Event) any { return string(e.Context) }},
}

// ExportQuery asks for events as a file.
type ExportQuery struct {
	ListQuery
	export.Choice
}

func (s *Service) exportRoutes(api huma.API) {
	if s.Exports == nil {
		return
	}
	export.Register(api, s.Exports, export.List[ExportQuery, Event]{Name: "events", Columns: tableColumns,
		Op: httpapi.Op("export-events", "GET /api/v1/events/export", "Take the list of events out as CSV or XLSX", role.CustomerExport),
		Page: func(ctx context.Context, in *ExportQuery, cursor string) (page.Page[Event], error) {
			return s.List(ctx, filter(&listInput{in.ListQuery, httpapi.Whole(cursor)}))
		}})
}
