-- The words by which customers are found, made by platform/search. rowid is the customer_id; the words themselves are not kept.
CREATE VIRTUAL TABLE customer_search USING fts5(
    tokens, content='', contentless_delete=1, prefix='1 2 3 4 6',
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);
