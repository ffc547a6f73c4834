package importer

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"rapport/internal/base/errs"
)

// synonyms are the headings under which shops, their plug-ins and people export a field, folded by heading(). The first heading of
// the list that a file has wins.
var synonyms = withLines(map[Kind]map[string][]string{
	Orders: {
		"order_id": {"orderid", "ordernumber", "orderno", "ordernr", "order", "name", "invoiceno", "invoicenumber", "invoice", "incrementid", "externalid",
			"transactionid", "receiptno", "bestellnummer", "rechnungsnummer", "number", "id"},
		"customer_id":   {"customerid", "customerno", "customernumber", "clientid", "buyerid", "userid", "custid", "cust", "customer", "kundennummer", "memberid", "accountid"},
		"email":         {"email", "customeremail", "emailaddress", "billingemail", "billingemailaddress", "contactemail", "mail", "useremail", "billtoemail"},
		"phone":         {"phone", "billingphone", "telephone", "phonenumber", "mobile", "customerphone", "shippingphone"},
		"name":          {"customername", "billingname", "billtoname", "fullname", "buyername", "shippingname", "clientname"},
		"first_name":    {"firstname", "billingfirstname", "customerfirstname", "givenname"},
		"last_name":     {"lastname", "billinglastname", "customerlastname", "surname", "familyname"},
		"date":          {"orderdate", "placedat", "createdat", "purchasedate", "purchasepoint", "date", "datetime", "invoicedate", "orderedat", "orderplaced", "dateordered", "processedat", "paidat", "time", "timestamp", "bestelldatum"},
		"total":         {"total", "grandtotal", "grandtotalpurchased", "grandtotalbase", "ordertotal", "totalamount", "amount", "totalprice", "orderamount", "value", "ordervalue", "price", "dollarvalue", "dollars", "sales", "revenue", "sum", "gesamtsumme", "totalpaid"},
		"currency":      {"currency", "currencycode", "ordercurrency", "ordercurrencycode", "basecurrencycode", "waehrung", "wahrung"},
		"discount":      {"discountamount", "discount", "totaldiscount", "cartdiscount", "discounttotal", "totaldiscounts"},
		"tax":           {"taxes", "tax", "taxamount", "ordertax", "totaltax", "taxtotal", "vat", "vatamount"},
		"shipping":      {"shipping", "shippingamount", "shippingtotal", "ordershipping", "shippingcost", "shippingandhandling", "freight", "freightvalue"},
		"coupon":        {"discountcode", "coupon", "couponcode", "couponcodes", "coupons", "promocode", "voucher"},
		"status":        {"status", "orderstatus", "state", "financialstatus"},
		"cancelled_at":  {"cancelledat", "canceledat", "cancelled", "canceldate", "cancelleddate"},
		"refunded":      {"refundedamount", "refunded", "refund", "totalrefunded", "amountrefunded", "refundamount", "orderrefund"},
		"refunded_at":   {"refundedat", "refunddate"},
		"quantity":      {"lineitemquantity", "quantity", "qty", "numberofcds", "cds", "items", "itemcount", "units", "numberofitems", "totalqtyordered", "pieces"},
		"sku":           {"lineitemsku", "sku", "productsku", "itemsku", "stockcode", "articlenumber", "itemcode"},
		"product_id":    {"productid", "itemid", "variantid", "lineitemproductid"},
		"product_name":  {"lineitemname", "productname", "itemname", "product", "item", "title", "description"},
		"price":         {"lineitemprice", "unitprice", "itemprice", "priceeach"},
		"line_discount": {"lineitemdiscount", "linediscount", "itemdiscount"},
		"country":       {"billingcountry", "country", "countrycode", "shippingcountry", "billingcountrycode"},
		"city":          {"billingcity", "city", "shippingcity"},
		"test":          {"test", "istest"},
		"updated_at":    {"updatedat", "modifiedat", "lastmodified", "datemodified"},
		"accepts_email": {"acceptsmarketing", "acceptsemailmarketing"},
	},
	Customers: {
		"customer_id":     {"customerid", "id", "externalid", "userid", "customernumber", "customerno", "clientid", "memberid", "kundennummer", "entityid"},
		"email":           {"email", "emailaddress", "customeremail", "mail", "billingemail", "useremail"},
		"phone":           {"phone", "phonenumber", "telephone", "mobile", "mobilephone", "billingphone", "defaultaddressphone", "billingtelephone"},
		"name":            {"name", "fullname", "customername", "displayname"},
		"first_name":      {"firstname", "givenname", "billingfirstname", "billfirstname", "vorname"},
		"last_name":       {"lastname", "surname", "familyname", "billinglastname", "nachname"},
		"gender":          {"gender", "sex"},
		"birthday":        {"birthday", "birthdate", "dateofbirth", "dob"},
		"language":        {"language", "locale", "lang"},
		"zone":            {"timezone", "tz"},
		"street":          {"address1", "street", "billingaddress1", "billingstreet", "defaultaddressaddress1", "address", "billingaddress"},
		"city":            {"city", "billingcity", "defaultaddresscity", "town"},
		"region":          {"province", "state", "region", "billingstate", "billingregion", "defaultaddressprovincecode", "provincecode"},
		"postcode":        {"zip", "postcode", "postalcode", "billingpostcode", "defaultaddresszip", "zippostalcode"},
		"country":         {"country", "countrycode", "billingcountry", "countryid", "defaultaddresscountrycode"},
		"company":         {"company", "billingcompany", "defaultaddresscompany"},
		"created_at":      {"createdat", "customersince", "registered", "signupdate", "datecreated", "userregistered", "registeredat", "joined"},
		"updated_at":      {"updatedat", "modifiedat", "lastmodified"},
		"accepts_email":   {"acceptsemailmarketing", "acceptsmarketing", "emailmarketing", "emailmarketingconsent", "emailconsent", "newsletter", "issubscribed", "subscribed", "optin", "emailoptin", "marketingoptin", "newslettersubscription"},
		"accepts_sms":     {"acceptssmsmarketing", "smsmarketing", "smsmarketingconsent", "smsconsent", "smsoptin"},
		"consent_at":      {"consentat", "consentdate", "consenttime", "acceptsmarketingupdatedat", "optinat", "optindate", "subscribedat", "optintime", "confirmtime"},
		"consent_source":  {"consentsource", "optinsource", "consentcollectedfrom", "signupsource"},
		"consent_wording": {"consentwording", "consenttext", "optintext", "wording"},
		"consent_ip":      {"consentip", "optinip", "confirmip"},
	},
	Products: {
		"product_id":  {"productid", "externalid", "id", "handle", "slug"},
		"sku":         {"sku", "variantsku", "articlenumber", "stockcode", "itemcode", "code"},
		"name":        {"name", "title", "productname", "producttitle", "posttitle"},
		"description": {"description", "bodyhtml", "body", "postcontent", "longdescription", "shortdescription"},
		"brand":       {"brand", "vendor", "manufacturer", "make"},
		"category":    {"category", "categories", "productcategory", "producttype", "type", "googleproductcategory"},
		"url":         {"url", "link", "producturl", "permalink"},
		"image":       {"image", "imageurl", "imagesrc", "imagelink", "images", "baseimage"},
		"price":       {"price", "saleprice", "regularprice", "variantprice", "unitprice"},
		"cost":        {"cost", "costperitem", "costprice", "purchaseprice"},
		"stock":       {"stock", "quantity", "qty", "inventory", "stockonhand", "variantinventoryqty"},
		"currency":    {"currency", "currencycode"},
		"active":      {"active", "published", "status", "enabled", "productonline"},
	},
	Events: {
		"name":         {"event", "eventname", "name", "action", "eventaction", "activity"},
		"type":         {"type", "eventtype", "calltype"},
		"time":         {"timestamp", "originaltimestamp", "time", "eventtime", "eventtimestamp", "datetime", "date", "occurredat", "happenedat", "createdat", "sentat", "receivedat", "at", "ts"},
		"user_id":      {"userid", "customerid", "distinctid", "user", "externalid", "uid", "memberid"},
		"anonymous_id": {"anonymousid", "visitorid", "clientid", "deviceid", "cookieid", "sessionid", "visitor"},
		"email":        {"email", "emailaddress", "useremail", "customeremail", "mail"},
		"phone":        {"phone", "phonenumber"},
		"message_id":   {"messageid", "eventid", "insertid", "uuid", "id"},
		"properties":   {"properties", "props", "eventproperties", "data", "payload", "params", "attributes"},
	},
	WebLogs: {"line": {"line"}},
})

