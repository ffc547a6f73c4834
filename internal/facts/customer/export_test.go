package customer

import "rapport/internal/platform/sqldb"

// PageQuery is a statement with its arguments.
type PageQuery struct {
	Text string
	Args []any
}

// SetLook makes pages look at fewer rows.
func (s *Service) SetLook(n int) { s.look = n }

// PageQueries gives the statement of every list that can be asked for.
func PageQueries() []PageQuery {
	var out []PageQuery
	yes, no := true, false
	for sort := range sortColumns {
		for _, ascending := range []bool{true, false} {
			for _, buyers := range []*bool{nil, &yes, &no} {
				for _, more := range []bool{true, false} {
					for _, country := range []string{"", "DE"} {
						f := &Filter{Sort: sort, Ascending: ascending, HasOrders: buyers, Country: country}
						if country != "" {
							f.SeenFrom, f.SpentTo = 1, new(int64)
						}
						text, args := f.query(groupKnown, place{}, more, 50).Text(sqldb.SQLite)
						out = append(out, PageQuery{text, args})
					}
				}
			}
		}
	}
	return out
}
