-- The words by which an order is found in the middle of its number, made by platform/search. rowid is the order_id; the words themselves are not
-- kept. Most shops count their orders, and a plain number needs no row here: it is found by how it begins.
CREATE VIRTUAL TABLE search_orders USING fts5(
    tokens, content='', contentless_delete=1,
    tokenize="unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
);
