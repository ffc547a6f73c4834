-- The words by which an order is found in the middle of its number, made by platform/search. Most shops count their orders, and a plain
-- number needs no row here: it is found by how it begins.
CREATE TABLE search_orders (
    order_id BIGINT   NOT NULL,
    tokens   TSVECTOR NOT NULL,
    CONSTRAINT search_orders_pk PRIMARY KEY (order_id)
);
CREATE INDEX search_orders_tokens ON search_orders USING GIN (tokens);
