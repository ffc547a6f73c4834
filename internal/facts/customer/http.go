package customer

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"rapport/internal/access/role"
	"rapport/internal/base/clock"
	"rapport/internal/base/id"
	"rapport/internal/base/money"
	"rapport/internal/base/page"
	"rapport/internal/platform/httpapi"
)

// Row is a customer in a list.
type Row struct {
	ID           id.ID      `json:"id"`
	ShopID       id.ID      `json:"shop_id" doc:"The shop that saw him first"`
	ExternalID   string     `json:"external_id" doc:"His user id in that shop; empty for guests and visitors"`
	Name         string     `json:"name" doc:"As he writes it"`
	Email        string     `json:"email"`
	Phone        string     `json:"phone" doc:"E.164"`
	Known        bool       `json:"known" doc:"Has an external id, an e-mail address or a phone number"`
	Orders       int64      `json:"orders" doc:"Placed, not cancelled, no test"`
	TotalSpent   money.Wire `json:"total_spent" doc:"In the reporting currency"`
	FirstSeenAt  *time.Time `json:"first_seen_at"`
	LastSeenAt   *time.Time `json:"last_seen_at" doc:"Last activity; null for somebody who never was active himself"`
	FirstOrderAt *time.Time `json:"first_order_at"`
	LastOrderAt  *time.Time `json:"last_order_at"`
	Country      string     `json:"country" doc:"ISO 3166 alpha-2"`
	City         string     `json:"city"`
	Language     string     `json:"language"`
}

// Detail is a customer's profile.
type Detail struct {
	Row
	FirstName         string          `json:"first_name"`
	LastName          string          `json:"last_name"`
	Gender            string          `json:"gender"`
	Birthday          string          `json:"birthday" doc:"2006-01-02 or empty"`
	Zone              string          `json:"zone"`
	Attributes        json.RawMessage `json:"attributes" doc:"Every other trait"`
	TotalRefunded     money.Wire      `json:"total_refunded"`
	AverageOrder      money.Wire      `json:"average_order" doc:"Spent by orders; 0 without orders"`
	UnconvertedOrders int64           `json:"unconverted_orders" doc:"Orders missing in the totals, for want of an exchange rate"`
	Identities        []IdentityRow   `json:"identities" nullable:"false"`
	Consents          []Consent       `json:"consents" nullable:"false"`
	Candidates        []CandidateRow  `json:"candidates" nullable:"false" doc:"Others who may be the same person"`
	MergedInto        *id.ID          `json:"merged_into,omitempty" doc:"The living customer, whose profile this is, where the id asked for turned out to be him"`
	Version           string          `json:"version" doc:"Names the profile as it stands; send it with a change, so that somebody else's newer change is not lost"`
	CreatedAt         time.Time       `json:"created_at"`
	UpdatedAt         time.Time       `json:"updated_at"`
}

// IdentityRow is something by which a customer is known.
type IdentityRow struct {
	Kind     string    `json:"kind" enum:"external_id,email,phone,anonymous_id"`
	Value    string    `json:"value"`
	Verified bool      `json:"verified" doc:"False: only a browser says so; it joins nobody"`
	SourceID id.ID     `json:"source_id" doc:"Where it was heard first"`
	FirstAt  time.Time `json:"first_at"`
	LastAt   time.Time `json:"last_at" doc:"To the day"`
}

// CandidateRow is another customer who may be the same person.
type CandidateRow struct {
	CustomerID id.ID  `json:"customer_id"`
	Name       string `json:"name"`
	Email      string `json:"email"`
	Reason     string `json:"reason" enum:"email,phone,alias"`
	Value      string `json:"value"`
}

// TimelineRow is one thing in a timeline.
type TimelineRow struct {
	At         time.Time       `json:"at"`
	Kind       string          `json:"kind"`
	Name       string          `json:"name"`
	ID         string          `json:"id"`
	Properties json.RawMessage `json:"properties"`
}

// Written is a customer as another system sends him.
type Written struct {
	ShopID     httpapi.ID     `json:"shop_id,omitempty" doc:"The default shop where absent"`
	ExternalID string         `json:"external_id,omitempty" maxLength:"500" example:"C-42"`
	Email      string         `json:"email,omitempty" maxLength:"1000" example:"ada@shop.example"`
	Phone      string         `json:"phone,omitempty" maxLength:"200"`
	Name       string         `json:"name,omitempty" maxLength:"1000"`
	FirstName  string         `json:"first_name,omitempty" maxLength:"1000"`
	LastName   string         `json:"last_name,omitempty" maxLength:"1000"`
	Gender     string         `json:"gender,omitempty" maxLength:"100"`
	Birthday   string         `json:"birthday,omitempty" maxLength:"40" example:"1990-04-01"`
	Language   string         `json:"language,omitempty" maxLength:"35" example:"fa"`
	Zone       string         `json:"zone,omitempty" maxLength:"64" example:"Asia/Tehran"`
	Country    string         `json:"country,omitempty" maxLength:"100" example:"IR"`
	City       string         `json:"city,omitempty" maxLength:"1000"`
	Attributes map[string]any `json:"attributes,omitempty"`
}

