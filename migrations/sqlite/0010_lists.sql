-- What lists are narrowed by, where it is rare among the rows. Each index holds only the rows that it is asked for, in the order of
-- the list, so that the many others cost nothing when they are written.
CREATE INDEX orders_coupon ON orders (coupon, placed_at, order_id) WHERE coupon <> '';
CREATE INDEX orders_refunded ON orders (placed_at, order_id) WHERE refunded > 0;
CREATE INDEX orders_status ON orders (status, placed_at, order_id) WHERE status <> 'placed';
-- Carts by what became of them.
ALTER TABLE carts ADD COLUMN rested BIGINT NOT NULL DEFAULT 0;        -- the longest pause of the present filling, or of the one that was ordered
ALTER TABLE carts ADD COLUMN ordered_value BIGINT NOT NULL DEFAULT 0; -- what it held when it was ordered
CREATE INDEX carts_status ON carts (status, updated_at, customer_id, cart_key);
-- Products are few and seldom written, so every order of their list has its index.
CREATE INDEX products_price ON products (price, product_id);
CREATE INDEX products_stock ON products (stock, product_id);
CREATE INDEX products_updated ON products (updated_at, product_id);
CREATE INDEX products_category ON products (category);
CREATE INDEX products_brand ON products (brand);
-- Every price that a product had, from the moment it was heard of. variant_id 0: the product's own.
CREATE TABLE product_prices (
    product_id BIGINT  NOT NULL,
    variant_id BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    price      BIGINT  NOT NULL, -- minor units; -1: none is known any more
    currency   {{key}} NOT NULL,
    said_by    {{key}} NOT NULL, -- user | key | import | event | system
    who        TEXT    NOT NULL, -- name of the user, key or file
    CONSTRAINT product_prices_pk PRIMARY KEY (product_id, variant_id, at)
){{clustered}};
