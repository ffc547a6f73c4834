package customer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"rapport/internal/base/id"
	"rapport/internal/platform/keyset"
	"rapport/internal/platform/sqldb"
)

const columns = `customer_id, shop_id, external_id, name, email, phone, known, orders, total_spent, first_seen_at, last_seen_at,
	first_order_at, last_order_at, country, city, language, name_sort`

func (c *Customer) fields() []any {
	return []any{
		&c.ID, &c.ShopID, &c.ExternalID, &c.Name, &c.Email, &c.Phone, &c.Known, &c.Orders, &c.Spent, &c.FirstSeenAt, &c.LastSeenAt,
		&c.FirstOrderAt, &c.LastOrderAt, &c.Country, &c.City, &c.Language, &c.nameSort,
	}
}

// sortColumns are the columns that lists are sorted by; each has an index that begins with list_group.
var sortColumns = map[string]string{
	"": "last_seen_at", "last_seen": "last_seen_at", "name": "name_sort", "spent": "total_spent", "orders": "orders", "created": "first_seen_at",
}

// query reads one group in the order of a list. What its index does not answer is looked at row by row; a plus keeps engines from another
// index, with which they would have to sort.
func (f *Filter) query(group int64, after place, more bool, limit int) *keyset.Query {
	column := sortColumns[f.Sort]
	q := &keyset.Query{Columns: columns, From: "customers", By: []string{column, "customer_id"}, Down: !f.Ascending, Limit: limit}
	if more {
		q.After = keyset.Place{after.number, int64(after.id)}
		if f.Sort == "name" {
			q.After[0] = after.text
		}
	}
	q.Path("list_group = ?", group)
	among := func(of, compare string, v any) {
		if of == column {
			q.Bound(compare, v)
		} else {
			q.Filter("+"+of+" "+compare+" ?", v)
		}
	}
	if f.HasOrders != nil && *f.HasOrders {
		among("orders", ">", int64(0))
	} else if f.HasOrders != nil {
		q.Filter("+orders = ?", int64(0))
	}
	if f.SeenFrom != 0 {
		among("last_seen_at", ">=", f.SeenFrom)
	}
	if f.SeenTo != 0 {
		among("last_seen_at", "<", f.SeenTo)
	}
	if f.SpentFrom != nil {
		among("total_spent", ">=", *f.SpentFrom)
	}
	if f.SpentTo != nil {
		among("total_spent", "<=", *f.SpentTo)
	}
	if f.Country != "" {
		q.Filter("country = ?", f.Country)
	}
	if f.Language != "" {
		q.Filter("language = ?", f.Language)
	}
	if f.City != "" {
		q.Filter("(city = ? OR LOWER(city) = ?)", f.City, strings.ToLower(f.City))
	}
	return q
}

func scanCustomer(rows *sql.Rows) (Customer, error) {
	var c Customer
	err := rows.Scan(c.fields()...)
	return c, err
}

