-- Who works here and what is set. Reference tables: small, read everywhere.
-- {{key}} is a text column that is compared byte by byte (COLLATE "C" on PostgreSQL, the default on SQLite).

CREATE TABLE settings (
    name       {{key}} NOT NULL,
    value      TEXT    NOT NULL,
    updated_at BIGINT  NOT NULL,
    CONSTRAINT settings_pk PRIMARY KEY (name)
);

CREATE TABLE users (
    user_id       BIGINT  NOT NULL,
    email         {{key}} NOT NULL,
    name          TEXT    NOT NULL,
    role          {{key}} NOT NULL,
    password_hash TEXT    NOT NULL,
    language      {{key}} NOT NULL,
    disabled      BOOLEAN NOT NULL,
    epoch         BIGINT  NOT NULL, -- counted up when the password changes; sessions of an earlier one are over
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL,
    CONSTRAINT users_pk PRIMARY KEY (user_id),
    CONSTRAINT users_email UNIQUE (email)
);

CREATE TABLE sessions (
    token_hash   {{key}} NOT NULL,
    user_id      BIGINT  NOT NULL,
    epoch        BIGINT  NOT NULL, -- of the user when he signed in
    created_at   BIGINT  NOT NULL,
    last_seen_at BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    ip           {{key}} NOT NULL,
    agent        TEXT    NOT NULL,
    CONSTRAINT sessions_pk PRIMARY KEY (token_hash)
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE shops (
    shop_id    BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    domain     {{key}} NOT NULL,
    zone       {{key}} NOT NULL,
    currency   {{key}} NOT NULL,
    language   {{key}} NOT NULL,
    brand      TEXT    NOT NULL,
    created_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    CONSTRAINT shops_pk PRIMARY KEY (shop_id)
);

-- A source is a door through which data of one shop comes in; a key opens it (or the API).
CREATE TABLE sources (
    source_id      BIGINT  NOT NULL,
    shop_id        BIGINT  NOT NULL,
    name           TEXT    NOT NULL,
    kind           {{key}} NOT NULL, -- server | browser | file
    trusted_orders BOOLEAN NOT NULL, -- money of a browser source counts as revenue
    created_at     BIGINT  NOT NULL,
    CONSTRAINT sources_pk PRIMARY KEY (source_id)
);
CREATE UNIQUE INDEX sources_file ON sources (shop_id) WHERE kind = 'file';

CREATE TABLE api_keys (
    key_id       BIGINT  NOT NULL,
    key_hash     {{key}} NOT NULL,
    prefix       {{key}} NOT NULL, -- first characters, to recognise it by
    public_key   {{key}} NOT NULL, -- browser keys are public and shown again; empty for secret keys
    name         TEXT    NOT NULL,
    scope        {{key}} NOT NULL, -- ingest | read | write
    source_id    BIGINT  NOT NULL, -- 0 for read and write keys
    created_at   BIGINT  NOT NULL,
    last_used_at BIGINT  NOT NULL,
    revoked_at   BIGINT  NOT NULL,
    CONSTRAINT api_keys_pk PRIMARY KEY (key_id),
    CONSTRAINT api_keys_hash UNIQUE (key_hash)
);

-- Local table: append-only record of every change and every export of personal data.
CREATE TABLE audit_log (
    audit_id   BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    actor_kind {{key}} NOT NULL, -- user | key | system
    actor_id   BIGINT  NOT NULL,
    actor_name TEXT    NOT NULL,
    ip         {{key}} NOT NULL,
    action     {{key}} NOT NULL, -- user.created, customer.exported ...
    subject    {{key}} NOT NULL, -- user:123
    detail     JSONB   NOT NULL,
    CONSTRAINT audit_log_pk PRIMARY KEY (audit_id)
);
CREATE INDEX audit_log_subject ON audit_log (subject, audit_id);

-- Local table: what was announced and not yet heard by every subscriber.
CREATE TABLE outbox (
    tx_id     BIGINT  NOT NULL, -- transaction that announced it, so that a late commit is never skipped; 0 on SQLite
    outbox_id BIGINT  NOT NULL,
    topic     {{key}} NOT NULL,
    payload   TEXT    NOT NULL, -- JSON, never searched
    at        BIGINT  NOT NULL,
    CONSTRAINT outbox_pk PRIMARY KEY (tx_id, outbox_id)
){{clustered}};

-- Local table: how far each subscriber has read.
CREATE TABLE outbox_cursors (
    subscriber {{key}} NOT NULL,
    tx_id      BIGINT  NOT NULL,
    outbox_id  BIGINT  NOT NULL,
    CONSTRAINT outbox_cursors_pk PRIMARY KEY (subscriber)
);

-- Local table: answers of POST requests that carried an Idempotency-Key.
CREATE TABLE idempotency_keys (
    scope       {{key}} NOT NULL, -- principal and operation
    idem_key    {{key}} NOT NULL,
    body_hash   {{key}} NOT NULL,
    status      BIGINT  NOT NULL, -- 0 while the first request runs
    answer      TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (scope, idem_key)
);

-- Reference table: units of the reporting currency for one unit of currency, times 1e9, valid from day on. The reporting
-- currency is part of the key: after a change of it the old rates mean nothing, and changing back finds them again.
CREATE TABLE rates (
    reporting  {{key}} NOT NULL,
    currency   {{key}} NOT NULL,
    day        BIGINT  NOT NULL, -- days since 1970-01-01
    rate       BIGINT  NOT NULL,
    source     {{key}} NOT NULL, -- file | api | hand
    updated_at BIGINT  NOT NULL,
    CONSTRAINT rates_pk PRIMARY KEY (reporting, currency, day)
){{clustered}};
CREATE INDEX rates_updated ON rates (updated_at);
