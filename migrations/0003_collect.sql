-- What came in. Local tables.

-- One row: how far the journal is applied, and the counters of /api/v1/status, moved with it in one transaction.
CREATE TABLE ingest_state (
    name       {{key}} NOT NULL,
    seq        BIGINT  NOT NULL,
    applied    BIGINT  NOT NULL,
    refused    BIGINT  NOT NULL,
    duplicates BIGINT  NOT NULL,
    CONSTRAINT ingest_state_pk PRIMARY KEY (name)
);

-- Rows of the warehouse that change hands, kept until the warehouse has made the same step.
CREATE TABLE identity_moves (
    move_id      BIGINT  NOT NULL,
    seq          BIGINT  NOT NULL, -- journal batch that caused it
    from_id      BIGINT  NOT NULL,
    to_id        BIGINT  NOT NULL,
    anonymous_id {{key}} NOT NULL, -- empty: everything of from_id
    from_at      BIGINT  NOT NULL, -- event time, inclusive
    until_at     BIGINT  NOT NULL, -- exclusive
    CONSTRAINT identity_moves_pk PRIMARY KEY (move_id)
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

CREATE TABLE imports (
    import_id   BIGINT  NOT NULL,
    kind        {{key}} NOT NULL, -- customers | orders | products
    name        TEXT    NOT NULL, -- of the file
    file_hash   {{key}} NOT NULL,
    mapping     JSONB   NOT NULL,
    status      {{key}} NOT NULL, -- running | done | failed | cancelled
    position    BIGINT  NOT NULL, -- bytes of the file that are done: where to resume
    line        BIGINT  NOT NULL,
    total_bytes BIGINT  NOT NULL,
    rows_read   BIGINT  NOT NULL,
    created     BIGINT  NOT NULL,
    updated     BIGINT  NOT NULL,
    unchanged   BIGINT  NOT NULL,
    refused     BIGINT  NOT NULL,
    message     TEXT    NOT NULL,
    user_id     BIGINT  NOT NULL,
    started_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    CONSTRAINT imports_pk PRIMARY KEY (import_id)
);
