-- What is known. Customer tables carry customer_id first in their key and live beside the customer;
-- key tables are found by the looked-up value; products are reference tables. See docs/adr for the rules.

CREATE TABLE customers (
    customer_id       {{rowid}} NOT NULL,
    shop_id           BIGINT  NOT NULL, -- shop that saw him first
    external_id       {{key}} NOT NULL, -- his user_id in that shop, empty while anonymous
    name              TEXT    NOT NULL, -- as he writes it
    first_name        TEXT    NOT NULL,
    last_name         TEXT    NOT NULL,
    name_sort         {{key}} NOT NULL, -- folded in Go; what lists sort by
    email             {{key}} NOT NULL, -- normalised, of the profile
    phone             {{key}} NOT NULL, -- E.164
    gender            {{key}} NOT NULL,
    birthday          {{key}} NOT NULL, -- 2006-01-02 or empty
    language          {{key}} NOT NULL,
    zone              {{key}} NOT NULL,
    country           {{key}} NOT NULL, -- ISO 3166 alpha-2 where it could be told
    city              TEXT    NOT NULL,
    attributes        JSONB   NOT NULL, -- every other trait as it came
    traits            JSONB   NOT NULL, -- {"own": {trait: [rank, value]}, "loose": ...}: what the profile was made of, so that the newest event wins, whatever arrives last
    known             BOOLEAN NOT NULL, -- has an external id, e-mail or phone
    created_at        BIGINT  NOT NULL,
    updated_at        BIGINT  NOT NULL,
    first_seen_at     BIGINT  NOT NULL,
    last_seen_at      BIGINT  NOT NULL, -- 0: never active
    events_from       BIGINT  NOT NULL, -- none of his events is older; a bound, not an event
    orders            BIGINT  NOT NULL, -- placed, not cancelled, not test
    total_spent       BIGINT  NOT NULL, -- their totals in the reporting currency
    total_refunded    BIGINT  NOT NULL,
    unconverted       BIGINT  NOT NULL, -- of these orders, how many have no exchange rate and are missing in the totals
    first_order_at    BIGINT  NOT NULL,
    last_order_at     BIGINT  NOT NULL,
    session_id        BIGINT  NOT NULL, -- newest session, so that the next event continues it without a look-up
    session_at        BIGINT  NOT NULL, -- when it began
    session_until     BIGINT  NOT NULL, -- its newest event
    session_campaign  TEXT    NOT NULL,
    list_group        BIGINT  NOT NULL, -- 0 tombstone, 1 anonymous, 2 known: leads every index that lists are sorted by
    merged_into       BIGINT  NOT NULL, -- tombstone: where late arrivals go; 0 for a living customer
    CONSTRAINT customers_pk PRIMARY KEY (customer_id)
);
CREATE INDEX customers_last_seen ON customers (list_group, last_seen_at, customer_id);
CREATE INDEX customers_name ON customers (list_group, name_sort, customer_id);
CREATE INDEX customers_spent ON customers (list_group, total_spent, customer_id);
CREATE INDEX customers_orders ON customers (list_group, orders, customer_id);
CREATE INDEX customers_created ON customers (list_group, first_seen_at, customer_id);
CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into <> 0;

-- Key table: the one owner of an identifier. kind: external_id ("<shop>:<id>"), anonymous_id, email, phone.
CREATE TABLE identity_keys (
    value       {{key}} NOT NULL,
    kind        {{key}} NOT NULL,
    customer_id BIGINT  NOT NULL,
    at          BIGINT  NOT NULL, -- event time of the evidence; the earliest holds
    holder      {{key}} NOT NULL, -- whose evidence it is: "external_id:1:42", "email:a@b" (of a phone), empty: a guest's
    CONSTRAINT identity_keys_pk PRIMARY KEY (value, kind)
){{clustered}};

-- Key table: who identified on a device, when. The owner of an anonymous event is the newest claim at or before
-- it, else the first claim. Never thinned out: a late claim must split an old stretch exactly.
CREATE TABLE identity_claims (
    anonymous_id {{key}} NOT NULL,
    at           BIGINT  NOT NULL,
    claimant     {{key}} NOT NULL, -- identity key, kind first: "external_id:1:42", "email:a@b"
    kind         {{key}} NOT NULL, -- identify | alias | soft (the earliest event with both ids, where he had not identified by then)
    CONSTRAINT identity_claims_pk PRIMARY KEY (anonymous_id, at, claimant, kind)
){{clustered}};

