package importer

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/platform/httpapi"
)

// PlanRow is a plan as the API shows it.
type PlanRow struct {
	Import   Row         `json:"import"`
	Columns  []ColumnRow `json:"columns"`
	Fields   []string    `json:"fields" doc:"What a column may be, the needed ones first"`
	Missing  [][]string  `json:"missing" doc:"Groups of fields of which one is needed and no column was found"`
	Headless bool        `json:"headless" doc:"The first line is read as data; header=none in the mapping"`
	Problem  string      `json:"problem" doc:"Why the file cannot be read in this way; empty where it can"`
}

// ColumnRow is a column of the file.
type ColumnRow struct {
	Name    string   `json:"name"`
	Looks   string   `json:"looks" enum:"empty,email,phone,date,money,number,id,url,image,yes_no,json,text" doc:"What its cells look like"`
	Samples []string `json:"samples"`
	Field   string   `json:"field" doc:"What it is taken for; empty for nothing"`
	By      string   `json:"by" enum:",header,content,you" doc:"Who says so"`
}

// PreviewRow is a preview as the API shows it.
type PreviewRow struct {
	Rows      int64            `json:"rows" doc:"Looked at"`
	Whole     bool             `json:"whole" doc:"These are all rows of the file; else its first ones"`
	Created   int64            `json:"created"`
	Updated   int64            `json:"updated"`
	Unchanged int64            `json:"unchanged"`
	Refused   int64            `json:"refused"`
	Skipped   map[string]int64 `json:"skipped" doc:"Rows left out on purpose, by reason"`
	Samples   []SampleRow      `json:"samples"`
	Refusals  []RefusalRow     `json:"refusals" doc:"The first refused rows"`
}

// SampleRow is one thing before and after.
type SampleRow struct {
	Outcome string           `json:"outcome" enum:"created,updated"`
	Title   string           `json:"title"`
	Fields  []SampleFieldRow `json:"fields"`
}

// SampleFieldRow is one of its fields.
type SampleFieldRow struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// RefusalRow is a row that would be refused.
type RefusalRow struct {
	Line   int64  `json:"line"`
	Column string `json:"column"`
	Reason string `json:"reason"`
	Value  string `json:"value"`
}

func shapePlan(p *Plan) PlanRow {
	out := PlanRow{Import: shape(&p.Import), Columns: make([]ColumnRow, len(p.Columns)), Fields: p.Fields, Missing: p.Missing, Headless: p.Headless, Problem: p.Problem}
	for i, c := range p.Columns {
		out.Columns[i] = ColumnRow(c)
		if c.Samples == nil {
			out.Columns[i].Samples = []string{}
		}
	}
	return out
}

func shapePreview(p *Preview) PreviewRow {
	out := PreviewRow{Rows: p.Rows, Whole: p.Whole, Created: p.Created, Updated: p.Updated, Unchanged: p.Unchanged, Refused: p.Refused, Skipped: p.Skipped,
		Samples: make([]SampleRow, len(p.Samples)), Refusals: make([]RefusalRow, len(p.Refusals))}
	if out.Skipped == nil {
		out.Skipped = map[string]int64{}
	}
	for i, s := range p.Samples {
		out.Samples[i] = SampleRow{Outcome: s.Outcome, Title: s.Title, Fields: make([]SampleFieldRow, len(s.Fields))}
		for k, f := range s.Fields {
			out.Samples[i].Fields[k] = SampleFieldRow(f)
		}
	}
	for i, r := range p.Refusals {
		out.Refusals[i] = RefusalRow(r)
	}
	return out
}

type changeBody struct {
	Kind     *Kind             `json:"kind,omitempty" enum:"customers,orders,order_lines,products,events,web_logs" doc:"Another kind forgets the mapping"`
	Mapping  map[string]string `json:"mapping,omitempty" doc:"Field -> column, the whole of it; - leaves a field out"`
	Currency *string           `json:"currency,omitempty" maxLength:"3"`
	Zone     *string           `json:"zone,omitempty" maxLength:"100"`
}

// wizardRoutes adds the operations on drafts.
func (s *Service) wizardRoutes(api huma.API) {
	huma.Register(api, httpapi.Op("get-import-plan", "GET /api/v1/imports/{id}/plan", "Show what a draft is taken for: its kind, its columns and their fields", role.ImportRun),
		func(ctx context.Context, in *one) (*body[PlanRow], error) {
			p, err := s.Plan(ctx, in.ID.ID)
			if err != nil {
				return nil, err
			}
			return &body[PlanRow]{shapePlan(&p)}, nil
		})
	huma.Register(api, httpapi.Op("update-import", "PATCH /api/v1/imports/{id}", "Correct what a draft is taken for", role.ImportRun),
		func(ctx context.Context, in *struct {
			ID   httpapi.ID `path:"id"`
			Body changeBody
		}) (*body[PlanRow], error) {
			p, err := s.Change(ctx, in.ID.ID, Change{Kind: in.Body.Kind, Mapping: in.Body.Mapping, Currency: in.Body.Currency, Zone: in.Body.Zone})
			if err != nil {
				return nil, err
			}
			return &body[PlanRow]{shapePlan(&p)}, nil
		})
	preview := httpapi.Op("preview-import", "POST /api/v1/imports/{id}/preview", "Tell what the import of a draft would do", role.ImportRun)
	preview.Description = "The beginning of the file, or all of a small one, is imported and taken back at once. Nothing is changed."
	huma.Register(api, preview, func(ctx context.Context, in *one) (*body[PreviewRow], error) {
		p, err := s.Preview(ctx, in.ID.ID)
		if err != nil {
			return nil, err
		}
		return &body[PreviewRow]{shapePreview(&p)}, nil
	})
	huma.Register(api, httpapi.Op("start-import", "POST /api/v1/imports/{id}/start", "Import a draft", role.ImportRun),
		func(ctx context.Context, in *struct {
			ID     httpapi.ID `path:"id"`
			DryRun bool       `query:"dry_run" doc:"Read and check everything, change nothing"`
			Seen   time.Time  `query:"seen" doc:"The draft's updated_at when it was looked at; where it was corrected since, nothing is started"`
		}) (*body[Row], error) {
			seen := int64(0)
			if !in.Seen.IsZero() {
				seen = clock.Micros(in.Seen)
			}
			i, err := s.Begin(ctx, in.ID.ID, in.DryRun, seen)
			if err != nil {
				return nil, err
			}
			return &body[Row]{shape(&i)}, nil
		})
	undo := httpapi.Op("undo-import", "POST /api/v1/imports/{id}/undo", "Take back what an import did", role.ImportRun)
	undo.Description = "What it made is removed, what it changed gets back what it had, as far as nobody changed it since. GET /imports/{id} tells how far that is and what could not be undone."
	huma.Register(api, undo, func(ctx context.Context, in *one) (*body[Row], error) {
		i, err := s.Undo(ctx, in.ID.ID)
		if err != nil {
			return nil, err
		}
		return &body[Row]{shape(&i)}, nil
	})
	huma.Register(api, httpapi.Status(http.StatusNoContent, httpapi.Op("discard-import", "DELETE /api/v1/imports/{id}", "Discard a draft and its file", role.ImportRun)),
		func(ctx context.Context, in *one) (*struct{}, error) {
			return nil, s.Discard(ctx, in.ID.ID)
		})
}
