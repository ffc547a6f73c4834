-- The wizard: an import begins as a draft, says what it left out and what an undo did, and keeps what is needed to take it back.
ALTER TABLE imports ADD COLUMN notes JSONB NOT NULL DEFAULT '{}'; -- {"skipped": {reason: rows}, "undo": {...}}

-- What one chunk of an import created and changed, in the order of the chunks. Goes when it is undone, or when the time for that is over.
CREATE TABLE import_changes (
    import_id BIGINT NOT NULL,
    seq       BIGINT NOT NULL, -- from 1
    at        BIGINT NOT NULL,
    body      BYTEA  NOT NULL, -- zstd; the form is described in collect/importer/undo.go
    CONSTRAINT import_changes_pk PRIMARY KEY (import_id, seq)
);
CREATE INDEX import_changes_at ON import_changes (at);

-- Of one day of web server logs: makes a visitor's key of his address. Goes a week after it was last of use, and with it the way back.
CREATE TABLE import_salts (
    day     BIGINT NOT NULL,
    salt    BYTEA  NOT NULL,
    used_at BIGINT NOT NULL,
    CONSTRAINT import_salts_pk PRIMARY KEY (day)
);