-- Everything that was ever said about who he is, also what is unverified and binds nobody.
CREATE TABLE customer_identities (
    customer_id BIGINT  NOT NULL,
    kind        {{key}} NOT NULL,
    value       {{key}} NOT NULL,
    via         {{key}} NOT NULL, -- empty: said with his user id; else the identity key that it came with and changes hands with
    verified    BOOLEAN NOT NULL,
    source_id   BIGINT  NOT NULL,
    first_at    BIGINT  NOT NULL,
    last_at     BIGINT  NOT NULL, -- first moment of the newest day (UTC), so that not every event is a write
    CONSTRAINT customer_identities_pk PRIMARY KEY (customer_id, kind, value, via)
){{clustered}};
CREATE INDEX customer_identities_value ON customer_identities (value, kind, customer_id);

-- Key table: what was said about a person without his user id, kept by the identity key that decides whose it is.
CREATE TABLE loose_traits (
    identity  {{key}} NOT NULL, -- kind first: "anonymous_id:...", "email:...", "phone:..."
    at        BIGINT  NOT NULL,
    hash      BIGINT  NOT NULL, -- of the traits
    verified  BOOLEAN NOT NULL,
    source_id BIGINT  NOT NULL,
    shop_id   BIGINT  NOT NULL,
    traits    JSONB   NOT NULL,
    CONSTRAINT loose_traits_pk PRIMARY KEY (identity, at, hash)
){{clustered}};

-- One row, moved by every batch of identities: a program that sees it elsewhere than it left it forgets what it remembered.
CREATE TABLE identity_state (
    name    {{key}} NOT NULL,
    version BIGINT  NOT NULL,
    CONSTRAINT identity_state_pk PRIMARY KEY (name)
);

CREATE TABLE consents (
    customer_id BIGINT  NOT NULL,
    channel     {{key}} NOT NULL, -- email | sms | phone | post ...
    purpose     {{key}} NOT NULL, -- marketing ...
    granted     BOOLEAN NOT NULL,
    at          BIGINT  NOT NULL,
    source_id   BIGINT  NOT NULL,
    proof       JSONB   NOT NULL, -- wording, ip, file and line, event
    CONSTRAINT consents_pk PRIMARY KEY (customer_id, channel, purpose, at)
){{clustered}};

CREATE TABLE products (
    product_id  BIGINT  NOT NULL,
    shop_id     BIGINT  NOT NULL,
    external_id {{key}} NOT NULL,
    sku         {{key}} NOT NULL,
    name        TEXT    NOT NULL,
    name_sort   {{key}} NOT NULL,
    search_text TEXT    NOT NULL, -- folded in Go: name, numbers, brand, category, variants, words of the description
    description TEXT    NOT NULL, -- harmless HTML
    brand       TEXT    NOT NULL,
    category    TEXT    NOT NULL,
    url         TEXT    NOT NULL,
    image_url   TEXT    NOT NULL,
    price       BIGINT  NOT NULL, -- -1 unknown
    currency    {{key}} NOT NULL,
    cost        BIGINT  NOT NULL, -- -1 unknown
    stock       BIGINT  NOT NULL, -- -1 unknown
    active      BOOLEAN NOT NULL,
    sighted     BOOLEAN NOT NULL, -- known only from clicks, no catalogue has named it yet
    seen_at     BIGINT  NOT NULL, -- newest event time of a sighting
    attributes  JSONB   NOT NULL,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    CONSTRAINT products_pk PRIMARY KEY (product_id),
    CONSTRAINT products_external UNIQUE (shop_id, external_id)
);
CREATE INDEX products_name ON products (name_sort, product_id);
CREATE INDEX products_sku ON products (sku);

CREATE TABLE variants (
    variant_id  BIGINT  NOT NULL,
    product_id  BIGINT  NOT NULL,
    external_id {{key}} NOT NULL,
    sku         {{key}} NOT NULL,
    name        TEXT    NOT NULL,
    price       BIGINT  NOT NULL,
    currency    {{key}} NOT NULL,
    stock       BIGINT  NOT NULL,
    image_url   TEXT    NOT NULL,
    attributes  JSONB   NOT NULL, -- option values
    updated_at  BIGINT  NOT NULL,
    CONSTRAINT variants_pk PRIMARY KEY (variant_id),
    CONSTRAINT variants_external UNIQUE (product_id, external_id)
);
CREATE INDEX variants_sku ON variants (sku);
CREATE INDEX variants_external_id ON variants (external_id);

