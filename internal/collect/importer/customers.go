package importer

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"rapport/internal/facts/customer"
)

// customerRows makes people of rows.
type customerRows struct {
	*builder
	attributes []string // name of each column that is no field, "" for fields
}

func newCustomerRows(b *builder) *customerRows {
	c := &customerRows{builder: b, attributes: make([]string, len(b.cols.header))}
	for i, h := range b.cols.header {
		if !b.cols.used[i] {
			c.attributes[i] = snake(h)
		}
	}
	return c
}

// snake makes an attribute's name of a heading: "Total Spent (EUR)" is total_spent_eur.
func snake(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.TrimSpace(s) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte('_')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return cutText(b.String(), 100)
}

var customerTraits = [...][2]string{{"email", "email"}, {"phone", "phone"}, {"name", "name"}, {"first_name", "firstName"}, {"last_name", "lastName"},
	{"gender", "gender"}, {"birthday", "birthday"}, {"language", "language"}, {"zone", "timezone"}}

var customerAddress = [...][2]string{{"street", "street"}, {"city", "city"}, {"region", "state"}, {"postcode", "postalCode"}, {"country", "country"}}

func (c *customerRows) add(r *row) error {
	if r.err != nil {
		c.refuse(r.err, r.end, r.after)
		return nil
	}
	bad := c.person(r)
	if bad != nil {
		c.refuse(bad, r.end, r.after)
		return nil
	}
	return c.finish(1, r.after, r.end)
}

func (c *customerRows) flush() error { return nil }

func (c *customerRows) person(r *row) *rowError {
	user, email, phone := key(c.field(r, "customer_id")), c.field(r, "email"), c.field(r, "phone")
	phone = strings.TrimPrefix(phone, "'") // how spreadsheets keep a leading plus
	if user == "" && email == "" && phone == "" {
		return refuse(r.line, c.column("email"), "", "The row names no person: it has no id, e-mail or phone.")
	}
	if len(user) > maxKey {
		return refuse(r.line, c.column("customer_id"), user, "It is longer than %d characters.", maxKey)
	}
	if email != "" && (!strings.Contains(email, "@") || len(email) > 254) {
		return refuse(r.line, c.column("email"), email, "It is not an e-mail address.")
	}
	at, bad := c.speaksAt(r)
	if bad != nil {
		return bad
	}
	traits, bad := c.traits(r, phone)
	if bad != nil {
		return bad
	}
	consents, bad := c.consent(r, at)
	if bad != nil {
		return bad
	}
	c.cur.consents = append(c.cur.consents, consents...)
	c.cur.signals = append(c.cur.signals, customer.Signal{ShopID: c.im.ShopID, SourceID: c.im.SourceID, Server: true, At: at, UserID: user, Traits: traits})
	return nil
}

func (c *customerRows) traits(r *row, phone string) ([]byte, *rowError) {
	t := map[string]any{}
	for i, name := range c.attributes {
		v := cell(r.cells, i)
		if name == "" || v == "" {
			continue
		}
		if name == "tags" {
			t[name] = list(v)
		} else {
			t[name] = cutText(v, 4000)
		}
	}
	for _, f := range customerTraits {
		if v := c.field(r, f[0]); v != "" {
			t[f[1]] = cutText(v, 1000)
		}
	}
	if phone != "" {
		t["phone"] = phone
	}
	if s := c.field(r, "birthday"); s != "" {
		day, err := c.dates.read(s)
		if err != nil {
			return nil, refuse(r.line, c.column("birthday"), s, "%s.", sentence(err))
		}
		t["birthday"] = day.Format("2006-01-02")
	}
	if s := c.field(r, "created_at"); s != "" {
		at, err := c.dates.parse(s)
		if err != nil {
			return nil, refuse(r.line, c.column("created_at"), s, "%s.", sentence(err))
		}
		t["createdAt"] = rfc3339(at)
	}
	address := map[string]any{}
	for _, f := range customerAddress {
		if v := c.field(r, f[0]); v != "" {
			address[f[1]] = cutText(v, 500)
		}
	}
	if len(address) > 0 {
		t["address"] = address
	}
	if v := c.field(r, "company"); v != "" {
		t["company"] = map[string]any{"name": cutText(v, 500)}
	}
	out, err := json.Marshal(t)
	if err != nil {
		return nil, refuse(r.line, "", "", "The row cannot be kept: %v.", err)
	}
	return out, nil
}

func list(s string) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
		if part = strings.TrimSpace(part); part != "" && len(out) < 200 {
			out = append(out, cutText(part, 255))
		}
	}
	return out
}

// consent reads what a row says about consents. What cannot be read as yes or no is refused, never guessed.
func (c *customerRows) consent(r *row, at int64) ([]Consent, *rowError) {
	var out []Consent
	for _, f := range [...][2]string{{"accepts_email", "email"}, {"accepts_sms", "sms"}} {
		s := c.field(r, f[0])
		if s == "" {
			continue
		}
		yes, ok := truth(s)
		if !ok {
			return nil, refuse(r.line, c.column(f[0]), s, "It is neither yes nor no; a consent is not guessed.")
		}
		when, bad := c.at(r, "consent_at")
		if bad != nil {
			return nil, bad
		}
		if when == 0 {
			when = at
		}
		proof := map[string]any{"file": c.im.Name, "line": r.line, "column": c.column(f[0]), "value": s, "import_id": c.im.ID.String()}
		for field, name := range map[string]string{"consent_source": "source", "consent_wording": "wording", "consent_ip": "ip"} {
			if v := c.field(r, field); v != "" {
				proof[name] = cutText(v, 4000)
			}
		}
		if !c.cols.has("consent_at") {
			proof["time_unknown"] = true // the file does not say when
		}
		out = append(out, Consent{SourceID: c.im.SourceID, Channel: f[1], Purpose: "marketing", Granted: yes, At: when, Proof: proof, signal: len(c.cur.signals)})
	}
	return out, nil
}

func rfc3339(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339) }

func isoMicro(us int64) string {
	return time.UnixMicro(us).UTC().Format("2006-01-02T15:04:05.999999Z07:00")
}
