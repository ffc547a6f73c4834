-- What people and programs changed about an order after it was first heard of, and what they noted. Who was first is told by the order itself.
CREATE TABLE order_history (
    customer_id BIGINT  NOT NULL,
    order_id    BIGINT  NOT NULL,
    history_id  BIGINT  NOT NULL, -- in the order in which it was written here
    at          BIGINT  NOT NULL,
    kind        {{key}} NOT NULL, -- created | changed | note
    via         {{key}} NOT NULL, -- event | file | api | person
    source_id   BIGINT  NOT NULL, -- 0: a person
    user_id     BIGINT  NOT NULL, -- 0: not a person
    actor       TEXT    NOT NULL, -- name of the person or key at that time
    status      {{key}} NOT NULL, -- of the order afterwards
    text        TEXT    NOT NULL, -- of a note
    changes     JSONB   NOT NULL, -- [{"field": "total", "from": "10.00", "to": "12.00"}, ...]
    CONSTRAINT order_history_pk PRIMARY KEY (customer_id, order_id, history_id)
){{clustered}};

-- A cancellation can be taken back: the newest of the two holds.
ALTER TABLE orders ADD COLUMN cancelled_last_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE orders ADD COLUMN reinstated_at BIGINT NOT NULL DEFAULT 0;
UPDATE orders SET cancelled_last_at = cancelled_at WHERE cancelled_at <> 0;

-- Which request holds a key (another one may take it over only when that one is dead), and what it made, noted in the transaction that made it.
ALTER TABLE idempotency_keys ADD COLUMN token TEXT NOT NULL DEFAULT '';
ALTER TABLE idempotency_keys ADD COLUMN place TEXT NOT NULL DEFAULT '';
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);
