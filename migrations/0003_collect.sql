-- What came in. Local tables.

-- What came in, before anything is done with it: one row a group commit. SQLite keeps it in a file of its own (journal.db), so
-- there this table stays empty. The form of body is described in collect/ingest/journal.
CREATE TABLE journal (
    seq      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    events   BIGINT NOT NULL,
    accepted BIGINT NOT NULL, -- events of all rows up to this one, refused ones too
    body     BYTEA  NOT NULL, -- zstd
    CONSTRAINT journal_pk PRIMARY KEY (seq)
);

-- One row: how far the journal is applied, and the counters of /api/v1/status, moved with it in one transaction.
CREATE TABLE ingest_state (
    name       {{key}} NOT NULL,
    seq        BIGINT  NOT NULL,
    applied    BIGINT  NOT NULL,
    refused    BIGINT  NOT NULL,
    duplicates BIGINT  NOT NULL,
    CONSTRAINT ingest_state_pk PRIMARY KEY (name)
);

-- Steps that are applied here and not yet in the warehouse: what was decided about each event, so that together with the
-- journal the same batch can be made again after a crash.
CREATE TABLE warehouse_queue (
    seq        BIGINT NOT NULL, -- last journal row of the step
    first_seq  BIGINT NOT NULL,
    applied    BIGINT NOT NULL, -- what the step added to the counters
    refused    BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    decisions  BYTEA  NOT NULL, -- zstd; the form is described in collect/ingest
    CONSTRAINT warehouse_queue_pk PRIMARY KEY (seq)
);

-- Customers who changed hands by something else than an event (an import, say): the next step takes it to the warehouse.
CREATE TABLE warehouse_moves (
    move_id   BIGINT NOT NULL,
    decisions BYTEA  NOT NULL,
    CONSTRAINT warehouse_moves_pk PRIMARY KEY (move_id)
);

CREATE TABLE refused_events (
    refused_id BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    source_id  BIGINT  NOT NULL,
    message_id {{key}} NOT NULL,
    name       TEXT    NOT NULL,
    code       {{key}} NOT NULL,
    reason     TEXT    NOT NULL,
    body       TEXT    NOT NULL, -- as it came, cut at 32 KB
    CONSTRAINT refused_events_pk PRIMARY KEY (refused_id)
);
CREATE INDEX refused_events_at ON refused_events (at, refused_id);

CREATE TABLE imports (
    import_id   BIGINT  NOT NULL,
    kind        {{key}} NOT NULL, -- customers | orders | order_lines | products
    name        TEXT    NOT NULL, -- of the file
    file_hash   {{key}} NOT NULL, -- with mapping, currency and zone: the same file again speaks as of the same time
    mapping     JSONB   NOT NULL,
    shop_id     BIGINT  NOT NULL,
    source_id   BIGINT  NOT NULL,
    currency    {{key}} NOT NULL,
    zone        {{key}} NOT NULL,
    dry_run     BOOLEAN NOT NULL,
    status      {{key}} NOT NULL, -- waiting | running | done | failed | cancelled
    position    BIGINT  NOT NULL, -- bytes of the stored file that are done
    line        BIGINT  NOT NULL,
    total_bytes BIGINT  NOT NULL,
    rows_read   BIGINT  NOT NULL,
    units       BIGINT  NOT NULL, -- orders, customers or products that are done: where to resume
    created     BIGINT  NOT NULL,
    updated     BIGINT  NOT NULL,
    unchanged   BIGINT  NOT NULL,
    refused     BIGINT  NOT NULL,
    error_bytes BIGINT  NOT NULL, -- how much of the file of refused rows counts
    message     TEXT    NOT NULL,
    user_id     BIGINT  NOT NULL,
    speaks_at   BIGINT  NOT NULL, -- as of when rows without a time of their own speak
    created_at  BIGINT  NOT NULL,
    started_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    CONSTRAINT imports_pk PRIMARY KEY (import_id)
);
