-- customer_id and order_id are the rows' own places here, and every index ends with that place by itself. Named once more in an index, it stood
-- there twice, and a page that begins in the middle of many equal values (all visitors without a name) could not be sought, only walked to.
DROP INDEX customers_last_seen;
DROP INDEX customers_name;
DROP INDEX customers_spent;
DROP INDEX customers_orders;
DROP INDEX customers_created;
DROP INDEX orders_placed;
DROP INDEX orders_customer;
DROP INDEX orders_coupon;
DROP INDEX orders_refunded;
DROP INDEX orders_status;
CREATE INDEX customers_last_seen ON customers (list_group, last_seen_at);
CREATE INDEX customers_name ON customers (list_group, name_sort);
CREATE INDEX customers_spent ON customers (list_group, total_spent);
CREATE INDEX customers_orders ON customers (list_group, orders);
CREATE INDEX customers_created ON customers (list_group, first_seen_at);
CREATE INDEX orders_placed ON orders (placed_at);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_coupon ON orders (coupon, placed_at) WHERE coupon <> '';
CREATE INDEX orders_refunded ON orders (placed_at) WHERE refunded > 0;
CREATE INDEX orders_status ON orders (status, placed_at) WHERE status <> 'placed';
