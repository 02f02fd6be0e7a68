-- The newest documents that an index and a look at each find, of some kinds. An inverted index can only
-- be read by a bitmap, and what it gives has no order; both are switched off for everything else. The
-- rest of the question and the kinds are looked at where a document stands: the index finds what nearly
-- all documents have one by one, and takes longer.
DROP FUNCTION search_look (TSQUERY, BIGINT, BIGINT);
CREATE FUNCTION search_look(question TSQUERY, rest TSQUERY, kinds TEXT[], below BIGINT, most BIGINT)
RETURNS SETOF search_doc
LANGUAGE sql STABLE
SET enable_bitmapscan = on SET enable_sort = on
AS $$
    WITH hit AS MATERIALIZED (
        SELECT doc_id FROM search_index WHERE lexemes @@ question AND (rest IS NULL OR lexemes @@ rest))
    SELECT doc.* FROM (SELECT doc_id FROM hit WHERE doc_id < below ORDER BY doc_id DESC) newest
    CROSS JOIN LATERAL (SELECT * FROM search_doc d WHERE d.id = newest.doc_id AND d.kind = ANY(kinds) OFFSET 0) doc
    LIMIT most
$$;

-- Where the newest conversation stands in the index.
CREATE INDEX search_doc_conversation ON search_doc (id) WHERE kind = 'conversation';
