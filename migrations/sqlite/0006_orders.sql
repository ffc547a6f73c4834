-- order_id is the row's own place here; this finds the orders of a customer.
CREATE INDEX orders_customer ON orders (customer_id, order_id);
