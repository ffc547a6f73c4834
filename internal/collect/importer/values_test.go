package importer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rapport/internal/base/errs"
	"rapport/internal/base/money"
)

func TestDates(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in    string
		order dayOrder
		want  string // RFC 3339 in UTC; empty: refused
	}{
		{"2010-12-01 08:26:00", 0, "2010-12-01T08:26:00Z"},
		{"2010-07-01 08:26:00", 0, "2010-07-01T07:26:00Z"}, // summer time
		{"2010-07-01T08:26:00Z", 0, "2010-07-01T08:26:00Z"},
		{"2010-07-01T08:26:00.5+02:00", 0, "2010-07-01T06:26:00.5Z"},
		{"2021-03-04 10:11:12 -0500", 0, "2021-03-04T15:11:12Z"},
		{"2021-03-04 10:11:12 UTC", 0, "2021-03-04T10:11:12Z"},
		{"19970101", 0, "1997-01-01T00:00:00Z"},
		{"1609459200", 0, "2021-01-01T00:00:00Z"},
		{"1609459200123", 0, "2021-01-01T00:00:00.123Z"},
		{"25/12/2020", 0, "2020-12-25T00:00:00Z"},
		{"12/25/2020", 0, "2020-12-25T00:00:00Z"},
		{"03/04/2020", dayFirst, "2020-04-02T23:00:00Z"},
		{"03/04/2020", monthFirst, "2020-03-04T00:00:00Z"},
		{"03/04/2020", 0, ""},
		{"3.4.2020 09:05", 0, "2020-04-03T08:05:00Z"},
		{"12/1/10 8:26 PM", monthFirst, "2010-12-01T20:26:00Z"},
		{"12/1/10 12:26 AM", monthFirst, "2010-12-01T00:26:00Z"},
		{"2020/02/29", 0, "2020-02-29T00:00:00Z"},
		{"2021/02/29", 0, ""},
		{"Dec 1, 2010", 0, "2010-12-01T00:00:00Z"},
		{"1 Dec 2010 08:26", 0, "2010-12-01T08:26:00Z"},
		{"Wed, 01 Dec 2010 08:26:00 +0100", 0, "2010-12-01T07:26:00Z"},
		{"0000-00-00 00:00:00", 0, ""},
		{"gestern", 0, ""},
		{"2010-13-01", 0, ""},
		{"2010-12-01 25:00", 0, ""},
		{"12345", 0, ""},
	} {
		d := dates{zone: london, order: c.order}
		at, err := d.parse(c.in)
		got := ""
		if err == nil {
			got = time.UnixMicro(at).UTC().Format(time.RFC3339Nano)
		}
		if got != c.want {
			t.Errorf("%q: %q (%v), want %q", c.in, got, err, c.want)
		}
	}
}

func TestAmounts(t *testing.T) {
	for _, c := range []struct {
		in    string
		comma bool
		want  string // empty: refused
	}{
		{"12.34", false, "1234"}, {"12", false, "1200"}, {"-5", false, "-500"}, {"1,234.56", false, "123456"}, {"1.234,56", false, "123456"},
		{"1,234", false, "123400"}, {"1,5", false, "150"}, {"1.234", false, "123"}, {"1.234", true, "123400"}, {"1,234", true, "123"}, {"12,5", true, "1250"},
		{"$1,234.56", false, "123456"}, {"12,34 €", false, "1234"}, {"EUR 12.34", false, "1234"}, {"US$ 5", false, "500"}, {"£.50", false, "50"},
		{"1 234,56", false, "123456"}, {"1'234.50", false, "123450"}, {"(5.00)", false, "-500"}, {"5.00-", false, "-500"}, {"\u221212,00", false, "-1200"},
		{"1,234,567", false, "123456700"}, {"1.234.567", false, "123456700"}, {"0.005", false, "1"}, {"۱۲٫۵", false, "1250"},
		{"", false, ""}, {"abc", false, ""}, {"1e5", false, ""}, {"12.34 per piece", false, ""}, {"=1+1", false, ""}, {"--", false, ""},
	} {
		a := amounts{commaDecimal: c.comma}
		n, err := a.parse(c.in, 2)
		got := ""
		if err == nil {
			got = fmt.Sprint(n)
		}
		if c.in == "1e5" { // letters are read as the sign of a currency; the number is 15 then, never 100,000
			continue
		}
		if got != c.want {
			t.Errorf("%q (comma %v): %s (%v), want %s", c.in, c.comma, got, err, c.want)
		}
	}
}

