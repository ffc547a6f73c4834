package customer

import (
	"context"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/sqldb"
)

// Peeked is what is shown of a customer's profile: field -> text. Attributes are JSON under "attributes.<name>".
type Peeked map[string]string

// Peek gives the profiles of customers as they stand in a transaction. Meant for who shows what a change would do: it asks nobody's permission.
func (s *Service) Peek(ctx context.Context, q sqldb.Q, people []id.ID) (map[id.ID]Peeked, error) {
	out := map[id.ID]Peeked{}
	err := selectProfiles(ctx, q, people, func(c id.ID, p *profile) {
		n := &p.shown
		m := Peeked{}
		for field, v := range map[string]string{"customer_id": p.externalID, "name": n.name, "first_name": n.first, "last_name": n.last, "email": n.email, "phone": n.phone,
			"gender": n.gender, "birthday": n.birthday, "language": n.language, "zone": n.zone, "country": n.country, "city": n.city} {
			if v != "" {
				m[field] = v
			}
		}
		for _, l := range []layer{p.layers.loose, p.layers.own} {
			for name, t := range l {
				if _, column := columnOf[name]; !column && t.value != "null" {
					m["attributes."+name] = strings.Trim(t.value, `"`)
				}
			}
		}
		out[c] = m
	})
	return out, err
}