// withLines adds the fields of order lines, which are those of orders without what belongs to an order as a whole.
func withLines(m map[Kind]map[string][]string) map[Kind]map[string][]string {
	lines := maps.Clone(m[Orders])
	for _, f := range []string{"status", "refunded", "refunded_at", "cancelled_at", "discount", "tax", "shipping", "coupon"} {
		delete(lines, f)
	}
	lines["price"] = []string{"unitprice", "price", "itemprice", "lineitemprice", "priceeach"}
	lines["total"] = []string{"linetotal", "rowtotal", "total", "amount", "lineamount", "subtotal", "totalprice", "sales"}
	lines["product_name"] = []string{"description", "productname", "itemname", "product", "item", "title", "lineitemname"}
	lines["order_id"] = []string{"invoiceno", "invoicenumber", "invoice", "orderid", "ordernumber", "orderno", "order", "receiptno", "receiptid", "transactionid", "basketid", "name", "externalid", "number"}
	m[OrderLines] = lines
	return m
}

// required are fields without which a file of a kind means nothing; one of each group must be there.
var required = map[Kind][][]string{
	Orders:     {{"date"}, {"total", "price"}},
	OrderLines: {{"order_id"}, {"date"}, {"quantity"}, {"price", "total"}},
	Customers:  {{"customer_id", "email", "phone"}},
	Products:   {{"product_id", "sku", "name"}},
	Events:     {{"name", "type"}, {"time"}, {"user_id", "anonymous_id", "email", "phone"}},
	WebLogs:    {{"line"}},
}