// ListQuery is what a list is narrowed and sorted by, wherever it is asked for: in the list and in its export.
type ListQuery struct {
	Query       string `query:"q" maxLength:"1000" doc:"Words or their beginnings, an address, a number"`
	Email       string `query:"email" maxLength:"1000" doc:"Also finds those whose address only a browser gave"`
	ExternalID  string `query:"external_id" maxLength:"500"`
	AnonymousID string `query:"anonymous_id" maxLength:"500"`
	Known       string `query:"known" enum:"true,false"`
	HasOrders   string `query:"has_orders" enum:"true,false"`
	Country     string `query:"country" maxLength:"100" doc:"ISO 3166 alpha-2, or as it is written in profiles"`
	City        string `query:"city" maxLength:"200" doc:"Whole; Latin capitals do not matter"`
	Language    string `query:"language" maxLength:"35" doc:"As in profiles: fa, en-GB ..."`
	SeenFrom    string `query:"seen_from" format:"date" doc:"Last active on this day of the reporting zone or later"`
	SeenTo      string `query:"seen_to" format:"date" doc:"Last active before this day"`
	SpentFrom   string `query:"spent_from" maxLength:"24" doc:"In the reporting currency"`
	SpentTo     string `query:"spent_to" maxLength:"24"`
	Sort        string `query:"sort" enum:"last_seen,name,spent,orders,created" doc:"last_seen where absent"`
	Order       string `query:"order" enum:"asc,desc" doc:"desc where absent, asc for names"`
}

type listInput struct {
	ListQuery
	httpapi.Paging
}

func (s *Service) filter(in *listInput) (Filter, error) {
	f := Filter{
		Query: in.Query, Email: in.Email, ExternalID: in.ExternalID, AnonymousID: in.AnonymousID, Known: yesNo(in.Known),
		HasOrders: yesNo(in.HasOrders), Sort: in.Sort, Limit: in.Limit, Cursor: in.Cursor,
	}
	f.Ascending = in.Order == "asc" || in.Order == "" && in.Sort == "name"
	f.Country, f.City, f.Language = strings.ToUpper(in.Country), in.City, in.Language
	if len(in.Country) != 2 {
		f.Country = in.Country
	}
	currency, zone := s.Reporting()
	var err error
	if f.SeenFrom, err = httpapi.Day("seen_from", in.SeenFrom, zone); err != nil {
		return f, err
	}
	if f.SeenTo, err = httpapi.Day("seen_to", in.SeenTo, zone); err != nil {
		return f, err
	}
	if f.SpentFrom, err = httpapi.Amount("spent_from", in.SpentFrom, currency); err != nil {
		return f, err
	}
	f.SpentTo, err = httpapi.Amount("spent_to", in.SpentTo, currency)
	return f, err
}

func yesNo(s string) *bool {
	if s == "" {
		return nil
	}
	yes := s == "true"
	return &yes
}

type listOutput struct{ Body page.Page[Row] }

type detailOutput struct{ Body Detail }

type timelineOutput struct{ Body page.Page[TimelineRow] }

type timelineInput struct {
	ID     httpapi.ID `path:"id"`
	Kind   []string   `query:"kind,explode" doc:"Repeated, or separated by commas"`
	Limit  int        `query:"limit" minimum:"0" maximum:"500"`
	Cursor string     `query:"cursor"`
}