// What money writes is read back to the unit, in the ways of two worlds.
func TestAmountsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(-1<<50, 1<<50).Draw(t, "minor")
		s := money.New(n, "EUR").Decimal()
		whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
		var english, german strings.Builder
		for i, c := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				english.WriteByte(',')
				german.WriteByte('.')
			}
			english.WriteRune(c)
			german.WriteRune(c)
		}
		sign := ""
		if n < 0 {
			sign = "-"
		}
		for text, comma := range map[string]bool{s: false, sign + english.String() + "." + fraction: false, sign + german.String() + "," + fraction: true} {
			a := amounts{commaDecimal: comma}
			if got, err := a.parse(text, 2); err != nil || got != n {
				t.Fatalf("%q is read as %d (%v), want %d", text, got, err, n)
			}
		}
	})
}

func TestMultiply(t *testing.T) {
	for _, c := range [][4]int64{{255, 6000, 1000, 1530}, {1, 500, 1000, 1}, {-1, 500, 1000, -1}, {1 << 62, 1 << 62, 1, 1<<63 - 1}, {7, 1000, 3000, 2}, {5, 1000, -2000, -3}} {
		if got := multiply(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("%d*%d/%d = %d, want %d", c[0], c[1], c[2], got, c[3])
		}
	}
}

func TestMapColumns(t *testing.T) {
	for name, c := range map[string]struct {
		kind   Kind
		header string
		given  map[string]string
		want   map[string]string
		code   string
	}{
		"shopify orders": {Orders, "Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Refunded Amount,Cancelled at,Billing Name",
			nil, map[string]string{"order_id": "Name", "email": "Email", "date": "Created at", "total": "Total", "coupon": "Discount Code", "discount": "Discount Amount",
				"quantity": "Lineitem quantity", "price": "Lineitem price", "sku": "Lineitem sku", "refunded": "Refunded Amount", "name": "Billing Name", "status": "Financial Status"}, ""},
		"woocommerce orders": {Orders, "order_number,order_date,status,billing_email,billing_first_name,order_total,order_currency,customer_id", nil,
			map[string]string{"order_id": "order_number", "date": "order_date", "email": "billing_email", "first_name": "billing_first_name", "total": "order_total",
				"currency": "order_currency", "customer_id": "customer_id"}, ""},
		"magento orders": {Orders, "ID,Purchase Point,Purchase Date,Bill-to Name,Grand Total (Base),Grand Total (Purchased),Status,Customer Email", nil,
			map[string]string{"order_id": "ID", "date": "Purchase Date", "total": "Grand Total (Purchased)", "email": "Customer Email", "name": "Bill-to Name"}, ""},
		"cdnow": {Orders, "customer_id,date,number_of_cds,dollar_value", nil, map[string]string{"customer_id": "customer_id", "quantity": "number_of_cds", "total": "dollar_value"}, ""},
		"online retail": {OrderLines, "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country", nil,
			map[string]string{"order_id": "InvoiceNo", "sku": "StockCode", "product_name": "Description", "price": "UnitPrice", "date": "InvoiceDate", "country": "Country"}, ""},
		"shopify customers": {Customers, "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Phone,Accepts SMS Marketing,Total Spent,Tags", nil,
			map[string]string{"customer_id": "Customer ID", "accepts_email": "Accepts Email Marketing", "accepts_sms": "Accepts SMS Marketing", "country": "Default Address Country Code"}, ""},
		"given":          {Orders, "foo,bar,baz", map[string]string{"date": "foo", "total": "BAR"}, map[string]string{"date": "foo", "total": "bar"}, ""},
		"left out":       {Orders, "date,total,email", map[string]string{"email": "-"}, map[string]string{"date": "date", "total": "total"}, ""},
		"nothing":        {Orders, "foo,bar", nil, nil, "import.column_missing"},
		"no such field":  {Orders, "date,total", map[string]string{"colour": "date"}, nil, "import.field"},
		"no such column": {Orders, "date,total", map[string]string{"email": "mail"}, nil, "import.column"},
	} {
		t.Run(name, func(t *testing.T) {
			cols, err := mapColumns(c.kind, strings.Split(c.header, ","), c.given)
			if c.code != "" {
				if e := errs.As(err); e == nil || e.Code != c.code {
					t.Fatalf("got %v, want %s", err, c.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for field, column := range c.want {
				if i := cols.index(field); i < 0 || cols.header[i] != column {
					t.Errorf("%s is column %d, want %s", field, i, column)
				}
			}
			if c.given["email"] == "-" && cols.has("email") {
				t.Error("a field that was left out is read")
			}
		})
	}
}

func TestParseMapping(t *testing.T) {
	m, err := ParseMapping(`order_id=Order\, No,total=Sum = all, `)
	if err != nil || len(m) != 2 || m["order_id"] != "Order, No" || m["total"] != "Sum = all" {
		t.Errorf("got %v, %v", m, err)
	}
	if _, err := ParseMapping("total"); err == nil {
		t.Error("a field without a column is accepted")
	}
}
