package report

import (
	"context"

	"rapport/internal/access/role"
)

// Definition says how a figure is counted, in English; the web app translates by key.
type Definition struct {
	Key  string `json:"key"`
	Text string `json:"text"`
	Rows string `json:"rows,omitempty" doc:"Figure of /reports/overview/rows that lists what is counted"`
}

var definitions = []Definition{
	{"revenue", "Totals of the orders placed in the period: after discounts, with tax and shipping. Cancelled and test orders, and orders that only a browser has told of, are left out. Other currencies count at the rate of the order's day; orders without a rate are missing and shown as unconverted.", RowsOrders},
	{"orders", "Orders placed in the period, without cancelled and test orders and without those that only a browser has told of.", RowsOrders},
	{"average_order", "Revenue divided by the orders whose money is in it.", RowsOrders},
	{"customers", "Distinct people who placed a counted order in the period.", RowsCustomers},
	{"new_customers", "People whose first counted order ever lies in the period.", RowsNew},
	{"returning_customers", "Customers of the period who are not new.", RowsCustomers},
	{"refunds", "Money given back in the period, by the date of the refund, whenever the order was placed. Refunds of cancelled and test orders are left out, as these orders are. Other currencies count at the rate of the order's day.", RowsRefunds},
	{"net_revenue", "Revenue less the refunds of the period.", RowsOrders},
	{"events", "Everything that was tracked on the days of the period.", ""},
	{"sessions", "Visits that began on a day of the period. A visit ends after 30 minutes without an event, or with a new campaign.", ""},
	{"unconverted_orders", "Counted orders whose currency has no exchange rate for their day: they are in the number of orders and missing in revenue.", RowsUnconverted},
	{"unconverted_refunds", "Refunds of orders that have no exchange rate: missing in refunds.", RowsRefunds},
	{"top_products", "Lines of the counted orders of the period, by product: revenue after the line's discounts, without shipping and before refunds.", RowsOrders},
}

// Definitions gives how every figure is counted.
func (s *Service) Definitions(ctx context.Context) ([]Definition, error) {
	if err := role.Require(ctx, role.ReportRead); err != nil {
		return nil, err
	}
	return definitions, nil
}
