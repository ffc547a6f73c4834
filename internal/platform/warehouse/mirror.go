package warehouse

// Mirror is a table of the operational store that the embedded warehouse keeps a copy of. Names equal those of the operational table, so that one report text
// runs on both pairs.
type Mirror struct {
	Table   string
	Key     string // BIGINT column by which rows are replaced
	Columns []string
	Types   []string // of DuckDB, in the order of Columns
}

// Mirrors lists the copied tables. Rows given to Upsert have the order of Columns.
func Mirrors() []Mirror {
	return []Mirror{
		mirror("orders", "order_id",
			"customer_id", "BIGINT", "order_id", "BIGINT", "shop_id", "BIGINT", "external_id", "VARCHAR", "status", "VARCHAR",
			"placed_at", "BIGINT", "placed_day", "BIGINT", "currency", "VARCHAR", "total", "BIGINT", "discount", "BIGINT",
			"tax", "BIGINT", "shipping", "BIGINT", "refunded", "BIGINT", "reporting_total", "BIGINT", "reporting_refunded", "BIGINT",
			"coupon", "VARCHAR", "confirmed", "BOOLEAN", "test", "BOOLEAN", "cancelled_at", "BIGINT"),
		mirror("order_lines", "order_id",
			"customer_id", "BIGINT", "order_id", "BIGINT", "line", "BIGINT", "product_id", "BIGINT", "sku", "VARCHAR", "name", "VARCHAR",
			"quantity", "BIGINT", "price", "BIGINT", "discount", "BIGINT", "total", "BIGINT"),
		mirror("refunds", "order_id",
			"customer_id", "BIGINT", "order_id", "BIGINT", "refund_key", "VARCHAR", "at", "BIGINT", "day", "BIGINT", "currency", "VARCHAR",
			"amount", "BIGINT", "reporting_amount", "BIGINT", "whole", "BOOLEAN", "confirmed", "BOOLEAN"),
	}
}

func mirror(table, key string, columns ...string) Mirror {
	m := Mirror{Table: table, Key: key}
	for i := 0; i < len(columns); i += 2 {
		m.Columns = append(m.Columns, columns[i])
		m.Types = append(m.Types, columns[i+1])
	}
	return m
}