// heading folds a column's heading: letters and digits only, lower case.
func heading(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// columns says where a file has each field.
type columns struct {
	header []string
	at     map[string]int // field -> index
	used   []bool         // columns that hold a field
}

func (c *columns) has(field string) bool { _, ok := c.at[field]; return ok }

// index gives the column of a field, -1 where the file has none.
func (c *columns) index(field string) int {
	if i, ok := c.at[field]; ok {
		return i
	}
	return -1
}

// cell gives the cell of column i, empty where a row is short.
func cell(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// Options that a mapping may hold beside fields.
var mappingOptions = []string{"date_format", "decimal", "encoding", "delimiter", "header"}

// mapColumns finds the fields of a kind in a header, and refuses a header that lacks what the kind needs.
func mapColumns(kind Kind, header []string, given map[string]string) (*columns, error) {
	c, err := findColumns(kind, header, given)
	if err != nil {
		return nil, err
	}
	for _, group := range missing(kind, c) {
		return nil, errs.New(errs.Invalid, "import.column_missing",
			"No column of the file could be told to be the %s of %s; name it with %s=COLUMN in the mapping. The columns are %s.",
			strings.Join(group, " or "), kind, group[0], listed(header))
	}
	return c, nil
}

// findColumns finds the fields of a kind in a header: what is given counts, the rest is guessed. A field given as "-" is left out.
func findColumns(kind Kind, header []string, given map[string]string) (*columns, error) {
	c := &columns{header: header, at: map[string]int{}, used: make([]bool, len(header))}
	byHeading, exact := map[string]int{}, map[string]int{}
	for i, h := range header {
		if f := heading(h); f != "" {
			if _, ok := byHeading[f]; !ok {
				byHeading[f] = i
			}
		}
		if _, ok := exact[h]; !ok {
			exact[h] = i
		}
	}
	fields := synonyms[kind]
	skip := map[string]bool{}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		column := given[field]
		if slices.Contains(mappingOptions, field) {
			continue
		}
		if _, ok := fields[field]; !ok {
			return nil, errs.New(errs.Invalid, "import.field", "There is no field %q for %s; fields are %s.", field, kind,
				strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if column == "-" {
			skip[field] = true
			continue
		}
		i, ok := exact[column]
		if !ok {
			i, ok = byHeading[heading(column)]
		}
		if !ok {
			return nil, errs.New(errs.Invalid, "import.column", "The file has no column %q; its columns are %s.", column, listed(header))
		}
		c.at[field] = i
		c.used[i] = true
	}
	// Fields are gone through in a fixed order, and a column serves one field only.
	for rank := range 30 {
		for _, field := range slices.Sorted(maps.Keys(fields)) {
			if c.has(field) || skip[field] || rank >= len(fields[field]) {
				continue
			}
			if i, ok := byHeading[fields[field][rank]]; ok && !c.used[i] {
				c.at[field], c.used[i] = i, true
			}
		}
	}
	return c, nil
}

// listed names columns for people. A header may be anything, also orders to a terminal.
func listed(header []string) string {
	const most = 1000
	s := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, strings.Join(header, ", "))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return s
}
