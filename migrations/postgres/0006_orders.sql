-- The key finds the orders of a customer here; this finds an order by its id alone.
CREATE INDEX orders_id ON orders (order_id);