// Routes adds the operations.
func (s *Service) Routes(api huma.API) {
	s.exportRoutes(api)
	huma.Register(api, httpapi.Op("list-customers", "GET /api/v1/customers", "Customers, found and sorted", role.CustomerRead),
		func(ctx context.Context, in *listInput) (*listOutput, error) {
			p, err := s.page(ctx, in)
			return &listOutput{p}, err
		})
	huma.Register(api, httpapi.Op("get-customer", "GET /api/v1/customers/{id}", "A customer's profile", role.CustomerRead),
		func(ctx context.Context, in *struct {
			ID httpapi.ID `path:"id"`
		},
		) (*detailOutput, error) {
			p, err := s.Get(ctx, in.ID.ID)
			if err != nil {
				return nil, err
			}
			return &detailOutput{s.detail(&p)}, nil
		})
	huma.Register(api, httpapi.Op("list-customer-timeline", "GET /api/v1/customers/{id}/timeline", "What happened with a customer, newest first", role.CustomerRead),
		func(ctx context.Context, in *timelineInput) (*timelineOutput, error) {
			p, err := s.Timeline(ctx, in.ID.ID, kindsOf(in.Kind), in.Cursor, in.Limit)
			if err != nil {
				return nil, err
			}
			return &timelineOutput{timelineShape(p)}, nil
		})
	s.writeRoutes(api)
	huma.Register(api, httpapi.Op("put-customer", "POST /api/v1/customers", "Write a customer by his external id, e-mail address or phone number", role.CustomerWrite),
		func(ctx context.Context, in *struct{ Body Written }) (*detailOutput, error) {
			p, err := s.Put(ctx, in.Body.draft())
			if err != nil {
				return nil, err
			}
			return &detailOutput{s.detail(&p)}, nil
		})
}

func kindsOf(given []string) []string {
	var out []string
	for _, g := range given {
		for k := range strings.SplitSeq(g, ",") {
			if k = strings.TrimSpace(k); k != "" {
				out = append(out, k)
			}
		}
	}
	return out
}

func timelineShape(p page.Page[TimelineItem]) page.Page[TimelineRow] {
	out := page.Page[TimelineRow]{Items: make([]TimelineRow, len(p.Items)), NextCursor: p.NextCursor}
	for i, t := range p.Items {
		if len(t.Properties) == 0 {
			t.Properties = json.RawMessage("{}")
		}
		out.Items[i] = TimelineRow{At: clock.FromMicros(t.At), Kind: t.Kind, Name: t.Name, ID: t.ID, Properties: t.Properties}
	}
	return out
}

func (s *Service) money(minor int64) money.Wire {
	currency, _ := s.Reporting()
	return money.New(minor, currency).Wire()
}

func (s *Service) page(ctx context.Context, in *listInput) (page.Page[Row], error) {
	f, err := s.filter(in)
	if err != nil {
		return page.Page[Row]{}, err
	}
	p, err := s.List(ctx, f)
	return page.Map(p, s.row), err
}

func (s *Service) row(c *Customer) Row {
	return Row{
		ID: c.ID, ShopID: c.ShopID, ExternalID: c.ExternalID, Name: c.Name, Email: c.Email, Phone: c.Phone, Known: c.Known, Orders: c.Orders,
		TotalSpent: s.money(c.Spent), FirstSeenAt: instant(c.FirstSeenAt), LastSeenAt: instant(c.LastSeenAt), FirstOrderAt: instant(c.FirstOrderAt),
		LastOrderAt: instant(c.LastOrderAt), Country: c.Country, City: c.City, Language: c.Language,
	}
}

func (s *Service) detail(p *Profile) Detail {
	d := Detail{
		Row: s.row(&p.Customer), FirstName: p.FirstName, LastName: p.LastName, Gender: p.Gender, Birthday: p.Birthday, Zone: p.Zone,
		Attributes: p.Attributes, TotalRefunded: s.money(p.Refunded), AverageOrder: s.money(average(p.Spent, p.Orders-p.Unconverted)),
		UnconvertedOrders: p.Unconverted, Identities: make([]IdentityRow, len(p.Identities)), Consents: p.Consents,
		Candidates: make([]CandidateRow, len(p.Candidates)), Version: p.Version(), CreatedAt: clock.FromMicros(p.CreatedAt), UpdatedAt: clock.FromMicros(p.UpdatedAt),
	}
	for i, x := range p.Identities {
		d.Identities[i] = IdentityRow{
			Kind: x.Kind, Value: x.Value, Verified: x.Verified, SourceID: x.SourceID,
			FirstAt: clock.FromMicros(x.FirstAt), LastAt: clock.FromMicros(x.LastAt),
		}
	}
	for i, x := range p.Candidates {
		d.Candidates[i] = CandidateRow(x)
	}
	if p.MergedInto != 0 {
		d.MergedInto = &p.MergedInto
	}
	return d
}

// average rounds half up, as invoices are.
func average(sum, n int64) int64 {
	if n <= 0 {
		return 0
	}
	return (2*sum + n) / (2 * n)
}

func instant(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := clock.FromMicros(us)
	return &t
}
