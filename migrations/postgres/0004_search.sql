-- The words by which customers are found, made by platform/search.
CREATE TABLE customer_search (
    customer_id BIGINT   NOT NULL,
    tokens      TSVECTOR NOT NULL,
    CONSTRAINT customer_search_pk PRIMARY KEY (customer_id)
);
CREATE INDEX customer_search_tokens ON customer_search USING GIN (tokens);