-- customer_id 0: a buyer of whom nothing is known. Not clustered: rows are wide, and an import would touch a page for each of them.
-- The other index that each engine needs, by order or by customer, is in its own 0006.
CREATE TABLE orders (
    customer_id     BIGINT  NOT NULL,
    order_id        {{rowid}} NOT NULL,
    shop_id         BIGINT  NOT NULL,
    external_id     {{key}} NOT NULL,
    status          {{key}} NOT NULL, -- placed | cancelled | pending (heard of, not yet placed)
    placed_at       BIGINT  NOT NULL,
    placed_day      BIGINT  NOT NULL, -- in the reporting zone
    currency        {{key}} NOT NULL,
    total           BIGINT  NOT NULL, -- after discounts, with tax and shipping
    discount        BIGINT  NOT NULL,
    tax             BIGINT  NOT NULL,
    shipping        BIGINT  NOT NULL,
    refunded        BIGINT  NOT NULL,
    reporting_total BIGINT,           -- in the reporting currency at the rate of the order's day; NULL: no rate known
    reporting_refunded BIGINT,
    coupon          {{key}} NOT NULL,
    email           {{key}} NOT NULL, -- as given with the order
    anonymous_id    {{key}} NOT NULL, -- raw identifiers, so that an identity change can move it
    user_id         {{key}} NOT NULL,
    source_id       BIGINT  NOT NULL,
    confirmed       BOOLEAN NOT NULL, -- false: only a browser says so; outside revenue
    test            BOOLEAN NOT NULL,
    cancelled_at    BIGINT  NOT NULL, -- said by a server, a shop or a file
    cancel_claimed_at BIGINT NOT NULL, -- said by a browser only; holds while the order is unconfirmed too
    content_at      BIGINT  NOT NULL, -- event time of what stands here: the newest wins, confirmed before unconfirmed
    owner_rank      BIGINT  NOT NULL, -- how good the evidence for each part is: its event time, plus 2^60 when confirmed
    lines_rank      BIGINT  NOT NULL,
    placed_rank     BIGINT  NOT NULL, -- negative: only guessed from an update
    attributes      JSONB   NOT NULL,
    created_at      BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    CONSTRAINT orders_pk PRIMARY KEY ({{customer first}}order_id)
);
CREATE INDEX orders_placed ON orders (placed_at, order_id);

-- Key table: finds an order by the number its shop gave it.
CREATE TABLE order_keys (
    shop_id      BIGINT  NOT NULL,
    external_id  {{key}} NOT NULL,
    order_id     BIGINT  NOT NULL,
    customer_id  BIGINT  NOT NULL,
    content_hash {{key}} NOT NULL, -- of the last import, so that the same row again is known without reading the order
    CONSTRAINT order_keys_pk PRIMARY KEY (shop_id, external_id)
){{clustered}};

CREATE TABLE order_lines (
    customer_id BIGINT  NOT NULL,
    order_id    BIGINT  NOT NULL,
    line        BIGINT  NOT NULL,
    product_id  BIGINT  NOT NULL, -- 0 unknown
    sku         {{key}} NOT NULL,
    name        TEXT    NOT NULL,
    quantity    BIGINT  NOT NULL, -- thousandths, since some shops sell by weight
    price       BIGINT  NOT NULL, -- of one, minor units of the order's currency
    discount    BIGINT  NOT NULL,
    total       BIGINT  NOT NULL,
    CONSTRAINT order_lines_pk PRIMARY KEY (customer_id, order_id, line)
){{clustered}};

CREATE TABLE refunds (
    customer_id        BIGINT  NOT NULL,
    order_id           BIGINT  NOT NULL,
    refund_key         {{key}} NOT NULL, -- the shop's id of it, else the message id
    at                 BIGINT  NOT NULL,
    day                BIGINT  NOT NULL,
    currency           {{key}} NOT NULL,
    amount             BIGINT  NOT NULL,
    reporting_amount   BIGINT,
    whole              BOOLEAN NOT NULL, -- all that other refunds left; amount is worked out
    confirmed          BOOLEAN NOT NULL, -- false: only a browser says so; does not count against a confirmed order
    reason             TEXT    NOT NULL,
    lines              JSONB   NOT NULL,
    CONSTRAINT refunds_pk PRIMARY KEY (customer_id, order_id, refund_key)
){{clustered}};

-- The cart is folded from its operations in order of event time, so that arrival order never matters.
CREATE TABLE carts (
    customer_id BIGINT  NOT NULL,
    cart_key    {{key}} NOT NULL, -- the shop's cart id, else the device
    shop_id     BIGINT  NOT NULL,
    status      {{key}} NOT NULL, -- open | ordered | empty | none (keeps orders that named no cart)
    currency    {{key}} NOT NULL,
    value       BIGINT  NOT NULL,
    items       BIGINT  NOT NULL,
    lines       JSONB   NOT NULL,
    ops         JSONB   NOT NULL,
    checkout_step BIGINT NOT NULL,
    started_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    CONSTRAINT carts_pk PRIMARY KEY (customer_id, cart_key)
);
CREATE INDEX carts_updated ON carts (updated_at, customer_id);