// selectFew gives those of a group who have orders, or who have none, where they are at most max; all is false where they are more.
func selectFew(ctx context.Context, q sqldb.Q, group int64, buyers bool, max int) (few []Customer, all bool, err error) {
	is := "orders = 0"
	if buyers {
		is = "orders > 0"
	}
	// The count goes by the index alone and stops early; only then are rows read.
	var n int
	err = q.Row(ctx, `SELECT COUNT(*) FROM (SELECT customer_id FROM customers WHERE list_group = $1 AND `+is+` LIMIT $2) AS few`, group, max+1).Scan(&n)
	if err != nil {
		return nil, false, fmt.Errorf("count some customers: %w", err)
	}
	if n > max {
		return nil, false, nil
	}
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM customers WHERE list_group = $1 AND `+is, group)
	if err != nil {
		return nil, false, fmt.Errorf("select some customers: %w", err)
	}
	few, err = scanCustomers(rows)
	return few, err == nil, err
}

func scanCustomers(rows *sql.Rows) ([]Customer, error) {
	defer func() { _ = rows.Close() }()
	var out []Customer
	for rows.Next() {
		var c Customer
		if err := rows.Scan(c.fields()...); err != nil {
			return nil, fmt.Errorf("scan customer: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

const sqlCustomers = `SELECT ` + columns + ` FROM customers WHERE customer_id IN (%s) AND merged_into = 0`

func selectCustomers(ctx context.Context, q sqldb.Q, people []id.ID) ([]Customer, error) {
	var out []Customer
	people = slices.Compact(slices.Sorted(slices.Values(people)))
	err := each(ctx, q, sqlCustomers, nil, ids(people), func(rows *sql.Rows) error {
		var c Customer
		if err := rows.Scan(c.fields()...); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select found customers: %w", err)
	}
	return out, nil
}

const sqlByIdentity = `SELECT DISTINCT customer_id FROM customer_identities WHERE value = $1 AND kind = $2 ORDER BY customer_id DESC LIMIT $3`

func selectByIdentity(ctx context.Context, q sqldb.Q, kind, value string, limit int) ([]id.ID, error) {
	return selectIDs(ctx, q, sqlByIdentity, sqldb.Clean(value), kind, limit)
}

func selectIDs(ctx context.Context, q sqldb.Q, query string, args ...any) ([]id.ID, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("select customers by identity: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []id.ID
	for rows.Next() {
		var c id.ID
		if err := rows.Scan(&c); err != nil {
			return nil, fmt.Errorf("scan customer id: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// Who has the same address, where one of the two has it from a server.
const sqlSharers = `SELECT DISTINCT customer_id FROM customer_identities WHERE value = $1 AND kind = $2 AND customer_id <> $3 AND (verified OR $4)
	ORDER BY customer_id LIMIT $5`

func selectSharers(ctx context.Context, q sqldb.Q, c id.ID, i Identity, limit int) ([]id.ID, error) {
	return selectIDs(ctx, q, sqlSharers, i.Value, i.Kind, int64(c), i.Verified, limit)
}

// Who said that the id was his before.
const sqlAliasClaims = `SELECT DISTINCT claimant FROM identity_claims WHERE anonymous_id = $1 AND kind = 'alias' ORDER BY claimant LIMIT 50`

func selectClaimants(ctx context.Context, q sqldb.Q, anonymous string) ([]string, error) {
	rows, err := q.Query(ctx, sqlAliasClaims, anonymous)
	if err != nil {
		return nil, fmt.Errorf("select aliases: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var c string
		if err := rows.Scan(&c); err != nil {
			return nil, fmt.Errorf("scan alias: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

// selectAliased gives the known customers that an alias names together with c: by it one user says that former was his user id.
func selectAliased(ctx context.Context, q sqldb.Q, c id.ID, former string) ([]id.ID, error) {
	claimants, err := selectClaimants(ctx, q, former)
	if err != nil || len(claimants) == 0 {
		return nil, err
	}
	var values []string
	for _, name := range claimants {
		if shop, ok := shopOf(name); ok {
			_, now := split(name)
			_, then := split(userKey(shop, former))
			values = append(values, now, then)
		}
	}
	owner := map[string]id.ID{}
	if err := selectKeys(ctx, q, KindExternal, values, func(value string, o owned) { owner[value] = o.customer }); err != nil {
		return nil, err
	}
	var out []id.ID
	for i := 0; i < len(values); i += 2 {
		now, then := owner[values[i]], owner[values[i+1]]
		switch {
		case now == 0 || then == 0 || now == then:
		case now == c:
			out = append(out, then)
		case then == c:
			out = append(out, now)
		}
	}
	return out, nil
}

func shopOf(user string) (id.ID, bool) {
	_, value := split(user)
	shop, _ := split(value)
	s, err := id.Parse(shop)
	return s, err == nil
}

func selectMergedInto(ctx context.Context, q sqldb.Q, c id.ID) (into id.ID, ok bool, err error) {
	err = q.Row(ctx, `SELECT merged_into FROM customers WHERE customer_id = $1`, int64(c)).Scan(&into)
	if errors.Is(err, sqldb.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("select customer: %w", err)
	}
	return into, true, nil
}

const sqlProfile = `SELECT ` + columns + `, first_name, last_name, gender, birthday, zone, attributes, total_refunded, unconverted, created_at, updated_at
	FROM customers WHERE customer_id = $1`

func selectProfile(ctx context.Context, q sqldb.Q, c id.ID) (Profile, error) {
	var p Profile
	var attributes sqldb.RawJSON
	err := q.Row(ctx, sqlProfile, int64(c)).Scan(append(p.fields(), &p.FirstName, &p.LastName, &p.Gender, &p.Birthday, &p.Zone, &attributes,
		&p.Refunded, &p.Unconverted, &p.CreatedAt, &p.UpdatedAt)...)
	if errors.Is(err, sqldb.ErrNoRows) {
		return p, errNoCustomer
	}
	if err != nil {
		return p, fmt.Errorf("select profile: %w", err)
	}
	p.Attributes = []byte(attributes)
	return p, nil
}

// described is what a customer is found by.
type described struct {
	id                             id.ID
	name, email, phone, externalID string
	merged                         id.ID
}

const sqlDescribed = `SELECT customer_id, name, email, phone, external_id, merged_into FROM customers WHERE customer_id IN (%s)`

func selectDescribed(ctx context.Context, q sqldb.Q, people []id.ID) ([]described, error) {
	var out []described
	err := each(ctx, q, sqlDescribed, nil, ids(people), func(rows *sql.Rows) error {
		var d described
		if err := rows.Scan(&d.id, &d.name, &d.email, &d.phone, &d.externalID, &d.merged); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select what customers are found by: %w", err)
	}
	return out, nil
}
