package address_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"rapport/internal/base/address"
)

func TestEmail(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"ada@shop.example", "ada@shop.example"},
		{"  ADA@Shop.Example \n", "ada@shop.example"},
		{"Ada Lovelace <ada@shop.example>", "ada@shop.example"},
		{"mailto:ada@shop.example", "ada@shop.example"},
		{"ada+news@mail.shop.example", "ada+news@mail.shop.example"},
		{"o'neil_1@shop.example", "o'neil_1@shop.example"},
		{"zoe@Bücher.example", "zoe@xn--bcher-kva.example"},
		{"zoe@xn--bcher-kva.example", "zoe@xn--bcher-kva.example"},
		{"ada＠shop。example", "ada@shop.example"},
		{"あ@例え.テスト", "あ@xn--r8jz45g.xn--zckzah"},
		{"ali@مثال.إختبار", "ali@xn--mgbh0fb.xn--kgbechtv"},
		{"\u200eada@shop.example\u200f", "ada@shop.example"},
		{"ada@shop.example.", "ada@shop.example"},
		{"ada", ""},
		{"@shop.example", ""},
		{"ada@", ""},
		{"ada@shop", ""},
		{"a b@shop.example", ""},
		{"ada@shop..example", ""},
		{"ada@-shop.example", ""},
		{"ada.@shop.example", ""},
		{"a..b@shop.example", ""},
		{"ada@@shop.example", ""},
		{"", ""},
		{"ada@sh\x00op.example", ""},
		{"\xff@shop.example", ""},
		{strings.Repeat("a", 65) + "@shop.example", ""},
		{"ada@" + strings.Repeat("a", 64) + ".example", ""},
		{"ada@shop.example, bob@shop.example", ""},
	} {
		got, ok := address.Email(c.in)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("Email(%q) = %q, %v; want %q", c.in, got, ok, c.want)
		}
	}
}

func TestPhone(t *testing.T) {
	for _, c := range []struct{ in, region, want string }{
		{"+49 30 901820", "", "+4930901820"},
		{"0049 30 901820", "", "+4930901820"},
		{"030 901820", "DE", "+4930901820"},
		{"(030) 90-18-20", "de", "+4930901820"},
		{"tel:+49-30-901820", "", "+4930901820"},
		{"۰۹۱۲۱۲۳۴۵۶۷", "IR", "+989121234567"},
		{"٠٩١٢١٢٣٤٥٦٧", "IR", "+989121234567"},
		{"+९१ ९८७६५ ४३२१०", "", "+919876543210"},
		{"09876543210", "IN", "+919876543210"},
		{"０３-１２３４-５６７８", "JP", "+81312345678"},
		{"0911 234567", "ET", "+251911234567"},
		{"030 901820", "", ""},
		{"hello", "DE", ""},
		{"1", "DE", ""},
		{"", "DE", ""},
		{"+", "DE", ""},
		{strings.Repeat("9", 300), "DE", ""},
	} {
		got, ok := address.Phone(c.in, c.region)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("Phone(%q, %q) = %q, %v; want %q", c.in, c.region, got, ok, c.want)
		}
	}
	if got := address.National("+919876543210"); got != "9876543210" {
		t.Errorf("National = %q", got)
	}
}

func TestCountry(t *testing.T) {
	for in, want := range map[string]string{
		"de": "DE", "DEU": "DE", "Germany": "DE", "deutschland": "DE", "ALLEMAGNE": "DE", " United  Kingdom ": "GB", "UK": "GB", "USA": "US",
		"EIRE": "IE", "RSA": "ZA", "ایران": "IR", "भारत": "IN", "日本": "JP", "ኢትዮጵያ": "ET", "ഇന്ത്യ": "IN", "Iran": "IR", "Channel Islands": "JE",
		"Atlantis": "", "": "", "ZZ": "", "Unspecified": "", "European Community": "",
	} {
		if got, ok := address.Country(in); got != want || ok != (want != "") {
			t.Errorf("Country(%q) = %q, %v; want %q", in, got, ok, want)
		}
	}
}

func TestPerson(t *testing.T) {
	for _, c := range []struct{ first, last, want string }{
		{"Ada", "Lovelace", "Ada Lovelace"},
		{"太郎", "山田", "山田太郎"},
		{"민수", "김", "김민수"},
		{" Ada ", "", "Ada"},
		{"", "Lovelace", "Lovelace"},
		{"Taro", "山田", "Taro 山田"},
		{"علی", "کاظمی", "علی کاظمی"},
	} {
		if got := address.Name(c.first, c.last); got != c.want {
			t.Errorf("Name(%q, %q) = %q, want %q", c.first, c.last, got, c.want)
		}
	}
	one := func(fn func(string) (string, bool), in, want string) {
		t.Helper()
		if got, ok := fn(in); got != want || ok != (want != "") {
			t.Errorf("%q gives %q, %v; want %q", in, got, ok, want)
		}
	}
	one(address.Language, "fa_ir", "fa-IR")
	one(address.Language, "EN", "en")
	one(address.Language, "Persian!", "")
	one(address.Zone, "Asia/Tehran", "Asia/Tehran")
	one(address.Zone, "Asia Tehran", "")
	one(address.Gender, "F", "female")
	one(address.Gender, "Non-binary", "non-binary")
	one(address.Birthday, "1990-04-01", "1990-04-01")
	one(address.Birthday, "1990-04-01T10:00:00Z", "1990-04-01")
	one(address.Birthday, "۱۹۹۰-۰۴-۰۱", "1990-04-01")
	one(address.Birthday, "0001-01-01", "")
	one(address.Birthday, "soon", "")
	if got := address.Text(" a\tb\x00 "+strings.Repeat("é", 100), 20); !utf8.ValidString(got) || len(got) > 20 || !strings.HasPrefix(got, "a b") {
		t.Errorf("Text gives %q", got)
	}
}

// FuzzAddress: whatever comes in, what comes out is stable, valid and short.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{"Ada <ADA@Bücher.example>", "あ@例え.テスト", "+49 (0)30 901820", "۰۹۱۲۱۲۳۴۵۶۷", "Deutschland", "fa_IR", "1990-04-01", "\xff\x00", "山田"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stable := func(name string, fn func(string) (string, bool), longest int) {
			got, ok := fn(s)
			if !ok {
				if got != "" {
					t.Errorf("%s(%q) refuses and gives %q", name, s, got)
				}
				return
			}
			if again, ok := fn(got); !ok || again != got {
				t.Errorf("%s(%q) gives %q, which gives %q, %v", name, s, got, again, ok)
			}
			if !utf8.ValidString(got) || len(got) > longest || strings.ContainsAny(got, "\x00\n") {
				t.Errorf("%s(%q) gives %q", name, s, got)
			}
		}
		stable("Email", address.Email, 254)
		stable("Phone", func(s string) (string, bool) { return address.Phone(s, "IR") }, 17)
		stable("Country", address.Country, 2)
		stable("Language", address.Language, 64)
		stable("Gender", address.Gender, 40)
		stable("Birthday", address.Birthday, 10)
		stable("Zone", address.Zone, 64)
		stable("Text", func(s string) (string, bool) { s = address.Text(s, 50); return s, s != "" }, 50)
		address.Name(s, s)
	})
}
