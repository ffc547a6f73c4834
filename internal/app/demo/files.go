package demo

import (
	"encoding/csv"
	"io"
	"math"
	"strconv"
	"time"

	"rapport/internal/base/clock"
	"rapport/internal/base/money"
)

// Columns of the import files, with headings that the importer knows; products as Shopify exports them, a row for each variant.
var (
	productColumns = []string{"Handle", "Title", "Body (HTML)", "Vendor", "Type", "Published", "Option1 Name", "Option1 Value", "Variant SKU",
		"Variant Inventory Qty", "Variant Price", "Cost per item", "Image Src"}
	customerColumns = []string{"customer_id", "email", "phone", "name", "first_name", "last_name", "gender", "birthday", "language", "country", "city", "timezone",
		"occupation", "created_at", "accepts_email_marketing", "consent_at", "consent_source", "consent_wording"}
	orderColumns = []string{"order_id", "customer_id", "email", "placed_at", "currency", "total", "discount", "shipping", "tax", "coupon"}
)

// WriteProducts writes the catalogue, one row for each variant.
func (s *Shop) WriteProducts(w io.Writer) error {
	return table(w, productColumns, func(row func(...string)) {
		for _, p := range s.products {
			d := roll(s.cfg.Seed, forStock, uint64(p.kind), uint64(p.style))
			for i, v := range p.Variants {
				title, text, option, image := p.Name, p.Description, "Size", PicturePath+p.SKU+".svg"
				if i > 0 {
					title, text, option, image = "", "", "", ""
				}
				if v.Name == "" {
					option, v.Name = "Title", "Default Title"
				}
				stock := max(0, int(d.gamma(1.4)*24)-3)
				row(p.Key, title, text, brand, p.Category, "TRUE", option, v.Name, v.SKU, strconv.Itoa(stock), money.New(v.Price, ShopCurrency).Decimal(),
					money.New(p.Cost*v.Price/p.Variants[0].Price, ShopCurrency).Decimal(), image)
			}
		}
	})
}

// WriteCustomers writes everybody who has an account.
func (s *Shop) WriteCustomers(w io.Writer) error {
	return table(w, customerColumns, func(row func(...string)) {
		for i := range s.cfg.Customers {
			p := s.person(i)
			if p.Guest {
				continue
			}
			at := moment(s.joined(i)).Format(time.RFC3339)
			consent, when, source, wording := "", "", "", ""
			if p.Consent != "" {
				consent, when, source, wording = p.Consent, at, "account form", "Yes, write to me about new things and offers, about once a week."
			}
			row(p.UserID, p.Email, p.Phone, p.Name, p.First, p.Last, p.Gender, p.Birthday, p.Language, p.Country, p.City, p.Zone, p.Occupation, at, consent, when, source, wording)
		}
	})
}

// WriteOrders writes the orders of the whole history, one row each; for the benches of the importer.
func (s *Shop) WriteOrders(w io.Writer) error {
	return table(w, orderColumns, func(row func(...string)) {
		number := firstOrder - 1
		for _, v := range s.schedule() {
			if v.kind != toOrder {
				continue
			}
			number++
			p := s.person(int(v.person))
			at := s.start + int64(v.at)
			o := s.order(p, v.n, at)
			m := func(minor int64) string { return money.New(minor, o.Currency).Decimal() }
			row("R-"+strconv.Itoa(number), p.UserID, p.Email, moment(at).Format(time.RFC3339), o.Currency, m(o.Total), m(o.Discount), m(o.Shipping), m(o.Tax), o.Coupon)
		}
	})
}

// WriteRates writes what a pound and a yen were worth in euros, day by day, and for a month to come so that the shop stays alive.
func (s *Shop) WriteRates(w io.Writer) error {
	return table(w, []string{"day", "currency", "rate"}, func(row func(...string)) {
		from, to := clock.Day(moment(s.start), time.UTC)-1, clock.Day(moment(s.end), time.UTC)+31
		for k, r := range []struct {
			code string
			rate float64
		}{{"GBP", 1.158}, {"JPY", 0.00612}} {
			d, drift := roll(s.cfg.Seed, forRate, uint64(k), 0), 0.0
			for day := from; day <= to; day++ {
				drift = drift*.995 + d.normal()*.0025
				row(clock.DayString(day), r.code, strconv.FormatFloat(r.rate*math.Exp(drift), 'f', 6, 64))
			}
		}
	})
}

func table(w io.Writer, header []string, fill func(row func(...string))) error {
	c := csv.NewWriter(w)
	_ = c.Write(header)
	fill(func(fields ...string) { _ = c.Write(fields) })
	c.Flush()
	return c.Error()
}
