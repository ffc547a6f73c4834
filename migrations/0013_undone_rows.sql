-- Journal rows whose events were taken back: they stay in the journal and are left out when the warehouse is built anew. Local.
CREATE TABLE journal_undone (
    seq BIGINT NOT NULL,
    CONSTRAINT journal_undone_pk PRIMARY KEY (seq)
);
